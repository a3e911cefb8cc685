"""What comes in at the application: who signed it, how large it is, and what is told of it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from botocore.credentials import Credentials

from lookout_server.monitoring.logs import FIELDS
from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.store import StoreUnavailable

from .support import HOST, READING, Plant, Services, Threads, plant


def test_a_signed_call_is_answered(app: Plant) -> None:
    assert app.operation("ListDatasets").json == {"DatasetSummaries": []}
    answer = app.ask("GET", "/2020-11-20/projects", service="lookoutvision")
    assert (answer.status, answer.json) == (200, {"Projects": []})


def test_a_call_of_nobody_is_refused_in_the_form_that_clients_read(app: Plant) -> None:
    answer = app.operation("ListDatasets", signed=False)
    assert (answer.status, answer.code) == (403, "MissingAuthenticationTokenException")
    assert answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"credentials": Credentials("AKIAAAAAAAAAAAAAAAAA", "x")}, "UnrecognizedClientException"),
        ({"service": "s3"}, "InvalidSignatureException"),
        ({"sent": b'{"MaxResults": 1}'}, "InvalidSignatureException"),
    ],
    ids=["unknown key", "another service", "another body"],
)
def test_a_signature_that_does_not_hold_is_refused(app: Plant, how: dict[str, object], code: str) -> None:
    answer = app.operation("ListDatasets", **how)
    assert (answer.status, answer.code) == (403, code)


def test_what_no_policy_allows_is_denied(tmp_path: Path) -> None:
    with plant(tmp_path, READING) as app:
        assert app.operation("ListDatasets").status == 200
        assert app.operation("CreateDataset", {"DatasetName": "a", "ClientToken": "1"}).code == "AccessDeniedException"


def test_a_caller_who_calls_too_often_is_throttled(app: Plant) -> None:
    def one_too_many(access_key: str) -> None:
        raise ServiceError("ThrottlingException", "Rate exceeded")

    answer = app.with_parts(rate=one_too_many).operation("ListDatasets")
    assert (answer.status, answer.code) == (400, "ThrottlingException")
    answer = app.with_parts(rate=one_too_many).ask("GET", "/2020-11-20/projects", service="lookoutvision")
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (429, "ThrottlingException")


def test_a_body_is_bounded_by_its_operation(app: Plant) -> None:
    answer = app.operation("CreateDataset", {"DatasetName": "x" * 11 * 1024**2})
    assert (answer.status, answer.code) == (413, "RequestEntityTooLargeException")


def test_who_is_not_known_brings_no_large_body(app: Plant) -> None:
    body = {"DatasetName": "x" * 2 * 1024**2}
    assert app.operation("CreateDataset", body, credentials=Credentials("AKIAAAAAAAAAAAAAAAAA", "x")).status == 413
    assert app.operation("CreateDataset", body, signed=False).status == 413
    assert app.operation("CreateDataset", body).code == "ValidationException"


@pytest.mark.parametrize(
    "fields",
    [
        [(b"host", b"attacker.example")],
        [(b"host", HOST.encode()), (b"origin", b"https://attacker.example")],
        [(b"host", HOST.encode()), (b"sec-fetch-site", b"cross-site")],
    ],
    ids=["host", "origin", "site"],
)
def test_a_page_in_somebodys_browser_is_turned_away(app: Plant, fields: list[tuple[bytes, bytes]]) -> None:
    for path in ("/", "/health/ready", "/metrics"):
        assert app.send("GET", path, fields).status == 403


def test_an_error_of_ours_shows_a_request_id_and_nothing_of_python(
    app: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise KeyError("the secret of the house")

    answer = app.with_parts(services=Services(broken)).operation("ListDatasets")
    assert (answer.status, answer.code) == (500, "InternalServerException")
    assert b"secret" not in answer.body
    assert b"KeyError" not in answer.body
    request_id = answer.headers["x-amzn-requestid"]
    assert request_id in answer.json["Message"]
    (told,) = [record for record in caplog.records if record.exc_info]
    assert getattr(told, FIELDS) == {"request_id": request_id}


def test_a_store_that_is_gone_is_said_to_be(app: Plant) -> None:
    def gone(request: HttpRequest) -> HttpResponse:
        raise StoreUnavailable("/data/documents.sqlite: the disk is full")

    answer = app.with_parts(services=Services(gone)).operation("ListDatasets")
    assert (answer.status, answer.code) == (503, "ServiceUnavailableException")
    assert b"/data" not in answer.body


def test_a_request_is_a_line_in_the_log_without_anything_secret(app: Plant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer = app.operation("CreateDataset", {"DatasetName": "hush", "ClientToken": "1"})
    (record,) = [each for each in caplog.records if each.name == "lookout_server.request"]
    fields = getattr(record, FIELDS)
    assert fields.pop("milliseconds") >= 0
    assert fields == {
        "request_id": answer.headers["x-amzn-requestid"],
        "service": "lookoutequipment",
        "operation": "CreateDataset",
        "account": "111122223333",
        "access_key": app.credentials.access_key,
        "region": "eu-west-1",
        "code": "OK",
        "status": 200,
        "source": "127.0.0.1",
    }
    assert "hush" not in json.dumps(fields)


def test_a_refused_request_is_a_line_in_the_log(app: Plant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app.operation("ListDatasets", signed=False)
    (record,) = [each for each in caplog.records if each.name == "lookout_server.request"]
    assert getattr(record, FIELDS)["code"] == "MissingAuthenticationTokenException"


def test_what_describes_one_thing_is_answered_where_it_arrived_and_all_else_in_a_thread(app: Plant) -> None:
    threads = Threads()
    counted = app.with_parts(threads=threads)
    counted.operation("CreateDataset", {"DatasetName": "pumps", "ClientToken": "1"})
    counted.operation("ListDatasets")
    assert threads.taken == 2
    assert counted.operation("DescribeDataset", {"DatasetName": "pumps"}).status == 200
    assert threads.taken == 2


def test_a_large_body_is_read_in_a_thread_whatever_it_asks_for(app: Plant) -> None:
    threads = Threads()
    answer = app.with_parts(threads=threads).operation("DescribeDataset", {"DatasetName": "p" * 100_000})
    assert answer.code == "ValidationException"
    assert threads.taken == 1
