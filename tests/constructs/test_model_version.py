"""Versions that a stack adds to a model."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    Dataset,
    IModelVersion,
    InferenceDataImportStrategy,
    LabelsInput,
    Model,
    ModelVersion,
)
from tests.constructs.support import VERSION_ARN, only, properties

VERSION_ATTRIBUTES = [
    ("model_name", "ModelName"),
    ("model_arn", "ModelArn"),
    ("model_version", "ModelVersion"),
    ("model_version_arn", "ModelVersionArn"),
    ("model_version_status", "Status"),
    ("created_at", "CreatedAt"),
    ("source_type", "SourceType"),
    ("source_model_version_arn", "SourceModelVersionArn"),
    ("import_job_start_time", "ImportJobStartTime"),
    ("import_job_end_time", "ImportJobEndTime"),
    ("imported_data_size_in_bytes", "ImportedDataSizeInBytes"),
]
LATER = ["import_job_end_time", "imported_data_size_in_bytes"]


def test_a_version_is_added_to_its_model(stack: cdk.Stack, wear: Model, version_1: IModelVersion) -> None:
    ModelVersion(stack, "Weekly", model=wear, source=version_1)
    assert properties(stack, "ModelVersion") == {
        "ModelName": {"Ref": "Wear7BC519F8"},
        "SourceModelVersionArn": VERSION_ARN,
        "DatasetName": {"Ref": "PumpsEF220EBF"},
        "InferenceDataImportStrategy": "NO_IMPORT",
        "Options": {"Attributes": "2", "RemovalPolicy": "destroy", "WaitSeconds": "3300"},
    }


@pytest.mark.parametrize(("attribute", "name"), VERSION_ATTRIBUTES)
def test_every_attribute_of_a_version_is_one_of_the_custom_resource(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion, attribute: str, name: str
) -> None:
    version = ModelVersion(stack, "Weekly", model=wear, source=version_1)
    assert stack.resolve(getattr(version, attribute)) == {"Fn::GetAtt": ["WeeklyFFAEA5C6", name]}


@pytest.mark.parametrize("attribute", [*LATER, "model_version_status"])
def test_what_a_version_has_only_later_is_refused_when_nothing_waits_for_it(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion, attribute: str
) -> None:
    version = ModelVersion(stack, "Weekly", model=wear, source=version_1, wait=Wait.started())
    with pytest.raises(InvalidProperty, match=r"of Plant/Weekly: got Wait.started\(\)"):
        getattr(version, attribute)


def test_a_version_may_work_on_another_dataset(stack: cdk.Stack, wear: Model, version_1: IModelVersion) -> None:
    other = Dataset.from_dataset_name(stack, "Other", "fans")
    ModelVersion(stack, "Weekly", model=wear, source=version_1, dataset=other)
    assert properties(stack, "ModelVersion")["DatasetName"] == "fans"


def test_a_version_of_a_model_from_elsewhere_needs_a_dataset(stack: cdk.Stack, version_1: IModelVersion) -> None:
    model = Model.from_model_name(stack, "Known", "wear")
    with pytest.raises(
        InvalidProperty, match=r"dataset of Plant/Weekly: got None, .* Model.from_model_attributes\(dataset="
    ):
        ModelVersion(stack, "Weekly", model=model, source=version_1)


def test_a_version_of_a_model_by_attributes_works_on_the_dataset_given_there(
    stack: cdk.Stack, version_1: IModelVersion
) -> None:
    dataset = Dataset.from_dataset_name(stack, "Pumps", "pumps")
    model = Model.from_model_attributes(stack, "Known", model_name="wear", dataset=dataset)
    ModelVersion(stack, "Weekly", model=model, source=version_1)
    found = properties(stack, "ModelVersion")
    assert (found["ModelName"], found["DatasetName"]) == ("wear", "pumps")


def test_a_version_takes_key_role_and_strategy(stack: cdk.Stack, wear: Model, version_1: IModelVersion) -> None:
    ModelVersion(
        stack,
        "Weekly",
        model=wear,
        source=version_1,
        role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::222222222222:role/Reader"),
        encryption_key=kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1234"),
        inference_data_import_strategy=InferenceDataImportStrategy.OVERWRITE,
        labels=LabelsInput.from_label_group("faults"),
    )
    found = properties(stack, "ModelVersion")
    assert found["RoleArn"] == "arn:aws:iam::222222222222:role/Reader"
    assert found["ServerSideKmsKeyId"] == "arn:aws:kms:us-east-1:222222222222:key/1234"
    assert found["InferenceDataImportStrategy"] == "OVERWRITE"
    assert found["LabelsInputConfiguration"] == {"LabelGroupName": "faults"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "wear"}, "model of Plant/Weekly: got 'wear', expected a model"),
        ({"source": VERSION_ARN}, "source of Plant/Weekly: got .*, expected a model version"),
        ({"labels": "labels/"}, r"labels of Plant/Weekly: got 'labels/', expected a LabelsInput"),
        ({"role": "Reader"}, r"role of Plant/Weekly: got 'Reader', expected a role"),
        ({"encryption_key": "1234"}, r"encryption_key of Plant/Weekly: got '1234', expected a key"),
        ({"wait": 5}, r"wait of Plant/Weekly: got an int"),
        ({"dataset": "pumps"}, "dataset of Plant/Weekly: got 'pumps', expected a dataset"),
        (
            {"inference_data_import_strategy": "x"},
            "inference_data_import_strategy of Plant/Weekly: got 'x', expected one",
        ),
    ],
)
def test_a_version_refuses_what_is_of_the_wrong_kind(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidProperty, match=message):
        ModelVersion(stack, "Weekly", **{"model": wear, "source": version_1, **arguments})  # type: ignore[arg-type]


def test_a_version_is_deleted_with_its_stack_as_far_as_cloudformation_knows(
    stack: cdk.Stack, wear: Model, version_1: IModelVersion
) -> None:
    ModelVersion(stack, "Weekly", model=wear, source=version_1)
    assert only(stack, "ModelVersion")["DeletionPolicy"] == "Delete"
