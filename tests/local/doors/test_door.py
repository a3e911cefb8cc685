"""Who is let in at all: by the headers that a page in a browser cannot choose, before anything else is looked at."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest
from h2.connection import H2Connection
from h2.events import ResponseReceived

from lookout_local import LocalCloud
from lookout_server.http.asgi import Message, Receive, Scope, Send
from lookout_server.http.door import Address, Door

from .support import Answer, ask, port_of, secret_of, send, signed

PORT = 4566
HERE = f"127.0.0.1:{PORT}"
#: One of every kind of address that the server has.
PATHS = [
    "/",
    "/bucket/key",
    "/_lookout/calls",
    "/_lookout/reset",
    "/_ministack/reset",
    "/%5Fministack/reset",
    "/_ministack/cfn-response/0123456789abcdef",
    "/_ministack/lambda-code/111111111111/us-east-1/f",
    "/_localstack/health",
    "/health",
    "/2015-03-31/functions/",
    "/_aws/execute-api/0123abcd/prod/",
    "/oauth2/token",
    "/v2/",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"]


async def opened(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with whatever would open it to other origins."""
    headers = [
        (b"Access-Control-Allow-Origin", b"*"),
        (b"access-control-allow-credentials", b"true"),
        (b"ACCESS-CONTROL-EXPOSE-HEADERS", b"*"),
        (b"x-mine", b"1"),
    ]
    kind = {"http": "http.response.start", "websocket": "websocket.accept"}[scope["type"]]
    await send({"type": kind, "status": 200, "headers": headers})


