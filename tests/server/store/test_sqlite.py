"""What is particular to SQLite: files, formats, disks that fail, backups."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lookout_server.store import (
    MEMORY,
    Document,
    NewerFormat,
    Put,
    SqliteDocuments,
    StoreDamaged,
    StoreUnavailable,
    connections,
)
from lookout_server.store import schema as formats

#: A database of each format, as the release that brought it wrote it; never change those of a release.
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.sqlite"))
_NOBODY = 65534
LARGE = {"x": "y" * 300_000}


@contextlib.contextmanager
def opened(path: Path | str) -> Iterator[SqliteDocuments]:
    store = SqliteDocuments(path)
    try:
        yield store
    finally:
        store.close()


def put(store: SqliteDocuments, id: str, body: dict[str, str] | None = None) -> None:
    store.commit([Put("k", id, body or {}, None)])


def ids(store: SqliteDocuments) -> list[str]:
    return [one.id for one in store.by_id("k")]


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Run statements as somebody else's program; what the last one finds."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def schema(path: Path) -> list[tuple[object, ...]]:
    return sql(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")


def elsewhere(work: Callable[[], None]) -> None:
    """Do it in a child process, as a user without special rights, so that limits of the process bind nobody else."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(_NOBODY)
                os.setuid(_NOBODY)
            work()
        except BaseException as error:
            os.write(2, f"in the child: {error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def hand_over(path: Path, mode: int) -> None:
    """Let the user of `elsewhere` have the file and its directory with that mode, and pass the directories above."""
    path.chmod(mode & 0o666)
    path.parent.chmod(mode)
    if os.geteuid() == 0:
        for one in (path.parent, path):
            os.chown(one, _NOBODY, _NOBODY)
        for above in path.parent.parents:
            if not above.stat().st_mode & stat.S_IXOTH:
                above.chmod(above.stat().st_mode | stat.S_IXOTH)


def test_what_is_on_disk_outlives_the_process_that_wrote_it(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        number = store.next_number("n")
    with opened(str(file)) as store:
        assert ids(store) == ["a"]
        assert store.next_number("n") > number


def test_two_stores_in_memory_are_two() -> None:
    with opened(MEMORY) as first, opened(MEMORY) as second:
        put(first, "a")
        assert ids(second) == []


def test_the_files_are_their_users_only(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        store.backup(file.parent / "copy")
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()}
    assert modes == dict.fromkeys([file.name, f"{file.name}-wal", f"{file.name}-shm", "copy"], 0o600)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_theirs_no_longer(file: Path) -> None:
    with opened(file):
        file.chmod(0o644)
    with opened(file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_each_commit_waits_for_the_disk(file: Path) -> None:
    with opened(file) as store, store._connections.writing() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]


def test_opening_and_closing_leaves_no_descriptor_and_no_thread(file: Path) -> None:
    def use() -> None:
        with opened(file) as store:
            readers = [threading.Thread(target=ids, args=(store,)) for _ in range(3)]
            for reader in readers:
                reader.start()
            store.commit([])
            for reader in readers:
                reader.join()

    use()
    before = len(os.listdir("/dev/fd")), threading.active_count()
    for _ in range(50):
        use()
    assert (len(os.listdir("/dev/fd")), threading.active_count()) == before
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_threads_that_come_and_go_leave_no_connection_each(file: Path) -> None:
    with opened(file) as store:
        ids(store)
        before = len(os.listdir("/dev/fd"))
        for _ in range(20):
            reader = threading.Thread(target=ids, args=(store,))
            reader.start()
            reader.join()
        assert len(os.listdir("/dev/fd")) == before


def test_a_reader_is_not_held_up_by_a_writer(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        with store._connections.writing() as connection:
            connection.execute("DELETE FROM documents")
            assert ids(store) == ["a"]
        assert ids(store) == []


def test_a_writer_that_waits_too_long_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_PATIENCE", 0.01)
    with opened(file) as store, contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match=r"documents.sqlite: another process has been writing for"):
            put(store, "a")
        other.execute("ROLLBACK")
        put(store, "a")
        assert ids(store) == ["a"]


def test_a_full_disk_loses_nothing_and_the_store_goes_on_when_there_is_room(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        with store._connections.writing() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(StoreUnavailable, match=r"documents.sqlite: the disk is full; free some space \(SQLite: "):
            put(store, "b", LARGE)
        assert ids(store) == ["a"]
        put(store, "b", LARGE)
        assert ids(store) == ["a", "b"]


def test_a_disk_that_refuses_a_write_loses_nothing_either(file: Path) -> None:
    """A limit of the process for files is the nearest to it that needs no disk of its own."""

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with opened(file) as store:
            put(store, "a")
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="the disk"):
                    put(store, "b", LARGE)
            assert ids(store) == ["a"]
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            put(store, "b", LARGE)
            assert store.check() == []

    file.parent.mkdir()
    file.touch()
    hand_over(file, 0o700)
    elsewhere(work)
    with opened(file) as store:
        assert ids(store) == ["a", "b"]


def test_a_file_that_may_only_be_read_is_refused_with_the_way_out(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
    before = file.read_bytes()

    def work() -> None:
        with pytest.raises(StoreUnavailable, match=r"documents.sqlite: may not be written; make the file, its dir"):
            SqliteDocuments(file)

    hand_over(file, 0o500)
    elsewhere(work)
    file.parent.chmod(0o700)
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


def test_a_store_that_becomes_read_only_goes_on_when_it_may_be_written_again(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        with store._connections.writing() as connection:
            connection.execute("PRAGMA query_only = 1")
        with pytest.raises(StoreUnavailable, match=r"documents.sqlite: may not be written; make the file"):
            put(store, "b")
        put(store, "b")
        assert ids(store) == ["a", "b"]


def test_a_file_that_is_taken_away_is_not_made_anew_and_the_store_goes_on_when_it_is_back(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        file.rename(file.with_name("away"))
        with pytest.raises(StoreUnavailable, match=r"documents.sqlite: No such file or directory; check the path"):
            put(store, "b")
        assert not file.exists()
        file.with_name("away").rename(file)
        put(store, "c")
        assert ids(store) == ["a", "c"]


def test_a_file_that_is_replaced_takes_no_more_commits(file: Path) -> None:
    """They would go into one that nobody finds again."""
    with opened(file) as store:
        put(store, "a")
        store.backup(file)
        with pytest.raises(StoreDamaged, match=r"documents.sqlite: was replaced while it was open; start again"):
            put(store, "b")


def test_a_child_of_a_fork_may_not_use_the_connections_of_its_parent(file: Path) -> None:
    with opened(file) as store:

        def work() -> None:
            with pytest.raises(RuntimeError, match="was opened before the fork"):
                store.get("k", "a")
            with pytest.raises(RuntimeError, match="was opened before the fork"):
                store.commit([])

        elsewhere(work)
        put(store, "a")


@pytest.mark.parametrize("content", [b"hello " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match="x: is not a database; name another file"):
        SqliteDocuments(path)
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["x"]


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x"
    sql(path, "CREATE TABLE songs (title TEXT)")
    with pytest.raises(StoreUnavailable, match="x: is a database of something else; name another file"):
        SqliteDocuments(path)
    assert [row[1] for row in schema(path)] == ["songs"]


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=f"{tmp_path}: cannot be opened; check"):
        SqliteDocuments(tmp_path)
    with pytest.raises(StoreUnavailable, match=r"file/x: (Not a directory|File exists); check the path"):
        SqliteDocuments(tmp_path / "file" / "x")


def test_a_newer_format_is_refused_and_left_alone(file: Path) -> None:
    with opened(file):
        pass
    known = len(formats.MIGRATIONS)
    sql(file, f"UPDATE format SET version = {known + 2}")
    before = file.read_bytes()
    with pytest.raises(
        NewerFormat, match=f"got the format {known + 2}, expected at most {known}; use the rel"
    ) as caught:
        SqliteDocuments(file)
    assert (caught.value.found, caught.value.known) == (known + 2, known)
    assert file.read_bytes() == before


def test_there_is_a_golden_file_of_each_format() -> None:
    assert [int(path.stem) for path in GOLDEN] == list(range(1, len(formats.MIGRATIONS) + 1))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_database_of_an_earlier_format_opens_and_becomes_as_a_new_one(golden: Path, file: Path) -> None:
    file.parent.mkdir()
    shutil.copy(golden, file)
    with opened(file) as store:
        due = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
        assert store.get("lookoutequipment/dataset/111122223333/eu-west-1", "pumps") == Document(
            "lookoutequipment/dataset/111122223333/eu-west-1",
            "pumps",
            {"DatasetName": "pumps", "Status": "ACTIVE", "Rows": 100000, "Umlaut": "ü"},
            "8f2b6f0b5c1d4e3a9a7b6c5d",
            41,
            due,
            ("0123456789abcdef" * 4,),
        )
        assert store.next_number("lookoutequipment/dataset") == 101
        assert store.check() == []
        store.backup(file.with_name("copy"))
    with opened(file.with_name("new")):
        pass
    assert schema(file) == schema(file.with_name("new"))
    assert sql(file, "SELECT version FROM format") == [(len(formats.MIGRATIONS),)]


def test_two_that_open_a_new_file_at_once_make_it_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is done between the look at the format and the transaction."""
    look, looks = formats._format, iter([True])

    def overtaken(connection: sqlite3.Connection, where: str) -> int:
        found = look(connection, where)
        if next(looks, False):
            with opened(file) as other:
                put(other, "a")
        return found

    monkeypatch.setattr(formats, "_format", overtaken)
    with opened(file) as store:
        assert ids(store) == ["a"]


def test_a_migration_is_done_whole_or_not_at_all(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(file) as store:
        put(store, "a")
    known, before = len(formats.MIGRATIONS), schema(file)
    good, bad = ("ALTER TABLE documents ADD COLUMN more TEXT",), ("CREATE TABLE other (x TEXT)", "NO SQL")
    monkeypatch.setattr(formats, "MIGRATIONS", (*formats.MIGRATIONS, bad))
    with pytest.raises(StoreUnavailable, match="see what the database says"):
        SqliteDocuments(file)
    assert schema(file) == before
    monkeypatch.setattr(formats, "MIGRATIONS", (*formats.MIGRATIONS[:-1], good))
    with opened(file) as store:
        assert ids(store) == ["a"]
    assert sql(file, "SELECT version, more FROM format, documents") == [(known + 1, None)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.get("k", "a"),
        lambda store: store.by_id("k", after="a", limit=3),
        lambda store: store.by_id("k", prefix="a", after="b"),
        lambda store: store.by_number("k", after=3, limit=3),
        lambda store: store.by_due("k", until=datetime.now(UTC), limit=3),
        lambda store: store.kinds("k"),
        lambda store: store.kinds(),
        lambda store: store.blobs(),
    ],
)
def test_each_query_goes_by_an_index_and_sorts_nothing(ask: Callable[[SqliteDocuments], object]) -> None:
    """So it costs what it finds, however much else there is."""
    with opened(MEMORY) as store:
        with store._connections.reading() as connection:
            asked: list[str] = []
            connection.set_trace_callback(asked.append)
        ask(store)
        with store._connections.reading() as connection:
            connection.set_trace_callback(None)
            steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()]
    through = [step for step in steps if "documents" in step]
    assert through != []
    assert [step for step in through if "INDEX" not in step] == []
    assert [step for step in steps if "TEMP B-TREE" in step] == []


def test_a_backup_is_the_store_of_one_moment_and_opens_as_one(file: Path) -> None:
    copy = file.parent / "copy.sqlite"
    with opened(file) as store:
        put(store, "a")
        store.backup(copy)
        put(store, "b")
        with opened(copy) as restored:
            assert ids(restored) == ["a"]
        store.backup(copy)
        assert sorted(os.listdir(file.parent)) == [
            "copy.sqlite",
            *(f"{file.name}{end}" for end in ("", "-shm", "-wal")),
        ]
    with opened(copy) as restored:
        assert ids(restored) == ["a", "b"]


def test_a_store_in_memory_can_be_backed_up_as_well(tmp_path: Path) -> None:
    with opened(MEMORY) as store:
        put(store, "a")
        store.backup(tmp_path / "copy")
    with opened(tmp_path / "copy") as restored:
        assert ids(restored) == ["a"]


def test_a_backup_is_made_while_others_write(file: Path) -> None:
    """It is one moment of the store: what is written together is in it together."""
    done = threading.Event()

    def write(store: SqliteDocuments) -> None:
        for number in range(60):
            store.commit([Put("k", f"{number}-{side}", LARGE if number < 3 else {}, None) for side in "ab"])
        done.set()

    with opened(file) as store:
        writer = threading.Thread(target=write, args=(store,))
        writer.start()
        copies = [file.parent / "first"]
        store.backup(copies[0])
        while not done.is_set():
            copies.append(file.parent / str(len(copies)))
            store.backup(copies[-1])
        writer.join()
    for copy in copies:
        with opened(copy) as restored:
            numbers = [id.partition("-")[0] for id in ids(restored)]
            assert all(numbers.count(number) == 2 for number in numbers)
            assert restored.check() == []


def test_a_backup_that_fails_leaves_nothing_behind_and_the_one_before_as_it_was(tmp_path: Path) -> None:
    with opened(MEMORY) as store:
        put(store, "a")
        (tmp_path / "directory" / "x").mkdir(parents=True)
        with pytest.raises(StoreUnavailable, match="directory: Is a directory; check the path"):
            store.backup(tmp_path / "directory")
        with pytest.raises(StoreUnavailable, match="none/x: No such file or directory"):
            store.backup(tmp_path / "none" / "x")
        put(store, "b")
    assert os.listdir(tmp_path) == ["directory"]


def test_a_check_names_the_document_that_is_damaged(file: Path) -> None:
    with opened(file) as store:
        put(store, "a")
        put(store, "b")
        sql(file, "UPDATE documents SET body = '{' WHERE id = 'a'")
        assert store.check() == [f"{file}: k a: the body is not the JSON of a document"]
        with pytest.raises(StoreDamaged, match=r"documents.sqlite: k a: is damaged; restore a backup"):
            store.get("k", "a")
        assert store.get("k", "b") is not None


def test_a_check_finds_pages_that_are_damaged(file: Path) -> None:
    with opened(file) as store:
        for id in "abc":
            put(store, id, LARGE)
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096 * 4] = b"\xff" * 4096 * 4
    file.write_bytes(content)
    with opened(file) as store:
        assert store.check() != []
