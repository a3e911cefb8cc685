"""Resource policies."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cases.case import Case, delete_plain_model, options, plain_model_exists
from tests.contract.world import SOURCE, World


def _arn(world: World, kind: str = "model") -> str:
    if kind == "model":
        return str(world.target.describe_model(ModelName="plain-model")["ModelArn"])
    return str(world.target.describe_dataset(DatasetName="plain-dataset")["DatasetArn"])


def _policy(arn: str, action: str, account: str = SOURCE) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": [f"lookoutequipment:{action}"],
        "Resource": arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _policies(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    arns = [_arn(world, "dataset"), *([_arn(world)] if plain_model_exists(world) else [])]
    for arn in arns:
        try:
            found[arn] = world.target.describe_resource_policy(ResourceArn=arn)["ResourcePolicy"]
        except world.target.exceptions.ResourceNotFoundException:
            continue
    return found


RESOURCE_POLICY = Case(
    "Custom::LookoutEquipmentResourcePolicy",
    desired=lambda w: {
        "ResourceArn": _arn(w),
        "ResourcePolicy": _policy(_arn(w), "ImportModelVersion"),
        "Options": options(),
    },
    changed=lambda w: {
        "ResourceArn": _arn(w),
        "ResourcePolicy": _policy(_arn(w), "ImportModelVersion", "333333333333"),
        "Options": options(),
    },
    replaced=lambda w: {
        "ResourceArn": _arn(w, "dataset"),
        "ResourcePolicy": _policy(_arn(w, "dataset"), "ImportDataset"),
        "Options": options(),
    },
    live=_policies,
    remove_parent=delete_plain_model,
    calls=(
        "DescribeResourcePolicy", "ListTagsForResource", "TagResource", "PutResourcePolicy", "DeleteResourcePolicy",
        "UntagResource",
    ),
    counts={"create": (2, 7), "unchanged": (1, 2), "changed": (2, 7), "delete": (2, 4)},
)  # fmt: skip