def at_the_door(*headers: tuple[str, str], method: str = "GET", target: str = "/", kind: str = "http") -> list[Message]:
    """What a door in front of `opened` sends."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": kind,
        "path": target,
        "raw_path": target.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    if kind == "http":
        scope["method"] = method
    asyncio.run(Door(opened, Address(PORT).objection)(scope, receive, send))
    return sent


def objection(*headers: tuple[str, str], **request: str) -> str:
    """Why a request is turned away; '' when it is let in."""
    first, *rest = at_the_door(*headers, **request)
    if first["status"] == 200:
        return ""
    assert first["status"] == 403
    return str(json.loads(rest[0]["body"])["message"])


@pytest.mark.parametrize(
    "host", [HERE, f"localhost:{PORT}", f"LocalHost:{PORT}", f"bucket.s3.localhost:{PORT}", f"a.b-c_d.localhost:{PORT}"]
)
def test_a_host_of_this_machine_is_let_in(host: str) -> None:
    assert objection(("host", host)) == ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:80",
        "127.0.0.1:04566",
        "127.0.0.1:4566:4566",
        "127.0.0.1:",
        "127.0.0.1:4566.",
        "127.0.0.2:4566",
        "127.1:4566",
        "2130706433:4566",
        "0x7f.1:4566",
        "0.0.0.0:4566",
        "[::1]:4566",
        "::1:4566",
        "[::ffff:127.0.0.1]:4566",
        "localhost.:4566",
        "127.0.0.1.:4566",
        ".localhost:4566",
        "a..localhost:4566",
        "notlocalhost:4566",
        "localhost.example.com:4566",
        "127.0.0.1.example.com:4566",
        "example.com:4566",
        "example.com",
        "user@127.0.0.1:4566",
        "127.0.0.1:4566@example.com",
        "127.0.0.1:4566, example.com",
        "127.0.0.1:4566/",
        "127.0.0.1:4566#",
        "loc\u00e4lhost:4566",
        "http://127.0.0.1:4566",
        "local host:4566",
    ],
)
def test_any_other_host_is_turned_away(host: str) -> None:
    assert objection(("host", host)).startswith(f"host: got {host}, expected 127.0.0.1:{PORT}, ")


def test_a_request_has_one_host() -> None:
    assert objection().startswith("host: got none, expected ")
    assert objection(("host", HERE), ("Host", "example.com")).startswith(f"host: got {HERE}, example.com, expected ")
    assert objection(("host", HERE), ("host", HERE)).startswith("host: got ")


def test_a_port_of_http_need_not_be_named() -> None:
    for host in (b"localhost", b"localhost:80"):
        scope = {"method": "GET", "raw_path": b"/", "headers": [(b"host", host)]}
        assert Address(80).objection(scope) == ""


@pytest.mark.parametrize("target", ["http://example.com/", f"http://{HERE}/", "example.com:4566", "*", ""])
def test_a_target_is_a_path(target: str) -> None:
    assert objection(("host", HERE), target=target).startswith("request target: ")


@pytest.mark.parametrize("host", [HERE, f"localhost:{PORT}"])
def test_a_page_of_this_origin_is_let_in(host: str) -> None:
    assert objection(("host", host), ("origin", f"http://{host}"), ("sec-fetch-site", "same-origin")) == ""


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://example.com",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        "http://127.0.0.1:45660",
        f"https://{HERE}",
        f"http://localhost:{PORT}",
        f"http://{HERE}/",
        f"http://{HERE}.example.com",
        f"http://{HERE}, http://example.com",
        f"HTTP://{HERE}",
        f"ws://{HERE}",
        "file://",
        "chrome-extension://abc",
    ],
)
def test_a_page_of_any_other_origin_is_turned_away(origin: str) -> None:
    expected = f"origin: got {origin}, expected http://{HERE} or none; "
    assert objection(("host", HERE), ("Origin", origin)).startswith(expected)


def test_every_origin_counts() -> None:
    assert objection(("host", HERE), ("origin", f"http://{HERE}"), ("origin", "http://example.com"))


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_what_a_user_or_a_page_of_ours_asks_for_is_let_in(site: str) -> None:
    assert objection(("host", HERE), ("sec-fetch-site", site)) == ""


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "None", "none, cross-site", "anything"])
def test_what_a_page_of_another_site_asks_for_is_turned_away(site: str) -> None:
    assert objection(("host", HERE), ("Sec-Fetch-Site", site)).startswith(f"sec-fetch-site: got {site}, ")
    assert objection(("host", HERE), ("sec-fetch-site", "none"), ("sec-fetch-site", site))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("access-control-request-method", "POST")],
        [("origin", f"http://{HERE}"), ("access-control-request-method", "PUT")],
        [("sec-fetch-site", "none"), ("access-control-request-private-network", "true")],
    ],
)
def test_no_preflight_is_answered(headers: list[tuple[str, str]]) -> None:
    assert objection(("host", HERE), *headers, method="OPTIONS").startswith("method: got OPTIONS")


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_no_answer_opens_itself_to_other_origins(kind: str) -> None:
    [message] = at_the_door(("host", HERE), ("origin", f"http://{HERE}"), kind=kind)
    assert message["headers"] == [(b"x-mine", b"1")]


@pytest.mark.parametrize(
    "foreign",
    [("host", "example.com:4566"), ("origin", "https://example.com"), ("sec-fetch-site", "cross-site")],
)
def test_a_websocket_is_guarded_as_well(foreign: tuple[str, str]) -> None:
    headers = {"host": HERE, **dict([foreign])}
    assert at_the_door(*headers.items(), kind="websocket") == [{"type": "websocket.close"}]


def foreigners(port: int) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a browser says of requests that pages of others make: host and headers."""
    here = f"127.0.0.1:{port}"
    return [
        (f"rebound.example.com:{port}", []),
        ("127.0.0.1:1", []),
        (here, [("Origin", "https://example.com")]),
        (here, [("Origin", "null")]),
        (here, [("Origin", "http://127.0.0.1:3000"), ("Sec-Fetch-Site", "same-site")]),
        (here, [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]),
    ]


