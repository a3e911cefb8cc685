"""What Lambda makes of the lines that the functions write.

With the log format JSON, Lambda takes the level of a line from its `level`, and drops those below the level that is
configured. But a line without a `timestamp` in the format of RFC 3339 is filed under INFO, whatever its level says: an
error without one would vanish as soon as WARN or ERROR is configured.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lookout_hosting_guard import handler as hosting_guard
from lookout_monitor import handler as monitor
from lookout_provider import handler
from lookout_shared import aws, log
from tests.provider.support import Context, FakeClient, StateMachine, client_error, event, in_line, wait_state

LAMBDA = Path(__file__).parents[2] / "lambda"
LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def level_for_lambda(line: dict[str, Any]) -> str:
    """The level under which Lambda files a line."""
    level = str(line.get("level", "")).upper()
    timed = RFC_3339.fullmatch(str(line.get("timestamp", ""))) is not None
    return level if timed and level in LEVELS else "INFO"


def kept(text: str, configured: str) -> list[dict[str, Any]]:
    """Those lines of *text* that Lambda keeps."""
    found = [json.loads(line) for line in text.splitlines()]
    return [line for line in found if LEVELS.index(level_for_lambda(line)) >= LEVELS.index(configured)]


# -- a line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN", "ERROR"])
def test_a_line_is_filed_under_its_own_level(
    level: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    log.write("thing", level=level)
    assert level_for_lambda(json.loads(capsys.readouterr().out)) == level


def test_a_line_says_when_in_utc_to_the_millisecond(capsys: pytest.CaptureFixture[str]) -> None:
    before = datetime.now(UTC)
    log.write("thing")
    text = json.loads(capsys.readouterr().out)["timestamp"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    # Milliseconds are cut off.
    assert before.replace(microsecond=0) <= datetime.fromisoformat(text) <= datetime.now(UTC)


def test_a_line_without_a_time_would_be_filed_under_info() -> None:
    assert level_for_lambda({"level": "ERROR", "message": "unexpected"}) == "INFO"


@pytest.mark.parametrize("configured", ["WARN", "ERROR"])
def test_an_error_is_kept_where_only_errors_are(
    configured: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", configured)
    log.write("unexpected", level="ERROR")
    assert len(kept(capsys.readouterr().out, configured)) == 1


# -- every line ---------------------------------------------------------------------------------------------


def test_nothing_but_the_log_writes_anything() -> None:
    """No print, no logger, no standard error: so a line of any function is one of the log."""
    writers: set[str] = set()
    for file in LAMBDA.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            prints = isinstance(node, ast.Name) and node.id == "print"
            streams = isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr")
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            names |= {node.module or ""} if isinstance(node, ast.ImportFrom) else set()
            logs = bool(names & {"logging", "warnings"})
            if prints or streams or logs:
                writers.add(file.name)
    assert writers == {"log.py"}


def _provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event, a poll that fails for good, and a delivery that died without a word."""
    states = StateMachine()
    monkeypatch.setattr(aws, "client", lambda service, region: states)
    monkeypatch.setattr(handler, "send", lambda request, answer, where: None)
    in_line(states, event("Update"), "factory-Pumps-0badcafe")
    handler.handle(event("Delete"), Context())
    handler.handle({"GiveUp": wait_state(event())}, Context())
    states.answers["describe_execution"] = client_error("InvalidArn")
    handler.handle({"requestPayload": event()}, Context())


def _monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that cannot be asked about, and one execution that failed."""
    failed = {"ScheduledStartTime": datetime(2026, 11, 28, 11, 47, tzinfo=UTC), "Status": "FAILED"}
    scheduler = {"list_inference_executions": {"InferenceExecutionSummaries": [failed]}}
    described = {"describe_inference_scheduler": client_error("AccessDeniedException")}
    client = FakeClient(**scheduler, **described)
    monkeypatch.setattr(aws, "client", lambda service, region: client)
    window = {"Time": "2026-11-28T12:00:00Z", "IntervalSeconds": 300, "SettlingSeconds": 600, "Namespace": "Plant"}
    with pytest.raises(monitor.Incomplete):
        monitor.handle({**window, "InferenceSchedulers": ["watch"]}, Context())


def _hosting_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that there is not (any more)."""
    client = FakeClient(describe_model=client_error("ResourceNotFoundException"))
    monkeypatch.setattr(aws, "client", lambda service, region: client)
    model = {"ProjectName": "bottles", "ModelVersion": "1", "MinInferenceUnits": "1"}
    hours = {"Start": "08:00", "Stop": "18:00", "TimeZone": "UTC", "Days": ["MON"]}
    hosting_guard.handle({"Time": "2026-11-28T12:00:00Z", "Hours": hours, "Model": model}, Context())


@pytest.mark.parametrize(
    ("run", "levels"),
    [
        (_provider, {"INFO", "ERROR"}),
        (_monitor, {"INFO", "WARN", "ERROR"}),
        (_hosting_guard, {"INFO"}),
    ],
    ids=["provider", "monitor", "hosting guard"],
)
def test_every_line_of_a_function_is_filed_under_its_own_level(
    run: Callable[[pytest.MonkeyPatch], None],
    levels: set[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    run(monkeypatch)
    output = capsys.readouterr()
    found = [json.loads(line) for line in output.out.splitlines()]
    assert {line["level"] for line in found} == levels
    assert [line for line in found if level_for_lambda(line) != line["level"]] == []
    assert output.err == ""
