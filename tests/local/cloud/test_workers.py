"""The threads that do what takes long."""

from __future__ import annotations

import logging
import threading

import pytest

from lookout_local.workers import Workers
from tests.server.services.gates import PATIENCE, Gate


def test_what_is_given_is_done_by_other_threads_and_some_of_it_at_a_time() -> None:
    workers, together = Workers(), threading.Barrier(3, timeout=PATIENCE)
    done: list[str] = []
    for _ in range(2):
        workers.begin(lambda: (together.wait(), done.append(threading.current_thread().name)))  # type: ignore[arg-type]
    together.wait()
    workers.stop()
    assert len(done) == 2
    assert threading.current_thread().name not in done


def test_what_has_not_begun_when_they_stop_is_given_up() -> None:
    workers, gate, done = Workers(), Gate(), list[int]()
    gate.shut()
    for number in range(9):
        workers.begin(lambda number=number: (gate.pass_through(), done.append(number)))  # type: ignore[misc]
    gate.reached()
    threading.Timer(0.01, gate.open).start()
    workers.stop()
    assert len(done) <= 3
    workers.begin(lambda: done.append(99))
    assert 99 not in done


def test_what_fails_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    workers, done = Workers(), threading.Event()

    def fail() -> None:
        raise ValueError("out of order")

    with caplog.at_level(logging.ERROR):
        workers.begin(fail)
        workers.begin(done.set)
        assert done.wait(PATIENCE)
        workers.stop()
    assert "work has failed: out of order" in caplog.text
