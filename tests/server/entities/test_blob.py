"""Content that is written piece by piece: kept when it is whole, and found as long as the work on it goes on."""

from __future__ import annotations

import pytest

from lookout_server.entities import blob
from lookout_server.entities.blob import Blob, Keeper
from lookout_server.entities.codec import Kept
from lookout_server.store.errors import StoreUnavailable
from lookout_server.store.scratch import ScratchBlobs


def written(keeper: Keeper, pieces: list[bytes]) -> Blob:
    with keeper.writer() as new:
        for piece in pieces:
            new.write(piece)
        with pytest.raises(ValueError, match="when it is whole"):
            _ = new.blob
    assert new.size == sum(map(len, pieces))
    return new.blob


@pytest.mark.parametrize("pieces", [[], [b"few"], [b"a" * 3_000], [b"b" * 100_000] * 4, [b"c" * 10**6, b"", b"d"]])
def test_what_was_written_piece_by_piece_is_read_as_a_whole(pieces: list[bytes]) -> None:
    blobs = ScratchBlobs()
    found = written(Keeper(blobs), pieces)
    again = Keeper(blobs).find(found.reference)
    assert again.read() == b"".join(pieces)
    with again.open() as file:
        assert file.read() == b"".join(pieces)


def test_few_bytes_stand_in_the_document() -> None:
    blobs = ScratchBlobs()
    assert written(Keeper(blobs), [b"few"]).digest is None
    assert list(blobs.digests()) == []


@pytest.mark.parametrize("content", [b"few", b"x" * 3_000])
def test_a_content_that_was_read_again_is_the_same(content: bytes) -> None:
    keeper = Keeper(ScratchBlobs())
    kept, again = keeper.keep(content), keeper.find(keeper.keep(content).reference)
    assert kept == again
    assert hash(kept) == hash(again)
    assert kept != keeper.keep(content + b".")


def test_a_kept_value_that_was_read_again_is_the_same() -> None:
    keeper = Keeper(ScratchBlobs())
    kept = Kept.of(keeper, list[int], [1, 2])
    assert kept == Kept(keeper.find(kept.blob.reference), list[int], keeper)
    assert kept != Kept.of(keeper, list[int], [1, 3])


def test_what_is_broken_off_leaves_nothing() -> None:
    def write() -> None:
        with keeper.writer() as new:
            new.write(b"x" * 10**6)
            raise RuntimeError

    blobs = ScratchBlobs()
    keeper = Keeper(blobs)
    with pytest.raises(RuntimeError):
        write()
    assert list(blobs.root.rglob("*")) == []


def test_a_disk_that_is_full_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    with Keeper(ScratchBlobs()).writer() as new, open("/dev/full", "wb", buffering=0) as full:
        new.write(b"x" * 10**6)
        with monkeypatch.context() as patch:
            patch.setattr(new._writer, "file", full)
            with pytest.raises(StoreUnavailable, match="No space left"):
                new.write(b"x")


def test_what_was_written_stays_as_new_as_the_latest_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep takes what nobody refers to and is older than an hour."""
    blobs, seconds = ScratchBlobs(), [0.0]
    monkeypatch.setattr(blob.time, "monotonic", lambda: seconds[0])
    keeper = Keeper(blobs)
    first = written(keeper, [b"x" * 10**6]).digest
    assert first
    renewed: list[str] = []
    monkeypatch.setattr(blobs, "renew", renewed.append)
    with keeper.writer() as new:
        for minutes, expected in ((9, []), (11, [first]), (20, [first]), (22, [first] * 2)):
            seconds[0] = minutes * 60
            new.write(b"y" * 10**6)
            assert renewed == expected


def test_what_nobody_wanted_and_was_swept_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    blobs, seconds = ScratchBlobs(), [0.0]
    monkeypatch.setattr(blob.time, "monotonic", lambda: seconds[0])
    keeper = Keeper(blobs)
    digest = written(keeper, [b"x" * 10**6]).digest
    assert digest
    blobs.delete(digest)
    seconds[0] = 1_000
    assert written(keeper, [b"y" * 10**6]).digest
