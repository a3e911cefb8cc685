"""Things that change their state by themselves: what they show meanwhile, and what they are afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lookout_server.entities.session import Entity
from lookout_server.settings import Progress, Settings
from lookout_server.vision.forward import Caller
from lookout_server.work.progress import Work
from lookout_server.work.tasks import END, schedule

#: The lasting status of what does not exist any more.
GONE = "GONE"


@dataclass
class Transition:
    """One change on its way: the transient states that it goes through, and what it leads to.

    Each state lasts as long as the settings say; the last one not before what is done for the change is done.
    """

    #: The transient states, from the present one on.
    statuses: list[str]
    #: How long the present one lasts.
    work: Work
    #: The lasting status that it leads to; None while what is done for it goes on.
    to: str | None = None
    #: What is said about that status.
    message: str | None = None
    #: When what is done for it was done.
    done: datetime | None = None
    #: Who wants it, with whose rights it is done.
    caller: Caller | None = None

    @classmethod
    def idle(cls, statuses: Sequence[str], now: datetime, to: str, message: str | None = None) -> Transition:
        """Nothing is done for it: it takes its time."""
        return cls(list(statuses), Work.idle(now), to, message, now)

    @classmethod
    def busy(cls, statuses: Sequence[str], now: datetime, caller: Caller) -> Transition:
        """Something is done for it, which shows where it leads."""
        work = Work.busy(now) if len(statuses) == 1 else Work.idle(now)
        return cls(list(statuses), work, caller=caller)

    @property
    def status(self) -> str:
        """The present state."""
        return self.statuses[0]

    def found(self, to: str, message: str | None, now: datetime, *then: str) -> None:
        """What is done for it is done now, and leads to a status; `then` are further states that it goes through."""
        self.to, self.message, self.done = to, message, now
        if len(self.statuses) == 1:
            self.work.done = now
        self.statuses += then

    def progress(self, settings: Settings) -> Progress:
        """How long the present state lasts."""
        longer = settings.training_progress if self.status == "TRAINING" else None
        return longer or settings.progress

    def move(self, settings: Settings, now: datetime, *, look: bool) -> datetime | None:
        """Go on as far as it is due; when it was over, or None while it is not."""
        while end := self.work.end_if_due(self.progress(settings), now, look=look):
            if len(self.statuses) == 1:
                return end
            del self.statuses[0]
            self.work = Work(end, end if len(self.statuses) > 1 else self.done)
        return None


@dataclass
class Moving(Entity):
    """Something with a status: where it is, what it is at rest, why, and the change that is under way."""

    #: Where it is found, `kind/project/guid of the project/key`: no other thing is ever found there.
    place: str

    resting: str
    #: Why it is as it is, at rest; None where the status says everything.
    message: str | None

    transition: Transition | None

    @property
    def status(self) -> str:
        """The status that describes show."""
        return self.transition.status if self.transition else self.resting

    @property
    def is_busy(self) -> bool:
        """Whether something is done for the change under way."""
        return self.transition is not None and self.transition.to is None

    def look(self, settings: Settings, now: datetime, *, look: bool = False) -> None:
        """Let the change under way go on; `look` says that somebody looks at this very thing."""
        transition = self.transition
        end = transition.move(settings, now, look=look) if transition else None
        if transition and end:
            self.transition = None
            self.resting, self.message = transition.to or "", transition.message
            self.arrive(end)
        self.watch(settings)

    def watch(self, settings: Settings) -> None:
        """Have it looked at when the time of its present state has come."""
        transition = self.transition
        at = transition.work.ends_at(transition.progress(settings)) if transition else None
        schedule(self.home, END, self.place, at)

    def arrive(self, now: datetime) -> None:
        """What a lasting status that it has reached brings with it."""
        raise NotImplementedError
