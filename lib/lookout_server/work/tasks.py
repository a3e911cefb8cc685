"""Tasks: what is to happen, and when. A task is committed with the change that calls for it, so none is lost.

Whoever takes a task up claims it for a term, with the number of the attempt. What comes of it counts only while that
attempt is the latest: a worker that was taken for dead changes nothing any more. Everything may be begun twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from lookout_server.entities.session import NAMES, Collection, Entity, Home

T = TypeVar("T")
#: Service, account and Region.
Place = tuple[str, str, str]

#: The work that ends what is over by time.
END = "end"
#: How long a claim holds, by the service's clock; whoever works for longer claims again.
TERM = timedelta(hours=1)
#: After how long something is begun again that the store was away for.
AGAIN = timedelta(minutes=1)
#: How often whoever works on a task may die of it before it is given up.
MOST_DEATHS = 3


@dataclass
class Task(Entity):
    """Something that is to be done about one thing."""

    #: Which of the service's works it is.
    work: str
    #: What it is about, as that work reads it.
    about: str
    #: When it is to be begun; while somebody works on it, when the claim ends.
    due: datetime
    #: The order of those that are due at once.
    number: int
    #: How often it was claimed: only the latest claim counts.
    attempt: int = 0
    #: How often a claim ended without a result, and why it did the last time.
    deaths: int = 0
    reason: str | None = None
    #: Whether somebody has claimed it.
    claimed: bool = False

    @property
    def id(self) -> str:
        """One task of a work about a thing at a time."""
        return f"{self.work}/{self.about}"


@dataclass(frozen=True)
class Errand(Generic[T]):
    """What a task means: something that takes long, and what comes of it."""

    #: The work, which is done while requests are answered; a text is the reason why it failed.
    do: Callable[[], T | str]
    #: Takes over what came of it, at the time given; what it changes is committed with the end of the task. It may be
    #: called again, so it holds on to nothing but names.
    end: Callable[[Any, T | str, datetime], None]


def tasks_of(home: Home) -> Collection[str, Task]:
    """The tasks of an account in a Region, by id."""
    return Collection(home, "task", Task, NAMES)


def look_again(open_home: Callable[[], Home], now: datetime) -> None:
    """Have what waits for its time looked at now: how long things take has changed."""
    home = open_home()
    for id, task in tasks_of(home).items():
        if id.startswith(f"{END}/"):
            task.due = now
    home.session.commit()


def schedule(home: Home, work: str, about: str, due: datetime | None) -> None:
    """Have something done at a time, instead of at another one; with None, not at all."""
    tasks = tasks_of(home)
    task = Task(work, about, due, 0) if due else None
    id = f"{work}/{about}"
    before = tasks.get(id)
    if task is None:
        tasks.pop(id)
    elif before is None or before.claimed or before.due != due:
        task.number = home.next_number()
        tasks[id] = task
