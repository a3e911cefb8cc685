"""Buckets in a directory: what is in one is served, and nothing else is."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.files import directory
from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.names import HIDDEN
from lookout_server.files.storage import StoredObject
from lookout_server.protocol.errors import StorageError

MOST = 1_000_000
as_nobody = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def write(root: Path, *keys: str) -> None:
    for key in keys:
        path = root / "sensors" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(key.encode())


def keys_of(buckets: DirectoryBuckets, prefix: str = "") -> list[str]:
    return [one.key for one in buckets.list("sensors", prefix)]


def test_what_is_written_is_read(buckets: DirectoryBuckets, root: Path) -> None:
    buckets.write("sensors", "plant/a/x.csv", b"first")
    buckets.write("sensors", "plant/a/x.csv", b"second")
    assert buckets.read("sensors", "plant/a/x.csv", most=MOST) == b"second"
    assert (root / "sensors/plant/a/x.csv").read_bytes() == b"second"
    with buckets.open("sensors", "plant/a/x.csv") as file:
        assert (file.read(3), file.read()) == (b"sec", b"ond")
    assert buckets.list("sensors", "") == [StoredObject("plant/a/x.csv", 6)]
    assert buckets.region("sensors") == "eu-west-1"


def test_what_is_written_piece_by_piece_is_there_when_it_is_whole(buckets: DirectoryBuckets) -> None:
    buckets.write("sensors", "a/x.csv", b"before")
    with buckets.writer("sensors", "a/x.csv") as file:
        for _ in range(100):
            file.write(b"x" * 1000)
        file.flush()
        assert buckets.read("sensors", "a/x.csv", most=MOST) == b"before"
        assert keys_of(buckets) == ["a/x.csv"]
    assert buckets.read("sensors", "a/x.csv", most=MOST) == b"x" * 100_000


def test_what_breaks_off_while_it_is_written_leaves_nothing(buckets: DirectoryBuckets, root: Path) -> None:
    def broken_off() -> None:
        with buckets.writer("sensors", "a/x.csv") as file:
            file.write(b"x" * 100_000)
            raise OSError("something else")

    with pytest.raises(OSError, match="something else"):
        broken_off()
    assert list((root / "sensors").rglob("*")) == [root / "sensors" / HIDDEN]


def test_a_disk_that_fails_while_a_file_is_written_is_told(buckets: DirectoryBuckets, root: Path) -> None:
    def fail(size: int) -> None:
        with buckets.writer("sensors", "x") as file, open(os.devnull, "rb") as unwritable:
            os.dup2(unwritable.fileno(), file.fileno())
            file.write(b"x" * size)

    for size in (10, 100_000):
        with pytest.raises(StorageError, match="InternalError: Bad file descriptor"):
            fail(size)
    assert list((root / "sensors").rglob("*")) == [root / "sensors" / HIDDEN]


def test_who_reads_goes_on_with_what_was_there_when_it_is_replaced(buckets: DirectoryBuckets) -> None:
    buckets.write("sensors", "x.csv", b"first")
    with buckets.open("sensors", "x.csv") as file:
        buckets.write("sensors", "x.csv", b"second")
        assert file.read() == b"first"


def test_a_disk_that_fails_while_a_file_is_read_is_told(buckets: DirectoryBuckets) -> None:
    buckets.write("sensors", "x.csv", b"x" * 100_000)
    for read in (lambda file: file.read(), lambda file: file.read(20_000), list):
        file = buckets.open("sensors", "x.csv")
        os.close(file.fileno())
        with pytest.raises(StorageError, match="InternalError: Bad file descriptor"):
            read(file)
        with contextlib.suppress(OSError):
            file.close()


@pytest.mark.parametrize(
    "bucket", ["", ".", "..", "a", "Sensors", "sensors/plant", "../etc", "a\0b", "sensors\n", "_ab"]
)
def test_what_is_no_name_of_a_bucket_is_refused(buckets: DirectoryBuckets, bucket: str) -> None:
    for attempt in (
        lambda: buckets.list(bucket, ""),
        lambda: buckets.read(bucket, "x", most=1),
        lambda: buckets.write(bucket, "x", b""),
        lambda: buckets.region(bucket),
    ):
        with pytest.raises(StorageError, match="InvalidBucketName: got"):
            attempt()


def test_a_bucket_that_is_not_there_is_said_to_be(buckets: DirectoryBuckets, root: Path) -> None:
    (root / "file").write_bytes(b"")
    for bucket in ("missing", "file"):
        with pytest.raises(StorageError, match=f"NoSuchBucket: The specified bucket does not exist: {bucket}"):
            buckets.write(bucket, "x", b"")
    assert not (root / "missing").exists()


BAD = [
    "", "/", "/etc/passwd", "//x", "a//b", "a/", "..", "../x", "a/../b", "a/..", ".", "./a", "a/./b", "a\0b", "\0",
    "../../sensors/x", f"{HIDDEN}/x", HIDDEN, "a" * 1025, "ü" * 513, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("key", BAD)
def test_a_key_that_is_no_path_below_the_bucket_is_refused(buckets: DirectoryBuckets, root: Path, key: str) -> None:
    for attempt in (
        lambda: buckets.read("sensors", key, most=1),
        lambda: buckets.open("sensors", key),
        lambda: buckets.write("sensors", key, b""),
    ):
        with pytest.raises(StorageError, match="InvalidKey: a bucket that is a directory: got"):
            attempt()
    assert os.listdir(root) == ["sensors"]
    assert os.listdir(root / "sensors") == []


@pytest.mark.parametrize("prefix", ["../", "/", "a//", "a/../", "./", "a\0", f"{HIDDEN}/", "..", "a/.."])
def test_a_prefix_that_leads_elsewhere_is_refused(buckets: DirectoryBuckets, prefix: str) -> None:
    with pytest.raises(StorageError, match="InvalidKey"):
        buckets.list("sensors", prefix)


@pytest.mark.parametrize("key", ["missing", "a/missing", "a", "a/x/y", "A/x"])
def test_what_is_not_there_is_said_in_the_words_of_s3(buckets: DirectoryBuckets, root: Path, key: str) -> None:
    write(root, "a/x")
    with pytest.raises(StorageError, match="NoSuchKey: "):
        buckets.read("sensors", key, most=1)


def test_what_is_too_large_is_not_read(buckets: DirectoryBuckets, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets.write("sensors", "x", b"12345")
    assert buckets.read("sensors", "x", most=5) == b"12345"
    with pytest.raises(StorageError, match="it has 5 bytes, the quota is 4"):
        buckets.read("sensors", "x", most=4)


def test_a_version_is_not_there(buckets: DirectoryBuckets) -> None:
    buckets.write("sensors", "x", b"1")
    assert buckets.read("sensors", "x", "null", most=5) == b"1"
    with pytest.raises(StorageError, match="NoSuchVersion"):
        buckets.read("sensors", "x", "abc", most=5)


@pytest.fixture
def outside(root: Path) -> Path:
    """A directory outside of the bucket, with a secret."""
    found = root.parent / "outside"
    found.mkdir()
    (found / "secret").write_bytes(b"secret")
    return found


def test_a_link_out_of_the_bucket_is_not_followed(buckets: DirectoryBuckets, root: Path, outside: Path) -> None:
    other = root / "sensors2"
    other.mkdir()
    (other / "secret").write_bytes(b"secret")
    bucket = root / "sensors"
    (bucket / "file").symlink_to(outside / "secret")
    (bucket / "folder").symlink_to(outside)
    (bucket / "beside").symlink_to("../sensors2")
    (bucket / "up").symlink_to("..")
    (bucket / "hop").symlink_to("folder")
    for key in ("file", "folder/secret", "beside/secret", "up/sensors2/secret", "hop/secret"):
        with pytest.raises(StorageError, match="a link leads out of the bucket"):
            buckets.read("sensors", key, most=MOST)
    for key in ("folder/new", "folder/a/new", "beside/new", "hop/new", "folder/secret"):
        with pytest.raises(StorageError, match="a link leads out of the bucket"):
            buckets.write("sensors", key, b"x")
    with pytest.raises(StorageError, match="a link leads out of the bucket"):
        buckets.list("sensors", "")
    with pytest.raises(StorageError, match="a link leads out of the bucket"):
        buckets.list("sensors", "folder/")
    assert os.listdir(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"


def test_writing_over_a_link_replaces_the_link(buckets: DirectoryBuckets, root: Path, outside: Path) -> None:
    (root / "sensors/file").symlink_to(outside / "secret")
    buckets.write("sensors", "file", b"mine")
    assert (outside / "secret").read_bytes() == b"secret"
    assert buckets.read("sensors", "file", most=MOST) == b"mine"


def test_a_link_that_is_put_there_in_the_moment_is_not_followed(
    buckets: DirectoryBuckets, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the way and the way itself somebody puts a link in place of a folder, or of a file."""
    write(root, "a/secret", "b")
    looked = directory._within

    def then_swapped(real: str, parts: Any) -> str:
        found = looked(real, parts)
        (root / "sensors/a/secret").unlink(missing_ok=True)
        (root / "sensors/b").unlink(missing_ok=True)
        if not (root / "sensors/a").is_symlink():
            (root / "sensors/a").rmdir()
            (root / "sensors/a").symlink_to(outside)
            (root / "sensors/b").symlink_to(outside / "secret")
        return found

    monkeypatch.setattr(directory, "_within", then_swapped)
    for key in ("a/secret", "b"):
        with pytest.raises(StorageError):
            buckets.read("sensors", key, most=MOST)
    with pytest.raises(StorageError):
        buckets.write("sensors", "a/new", b"x")
    assert os.listdir(outside) == ["secret"]


