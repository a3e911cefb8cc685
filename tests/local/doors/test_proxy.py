"""The proxy: a second way to the same services, with the same door, and to nothing else."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lookout_local import LocalCloud
from lookout_local.authority import Authority
from lookout_local.door import HostDoor
from lookout_server.http.asgi import Message, Receive, Scope, Send

from .support import ACCOUNT, REGION, Answer, ask, secret_of

S3 = "s3.us-east-1.amazonaws.com"
EQUIPMENT = "lookoutequipment.us-east-1.amazonaws.com"
STS = "sts.us-east-1.amazonaws.com"
IDENTITY = "/?Action=GetCallerIdentity&Version=2011-06-15"


async def opened(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"access-control-allow-origin", b"*")]})


def objection(host: str, service: str, *headers: tuple[str, str], kind: str = "http", **request: Any) -> str:
    """Why a request through the proxy is turned away; '' when it is let in."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        **request,
    }
    asyncio.run(HostDoor(opened, host, service)(scope, receive, send))
    if kind == "websocket":
        assert sent == [{"type": "websocket.close"}]
        return "closed"
    if sent[0]["status"] == 200:
        assert sent[0]["headers"] == []
        return ""
    return str(json.loads(sent[1]["body"])["message"])


def scoped(service: str) -> tuple[str, str]:
    return "authorization", f"AWS4-HMAC-SHA256 Credential=1/20260101/us-east-1/{service}/aws4_request, Signature=0"


@pytest.mark.parametrize("host", [EQUIPMENT, f"{EQUIPMENT}:443", EQUIPMENT.upper()])
def test_a_tunnel_leads_to_the_host_that_was_asked_for(host: str) -> None:
    assert objection(EQUIPMENT, "lookoutequipment", ("host", host), scoped("lookoutequipment")) == ""


@pytest.mark.parametrize(
    "host", ["", S3, "127.0.0.1", "localhost", f"{EQUIPMENT}:80", f"{EQUIPMENT}.", f"x.{EQUIPMENT}"]
)
def test_a_tunnel_leads_to_no_other_host(host: str) -> None:
    said = objection(EQUIPMENT, "lookoutequipment", ("host", host), scoped("lookoutequipment"))
    assert said == f"host: got {host}, expected {EQUIPMENT}"


def test_a_request_in_a_tunnel_has_one_host() -> None:
    assert objection(S3, "s3", scoped("s3")).startswith("host: got none, ")
    assert objection(S3, "s3", ("host", S3), ("host", S3), scoped("s3")).startswith("host: got ")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("origin", "https://example.com"),
        ("origin", f"http://{S3}"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ],
)
def test_no_page_of_another_origin_gets_through_a_tunnel(header: str, value: str) -> None:
    assert objection(S3, "s3", ("host", S3), (header, value)).startswith(f"{header}: got {value}, ")


def test_no_preflight_and_no_websocket_gets_through_a_tunnel() -> None:
    assert objection(S3, "s3", ("host", S3), method="OPTIONS").startswith("method: got OPTIONS")
    assert objection(S3, "s3", ("host", S3), scoped("s3"), kind="websocket") == "closed"


@pytest.mark.parametrize("service", ["iam", "s3", "lookoutvision", "lambda"])
def test_a_host_takes_requests_for_its_own_service(service: str) -> None:
    said = objection(EQUIPMENT, "lookoutequipment", ("host", EQUIPMENT), scoped(service))
    assert said == f"signature: got one for {service}, expected one for lookoutequipment at {EQUIPMENT}"


def test_only_s3_has_something_for_who_does_not_sign() -> None:
    assert objection(S3, "s3", ("host", S3)) == ""
    assert objection(STS, "sts", ("host", STS)) == f"signature: got one for nothing, expected one for sts at {STS}"


def test_a_certificate_is_for_its_host_and_trusted_by_who_trusts_the_authority(tmp_path: Path) -> None:
    one, other = Authority(), Authority()
    assert handshake(one, EQUIPMENT, EQUIPMENT, one) is None
    assert "certificate verify failed" in str(handshake(one, EQUIPMENT, EQUIPMENT, other))
    assert "Hostname mismatch" in str(handshake(one, EQUIPMENT, S3, one))


