"""Clears away what belonged to something that is gone: nobody sees it any more, and there may be much of it."""

from __future__ import annotations

from datetime import datetime

from lookout_server.entities.session import Home
from lookout_server.store.documents import Delete
from lookout_server.work.tasks import Errand, Task, schedule

#: The work of a task whose `about` is the name of a collection and the beginning of the ids.
CLEAR = "clear"
_AT_ONCE = 50


def clear(home: Home, name: str, prefix: str, now: datetime) -> None:
    """Have all documents of a name cleared away whose ids begin with a text that no living thing has."""
    schedule(home, CLEAR, f"{name}/{prefix}", now)


def errand(home: Home, task: Task) -> Errand[None]:
    """What such a task means."""
    name, _, prefix = task.about.partition("/")
    kind, documents = home.kind(name), home.session.documents

    def do() -> None:
        while found := documents.by_id(kind, prefix=prefix, limit=_AT_ONCE):
            documents.commit([Delete(one.kind, one.id, one.revision) for one in found])

    return Errand(do, lambda home, outcome, now: None)
