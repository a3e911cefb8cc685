"""The contract of blobs, and what is particular to a directory."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import resource
import signal
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from lookout_server.store import BlobMissing, Blobs, DirectoryBlobs, StoreUnavailable
from tests.server.store.test_sqlite import elsewhere, hand_over
from tests.server.store.test_together import in_threads

CONTENT = os.urandom(3 << 20)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NONE = "0" * 64
HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def aged(blobs: DirectoryBlobs, *digests: str) -> None:
    """As if they had been put two hours ago."""
    for digest in digests:
        with blobs.local(digest) as path:
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 7200))


def read(blobs: Blobs, digest: str) -> bytes:
    with blobs.open(digest) as file:
        return file.read()


@pytest.mark.parametrize("source", [bytes, io.BytesIO], ids=["bytes", "stream"])
@pytest.mark.parametrize("content", [CONTENT, b""], ids=["large", "empty"])
def test_what_is_put_is_read_as_it_was(
    blobs: Blobs, content: bytes, source: Callable[[bytes], bytes | BinaryIO]
) -> None:
    digest = blobs.put(source(content))
    assert digest == hashlib.sha256(content).hexdigest()
    assert read(blobs, digest) == content
    assert blobs.size(digest) == len(content)
    assert blobs.exists(digest)
    assert blobs.verify(digest)
    with blobs.local(digest) as path:
        assert path.read_bytes() == content


def test_the_same_content_is_one_blob(blobs: Blobs) -> None:
    assert blobs.put(b"x") == blobs.put(io.BytesIO(b"x"))
    other = blobs.put(b"y")
    assert sorted(blobs.digests()) == sorted({blobs.put(b"x"), other})


def test_a_blob_can_be_written_as_a_stream_back_and_forth(blobs: Blobs) -> None:
    with blobs.writer() as writer:
        writer.file.write(b"?" + CONTENT[1:])
        writer.file.seek(0)
        writer.file.write(CONTENT[:1])
        with pytest.raises(ValueError, match="is known when it is whole"):
            _ = writer.digest
    assert writer.digest == DIGEST
    assert read(blobs, DIGEST) == CONTENT


def test_a_blob_can_be_written_by_its_path(blobs: Blobs) -> None:
    with blobs.writer() as writer:
        assert writer.path.read_bytes() == b""
        writer.path.write_bytes(CONTENT)
    assert read(blobs, writer.digest) == CONTENT


def test_a_blob_can_be_written_by_who_puts_another_file_in_its_place(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(CONTENT)
    with blobs.writer() as writer:
        (tmp_path / "other").rename(writer.path)
    assert read(blobs, writer.digest) == CONTENT


def test_what_fails_while_it_is_written_is_not_kept(blobs: DirectoryBlobs) -> None:
    def fail() -> None:
        with blobs.writer() as writer:
            writer.file.write(b"x")
            raise ZeroDivisionError

    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "of the user's own stream")

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(OSError, match="of the user's own"):
        blobs.put(Broken())  # type: ignore[arg-type]
    assert list(blobs.digests()) == list(blobs.root.iterdir()) == []


@pytest.mark.parametrize("kept", [True, False], ids=["beside another", "alone"])
def test_a_blob_that_is_not_there_is_missing(blobs: Blobs, kept: bool) -> None:
    if kept:
        blobs.put(CONTENT)
    assert not blobs.exists(NONE)
    assert not blobs.delete(NONE)
    for ask in (blobs.open, blobs.size, blobs.renew, blobs.verify):
        with pytest.raises(BlobMissing, match=f"has no blob {NONE}; if a document refers to it, restore") as caught:
            ask(NONE)
        assert caught.value.digest == NONE
    with pytest.raises(BlobMissing), blobs.local(NONE):
        pass


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, f"{NONE}\n", f"{NONE[:-1]}/"])
def test_what_is_no_digest_is_refused(blobs: Blobs, digest: str) -> None:
    for ask in (blobs.open, blobs.size, blobs.exists, blobs.delete, blobs.renew, blobs.verify):
        with pytest.raises(ValueError, match="digest of a blob: got '"):
            ask(digest)


def test_a_blob_that_is_deleted_is_gone_and_may_be_put_again(blobs: Blobs) -> None:
    blobs.put(CONTENT)
    with blobs.open(DIGEST) as file:
        assert blobs.delete(DIGEST)
        assert file.read() == CONTENT
    assert not blobs.exists(DIGEST)
    assert list(blobs.digests()) == []
    assert blobs.put(CONTENT) == DIGEST
    assert read(blobs, DIGEST) == CONTENT


@pytest.mark.parametrize("again", [lambda blobs: blobs.put(CONTENT), lambda blobs: blobs.renew(DIGEST)])
def test_an_old_blob_is_new_when_it_is_put_again_or_renewed(
    blobs: DirectoryBlobs, again: Callable[[Blobs], object]
) -> None:
    blobs.put(CONTENT)
    before = now() - HOUR
    assert list(blobs.digests(before=before)) == []
    assert not blobs.delete(DIGEST, before=before)
    aged(blobs, DIGEST)
    assert list(blobs.digests(before=before)) == [DIGEST]
    again(blobs)
    assert list(blobs.digests(before=before)) == []
    assert not blobs.delete(DIGEST, before=before)
    aged(blobs, DIGEST)
    assert blobs.delete(DIGEST, before=before)


def test_a_blob_that_took_long_to_write_is_new_when_it_is_whole(blobs: DirectoryBlobs) -> None:
    with blobs.writer() as writer:
        writer.path.write_bytes(CONTENT)
        os.utime(writer.path, (0, 0))
    assert list(blobs.digests(before=now() - HOUR)) == []


def test_a_blob_that_is_damaged_is_found_out_and_whole_again_when_it_is_put(blobs: DirectoryBlobs) -> None:
    blobs.put(CONTENT)
    with blobs.local(DIGEST) as path:
        path.write_bytes(b"x" + CONTENT[1:])
    assert not blobs.verify(DIGEST)
    blobs.put(CONTENT)
    assert blobs.verify(DIGEST)


def test_what_was_begun_and_never_finished_is_cleared_away(blobs: DirectoryBlobs) -> None:
    with contextlib.suppress(StoreUnavailable), blobs.writer() as old, blobs.writer() as young:
        for writer in (old, young):
            writer.path.write_bytes(CONTENT)
        os.utime(old.path, (0, 0))
        assert blobs.abandon(now() - HOUR) == 1
        assert not old.path.exists()
        assert young.path.exists()
    assert read(blobs, young.digest) == CONTENT
    assert blobs.abandon(now() + HOUR) == 0
    assert list(blobs.digests()) == [DIGEST]


def test_who_is_too_slow_is_told_that_nothing_was_kept(blobs: DirectoryBlobs) -> None:
    def dawdle() -> None:
        with blobs.writer() as writer:
            writer.file.write(CONTENT)
            assert blobs.abandon(now() + HOUR) == 1

    with pytest.raises(StoreUnavailable, match="No such file or directory"):
        dawdle()
    assert list(blobs.digests()) == []


def test_nothing_is_made_before_there_is_something_to_keep(blobs: DirectoryBlobs) -> None:
    assert list(blobs.digests()) == []
    assert blobs.abandon(now()) == 0
    assert not blobs.root.exists()


def test_the_files_are_their_users_only(blobs: DirectoryBlobs) -> None:
    blobs.put(CONTENT)
    with blobs.local(DIGEST) as path:
        assert path == blobs.root / DIGEST[:2] / DIGEST
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(one.stat().st_mode) for one in (blobs.root, path.parent)] == [0o700, 0o700]
    with blobs.writer() as writer:
        assert stat.S_IMODE(writer.path.stat().st_mode) == 0o600


def test_nothing_stays_open(blobs: DirectoryBlobs) -> None:
    def use() -> None:
        blobs.put(CONTENT)
        with contextlib.suppress(ZeroDivisionError), blobs.writer() as writer:
            writer.file.write(b"x")
            raise ZeroDivisionError
        blobs.verify(DIGEST)
        blobs.renew(DIGEST)
        blobs.delete(DIGEST)
        with contextlib.suppress(BlobMissing):
            blobs.open(DIGEST)

    use()
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        use()
    assert len(os.listdir("/dev/fd")) == before


def test_a_blob_that_threads_put_at_the_same_time_is_there(blobs: DirectoryBlobs) -> None:
    in_threads(*[lambda: [blobs.put(CONTENT) for _ in range(5)]] * 4)
    assert read(blobs, DIGEST) == CONTENT
    assert list(blobs.root.iterdir()) == [blobs.root / DIGEST[:2]]


def test_what_is_put_while_it_is_swept_is_there_when_the_put_returns(blobs: DirectoryBlobs) -> None:
    """Somebody deletes what is old, again and again, and each put finds one that is: it must not be deleted after."""
    done: list[bool] = []

    def put() -> None:
        try:
            for _ in range(100):
                blobs.put(b"x")
                assert blobs.exists(digest)
                with contextlib.suppress(BlobMissing):
                    aged(blobs, digest)
        finally:
            done.append(True)

    def clear() -> None:
        while not done:
            blobs.delete(digest, before=now() - HOUR)

    digest = blobs.put(b"x")
    in_threads(put, clear, clear)


def test_a_disk_that_refuses_a_blob_keeps_the_others_and_goes_on(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path / "data" / "blobs")

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        small = blobs.put(b"x")
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(StoreUnavailable, match="File too large; check the path, its rights and the room on its"):
            blobs.put(CONTENT)
        with pytest.raises(StoreUnavailable, match="File too large"):
            blobs.put(io.BytesIO(CONTENT[:100_001]))
        with pytest.raises(StoreUnavailable, match="File too large"), blobs.writer() as writer:
            writer.file.write(CONTENT[:100_001])
        assert list(blobs.digests()) == [small]
        assert len(list(blobs.root.iterdir())) == 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert blobs.put(CONTENT) == DIGEST

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").touch()
    hand_over(tmp_path / "data" / "file", 0o700)
    elsewhere(work)
    assert blobs.verify(DIGEST)


def test_a_directory_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"blobs/new-.*: No such file or directory; check the path"):
        DirectoryBlobs(tmp_path / "none" / "blobs").put(b"x")
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"file/new-.*: Not a directory; check the path"):
        DirectoryBlobs(tmp_path / "file").put(b"x")
