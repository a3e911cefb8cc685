"""What the provider may do with files, asked as AWS asks, and as a server of one's own does."""

from __future__ import annotations

import json
from collections.abc import Mapping

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from cdk_lookout import Wait, equipment, vision
from tests.constructs.support import MANAGED_POLICY, of_type, only, provider_policies, resources

ACCOUNT, REGION = "222222222222", "us-east-1"
#: AWS says of every request whether a service makes it for somebody; a server of one's own knows nothing of that.
DIRECT, THROUGH_A_SERVICE, OWN_SERVER = {"aws:ViaAWSService": "false"}, {"aws:ViaAWSService": "true"}, {}
THROUGH_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"


def allowed(
    stack: cdk.Stack, kind: str, action: str, arn: str, keys: Mapping[str, str], account: str = ACCOUNT
) -> bool:
    """Whether the policy of the type *kind* allows *action* on *arn*, which is of *account*."""
    [text] = [text for name, text in provider_policies(stack).items() if f"{kind}Policy" in name]
    for part, value in {"AccountId": ACCOUNT, "Region": REGION, "Partition": "aws", "StackName": "plant"}.items():
        text = text.replace(json.dumps({"Ref": f"AWS::{part}"}, separators=(",", ":")), json.dumps(value))
    document = json.loads(text, object_hook=lambda one: "".join(one["Fn::Join"][1]) if "Fn::Join" in one else one)
    asked = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/provider/function",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=arn,
        region=REGION,
        service_context={key.lower(): value for key, value in keys.items()},
    )
    return bool(evaluate(asked, [parse_policy_document(document)]).decision == "Allow")


@pytest.fixture
def plant(stack: cdk.Stack) -> cdk.Stack:
    """A stack with everything that works with files through the provider."""
    files = s3.Bucket.from_bucket_name(stack, "Files", "files")
    project = vision.Project(stack, "Bottles")
    source = vision.DatasetSource.images(files, "good/", "bad/")
    vision.Dataset(stack, "Train", project=project, dataset_type=vision.DatasetType.TRAIN, source=source)
    model = vision.Model(stack, "Inspection", project=project, output_bucket=files, wait=Wait.until_ready())
    target = vision.PackagingTarget.jetson_xavier()
    vision.ModelPackagingJob(
        stack, "Edge", model=model, target=target, component_name="inspection", output_bucket=files
    )
    group = equipment.LabelGroup(stack, "Faults")
    labels = equipment.LabelSetSource.from_bucket(files, "labels.csv")
    equipment.LabelSet(stack, "History", label_group=group, source=labels)
    return stack


THROUGH_THE_SERVICE = [
    ("VisionDataset", "s3:GetBucketLocation", "arn:aws:s3:::files"),
    ("VisionDataset", "s3:GetObject", "arn:aws:s3:::files/good/1.png"),
    ("VisionModel", "s3:GetBucketLocation", "arn:aws:s3:::files"),
    ("VisionModel", "s3:GetObject", "arn:aws:s3:::files/good/1.png"),
    ("VisionModel", "s3:PutObject", "arn:aws:s3:::files/results/1.json"),
    ("VisionModelPackagingJob", "s3:GetBucketLocation", "arn:aws:s3:::files"),
    ("VisionModelPackagingJob", "s3:PutObject", "arn:aws:s3:::files/edge/1.zip"),
    (
        "VisionModelPackagingJob",
        "greengrass:CreateComponentVersion",
        f"arn:aws:greengrass:{REGION}:{ACCOUNT}:components:inspection",
    ),
]


@pytest.mark.parametrize(("kind", "action", "arn"), THROUGH_THE_SERVICE)
@pytest.mark.parametrize("keys", [THROUGH_A_SERVICE, OWN_SERVER], ids=["aws", "own-server"])
def test_a_service_may_work_for_the_provider_at_aws_and_at_an_endpoint_of_ones_own(
    plant: cdk.Stack, kind: str, action: str, arn: str, keys: dict[str, str]
) -> None:
    assert allowed(plant, kind, action, arn, keys)


@pytest.mark.parametrize(("kind", "action", "arn"), THROUGH_THE_SERVICE)
def test_nobody_does_directly_what_a_service_does(plant: cdk.Stack, kind: str, action: str, arn: str) -> None:
    assert not allowed(plant, kind, action, arn, DIRECT)


@pytest.mark.parametrize(("kind", "action", "arn"), [one for one in THROUGH_THE_SERVICE if one[1].startswith("s3:")])
def test_no_service_works_with_files_of_another_account(plant: cdk.Stack, kind: str, action: str, arn: str) -> None:
    assert not allowed(plant, kind, action, arn, THROUGH_A_SERVICE, account="333333333333")


DIRECTLY = [
    ("VisionDataset", "s3:GetObject", "arn:aws:s3:::files/output/train.manifest"),
    ("VisionDataset", "s3:GetObjectVersion", "arn:aws:s3:::files/output/train.manifest"),
    ("VisionDataset", "s3:PutObject", "arn:aws:s3:::files/cdk-lookout/bottles/train.manifest"),
    ("VisionDataset", "s3:DeleteObject", "arn:aws:s3:::files/cdk-lookout/bottles/train.manifest"),
    ("EquipmentLabelSet", "s3:GetObject", "arn:aws:s3:::files/all/labels.csv"),
    ("EquipmentLabelSet", "s3:GetObjectVersion", "arn:aws:s3:::files/all/labels.csv"),
]


@pytest.mark.parametrize(("kind", "action", "arn"), DIRECTLY)
def test_the_provider_itself_reads_what_is_called_so_and_writes_into_its_own_folder(
    plant: cdk.Stack, kind: str, action: str, arn: str
) -> None:
    assert allowed(plant, kind, action, arn, DIRECT)


