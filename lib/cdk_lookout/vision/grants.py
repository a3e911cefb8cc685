"""Permissions that belong to no single resource."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from cdk_lookout.grants import grant


def grant_list(grantee: iam.IGrantable) -> iam.Grant:
    """Let *grantee* list what the account has: projects, datasets with their images, models and packaging jobs.

    None of this can be narrowed to single resources.
    """
    return grant(
        "vision.grant_list",
        grantee,
        ["*"],
        [
            "lookoutvision:DescribeDataset",
            "lookoutvision:DescribeModelPackagingJob",
            "lookoutvision:ListDatasetEntries",
            "lookoutvision:ListModelPackagingJobs",
            "lookoutvision:ListModels",
            "lookoutvision:ListProjects",
        ],
    )
