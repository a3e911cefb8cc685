"""Retraining schedulers: they train new versions of a model again and again. A model has one, without a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lookout_provider import ownership
from lookout_provider.identity import canonical
from lookout_provider.resources.base import Attached, Live
from lookout_provider.resources.scheduler import RUNNING, Scheduler, scheduler_state

_PHYSICAL_ID = re.compile(r"(?P<model>[^/]+)/retraining-scheduler")
_START = "RetrainingStartDate"


class RetrainingScheduler(Scheduler, Attached):
    """`Custom::LookoutEquipmentRetrainingScheduler`."""

    noun = "retraining scheduler"
    kind = "RetrainingScheduler"
    create_only = ("ModelName",)
    updatable = (_START, "RetrainingFrequency", "LookbackWindow", "PromoteMode")
    owner_tag = ownership.PREFIX + "retraining-scheduler"
    attributes = ("ModelName", "ModelArn", "Status", _START, "CreatedAt", "UpdatedAt")

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateRetrainingScheduler"

    def key(self, live: Live) -> dict[str, str]:
        return {"ModelName": live.description["ModelName"]}

    def physical_id(self) -> str | None:
        return f"{self.desired['ModelName']}/retraining-scheduler"

    def find(self, physical_id: str) -> Live | None:
        """The scheduler, or the lease of one that is not made yet, or is deleted already."""
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        if matched is None:
            return None
        name = matched["model"]
        if found := self.service.attempt("DescribeRetrainingScheduler", ModelName=name):
            return Live(physical_id, found["ModelArn"], found, scheduler_state(found))
        model = self.service.attempt("DescribeModel", ModelName=name)
        live = Live(physical_id, model["ModelArn"], {"ModelName": name}) if model is not None else None
        return live if live is not None and self.lease(live) else None

    def outdated(self, live: Live) -> Sequence[str]:
        """Of the start date only the day counts: the service cuts the time off."""
        same_day = _day(live.description.get(_START)) == _day(self.desired.get(_START))
        return [name for name in super().outdated(live) if name != _START or not same_day]

    def create(self) -> Live:
        model = self.service.call("DescribeModel", ModelName=self.desired["ModelName"])
        live = Live(self.physical_id() or "", model["ModelArn"], {"ModelName": model["ModelName"]})
        self.holding(self).take(live)
        return live

    def update(self, live: Live, members: Sequence[str]) -> bool:
        if "Status" in live.description:
            return super().update(live, members)
        token = self.request.token("CreateRetrainingScheduler")
        self.service.call("CreateRetrainingScheduler", **self.desired, ClientToken=token)
        # Whether that starts it is not documented: the next look tells.
        return False

    def delete(self, live: Live) -> None:
        super().delete(live)
        if live.description.get("Status") != RUNNING:
            self.drop_lease(live)


def _day(time: str | datetime | None) -> str:
    """The UTC day of a time."""
    return str(canonical(time))[: len("2024-01-31")]
