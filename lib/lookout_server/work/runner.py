"""Takes up tasks: claims one, does it, and commits what came of it, unless somebody else has by then."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from lookout_server.entities.session import Home
from lookout_server.store.errors import Conflict, StoreUnavailable
from lookout_server.work.processes import Stopping, Waiting, WorkerDied
from lookout_server.work.tasks import AGAIN, MOST_DEATHS, TERM, Errand, Place, Task, tasks_of

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
#: How often a commit is tried again when somebody else was faster; each time takes a moment only.
_TRIES = 100
#: Seconds of real time that who looks too early waits, so that whoever looks without a pause sees the end.
_PATIENCE = 0.25
#: Seconds of real time after which a store that was away is asked again, the first time and at most.
_AWAY, _LONGEST_AWAY = 1.0, 60.0
_INTERNAL = "An internal error occurred; the log of the server has more"
#: Who may wait at a time: there are only so many threads to answer requests.
_WAITING = 8


def unopposed(attempt: Callable[[], T]) -> T:
    """What an attempt brings, made again as long as somebody else has committed in between."""
    for tried in range(_TRIES):
        try:
            return attempt()
        except Conflict:
            if tried + 1 == _TRIES:
                raise
            time.sleep(random.random() * min(0.05, 0.001 * tried))
    raise AssertionError("unreachable")


def patiently(attempt: Callable[[], T], seconds: float) -> T:
    """What an attempt brings, made again while the store is away, for so many seconds of real time."""
    end, pause = time.monotonic() + seconds, _AWAY
    while True:
        try:
            return attempt()
        except StoreUnavailable:
            if time.monotonic() + pause > end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_AWAY)


class Runner:
    """Performs tasks. `open_home` gives a home in a new session; `errand_of` what a task means in it, or None when it
    was dealt with there; `failed` is told what went wrong inside."""

    def __init__(
        self,
        open_home: Callable[[str, str, str], Home],
        errand_of: Callable[[Home, Task, datetime], Errand[Any] | None],
        now: Callable[[], datetime],
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._open = open_home
        self._errand_of = errand_of
        self._now = now
        self._failed = failed
        self._running: set[tuple[str, str, str, str]] = set()
        #: What is claimed though nobody works on it, which could not be written down yet; why somebody has died of it.
        self._held: dict[tuple[str, str, str, str], str | None] = {}
        #: What waits for a worker who may do it, and from when on that is tried again, as the machine counts seconds.
        self._later: dict[tuple[str, str, str, str], float] = {}
        self._changed = threading.Condition()
        self._waiting = threading.BoundedSemaphore(_WAITING)

    def take(self, place: Place, id: str) -> bool:
        """Whether a task of a service, account and Region is nobody's here; then it is the caller's."""
        with self._changed:
            if (*place, id) in self._running or time.monotonic() < self._later.get((*place, id), 0.0):
                return False
            self._later.pop((*place, id), None)
            self._running.add((*place, id))
            return True

    def is_at(self, place: Place, id: str) -> bool:
        """Whether a task that was taken is not done yet."""
        with self._changed:
            return (*place, id) in self._running

    def wait(self) -> None:
        """Wait a moment for something to be done, unless enough others do so."""
        if self._waiting.acquire(blocking=False):
            try:
                with self._changed:
                    if self._running:
                        self._changed.wait(_PATIENCE)
            finally:
                self._waiting.release()

    def perform(self, place: Place, id: str, *, patience: float = 0) -> None:
        """Do a task that was taken; never raises. `patience` are the seconds that it may wait for a store that is away:
        nobody else takes up what is claimed, and what took long would have been for nothing."""
        try:
            try:
                self._perform(place, id, patience)
            except Waiting as reason:
                _LOG.warning("%s of %s in %s waits: %s", id, place[1], place[2], reason)
                self._let_go(place, id, None)
        except StoreUnavailable as error:
            self._failed(place[0], error)
            self._held[*place, id] = None
        except Stopping:
            pass
        except Exception as error:
            self._failed(place[0], error)
        finally:
            self._over(place, id)

    def supervise(self, place: Place, id: str, elsewhere: Callable[[Place, str], None]) -> None:
        """Have a task that was taken done by somebody else; when they die, it is begun again."""
        try:
            try:
                elsewhere(place, id)
            except WorkerDied as death:
                _LOG.warning("the worker at %s of %s in %s has died: %s", id, place[1], place[2], death)
                self._let_go(place, id, str(death))
            except Waiting as reason:
                _LOG.warning("%s of %s in %s waits: %s", id, place[1], place[2], reason)
                self._later[*place, id] = time.monotonic() + AGAIN.total_seconds()
            else:
                self._let_go(place, id, None)
        except Stopping:
            pass
        except Exception as error:
            self._failed(place[0], error)
        finally:
            self._over(place, id)

    def retry(self) -> None:
        """Let go of what nobody could while the store was away."""
        for (*place, id), reason in list(self._held.items()):
            self._let_go((place[0], place[1], place[2]), id, reason)

    def _let_go(self, place: Place, id: str, reason: str | None) -> None:
        """Have a task begun again that nobody works on any more; when the store is away, as soon as it is back.

        The reason is that of a death; without one, what was claimed was left, because the store was away.
        """
        key = (*place, id)
        try:
            deaths = self.give_back(place, id, reason)
        except StoreUnavailable as error:
            if key not in self._held:
                self._failed(place[0], error)
            self._held[key] = reason
            return
        self._held.pop(key, None)
        if deaths >= MOST_DEATHS:
            self._perform(place, id, 0)  # it is not begun any more, but ended

    def _over(self, place: Place, id: str) -> None:
        with self._changed:
            self._running.discard((*place, id))
            self._changed.notify_all()

    def _perform(self, place: Place, id: str, patience: float) -> None:
        try:
            claimed = unopposed(lambda: self._claim(place, id))
        except Exception:
            unopposed(lambda: self._put_off(place, id))
            raise
        if claimed is None:
            return
        errand, claim = claimed
        try:
            outcome = patiently(errand.do, patience)
        except MemoryError:
            outcome = "It needs more memory than a worker may take"
        except (StoreUnavailable, Stopping, Waiting):
            raise
        except Exception as error:
            self._failed(place[0], error)
            outcome = _INTERNAL
        reason = ""
        for found in (outcome, _INTERNAL):  # what came of it cannot always be kept: then it has failed
            try:
                patiently(partial(unopposed, partial(self._end, place, id, claim, errand, found)), patience)
                return
            except (StoreUnavailable, Stopping, Conflict):
                raise
            except Exception as error:
                self._failed(place[0], error)
                reason = f"{type(error).__name__}: {error}"
        self.give_back(place, id, reason)

    def _claim(self, place: Place, id: str) -> tuple[Errand[Any], tuple[int, int]] | None:
        """The errand of a task that is claimed from now on; None when there is nothing to do (any more)."""
        home, now = self._open(*place), self._now()
        tasks = tasks_of(home)
        task = tasks.get(id)
        if task is None or task.due > now:
            return None
        if task.claimed:
            _died(task, "nobody has heard of it for an hour", now)
        tasks.pop(id)
        errand = self._errand_of(home, task, now)
        if errand is None:
            home.session.commit()
            return None
        if task.deaths >= MOST_DEATHS:
            errand.end(home, f"It was tried {task.deaths} times, and did not come to an end: {task.reason}", now)
            home.session.commit()
            return None
        task.attempt, task.claimed, task.due = task.attempt + 1, True, now + TERM
        tasks[id] = task
        home.session.commit()
        return errand, (task.number, task.attempt)

    def _end(self, place: Place, id: str, claim: tuple[int, int], errand: Errand[Any], outcome: Any) -> None:
        home = self._open(*place)
        tasks = tasks_of(home)
        task = tasks.get(id)
        if task is None or not task.claimed or (task.number, task.attempt) != claim:
            return  # fenced
        tasks.pop(id)
        errand.end(home, outcome, self._now())
        home.session.commit()

    def give_back(self, place: Place, id: str, reason: str | None) -> int:
        """Have a task begun again whose worker has died, or has left it claimed; how many have died of it."""

        def attempt() -> int:
            home = self._open(*place)
            task = tasks_of(home).get(id)
            if task is None or (reason is None and not task.claimed):
                return 0
            if reason is None:
                task.claimed, task.due = False, self._now() + AGAIN
            else:
                _died(task, reason, self._now())
            home.session.commit()
            return task.deaths

        return unopposed(attempt)

    def recover(self, place: Place) -> None:
        """Have all tasks begun again that were claimed: whoever did so is no more, and it was not their fault."""

        def attempt() -> None:
            home, now = self._open(*place), self._now()
            for task in tasks_of(home).values():
                if task.claimed:
                    task.claimed, task.due = False, now
            home.session.commit()

        unopposed(attempt)

    def _put_off(self, place: Place, id: str) -> None:
        """Try a task that cannot even be begun again later."""
        home = self._open(*place)
        task = tasks_of(home).get(id)
        if task is not None:
            task.due = self._now() + TERM
            home.session.commit()


def _died(task: Task, reason: str, now: datetime) -> None:
    """Note that a claim has ended without a result."""
    task.claimed, task.due = False, now
    task.deaths, task.reason = task.deaths + 1, reason
