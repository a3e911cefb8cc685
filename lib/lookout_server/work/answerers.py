"""Processes that answer questions about something that takes a while to load, and that is then at hand.

A question and its answer are a few byte strings each, which go through pipes. A process ends when its input does.
"""

from __future__ import annotations

import contextlib
import os
import resource
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import IO

from lookout_server.work.processes import Program, Stopping, WorkerDied, end, ending

#: Seconds that a question waits for a process: less than clients wait for their answer.
_PATIENCE = 30.0
_COUNT, _LENGTH = struct.Struct(">I"), struct.Struct(">Q")
Parts = Sequence[bytes]
#: Whether what was asked about is loaded, by the answer.
IsLoaded = Callable[[list[bytes]], bool]


class Busy(Exception):
    """Everybody who could answer was busy for as long as one can wait; the message says how long."""


class _Answerer:
    """One process, and what it has loaded."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.loaded: set[str] = set()

    def ask(self, question: Parts) -> list[bytes]:
        """The answer; raises WorkerDied."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            _write(self._process.stdin, question)
            return _read(self._process.stdout)
        except (OSError, EOFError, ValueError):  # a stream that was closed, by who stops it, is a ValueError
            self.stop()
            raise WorkerDied(ending(self._process.returncode)) from None

    @property
    def is_over(self) -> bool:
        """Whether it has ended by itself, or by somebody else."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """End it, and wait for that."""
        end(self._process)


class Answerers:
    """As many processes as there are `slots`, each started when it is needed first.

    Questions name what they are about, and in how many processes at a time that may be. They go to a process that has
    it loaded, where there is one.
    """

    def __init__(self, program: Program, slots: int) -> None:
        self._program = program
        self._slots = slots
        self._idle: list[_Answerer] = []
        self._busy: list[_Answerer] = []
        self._asked: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._stopped = False

    def ask(self, about: str, units: int, question: Parts, is_loaded: IsLoaded = lambda answer: True) -> list[bytes]:
        """The answer; waits a while for a process that is free. Raises Busy, WorkerDied, Waiting, or Stopping.

        Another process is asked when one dies: it may have been of something else. is_loaded: whether the process has
        it loaded from now on, as its answer says.
        """
        try:
            return self._ask(self._take(about, units), about, question, is_loaded)
        except WorkerDied:
            return self._ask(self._take(about, units), about, question, is_loaded)

    def load(self, about: str, units: int, question: Parts, is_loaded: IsLoaded = lambda answer: True) -> list[bytes]:
        """Ask this of as many processes as may have it loaded, one after the other; the last answer.

        The first one in which it is not loaded, as its answer says, is the last. When no further process may be
        started, those will do that are there. Raises WorkerDied, Stopping, or Waiting when none is.
        """
        answer: list[bytes] = []
        while answerer := self._without(about, units):
            answer = self._ask(answerer, about, question, is_loaded)
            if not is_loaded(answer):
                break
        return answer

    def stop(self) -> None:
        """End all processes; what they are asked is not answered any more."""
        with self._changed:
            self._stopped = True
            answerers = [*self._idle, *self._busy]
            self._changed.notify_all()
        for answerer in answerers:
            answerer.stop()

    def _ask(self, answerer: _Answerer, about: str, question: Parts, is_loaded: IsLoaded) -> list[bytes]:
        try:
            answer = answerer.ask(question)
        except WorkerDied:
            self._leave(answerer, about, usable=False)
            if self._stopped:
                raise Stopping from None
            raise
        except BaseException:  # such as for want of memory: half of an answer may still be on its way
            answerer.stop()
            self._leave(answerer, about, usable=False)
            raise
        if is_loaded(answer):
            answerer.loaded.add(about)
        else:
            answerer.loaded.discard(about)
        self._leave(answerer, about, usable=True)
        return answer

    def _take(self, about: str, units: int) -> _Answerer:
        with self._changed:
            is_ready = self._changed.wait_for(
                lambda: self._stopped or (self._asked[about] < min(units, self._slots) and self._is_one_free()),
                _PATIENCE,
            )
            if not is_ready:
                raise Busy(f"all that may be asked were busy for {_PATIENCE:.0f} seconds")
            having = next((one for one in self._idle if about in one.loaded), None)
            return self._taken(about, having or (self._idle[0] if self._idle else None))

    def _without(self, about: str, units: int) -> _Answerer | None:
        """A process that has it not loaded yet, as long as there are to be more that have."""
        with self._changed:
            self._bury()
            others = [one for one in (*self._idle, *self._busy) if about in one.loaded]
            if len(others) >= min(units, self._slots):
                return None
            self._changed.wait_for(
                lambda: self._stopped or self._has_room() or any(about not in one.loaded for one in self._idle)
            )
            idle = next((one for one in self._idle if about not in one.loaded), None)
            if idle is None and others and self._program.obstacle():
                return None
            return self._taken(about, idle)

    def _taken(self, about: str, idle: _Answerer | None) -> _Answerer:
        if self._stopped:
            raise Stopping
        if idle is None:
            idle = _Answerer(self._program.start())
        else:
            self._idle.remove(idle)
        self._busy.append(idle)
        self._asked[about] += 1
        return idle

    def _leave(self, answerer: _Answerer, about: str, *, usable: bool) -> None:
        with self._changed:
            self._busy.remove(answerer)
            self._asked[about] -= 1
            if usable and not self._stopped:
                self._idle.append(answerer)
            self._changed.notify_all()

    def _bury(self) -> None:
        """Forget processes that have ended while nobody asked them."""
        for one in [one for one in self._idle if one.is_over]:
            self._idle.remove(one)
            one.stop()

    def _has_room(self) -> bool:
        return len(self._idle) + len(self._busy) < self._slots

    def _is_one_free(self) -> bool:
        self._bury()
        # Those that are busy are waited for when no other one may be started.
        return bool(self._idle) or (self._has_room() and not (self._busy and self._program.obstacle()))


def answer_all(answer: Callable[[list[bytes]], Parts], *, most_bytes: int | None = None) -> None:
    """Be such a process: answer what comes by standard input, until that ends.

    `most_bytes` is the memory that it may take. What is printed goes to standard error.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            _write(answers, answer(_read(sys.stdin.buffer)))


def _write(stream: IO[bytes], parts: Parts) -> None:
    stream.write(_COUNT.pack(len(parts)))
    for part in parts:
        stream.write(_LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def _read(stream: IO[bytes]) -> list[bytes]:
    """Raises EOFError."""
    [count] = _COUNT.unpack(_exactly(stream, _COUNT.size))
    return [_exactly(stream, _LENGTH.unpack(_exactly(stream, _LENGTH.size))[0]) for _ in range(count)]


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise EOFError
    return found
