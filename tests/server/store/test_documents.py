"""The contract of documents, asked of every adapter."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from lookout_server.store import Check, Conflict, Delete, Document, Documents, Put, StoreUnavailable, Write
from lookout_server.store.documents import LARGEST_BODY, LARGEST_NUMBER, LONGEST_ID, LONGEST_KIND, MOST_WRITES

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4
KIND = "lookoutequipment/dataset/111122223333/eu-west-1"


def put(documents: Documents, id: str, body: dict[str, Any] | None = None, **keys: Any) -> str:
    return documents.commit([Put(KIND, id, body or {}, keys.pop("expected", None), **keys)])[KIND, id]


def ids(found: list[Document]) -> list[str]:
    return [document.id for document in found]


def test_what_is_put_is_read_as_it_was(documents: Documents) -> None:
    body = {"Name": "pümp\ud800\0", "Rows": [1, 2.5, None, True, 2**70], "": {}}
    revision = put(documents, "a", body, number=7, due=NOON, blobs=(DIGEST, DIGEST[::-1]))
    assert documents.get(KIND, "a") == Document(KIND, "a", body, revision, 7, NOON, (DIGEST, DIGEST[::-1]))


def test_what_has_no_keys_and_blobs_is_read_without(documents: Documents) -> None:
    revision = documents.commit([Put(KIND, "a", MappingProxyType({"b": 1}), None)])[KIND, "a"]
    assert documents.get(KIND, "a") == Document(KIND, "a", {"b": 1}, revision, None, None, ())


def test_a_body_is_the_readers_own(documents: Documents) -> None:
    put(documents, "a", {"list": [1]})
    first = documents.get(KIND, "a")
    assert first is not None
    first.body["list"].append(2)
    assert documents.get(KIND, "a") != first


@pytest.mark.parametrize("id", ["b", "", "\0", "\ud800"])
def test_what_was_not_put_is_not_found(documents: Documents, id: str) -> None:
    put(documents, "a")
    assert documents.get(KIND, id) is None
    assert documents.get("other", "a") is None


def test_checks_hold_while_nobody_changes_what_they_are_about(documents: Documents) -> None:
    first, second = put(documents, "a"), put(documents, "b")
    checks = [Check(KIND, "a", first), Check(KIND, "b", second), Check(KIND, "c", None)]
    assert documents.hold(checks)
    put(documents, "b", expected=second)
    assert not documents.hold(checks)
    assert documents.hold(checks[:1])
    put(documents, "c")
    assert not documents.hold(checks[2:])
    documents.commit([Delete(KIND, "a", first)])
    assert not documents.hold(checks[:1])


def test_a_put_replaces_the_whole_document(documents: Documents) -> None:
    first = put(documents, "a", {"x": 1}, number=1, due=NOON, blobs=(DIGEST,))
    second = put(documents, "a", {"y": 1}, expected=first)
    assert documents.get(KIND, "a") == Document(KIND, "a", {"y": 1}, second, None, None, ())
    assert documents.by_number(KIND) == documents.by_due(KIND, until=NOON) == []
    assert documents.blobs() == set()


def test_a_revision_never_comes_again(documents: Documents) -> None:
    seen = [put(documents, "a")]
    for _ in range(3):
        seen.append(put(documents, "a", expected=seen[-1]))
        documents.commit([Delete(KIND, "a", seen[-1])])
        seen.append(put(documents, "a"))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    "write",
    [
        Put(KIND, "a", {}, None),
        Put(KIND, "a", {}, "old"),
        Put(KIND, "none", {}, "old"),
        Delete(KIND, "a", "old"),
        Delete(KIND, "none", "old"),
        Check(KIND, "a", None),
        Check(KIND, "a", "old"),
        Check(KIND, "none", "old"),
    ],
    ids=str,
)
def test_a_write_with_another_revision_is_a_conflict_and_nothing_is_written(documents: Documents, write: Write) -> None:
    revision, other = put(documents, "a", {"x": 1}), put(documents, "b")
    with pytest.raises(Conflict, match=f"{KIND} {write.id}: was changed by somebody else") as caught:
        documents.commit([Put(KIND, "new", {}, None), Delete(KIND, "b", other), write, Put("other", "c", {}, None)])
    assert (caught.value.kind, caught.value.id) == (KIND, write.id)
    found = documents.by_id(KIND)
    assert [(one.id, one.revision) for one in found] == [("a", revision), ("b", other)]
    assert documents.kinds() == [KIND]


def test_a_commit_writes_all_that_holds(documents: Documents) -> None:
    first, second = put(documents, "a"), put(documents, "b")
    new = documents.commit(
        [Check(KIND, "a", first), Check("other", "a", None), Delete(KIND, "b", second), Put("other", "b", {}, None)]
    )
    assert list(new) == [("other", "b")]
    assert ids(documents.by_id(KIND)) == ["a"]
    assert documents.commit([]) == {}


def test_a_commit_of_as_many_and_as_large_as_may_be(documents: Documents) -> None:
    body = {"x": "y" * (LARGEST_BODY - 8)}
    new = documents.commit([Put("k" * LONGEST_KIND, f"{i}".zfill(LONGEST_ID), body, None) for i in range(MOST_WRITES)])
    assert len(set(new.values())) == MOST_WRITES
    assert documents.by_id("k" * LONGEST_KIND, limit=1)[0].body == body


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        ([Put(KIND, str(i), {}, None) for i in range(MOST_WRITES)], "got 101 writes, expected at most 100"),
        ([Put(KIND, "a", {}, None), Check(KIND, "a", None)], "two writes about one document"),
        ([Put("", "a", {}, None)], "kind of a document: got '', expected 1 to 2048 bytes"),
        ([Put("k" * (LONGEST_KIND + 1), "a", {}, None)], "kind of a document"),
        ([Delete(KIND, "ü" * (LONGEST_ID // 2 + 1), "x")], "id of a document: got 'ü+, expected 1 to 1024 bytes"),
        ([Check(KIND, "a\0", None)], "id of a document"),
        ([Put(KIND, "\ud800", {}, None)], "surrogates not allowed"),
        ([Put(KIND, "a", {"x": "y" * (LARGEST_BODY - 7)}, None)], "got a body of 350001 bytes.*make it a blob"),
        ([Put(KIND, "a", {"x": math.nan}, None)], "body that is not JSON"),
        ([Put(KIND, "a", {"x": {1, 2}}, None)], "body that is not JSON"),
        ([Put(KIND, "a", [1], None)], "body that is not JSON"),  # type: ignore[arg-type]
        ([Put(KIND, "a", {}, None, number=0)], "got the number 0"),
        ([Put(KIND, "a", {}, None, number=LARGEST_NUMBER + 1)], "got the number 9223372036854775808"),
        ([Put(KIND, "a", {}, None, due=NOON.replace(tzinfo=None))], "without a zone"),
        ([Put(KIND, "a", {}, None, blobs=("../../etc/passwd",))], "expected a SHA-256"),
    ],
    ids=str,
)
def test_what_no_store_could_take_is_refused(documents: Documents, writes: list[Write], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        documents.commit([Put("first", "a", {}, None), *writes])
    assert documents.kinds() == []


def test_ids_are_ordered_by_code_points(documents: Documents) -> None:
    every = ["A", "Z", "a", "a\x01", "a ", "aa", "b", "\x7f", "é", "\ud7ff", "\ue000", "\uffff", "\U00010000"]
    for one in reversed(every):
        put(documents, one)
    assert ids(documents.by_id(KIND)) == sorted(every) == sorted(every, key=lambda one: one.encode())


def test_ids_are_found_by_prefix_from_one_on_and_as_many_as_wanted(documents: Documents) -> None:
    for one in ("a", "ab", "abc", "ac", "a\ud7ff", "a\ue000", "a\U0010ffff", "a\U0010ffffz", "b", "\U0010ffff"):
        put(documents, one)
    assert ids(documents.by_id(KIND, prefix="ab")) == ["ab", "abc"]
    assert ids(documents.by_id(KIND, prefix="a\ud7ff")) == ["a\ud7ff"]
    assert ids(documents.by_id(KIND, prefix="a\U0010ffff")) == ["a\U0010ffff", "a\U0010ffffz"]
    assert ids(documents.by_id(KIND, prefix="\U0010ffff")) == ["\U0010ffff"]
    assert ids(documents.by_id(KIND, after="ab", limit=2)) == ["abc", "ac"]
    assert ids(documents.by_id(KIND, prefix="a", after="A", limit=1)) == ["a"]
    assert ids(documents.by_id(KIND, prefix="ab", after="ab")) == ["abc"]
    assert documents.by_id(KIND, prefix="a", after="b") == documents.by_id(KIND, limit=0) == []
    assert documents.by_id("other") == []


def test_a_percent_sign_and_an_underscore_are_themselves(documents: Documents) -> None:
    for one in ("a_b", "axb", "a%b"):
        put(documents, one)
    assert ids(documents.by_id(KIND, prefix="a_")) == ["a_b"]
    assert ids(documents.by_id(KIND, prefix="a%")) == ["a%b"]


def test_documents_are_listed_by_number(documents: Documents) -> None:
    for id, number in (("a", 30), ("b", 2), ("c", 100), ("d", None), ("e", LARGEST_NUMBER)):
        put(documents, id, number=number)
    assert ids(documents.by_number(KIND)) == ["b", "a", "c", "e"]
    assert ids(documents.by_number(KIND, after=2, limit=2)) == ["a", "c"]
    assert documents.by_number(KIND, after=LARGEST_NUMBER) == documents.by_number(KIND, after=2**80) == []
    assert ids(documents.by_number(KIND, after=-(2**80), limit=1)) == ["b"]


def test_what_is_due_is_listed_to_the_microsecond_the_longest_overdue_first(documents: Documents) -> None:
    for id, later in (("a", 1), ("b", -1), ("c", 0)):
        put(documents, id, due=NOON + timedelta(microseconds=later))
    put(documents, "d")
    put(documents, "before 1970", due=datetime(1, 1, 1, tzinfo=UTC))
    assert ids(documents.by_due(KIND, until=NOON)) == ["before 1970", "b", "c"]
    assert ids(documents.by_due(KIND, until=NOON, limit=1)) == ["before 1970"]
    assert ids(documents.by_due(KIND, until=datetime.max.replace(tzinfo=UTC)))[-1] == "a"


def test_a_time_of_another_zone_comes_back_in_utc(documents: Documents) -> None:
    put(documents, "a", due=NOON.astimezone(timezone(timedelta(hours=-5))))
    found = documents.by_due(KIND, until=NOON.astimezone(timezone(timedelta(hours=5))))
    assert [one.due and one.due.isoformat() for one in found] == ["2026-03-01T12:00:00.123456+00:00"]


def test_bad_bounds_are_refused(documents: Documents) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        documents.by_due(KIND, until=NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="limit: got -1"):
        documents.by_id(KIND, limit=-1)


def test_kinds_are_those_that_have_a_document(documents: Documents) -> None:
    kinds = ["a/x", "a/y", "a0", "b", "\U0010ffff"]
    new = documents.commit([Put(kind, id, {}, None) for kind in kinds for id in "12"])
    assert documents.kinds() == kinds
    assert documents.kinds("a/") == ["a/x", "a/y"]
    assert documents.kinds("c") == []
    assert documents.kinds("\U0010ffff") == ["\U0010ffff"]
    documents.commit([Delete("a/x", id, new["a/x", id]) for id in "12"])
    assert documents.kinds("a") == ["a/y", "a0"]


def test_the_blobs_are_those_of_all_documents(documents: Documents) -> None:
    others = [f"{i:064x}" for i in range(3)]
    put(documents, "a", blobs=(others[0], others[1]))
    put(documents, "b", blobs=(others[1],))
    revision = documents.commit([Put("other", "a", {}, None, blobs=(others[2],))])["other", "a"]
    assert documents.blobs() == set(others)
    documents.commit([Delete("other", "a", revision)])
    assert documents.blobs() == set(others[:2])


def test_a_number_is_given_out_once(documents: Documents) -> None:
    numbers = [documents.next_number("datasets") for _ in range(250)]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > 0
    assert documents.next_number("models") == numbers[0]


def test_a_store_that_is_whole_has_no_problems(documents: Documents) -> None:
    put(documents, "a", {"x": 1})
    assert documents.check() == []


def test_a_store_that_is_closed_says_so(documents: Documents) -> None:
    documents.close()
    documents.close()
    with pytest.raises(StoreUnavailable, match="is closed; open"):
        documents.get(KIND, "a")
    with pytest.raises(StoreUnavailable, match="is closed; open"):
        documents.commit([])
