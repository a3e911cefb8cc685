"""Log lines: one JSON object per thing that happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider.protocol import Request
from lookout_shared import log
from tests.provider.support import URL, event, lines

REQUEST = Request.parse(event("Update"))


def test_a_thing_that_happened_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("poll", waited=4, text="two\nlines")
    assert lines(capsys.readouterr().out) == [{"level": "INFO", "message": "poll", "waited": 4, "text": "two\nlines"}]


def test_a_line_names_the_resource_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("poll", request=REQUEST)
    assert lines(capsys.readouterr().out) == [
        {
            "level": "INFO",
            "message": "poll",
            "requestType": "Update",
            "requestId": REQUEST.request_id,
            "stack": "factory",
            "logicalId": "Pumps1A2B3C4D",
            "resourceType": "Custom::LookoutEquipmentDataset",
        }
    ]


@pytest.mark.parametrize("value", [None, ""])
def test_a_field_that_says_nothing_is_left_out(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    log.write("answer", reason=value)
    assert "reason" not in lines(capsys.readouterr().out)[0]


@pytest.mark.parametrize("value", [0, False, [], {}])
def test_a_field_that_says_something_is_kept(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    log.write("answer", field=value)
    assert lines(capsys.readouterr().out)[0]["field"] == value


def test_a_value_that_json_does_not_know_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    log.write("answer", at=datetime(2024, 1, 2, tzinfo=UTC))
    assert lines(capsys.readouterr().out)[0]["at"] == "2024-01-02 00:00:00+00:00"


@given(st.text())
def test_any_text_can_be_logged(text: str) -> None:
    log.write("answer", reason=text)


@pytest.mark.parametrize(
    ("level", "limit", "written"),
    [
        ("DEBUG", None, False),
        ("INFO", None, True),
        ("WARN", None, True),
        ("ERROR", None, True),
        ("DEBUG", "DEBUG", True),
        ("DEBUG", "debug", True),
        ("INFO", "WARN", False),
        ("INFO", "WARNING", False),
        ("WARN", "WARN", True),
        ("WARN", "ERROR", False),
        ("ERROR", "ERROR", True),
        ("ERROR", "FATAL", False),
        ("DEBUG", "TRACE", True),
        ("INFO", "nonsense", True),
    ],
)
def test_the_level_decides_what_is_written(
    level: str,
    limit: str | None,
    written: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if limit:
        monkeypatch.setenv("LOG_LEVEL", limit)
    log.write("thing", level=level)
    assert bool(capsys.readouterr().out) is written


@pytest.mark.parametrize(
    "field",
    [URL, f"error: unknown url type {URL!r}", {"Cause": f"called {URL}"}, [URL]],
    ids=["itself", "in a text", "in a map", "in a list"],
)
def test_the_response_url_is_never_written(field: Any, capsys: pytest.CaptureFixture[str]) -> None:
    log.write("unexpected", request=REQUEST, field=field)
    assert "Signature" not in capsys.readouterr().out


def test_a_response_url_with_letters_that_json_escapes_is_never_written(capsys: pytest.CaptureFixture[str]) -> None:
    request = Request.parse(event(ResponseURL='http://127.0.0.1/"sécret\\'))
    log.write("unexpected", request=request, field=f"at {request.response_url}")
    assert "cret" not in json.dumps(lines(capsys.readouterr().out))
