"""Types that take no tags, and whose parents take none either."""

from __future__ import annotations

from abc import abstractmethod

from lookout_provider.holding import FOUND, ById
from lookout_provider.identity import text
from lookout_provider.protocol import digest
from lookout_provider.resources.base import Live, Resource
from lookout_shared.aws import Kind, ServiceError

#: Before the digits of what a thing was made instead of, at the end of its physical id.
_INSTEAD_OF = "#"


class Issued(Resource):
    """A type that takes no tags, and whose parent takes none: that its id was issued proves whose it is.

    Before anything was issued, its name may prove it, or the service: to the client token of the event that made it,
    it gives the same answer again, where to any other one it says that the thing exists.
    """

    taggable = False
    holding = ById
    #: What the id of a thing ends with that was made instead of another one.
    _mark = ""

    @staticmethod
    def thing(physical_id: str) -> str:
        return physical_id.removeprefix(FOUND).partition(_INSTEAD_OF)[0]

    @abstractmethod
    def bare_id(self) -> str:
        """The physical id that the desired state leads to, without what it says of the past."""

    def physical_id(self) -> str:
        return self.bare_id() + self._mark

    def issued(self, physical_id: str) -> bool:
        bare = self.thing(physical_id)
        return bare == self.bare_id() or super().issued(bare)

    def called(self, physical_id: str) -> str:
        return super().called(self.thing(physical_id))

    def replaces(self, current: Live) -> None:
        """A rollback leads back to *current*, which only the id of the new thing can prove to have been ours."""
        self._mark = self._mark_of(current)

    def search(self) -> Live | None:
        live = super().search()
        if live is not None and self._was_ours(live):
            live.physical_id = self.thing(live.physical_id)
        return live

    def _was_ours(self, live: Live) -> bool:
        """Whether *live* is what the thing was made instead of that this event is about."""
        return (self.request.physical_id or "").endswith(self._mark_of(live))

    def _mark_of(self, live: Live) -> str:
        made = text(live.description.get("CreationTimestamp"))
        return _INSTEAD_OF + digest(self.thing(live.physical_id), made)[:12]

    def only_ours(self, live: Live) -> bool:
        """Whether nobody but this construct can have given *live* its name."""
        return False

    def owner(self, live: Live) -> str | None:
        proven = live.physical_id == self.request.physical_id or self._was_ours(live) or self.only_ours(live)
        return self.request.owner if proven or self.made_by_this_event(live) else None

    def made_by_this_event(self, live: Live) -> bool:
        """Whether *live* is what an earlier delivery, or an earlier poll, of this very event has made."""
        if self.request.request_type == "Delete":
            return False
        try:
            self.claim()
        except ServiceError as error:
            if error.kind is not Kind.CONFLICT:
                raise
            return False
        return True

    def recall(self, live: Live | None) -> str | None:
        """See `Holding.recall`."""
        return None

    def remember(self, live: Live, digits: str, *, former: bool = False) -> None:
        """See `Holding.remember`."""

    def forget(self, live: Live) -> None:
        """Remove what was remembered, because *live* stays, and is not the stack's any more."""

    def claim(self) -> None:
        """Send the request that makes it once more."""
        self.create()
