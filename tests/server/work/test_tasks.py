"""Tasks: claimed, done, fenced, given back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lookout_server.entities.blob import Keeper
from lookout_server.entities.session import Home, Session
from lookout_server.store.documents import Write
from lookout_server.store.errors import StoreDamaged, StoreUnavailable
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from lookout_server.work.processes import Stopping, Waiting, WorkerDied
from lookout_server.work.runner import Runner
from lookout_server.work.tasks import AGAIN, MOST_DEATHS, TERM, Errand, Place, Task, schedule, tasks_of
from tests.sleep import instead_of_sleep

PLACE: Place = ("pumps", "111122223333", "eu-west-1")
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Shed(Home):
    service = "pumps"


class Works:
    """A runner, and what its tasks do."""

    def __init__(self) -> None:
        self.now = NOON
        self.documents = SqliteDocuments(MEMORY)
        self.failures: list[str] = []
        self.outcomes: list[Any] = []
        self.do: Callable[[], Any] = lambda: "done"
        self.end: Callable[[Any], None] = self.outcomes.append
        self.runner = self.another()

    def another(self) -> Runner:
        """The runner of another process."""
        return Runner(self.open, self.errand, lambda: self.now, lambda _, error: self.failures.append(str(error)))

    def open(self, *place: str) -> Shed:
        return Session(self.documents, Keeper(ScratchBlobs())).home(Shed, *place[1:])

    def errand(self, home: Home, task: Task, now: datetime) -> Errand[Any]:
        return Errand(lambda: self.do(), lambda home, outcome, now: self.end(outcome))

    def schedule(self, about: str = "a", due: datetime | None = NOON) -> None:
        home = self.open(*PLACE)
        schedule(home, "wear", about, due)
        home.session.commit()

    def task(self, about: str = "a") -> Task | None:
        return tasks_of(self.open(*PLACE)).get(f"wear/{about}")

    def perform(self, runner: Runner | None = None, about: str = "a") -> None:
        (runner or self.runner).perform(PLACE, f"wear/{about}")


@pytest.fixture
def works() -> Works:
    return Works()


def test_a_task_is_done_once_and_gone(works: Works) -> None:
    works.schedule()
    works.perform()
    works.perform()
    assert (works.outcomes, works.task()) == (["done"], None)


def test_a_task_is_not_begun_before_it_is_due(works: Works) -> None:
    works.schedule(due=NOON + timedelta(seconds=1))
    works.perform()
    assert works.outcomes == []


def test_a_task_that_is_put_off_is_not_done(works: Works) -> None:
    works.schedule()
    works.schedule(due=None)
    works.perform()
    assert works.outcomes == []


def test_while_somebody_works_on_it_nobody_else_begins(works: Works) -> None:
    works.schedule()
    works.do = lambda: works.perform(works.another())
    works.perform()
    assert works.outcomes == [None]


def test_who_was_taken_for_dead_changes_nothing_any_more(works: Works) -> None:
    works.schedule()
    attempts = iter(["slow", "fast"])

    def do() -> str:
        mine = next(attempts)
        if mine == "slow":
            works.now += TERM
            works.perform(works.another())
        return mine

    works.do = do
    works.perform()
    assert works.outcomes == ["fast"]


def test_a_task_that_is_scheduled_anew_meanwhile_is_another_one(works: Works) -> None:
    works.schedule()
    works.do = lambda: works.schedule(due=NOON + timedelta(hours=2))
    works.perform()
    left = works.task()
    assert works.outcomes == []
    assert left is not None
    assert left.due == NOON + timedelta(hours=2)


def test_who_was_taken_for_dead_does_not_end_the_next_task_about_the_same_thing(works: Works) -> None:
    late: list[Callable[[], None]] = []

    def hang() -> str:
        """The first task, until the second one is under way: in between, somebody else did it."""
        works.do = lambda: "first, again"
        works.now += TERM
        works.perform(works.another())
        works.schedule(due=works.now)
        claimed = works.another()._claim(PLACE, "wear/a")
        assert claimed
        late.append(lambda: works.another()._end(PLACE, "wear/a", claimed[1], claimed[0], "second"))
        return "first"

    works.schedule()
    works.do = hang
    works.perform()
    late[0]()
    assert works.outcomes == ["first, again", "second"]


def test_what_goes_wrong_is_the_outcome(works: Works) -> None:
    def fail() -> None:
        raise ValueError("out of order")

    works.schedule()
    works.do = fail
    works.perform()
    assert works.outcomes == ["An internal error occurred; the log of the server has more"]
    assert works.failures == ["out of order"]


def test_a_task_that_cannot_be_begun_is_tried_again_later(works: Works) -> None:
    def fail(*_: Any) -> Errand[Any]:
        raise ValueError("out of order")

    works.schedule()
    errand, works.errand = works.errand, fail  # type: ignore[method-assign]
    broken = works.another()
    works.perform(broken)
    works.perform(broken)
    assert works.failures == ["out of order"]
    works.errand = errand  # type: ignore[method-assign]
    works.now += TERM
    works.perform(works.another())
    assert works.outcomes == ["done"]


def dying(*_: Any) -> None:
    raise WorkerDied("signal 9")


class Away:
    """A store that is away for so many commits, once a work was done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, works: Works, commits: int) -> None:
        self.commits, self._commit = commits, works.documents.commit
        self.pauses: list[float] = []
        instead_of_sleep(monkeypatch, self.pauses.append)

        def do() -> str:
            monkeypatch.setattr(works.documents, "commit", self.commit)
            return "done"

        works.do = do

    def commit(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        self.commits -= 1
        if self.commits >= 0:
            raise StoreUnavailable("it is away")
        return self._commit(writes)


def test_what_a_worker_has_done_is_kept_once_the_store_is_back(monkeypatch: pytest.MonkeyPatch, works: Works) -> None:
    works.schedule()
    away = Away(monkeypatch, works, 3)
    works.runner.take(PLACE, "wear/a")
    works.runner.perform(PLACE, "wear/a", patience=60)
    assert (works.outcomes[-1], works.task(), works.failures) == ("done", None, [])
    assert away.pauses == [1, 2, 4]


def test_a_work_that_the_store_was_away_for_is_done_again_by_a_worker(
    monkeypatch: pytest.MonkeyPatch, works: Works
) -> None:
    works.schedule()
    away = Away(monkeypatch, works, 0)
    full = [True]

    def do() -> str:
        if full.pop():
            full.append(False)
            raise StoreUnavailable("the disk is full")
        return "done"

    works.do = do
    works.runner.take(PLACE, "wear/a")
    works.runner.perform(PLACE, "wear/a", patience=60)
    assert (works.outcomes, works.failures, away.pauses) == (["done"], [], [1])


def test_who_has_no_patience_does_not_wait_for_the_store(monkeypatch: pytest.MonkeyPatch, works: Works) -> None:
    works.schedule()
    away = Away(monkeypatch, works, 1)
    works.perform()
    assert (works.failures, away.pauses) == (["it is away"], [])


def test_a_task_whose_worker_dies_is_begun_again_and_given_up_in_the_end(works: Works) -> None:
    works.schedule()
    for _ in range(MOST_DEATHS):
        assert works.outcomes == []
        works.runner.supervise(PLACE, "wear/a", dying)  # also workers that cannot even be started
    assert works.outcomes == [f"It was tried {MOST_DEATHS} times, and did not come to an end: signal 9"]
    assert works.task() is None


def test_the_death_of_a_worker_is_in_the_log(works: Works, caplog: pytest.LogCaptureFixture) -> None:
    works.schedule()
    works.runner.supervise(PLACE, "wear/a", dying)
    assert caplog.messages == ["the worker at wear/a of 111122223333 in eu-west-1 has died: signal 9"]


def claimed_and(ending: Callable[..., None], works: Works) -> Callable[..., None]:
    """A worker that claims a task, and is never heard of again."""

    def do(place: Place, id: str) -> None:
        works.another()._claim(place, id)
        ending()

    return do


def test_a_death_while_the_store_is_away_is_told_once_and_written_down_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, works: Works
) -> None:
    works.schedule()
    away = Away(monkeypatch, works, 0)

    def dies() -> None:
        away.commits = 2
        monkeypatch.setattr(works.documents, "commit", away.commit)
        dying()

    works.runner.supervise(PLACE, "wear/a", claimed_and(dies, works))
    works.runner.retry()
    works.perform()
    assert (works.failures, works.outcomes) == (["it is away"], [])
    works.runner.retry()
    works.perform()
    assert works.outcomes == ["done"]


