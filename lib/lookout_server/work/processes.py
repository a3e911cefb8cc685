"""Processes that do what takes long: beside the server, niced, with a limit of memory, so that nobody waits for them.

A worker does one task after the other, each of which it reads as a line of JSON and answers with one. It ends when its
input does, whatever it is doing: when the server is gone, nobody works on. What it had claimed is begun again.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from lookout_server.work.tasks import Place

#: Niceness of a worker: who answers requests comes first.
_NICE = 10
#: Seconds for a worker to end by itself.
_PATIENCE = 5.0
#: Tasks of a worker before a new one takes its place, so that memory is given back.
_MOST_TASKS = 100


class Stopping(Exception):
    """The server stops: what was to be done is done by who starts next."""


class Waiting(Exception):
    """No worker may be started now; the message says why."""


class WorkerDied(Exception):
    """The process that did a task has ended; the message says how."""


@dataclass(frozen=True)
class Program:
    """What processes are started of, and why none may be given anything to do; '' when they may.

    Without an `environment` they have this process's.
    """

    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    obstacle: Callable[[], str] = lambda: ""

    def check(self) -> None:
        """Raise Waiting when something is in the way."""
        if reason := self.obstacle():
            raise Waiting(reason)

    def start(self) -> subprocess.Popen[bytes]:
        """A process to be asked and to answer through pipes; raises Waiting."""
        self.check()
        # In a session of its own: Ctrl-C is for the server, which ends it itself.
        return subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            start_new_session=True,
        )


class _Worker:
    """One process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.left = _MOST_TASKS

    def perform(self, place: Place, id: str) -> None:
        """Do a task; raises WorkerDied."""
        self.left -= 1
        try:
            self._write(json.dumps([*place, id]) + "\n")
            if self._read():
                return
        except (OSError, ValueError):  # a stream that was closed, by who stops it, is a ValueError
            pass
        self.stop()
        raise WorkerDied(ending(self._process.returncode))

    def stop(self) -> None:
        """End it, and wait for that."""
        end(self._process)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Processes:
    """As many workers at a time as there are `slots`, each started when it is needed first."""

    def __init__(self, program: Program, slots: int) -> None:
        self._program = program
        self._free = threading.Semaphore(slots)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def perform(self, place: Place, id: str) -> None:
        """Have a task done, and wait for that; raises WorkerDied, Waiting, or Stopping."""
        with self._free:
            self._program.check()
            worker = self._take()
            try:
                worker.perform(place, id)
            except WorkerDied:
                self._leave(worker, usable=False)
                if self._stopped:
                    raise Stopping from None
                raise
            self._leave(worker, usable=worker.left > 0)

    def stop(self) -> None:
        """End all workers; what they do is left as it is, and begun again by who starts next."""
        with self._lock:
            self._stopped = True
            workers = [*self._idle, *self._busy]
        for worker in workers:
            worker.stop()

    def _take(self) -> _Worker:
        with self._lock:
            if self._stopped:
                raise Stopping
            worker = self._idle.pop() if self._idle else _Worker(self._program.start())
            self._busy.add(worker)
            return worker

    def _leave(self, worker: _Worker, *, usable: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
            if usable and not self._stopped:
                self._idle.append(worker)
                return
        worker.stop()


def serve(perform: Callable[[Place, str], None], *, most_bytes: int | None = None, nice: int = _NICE) -> None:
    """Be a worker: do what standard input says, until it ends. `most_bytes` is the memory that it may take.

    What is printed goes to standard error: standard output is for the answers.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.nice(nice)
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    for line in _lines(sys.stdin):
        service, account, region, id = json.loads(line)
        perform((service, account, region), id)
        answers.write("done\n")
        answers.flush()


def _lines(stream: IO[str]) -> Sequence[str]:
    """The lines of a stream as they come; when it ends the process does, at once."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, None)  # type: ignore[return-value]


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that works until its input does, and wait for that."""
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def ending(code: int | None) -> str:
    """How a process has ended, in words."""
    if code is not None and code < 0:
        return f"its process was ended by signal {-code}; signal 9 may be for want of memory"
    return f"its process ended with status {code}"
