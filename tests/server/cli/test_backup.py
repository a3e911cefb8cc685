"""Backups: whole or not there, made while somebody writes, restored only where nothing is lost by it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest

from lookout_server.backup import Made, back_up, restore
from lookout_server.data_directory import DataDirectory
from lookout_server.errors import ServerError
from lookout_server.store import DirectoryBlobs, Put, SqliteDocuments
from lookout_server.store.schema import MIGRATIONS


def quiet(done: int, total: int) -> None: ...


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    """A directory with a document, a blob that it refers to, one that nobody does, and a key file."""
    made = DataDirectory(tmp_path / "data")
    made.prepare()
    blobs = DirectoryBlobs(made.blobs)
    digest = blobs.put(b"model")
    blobs.put(b"nobody's")
    documents = SqliteDocuments(made.documents)
    documents.commit([Put("model", "one", {"name": "one"}, None, blobs=(digest,))])
    documents.close()
    made.key_file.write_bytes(b"key")
    return made


def content(directory: DataDirectory) -> tuple[list[str], dict[str, bytes]]:
    """The documents of the kind `model`, and the blobs by their digests."""
    documents, blobs = SqliteDocuments(directory.documents), DirectoryBlobs(directory.blobs)
    try:
        found = {}
        for digest in documents.blobs():
            with blobs.open(digest) as file:
                found[digest] = file.read()
        return [document.id for document in documents.by_id("model")], found
    finally:
        documents.close()


def test_what_was_backed_up_is_there_again_elsewhere(directory: DataDirectory, tmp_path: Path) -> None:
    made = back_up(directory, tmp_path / "backup", None, quiet)
    assert (made.blobs, made.has_key) == (1, False)
    other = DataDirectory(tmp_path / "other")
    restore(tmp_path / "backup", other, quiet)
    assert content(other) == content(directory)
    assert not other.key_file.exists()
    assert other.path.stat().st_mode & 0o777 == 0o700


def test_the_key_file_is_in_it_when_that_was_asked_for(directory: DataDirectory, tmp_path: Path) -> None:
    back_up(directory, tmp_path / "backup", directory.key_file, quiet)
    other = DataDirectory(tmp_path / "other")
    restore(tmp_path / "backup", other, quiet)
    assert other.key_file.read_bytes() == b"key"
    assert other.key_file.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_for_its_owner_only(directory: DataDirectory, tmp_path: Path) -> None:
    back_up(directory, tmp_path / "backup", None, quiet)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_it_is_made_while_somebody_writes(directory: DataDirectory, tmp_path: Path) -> None:
    documents = SqliteDocuments(directory.documents)

    def busy(done: int, total: int) -> None:
        documents.commit([Put("model", f"later {done} {total}", {}, None)])

    back_up(directory, tmp_path / "backup", None, busy)
    documents.close()
    other = DataDirectory(tmp_path / "other")
    restore(tmp_path / "backup", other, quiet)
    assert content(other)[0] == ["one"]
    assert len(content(directory)[0]) > 1


def test_a_file_that_is_there_is_not_replaced(directory: DataDirectory, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("mine")
    with pytest.raises(ServerError, match=": exists; name a file that does not"):
        back_up(directory, tmp_path / "backup", None, quiet)
    assert (tmp_path / "backup").read_text() == "mine"


def test_nothing_is_left_of_a_backup_that_failed(directory: DataDirectory, tmp_path: Path) -> None:
    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(directory, tmp_path / "backup", None, interrupted)
    with pytest.raises(ServerError, match="no such file or directory"):
        back_up(directory, tmp_path / "none" / "backup", None, quiet)
    assert os.listdir(tmp_path) == ["data"]


def test_a_blob_that_is_missing_does_not_keep_the_rest_from_being_backed_up(
    directory: DataDirectory, tmp_path: Path
) -> None:
    (digest,) = content(directory)[1]
    DirectoryBlobs(directory.blobs).delete(digest)
    made = back_up(directory, tmp_path / "backup", None, quiet)
    assert made == Made(0, made.bytes, False, (digest,))
    assert restore(tmp_path / "backup", DataDirectory(tmp_path / "other"), quiet).missing == (digest,)


def test_a_directory_with_something_in_it_is_not_restored_into(directory: DataDirectory, tmp_path: Path) -> None:
    back_up(directory, tmp_path / "backup", None, quiet)
    before = content(directory)
    with pytest.raises(ServerError, match=": is not empty; "):
        restore(tmp_path / "backup", directory, quiet)
    assert content(directory) == before


def cut_off(backup: Path) -> None:
    os.truncate(backup, backup.stat().st_size // 2)


def changed(backup: Path) -> None:
    raw = backup.read_bytes()
    backup.write_bytes(raw.replace(b"model", b"mudel"))


def of_something_else(backup: Path) -> None:
    with zipfile.ZipFile(backup, "w") as archive:
        archive.writestr("a", "b")


def of_later(backup: Path) -> None:
    with zipfile.ZipFile(backup, "w") as archive:
        archive.writestr("manifest.json", '{"format": 2}')


def gone(backup: Path) -> None:
    backup.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_off, "is not a backup, or not the whole of one"),
        (changed, "is not a backup, or not the whole of one"),
        (of_something_else, "is a zip of something else"),
        (of_later, "got the format 2, expected 1"),
        (gone, "no such file or directory"),
    ],
)
def test_nothing_is_made_of_a_backup_that_is_not_whole(
    directory: DataDirectory, tmp_path: Path, spoil: object, said: str
) -> None:
    back_up(directory, tmp_path / "backup", None, quiet)
    spoil(tmp_path / "backup")  # type: ignore[operator]
    with pytest.raises(ServerError, match=said):
        restore(tmp_path / "backup", DataDirectory(tmp_path / "other"), quiet)
    assert sorted(os.listdir(tmp_path)) == (["data"] if spoil is gone else ["backup", "data"])


def newer(file: Path) -> str:
    """Make a database one of a later release; what is said of it."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE format SET version = version + 1")
    known = len(MIGRATIONS)
    return f"got the format {known + 1}, expected at most {known}; use the release that wrote it, or a later one"


def test_the_database_of_a_later_release_is_named_as_it_is_known(directory: DataDirectory, tmp_path: Path) -> None:
    said = newer(directory.documents)
    with pytest.raises(ServerError) as caught:
        back_up(directory, tmp_path / "backup", None, quiet)
    assert str(caught.value) == f"backup {tmp_path / 'backup'}: {directory.documents}: {said}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_backup_of_a_later_release_is_refused_in_the_same_words(directory: DataDirectory, tmp_path: Path) -> None:
    back_up(directory, tmp_path / "backup", None, quiet)
    with zipfile.ZipFile(tmp_path / "backup") as whole:
        whole.extract("documents.sqlite", tmp_path)
    said = newer(tmp_path / "documents.sqlite")
    with zipfile.ZipFile(tmp_path / "backup") as whole, zipfile.ZipFile(tmp_path / "later", "w") as later:
        for name in whole.namelist():
            content = (tmp_path / name).read_bytes() if name == "documents.sqlite" else whole.read(name)
            later.writestr(name, content)
    with pytest.raises(ServerError) as caught:
        restore(tmp_path / "later", DataDirectory(tmp_path / "other"), quiet)
    assert str(caught.value) == f"backup {tmp_path / 'later'}: documents.sqlite: {said}"
    assert not (tmp_path / "other").exists()