@pytest.mark.parametrize(
    ("kind", "action", "arn"),
    [
        ("VisionDataset", "s3:GetObject", "arn:aws:s3:::files/salaries.csv"),
        ("VisionDataset", "s3:PutObject", "arn:aws:s3:::files/train.manifest"),
        ("VisionDataset", "s3:DeleteObject", "arn:aws:s3:::files/output/train.manifest"),
        ("EquipmentLabelSet", "s3:GetObject", "arn:aws:s3:::files/terraform.tfstate"),
        ("EquipmentLabelSet", "s3:PutObject", "arn:aws:s3:::files/all/labels.csv"),
    ],
)
def test_it_touches_nothing_else(plant: cdk.Stack, kind: str, action: str, arn: str) -> None:
    assert not allowed(plant, kind, action, arn, DIRECT)


def test_it_lists_folders_and_no_whole_bucket(plant: cdk.Stack) -> None:
    def listed(**keys: str) -> bool:
        return allowed(plant, "VisionDataset", "s3:ListBucket", "arn:aws:s3:::files", {**DIRECT, **keys})

    assert listed(**{"s3:prefix": "good/"})
    assert not listed(**{"s3:prefix": ""})
    assert not listed()


@pytest.mark.parametrize("kind", ["VisionDataset", "VisionModel", "VisionModelPackagingJob", "EquipmentLabelSet"])
def test_keys_of_buckets_are_used_through_s3_only(plant: cdk.Stack, kind: str) -> None:
    assert allowed(plant, kind, "kms:Decrypt", KEY, THROUGH_S3)
    assert not allowed(plant, kind, "kms:Decrypt", KEY, {})
    assert not allowed(plant, kind, "kms:Decrypt", KEY, {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"})


@pytest.mark.parametrize("kind", ["VisionDataset", "VisionModel", "VisionModelPackagingJob"])
def test_files_are_written_into_encrypted_buckets(plant: cdk.Stack, kind: str) -> None:
    assert allowed(plant, kind, "kms:GenerateDataKey", KEY, THROUGH_S3)


LENT = {"kms:GrantIsForAWSResource": "true"}


def test_keys_are_lent_to_the_service_at_aws_and_at_an_endpoint_of_ones_own(plant: cdk.Stack) -> None:
    via = {"kms:ViaService": f"lookoutvision.{REGION}.amazonaws.com"}
    assert allowed(plant, "VisionModel", "kms:CreateGrant", KEY, {**LENT, **via})
    assert allowed(plant, "VisionModel", "kms:CreateGrant", KEY, LENT)


def test_keys_are_lent_to_nobody_else(plant: cdk.Stack) -> None:
    via = {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"}
    assert not allowed(plant, "VisionModel", "kms:CreateGrant", KEY, {**LENT, **via})
    assert not allowed(plant, "VisionModel", "kms:CreateGrant", KEY, {})


# -- names that say nothing ---------------------------------------------------------------------------------


def named(stack: cdk.Stack, key: str, version: str | None = None) -> vision.Dataset:
    files = s3.Bucket.from_bucket_name(stack, "Files", "files")
    source = vision.DatasetSource.manifest(files, key, object_version=version)
    project = vision.Project(stack, "Bottles")
    return vision.Dataset(stack, "Train", project=project, dataset_type=vision.DatasetType.TRAIN, source=source)


def by_name(stack: cdk.Stack) -> dict[str, dict[str, str]]:
    """The policy about single files, by its logical id."""
    found = of_type(resources(stack), MANAGED_POLICY)
    return {
        name: policy["Properties"]["PolicyDocument"]["Statement"]
        for name, policy in found.items()
        if "FilesPolicy" in name
    }


def test_a_file_of_another_name_is_granted_by_its_name_before_it_is_read(stack: cdk.Stack) -> None:
    named(stack, "train.jsonl")
    [(policy, statements)] = by_name(stack).items()
    [statement] = statements
    assert statement["Action"] == "s3:GetObject"
    assert "files/train.jsonl" in str(statement["Resource"])
    assert policy in only(stack, "Custom::LookoutVisionDataset")["DependsOn"]


def test_so_is_a_version_of_it_and_a_name_that_is_known_at_deployment_only(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Name")
    named(stack, parameter.value_as_string, "3sL4k")
    [[statement]] = by_name(stack).values()
    assert statement["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert "{'Ref': 'Name'}" in str(statement["Resource"])


def test_a_file_whose_name_says_what_it_is_needs_nothing_more(stack: cdk.Stack) -> None:
    named(stack, "train.manifest")
    assert by_name(stack) == {}


def test_labels_may_be_in_a_bucket_of_another_account_which_allows_it_itself(app: cdk.App) -> None:
    theirs = cdk.Stack(app, "Theirs", env=cdk.Environment(account="333333333333", region=REGION))
    ours = cdk.Stack(app, "Ours", env=cdk.Environment(account=ACCOUNT, region=REGION))
    bucket = s3.Bucket(theirs, "Labels", bucket_name="their-labels")
    source = equipment.LabelSetSource.from_bucket(bucket, "labels.csv")
    equipment.LabelSet(ours, "History", label_group=equipment.LabelGroup(ours, "Faults"), source=source)
    assert only(ours, "LabelSet")["Properties"]["Options"]["Source"]["Bucket"] == "their-labels"
    assert allowed(ours, "EquipmentLabelSet", "s3:GetObject", "arn:aws:s3:::their-labels/labels.csv", DIRECT)
