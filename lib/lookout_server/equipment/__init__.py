"""Amazon Lookout for Equipment, with one module per family of resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any

from lookout_server.equipment import (
    datasets,
    inference_schedulers,
    ingestion,
    label_groups,
    labels,
    models,
    resource_policies,
    retraining_schedulers,
    tagging,
    versions,
)
from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.looks import settle
from lookout_server.equipment.retraining import due_retrainings
from lookout_server.equipment.running import due_runs
from lookout_server.equipment.state import Inventory, State
from lookout_server.protocol.model import Model
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.protocol.wire import AwsJson
from lookout_server.service import Answer, Invocation, LaterAnswer, Service, Task, World

_OPERATIONS: dict[str, Operation] = {
    **datasets.OPERATIONS,
    **ingestion.OPERATIONS,
    **models.OPERATIONS,
    **versions.OPERATIONS,
    **resource_policies.OPERATIONS,
    **tagging.OPERATIONS,
    **label_groups.OPERATIONS,
    **labels.OPERATIONS,
    **inference_schedulers.OPERATIONS,
    **retraining_schedulers.OPERATIONS,
}


@cache
def _model() -> Model:
    """The service model, which is large and never changes."""
    return Model("lookoutequipment")


class Equipment(Service):
    """The whole service."""

    def __init__(self) -> None:
        self.name = "lookoutequipment"
        self.model = _model()
        self.protocol = AwsJson(self.model.target_prefix)
        self._state = State()

    def handler(self, operation: str) -> Callable[[Invocation], Answer | LaterAnswer]:
        """What carries out an operation."""
        return partial(self._run, _OPERATIONS[operation])

    def tokens(self, invocation: Invocation) -> ClientTokens:
        """The client tokens of the caller's account in the Region."""
        return self._state.of(invocation.account, invocation.region).tokens

    def reset(self) -> None:
        """Forget everything."""
        self._state = State()

    def owners(self) -> list[Inventory]:
        """What each account has in each Region, where it has something."""
        return self._state.all()

    def settle(self, world: World, owner: Inventory, now: datetime) -> list[Task[Any]]:
        """End what is over by the clock."""
        return [_on_behalf(world, owner, task) for task in settle(owner, world.settings, now)]

    def due(self, world: World, owner: Inventory, now: datetime) -> list[Task[Any]]:
        """The runs of inference schedulers, then the retrainings, which use what the runs bring."""
        tasks = due_runs(owner, world, now) or due_retrainings(owner, world.storage, world.settings, now)
        return [_on_behalf(world, owner, task) for task in tasks]

    def _run(self, operation: Operation, invocation: Invocation) -> Answer | LaterAnswer:
        return operation(EquipmentCall(invocation, self._state))


def _on_behalf(world: World, inventory: Inventory, task: Task[Any]) -> Task[Any]:
    """A task that nobody has called for, done for whom it is about."""

    def do() -> Any:
        with world.on_behalf_of(inventory.account, inventory.region):
            return task.do()

    return Task(do, task.end)
