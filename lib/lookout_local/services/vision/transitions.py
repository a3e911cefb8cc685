"""Things that change their state by themselves: what they show meanwhile, and what they are afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lookout_local.services.settings import Progress, Settings
from lookout_local.services.work import Work


class Transition:
    """One change on its way: the transient states that it goes through, and what happens at its end.

    Each state lasts as long as the settings say. `finish` gets the time at which the last one was over.
    """

    def __init__(self, statuses: Sequence[str], started: datetime, finish: Callable[[datetime], None]) -> None:
        self._statuses = list(statuses)
        self._work = Work(started)
        self._finish = finish

    @property
    def status(self) -> str:
        """The present state."""
        return self._statuses[0]

    def move(self, settings: Settings, now: datetime, *, look: bool) -> bool:
        """Go on as far as it is due; whether it is over."""
        while end := self._work.end_if_due(_progress(self.status, settings), now, look=look):
            if len(self._statuses) == 1:
                self._finish(end)
                return True
            del self._statuses[0]
            self._work = Work(end)
        return False


def _progress(status: str, settings: Settings) -> Progress:
    longer = settings.training_progress if status == "TRAINING" else None
    return longer or settings.progress


@dataclass
class Moving:
    """Something with a status: what it is at rest, why, and the change that is under way."""

    resting: str
    message: str | None
    """Why it is as it is, at rest; None where the status says everything."""

    transition: Transition | None

    @property
    def status(self) -> str:
        """The status that describes show."""
        return self.transition.status if self.transition else self.resting

    def rest(self, status: str, message: str | None = None) -> None:
        """Take on a lasting status, at the end of a change."""
        self.resting, self.message = status, message

    def look(self, settings: Settings, now: datetime, *, look: bool = True) -> None:
        """Let the change under way go on; `look` says that the caller looks at this very thing."""
        if self.transition and self.transition.move(settings, now, look=look):
            self.transition = None
