"""What tests do where the code that they are about would sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest


def instead_of_sleep(monkeypatch: pytest.MonkeyPatch, do: Callable[[float], object]) -> None:
    """Have this done with the seconds instead, but not by threads that were there before the test.

    MiniStack's, which sleep a minute again and again, would not end to go round, and their minutes would seem to be
    the code's.
    """
    others = {*threading.enumerate()} - {threading.current_thread()}
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: (sleep if threading.current_thread() in others else do)(seconds))
