"""Tests that do not sleep leave the threads of others alone."""

from __future__ import annotations

import threading
import time

import pytest

from tests.sleep import instead_of_sleep


def test_what_a_test_does_instead_of_sleeping_is_not_done_by_threads_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    go, slept = threading.Event(), threading.Event()

    def sleep() -> None:
        go.wait()
        time.sleep(0.001)
        slept.set()

    other = threading.Thread(target=sleep)
    other.start()
    seconds: list[float] = []
    instead_of_sleep(monkeypatch, seconds.append)
    go.set()
    other.join()
    time.sleep(60)
    new = threading.Thread(target=time.sleep, args=(61,))
    new.start()
    new.join()
    assert (slept.is_set(), seconds) == (True, [60, 61])
