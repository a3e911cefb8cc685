"""What inference and retraining schedulers have in common: they run or they do not, and get there in a while."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from lookout_provider.resources.base import Live, Resource, State
from lookout_shared.properties import InvalidProperty

RUNNING, STOPPED = "RUNNING", "STOPPED"
#: The member that no request has: whether it is to run.
_DESIRED_STATE = "DesiredState"
_ON_THE_WAY = {RUNNING: ("PENDING", RUNNING), STOPPED: ("STOPPING", STOPPED)}


def scheduler_state(description: Mapping[str, Any]) -> State:
    """How far a scheduler is: it waits only while it starts or stops."""
    return State.READY if description["Status"] in (RUNNING, STOPPED) else State.WORKING


class Scheduler(Resource):
    """It is stopped to be changed or deleted, and started again only if it is to run: `Options.DesiredState`.

    That a running one cannot be changed is not documented; the native CloudFormation type stops it, too.
    """

    #: What its operations are called after their verb.
    kind: ClassVar[str]

    @abstractmethod
    def key(self, live: Live) -> dict[str, str]:
        """The members of a request that name *live*."""

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        if self._wanted not in _ON_THE_WAY:
            raise InvalidProperty(f"Options.{_DESIRED_STATE}: got {self._wanted!r}, expected {RUNNING} or {STOPPED}")

    @property
    def _wanted(self) -> str:
        return self.option(_DESIRED_STATE, RUNNING)

    def outdated(self, live: Live) -> Sequence[str]:
        turn = [] if live.description.get("Status") in _ON_THE_WAY[self._wanted] else [_DESIRED_STATE]
        return [*super().outdated(live), *turn]

    def update(self, live: Live, members: Sequence[str]) -> bool:
        if live.state is State.WORKING:
            return False
        changed = [name for name in members if name != _DESIRED_STATE]
        if self._wanted == RUNNING:
            # Before it is stopped: what must not be started again goes on as it is.
            self.admit_start(live)
        if live.description["Status"] == RUNNING:
            self._call("Stop", live)
            return not changed
        if changed and not self.change(live, changed):
            return False
        if self._wanted == RUNNING:
            self._call("Start", live)
        return True

    def admit_start(self, live: Live) -> None:
        """Raise Refused if it must not run."""

    def change(self, live: Live, members: Sequence[str]) -> bool:
        """Change the *members* of *live*, which stands still; whether it still exists."""
        changed = {name: self.desired[name] for name in self.updatable if name in self.desired}
        self._call("Update", live, **changed)
        return True

    def delete(self, live: Live) -> None:
        """Delete it, or, while it runs, stop it first."""
        if live.description.get("Status") == RUNNING:
            self._call("Stop", live)
        else:
            self.service.attempt(f"Delete{self.kind}", **self.key(live))

    def gone(self, live: Live) -> bool:
        return live.description.get("Status") != RUNNING and self.find(live.physical_id) is None

    def _call(self, verb: str, live: Live, **members: Any) -> None:
        self.service.call(f"{verb}{self.kind}", **self.key(live), **members)
