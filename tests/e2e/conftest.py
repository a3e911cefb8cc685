"""One local cloud for all end-to-end tests, with a training account that has something to share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest

from demo.training import Trained, seed
from lookout_local import LocalCloud

TRAINING, PLANT = "111111111111", "222222222222"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def trained(lookout_cloud: LocalCloud) -> Trained:
    """A dataset and a model of three versions, in the training account."""
    return seed(lambda service: lookout_cloud.client(service, account=TRAINING), versions=3)


@dataclass
class Plant:
    """A stack in the plant's account, defined anew for every deployment, as an app is run anew."""

    cloud: LocalCloud
    name: str
    trained: Trained

    def stack(self, define: Callable[[cdk.Stack], None]) -> cdk.Stack:
        stack = cdk.Stack(cdk.App(), self.name, env=cdk.Environment(account=PLANT, region="us-east-1"))
        define(stack)
        return stack

    def deploy(self, define: Callable[[cdk.Stack], None]) -> dict[str, str]:
        return self.cloud.deploy(self.stack(define))

    def destroy(self) -> None:
        self.cloud.destroy(self.stack(lambda stack: None))

    @property
    def equipment(self) -> Any:
        return self.cloud.client("lookoutequipment", account=PLANT)

    def datasets(self) -> list[str]:
        return sorted(item["DatasetName"] for item in self.equipment.list_datasets()["DatasetSummaries"])

    def models(self) -> dict[str, int]:
        return {
            item["ModelName"]: item["ActiveModelVersion"] for item in self.equipment.list_models()["ModelSummaries"]
        }

    def calls(self) -> list[str]:
        """The calls that changed something since the last look."""
        calls = [call.operation for call in self.cloud.calls.all() if call.account == PLANT]
        self.cloud.calls.clear()
        return [operation for operation in calls if not operation.startswith(("Describe", "List"))]


@pytest.fixture
def plant(lookout_cloud: LocalCloud, trained: Trained, request: pytest.FixtureRequest) -> Iterator[Plant]:
    """A stack that is gone after the test, with everything that it made."""
    name = "".join(part.title() for part in request.node.name.split("[")[0].split("_"))[:40]
    _share(lookout_cloud, trained)
    plant = Plant(lookout_cloud, name, trained)
    lookout_cloud.calls.clear()
    yield plant
    lookout_cloud.faults.clear()
    plant.destroy()
    for model in plant.models():
        plant.equipment.delete_model(ModelName=model)
    for dataset in plant.datasets():
        plant.equipment.delete_dataset(DatasetName=dataset)


_SHARED: set[str] = set()


def _share(cloud: LocalCloud, trained: Trained) -> None:
    """Deploy the stack that shares, once."""
    if trained.model_arn in _SHARED:
        return
    from aws_cdk import aws_iam as iam

    from cdk_lookout import equipment

    stack = cdk.Stack(cdk.App(), "Share", env=cdk.Environment(account=TRAINING, region="us-east-1"))
    equipment.Dataset.from_dataset_arn(stack, "Pumps", trained.dataset_arn).grant_import(iam.AccountPrincipal(PLANT))
    equipment.Model.from_model_arn(stack, "Wear", trained.model_arn).grant_import(iam.AccountPrincipal(PLANT))
    cloud.deploy(stack)
    _SHARED.add(trained.model_arn)
