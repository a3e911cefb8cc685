"""Blobs that nobody refers to go, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from lookout_server.store import MEMORY, Delete, DirectoryBlobs, Documents, Put, SqliteDocuments, problems, sweep
from tests.server.store.test_blobs import aged, now


@pytest.fixture
def store() -> Iterator[Documents]:
    found = SqliteDocuments(MEMORY)
    yield found
    found.close()


def test_what_no_document_refers_to_is_swept_when_it_is_old(store: Documents, blobs: DirectoryBlobs) -> None:
    needed, young, old = (blobs.put(content) for content in (b"needed", b"young", b"old"))
    store.commit([Put("k", "a", {}, None, blobs=(needed,))])
    aged(blobs, needed, old)
    assert sweep(store, blobs, now()) == 1
    assert set(blobs.digests()) == {needed, young}
    assert sweep(store, blobs, now()) == 0


def test_what_a_document_referred_to_is_swept_when_it_is_deleted_or_changed(
    store: Documents, blobs: DirectoryBlobs
) -> None:
    first, second = blobs.put(b"1"), blobs.put(b"2")
    new = store.commit([Put("k", "a", {}, None, blobs=(first,)), Put("k", "b", {}, None, blobs=(first, second))])
    aged(blobs, first, second)
    store.commit([Delete("k", "a", new["k", "a"]), Put("k", "b", {}, new["k", "b"], blobs=(second,))])
    assert sweep(store, blobs, now()) == 1
    assert list(blobs.digests()) == [second]


def test_the_age_is_judged_by_the_clock_that_is_given(store: Documents, blobs: DirectoryBlobs) -> None:
    blobs.put(b"x")
    assert sweep(store, blobs, now() + timedelta(minutes=59)) == 0
    assert sweep(store, blobs, now() + timedelta(minutes=61)) == 1


class Interrupted(DirectoryBlobs):
    """Something happens after it was said what is old, and before it is deleted."""

    def happens(self) -> None:
        raise NotImplementedError

    def digests(self, *, before: datetime | None = None) -> Iterator[str]:
        yield from list(super().digests(before=before))
        self.happens()


def test_what_is_put_again_while_it_is_swept_stays(store: Documents, blobs: DirectoryBlobs) -> None:
    class PutAgain(Interrupted):
        def happens(self) -> None:
            blobs.put(b"x")

    digest = blobs.put(b"x")
    aged(blobs, digest)
    assert sweep(store, PutAgain(blobs.root), now()) == 0
    assert blobs.exists(digest)


def test_what_a_document_takes_over_while_it_is_swept_stays(store: Documents, blobs: DirectoryBlobs) -> None:
    class TakenOver(Interrupted):
        def happens(self) -> None:
            blobs.renew(digest)
            store.commit([Put("a", "new", {}, None, blobs=(digest,)), Delete("k", "a", revision)])

    digest = blobs.put(b"x")
    revision = store.commit([Put("k", "a", {}, None, blobs=(digest,))])["k", "a"]
    aged(blobs, digest)
    assert sweep(store, TakenOver(blobs.root), now()) == 0
    assert list(problems(store, blobs)) == []


def test_what_a_dead_process_has_begun_is_swept_as_well(store: Documents, blobs: DirectoryBlobs) -> None:
    blobs.put(b"x")
    (blobs.root / "new-0123").write_bytes(b"half")
    assert sweep(store, blobs, now() + timedelta(minutes=59)) == 0
    assert (blobs.root / "new-0123").exists()
    sweep(store, blobs, now() + timedelta(minutes=61))
    assert not (blobs.root / "new-0123").exists()


def test_problems_are_blobs_that_are_missing_or_damaged(store: Documents, blobs: DirectoryBlobs) -> None:
    good, missing, damaged = (blobs.put(content) for content in (b"good", b"missing", b"damaged"))
    store.commit([Put("k", "a", {}, None, blobs=(good, missing)), Put("k", "b", {}, None, blobs=(damaged,))])
    assert list(problems(store, blobs)) == []
    blobs.delete(missing)
    with blobs.local(damaged) as path:
        path.write_bytes(b"damage")
    assert sorted(problems(store, blobs)) == sorted(
        [
            f"{blobs.root}: has no blob {missing}; if a document refers to it, restore a backup",
            f"blob {damaged}: is not what was written; restore it from a backup",
        ]
    )
