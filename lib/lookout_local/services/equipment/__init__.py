"""Amazon Lookout for Equipment, with one module per family of resources."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from lookout_local.services.equipment import (
    datasets,
    ingestion,
    label_groups,
    models,
    resource_policies,
    tagging,
    versions,
)
from lookout_local.services.equipment.call import EquipmentCall, Operation
from lookout_local.services.equipment.state import State
from lookout_local.services.model import Model
from lookout_local.services.protocols import AwsJson
from lookout_local.services.service import Answer, Invocation, Service
from lookout_local.services.tokens import ClientTokens

_OPERATIONS: dict[str, Operation] = {
    **datasets.OPERATIONS,
    **ingestion.OPERATIONS,
    **models.OPERATIONS,
    **versions.OPERATIONS,
    **resource_policies.OPERATIONS,
    **tagging.OPERATIONS,
    **label_groups.OPERATIONS,
}


@cache
def _model() -> Model:
    """The service model, which is large and never changes."""
    return Model("lookoutequipment")


class Equipment(Service):
    """The service, without schedulers and labels."""

    def __init__(self) -> None:
        self.name = "lookoutequipment"
        self.model = _model()
        self.protocol = AwsJson(self.model.target_prefix)
        self._state = State()

    def handler(self, operation: str) -> Callable[[Invocation], Answer] | None:
        """What carries out an operation; None for the operations of schedulers and labels."""
        found = _OPERATIONS.get(operation)
        return partial(self._run, found) if found else None

    def tokens(self, invocation: Invocation) -> ClientTokens:
        """The client tokens of the caller's account in the Region."""
        return self._state.of(invocation.account, invocation.region).tokens

    def reset(self) -> None:
        """Forget everything."""
        self._state = State()

    def _run(self, operation: Operation, invocation: Invocation) -> Answer:
        for inventory in self._state.all():
            inventory.settle(invocation.settings.progress, invocation.now)
        return operation(EquipmentCall(invocation, self._state))
