"""What happens at a Backend without a request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from lookout_server.backend import Backend
from lookout_server.equipment.alarms import TELL
from lookout_server.files.storage import StoredObject
from lookout_server.protocol.errors import StorageError
from lookout_server.settings import Progress, Settings
from lookout_server.store.documents import Document
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from lookout_server.work.tasks import schedule
from tests.server.services.scheduling import NORMAL, START, executions, running, send
from tests.server.services.support import REGION, SOURCE, Cloud, client_of

FIVE_MINUTES = 300
PATIENCE = 30


@pytest.fixture(autouse=True)
def watched(cloud: Cloud) -> None:
    """A scheduler that runs, with data for its first window."""
    cloud.trained_model("wear")
    running(cloud)
    send(cloud, 1, NORMAL)


def written(cloud: Cloud) -> list[str]:
    """The keys of all results, without asking the service."""
    return [key for _, key in cloud.s3.objects if key.endswith("results.jsonl")]


def while_listing(cloud: Cloud, do: Callable[[], object]) -> None:
    """Let something be done while the service looks for files."""
    plain = cloud.s3.list

    def list_slowly(role_arn: str, bucket: str, prefix: str) -> list[StoredObject]:
        if bucket == "data":
            do()
        return plain(role_arn, bucket, prefix)

    cloud.s3.list = list_slowly  # type: ignore[method-assign]


def test_very_many_works_that_wait_for_a_thread_are_not_read_for_each_of_them() -> None:
    class Counted(SqliteDocuments):
        read = 0

        def by_due(self, kind: str, *, until: datetime, limit: int | None = None) -> list[Document]:
            found = super().by_due(kind, until=until, limit=limit)
            self.read += len(found)
            return found

    documents = Counted(MEMORY)
    cloud = Cloud(documents=documents, in_background=lambda id, do: None)
    for first in range(0, 300, 50):
        home: Any = cloud.backend._open("lookoutequipment", SOURCE, REGION)
        for number in range(first, first + 50):
            schedule(home, TELL, str(number), START)
        home.session.commit()
    cloud.backend.tick()
    assert 300 <= documents.read <= 1_000


def test_a_tick_does_what_is_due(cloud: Cloud) -> None:
    cloud.backend.tick()
    assert written(cloud) == []
    cloud.clock.advance(FIVE_MINUTES)
    cloud.backend.tick()
    assert written(cloud) == ["results/2024-01-01T00:05:00Z/results.jsonl"]


def test_a_tick_does_nothing_twice(cloud: Cloud) -> None:
    cloud.clock.advance(FIVE_MINUTES)
    for _ in range(3):
        cloud.backend.tick()
    assert len(executions(cloud)) == 1


def test_a_tick_ends_states_that_are_over_by_time(cloud: Cloud) -> None:
    cloud.backend.tick()
    cloud.settings.progress = Progress.by_seconds(60)
    cloud.source.stop_inference_scheduler(InferenceSchedulerName="watch")
    cloud.clock.advance(60)
    cloud.backend.tick()
    cloud.settings.progress = Progress.by_seconds(FIVE_MINUTES)
    listed = cloud.source.list_inference_schedulers()["InferenceSchedulerSummaries"]
    assert listed[0]["Status"] == "STOPPED"


def test_a_failure_inside_is_recorded_and_fails_the_run(cloud: Cloud) -> None:
    def fail() -> None:
        raise ValueError("out of order")

    while_listing(cloud, fail)
    cloud.clock.advance(FIVE_MINUTES)
    cloud.backend.tick()
    cloud.expected_failures = ["lookoutequipment on its own: ValueError: out of order"]
    (execution,) = executions(cloud)
    assert execution["FailedReason"] == "An internal error occurred; the log of the server has more"


def test_a_failure_inside_keeps_nothing_else_from_happening(cloud: Cloud) -> None:
    failures = iter([ValueError("once")])

    def fail_once() -> None:
        for error in failures:
            raise error

    while_listing(cloud, fail_once)
    send(cloud, 6, NORMAL)
    cloud.clock.advance(2 * FIVE_MINUTES)
    cloud.backend.tick()
    cloud.expected_failures = ["lookoutequipment on its own: ValueError: once"]
    assert [one["Status"] for one in executions(cloud)] == ["FAILED", "SUCCESS"]


def test_requests_are_answered_while_a_run_reads_and_show_it_in_progress(cloud: Cloud) -> None:
    seen: list[str] = []

    def ask() -> None:
        asker = threading.Thread(target=lambda: seen.extend(one["Status"] for one in executions(cloud)))
        asker.start()
        asker.join(PATIENCE)

    while_listing(cloud, ask)
    cloud.clock.advance(FIVE_MINUTES)
    cloud.backend.tick()
    assert seen == ["IN_PROGRESS"]
    assert executions(cloud)[0]["Status"] == "SUCCESS"


def test_what_one_tick_has_begun_another_one_leaves_to_it(cloud: Cloud) -> None:
    left: list[bool] = []

    def tick() -> None:
        other = threading.Thread(target=lambda: (cloud.backend.tick(), left.append(True)))
        other.start()
        other.join(PATIENCE)

    while_listing(cloud, tick)
    cloud.clock.advance(FIVE_MINUTES)
    cloud.backend.tick()
    assert left == [True]


def test_a_request_does_what_another_server_on_the_store_has_planned(cloud: Cloud) -> None:
    """It remembers when something is due there, and reads that again once anything was changed."""
    assert executions(cloud) == []
    cloud.source.stop_inference_scheduler(InferenceSchedulerName="watch")
    assert executions(cloud) == []
    other = Backend(storage=cloud.s3, clock=cloud.clock, settings=cloud.settings, documents=cloud.backend._documents)
    client_of(other, SOURCE).start_inference_scheduler(InferenceSchedulerName="watch")
    assert executions(cloud) == []
    cloud.clock.advance(FIVE_MINUTES)
    assert len(executions(cloud)) == 1


def test_runs_of_a_scheduler_that_is_gone_by_then_harm_nobody(cloud: Cloud) -> None:
    while_listing(cloud, cloud.backend.reset)
    cloud.clock.advance(FIVE_MINUTES)
    cloud.backend.tick()
    assert cloud.source.list_inference_schedulers()["InferenceSchedulerSummaries"] == []


def test_storage_is_used_on_behalf_of_the_account_that_has_the_scheduler(cloud: Cloud) -> None:
    now: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()

    @contextmanager
    def on_behalf_of(account: str, region: str) -> Iterator[None]:
        now.append((account, region))
        yield
        now.pop()

    backend = Backend(
        storage=cloud.s3,
        clock=cloud.clock,
        settings=Settings(progress=Progress.by_seconds(0)),
        on_behalf_of=on_behalf_of,
    )
    cloud.backend, cloud.source = backend, client_of(backend, SOURCE)
    cloud.trained_model("wear")
    running(cloud)
    while_listing(cloud, lambda: seen.update(now))
    cloud.clock.advance(FIVE_MINUTES)
    backend.tick()
    assert seen == {(SOURCE, REGION)}
    assert now == []


def test_a_role_that_the_service_cannot_assume_fails_the_run(cloud: Cloud) -> None:
    def deny() -> Any:
        raise StorageError("the role does not exist")

    while_listing(cloud, deny)
    cloud.clock.advance(FIVE_MINUTES)
    cloud.backend.tick()
    assert "cannot be listed: the role does not exist" in executions(cloud)[0]["FailedReason"]
