"""Hosted models: a version that answers DetectAnomalies, at a price for every hour and inference unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from lookout_provider.holding import Refused
from lookout_provider.resources.base import Attached, Live, State
from lookout_provider.resources.vision.model import describe
from lookout_provider.resources.vision.service import VisionResource
from lookout_shared import log
from lookout_shared.aws import Kind, ServiceError
from lookout_shared.hours import HOSTING, Hours
from lookout_shared.properties import InvalidProperty

_PHYSICAL_ID = re.compile(r"(?P<project>[^/]+)/model/(?P<version>[1-9]\d*)/hosting")
_LEAST, _MOST = "MinInferenceUnits", "MaxInferenceUnits"
#: The member that no request has: that it is to be hosted.
_DESIRED_STATE = "DesiredState"
_STATES = {
    "HOSTED": State.READY,
    "HOSTING_FAILED": State.FAILED,
    "TRAINING_FAILED": State.FAILED,
    "TRAINING": State.WORKING,
    "STARTING_HOSTING": State.WORKING,
    "STOPPING_HOSTING": State.WORKING,
    "SYSTEM_UPDATING": State.WORKING,
    "DELETING": State.WORKING,
}
_STARTABLE = ("TRAINED", "HOSTING_FAILED")


class HostedModel(VisionResource, Attached):
    """`Custom::LookoutVisionHostedModel`.

    Each step follows from the status, so none needs a client token of ours: one that comes again within eight hours is
    answered as before, and nothing would be started. The SDK makes a new one for each call, the same for its retries.
    """

    noun = "hosting of model"
    create_only = ("ProjectName", "ModelVersion")
    updatable = (_LEAST, _MOST)
    owner_tag = HOSTING
    attributes = ("ProjectName", "ModelVersion", "ModelArn", "Status", _LEAST, _MOST)

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        least, most = _units(self.desired)
        if least is not None and most < least:
            raise InvalidProperty(f"{_MOST}: got {most}, expected {_LEAST}, which is {least}, or more")
        _ = self._hours

    def operation(self, members: Mapping[str, Any]) -> str:
        return "StartModel"

    def called(self, physical_id: str) -> str:
        return f"{self.noun} {physical_id.removesuffix('/hosting')}"

    @cached_property
    def _hours(self) -> Hours | None:
        given = self.request.options.get("HostingHours")
        return Hours.parse(given, "Options.HostingHours") if isinstance(given, Mapping) else None

    @property
    def _wanted(self) -> bool:
        """Whether it is to be hosted now."""
        return self._hours is None or self._hours.include(datetime.now(UTC))

    def physical_id(self) -> str | None:
        return f"{self.desired['ProjectName']}/model/{self.desired['ModelVersion']}/hosting"

    # -- live state ---------------------------------------------------------------------------------------

    def find(self, physical_id: str) -> Live | None:
        """The version, as long as somebody holds the lease on it."""
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        found = describe(self, matched["project"], matched["version"]) if matched else None
        live = self._live(physical_id, found) if found is not None else None
        return live if live is not None and self.lease(live) else None

    def _live(self, physical_id: str, found: Mapping[str, Any]) -> Live:
        status = found["Status"]
        state = _STATES.get(status, State.READY)
        if status == "TRAINED" and not self.removing and self._wanted:
            # It was started just now, and does not show it yet.
            state = State.WORKING
        reason = str(found.get("StatusMessage") or f"it is {status}") if state is State.FAILED else ""
        return Live(physical_id, found["ModelArn"], found, state, reason)

    def outdated(self, live: Live) -> Sequence[str]:
        """Out of its hours it may be as it is: what starts and stops it by the clock will see to it."""
        status = live.description["Status"]
        if not self._wanted:
            return []
        if status not in ("HOSTED", "STARTING_HOSTING", "SYSTEM_UPDATING"):
            return [_DESIRED_STATE]
        return [] if _units(live.description) == _units(self.desired) else self.updatable

    # -- mutations ----------------------------------------------------------------------------------------

    def create(self) -> Live:
        project, version = self.desired["ProjectName"], self.desired["ModelVersion"]
        found = self.service.call("DescribeModel", ProjectName=project, ModelVersion=version)["ModelDescription"]
        live = self._live(self.physical_id() or "", {"ProjectName": project, **found})
        hosted = live.description["Status"] in ("STARTING_HOSTING", "HOSTED", "STOPPING_HOSTING", "SYSTEM_UPDATING")
        if hosted and self.request.physical_id != live.physical_id:
            raise Refused(
                f"model {project}/model/{version} is {live.description['Status']}, and was not started by this stack; "
                "it was not touched: stop it first"
            )
        self.holding(self).take(live)
        return live

    def update(self, live: Live, members: Sequence[str]) -> bool:
        status = live.description["Status"]
        if status == "TRAINING_FAILED":
            raise Refused(f"{self.called(live.physical_id)} cannot be started: {live.reason}")
        if status == "HOSTED":
            self._stop(live)
            return False
        if status not in _STARTABLE:
            return False
        try:
            self.service.call("StartModel", **self.desired)
        except ServiceError as error:
            if error.kind is not Kind.QUOTA_OF_WORK or not self._make_room():
                raise
            return False
        return True

    def _make_room(self) -> bool:
        """Stop the version that this construct has hosted so far, as nothing else will end; whether there is one.

        The quota of running models has no room for both: one is down until the other one is up.
        """
        former = self.find(self.request.physical_id or "")
        if former is None or self.owner(former) != self.request.owner or former.physical_id == self.physical_id():
            return False
        if former.description["Status"] == "HOSTED":
            log.write("makes room", request=self.request, physical_id=former.physical_id)
            self._stop(former)
            return True
        return former.state is State.WORKING and former.description["Status"] != "TRAINED"

    def _stop(self, live: Live) -> None:
        members = {name: live.description[name] for name in self.create_only}
        self.service.attempt("StopModel", **members)

    def delete(self, live: Live) -> None:
        """Stop it, and when it stands still give the lease back."""
        if live.description["Status"] == "HOSTED":
            self._stop(live)
        else:
            self.drop_lease(live)

    def gone(self, live: Live) -> bool:
        return bool(live.description["Status"] != "HOSTED")


def _units(members: Mapping[str, Any]) -> tuple[Any, Any]:
    """Least and most; without a most there are always as many as the least."""
    return members.get(_LEAST), members.get(_MOST, members.get(_LEAST))