def test_a_link_within_the_bucket_is_followed(buckets: DirectoryBuckets, root: Path) -> None:
    write(root, "2026/a", "2026/b")
    (root / "sensors/latest").symlink_to("2026")
    (root / "sensors/newest").symlink_to("2026/b")
    assert buckets.read("sensors", "latest/a", most=MOST) == b"2026/a"
    assert buckets.read("sensors", "newest", most=MOST) == b"2026/b"
    buckets.write("sensors", "latest/c", b"c")
    assert buckets.read("sensors", "2026/c", most=MOST) == b"c"
    assert keys_of(buckets) == ["2026/a", "2026/b", "2026/c", "latest/a", "latest/b", "latest/c", "newest"]
    assert keys_of(buckets, "latest/") == ["latest/a", "latest/b", "latest/c"]


def test_a_bucket_may_be_a_link_to_a_disk(buckets: DirectoryBuckets, root: Path, outside: Path) -> None:
    (root / "disk").symlink_to(outside)
    assert buckets.read("disk", "secret", most=MOST) == b"secret"
    buckets.write("disk", "new", b"x")
    assert [one.key for one in buckets.list("disk", "")] == ["new", "secret"]


def test_links_in_a_circle_do_not_end_in_one(buckets: DirectoryBuckets, root: Path) -> None:
    write(root, "a/b/x")
    (root / "sensors/a/b/again").symlink_to("..")
    (root / "sensors/self").symlink_to("self")
    with pytest.raises(StorageError, match="again: is a link to a folder that it is in"):
        buckets.list("sensors", "a/")
    with pytest.raises(StorageError):
        buckets.read("sensors", "self", most=1)


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_is_no_file_is_neither_read_nor_waited_for(
    buckets: DirectoryBuckets, root: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "sensors")  # the path of a socket is short
    if kind == "pipe":
        os.mkfifo("odd")
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("odd")
    with pytest.raises(StorageError):
        buckets.read("sensors", "odd", most=1)
    with pytest.raises(StorageError, match="odd: is no file"):
        buckets.list("sensors", "")


