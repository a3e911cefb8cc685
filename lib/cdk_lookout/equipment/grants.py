"""Permissions that belong to no single resource."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from cdk_lookout.grants import grant


def grant_list(grantee: iam.IGrantable) -> iam.Grant:
    """Let *grantee* list what the account has: datasets, models and schedulers, and read ingestion jobs.

    None of this can be narrowed to single resources.
    """
    return grant(
        "equipment.grant_list",
        grantee,
        ["*"],
        [
            "lookoutequipment:DescribeDataIngestionJob",
            "lookoutequipment:ListDatasets",
            "lookoutequipment:ListInferenceSchedulers",
            "lookoutequipment:ListLabelGroups",
            "lookoutequipment:ListModels",
            "lookoutequipment:ListRetrainingSchedulers",
        ],
    )
