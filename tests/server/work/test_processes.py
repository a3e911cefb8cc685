"""Works are done by processes beside the server, which may die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookout_server.assembly import INSPECTOR as SERVERS_INSPECTOR
from lookout_server.assembly import WORKER as SERVERS_WORKER
from lookout_server.work.processes import Processes, Program, Stopping, Waiting, WorkerDied
from lookout_server.work.tasks import Place

PLACE: Place = ("pumps", "111122223333", "eu-west-1")
WORKER = """
import os, sys, time
from pathlib import Path
from lookout_server.work.processes import serve

def perform(place, id):
    what, _, argument = id.partition("/")
    with open(sys.argv[1], "a") as log:
        log.write(f"{os.getpid()} {id} {os.nice(0)}\\n")
    if what == "print":
        print("to the log")
    elif what == "eat":
        bytearray(int(argument))
    elif what == "wait":
        while not Path(argument).exists():
            time.sleep(0.01)
    elif what == "exit":
        os._exit(int(argument))

serve(perform, most_bytes=1 << 30)
"""


class Pool(Processes):
    """Workers that write down what they do."""

    def __init__(self, log: Path, slots: int) -> None:
        super().__init__(Program([sys.executable, "-c", WORKER, str(log)]), slots)
        self.log = log

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    made = Pool(tmp_path / "log", slots=1)
    yield made
    made.stop()


def in_thread(do: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            do()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def until(condition: Callable[[], object]) -> None:
    for _ in range(3_000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to be")


def test_a_worker_does_one_task_after_the_other(pool: Pool) -> None:
    pool.perform(PLACE, "a")
    pool.perform(PLACE, "b")
    (first, a, nice), (second, b, _) = pool.lines()
    assert (first, a, b) == (second, "a", "b")
    assert int(first) != os.getpid()
    assert int(nice) >= 10


def test_what_a_task_prints_is_not_taken_for_an_answer(pool: Pool) -> None:
    for _ in range(2):
        pool.perform(PLACE, "print")
    assert len(pool.lines()) == 2


def test_a_worker_that_ends_is_told_and_another_one_takes_its_place(pool: Pool) -> None:
    with pytest.raises(WorkerDied, match="its process ended with status 7"):
        pool.perform(PLACE, "exit/7")
    pool.perform(PLACE, "a")
    assert len({line[0] for line in pool.lines()}) == 2


def test_a_worker_that_is_killed_is_told(pool: Pool, tmp_path: Path) -> None:
    thread, raised = in_thread(lambda: pool.perform(PLACE, f"wait/{tmp_path / 'never'}"))
    until(pool.lines)
    os.kill(int(pool.lines()[0][0]), signal.SIGKILL)
    thread.join()
    assert "signal 9 may be for want of memory" in str(raised[0])


def test_a_task_that_takes_too_much_memory_ends_its_worker_and_not_the_server(pool: Pool) -> None:
    with pytest.raises(WorkerDied):
        pool.perform(PLACE, f"eat/{2 << 30}")
    pool.perform(PLACE, "a")


def test_no_more_work_at_a_time_than_there_are_slots(pool: Pool, tmp_path: Path) -> None:
    threads = [in_thread(lambda: pool.perform(PLACE, f"wait/{tmp_path / 'go'}"))[0] for _ in range(3)]
    until(pool.lines)
    assert len(pool.lines()) == 1
    (tmp_path / "go").touch()
    for thread in threads:
        thread.join()
    assert len(pool.lines()) == 3


def test_nobody_is_given_anything_to_do_while_something_is_in_the_way(tmp_path: Path) -> None:
    reasons = [""]
    program = Program([sys.executable, "-c", WORKER, str(tmp_path / "log")], obstacle=lambda: reasons[-1])
    pool = Processes(program, 1)
    try:
        pool.perform(PLACE, "a")
        reasons.append("another release is installed")
        with pytest.raises(Waiting, match="another release is installed"):
            pool.perform(PLACE, "b")
        reasons.pop()
        pool.perform(PLACE, "c")
    finally:
        pool.stop()
    assert [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()] == ["a", "c"]


@pytest.mark.parametrize("command", [SERVERS_WORKER, SERVERS_INSPECTOR], ids=["worker", "inspector"])
def test_a_process_of_another_release_opens_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    data = tmp_path / "data"
    ran = subprocess.run(
        [*command, "0.0.1"],
        env={**os.environ, "LOOKOUT_SERVER_DATA": str(data)},
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "release: got a server of 0.0.1, expected one of" in ran.stderr
    assert ran.returncode != 0
    assert not data.exists()


def test_a_pool_that_stops_ends_its_workers_and_says_so_to_who_waits(pool: Pool, tmp_path: Path) -> None:
    thread, raised = in_thread(lambda: pool.perform(PLACE, f"wait/{tmp_path / 'never'}"))
    until(pool.lines)
    pool.stop()
    thread.join()
    assert isinstance(raised[0], Stopping)
    with pytest.raises(Stopping):
        pool.perform(PLACE, "a")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pool.lines()[0][0]), 0)


def test_a_module_where_the_server_was_started_does_not_take_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('that of the user')")
    ran = subprocess.run(SERVERS_WORKER, cwd=tmp_path, input="", capture_output=True, text=True, check=False)
    assert "that of the user" not in ran.stderr
    assert "data: got none, expected the directory" in ran.stderr
