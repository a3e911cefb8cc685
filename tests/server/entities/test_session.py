"""A unit of work: what is read is of one moment, and what is changed is committed once, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from lookout_server.entities.blob import Keeper
from lookout_server.entities.session import NAMES, NUMBERS, Collection, Entity, Home, Session
from lookout_server.store.errors import Conflict
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@dataclass
class Pump(Entity):
    name: str
    number: int
    state: str = "new"
    due: datetime | None = None


class Shed(Home):
    service = "pumps"

    def __init__(self, session: Session, account: str, region: str) -> None:
        super().__init__(session, account, region)
        self.pumps = Collection(self, "pump", Pump, NAMES, counted=True)

    def parts(self, pump: str) -> Collection[int, Pump]:
        return Collection(self, "part", Pump, NUMBERS, pump)


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    made = SqliteDocuments(MEMORY)
    yield made
    made.close()


def shed(documents: SqliteDocuments, account: str = "111122223333") -> Shed:
    return Session(documents, Keeper(ScratchBlobs())).home(Shed, account, "eu-west-1")


def with_pumps(documents: SqliteDocuments, *names: str) -> None:
    made = shed(documents)
    for name in names:
        made.pumps[name] = Pump(name, made.next_number())
    made.session.commit()


def test_what_was_committed_is_read_by_the_next_session(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a")
    assert shed(documents).pumps["a"].state == "new"


def test_what_was_not_committed_never_was(documents: SqliteDocuments) -> None:
    made = shed(documents)
    made.pumps["a"] = Pump("a", 1)
    assert "a" not in shed(documents).pumps


def test_a_session_sees_what_it_has_changed_itself(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a", "b")
    made = shed(documents)
    made.pumps["c"] = Pump("c", made.next_number())
    del made.pumps["a"]
    assert list(made.pumps) == ["b", "c"]
    assert (len(made.pumps), made.pumps.get("a"), "c" in made.pumps) == (2, None, True)


def test_the_same_thing_is_the_same_object(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a")
    made = shed(documents)
    assert made.pumps["a"] is made.pumps.values()[0]


def test_a_change_of_an_object_is_committed(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a")
    made = shed(documents)
    made.pumps["a"].state = "worn"
    assert made.session.commit() == ["pumps/pump/111122223333/eu-west-1", "pumps/guard"]
    assert shed(documents).pumps["a"].state == "worn"


def test_who_only_reads_writes_nothing(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a")
    before = documents.get("pumps/pump/111122223333/eu-west-1", "a")
    made = shed(documents)
    assert made.pumps["a"]
    assert made.session.commit() == []
    assert documents.get("pumps/pump/111122223333/eu-west-1", "a") == before


def test_who_was_overtaken_commits_nothing(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a")
    slow, fast = shed(documents), shed(documents)
    slow.pumps["a"].state, fast.pumps["a"].state = "slow", "fast"
    fast.session.commit()
    with pytest.raises(Conflict):
        slow.session.commit()
    assert shed(documents).pumps["a"].state == "fast"


def test_who_decides_by_what_is_not_there_is_overtaken_as_well(documents: SqliteDocuments) -> None:
    """One counts the pumps and makes one more, another makes one in between: together they would be too many."""
    slow, fast = shed(documents), shed(documents)
    for made, name in ((slow, "a"), (fast, "b")):
        assert len(made.pumps) == 0
        made.pumps[name] = Pump(name, made.next_number())
    fast.session.commit()
    with pytest.raises(Conflict):
        slow.session.commit()


def test_who_reads_two_things_reads_them_of_one_moment(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a", "b")
    slow = shed(documents)
    assert slow.pumps["a"].state == "new"
    fast = shed(documents)
    fast.pumps["a"].state = fast.pumps["b"].state = "worn"
    fast.session.commit()
    assert slow.pumps["b"].state == "worn"
    with pytest.raises(Conflict):
        slow.session.commit()


def test_accounts_do_not_stand_in_each_others_way(documents: SqliteDocuments) -> None:
    one, other = shed(documents), shed(documents, "444455556666")
    one.pumps["a"], other.pumps["a"] = Pump("a", 1), Pump("a", 2)
    one.session.commit()
    other.session.commit()
    assert [shed(documents).pumps["a"].number, shed(documents, "444455556666").pumps["a"].number] == [1, 2]


def test_what_was_read_of_another_account_must_hold_as_well(documents: SqliteDocuments) -> None:
    with_pumps(documents, "a")
    session = Session(documents, Keeper(ScratchBlobs()))
    own, other = session.home(Shed, "444455556666", "eu-west-1"), session.home(Shed, "111122223333", "eu-west-1")
    own.pumps["copy"] = Pump(other.pumps["a"].state, 1)
    meanwhile = shed(documents)
    del meanwhile.pumps["a"]
    meanwhile.session.commit()
    with pytest.raises(Conflict):
        session.commit()


def test_children_are_those_of_their_parent(documents: SqliteDocuments) -> None:
    made = shed(documents)
    for parent, number in (("a", 1), ("a", 12), ("a", 2), ("ab", 3)):
        made.parts(parent)[number] = Pump("part", number)
    made.session.commit()
    again = shed(documents)
    assert list(again.parts("a")) == [1, 2, 12]
    assert [one.number for one in again.parts("ab").values()] == [3]


def test_a_list_goes_by_number_and_is_read_as_far_as_it_is_looked_at(documents: SqliteDocuments) -> None:
    for start in range(0, 250, 50):
        with_pumps(documents, *(f"pump-{number}" for number in range(start, start + 50)))
    numbers = [pump.number for pump in shed(documents).pumps.since(0)]
    assert (len(numbers), numbers) == (250, sorted(numbers))
    made = shed(documents)
    next(made.pumps.since(numbers[99]))
    assert len(made.session._seen) == 1


def test_what_is_due_comes_in_order(documents: SqliteDocuments) -> None:
    made = shed(documents)
    for name, hours in (("late", 2), ("early", 0), ("middle", 1), ("never", None)):
        due = None if hours is None else NOON + timedelta(hours=hours)
        made.pumps[name] = Pump(name, made.next_number(), due=due)
    made.session.commit()
    assert [name for name, _ in shed(documents).pumps.due(NOON + timedelta(hours=1))] == ["early", "middle"]


def test_where_something_begins_to_hold_is_found_by_halves(documents: SqliteDocuments) -> None:
    made = shed(documents)
    for number in range(10, 1_000, 11):
        made.parts("a")[number] = Pump(str(number), number)
    made.session.commit()
    for last, expected in {0: 0, 10: 10, 20: 10, 494: 494, 978: 978, 989: 989, 2_000: 989}.items():
        looked: list[int] = []

        def is_later(one: Pump, last: int = last, looked: list[int] = looked) -> bool:
            looked.append(one.number)
            return one.number > last

        assert shed(documents).parts("a").before(is_later) == expected
        assert len(looked) <= 20


def test_nothing_is_before_what_is_not_there(documents: SqliteDocuments) -> None:
    assert shed(documents).parts("a").before(lambda one: True) == 0
