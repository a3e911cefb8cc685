"""Any sequence of commits and reads, against a dictionary."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from lookout_server.store import MEMORY, Check, Conflict, Delete, Document, Documents, Put, SqliteDocuments, Write

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = st.sampled_from(["a", "a/b", "\U0010ffff"])
_IDS = st.sampled_from(["a", "a\U0010ffff", "aa", "b", "Z", "é", "\ue000", "\U00010000"])
_PREFIXES = st.sampled_from(["", "a", "aa", "é", "\U0010ffff", "c"])
_NUMBERS = st.none() | st.integers(1, 5)
_TIMES = st.builds(lambda one: _EPOCH + timedelta(microseconds=one), st.integers(-3, 3))
_BLOBS = st.lists(st.sampled_from([digit * 64 for digit in "0f"]), max_size=2, unique=True).map(tuple)
_TEXTS = st.text(st.characters(codec=None), max_size=5)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)
_BODIES = st.dictionaries(_TEXTS, _JSON, max_size=3)
_WRITES = st.sampled_from([Put, Put, Delete, Check])
#: What somebody expects of one of the documents: what it is, that there is none, or what it was once.
_EXPECTED = st.sampled_from(["now", "now", "now", "none", "past"])
_LIMITS = st.none() | st.integers(0, 4)
Key = tuple[str, str]


class Machine(RuleBasedStateMachine):
    """The store does what a dictionary would do."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[Key, Document] = {}
        self.past: dict[Key, str] = {}
        self.revisions: set[str] = set()
        self.numbers: set[int] = set()
        self.store = self.opened()

    def opened(self) -> Documents:
        return SqliteDocuments(MEMORY)

    def teardown(self) -> None:
        self.store.close()

    def in_kind(self, kind: str, key: Any) -> list[Document]:
        return sorted((one for one in self.model.values() if one.kind == kind), key=key)

    @rule(
        wanted=st.dictionaries(
            st.tuples(_KINDS, _IDS),
            st.tuples(_WRITES, _BODIES, _NUMBERS, st.none() | _TIMES, _BLOBS),
            min_size=1,
            max_size=6,
        ),
        said=_EXPECTED,
        at=st.integers(0, 5),
    )
    def commit(self, wanted: dict[Key, tuple[Any, ...]], said: str, at: int) -> None:
        writes: list[Write] = []
        for index, (key, (write, body, number, due, blobs)) in enumerate(wanted.items()):
            expected = self.model[key].revision if key in self.model else None
            if index == at % len(wanted):
                expected = {"now": expected, "none": None, "past": self.past.get(key, "never")}[said]
            if write is Put:
                writes.append(Put(*key, body, expected, number, due, blobs))
            elif write is Check or expected is None:
                writes.append(Check(*key, expected))
            else:
                writes.append(Delete(*key, expected))
        wrong = [one for one in writes if one.expected != self.revision(one)]
        if wrong:
            with pytest.raises(Conflict) as caught:
                self.store.commit(writes)
            assert (caught.value.kind, caught.value.id) == (wrong[0].kind, wrong[0].id)
            return
        new = self.store.commit(writes)
        assert set(new) == {(one.kind, one.id) for one in writes if isinstance(one, Put)}
        assert len(set(new.values())) == len(new)
        assert not self.revisions & set(new.values())
        self.revisions |= set(new.values())
        for one in writes:
            key = (one.kind, one.id)
            if not isinstance(one, Check) and key in self.model:
                self.past[key] = self.model.pop(key).revision
            if isinstance(one, Put):
                self.model[key] = Document(*key, one.body, new[key], one.number, one.due, one.blobs)

    def revision(self, write: Write) -> str | None:
        found = self.model.get((write.kind, write.id))
        return found.revision if found else None

    @rule(kind=_KINDS, id=_IDS)
    def get(self, kind: str, id: str) -> None:
        assert self.store.get(kind, id) == self.model.get((kind, id))

    @rule(expected=st.dictionaries(st.tuples(_KINDS, _IDS), _EXPECTED, min_size=1, max_size=3))
    def hold(self, expected: dict[Key, str]) -> None:
        checks = []
        for key, said in expected.items():
            now = self.model[key].revision if key in self.model else None
            checks.append(Check(*key, {"now": now, "none": None, "past": self.past.get(key, "never")}[said]))
        assert self.store.hold(checks) == all(one.expected == self.revision(one) for one in checks)

    @rule(kind=_KINDS, prefix=_PREFIXES, after=st.just("") | _IDS, limit=_LIMITS)
    def by_id(self, kind: str, prefix: str, after: str, limit: int | None) -> None:
        every = self.in_kind(kind, lambda one: one.id.encode())
        expected = [one for one in every if one.id.startswith(prefix) and one.id > after]
        assert self.store.by_id(kind, prefix=prefix, after=after, limit=limit) == expected[:limit]

    @rule(kind=_KINDS, after=st.integers(-1, 6), limit=_LIMITS)
    def by_number(self, kind: str, after: int, limit: int | None) -> None:
        every = self.in_kind(kind, lambda one: (one.number or 0, one.id))
        expected = [one for one in every if one.number is not None and one.number > after]
        assert self.store.by_number(kind, after=after, limit=limit) == expected[:limit]

    @rule(kind=_KINDS, until=_TIMES, limit=_LIMITS)
    def by_due(self, kind: str, until: datetime, limit: int | None) -> None:
        every = self.in_kind(kind, lambda one: (one.due or _EPOCH, one.id))
        expected = [one for one in every if one.due is not None and one.due <= until]
        assert self.store.by_due(kind, until=until, limit=limit) == expected[:limit]

    @rule(prefix=_PREFIXES)
    def kinds(self, prefix: str) -> None:
        assert self.store.kinds(prefix) == sorted({kind for kind, _ in self.model if kind.startswith(prefix)})

    @rule()
    def next_number(self) -> None:
        number = self.store.next_number("n")
        assert number not in self.numbers
        self.numbers.add(number)

    @invariant()
    def everything(self) -> None:
        for kind in self.store.kinds():
            self.by_id(kind, "", "", None)
            self.by_number(kind, 0, None)
            self.by_due(kind, _EPOCH + timedelta(days=1), None)

    @invariant()
    def blobs(self) -> None:
        assert self.store.blobs() == {digest for one in self.model.values() for digest in one.blobs}


class OnDisk(Machine):
    """And so it does when it is closed and opened between."""

    def __init__(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        super().__init__()

    def opened(self) -> Documents:
        return SqliteDocuments(Path(self.directory.name) / "documents.sqlite")

    def teardown(self) -> None:
        super().teardown()
        self.directory.cleanup()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = self.opened()


@pytest.mark.parametrize(("machine", "examples"), [(Machine, 60), (OnDisk, 15)], ids=["memory", "file"])
def test_a_store_does_what_a_dictionary_does(machine: type[Machine], examples: int) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=25))
