"""Whether the server lives, and whether it is ready."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lookout_server.monitoring import health
from lookout_server.monitoring.health import Beat, Health
from lookout_server.store import DirectoryBlobs, SqliteDocuments

from .support import HOST, Plant

FIELDS = [(b"host", HOST.encode())]


def test_it_lives_as_long_as_it_answers(app: Plant) -> None:
    app.parts.health.register("store", lambda: "gone")
    answer = app.send("GET", "/health/live", FIELDS)
    assert (answer.status, answer.json) == (200, {"live": True})


def test_it_is_ready_when_every_check_holds(app: Plant) -> None:
    app.parts.health.register("store", lambda: "")
    answer = app.send("GET", "/health/ready", FIELDS)
    assert (answer.status, answer.json) == (200, {"ready": True, "checks": {"store": "ok"}})


def test_it_is_not_ready_for_the_reasons_that_it_says(app: Plant) -> None:
    def broken() -> str:
        raise OSError("/secret/path")

    app.parts.health.register("store", lambda: "the store cannot be used")
    app.parts.health.register("odd", broken)
    answer = app.send("GET", "/health/ready", FIELDS)
    assert answer.status == 503
    assert answer.json["checks"] == {"store": "the store cannot be used", "odd": "the check failed"}


def test_other_machines_are_told_no_reasons_unless_it_is_set(app: Plant) -> None:
    app.parts.health.register("store", lambda: "gone")
    answer = app.send("GET", "/health/ready", FIELDS, client="192.0.2.1")
    assert (answer.status, answer.json) == (503, {"ready": False})
    answer = app.with_parts(open_metrics=True).send("GET", "/health/ready", FIELDS, client="192.0.2.1")
    assert answer.json["checks"] == {"store": "gone"}


def test_a_store_that_cannot_be_written_is_not_ready_and_is_again_when_it_can(tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "documents.sqlite", tmp_path / "elsewhere"
    documents = SqliteDocuments(file)
    check = health.store(documents, DirectoryBlobs(tmp_path))
    assert check() == ""
    file.rename(elsewhere)
    assert check() == "the store cannot be used"
    elsewhere.rename(file)
    assert check() == ""
    documents.close()


def test_a_disk_without_room_is_not_ready(tmp_path: Path) -> None:
    assert health.room(tmp_path, 0)() == ""
    assert " bytes left, fewer than " in health.room(tmp_path, 10**18)()


def test_a_look_for_work_that_is_late_is_not_ready() -> None:
    assert Beat(timedelta(hours=1)).check() == ""
    assert Beat(timedelta(0)).check().startswith("the last look for work was ")


def test_who_asks_often_gets_the_same_answer() -> None:
    asked = []
    checks = Health()
    checks.register("store", lambda: asked.append(1) or "")  # type: ignore[func-returns-value]
    assert checks.is_ready()
    assert checks.is_ready()
    assert len(asked) == 1
