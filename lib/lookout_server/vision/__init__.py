"""Amazon Lookout for Vision, with one module per family of resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any

from lookout_server.entities.session import Home, Session
from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.model import Model
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.protocol.wire import RestJson
from lookout_server.service import Answer, Invocation, LaterAnswer, Service, World
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
from lookout_server.vision.errands import LONG_WORKS, errand
from lookout_server.vision.inspection import Inspection
from lookout_server.vision.rates import Rates
from lookout_server.vision.state import Inventory
from lookout_server.work.tasks import Errand, Task

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

    def __init__(self, inspection: Inspection) -> None:
        """`inspection` is where models look at images."""
        self.name = "lookoutvision"
        self.model = _model()
        self.protocol = RestJson(self.model)
        self.long_works = LONG_WORKS
        self._rates = Rates()
        self._inspection = inspection

    def home(self, session: Session, account: str, region: str) -> Inventory:
        """What an account has in a Region."""
        return session.home(Inventory, account, region)

    def tokens(self, home: Home) -> ClientTokens:
        """The client tokens of an account in a Region."""
        return _own(home).tokens

    def handler(self, operation: str) -> Callable[[Invocation, Home], Answer | LaterAnswer]:
        """What carries out an operation."""
        return partial(self._run, _OPERATIONS[operation])

    def errand(self, home: Home, task: Task, world: World, now: datetime) -> Errand[Any] | None:
        """What a task means that is due."""
        return errand(_own(home), task, world, self._inspection, now)

    def _run(self, operation: Operation, invocation: Invocation, home: Home) -> Answer | LaterAnswer:
        if invocation.comes_first_to("its rate"):
            self._rates.count(invocation)
        call = VisionCall(invocation, _own(home), self._inspection)
        try:
            return operation(call)
        except ServiceError as refusal:
            refusal.looked = call.looked
            raise


def _own(home: Home) -> Inventory:
    if not isinstance(home, Inventory):
        raise TypeError(f"got the home of {home.service}, expected one of lookoutvision")
    return home
