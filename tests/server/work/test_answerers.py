"""Questions are answered by processes beside the server, which keep what they have loaded, and which may die."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from lookout_server.work import answerers, processes
from lookout_server.work.answerers import Answerers, Busy
from lookout_server.work.processes import Program, Stopping, Waiting, WorkerDied

ANSWERER = """
import os, time
from pathlib import Path
from lookout_server.work.answerers import answer_all

def answer(question):
    what, _, argument = question[0].decode().partition(" ")
    if what == "exit":
        os._exit(int(argument))
    if what == "print":
        print("to the log")
    if what == "meet":
        Path(argument, str(os.getpid())).touch()
        while len(list(Path(argument).iterdir())) < 2:
            time.sleep(0.01)
    if what == "eat":
        try:
            bytearray(int(argument))
        except MemoryError:
            return [b"too much"]
    return [str(os.getpid()).encode(), *question[1:]]

answer_all(answer, most_bytes=1 << 30)
"""


class Pool(Answerers):
    def __init__(self, slots: int) -> None:
        self.reason = ""
        super().__init__(Program([sys.executable, "-c", ANSWERER], obstacle=lambda: self.reason), slots)

    def who(self, about: str, units: int = 1) -> bytes:
        return self.ask(about, units, [b"who"])[0]


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(2)
    yield made
    made.stop()


def test_an_answer_has_as_many_parts_as_there_are_to_it_of_any_size(pool: Pool) -> None:
    parts = [b"", b"\0\n" * 3, bytes(3_000_000)]
    assert pool.ask("a", 1, [b"print", *parts])[1:] == parts


def test_who_has_something_loaded_is_asked_again(pool: Pool) -> None:
    pool.load("a", 1, [b"who"])
    pool.load("b", 2, [b"who"])
    assert len({pool.who("a") for _ in range(5)}) == 1
    assert pool.load("a", 1, [b"who"]) == []  # it is already


def test_something_is_loaded_in_as_many_processes_as_it_has_units_and_as_there_are(pool: Pool) -> None:
    pool.load("a", 5, [b"who"])
    assert [one.loaded for one in pool._idle] == [{"a"}, {"a"}]


def test_what_could_not_be_loaded_is_loaded_again_when_that_is_wanted_again(pool: Pool) -> None:
    for _ in range(2):
        assert pool.load("a", 2, [b"who", b"no"], lambda answer: answer[1] != b"no")[1:] == [b"no"]
    assert len(pool._idle) == 1
    assert pool.load("a", 2, [b"who"])


def test_who_could_not_load_it_when_it_was_asked_has_it_not_loaded(pool: Pool) -> None:
    assert pool.ask("a", 1, [b"who", b"no"], lambda answer: answer[1] != b"no")[1:] == [b"no"]
    assert pool.load("a", 1, [b"who"])


def test_two_are_asked_at_once(pool: Pool, tmp_path: object) -> None:
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: pool.ask("a", 2, [f"meet {tmp_path}".encode()])[0], range(2)))
    assert len(set(found)) == 2


def test_about_something_with_one_unit_one_is_asked_at_a_time(pool: Pool) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: pool.who("a"), range(8)))) == 1


def test_who_dies_is_replaced(pool: Pool) -> None:
    first = pool.who("a")
    with pytest.raises(WorkerDied, match="its process ended with status 3"):
        pool.ask("a", 1, [b"exit 3"])
    assert pool.who("a") != first


def test_who_was_killed_meanwhile_is_replaced_before_anybody_notices(pool: Pool) -> None:
    first = pool.who("a")
    pool._idle[0]._process.kill()
    pool._idle[0]._process.wait()
    assert pool.who("a") != first


def test_who_dies_of_something_else_is_followed_by_another_who_answers(pool: Pool, tmp_path: object) -> None:
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(pool.ask, "a", 1, [f"meet {tmp_path}".encode()])
        while not pool._busy:
            threading.Event().wait(0.01)
        while not list(Path(str(tmp_path)).iterdir()):
            threading.Event().wait(0.01)
        pool._busy[0]._process.kill()
        assert asked.result()  # the second one to come there


def test_memory_is_bounded(pool: Pool) -> None:
    assert pool.ask("a", 1, [b"eat 2000000000"]) == [b"too much"]
    assert pool.who("a")


def test_when_it_stops_nobody_waits(pool: Pool, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PATIENCE", 0.1)
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            pool.ask("a", 1, [f"meet {tmp_path}".encode()])
        except Stopping as error:
            ended.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]  # one waits for the other, which waits for ever
    for thread in threads:
        thread.start()
    while not pool._busy:
        threading.Event().wait(0.01)
    pool.stop()
    for thread in threads:
        thread.join(30)
    assert [type(error) for error in ended] == [Stopping, Stopping]
    with pytest.raises(Stopping):
        pool.who("a")


def test_when_none_may_be_started_those_that_are_there_go_on(pool: Pool) -> None:
    there = pool.who("a")
    pool.reason = "start the server anew"
    assert pool.who("a") == there
    with pytest.raises(Waiting, match="start the server anew"):
        pool.ask("a", 1, [b"exit 3"])


def test_when_none_may_be_started_something_is_loaded_in_those_that_are_there(pool: Pool) -> None:
    there = pool.who("a")
    pool.reason = "start the server anew"
    assert pool.load("b", 2, [b"who"]) == [there]
    assert pool.load("b", 2, [b"who"]) == []  # where it is already
    pool.reason = ""
    assert pool.load("b", 2, [b"who"]) != [there]


def test_when_none_may_be_started_and_one_was_killed_the_one_that_is_busy_is_waited_for(
    pool: Pool, tmp_path: Path
) -> None:
    pool.load("a", 2, [b"who"])
    with ThreadPoolExecutor(2) as threads:
        busy = threads.submit(pool.ask, "a", 2, [f"meet {tmp_path}".encode()])
        while not list(tmp_path.iterdir()):
            threading.Event().wait(0.01)
        pool._idle[0]._process.kill()
        pool._idle[0]._process.wait()
        pool.reason = "start anew"
        asked = threads.submit(pool.who, "b")
        waits = not wait([asked], 0.3).done
        (tmp_path / "other").touch()
        assert waits
        assert asked.result() == busy.result()[0]


def test_when_none_may_be_started_and_none_is_there_nothing_is_loaded(pool: Pool) -> None:
    pool.reason = "start the server anew"
    with pytest.raises(Waiting, match="start the server anew"):
        pool.load("a", 2, [b"who"])


def test_a_question_waits_only_so_long_for_those_that_are_busy(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answerers, "_PATIENCE", 0.1)
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(pool.ask, "a", 1, [f"meet {tmp_path}".encode()])
        while not pool._busy:
            threading.Event().wait(0.01)
        with pytest.raises(Busy, match=r"all that may be asked were busy for 0 seconds"):
            pool.ask("a", 1, [b"who"])
        (tmp_path / "other").touch()
        busy.result(30)
