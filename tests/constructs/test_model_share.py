"""Sharing a model with other accounts."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_lookout import InvalidProperty
from cdk_lookout.equipment import Dataset, DatasetSource, IDataset, IModel, Model, ModelShare
from cdk_lookout.equipment.policy_document import flat
from tests.constructs.support import (
    DATASET_ARN,
    INFERENCE,
    MODEL_ARN,
    TRAINING,
    errors,
    of_type,
    resources,
    template,
    warnings,
)

KEY_ARN = f"arn:aws:kms:us-east-1:{TRAINING}:key/11111111-2222-3333-4444-555555555555"
ROOT = f"arn:${{AWS::Partition}}:iam::{INFERENCE}:root"


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    """The stack of the account that shares."""
    return cdk.Stack(app, "Training", env=cdk.Environment(account=TRAINING, region="us-east-1"))


@pytest.fixture
def pumps(stack: cdk.Stack) -> IDataset:
    return Dataset.from_dataset_arn(stack, "Pumps", DATASET_ARN)


@pytest.fixture
def wear(stack: cdk.Stack) -> IModel:
    return Model.from_model_arn(stack, "Wear", MODEL_ARN)


def statements(stack: cdk.Stack) -> dict[str, list[dict[str, Any]]]:
    """What the resource policies of the stack say, by the ARN of their resource."""
    policies = [
        policy["Properties"] for policy in of_type(resources(stack), "Custom::LookoutEquipmentResourcePolicy").values()
    ]
    return {policy["ResourceArn"]: json.loads(flat(policy["ResourcePolicy"]))["Statement"] for policy in policies}


def allowed(stack: cdk.Stack) -> dict[str, list[str]]:
    """Who may import, by the ARN of what is imported."""
    return {arn: [flat(one["Principal"]["AWS"]) for one in found] for arn, found in statements(stack).items()}


def test_dataset_and_model_are_shared_with_each_account(stack: cdk.Stack, pumps: IDataset, wear: IModel) -> None:
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE, "333333333333"])
    both = [ROOT, ROOT.replace(INFERENCE, "333333333333")]
    assert allowed(stack) == {DATASET_ARN: both, MODEL_ARN: both}


def test_it_can_be_shared_with_a_single_role(stack: cdk.Stack, pumps: IDataset, wear: IModel) -> None:
    role = f"arn:aws:iam::{INFERENCE}:role/importer"
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_principals=[iam.ArnPrincipal(role)])
    assert allowed(stack) == {DATASET_ARN: [role], MODEL_ARN: [role]}


def test_it_can_be_shared_with_an_organization(app: cdk.App, stack: cdk.Stack, pumps: IDataset, wear: IModel) -> None:
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_principals=[iam.OrganizationPrincipal("o-1234567890")])
    [statement] = statements(stack)[MODEL_ARN]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    assert errors(app) == ""


def test_single_versions_are_shared_without_the_others(stack: cdk.Stack, pumps: IDataset, wear: IModel) -> None:
    versions = [wear.version(2), wear.version(3)]
    ModelShare(stack, "Share", dataset=pumps, versions=versions, with_accounts=[INFERENCE])
    assert set(allowed(stack)) == {DATASET_ARN, *(f"{MODEL_ARN}/model-version/{number}" for number in (2, 3))}


@pytest.mark.parametrize(("inference_data", "text"), [(True, "true"), (False, "false")])
def test_whether_inference_data_go_along_is_a_condition_on_the_model(
    stack: cdk.Stack, pumps: IDataset, wear: IModel, inference_data: bool, text: str
) -> None:
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE], inference_data=inference_data)
    [of_dataset], [of_model] = statements(stack)[DATASET_ARN], statements(stack)[MODEL_ARN]
    assert "Condition" not in of_dataset
    assert of_model["Condition"] == {"Bool": {"lookoutequipment:IsImportingData": text}}


def test_the_arns_are_put_out(stack: cdk.Stack, pumps: IDataset, wear: IModel) -> None:
    share = ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE])
    share.dataset_arn.override_logical_id("Dataset")
    share.model_arn.override_logical_id("Model")
    assert {name: output["Value"] for name, output in template(stack)["Outputs"].items()} == {
        "Dataset": DATASET_ARN,
        "Model": MODEL_ARN,
    }


def test_the_arns_of_single_versions_are_put_out_with_that_of_their_model(
    stack: cdk.Stack, pumps: IDataset, wear: IModel
) -> None:
    ModelShare(stack, "Share", dataset=pumps, versions=[wear.version(2), wear.version(3)], with_accounts=[INFERENCE])
    assert sorted(output["Value"] for output in template(stack)["Outputs"].values()) == [
        DATASET_ARN,
        MODEL_ARN,
        f"{MODEL_ARN}/model-version/2,{MODEL_ARN}/model-version/3",
    ]


def test_the_arns_are_put_into_parameters_on_demand(stack: cdk.Stack, pumps: IDataset, wear: IModel) -> None:
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE], parameter_prefix="/lookout/wear")
    parameters = of_type(resources(stack), "AWS::SSM::Parameter").values()
    assert {one["Properties"]["Name"]: one["Properties"]["Value"] for one in parameters} == {
        "/lookout/wear/dataset-arn": DATASET_ARN,
        "/lookout/wear/model-arn": MODEL_ARN,
    }


def test_a_key_of_the_stack_is_granted(stack: cdk.Stack, wear: IModel) -> None:
    key = kms.Key(stack, "Key")
    pumps = Dataset.from_dataset_attributes(stack, "Secret", dataset_arn=DATASET_ARN, encryption_key=key)
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE])
    [found] = of_type(resources(stack), "AWS::KMS::Key").values()
    grant = found["Properties"]["KeyPolicy"]["Statement"][-1]
    assert flat(grant["Principal"]["AWS"]) == ROOT
    assert "kms:Decrypt" in grant["Action"]
    assert not [warning for warning in warnings(stack) if "key" in warning]


def test_a_key_whose_policy_cannot_be_changed_from_here_gives_a_warning(stack: cdk.Stack, wear: IModel) -> None:
    key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
    pumps = Dataset.from_dataset_attributes(stack, "Secret", dataset_arn=DATASET_ARN, encryption_key=key)
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE])
    [warning] = [warning for warning in warnings(stack) if "cdk-lookout:key-elsewhere" in warning]
    assert "key of Training/Share: got Training/Key, which is referred to by its ARN" in warning


def test_what_the_stack_makes_itself_can_be_shared(stack: cdk.Stack, wear: IModel) -> None:
    pumps = Dataset(stack, "Own", source=DatasetSource.detected())
    share = ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE])
    assert stack.resolve(share.dataset_arn.value) == stack.resolve(pumps.dataset_arn)


def test_sharing_with_the_own_account_fails_the_synthesis(
    app: cdk.App, stack: cdk.Stack, pumps: IDataset, wear: IModel
) -> None:
    ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[TRAINING])
    assert "within an account importing takes no resource policy" in errors(app)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"ModelShare of Training/Share: got neither model nor versions, expected a model"),
        ({"model": True, "versions": True}, r"ModelShare of Training/Share: got both model and versions"),
        ({"model": "wear"}, r"model of Training/Share: got 'wear', expected a model"),
        ({"versions": [1]}, r"versions of Training/Share: got an int, expected model versions, such as"),
        ({"dataset": DATASET_ARN, "model": True}, r"dataset of Training/Share: got 'arn:.*', expected a dataset"),
        ({"model": True, "with_accounts": []}, r"ModelShare of Training/Share: got nobody, expected with_accounts"),
        ({"model": True, "with_accounts": ["22"]}, r"with_accounts of Training/Share: got '22', expected accounts, 12"),
        ({"model": True, "parameter_prefix": "x/"}, r"parameter_prefix of Training/Share: got 'x/', expected a path"),
    ],
)
def test_what_makes_no_share_is_refused(
    stack: cdk.Stack, pumps: IDataset, wear: IModel, arguments: dict[str, Any], message: str
) -> None:
    if arguments.get("model") is True:
        arguments = {**arguments, "model": wear}
    if arguments.get("versions") is True:
        arguments = {**arguments, "versions": [wear.version(1)]}
    with pytest.raises(InvalidProperty, match=message):
        ModelShare(stack, "Share", **{"dataset": pumps, "with_accounts": [INFERENCE], **arguments})


def test_a_model_that_is_known_by_name_cannot_be_shared(stack: cdk.Stack, pumps: IDataset) -> None:
    wear = Model.from_model_name(stack, "Named", "wear")
    with pytest.raises(InvalidProperty, match=r"got a reference by name, expected Model\.from_model_arn"):
        ModelShare(stack, "Share", dataset=pumps, model=wear, with_accounts=[INFERENCE])
