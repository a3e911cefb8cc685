"""What the provider may do, type by type: the whole of it."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import every_type, provider_policies, resources

OWNER = "${AWS::AccountId}/${AWS::Region}/${AWS::StackName}/*"
LEASE = "*/${AWS::StackName} *"
BORN_OURS = f"aws:RequestTag/cdk-lookout:owner StringLike {OWNER}"
OURS = f"aws:ResourceTag/cdk-lookout:owner StringLike {OWNER}"
PASSED = "iam:PassedToService StringEquals lookoutequipment.amazonaws.com"
VIA_SERVICE = "kms:ViaService StringEquals lookoutequipment.${AWS::Region}.amazonaws.com"


def lease(name: str) -> str:
    return (
        f"aws:TagKeys ForAllValues:StringEquals cdk-lookout:{name}, "
        f"aws:RequestTag/cdk-lookout:{name} StringLikeIfExists {LEASE}, "
        f"aws:ResourceTag/cdk-lookout:{name} StringLikeIfExists {LEASE}"
    )


NOTES = "aws:TagKeys ForAllValues:StringLike cdk-lookout:label/*, aws:TagKeys Null false"


LENT = (
    "kms:GrantIsForAWSResource Bool true, "
    "kms:ViaService StringEqualsIfExists lookoutequipment.${AWS::Region}.amazonaws.com"
)
KEYS = {
    ("kms:DescribeKey", "key/*", ""),
    ("kms:CreateGrant", "key/*", LENT),
    ("kms:Decrypt", "key/*", VIA_SERVICE),
    ("kms:Encrypt", "key/*", VIA_SERVICE),
}
ROLE = ("iam:PassRole", "role/*", PASSED)


def making(operation: str, condition: str) -> set[tuple[str, str, str]]:
    return {(operation, target, condition) for target in ("any account: model/*/*", "dataset/*/*", "label-group/*/*")}


def labelling(changing: str, tagging: str) -> set[tuple[str, str, str]]:
    return {
        (action, "label-group/*/*", condition)
        for action, condition in (
            ("DescribeLabelGroup", ""),
            ("ListTagsForResource", ""),
            ("ListLabels", ""),
            ("CreateLabel", changing),
            ("DescribeLabel", ""),
            ("DeleteLabel", changing),
            ("TagResource", tagging),
            ("UntagResource", tagging),
        )
    }


EXPECTED: dict[str, set[tuple[str, str, str]]] = {
    "Dataset": {
        ("DescribeDataset", "dataset/*/*", ""),
        ("ListTagsForResource", "dataset/*/*", ""),
        ("ListDataIngestionJobs", "dataset/*/*", ""),
        ("DescribeDataIngestionJob", "*", ""),
        ("CreateDataset", "dataset/*/*", BORN_OURS),
        ("TagResource", "dataset/*/*", BORN_OURS),
        ("ImportDataset", "any account: dataset/*/*", BORN_OURS),
        ("DeleteDataset", "dataset/*/*", OURS),
        ("TagResource", "dataset/*/*", OURS),
        ("UntagResource", "dataset/*/*", OURS),
        ("s3:GetObject", "asset bucket/*.json", ""),
        *KEYS,
    },
    "DataIngestion": {
        # It may be into a dataset of another stack, or of none.
        ("StartDataIngestionJob", "dataset/*/*", ""),
        ("DescribeDataIngestionJob", "*", ""),
        ROLE,
    },
    "Model": {
        ("DescribeModel", "model/*/*", ""),
        ("DescribeModelVersion", "model/*/*", ""),
        ("ListTagsForResource", "model/*/*", ""),
        *making("CreateModel", BORN_OURS),
        *making("ImportModelVersion", BORN_OURS),
        ("TagResource", "model/*/*", BORN_OURS),
        ("UpdateModel", "model/*/*", OURS),
        ("UpdateModel", "label-group/*/*", ""),
        ("DeleteModel", "model/*/*", OURS),
        ("TagResource", "model/*/*", OURS),
        ("UntagResource", "model/*/*", OURS),
        ROLE,
        *KEYS,
    },
    "ModelVersion": {
        ("DescribeModel", "model/*/*", ""),
        ("DescribeModelVersion", "model/*/*", ""),
        ("ListModelVersions", "model/*/*", ""),
        ("ListTagsForResource", "model/*/*", ""),
        # Its tags would be the model's, so there are none to make a condition of.
        *making("ImportModelVersion", ""),
        ("TagResource", "model/*/*", BORN_OURS),
        ("TagResource", "model/*/*", OURS),
        ("UntagResource", "model/*/*", OURS),
        ROLE,
        *KEYS,
    },
    "ActiveModelVersion": {
        ("DescribeModel", "model/*/*", ""),
        ("DescribeModelVersion", "model/*/*", ""),
        ("ListTagsForResource", "model/*/*", ""),
        ("UpdateActiveModelVersion", "model/*/*", lease("active-model-version")),
        ("TagResource", "model/*/*", lease("active-model-version")),
        ("UntagResource", "model/*/*", lease("active-model-version")),
    },
    "LatestModelVersion": {
        ("DescribeModelVersion", "model/*/*", ""),
        ("ListModelVersions", "model/*/*", ""),
    },
    "LabelGroup": {
        ("DescribeLabelGroup", "label-group/*/*", ""),
        ("ListTagsForResource", "label-group/*/*", ""),
        ("CreateLabelGroup", "label-group/*/*", BORN_OURS),
        ("TagResource", "label-group/*/*", BORN_OURS),
        ("UpdateLabelGroup", "label-group/*/*", OURS),
        ("DeleteLabelGroup", "label-group/*/*", OURS),
        ("TagResource", "label-group/*/*", OURS),
        ("UntagResource", "label-group/*/*", OURS),
    },
    # The group may be of another stack, or of none, and has labels of many: no condition tells them apart.
    "Label": labelling("", NOTES),
    "LabelSet": {
        *labelling(lease("label-set"), lease("label-set")),
        ("s3:GetObject", "any bucket/*.csv", ""),
        ("s3:GetObjectVersion", "any bucket/*.csv", ""),
        ("kms:Decrypt", "key/*", "kms:ViaService StringEquals s3.${AWS::Region}.amazonaws.com"),
    },
    "ResourcePolicy": {
        (action, target, condition)
        for target in ("dataset/*/*", "model/*/*")
        for action, condition in (
            ("DescribeResourcePolicy", ""),
            ("PutResourcePolicy", lease("resource-policy")),
            ("DeleteResourcePolicy", lease("resource-policy")),
            ("ListTagsForResource", ""),
            ("TagResource", lease("resource-policy")),
            ("UntagResource", lease("resource-policy")),
        )
    },
    "InferenceScheduler": {
        ("DescribeInferenceScheduler", "inference-scheduler/*/*", ""),
        ("ListTagsForResource", "inference-scheduler/*/*", ""),
        ("DescribeModel", "model/*/*", ""),
        ("ListInferenceSchedulers", "*", ""),
        ("CreateInferenceScheduler", "inference-scheduler/*/*", BORN_OURS),
        ("CreateInferenceScheduler", "model/*/*", BORN_OURS),
        ("TagResource", "inference-scheduler/*/*", BORN_OURS),
        *(
            (action, "inference-scheduler/*/*", OURS)
            for action in (
                "UpdateInferenceScheduler",
                "StartInferenceScheduler",
                "StopInferenceScheduler",
                "DeleteInferenceScheduler",
                "TagResource",
                "UntagResource",
            )
        ),
        ROLE,
        *(permission for permission in KEYS if permission[2] != VIA_SERVICE),
    },
    "RetrainingScheduler": {
        ("DescribeModel", "model/*/*", ""),
        ("ListTagsForResource", "model/*/*", ""),
        *(
            (f"{verb}RetrainingScheduler", "model/*/*", lease("retraining-scheduler"))
            for verb in ("Create", "Update", "Start", "Stop", "Delete")
        ),
        ("DescribeRetrainingScheduler", "model/*/*", ""),
        ("TagResource", "model/*/*", lease("retraining-scheduler")),
        ("UntagResource", "model/*/*", lease("retraining-scheduler")),
    },
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def shortened(arn: str) -> str:
    """An ARN without what all of ours have in common."""
    here = "${AWS::Partition}:lookoutequipment:${AWS::Region}"
    for prefix, short in (
        (f"arn:{here}:${{AWS::AccountId}}:", ""),
        (f"arn:{here}:*:", "any account: "),
        ("arn:${AWS::Partition}:kms:${AWS::Region}:*:", ""),
        ("arn:${AWS::Partition}:iam::${AWS::AccountId}:", ""),
        ("arn:${AWS::Partition}:s3:::*/", "any bucket/"),
    ):
        if arn.startswith(prefix):
            return short + arn.removeprefix(prefix)
    name = arn.rpartition("/")[2]
    return f"asset bucket/{name}" if name == "*.json" else arn


def permissions(document: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Action, resource and conditions, one by one."""
    return {
        (
            action.removeprefix("lookoutequipment:"),
            shortened(flat(resource)),
            ", ".join(
                f"{key} {operator} {'|'.join(flat(one) for one in listed(value))}"
                for operator, keys in statement.get("Condition", {}).items()
                for key, value in keys.items()
            ),
        )
        for statement in document["Statement"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_type_may_do_just_this(stack: cdk.Stack, kind: str) -> None:
    every_type(stack)
    [policy] = [text for name, text in provider_policies(stack).items() if f"LookoutEquipment{kind}Policy" in name]
    assert permissions(json.loads(policy)) == EXPECTED[kind]


def test_every_policy_is_attached_to_the_one_role(stack: cdk.Stack) -> None:
    every_type(stack)
    found = resources(stack)
    policies = [found[name]["Properties"] for name in provider_policies(stack)]
    assert {json.dumps(policy["Roles"]) for policy in policies} == {'[{"Ref": "LookoutProviderRole464119FC"}]'}
