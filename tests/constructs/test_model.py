"""Models, and versions from elsewhere: what the template says for what was written."""

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
    Model,
    ModelSource,
    ModelVersion,
)
from tests.constructs.support import DATASET_ARN, MODEL_ARN, VERSION_ARN, only, properties

MODEL_ATTRIBUTES = [
    ("model_arn", "ModelArn"),
    ("model_status", "Status"),
    ("created_at", "CreatedAt"),
    ("source_type", "SourceType"),
    ("source_model_version_arn", "SourceModelVersionArn"),
    ("import_job_start_time", "ImportJobStartTime"),
    ("import_job_end_time", "ImportJobEndTime"),
    ("imported_data_size_in_bytes", "ImportedDataSizeInBytes"),
    ("active_model_version", "ActiveModelVersion"),
    ("active_model_version_arn", "ActiveModelVersionArn"),
    ("previous_active_model_version", "PreviousActiveModelVersion"),
    ("previous_active_model_version_arn", "PreviousActiveModelVersionArn"),
    ("model_version_activated_at", "ModelVersionActivatedAt"),
]
LATER = ["import_job_end_time", "imported_data_size_in_bytes"]


def test_a_model_names_its_source_and_its_dataset(stack: cdk.Stack, wear: Model) -> None:
    assert properties(stack, "Model") == {
        "SourceModelVersionArn": VERSION_ARN,
        "DatasetName": {"Ref": "PumpsEF220EBF"},
        "InferenceDataImportStrategy": "NO_IMPORT",
        "Options": {"Attributes": "2", "Name": "Wear", "RemovalPolicy": "retain", "WaitSeconds": "3300"},
    }


def test_a_model_is_kept_by_default_but_not_when_replaced(stack: cdk.Stack, wear: Model) -> None:
    found = only(stack, "Model")
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Delete")


def test_a_model_takes_name_key_role_and_adoption(stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:222222222222:key/1234")
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::222222222222:role/Reader")
    Model(
        stack,
        "Wear",
        source=ModelSource.imported(version_1, dataset=pumps),
        model_name="wear-1",
        role=role,
        encryption_key=key,
        adopt_existing=True,
        removal_policy=cdk.RemovalPolicy.DESTROY,
        wait=Wait.started(),
    )
    found = properties(stack, "Model")
    assert found["ModelName"] == "wear-1"
    assert found["RoleArn"] == "arn:aws:iam::222222222222:role/Reader"
    assert found["ServerSideKmsKeyId"] == "arn:aws:kms:us-east-1:222222222222:key/1234"
    assert found["Options"] == {
        "Attributes": "2",
        "AdoptExisting": "true",
        "RemovalPolicy": "destroy",
        "WaitSeconds": "0",
    }


@pytest.mark.parametrize("strategy", list(InferenceDataImportStrategy))
def test_the_strategy_for_inference_data_is_always_sent(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, strategy: InferenceDataImportStrategy
) -> None:
    source = ModelSource.imported(version_1, dataset=pumps, inference_data_import_strategy=strategy)
    Model(stack, "Wear", source=source)
    assert properties(stack, "Model")["InferenceDataImportStrategy"] == strategy.name


@pytest.mark.parametrize("strategy", ["NO_IMPORT", "merge", None])
def test_an_unknown_strategy_is_refused(pumps: Dataset, version_1: IModelVersion, strategy: object) -> None:
    with pytest.raises(
        InvalidProperty, match=r"inference_data_import_strategy of ModelSource.imported: got .*NO_IMPORT, "
    ):
        ModelSource.imported(version_1, dataset=pumps, inference_data_import_strategy=strategy)  # type: ignore[arg-type]


@pytest.mark.parametrize(("attribute", "name"), MODEL_ATTRIBUTES)
def test_every_attribute_of_a_model_is_one_of_the_custom_resource(
    stack: cdk.Stack, wear: Model, attribute: str, name: str
) -> None:
    assert stack.resolve(getattr(wear, attribute)) == {"Fn::GetAtt": ["Wear7BC519F8", name]}


@pytest.mark.parametrize("attribute", [*LATER, "model_status", "active_model_version", "model_version_activated_at"])
def test_what_a_model_has_only_later_is_refused_when_nothing_waits_for_it(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion, attribute: str
) -> None:
    model = Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=pumps), wait=Wait.started())
    with pytest.raises(InvalidProperty, match=r"of Plant/Wear: got Wait.started\(\)"):
        getattr(model, attribute)


def test_a_model_knows_its_dataset(wear: Model, pumps: Dataset) -> None:
    assert wear.dataset is pumps


def test_the_source_of_a_model_is_a_version_and_not_a_model(stack: cdk.Stack, pumps: Dataset) -> None:
    model = Model.from_model_arn(stack, "Source", MODEL_ARN)
    with pytest.raises(
        InvalidProperty, match=r"source of ModelSource.imported: got a .*, expected a model version, such as"
    ):
        ModelSource.imported(model, dataset=pumps)  # type: ignore[arg-type]


def test_the_dataset_of_a_model_is_no_name(version_1: IModelVersion) -> None:
    with pytest.raises(InvalidProperty, match=r"dataset of ModelSource.imported: got 'pumps', expected a dataset"):
        ModelSource.imported(version_1, dataset="pumps")  # type: ignore[arg-type]