def test_a_listing_is_in_the_order_of_the_bytes_of_keys(buckets: DirectoryBuckets, root: Path) -> None:
    keys = ["a.csv", "a/b", "a/b.c", "a0", "B", "ä", "a b", "a-/x", "z/z/z", "\U0001f600", "\uffee"]
    write(root, *keys)
    assert keys_of(buckets) == sorted(keys, key=str.encode)


@given(
    st.sets(st.lists(st.text("ab.-0é", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join), max_size=12),
    st.text("ab./-0", max_size=4),
)
def test_a_listing_is_what_s3_would_list(tmp_path_factory: pytest.TempPathFactory, keys: set[str], prefix: str) -> None:
    buckets = DirectoryBuckets(tmp_path_factory.mktemp("buckets"))
    (buckets._root / "sensors").mkdir()
    written = []
    for key in sorted(keys):
        try:
            buckets.write("sensors", key, b"x")
            written.append(key)
        except StorageError:
            continue  # a part that is . or .., or a folder where a file is
    try:
        found = keys_of(buckets, prefix)
    except StorageError as error:
        if not str(error).startswith("InvalidKey"):
            raise
    else:
        assert found == sorted((key for key in written if key.startswith(prefix)), key=str.encode)


def test_a_prefix_need_not_end_with_a_folder(buckets: DirectoryBuckets, root: Path) -> None:
    write(root, "plant/2024-01", "plant/2024-02/x", "plant/2025", "plants")
    assert keys_of(buckets, "plant/2024") == ["plant/2024-01", "plant/2024-02/x"]
    assert keys_of(buckets, "plant/") == ["plant/2024-01", "plant/2024-02/x", "plant/2025"]
    assert keys_of(buckets, "plant/2025/") == []
    assert keys_of(buckets, "nowhere/") == []


def test_thousands_of_files_are_listed_without_being_opened(
    buckets: DirectoryBuckets, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3000):
        (root / "sensors" / f"{number:05}").touch()
    opened: list[object] = []
    counting = SimpleNamespace(**vars(os))
    counting.open = lambda *given, **more: (opened.append(given), os.open(*given, **more))[1]
    monkeypatch.setattr(directory, "os", counting)
    assert len(buckets.list("sensors", "")) == 3000
    assert len(opened) <= 2


def test_a_name_that_is_not_utf8_is_named(buckets: DirectoryBuckets, root: Path) -> None:
    try:
        (root / os.fsdecode(b"sensors/\xff")).touch()
    except OSError:
        pytest.skip("this disk has no such names")
    with pytest.raises(StorageError, match=r"is not UTF-8.*rename it"):
        buckets.list("sensors", "")


def test_a_file_in_the_place_of_a_folder_is_not_written_over(buckets: DirectoryBuckets, root: Path) -> None:
    write(root, "a", "b/x")
    with pytest.raises(StorageError, match="a part of the key is a file, expected a folder"):
        buckets.write("sensors", "a/x", b"")
    with pytest.raises(StorageError, match="is a folder, expected a file or nothing"):
        buckets.write("sensors", "b", b"")
    assert keys_of(buckets) == ["a", "b/x"]


def test_a_long_name_is_refused(buckets: DirectoryBuckets) -> None:
    with pytest.raises(StorageError, match="InvalidKey: a part of the key is longer"):
        buckets.write("sensors", "a" * 300, b"")
    assert keys_of(buckets) == []


def test_a_write_that_fails_leaves_what_was_there(
    buckets: DirectoryBuckets, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets.write("sensors", "x", b"first")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(directory.os, "fsync", full)
        with pytest.raises(StorageError, match="the disk is full; free some space"):
            buckets.write("sensors", "x", b"second")
    assert buckets.read("sensors", "x", most=MOST) == b"first"
    assert os.listdir(root / "sensors" / HIDDEN) == []


def test_what_is_unfinished_is_never_listed(
    buckets: DirectoryBuckets, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    unpatched = os.fsync

    def looks(descriptor: int) -> None:
        seen.append(keys_of(buckets))
        unpatched(descriptor)

    monkeypatch.setattr(directory.os, "fsync", looks)
    buckets.write("sensors", "a/x", b"1")
    assert seen[:-1] == [[]] * (len(seen) - 1)
    assert seen[-1] == ["a/x"]


def test_what_a_process_left_that_died_is_cleared_away(buckets: DirectoryBuckets, root: Path) -> None:
    buckets.write("sensors", "x", b"1")
    left = root / "sensors" / HIDDEN / "left"
    left.write_bytes(b"half")
    assert buckets.abandon(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert buckets.abandon(datetime.now(UTC) + timedelta(hours=1)) == 1
    assert not left.exists()
    assert keys_of(buckets) == ["x"]


def test_what_unfinished_files_are_in_is_no_link_either(buckets: DirectoryBuckets, root: Path, outside: Path) -> None:
    (root / "sensors" / HIDDEN).symlink_to(outside)
    with pytest.raises(StorageError):
        buckets.write("sensors", "x", b"1")
    assert buckets.abandon(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert os.listdir(outside) == ["secret"]


@given(st.text(st.sampled_from("ab./\\ ~$*\0\n\u00e9\u202e\ud800"), max_size=12))
def test_a_key_is_refused_or_it_is_a_file_below_its_bucket(tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
    root = tmp_path_factory.mktemp("buckets")
    (root / "sensors").mkdir()
    buckets = DirectoryBuckets(root)
    try:
        buckets.write("sensors", key, b"x")
    except StorageError:
        assert [file for file in root.rglob("*") if file.is_file()] == []
        return
    [file] = [file for file in (root / "sensors").rglob("*") if file.is_file()]
    assert file.relative_to(root / "sensors").as_posix() == key
    assert keys_of(buckets) == [key]
    assert buckets.read("sensors", key, most=1) == b"x"


def test_many_who_write_at_once_leave_one_whole_object(buckets: DirectoryBuckets) -> None:
    bodies = [bytes([65 + at]) * 100_000 for at in range(8)]
    threads = [threading.Thread(target=buckets.write, args=("sensors", "deep/x", body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert buckets.read("sensors", "deep/x", most=MOST) in bodies
    assert keys_of(buckets) == ["deep/x"]


def test_a_name_in_another_case_is_another_key(
    buckets: DirectoryBuckets, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that finds a file under a name that it does not list: two names of one file, one of them listed."""
    write(root, "a.csv")
    os.link(root / "sensors/a.csv", root / "sensors/A.CSV")
    assert buckets.read("sensors", "A.CSV", most=MOST) == b"a.csv"  # on a disk that tells them apart
    unpatched = os.listdir
    monkeypatch.setattr(directory.os, "listdir", lambda where: [one for one in unpatched(where) if one != "A.CSV"])
    assert buckets.read("sensors", "a.csv", most=MOST) == b"a.csv"
    for attempt in (
        lambda: buckets.read("sensors", "A.CSV", most=MOST),
        lambda: buckets.write("sensors", "A.CSV", b"other"),
    ):
        with pytest.raises(StorageError, match=r"NoSuchKey: 'A.CSV' is there in another spelling"):
            attempt()
    assert (root / "sensors/a.csv").read_bytes() == b"a.csv"


@as_nobody
def test_what_the_server_may_not_read_is_said(buckets: DirectoryBuckets, root: Path) -> None:
    write(root, "x")
    (root / "sensors/x").chmod(0)
    with pytest.raises(StorageError, match="AccessDenied: Permission denied"):
        buckets.read("sensors", "x", most=MOST)


def test_reading_and_writing_leave_no_descriptor_open(buckets: DirectoryBuckets) -> None:
    def once() -> None:
        buckets.write("sensors", "a/b/x", b"1")
        buckets.read("sensors", "a/b/x", most=1)
        buckets.list("sensors", "")
        for key in ("../x", "a/b", "a/b/x/y", "missing"):
            with pytest.raises(StorageError):
                buckets.read("sensors", key, most=1)
            with pytest.raises((StorageError, KeyError)), buckets.writer("sensors", key):
                raise KeyError

    once()
    before = os.open("/", os.O_RDONLY)
    os.close(before)
    for _ in range(20):
        once()
    after = os.open("/", os.O_RDONLY)
    os.close(after)
    assert after == before
