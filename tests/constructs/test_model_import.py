"""Importing a model of another account."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    ActiveModelVersion,
    InferenceDataImportStrategy,
    LabelsInput,
    ModelImport,
)
from tests.constructs.support import DATASET_ARN, MODEL_ARN, VERSION_ARN, errors, of_type, only, properties, resources

SOURCE: dict[str, Any] = {"source_dataset_arn": DATASET_ARN, "source_model_arn": MODEL_ARN, "source_version": 1}


def named(stack: cdk.Stack, kind: str) -> str:
    """The logical id of the one resource of a type."""
    [name] = of_type(resources(stack), f"Custom::LookoutEquipment{kind}")
    return name


def test_a_dataset_and_a_model_are_imported(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **SOURCE)
    assert properties(stack, "Dataset")["SourceDatasetArn"] == DATASET_ARN
    assert properties(stack, "Model")["SourceModelVersionArn"] == VERSION_ARN


def test_the_model_comes_after_the_dataset_that_it_works_on(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **SOURCE)
    assert properties(stack, "Model")["DatasetName"] == {"Ref": named(stack, "Dataset")}


def test_the_version_may_be_given_by_its_own_arn(stack: cdk.Stack) -> None:
    arn = f"{MODEL_ARN}/model-version/4"
    ModelImport(stack, "Wear", source_dataset_arn=DATASET_ARN, source_model_version_arn=arn)
    assert properties(stack, "Model")["SourceModelVersionArn"] == arn


def test_arns_may_be_parameters_of_the_deployment(app: cdk.App, stack: cdk.Stack) -> None:
    ModelImport(
        stack,
        "Wear",
        source_dataset_arn=cdk.CfnParameter(stack, "DatasetArn").value_as_string,
        source_model_version_arn=ssm.StringParameter.value_for_string_parameter(stack, "/wear"),
    )
    assert properties(stack, "Dataset")["SourceDatasetArn"] == {"Ref": "DatasetArn"}
    assert set(properties(stack, "Model")["SourceModelVersionArn"]) == {"Ref"}
    assert errors(app) == ""


def test_the_arn_of_a_model_may_be_a_parameter_with_its_version_in_the_app(stack: cdk.Stack) -> None:
    arn = cdk.CfnParameter(stack, "ModelArn").value_as_string
    ModelImport(stack, "Wear", source_dataset_arn=DATASET_ARN, source_model_arn=arn, source_version=3)
    assert properties(stack, "Model")["SourceModelVersionArn"] == {
        "Fn::Join": ["", [{"Ref": "ModelArn"}, "/model-version/3"]]
    }


def test_what_is_said_of_the_copies_reaches_both(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1")
    ModelImport(
        stack,
        "Wear",
        **SOURCE,
        dataset_name="pumps",
        model_name="wear",
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
        adopt_existing=True,
    )
    dataset, model = properties(stack, "Dataset"), properties(stack, "Model")
    assert (dataset["DatasetName"], model["ModelName"]) == ("pumps", "wear")
    assert dataset["ServerSideKmsKeyId"] == model["ServerSideKmsKeyId"] == key.key_arn
    assert dataset["Options"]["AdoptExisting"] == model["Options"]["AdoptExisting"] == "true"
    assert {only(stack, kind)["DeletionPolicy"] for kind in ("Dataset", "Model")} == {"Delete"}


def test_labels_are_passed_again(stack: cdk.Stack) -> None:
    labels = LabelsInput.from_label_group("faults")
    ModelImport(stack, "Wear", **SOURCE, labels=labels)
    assert properties(stack, "Model")["LabelsInputConfiguration"] == {"LabelGroupName": "faults"}


def test_inference_data_come_along_when_told(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **SOURCE, inference_data_import_strategy=InferenceDataImportStrategy.OVERWRITE)
    assert properties(stack, "Model")["InferenceDataImportStrategy"] == "OVERWRITE"


def test_each_import_is_waited_for_that_long(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **SOURCE, wait=Wait.until_ready(timeout=cdk.Duration.minutes(20)))
    assert {properties(stack, kind)["Options"]["WaitSeconds"] for kind in ("Dataset", "Model")} == {"1200"}


def test_the_dataset_is_waited_for_in_any_case(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **SOURCE, wait=Wait.started())
    assert properties(stack, "Dataset")["Options"]["WaitSeconds"] == "3300"
    assert properties(stack, "Model")["Options"]["WaitSeconds"] == "0"


def test_nothing_decides_which_version_is_active_unless_told(stack: cdk.Stack) -> None:
    imported = ModelImport(stack, "Wear", **SOURCE)
    assert not of_type(resources(stack), "Custom::LookoutEquipmentActiveModelVersion")
    ActiveModelVersion(stack, "Active", model_version=imported.model_version)


def test_the_imported_version_is_made_the_active_one_when_told(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **SOURCE, activate=True)
    found = properties(stack, "ActiveModelVersion")
    assert (found["ModelName"], found["ModelVersion"]) == ({"Ref": named(stack, "Model")}, "1")


def test_a_further_version_is_imported_as_the_model_was(stack: cdk.Stack) -> None:
    labels = LabelsInput.from_bucket(s3.Bucket.from_bucket_name(stack, "Labels", "labels"), "wear/")
    strategy = InferenceDataImportStrategy.ADD_WHEN_EMPTY
    imported = ModelImport(stack, "Wear", **SOURCE, labels=labels, inference_data_import_strategy=strategy)
    imported.import_version("Weekly", source_version=7)
    model, weekly = properties(stack, "Model"), properties(stack, "ModelVersion")
    assert weekly["SourceModelVersionArn"] == f"{MODEL_ARN}/model-version/7"
    assert weekly["ModelName"] == {"Ref": named(stack, "Model")}
    same = ("DatasetName", "LabelsInputConfiguration", "RoleArn", "InferenceDataImportStrategy")
    assert {name: weekly[name] for name in same} == {name: model[name] for name in same}


def test_a_further_version_may_be_a_parameter_of_the_deployment_and_become_active(
    app: cdk.App, stack: cdk.Stack
) -> None:
    imported = ModelImport(stack, "Wear", **SOURCE)
    arn = cdk.CfnParameter(stack, "Newest").value_as_string
    weekly = imported.import_version("Weekly", source_model_version_arn=arn)
    ActiveModelVersion(stack, "Active", model_version=weekly)
    assert properties(stack, "ModelVersion")["SourceModelVersionArn"] == {"Ref": "Newest"}
    assert errors(app) == ""


def test_a_further_version_cannot_become_active_beside_the_imported_one(stack: cdk.Stack) -> None:
    imported = ModelImport(stack, "Wear", **SOURCE, activate=True)
    weekly = imported.import_version("Weekly", source_version=2)
    with pytest.raises(InvalidProperty, match="got a second one of the model, after Plant/Wear/Active"):
        ActiveModelVersion(stack, "Active", model_version=weekly)


def test_dataset_and_model_can_be_used_further(stack: cdk.Stack) -> None:
    imported = ModelImport(stack, "Wear", **SOURCE)
    assert stack.resolve(imported.dataset.dataset_name) == {"Ref": named(stack, "Dataset")}
    assert stack.resolve(imported.model_version.model_name) == {"Ref": named(stack, "Model")}
    assert imported.model.dataset is imported.dataset


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source_version": None}, r"source version of Plant/Wear: got none, expected either source_version, of"),
        ({"source_model_version_arn": VERSION_ARN}, r"source version of Plant/Wear: got both, expected either"),
        ({"source_model_arn": None}, r"source_model_arn of Plant/Wear: got None, expected the model that source_v"),
        ({"wait": 60}, r"wait of Plant/Wear: got an int, expected Wait.until_ready\(\) or Wait.started\(\)"),
        ({"source_version": 0}, r"model_version of Plant/Wear/SourceModel: got 0, expected a whole number from 1"),
        ({"source_dataset_arn": "pumps"}, r"dataset_arn of Plant/Wear/SourceDataset: got 'pumps', expected arn:aws:"),
        ({"source_model_arn": VERSION_ARN}, r"model_arn of Plant/Wear/SourceModel: got 'arn:.*', expected arn:aws:"),
        (
            {"source_version": None, "source_model_version_arn": MODEL_ARN},
            r"model_version_arn of Plant/Wear/SourceVersion: got 'arn:.*', expected arn:aws:",
        ),
    ],
)
def test_a_source_that_is_none_is_refused(stack: cdk.Stack, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidProperty, match=message):
        ModelImport(stack, "Wear", **{**SOURCE, **changes})


@pytest.mark.parametrize("what", ["source_dataset_arn", "source_model_arn", "source_model_version_arn"])
def test_a_source_of_another_region_is_refused(app: cdk.App, what: str) -> None:
    stack = cdk.Stack(app, "Plant", env=cdk.Environment(account="222222222222", region="us-east-1"))
    arguments = {**SOURCE, "source_version": None, "source_model_version_arn": VERSION_ARN}
    arguments[what] = arguments[what].replace("us-east-1", "eu-west-1")
    with pytest.raises(InvalidProperty, match=f"{what} of Plant/Wear: got '.*', expected an ARN of the stack's Region"):
        ModelImport(stack, "Wear", **arguments)


def test_a_stack_without_a_region_takes_sources_of_any(stack: cdk.Stack) -> None:
    ModelImport(stack, "Wear", **{**SOURCE, "source_dataset_arn": DATASET_ARN.replace("us-east-1", "eu-west-1")})
    assert "eu-west-1" in properties(stack, "Dataset")["SourceDatasetArn"]
