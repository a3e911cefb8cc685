"""What inference and retraining schedulers have in common: they are on or off, and get there in a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lookout_server.protocol.errors import state_conflict
from lookout_server.settings import Settings
from lookout_server.work.progress import Work


@dataclass
class Switch:
    """Whether a scheduler runs: PENDING until it is RUNNING, STOPPING until it is STOPPED.

    Creating a scheduler starts it (AWS samples wait for RUNNING after the creation; the API text does not say).
    """

    #: When it arrived where it was going last.
    since: datetime
    on: bool
    #: None once it has arrived.
    work: Work | None

    @classmethod
    def started(cls, now: datetime) -> Switch:
        """On its way to RUNNING."""
        return cls(now, True, Work.idle(now))

    @property
    def status(self) -> str:
        """The InferenceSchedulerStatus or RetrainingSchedulerStatus."""
        if self.work:
            return "PENDING" if self.on else "STOPPING"
        return "RUNNING" if self.on else "STOPPED"

    def settle(self, settings: Settings, now: datetime, *, look: bool = True) -> datetime | None:
        """Arrive where it is going when the time has come; when that was, or None when nothing changed."""
        end = self.work.end_if_due(settings.progress, now, look=look) if self.work else None
        if end:
            self.work = None
            self.since = end
        return end

    def start(self, what: str, settings: Settings, now: datetime) -> None:
        """Go to RUNNING; raises a ConflictException unless it is STOPPED, and that counts as a look.

        `what` names the scheduler in the message. That RUNNING is refused is `redundant_scheduler_changes_refused`.
        """
        self._turn("start", what, settings, now)

    def stop(self, what: str, settings: Settings, now: datetime) -> None:
        """Go to STOPPED; raises a ConflictException unless it is RUNNING, as `start` does."""
        self._turn("stop", what, settings, now)

    def refuse_unless_stopped(self, doing: str, what: str, settings: Settings, now: datetime) -> None:
        """Raise a ConflictException unless it is STOPPED; that counts as a look."""
        status = self.status
        self.settle(settings, now)
        if self.status != "STOPPED":
            raise state_conflict(f"{what} cannot be {doing}: its status is {status}, expected STOPPED")

    def _turn(self, verb: str, what: str, settings: Settings, now: datetime) -> None:
        on = verb == "start"
        before, expected, there = self.status, *(("STOPPED", "RUNNING") if on else ("RUNNING", "STOPPED"))
        self.settle(settings, now)
        if self.status == there and not settings.redundant_scheduler_changes_refused:
            return
        if self.status != expected:
            done = "started" if on else "stopped"
            raise state_conflict(f"{what} cannot be {done}: its status is {before}, expected {expected}")
        self.on, self.work = on, Work.idle(now)
