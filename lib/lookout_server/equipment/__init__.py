"""Amazon Lookout for Equipment, with one module per family of resources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from lookout_server.entities.session import Home, Session
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
from lookout_server.equipment.errands import errand
from lookout_server.equipment.ingestion import INGEST
from lookout_server.equipment.plans import RUN, TRAIN
from lookout_server.equipment.state import Inventory
from lookout_server.protocol.model import Model
from lookout_server.protocol.tokens import ClientTokens
from lookout_server.protocol.wire import AwsJson
from lookout_server.service import Answer, Invocation, LaterAnswer, Service, World
from lookout_server.work.tasks import Errand, Task

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
        self.protocol = AwsJson(self.model)
        self.long_works = frozenset({INGEST, TRAIN, RUN})

    def home(self, session: Session, account: str, region: str) -> Inventory:
        """What an account has in a Region."""
        return session.home(Inventory, account, region)

    def tokens(self, home: Home) -> ClientTokens:
        """The client tokens of an account in a Region."""
        return _own(home).tokens

    def handler(self, operation: str) -> Callable[[Invocation, Home], Answer | LaterAnswer]:
        """What carries out an operation."""
        carry_out = _OPERATIONS[operation]
        return lambda invocation, home: carry_out(EquipmentCall(invocation, _own(home)))

    def errand(self, home: Home, task: Task, world: World, now: datetime) -> Errand[Any] | None:
        """What a task means that is due."""
        return errand(_own(home), task, world, now)


def _own(home: Home) -> Inventory:
    if not isinstance(home, Inventory):
        raise TypeError(f"got the home of {home.service}, expected one of lookoutequipment")
    return home
