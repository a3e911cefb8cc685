"""When it is time for something."""

from __future__ import annotations

from datetime import datetime

from lookout_server.entities.session import Home
from lookout_server.protocol.times import LAST
from lookout_server.store.documents import Documents
from lookout_server.work.tasks import Place


def kind_at(place: Place) -> str:
    """The kind of the tasks of a place."""
    service, account, region = place
    return f"{service}/task/{account}/{region}"


class Agenda:
    """When the first task of each place is due: it is read again only when something was changed there."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._first: dict[Place, tuple[str, datetime | None]] = {}

    def is_due(self, home: Home, now: datetime) -> bool:
        """Whether it is time for something in a home, as it was read."""
        place, revision = (home.service, home.account, home.region), home.revision
        if revision is None:  # there is nothing; and anybody can ask for any Region
            return False
        known, first = self._first.get(place, (None, None))
        if known != revision:
            found = self._documents.by_due(kind_at(place), until=LAST, limit=1)
            first = found[0].due if found else None
            self._first[place] = revision, first
        return first is not None and first <= now
