"""Things that change their state by themselves: what they show meanwhile, and what they are afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lookout_server.service import Task
from lookout_server.settings import Progress, Settings
from lookout_server.work.progress import Work

#: What happens at the end of a change, which gets the time of that; or a task that comes before, and does it.
Finish = Callable[[datetime], "Task[Any] | None"]


class Transition:
    """One change on its way: the transient states that it goes through, and what happens at its end.

    Each state lasts as long as the settings say. As long as there is no `finish`, what is done for the change is still
    being done, and it stays in the first state.
    """

    def __init__(self, statuses: Sequence[str], started: datetime, finish: Finish | None = None) -> None:
        self._statuses = list(statuses)
        self._work = Work(started, busy=finish is None)
        self._finish = finish

    @property
    def status(self) -> str:
        """The present state."""
        return self._statuses[0]

    def done(self, now: datetime, finish: Finish, *then: str) -> None:
        """What was done for the change is done now; `then` are further states that it goes through."""
        self._finish = finish
        self._statuses += then
        self._work.done(now)

    @property
    def work(self) -> Work:
        """What is done in the present state."""
        return self._work

    def progress(self, settings: Settings) -> Progress:
        """How long the present state lasts."""
        longer = settings.training_progress if self.status == "TRAINING" else None
        return longer or settings.progress

    def move(self, settings: Settings, now: datetime, *, look: object) -> tuple[bool, Task[Any] | None]:
        """Go on as far as it is due; whether it is over, or what must be done for it to be."""
        while end := self._work.end_if_due(self.progress(settings), now, look=look):
            if len(self._statuses) == 1:
                self._work.resume()
                task = self._finish(end) if self._finish else None
                return task is None, task
            del self._statuses[0]
            self._work = Work(end)
        return False, None


@dataclass
class Moving:
    """Something with a status: what it is at rest, why, and the change that is under way."""

    resting: str
    #: Why it is as it is, at rest; None where the status says everything.
    message: str | None

    transition: Transition | None

    @property
    def status(self) -> str:
        """The status that describes show."""
        return self.transition.status if self.transition else self.resting

    def rest(self, status: str, message: str | None = None) -> None:
        """Take on a lasting status, at the end of a change."""
        self.resting, self.message = status, message

    def look(self, settings: Settings, now: datetime, *, look: object = None) -> Task[Any] | None:
        """Let the change under way go on; `look` says who looks at this very thing.

        What is returned is what must be done for the change to be over.
        """
        transition = self.transition
        if transition is None:
            return None
        over, task = transition.move(settings, now, look=look)
        if over:
            self.transition = None
        if task is None:
            return None

        def end(outcome: Any, at: datetime) -> None:
            task.end(outcome, at)
            self.transition = None
            transition.work.done(at)

        return Task(task.do, end)
