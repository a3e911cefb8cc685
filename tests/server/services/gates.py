"""What holds a thread up until a test lets it go on, and how to find out that nobody else is held up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import ClientError

T = TypeVar("T")
PATIENCE = 30


class Gate:
    """Holds up whoever comes, from when it is shut until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._reached = threading.Event()
        self._open.set()

    def shut(self) -> None:
        """Hold up who comes from now on."""
        self._reached.clear()
        self._open.clear()

    def open(self) -> None:
        """Let everybody go on."""
        self._open.set()

    def reached(self) -> None:
        """Wait until somebody is held up."""
        assert self._reached.wait(PATIENCE), "nobody came to the gate"

    def pass_through(self) -> None:
        """Be held up, when it is shut."""
        if not self._open.is_set():
            self._reached.set()
        assert self._open.wait(PATIENCE), "the gate was never opened"

    def before(self, thing: Any, method: str, when: Callable[..., bool] = lambda *_, **__: True) -> None:
        """Put the gate before a method of an object, for calls of which `when` holds."""
        plain = getattr(thing, method)

        def gated(*arguments: Any, **named: Any) -> Any:
            if when(*arguments, **named):
                self.pass_through()
            return plain(*arguments, **named)

        setattr(thing, method, gated)


class Threads:
    """Does what it is given in a new thread each time."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def begin(self, work: Callable[[], object]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Wait until everything is done."""
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the work did not end"


def answered(call: Callable[..., T], **parameters: Any) -> T:
    """The answer to a call, which must come although something else is held up."""
    answers: list[T] = []
    thread = threading.Thread(target=lambda: answers.append(call(**parameters)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert answers, "the call was not answered"
    return answers[0]


def at_once(count: int, do: Callable[[int], Any]) -> list[Any]:
    """What several threads get that begin together; an error is its code."""
    found: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            found[number] = do(number)
        except ClientError as error:
            found[number] = error.response["Error"]["Code"]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
