"""The answer on its way to CloudFormation, against a server on this machine."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from lookout_provider.protocol import Answer, Request, send
from tests.provider.support import ResponseServer, event, lines

Serve = Callable[..., ResponseServer]
ANSWER = Answer("SUCCESS", "pumps", data={"DatasetName": "pumps"})


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda *statuses: stack.enter_context(ResponseServer(*statuses).running())


def _request(server: ResponseServer) -> Request:
    return Request.parse(event(ResponseURL=server.url))


def test_an_answer_is_put(serve: Serve) -> None:
    server = serve()
    send(_request(server), ANSWER, "here")
    assert [method for method, *_ in server.requests] == ["PUT"]


def test_an_answer_goes_to_the_address_as_it_is_spelled(serve: Serve) -> None:
    server = serve()
    send(_request(server), ANSWER, "here")
    assert server.url.endswith(server.requests[0][1])


def test_the_body_is_the_answer(serve: Serve) -> None:
    server = serve()
    send(_request(server), ANSWER, "here")
    assert server.requests[0][3] == ANSWER.encode(_request(server), "here")


def test_the_content_type_is_empty_as_the_signature_wants_it(serve: Serve) -> None:
    server = serve()
    send(_request(server), ANSWER, "here")
    assert server.requests[0][2]["Content-Type"] == ""


def test_the_content_length_is_that_of_the_body(serve: Serve) -> None:
    server = serve()
    send(_request(server), Answer("FAILED", "pumps", "Süd"), "here")
    assert server.requests[0][2]["Content-Length"] == str(len(server.requests[0][3]))


@pytest.mark.parametrize("failures", [1, 2, 3, 4])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 0])
def test_an_answer_that_did_not_arrive_is_sent_again(serve: Serve, status: int, failures: int) -> None:
    server = serve(*[status] * failures)
    send(_request(server), ANSWER, "here")
    assert len(server.requests) == failures + 1


def test_the_same_answer_is_sent_again(serve: Serve) -> None:
    server = serve(503)
    send(_request(server), ANSWER, "here")
    assert server.bodies[0] == server.bodies[1]


def test_the_waits_between_attempts_grow(serve: Serve, slept: list[float]) -> None:
    send(_request(serve(500, 500, 500, 500)), ANSWER, "here")
    assert slept == sorted(set(slept))
    assert len(slept) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_refusal_is_not_sent_again(serve: Serve, status: int) -> None:
    server = serve(status)
    with pytest.raises(urllib.error.HTTPError):
        send(_request(server), ANSWER, "here")
    assert len(server.requests) == 1


def test_an_answer_that_never_arrives_is_an_error_in_the_end(serve: Serve) -> None:
    server = serve(*[500] * 9)
    with pytest.raises(urllib.error.HTTPError):
        send(_request(server), ANSWER, "here")
    assert len(server.requests) == 5


def test_an_address_where_nobody_listens_is_an_error_in_the_end(slept: list[float]) -> None:
    server = ResponseServer()
    server._server.server_close()
    with pytest.raises(urllib.error.URLError):
        send(_request(server), ANSWER, "here")
    assert len(slept) == 4


@pytest.mark.parametrize("statuses", [(), (500, 500), (403,), (500,) * 5], ids=["sent", "again", "refused", "lost"])
def test_the_response_url_never_appears_in_a_log_line(
    serve: Serve, statuses: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(*statuses)
    with suppress(urllib.error.HTTPError):
        send(_request(server), Answer("FAILED", "pumps", "no such role"), "here")
    output = capsys.readouterr()
    assert "Signature" not in output.out + output.err
    assert server.url not in output.out + output.err


def test_an_answer_is_logged_with_what_it_says(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    request = _request(serve())
    send(request, Answer("FAILED", "pumps", "no such role"), "here")
    (line,) = lines(capsys.readouterr().out)
    assert {name: line[name] for name in ("message", "status", "physical_id", "reason", "logicalId")} == {
        "message": "answer",
        "status": "FAILED",
        "physical_id": "pumps",
        "reason": "no such role",
        "logicalId": request.logical_id,
    }


def test_a_failed_attempt_is_logged_with_its_status(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    send(_request(serve(503)), ANSWER, "here")
    failed = [line for line in lines(capsys.readouterr().out) if line["message"] == "answer not delivered"]
    assert [(line["attempt"], line["status"]) for line in failed] == [(1, 503)]


def test_an_answer_of_other_letters_arrives_as_it_was(serve: Serve) -> None:
    server = serve()
    send(_request(server), Answer("FAILED", "pumps", "Rolle fehlt: Süd 数 \U0001f600"), "here")
    assert json.loads(server.requests[0][3])["Reason"] == "Rolle fehlt: Süd 数 \U0001f600 (here)"
