"""Roles that the service assumes to read what is in a bucket."""

from __future__ import annotations

import hashlib
import json
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout import nag
from cdk_lookout.equipment.labels import LabelsInput
from cdk_lookout.equipment.permissions import PRINCIPAL


def role_for_labels(construct: Construct, role: iam.IRole | None, labels: LabelsInput | None) -> iam.IRole | None:
    """The role with which the service reads *labels*: *role*, which gets the permission, or one of the stack's own.

    None when nothing has to be read and no role was given.
    """
    if labels is None or labels.bucket is None:
        return role
    if role is None:
        return reading_role(cdk.Stack.of(construct), labels.bucket, labels.prefix)
    labels.bucket.grant_read(role, f"{labels.prefix}*").apply_before(construct)
    return role


def reading_role(stack: cdk.Stack, bucket: s3.IBucket, prefix: str) -> iam.IRole:
    """The stack's one role that can read *prefix* of *bucket*, and nothing else."""
    digits = hashlib.sha256(json.dumps([stack.resolve(bucket.bucket_name), prefix]).encode()).hexdigest()[:8]
    id = f"LookoutEquipmentRead{digits}"
    found = stack.node.try_find_child(id)
    if found is not None:
        return cast(iam.IRole, found)
    listing: dict[str, object] = {"StringLike": {"s3:prefix": [f"{prefix}*"]}} if prefix else {}
    statements = [
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn], conditions=listing),
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects(f"{prefix}*")]),
    ]
    if bucket.encryption_key is not None:
        statements.append(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[bucket.encryption_key.key_arn]))
    document = iam.PolicyDocument(minimize=True, statements=statements)
    role = iam.Role(
        stack,
        id,
        description="Lets Lookout for Equipment read labels",
        assumed_by=iam.ServicePrincipal(
            PRINCIPAL,
            conditions={
                "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                "ArnLike": {
                    "aws:SourceArn": (
                        f"arn:{cdk.Aws.PARTITION}:lookoutequipment:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:*"
                    )
                },
            },
        ),
        inline_policies={"Read": document},
    )
    nag.acknowledge_wildcards(role, document, "the service reads every file under the prefix")
    return role
