"""What was computed of images is kept for the next training, and computed again where it cannot be read."""

from __future__ import annotations

from pathlib import Path

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.store import DirectoryBlobs
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


def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    keeper = Keeper(DirectoryBlobs(tmp_path))
    with KeptFeatures(keeper, [], len(CONTENT)) as cache:
        cache.put("a", CONTENT)
        cache.put("b", CONTENT)
        assert cache.get("a") == CONTENT
        assert cache.get("b") is None
