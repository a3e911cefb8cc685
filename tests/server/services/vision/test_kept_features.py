"""What was computed of images is kept for the next training, and computed again where it cannot be read."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.store import DirectoryBlobs
from lookout_server.vision.errors import Invalid
from lookout_server.vision.features import KeptFeatures

CONTENT = bytes(range(256)) * 40


def kept(keeper: Keeper, **contents: bytes) -> list[Blob]:
    with KeptFeatures(keeper, [], 10**6) as cache:
        for key, content in contents.items():
            cache.put(key, content)
    return cache.added


def test_what_was_kept_is_there_for_the_next_training(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    with KeptFeatures(keeper, kept(keeper, a=CONTENT), 10**6) as cache:
        assert cache.get("a") == CONTENT
        assert cache.get("b") is None
    assert (cache.added, cache.useless) == ([], [])


def test_a_pack_of_which_nothing_was_used_is_useless(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    packs = kept(keeper, a=CONTENT)
    with KeptFeatures(keeper, packs, 10**6) as cache:
        assert cache.get("b") is None
    assert cache.useless == packs


def test_what_is_damaged_is_as_if_it_had_not_been_kept(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    packs = kept(keeper, a=CONTENT)
    with keeper.local(packs[0].digest or "") as path:
        content = path.read_bytes()
        at = content.index(CONTENT[:100])
        path.chmod(0o600)
        path.write_bytes(content[:at] + b"\xff" * 100 + content[at + 100 :])
    with KeptFeatures(keeper, packs, 10**6) as cache:
        assert cache.get("a") is None


def test_whatever_is_damaged_of_the_list_of_what_there_is_fails_nothing(tmp_path: Path) -> None:
    """It may seem encrypted, compressed in a way that nobody knows, or of another version."""
    keeper = Keeper(DirectoryBlobs(tmp_path))
    packs = kept(keeper, a=CONTENT)
    with keeper.local(packs[0].digest or "") as path:
        content = path.read_bytes()
        path.chmod(0o600)
        for at in range(content.index(b"PK\x01\x02"), len(content)):
            for value in (0x01, 0x09, 0x20, 0xFF):
                path.write_bytes(content[:at] + bytes([value]) + content[at + 1 :])
                with KeptFeatures(keeper, packs, 10**6) as cache:
                    assert cache.get("a") in (CONTENT, None)


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    with KeptFeatures(keeper, [], len(CONTENT)) as cache:
        cache.put("a", CONTENT)
        cache.put("b", CONTENT)
        assert cache.get("a") == CONTENT
        assert cache.get("b") is None


def test_of_a_pack_of_which_most_was_not_used_the_rest_is_taken_over(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    packs = kept(keeper, a=CONTENT, b=CONTENT, c=CONTENT)
    with KeptFeatures(keeper, packs, 4 * len(CONTENT)) as cache:
        assert cache.get("a") == CONTENT
    assert cache.useless == packs
    with KeptFeatures(keeper, cache.added, 10**6) as cache:
        assert (cache.get("a"), cache.get("b")) == (CONTENT, None)


def test_a_pack_of_which_most_was_used_is_left_as_it_is(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    with KeptFeatures(keeper, kept(keeper, a=CONTENT, b=CONTENT, c=CONTENT), 10**6) as cache:
        assert cache.get("a") == cache.get("b") == CONTENT
    assert (cache.added, cache.useless) == ([], [])


def test_a_training_that_failed_takes_nothing_over(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    packs = kept(keeper, a=CONTENT, b=CONTENT, c=CONTENT)

    def train() -> None:
        with KeptFeatures(keeper, packs, 10**6) as cache:
            cache.get("a")
            cache.put("d", CONTENT)
            raise Invalid

    with pytest.raises(Invalid):
        train()
    assert len(list(keeper._blobs.digests())) == len(packs)
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


@contextmanager
def room(size: int) -> Iterator[None]:
    """Files have so many bytes, as if there were no more room on the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, len(CONTENT) // 2, len(CONTENT) + 60, 2 * len(CONTENT)])
def test_without_room_on_the_disk_nothing_is_kept_and_nothing_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    """Neither where content ends nor where the list of what there is does."""
    keeper = Keeper(DirectoryBlobs(tmp_path))
    with room(size), KeptFeatures(keeper, [], 10**6) as cache:
        for key in ("a", "b", "c")[: 1 if size == len(CONTENT) + 60 else 3]:
            cache.put(key, CONTENT)
    assert cache.added == []
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "computed again by the next training" in caplog.text
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def test_without_room_to_take_over_what_was_used_the_pack_stays(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    packs = kept(keeper, a=CONTENT, b=CONTENT, c=CONTENT)
    with room(100), KeptFeatures(keeper, packs, 10**6) as cache:
        cache.get("a")
    assert (cache.added, cache.useless) == ([], [])


def test_a_store_that_is_away_while_something_is_kept_fails_nothing(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path / "not" / "there"))
    with KeptFeatures(keeper, [], 10**6) as cache:
        cache.put("a", CONTENT)
        assert cache.get("a") is None
    assert cache.added == []
