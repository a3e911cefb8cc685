"""What is counted, under the names that the documentation has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lookout_server.monitoring.metrics import Metrics, measured
from lookout_server.store import MEMORY, Check, Conflict, Put, SqliteDocuments

from .support import HOST, Plant

PAGE = Path(__file__).parents[3] / "docs/server/operate.md"
FIELDS = [(b"host", HOST.encode())]


def counted(metrics: Metrics) -> dict[str, float]:
    """The values by name and labels."""
    return {
        f"{sample.name}{dict(sorted(sample.labels.items()))}": sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_calls_are_counted_by_operation_and_code(app: Plant) -> None:
    app.operation("ListDatasets")
    app.operation("DescribeDataset", {"DatasetName": "none"})
    app.operation("Guess")
    found = counted(app.parts.metrics)
    for operation, code in [
        ("ListDatasets", "OK"),
        ("DescribeDataset", "ResourceNotFoundException"),
        ("unknown", "UnknownOperationException"),
    ]:
        labels = {"code": code, "operation": operation, "service": "lookoutequipment"}
        assert found[f"lookout_requests_total{labels}"] == 1
    labels = {"operation": "ListDatasets", "service": "lookoutequipment"}
    assert found[f"lookout_request_seconds_count{labels}"] == 1


def test_what_nobody_signed_is_counted_apart(app: Plant) -> None:
    app.operation("ListDatasets", signed=False)
    name = "lookout_refused_requests_total"
    assert counted(app.parts.metrics)[f"{name}{ {'code': 'MissingAuthenticationTokenException'} }"] == 1


def test_commits_and_conflicts_are_counted() -> None:
    metrics = Metrics()
    documents = measured(SqliteDocuments(MEMORY), metrics)
    documents.commit([Put("kind", "id", {}, None)])
    with pytest.raises(Conflict):
        documents.commit([Check("kind", "id", None)])
    assert documents.get("kind", "id") is not None
    found = counted(metrics)
    assert (found["lookout_store_commits_total{}"], found["lookout_store_conflicts_total{}"]) == (1, 1)
    documents.close()


def test_a_part_offers_what_there_is_now() -> None:
    metrics, running = Metrics(), {("training", "running"): 2.0}
    metrics.offer("lookout_jobs", "Jobs", ("kind", "state"), lambda: running)
    running[("training", "waiting")] = 1.0
    found = counted(metrics)
    assert found[f"lookout_jobs{ {'kind': 'training', 'state': 'waiting'} }"] == 1


def test_they_are_read_on_this_machine_unless_it_is_set(app: Plant) -> None:
    assert app.send("GET", "/metrics", FIELDS).body == app.parts.metrics.text()
    assert app.send("GET", "/metrics", FIELDS, client="192.0.2.1").status == 403
    assert app.with_parts(open_metrics=True).send("GET", "/metrics", FIELDS, client="192.0.2.1").status == 200


def test_the_documentation_has_every_name() -> None:
    names = set(re.findall(r"^# TYPE (\w+)", Metrics().text().decode(), re.MULTILINE))
    assert len(names) > 4
    assert {name for name in names if f"`{name}`" not in PAGE.read_text(encoding="utf-8")} == set()