def test_what_no_worker_may_do_now_is_left_for_a_minute_and_counts_no_death(
    monkeypatch: pytest.MonkeyPatch, works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])

    def waiting(*_: Any) -> None:
        raise Waiting("another release is installed")

    works.schedule()
    for _ in range(MOST_DEATHS + 1):
        assert works.runner.take(PLACE, "wear/a")
        works.runner.supervise(PLACE, "wear/a", waiting)
        assert not works.runner.take(PLACE, "wear/a")
        seconds[0] += AGAIN.total_seconds()
    assert caplog.messages[0] == "wear/a of 111122223333 in eu-west-1 waits: another release is installed"
    works.perform(works.another())  # of a server that is started anew
    assert works.outcomes == ["done"]


def test_what_a_worker_leaves_claimed_is_begun_again_in_a_minute_and_counts_no_death(works: Works) -> None:
    works.schedule()
    for _ in range(MOST_DEATHS + 1):
        works.runner.supervise(PLACE, "wear/a", claimed_and(lambda: None, works))
        works.now += AGAIN
    works.perform()
    assert works.outcomes == ["done"]


def test_what_the_store_was_away_for_is_begun_again_in_a_minute(monkeypatch: pytest.MonkeyPatch, works: Works) -> None:
    works.schedule()
    Away(monkeypatch, works, 1)
    works.perform()
    works.runner.retry()
    works.perform()
    assert works.task() is not None
    works.now += AGAIN
    works.perform()
    assert (works.outcomes, works.task()) == (["done", "done"], None)


