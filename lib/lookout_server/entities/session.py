"""A unit of work: what a call has read of one account or several, and the one commit of what it has changed.

Every home (what one account has in one Region) has a guard: a document whose revision changes with every commit. Who
commits expects the guard as it was when the call began, so that calls happen as if one after the other; who has lost
begins again. Nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar, cast

from lookout_server.entities.blob import Keeper
from lookout_server.entities.codec import NOT_KEPT, codec
from lookout_server.store.documents import MOST_WRITES, Check, Delete, Document, Documents, Put, Write
from lookout_server.store.errors import Conflict

K = TypeVar("K")
T = TypeVar("T", bound="Entity")
H = TypeVar("H", bound="Home")
_PAGE = 100


@dataclass
class Entity:
    """What is kept as a document. `number` and `due`, where it has them, are what it can be ordered by."""

    #: What it belongs to.
    home: Any = field(init=False, repr=False, compare=False, metadata=NOT_KEPT)


@dataclass
class _Seen:
    """A document that was read, or is to be, and what has become of it."""

    document: Document | None
    entity: Entity | None


class Key(Protocol[K]):
    """How the keys of a collection are written as ids."""

    def write(self, key: K) -> str: ...
    def read(self, text: str) -> K: ...

    def after(self, number: int) -> str | None:
        """What the ids of those with a number above this one come after; None where ids are in another order."""
        ...


class _Names:
    def write(self, key: str) -> str:
        return key

    def read(self, text: str) -> str:
        return text

    def after(self, number: int) -> str | None:
        return None


class _NumberedNames(_Names):
    def after(self, number: int) -> str | None:
        return f"{number:016x}~"


class _Numbers:
    def write(self, key: int) -> str:
        return f"{key:010}"

    def read(self, text: str) -> int:
        return int(text)

    def after(self, number: int) -> str | None:
        return f"{number:010}~"


NAMES: Key[str] = _Names()
#: Names that begin with the number of what they name, in 16 hexadecimal digits: their order is that of the numbers.
NUMBERED_NAMES: Key[str] = _NumberedNames()
NUMBERS: Key[int] = _Numbers()


class Session:
    """What one attempt of a call has read and will commit. For one thread."""

    def __init__(self, documents: Documents, keeper: Keeper) -> None:
        self.documents = documents
        self.keeper = keeper
        self._homes: dict[tuple[type[Any], str, str], Home] = {}
        self._seen: dict[tuple[str, str], _Seen] = {}

    def home(self, kind: type[H], account: str, region: str) -> H:
        """What an account has in a Region; what is read of it is as it was at the first time it is asked for."""
        key = (kind, account, region)
        if key not in self._homes:
            self._homes[key] = kind(self, account, region)
        return self._homes[key]  # type: ignore[return-value]

    def commit(self, *more: Put) -> list[str]:
        """Write what was changed, all or nothing; the kinds of what was written.

        Raises Conflict when something of what was read was changed by somebody else.
        """
        writes: list[Write] = list(more)
        touched = set()
        for (kind, id), seen in self._seen.items():
            write = _write(kind, id, seen)
            if write is not None:
                writes.append(write)
                touched.add(kind.partition("/")[2].partition("/")[2])
        if not writes:
            self._hold()
            return []
        for home in self._homes.values():
            writes += home.guard_writes(home.place in touched)
        if len(writes) > MOST_WRITES:
            raise ValueError(f"a commit of {len(writes)} documents, expected at most {MOST_WRITES}")
        for digest in self._taken_over(writes):
            self.keeper.renew(digest)
        self.documents.commit(writes)
        return [write.kind for write in writes]

    def _taken_over(self, writes: list[Write]) -> set[str]:
        """The blobs that a document did not refer to before: another one did, whose end would be theirs."""
        found: set[str] = set()
        for write in writes:
            if isinstance(write, Put) and write.blobs:
                before = self._seen.get((write.kind, write.id))
                document = before.document if before else None
                found |= set(write.blobs) - set(document.blobs if document else ())
        return found

    def _hold(self) -> None:
        """Raise Conflict when what was read is not of one moment."""
        for home in self._homes.values():
            home.hold()

    def see(self, kind: str, id: str, type_: type[T], home: Home) -> _Seen:
        """What is known of a document; it is read at the first time."""
        key = (kind, id)
        if key not in self._seen:
            self.take(self.documents.get(kind, id) or key, type_, home)
        return self._seen[key]

    def take(self, found: Document | tuple[str, str], type_: type[T], home: Home) -> _Seen:
        """Know of a document that was read, unless it was before; or that there is none."""
        key = (found.kind, found.id) if isinstance(found, Document) else found
        if key not in self._seen:
            entity, document = None, None
            if isinstance(found, Document):
                document = found
                entity = codec(cast(Hashable, type_)).decode(found.body, self.keeper)
                entity.home = home
            self._seen[key] = _Seen(document, entity)
        return self._seen[key]

    def new(self, kind: str) -> Iterator[tuple[str, Entity]]:
        """The ids and entities of a kind that are not in the store yet."""
        for (other, id), seen in self._seen.items():
            if other == kind and seen.document is None and seen.entity is not None:
                yield id, seen.entity


def _write(kind: str, id: str, seen: _Seen) -> Write | None:
    if seen.entity is None:
        return Delete(kind, id, seen.document.revision) if seen.document else None
    blobs: list[str] = []
    body = codec(cast(Hashable, type(seen.entity))).encode(seen.entity, blobs)
    number, due = getattr(seen.entity, "number", None), getattr(seen.entity, "due", None)
    before = seen.document
    if before and before.body == body and before.due == due:
        return None
    return Put(kind, id, body, before.revision if before else None, number, due, tuple(dict.fromkeys(blobs)))


class Home:
    """What one account has in one Region, of one service."""

    #: The service's signing name.
    service: str

    def __init__(self, session: Session, account: str, region: str) -> None:
        self.session = session
        self.account = account
        self.region = region
        self._before = session.documents.get(*self._key)
        self._counts: dict[str, int] = dict((self._before.body if self._before else {}).get("counts", {}))

    @property
    def place(self) -> str:
        """Where its documents are."""
        return f"{self.account}/{self.region}"

    @property
    def revision(self) -> str | None:
        """As of when it is read: new with every commit that changed something of it; None while there is nothing."""
        return self._before.revision if self._before else None

    @property
    def _key(self) -> tuple[str, str]:
        return f"{self.service}/guard", self.place

    def next_number(self) -> int:
        """A number that orders things by when they were made."""
        return self.session.documents.next_number(self.service)

    def guard_writes(self, touched: bool) -> list[Write]:
        """What a commit needs that changes something of it, or has only read it."""
        if touched:
            return [Put(*self._key, {"counts": self._counts}, self.revision)]
        return [Check(*self._key, self.revision)]

    def hold(self) -> None:
        """Raise Conflict when it was changed since it was read first."""
        if not self.session.documents.hold([Check(*self._key, self.revision)]):
            raise Conflict(*self._key)

    def kind(self, name: str) -> str:
        """The kind of its documents of a name."""
        return f"{self.service}/{name}/{self.place}"

    def count(self, name: str, change: int = 0) -> int:
        """How many documents of a name there are."""
        self._counts[name] = self._counts.get(name, 0) + change
        return self._counts[name]


class Collection(Generic[K, T]):
    """Documents of one kind, as a dictionary; of a parent's only, those whose ids begin with its own.

    How many there are is known without reading them when they are `counted`.
    """

    def __init__(
        self, home: Home, name: str, type_: type[T], keys: Key[K], parent: str = "", *, counted: bool = False
    ) -> None:
        self._home = home
        self._counted = counted
        self._session = home.session
        self._name = name
        self._kind = home.kind(name)
        self._type = type_
        self._keys = keys
        self._prefix = f"{parent}/" if parent else ""

    def get(self, key: K) -> T | None:
        """What is under a key, or None."""
        return cast("T | None", self._see(key).entity)

    def __getitem__(self, key: K) -> T:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: K) -> bool:
        return self.get(key) is not None

    def __setitem__(self, key: K, entity: T) -> None:
        seen = self._see(key)
        if seen.entity is None and self._counted:
            self._home.count(self._name, 1)
        entity.home = self._home
        seen.entity = entity

    def __delitem__(self, key: K) -> None:
        if self.pop(key) is None:
            raise KeyError(key)

    def pop(self, key: K) -> T | None:
        """Take away what is under a key, if there is something."""
        seen = self._see(key)
        found = cast("T | None", seen.entity)
        if found is not None:
            if self._counted:
                self._home.count(self._name, -1)
            seen.entity = None
        return found

    def __len__(self) -> int:
        return self._home.count(self._name) if self._counted else len(self.values())

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[K]:
        return iter([key for key, _ in self.items()])

    def values(self) -> list[T]:
        """All of them, in the order in which they were made."""
        return [entity for _, entity in self.items()]

    def items(self) -> list[tuple[K, T]]:
        """All keys, with what is under them."""
        found: dict[str, Any] = {}
        for document in self._session.documents.by_id(self._kind, prefix=self._prefix):
            found[document.id] = self._session.take(document, self._type, self._home).entity
        found |= {id: entity for id, entity in self._session.new(self._kind) if id.startswith(self._prefix)}
        there = [(id, entity) for id, entity in found.items() if entity is not None]
        there.sort(key=lambda one: (getattr(one[1], "number", None) or 0, one[0]))
        return [(self._keys.read(id.removeprefix(self._prefix)), entity) for id, entity in there]

    def since(self, number: int, *, at_once: int = _PAGE) -> Iterator[T]:
        """Those that have a number above this one, in that order; so many are read at once, as they are looked at."""
        if self._prefix and self._keys.after(0) is None:
            yield from (one for one in self.values() if getattr(one, "number", 0) > number)
            return
        while True:
            page = self._page(max(0, number), at_once)
            for document in page:
                entity: Any = self._session.take(document, self._type, self._home).entity
                if entity is not None:
                    yield entity
            if len(page) < at_once:
                return
            number = page[-1].number or 0

    def _page(self, number: int, limit: int) -> list[Document]:
        documents = self._session.documents
        if not self._prefix:
            return documents.by_number(self._kind, after=number, limit=limit)
        after = f"{self._prefix}{self._keys.after(number)}"
        return documents.by_id(self._kind, prefix=self._prefix, after=after, limit=limit)

    def before(self, holds: Callable[[T], bool]) -> int:
        """The number since which something holds, of all that follow one another by it, but not of those up to it.

        It is looked for by halves, so that few are read, however many there are.
        """

        def not_yet(number: int) -> int | None:
            """The number of the first above one, as long as it does not hold of it."""
            first: Any = next(self.since(number, at_once=1), None)
            return None if first is None or holds(first) else int(first.number)

        low = high = 0
        while found := not_yet(high):
            low, high = found, 2 * found
        while low < high:
            middle = (low + high) // 2
            if found := not_yet(middle):
                low = found
            else:
                high = middle
        return low

    def oldest(self, limit: int) -> list[tuple[K, T]]:
        """The first by their ids."""
        found = self._session.documents.by_id(self._kind, prefix=self._prefix, limit=limit)
        taken = [(one.id, self._session.take(one, self._type, self._home).entity) for one in found]
        return [
            (self._keys.read(id.removeprefix(self._prefix)), cast("T", entity))
            for id, entity in taken
            if entity is not None
        ]

    def due(self, until: datetime, *, limit: int | None = None) -> list[tuple[K, T]]:
        """Those whose time has come, the longest overdue first."""
        found = self._session.documents.by_due(self._kind, until=until, limit=limit)
        taken = [(one.id, self._session.take(one, self._type, self._home).entity) for one in found]
        return [(self._keys.read(id), entity) for id, entity in taken if entity is not None]  # type: ignore[misc]

    def _see(self, key: K) -> _Seen:
        return self._session.see(self._kind, self._prefix + self._keys.write(key), self._type, self._home)
