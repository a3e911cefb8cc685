"""Who did what: kept for every call that may change something."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lookout_server.calls import changes
from lookout_server.monitoring.audit import KIND, DocumentAudit, Entry
from lookout_server.protocol.names import _protocols
from lookout_server.store import MEMORY, SqliteDocuments, StoreUnavailable, Write, expire

from .support import READING, Plant, plant

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def entry(time: datetime, operation: str = "CreateDataset") -> Entry:
    return Entry(time, "id", "111122223333", "AKIA", "arn", "eu-west-1", "lookoutequipment", operation, "OK", "::1")


def test_a_call_that_changes_something_leaves_an_entry(app: Plant) -> None:
    answer = app.operation("CreateDataset", {"DatasetName": "pumps", "ClientToken": "1"})
    app.operation("ListDatasets")
    (found,) = app.entries()
    assert found.request_id == answer.headers["x-amzn-requestid"]
    assert found.principal == "arn:aws:iam::111122223333:user/plant"
    assert (found.operation, found.code, found.source) == ("CreateDataset", "OK", "127.0.0.1")


def test_a_call_that_was_denied_leaves_an_entry_too(tmp_path: Path) -> None:
    with plant(tmp_path, READING) as app:
        app.operation("CreateDataset", {"DatasetName": "pumps", "ClientToken": "1"})
        assert [(one.operation, one.code) for one in app.entries()] == [("CreateDataset", "AccessDeniedException")]


def test_a_call_that_is_refused_is_answered_when_no_entry_can_be_kept(
    app: Plant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(app.documents, "commit", full)
    assert app.operation("DeleteDataset", {"DatasetName": "pumps"}).code == "ResourceNotFoundException"
    assert [record.levelno for record in caplog.records if "no audit entry" in record.getMessage()] == [logging.ERROR]


def test_a_call_and_its_entry_are_committed_together(app: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    commits: list[set[str]] = []
    plain = app.documents.commit

    def commit(writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        commits.append({one.kind for one in writes})
        return plain(writes)

    monkeypatch.setattr(app.documents, "commit", commit)
    app.operation("CreateDataset", {"DatasetName": "pumps", "ClientToken": "1"})
    [kinds] = [one for one in commits if "audit" in one]
    assert len(kinds) > 1


def test_a_call_that_is_answered_as_before_leaves_an_entry_of_its_own(app: Plant) -> None:
    for _ in range(2):
        app.operation("CreateDataset", {"DatasetName": "pumps", "ClientToken": "1"})
    assert [one.code for one in app.entries()] == ["OK", "OK"]


def test_every_operation_is_known_to_change_something_or_not() -> None:
    operations = [name for model, _ in _protocols().values() for name in model.operations]
    looks = {name for name in operations if not changes(name)}
    assert len(operations) == 71
    assert looks == {name for name in operations if name.startswith(("List", "Describe"))} | {"DetectAnomalies"}


def test_entries_come_in_order_from_a_time_on() -> None:
    documents = SqliteDocuments(MEMORY)
    audit = DocumentAudit(documents, lambda: timedelta(days=1))
    for minutes in (2, 0, 1):
        documents.commit([audit.put(entry(NOW + timedelta(minutes=minutes)))])
    assert [one.time.minute for one in audit.entries(NOW)] == [0, 1, 2]
    assert [one.time.minute for one in audit.entries(NOW + timedelta(seconds=30))] == [1, 2]


def test_entries_go_when_their_time_is_over() -> None:
    documents = SqliteDocuments(MEMORY)
    audit = DocumentAudit(documents, lambda: timedelta(days=1))
    documents.commit([audit.put(entry(NOW))])
    documents.commit([audit.put(entry(NOW + timedelta(hours=2)))])
    assert expire(documents, KIND, NOW + timedelta(days=1, hours=1), 10) == 1
    assert [one.time for one in audit.entries(NOW)] == [NOW + timedelta(hours=2)]