def handshake(server: Authority, host: str, expected: str, trusted: Authority) -> Exception | None:
    """What a client, as strict as the newest ones, says of a certificate."""
    client = ssl.create_default_context(cadata=trusted.certificate.decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    pipes = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.context(host).wrap_bio(*pipes, server_side=True)
    theirs = client.wrap_bio(*reversed(pipes), server_hostname=expected)
    for _ in range(3):
        for side in (theirs, ours):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return error
    return None


@pytest.fixture(scope="module")
def variables(lookout_cloud: LocalCloud) -> dict[str, str]:
    return lookout_cloud.env(proxy=True)


def proxy_port(variables: Mapping[str, str]) -> int:
    return int(variables["HTTPS_PROXY"].rpartition(":")[2])


def through(
    variables: Mapping[str, str], host: str, method: str, target: str, headers: Iterable[tuple[str, str]]
) -> Answer:
    """Ask a host through the proxy; `headers` begin with the Host."""
    with socket.create_connection(("127.0.0.1", proxy_port(variables)), timeout=30) as connection:
        connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        opening = HTTPResponse(connection, method="CONNECT")
        opening.begin()
        if opening.status != 200:
            return Answer(opening.status, {"reason": opening.reason}, opening.read())
        trusting = ssl.create_default_context(cafile=variables["AWS_CA_BUNDLE"])
        with trusting.wrap_socket(connection, server_hostname=host) as encrypted:
            lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
            encrypted.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            response = HTTPResponse(encrypted, method=method)
            response.begin()
            return Answer(
                response.status, {name.lower(): text for name, text in response.getheaders()}, response.read()
            )


def signed(cloud: LocalCloud, host: str, service: str, target: str, secret: str = "") -> list[tuple[str, str]]:
    request = AWSRequest("GET", f"https://{host}{target}", headers={"Host": host})
    SigV4Auth(Credentials(ACCOUNT, secret or secret_of(cloud)), service, REGION).add_auth(request)
    return list(request.headers.items())


@pytest.mark.e2e
def test_a_signature_holds_for_the_host_that_it_was_made_for(
    lookout_cloud: LocalCloud, variables: Mapping[str, str]
) -> None:
    own = signed(lookout_cloud, STS, "sts", IDENTITY)
    assert through(variables, STS, "GET", IDENTITY, own).status == 200
    elsewhere = "sts.eu-west-1.amazonaws.com"
    moved = [(name, elsewhere if name == "Host" else value) for name, value in own]
    answer = through(variables, elsewhere, "GET", IDENTITY, moved)
    assert answer.status == 403
    assert b"SignatureDoesNotMatch" in answer.body
    assert ask(lookout_cloud, "GET", IDENTITY, [pair for pair in own if pair[0] != "Host"]).status == 403


@pytest.mark.e2e
def test_without_the_secret_nothing_is_done(lookout_cloud: LocalCloud, variables: Mapping[str, str]) -> None:
    assert through(variables, STS, "GET", IDENTITY, signed(lookout_cloud, STS, "sts", IDENTITY, "wrong")).status == 403
    assert through(variables, STS, "GET", IDENTITY, [("Host", STS)]).status == 403
    assert through(variables, S3, "PUT", "/bucket", [("Host", S3)]).status == 403
    assert through(variables, S3, "GET", "/", [("Host", S3)]).status == 403


@pytest.mark.e2e
@pytest.mark.parametrize(
    "path", ["/_lookout/calls", "/_lookout/now", "/_ministack/health", "/_localstack/health", "/health", "/v2/"]
)
def test_the_private_routes_are_not_behind_the_proxy(
    lookout_cloud: LocalCloud, variables: Mapping[str, str], path: str
) -> None:
    bearer = ("Authorization", f"Bearer {secret_of(lookout_cloud)}")
    answer = through(variables, S3, "GET", path, [("Host", S3), bearer])
    assert answer.status in (403, 404)
    assert b"{" not in answer.body


@pytest.mark.e2e
def test_everything_else_is_refused_and_never_connected_to(
    lookout_cloud: LocalCloud, variables: Mapping[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        there = f"127.0.0.1:{listener.getsockname()[1]}"
        for head in (
            f"CONNECT {there} HTTP/1.1\r\n\r\n",
            f"GET http://{there}/ HTTP/1.1\r\nHost: {there}\r\n\r\n",
            "CONNECT iam.amazonaws.com:443 HTTP/1.1\r\n\r\n",
            "GET /_lookout/calls HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://example.com\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", proxy_port(variables)), timeout=30) as connection:
                connection.sendall(head.encode())
                response = HTTPResponse(connection)
                response.begin()
                assert response.status == 403
                assert response.reason.startswith("proxy: got ")
                assert not [name for name, _ in response.getheaders() if name.lower().startswith("access-control-")]
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert "proxy: got iam.amazonaws.com:443, expected " in (lookout_cloud.state_dir / "server.log").read_text()


@pytest.mark.e2e
@pytest.mark.parametrize("head", [b"CONNECT " + b"x" * 20_000 + b"\r\n\r\n", b"\x16\x03\x01\x02", b""])
def test_what_speaks_something_else_is_hung_up_on(variables: Mapping[str, str], head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", proxy_port(variables)), timeout=30) as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert through(variables, S3, "GET", "/", [("Host", S3)]).status == 403


@pytest.fixture(scope="module")
def own() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.mark.e2e
def test_there_is_no_proxy_before_it_is_asked_for_and_then_one(own: LocalCloud) -> None:
    certificate = own.state_dir / "proxy-ca.pem"
    assert "HTTPS_PROXY" not in own.env()
    assert not certificate.exists()
    first = own.env(proxy=True)
    assert own.env(proxy=True) == first
    assert first["AWS_CA_BUNDLE"] == str(certificate)
    assert stat.S_IMODE(certificate.stat().st_mode) == 0o600


@pytest.mark.e2e
def test_no_key_of_the_authority_is_in_a_file(own: LocalCloud) -> None:
    own.env(proxy=True)
    # MiniStack has a key of its own there, for tokens of user pools.
    files = [path for path in own.state_dir.rglob("*") if path.is_file() and path.parent.name != "ministack"]
    assert own.state_dir / "proxy-ca.pem" in files
    assert [path for path in files if b"PRIVATE KEY" in path.read_bytes()] == []


@pytest.mark.e2e
def test_the_proxy_listens_on_loopback_only(own: LocalCloud) -> None:
    port = proxy_port(own.env(proxy=True))
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [fields[1] for fields in listening if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"] == [
        f"0100007F:{port:04X}"
    ]


@pytest.mark.e2e
def test_connections_of_the_proxy_count(own: LocalCloud) -> None:
    port = proxy_port(own.env(proxy=True))
    own.settings.limits = dataclasses.replace(own.settings.limits, connections=3)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as one,
        socket.create_connection(("127.0.0.1", port), timeout=30),
        socket.create_connection(("127.0.0.1", port), timeout=30),
        socket.create_connection(("127.0.0.1", port), timeout=30) as last,
    ):
        assert last.recv(100).startswith(b"HTTP/1.1 503 ")
        one.sendall(b"CONNECT x:1 HTTP/1.1\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 403 ")
    own.settings.reset()


PROGRAM = """
import boto3
from botocore.config import Config

region = "us-east-1"
def client(service, **more):
    return boto3.client(service, region_name=region, endpoint_url=f"https://{service}.{region}.amazonaws.com", **more)

print(client("sts").get_caller_identity()["Account"])
print(client("lookoutequipment").list_datasets()["DatasetSummaries"])
print(client("lookoutvision").list_projects()["Projects"])
for style in ("virtual", "path"):
    s3 = client("s3", config=Config(s3={"addressing_style": style}))
    s3.create_bucket(Bucket=f"by-{style}")
    s3.put_object(Bucket=f"by-{style}", Key="a b/c", Body=b"x" * 3_000_000)
    print(len(s3.get_object(Bucket=f"by-{style}", Key="a b/c")["Body"].read()))

import urllib.request
for signature in ("s3", "s3v4"):
    for style in ("virtual", "path"):
        s3 = client("s3", config=Config(signature_version=signature, s3={"addressing_style": style}))
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "by-virtual", "Key": "a b/c"})
        print(len(urllib.request.urlopen(url).read()))
"""


@pytest.mark.e2e
def test_a_program_with_addresses_of_aws_in_it_runs_as_it_is(own: LocalCloud, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {"PATH": "", **own.env(proxy=True)}
    done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == [ACCOUNT, "[]", "[]", *["3000000"] * 6]