def test_a_store_that_is_damaged_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, works: Works) -> None:
    def do() -> None:
        raise StoreDamaged("restore a backup")

    works.schedule()
    pauses: list[float] = []
    instead_of_sleep(monkeypatch, pauses.append)
    works.do = do
    works.runner.perform(PLACE, "wear/a", patience=600)
    assert (works.failures, pauses) == (["restore a backup"], [])
    assert works.outcomes == ["An internal error occurred; the log of the server has more"]


def test_a_server_that_stops_counts_as_no_death(works: Works) -> None:
    def stopping(*_: Any) -> None:
        raise Stopping

    works.schedule()
    for _ in range(MOST_DEATHS + 1):
        works.runner.supervise(PLACE, "wear/a", stopping)
    works.perform()
    assert works.outcomes == ["done"]


def test_what_is_cut_off_because_the_server_stops_is_begun_again_by_who_starts_next(works: Works) -> None:
    def stopping() -> None:
        raise Stopping

    works.schedule()
    works.do = stopping
    works.perform()
    assert (works.outcomes, works.failures) == ([], [])
    works.do = lambda: "done"
    works.another().recover(PLACE)
    works.perform()
    assert works.outcomes == ["done"]


def test_who_starts_takes_over_what_was_claimed_and_counts_no_death(works: Works) -> None:
    works.schedule()

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    for _ in range(MOST_DEATHS + 1):
        works.do = end
        with pytest.raises(KeyboardInterrupt):
            works.perform(works.another())
        works.another().recover(PLACE)
    works.do = lambda: "done"
    works.perform()
    assert works.outcomes == ["done"]


def test_an_outcome_that_cannot_be_kept_is_a_failure(works: Works) -> None:
    def end(outcome: Any) -> None:
        if outcome == "done":
            raise ValueError("a document of 3 MB")
        works.outcomes.append(outcome)

    works.schedule()
    works.end = end
    works.perform()
    assert works.outcomes == ["An internal error occurred; the log of the server has more"]
    assert (works.failures, works.task()) == (["a document of 3 MB"], None)


def test_what_cannot_be_ended_at_all_is_not_done_again_for_ever(works: Works) -> None:
    done: list[str] = []

    def end(outcome: Any) -> None:
        raise KeyError("nothing can be kept")

    works.schedule()
    works.end = end
    works.do = lambda: done.append("once more")
    for _ in range(10):
        works.perform()
        works.now += AGAIN
    assert len(done) == MOST_DEATHS
    task = works.task()
    assert task is not None
    assert task.due > works.now
