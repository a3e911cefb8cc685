"""Two accounts that share nothing but the outputs of a stack."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from cdk_lookout import equipment
from demo.training import Trained
from lookout_local import DeploymentFailed, LocalCloud
from tests.e2e.conftest import PLANT, TRAINING, Plant

DESTROY = cdk.RemovalPolicy.DESTROY


@pytest.fixture(scope="module")
def researched(lookout_cloud: LocalCloud, trained: Trained) -> Trained:
    """A dataset and a model of three versions of the training account that are shared with nobody yet."""
    training = lookout_cloud.client("lookoutequipment", account=TRAINING)
    dataset = training.import_dataset(SourceDatasetArn=trained.dataset_arn, DatasetName="research")["DatasetArn"]
    while training.describe_dataset(DatasetName="research")["Status"] != "ACTIVE":
        continue
    for number in (1, 2, 3):
        model = training.import_model_version(
            SourceModelVersionArn=f"{trained.model_arn}/model-version/1", ModelName="research", DatasetName="research"
        )["ModelArn"]
        while training.describe_model_version(ModelName="research", ModelVersion=number)["Status"] != "SUCCESS":
            continue
    return Trained(dataset, model)


def share(cloud: LocalCloud, researched: Trained, account: str, *versions: int) -> dict[str, str]:
    """Share with *account* the model, or versions of it only; the outputs."""
    stack = cdk.Stack(cdk.App(), "Research", env=cdk.Environment(account=TRAINING, region="us-east-1"))
    model = equipment.Model.from_model_arn(stack, "Wear", researched.model_arn)
    shared = equipment.ModelShare(
        stack,
        "Share",
        dataset=equipment.Dataset.from_dataset_arn(stack, "Pumps", researched.dataset_arn),
        model=None if versions else model,
        versions=[model.version(number) for number in versions],
        with_accounts=[account],
    )
    shared.dataset_arn.override_logical_id("DatasetArn")
    shared.model_arn.override_logical_id("ModelArn")
    return cloud.deploy(stack)


def deploy(plant: Plant, parameters: dict[str, str], *, weekly: int | None = None) -> dict[str, str]:
    """Import version 1, and further ones, of what the parameters name."""
    stack = cdk.Stack(cdk.App(), plant.name, env=cdk.Environment(account=PLANT, region="us-east-1"))
    imported = equipment.ModelImport(
        stack,
        "Wear",
        source_dataset_arn=cdk.CfnParameter(stack, "DatasetArn").value_as_string,
        source_model_arn=cdk.CfnParameter(stack, "ModelArn").value_as_string,
        source_version=1,
        removal_policy=DESTROY,
    )
    newest = imported.model_version
    if weekly is not None:
        newest = imported.import_version("Weekly", source_version=weekly)
    active = equipment.ActiveModelVersion(stack, "Active", model_version=newest)
    cdk.CfnOutput(stack, "ActiveVersion", value=active.active_model_version)
    return plant.cloud.deploy(stack, parameters={name: parameters[name] for name in ("DatasetArn", "ModelArn")})


def test_a_model_goes_from_account_to_account_week_after_week(
    lookout_cloud: LocalCloud, plant: Plant, researched: Trained
) -> None:
    outputs = share(lookout_cloud, researched, PLANT)
    assert deploy(plant, outputs) == {"ActiveVersion": "1"}
    plant.calls()
    assert deploy(plant, outputs, weekly=2) == {"ActiveVersion": "2"}
    assert deploy(plant, outputs, weekly=3) == {"ActiveVersion": "3"}
    made = [call for call in plant.calls() if call != "TagResource"]
    assert made == ["ImportModelVersion", "UpdateActiveModelVersion"] * 2
    assert list(plant.models().values()) == [3]


def test_what_is_shared_with_another_account_cannot_be_imported(
    lookout_cloud: LocalCloud, plant: Plant, researched: Trained
) -> None:
    outputs = share(lookout_cloud, researched, "666666666666")
    with pytest.raises(DeploymentFailed, match="ImportDataset: AccessDeniedException"):
        deploy(plant, outputs)
    assert plant.datasets() == []


def test_a_version_that_is_not_shared_cannot_be_imported(
    lookout_cloud: LocalCloud, plant: Plant, researched: Trained
) -> None:
    outputs = share(lookout_cloud, researched, PLANT, 1, 3)
    deploy(plant, outputs, weekly=3)
    with pytest.raises(DeploymentFailed, match="ImportModelVersion: AccessDeniedException"):
        deploy(plant, outputs, weekly=2)
    assert list(plant.models().values()) == [2]