@pytest.mark.e2e
@pytest.mark.parametrize("method", METHODS)
def test_no_page_reaches_anything(lookout_cloud: LocalCloud, method: str) -> None:
    for path in PATHS:
        for host, headers in foreigners(port_of(lookout_cloud)):
            answer = ask(lookout_cloud, method, path, headers, b"x" if method == "POST" else b"", host=host)
            assert answer.status == 403, (path, host, headers)
            assert "got" in (answer.body.decode() or "got"), (path, host, headers)
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.e2e
def test_the_secret_does_not_let_a_page_in(lookout_cloud: LocalCloud) -> None:
    bearer = ("Authorization", f"Bearer {secret_of(lookout_cloud)}")
    assert ask(lookout_cloud, "GET", "/_lookout/now", [bearer]).status == 200
    assert ask(lookout_cloud, "GET", "/_lookout/now", [bearer, ("Origin", "https://example.com")]).status == 403
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    own = signed(lookout_cloud, "sts", "POST", target)
    assert ask(lookout_cloud, "POST", target, own).status == 200
    assert ask(lookout_cloud, "POST", target, [*own, ("Sec-Fetch-Site", "same-site")]).status == 403


@pytest.mark.e2e
@pytest.mark.parametrize(
    "head",
    [
        "GET /_lookout/calls HTTP/1.0\r\n",
        "GET /_lookout/calls HTTP/1.1\r\n",
        "GET /_lookout/calls HTTP/1.1\r\nHost: {here}\r\nHost: example.com\r\n",
        "GET http://{here}/_lookout/calls HTTP/1.1\r\nHost: {here}\r\n",
        "GET http://example.com/_lookout/calls HTTP/1.1\r\nHost: {here}\r\n",
        "CONNECT {here} HTTP/1.1\r\nHost: {here}\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: {here}\r\n",
        "GET /_lookout/calls HTTP/1.1\r\nHost : {here}\r\n",
        "GET /_lookout/calls HTTP/1.1\r\nX-Host: {here}\r\n Host: {here}\r\n",
    ],
)
def test_a_request_that_is_unclear_about_its_host_is_refused(lookout_cloud: LocalCloud, head: str) -> None:
    here = f"127.0.0.1:{port_of(lookout_cloud)}"
    bearer = f"Authorization: Bearer {secret_of(lookout_cloud)}\r\n"
    answer: Answer = send(lookout_cloud, f"{head.format(here=here)}{bearer}Connection: close\r\n\r\n".encode())
    assert answer.status in (400, 403)


@pytest.mark.e2e
def test_http_2_has_the_same_door(lookout_cloud: LocalCloud) -> None:
    here = f"127.0.0.1:{port_of(lookout_cloud)}"
    assert status_of_http_2(lookout_cloud, here) == "200"
    assert status_of_http_2(lookout_cloud, "example.com") == "403"
    assert status_of_http_2(lookout_cloud, here, ("origin", "https://example.com")) == "403"


def status_of_http_2(cloud: LocalCloud, authority: str, *more: tuple[str, str]) -> str:
    """The status of a request over HTTP/2 by prior knowledge, with the secret of the cloud."""
    headers = [(":method", "GET"), (":path", "/_lookout/now"), (":scheme", "http"), (":authority", authority)]
    headers += [("authorization", f"Bearer {secret_of(cloud)}"), *more]
    with socket.create_connection(("127.0.0.1", port_of(cloud)), timeout=30) as connection:
        http_2 = H2Connection()
        http_2.initiate_connection()
        http_2.send_headers(1, headers, end_stream=True)
        connection.sendall(http_2.data_to_send())
        while data := connection.recv(65536):
            for event in http_2.receive_data(data):
                if isinstance(event, ResponseReceived):
                    found = {bytes(name): bytes(value) for name, value in event.headers or []}
                    return found[b":status"].decode()
            connection.sendall(http_2.data_to_send())
    raise AssertionError("no answer")
