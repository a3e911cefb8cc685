"""Labels, and the roles with which the service reads them."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout import InvalidProperty
from cdk_lookout.equipment import Dataset, IModelVersion, LabelsInput, Model, ModelSource, ModelVersion
from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import Json, of_type, properties, resources


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Labels")


def labelled(stack: cdk.Stack, pumps: Dataset, version: IModelVersion, labels: LabelsInput, id: str = "Wear") -> Model:
    return Model(stack, id, source=ModelSource.imported(version, dataset=pumps, labels=labels))


def reading_roles(stack: cdk.Stack) -> list[Json]:
    roles = of_type(resources(stack), "AWS::IAM::Role")
    return [role["Properties"] for name, role in roles.items() if name.startswith("LookoutEquipmentRead")]


def test_labels_in_a_bucket_are_named_with_the_role_that_reads_them(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket, "labels/"))
    found = properties(stack, "Model")
    assert found["LabelsInputConfiguration"] == {
        "S3InputConfiguration": {"Bucket": stack.resolve(bucket.bucket_name), "Prefix": "labels/"}
    }
    assert found["RoleArn"]["Fn::GetAtt"][0].startswith("LookoutEquipmentRead")


def test_labels_may_fill_the_whole_bucket(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket))
    assert properties(stack, "Model")["LabelsInputConfiguration"] == {
        "S3InputConfiguration": {"Bucket": stack.resolve(bucket.bucket_name)}
    }


def test_a_label_group_takes_no_role(stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion) -> None:
    labelled(stack, pumps, version_1, LabelsInput.from_label_group("faults"))
    found = properties(stack, "Model")
    assert found["LabelsInputConfiguration"] == {"LabelGroupName": "faults"}
    assert "RoleArn" not in found


def test_the_role_reads_the_prefix_and_nothing_else(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket, "labels/"))
    [role] = reading_roles(stack)
    listing, reading = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (listing["Action"], listing["Condition"]) == (
        "s3:ListBucket",
        {"StringLike": {"s3:prefix": ["labels/*"]}},
    )
    assert (reading["Action"], flat(reading["Resource"])) == ("s3:GetObject", "${LabelsBA41E4AA.Arn}/labels/*")


def test_the_role_is_assumed_by_the_service_for_this_account_only(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket, "labels/"))
    [role] = reading_roles(stack)
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lookoutequipment.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert flat(statement["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":${AWS::Region}:${AWS::AccountId}:*")


def test_equal_permissions_share_a_role(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    for id in ("A", "B", "C"):
        labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket, "labels/"), id)
    assert len(reading_roles(stack)) == 1


def test_other_permissions_have_another_role(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    wear = labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket, "labels/"))
    labels = LabelsInput.from_bucket(bucket, "other/")
    version = ModelVersion(stack, "Weekly", model=wear, source=version_1, labels=labels)
    assert len(reading_roles(stack)) == 2
    assert version.role is not None
    assert wear.role is not version.role


def test_the_role_may_use_the_key_of_the_bucket(stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion) -> None:
    bucket = s3.Bucket(stack, "Encrypted", encryption_key=kms.Key(stack, "Key"))
    labelled(stack, pumps, version_1, LabelsInput.from_bucket(bucket, "labels/"))
    [role] = reading_roles(stack)
    assert "kms:Decrypt" in [statement["Action"] for statement in role["Policies"][0]["PolicyDocument"]["Statement"]]


def test_a_role_of_ones_own_gets_the_permission_before_the_model_needs_it(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, bucket: s3.Bucket
) -> None:
    role = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("lookoutequipment.amazonaws.com"))
    source = ModelSource.imported(version_1, dataset=pumps, labels=LabelsInput.from_bucket(bucket, "labels/"))
    model = Model(stack, "Wear", source=source, role=role)
    found = resources(stack)
    [policy] = [name for name in found if name.startswith("MineDefaultPolicy")]
    [resource] = of_type(found, "Custom::LookoutEquipmentModel").values()
    assert policy in resource["DependsOn"]
    assert reading_roles(stack) == []
    assert model.role is role


@pytest.mark.parametrize("prefix", ["labels", "labels/x", "/x", "x" * 1024 + "/"])
def test_a_prefix_without_a_trailing_slash_is_refused(bucket: s3.Bucket, prefix: str) -> None:
    with pytest.raises(
        InvalidProperty, match=r"prefix of LabelsInput.from_bucket: got .*, expected .* ending with a slash"
    ):
        LabelsInput.from_bucket(bucket, prefix)


@pytest.mark.parametrize("name", ["", "a b", "x" * 201])
def test_a_label_group_that_the_service_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(InvalidProperty, match=r"label_group of LabelsInput.from_label_group: got '"):
        LabelsInput.from_label_group(name)


def test_a_bucket_is_no_name() -> None:
    with pytest.raises(InvalidProperty, match=r"bucket of LabelsInput.from_bucket: got 'labels', expected a bucket"):
        LabelsInput.from_bucket("labels")  # type: ignore[arg-type]
