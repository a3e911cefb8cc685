"""Several threads and processes on one store, and the death of one of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from lookout_server.store import Check, Conflict, Documents, Put, SqliteDocuments

KIND = "k"
_TIMES = 40
_INCREMENT = """
import sys
from lookout_server.store import SqliteDocuments
from tests.server.store.test_together import increment
store = SqliteDocuments(sys.argv[1])
increment(store, int(sys.argv[2]))
print([store.next_number("n") for _ in range(150)])
store.close()
"""
_ENDLESS = """
import sys
from lookout_server.store import Put, SqliteDocuments
store = SqliteDocuments(sys.argv[1])
while True:
    number = store.next_number("n")
    store.commit([Put("k", f"{number}-{side}", {}, None, number=number) for side in "ab"])
    print(number, flush=True)
"""


def increment(documents: Documents, times: int) -> None:
    """Count up by compare-and-swap: read, decide, commit, and once more after a conflict.

    The commit begins with a read, which must not keep it from writing.
    """
    for _ in range(times):
        while True:
            found = documents.get(KIND, "count")
            count, revision = (found.body["count"], found.revision) if found else (0, None)
            try:
                documents.commit([Check(KIND, "none", None), Put(KIND, "count", {"count": count + 1}, revision)])
                break
            except Conflict:
                pass


def count(documents: Documents) -> int:
    found = documents.get(KIND, "count")
    assert found is not None
    return int(found.body["count"])


def in_threads(*works: Callable[[], object]) -> None:
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # they come between one another wherever they can
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert failed == []


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def test_threads_lose_no_update(documents: Documents) -> None:
    in_threads(*[lambda: increment(documents, _TIMES)] * 3)
    assert count(documents) == 3 * _TIMES


def test_threads_get_different_numbers(documents: Documents) -> None:
    found: list[int] = []
    in_threads(*[lambda: found.extend(documents.next_number("n") for _ in range(150))] * 3)
    assert len(set(found)) == 450


def test_a_thread_that_reads_sees_whole_commits_only(documents: Documents) -> None:
    """Both documents are written together, so no list has one of them without the other."""
    seen: list[set[int]] = []

    def write() -> None:
        revisions: dict[tuple[str, str], str] = {}
        for number in range(1, 101):
            puts = [Put(KIND, id, {}, revisions.get((KIND, id)), number=number) for id in "ab"]
            revisions = documents.commit(puts)

    def read() -> None:
        while len(seen) < 100:
            seen.append({one.number or 0 for one in documents.by_id(KIND)})

    in_threads(write, read, read)
    assert {len(one) for one in seen} <= {0, 1}


def test_processes_lose_no_update_and_get_different_numbers(file: Path) -> None:
    """They also make the file at the same time."""
    processes = [start(_INCREMENT, file, _TIMES) for _ in range(3)]
    numbers = [number for process in processes for number in json.loads(process.communicate()[0])]
    assert [process.returncode for process in processes] == [0, 0, 0]
    documents = SqliteDocuments(file)
    assert count(documents) == 3 * _TIMES
    assert len(set(numbers)) == 450
    documents.close()


def test_what_another_process_has_committed_is_read_at_once(file: Path) -> None:
    documents = SqliteDocuments(file)
    process = start(_ENDLESS, file)
    assert process.stdout is not None
    for _ in range(20):
        number = int(process.stdout.readline())
        assert documents.get(KIND, f"{number}-a") is not None
    process.kill()
    process.communicate()
    documents.close()


def test_a_process_that_is_killed_loses_nothing_that_was_acknowledged(file: Path) -> None:
    """Whatever it was doing: each commit is there with both of its documents, or not at all."""
    said: list[int] = []
    for rounds in (3, 40, 11):
        process = start(_ENDLESS, file)
        assert process.stdout is not None
        said += [int(process.stdout.readline()) for _ in range(rounds)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.communicate()[0].splitlines() if line]
    documents = SqliteDocuments(file)
    kept = [one.number for one in documents.by_number(KIND)]
    assert set(said) <= set(kept)
    assert len(said) == len(set(said))
    assert all(kept.count(number) == 2 for number in set(kept))
    assert len(set(kept)) <= len(said) + 3
    assert documents.check() == []
    documents.close()
