"""What a role takes: every policy fits at the longest names, and none grows with the constructs."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from cdk_lookout import LookoutProvider, Wait, equipment, vision
from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import (
    INLINE_POLICY,
    LABEL_FILE,
    MANAGED_POLICY,
    every_type,
    of_type,
    provider_policies,
    resources,
)

#: AWS counts no white space.
INLINE, MANAGED, MANAGED_POLICIES = 10_240, 6_144, 10
BUCKETS = 20
#: How long the name of a secret may be, with a KMS key of its own, where a nested stack has everything.
SECRET_NAME = 180
LONGEST = {
    "AWS::StackName": "s" * 128,
    "LookoutRootStack": "s" * 128,
    "AWS::AccountId": "1" * 12,
    "AWS::Region": "ap-northeast-2",
    "AWS::Partition": "aws-us-gov",
}


def with_buckets(stack: cdk.Stack, count: int, end: str = "") -> None:
    """Everything that has to do with files, in *count* buckets of each kind.

    :param end: of the names of manifests and files of labels, instead of the usual one.
    """
    every_type(stack)
    for number in range(count):
        own = s3.Bucket(stack, f"Own{number}", encryption_key=kms.Key(stack, f"Key{number}"))
        theirs = s3.Bucket.from_bucket_name(stack, f"Theirs{number}", f"{'b' * 60}{number:03}")
        group = equipment.LabelGroup(stack, f"Group{number}")
        labels = equipment.LabelSetSource.from_bucket(theirs, f"labels{end or '.csv'}", object_version="1")
        equipment.LabelSet(stack, f"Set{number}", label_group=group, source=labels)
        project = vision.Project(stack, f"Project{number}")
        for kind, source in {
            vision.DatasetType.TRAIN: vision.DatasetSource.images(own, "good/" * 100, "bad/" * 100),
            vision.DatasetType.TEST: vision.DatasetSource.manifest(
                theirs, f"test{end or '.manifest'}", object_version="1", image_bucket=own
            ),
        }.items():
            vision.Dataset(stack, f"{kind.name}{number}", project=project, dataset_type=kind, source=source)
        model = vision.Model(
            stack,
            f"Model{number}",
            project=project,
            output_bucket=own,
            output_prefix="results/",
            image_buckets=[theirs],
            wait=Wait.until_ready(),
        )
        vision.ModelPackagingJob(
            stack,
            f"Job{number}",
            model=model,
            target=vision.PackagingTarget.jetson_xavier(),
            component_name="inspection",
            output_bucket=theirs,
        )


def flatten(value: Any) -> Any:
    """*value* with one text instead of each intrinsic function."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        return flat(value)
    if isinstance(value, dict):
        return {key: flatten(item) for key, item in value.items()}
    return [flatten(item) for item in value] if isinstance(value, list) else value


def length(document: Any) -> int:
    """How many characters a document has at the longest names there are."""
    text = json.dumps(flatten(document), separators=(",", ":"))
    for name, value in LONGEST.items():
        text = text.replace(f"${{{name}}}", value)
    return len(text)


def place(service: str) -> str:
    """How the longest ARNs of a service begin."""
    return f"arn:aws-us-gov:{service}:ap-northeast-2:111111111111"


def lengths(found: dict[str, Any], kind: str, role: str) -> list[int]:
    """The policies of a kind that are attached to *role*."""
    return [
        length(policy["Properties"]["PolicyDocument"])
        for policy in of_type(found, kind).values()
        if {"Ref": role} in policy["Properties"].get("Roles", [])
    ]


@pytest.fixture(params=["stack", "nested stack"])
def crowded(request: pytest.FixtureRequest, stack: cdk.Stack) -> cdk.Stack:
    """A stack of everything, files in many buckets, with all that its provider can have."""
    if request.param == "nested stack":
        stack = cdk.NestedStack(stack, "x" * 40)
    secret = secretsmanager.Secret.from_secret_attributes(
        stack,
        "Secret",
        secret_complete_arn=f"{place('secretsmanager')}:secret:{'s' * SECRET_NAME}-AbCdEf",
        encryption_key=kms.Key.from_key_arn(stack, "Key", f"{place('kms')}:key/{'k' * 36}"),
    )
    LookoutProvider(
        stack,
        tracing=cdk.aws_lambda.Tracing.ACTIVE,
        vpc=cdk.aws_ec2.Vpc(stack, "Net"),
        endpoint_url="https://lookout.example.internal",
        endpoint_credentials=secret,
    )
    with_buckets(stack, BUCKETS)
    return stack


def test_the_inline_policies_of_each_role_fit_together(crowded: cdk.Stack) -> None:
    found = resources(crowded)
    for name, role in of_type(found, "AWS::IAM::Role").items():
        own = [length(policy["PolicyDocument"]) for policy in role["Properties"].get("Policies", [])]
        assert sum(own) + sum(lengths(found, INLINE_POLICY, name)) < INLINE, name


def test_every_managed_policy_fits_and_no_role_has_more_than_it_takes(crowded: cdk.Stack) -> None:
    found = resources(crowded)
    for name, role in of_type(found, "AWS::IAM::Role").items():
        attached = lengths(found, MANAGED_POLICY, name)
        assert max(attached, default=0) < MANAGED
        assert len(attached) + len(role["Properties"].get("ManagedPolicyArns", [])) <= MANAGED_POLICIES


@pytest.mark.parametrize("count", [1, BUCKETS])
def test_the_policies_say_the_same_whatever_buckets_there_are(app: cdk.App, count: int) -> None:
    without, with_them = cdk.Stack(app, "Without"), cdk.Stack(app, "With")
    every_type(without)
    with_buckets(with_them, count)
    assert provider_policies(without) == provider_policies(with_them)


def test_files_of_other_names_are_granted_one_by_one_and_there_is_room_for_20_of_each(stack: cdk.Stack) -> None:
    with_buckets(stack, BUCKETS, end=".jsonl")
    found = resources(stack)
    [role] = [name for name in of_type(found, "AWS::IAM::Role") if name.startswith("LookoutProvider")]
    assert sum(lengths(found, INLINE_POLICY, role)) < INLINE
    managed = lengths(found, MANAGED_POLICY, role)
    assert max(managed) < MANAGED
    assert len(managed) <= MANAGED_POLICIES


def test_the_longest_text_of_a_file_s_name_is_not_in_any_policy(stack: cdk.Stack) -> None:
    assert LABEL_FILE.name == "labels.csv"
    with_buckets(stack, 1)
    assert not [text for text in provider_policies(stack).values() if "good/" in text or "results/" in text]