def test_a_model_source_is_no_version(stack: cdk.Stack, version_1: IModelVersion) -> None:
    with pytest.raises(InvalidProperty, match=r"source of Plant/Wear: got a .*, expected a ModelSource"):
        Model(stack, "Wear", source=version_1)  # type: ignore[arg-type]


def test_a_model_name_that_the_service_would_refuse_is_refused(
    stack: cdk.Stack, pumps: Dataset, version_1: IModelVersion
) -> None:
    with pytest.raises(InvalidProperty, match=r"model_name of Plant/Wear: got 'a b'"):
        Model(stack, "Wear", source=ModelSource.imported(version_1, dataset=pumps), model_name="a b")


def test_a_version_of_a_model_of_the_stack_is_known_by_its_number(stack: cdk.Stack, wear: Model) -> None:
    version = wear.version(3)
    assert version.model_version == "3"
    assert stack.resolve(version.model_name) == {"Ref": "Wear7BC519F8"}
    assert stack.resolve(version.model_version_arn) == {
        "Fn::Join": ["", [{"Fn::GetAtt": ["Wear7BC519F8", "ModelArn"]}, "/model-version/3"]]
    }


def test_a_version_by_number_is_the_same_every_time(wear: Model) -> None:
    assert wear.version(3) is wear.version(3)


def test_a_version_by_number_of_a_model_by_arn_has_an_arn_and_an_account(stack: cdk.Stack) -> None:
    version = Model.from_model_arn(stack, "Source", MODEL_ARN).version(7)
    assert version.model_version_arn == f"{MODEL_ARN}/model-version/7"
    assert isinstance(version, cdk.Resource)
    assert version.env.account == "111111111111"


def test_a_version_by_number_of_a_model_by_name_has_no_arn(stack: cdk.Stack) -> None:
    version = Model.from_model_name(stack, "Source", "wear").version(7)
    assert (version.model_name, version.model_version) == ("wear", "7")
    with pytest.raises(InvalidProperty, match=r"ModelVersion.from_model_version_arn"):
        _ = version.model_version_arn
    with pytest.raises(InvalidProperty, match=r"Model\.from_model_arn"):
        _ = version.model_arn


@pytest.mark.parametrize("number", [0, -1, "1", 1.0, True, None])
def test_a_number_that_no_version_can_have_is_refused(wear: Model, number: object) -> None:
    with pytest.raises(InvalidProperty, match=r"model_version of Plant/Wear: got .*, expected a whole number from 1"):
        wear.version(number)  # type: ignore[arg-type]


def test_a_model_by_name_has_no_arn(stack: cdk.Stack) -> None:
    model = Model.from_model_name(stack, "Source", "wear")
    assert model.model_name == "wear"
    with pytest.raises(InvalidProperty, match=r"Model.from_model_arn"):
        _ = model.model_arn


def test_a_model_by_arn_has_a_name(stack: cdk.Stack) -> None:
    model = Model.from_model_arn(stack, "Source", MODEL_ARN)
    assert (model.model_name, model.model_arn, model.dataset) == ("wear", MODEL_ARN, None)


@pytest.mark.parametrize(
    "arn", ["", "wear", DATASET_ARN, VERSION_ARN, "arn:aws:lookoutequipment:us-east-1:1:model/w/1"]
)
def test_a_model_arn_of_the_wrong_kind_is_refused(stack: cdk.Stack, arn: str) -> None:
    with pytest.raises(
        InvalidProperty, match=r"model_arn of Plant/Source: got .*, expected arn:aws:.*:model/<name>/<id>"
    ):
        Model.from_model_arn(stack, "Source", arn)


@pytest.mark.parametrize("arn", ["", "1", DATASET_ARN, MODEL_ARN, f"{MODEL_ARN}/model-version/0", f"{VERSION_ARN}x"])
def test_a_version_arn_of_the_wrong_kind_is_refused(stack: cdk.Stack, arn: str) -> None:
    with pytest.raises(InvalidProperty, match=r"model_version_arn of Plant/Source: got .*, expected .*/model-version/"):
        ModelVersion.from_model_version_arn(stack, "Source", arn)


def test_a_version_by_arn_has_all_its_parts(version_1: IModelVersion) -> None:
    assert (version_1.model_name, version_1.model_version) == ("wear", "1")
    assert (version_1.model_arn, version_1.model_version_arn) == (MODEL_ARN, VERSION_ARN)


def test_a_version_by_an_arn_that_is_known_at_deployment_has_all_its_parts(stack: cdk.Stack) -> None:
    parameter = cdk.CfnParameter(stack, "Arn")
    version = ModelVersion.from_model_version_arn(stack, "Source", parameter.value_as_string)
    split = {"Fn::Split": ["/", {"Ref": "Arn"}]}
    assert stack.resolve(version.model_version) == {"Fn::Select": [4, split]}
    assert stack.resolve(version.model_name) == {"Fn::Select": [1, split]}
    assert stack.resolve(version.model_arn)["Fn::Join"][1][0] == {"Fn::Select": [0, split]}
