"""Amazon Lookout for Vision, with one module per family of resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any

from lookout_server.protocol.model import Model
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.protocol.wire import RestJson
from lookout_server.service import Answer, Invocation, LaterAnswer, Service, Task, World
from lookout_server.vision import (
    datasets,
    detection,
    entries,
    hosting,
    models,
    packaging,
    projects,
    tagging,
)
from lookout_server.vision.call import Operation, VisionCall
from lookout_server.vision.state import Inventory, State

_OPERATIONS: dict[str, Operation] = {
    **projects.OPERATIONS,
    **datasets.OPERATIONS,
    **entries.OPERATIONS,
    **models.OPERATIONS,
    **hosting.OPERATIONS,
    **detection.OPERATIONS,
    **packaging.OPERATIONS,
    **tagging.OPERATIONS,
}


@cache
def _model() -> Model:
    """The service model, which is large and never changes."""
    return Model("lookoutvision")


class Vision(Service):
    """The whole service."""

    def __init__(self) -> None:
        self.name = "lookoutvision"
        self.model = _model()
        self.protocol = RestJson(self.model)
        self._state = State(Inventory)

    def handler(self, operation: str) -> Callable[[Invocation], Answer | LaterAnswer]:
        """What carries out an operation."""
        return partial(self._run, _OPERATIONS[operation])

    def tokens(self, invocation: Invocation) -> ClientTokens:
        """The client tokens of the caller's account in the Region."""
        return self._state.of(invocation.account, invocation.region).tokens

    def owners(self) -> list[Inventory]:
        """What each account has in each Region, where it has something."""
        return [inventory for inventory in self._state.all() if inventory.projects]

    def settle(self, world: World, owner: Inventory, now: datetime) -> list[Task[Any]]:
        """End what is over by the clock."""
        return owner.settle(world.settings, now)

    def reset(self) -> None:
        """Forget everything."""
        self._state = State(Inventory)

    def _run(self, operation: Operation, invocation: Invocation) -> Answer | LaterAnswer:
        call = VisionCall(invocation, self._state)
        if invocation.is_new(invocation):
            call.own.rates.count(invocation.operation, invocation.now, call.quotas)
        return operation(call)
