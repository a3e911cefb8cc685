"""Amazon Lookout for Equipment, with one module per family of resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial

from lookout_local.services.equipment import (
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
from lookout_local.services.equipment.call import EquipmentCall, Operation
from lookout_local.services.equipment.retraining import advance_retraining
from lookout_local.services.equipment.running import due_runs
from lookout_local.services.equipment.state import Inventory, State
from lookout_local.services.model import Model
from lookout_local.services.protocols import AwsJson
from lookout_local.services.service import Answer, Finish, Invocation, Service, Task, World
from lookout_local.services.tokens import ClientTokens

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

    def handler(self, operation: str) -> Callable[[Invocation], Answer]:
        """What carries out an operation."""
        return partial(self._run, _OPERATIONS[operation])

    def tokens(self, invocation: Invocation) -> ClientTokens:
        """The client tokens of the caller's account in the Region."""
        return self._state.of(invocation.account, invocation.region).tokens

    def reset(self) -> None:
        """Forget everything."""
        self._state = State()

    def settle(self, world: World) -> None:
        """End what is over by the clock."""
        for inventory in self._state.all():
            with world.on_behalf_of(inventory.account, inventory.region):
                inventory.settle(world.settings, world.clock.now())

    def due(self, world: World) -> list[Task]:
        """The runs of inference schedulers, then the retrainings, which use what the runs bring."""
        now = world.clock.now()
        tasks: list[Task] = []
        for inventory in self._state.all():
            tasks += [*due_runs(inventory, world, now), partial(_retraining, inventory, world, now)]
        return tasks

    def _run(self, operation: Operation, invocation: Invocation) -> Answer:
        return operation(EquipmentCall(invocation, self._state))


def _retraining(inventory: Inventory, world: World, now: datetime) -> Finish:
    """Retraining has to do with all that an account has, so none of it is done while requests are answered."""

    def finish() -> None:
        with world.on_behalf_of(inventory.account, inventory.region):
            advance_retraining(inventory, world.storage, world.settings, now)

    return finish
