"""What a request may bring, and how long it may take: refused in the form that each client reads."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from lookout_local import LocalCloud, client
from lookout_local.bounds import Bounds
from lookout_local.gateway import Message
from lookout_local.refusals import too_large
from lookout_server.backend import Backend
from lookout_server.settings import Limits, Settings
from tests.server.services.support import Bucket

SCOPE = "AWS4-HMAC-SHA256 Credential=111111111111/20240101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=x"
TARGET = "AWSLookoutEquipmentFrontendService."
LIMITS = Limits(
    bytes_per_request=100,
    bytes_per_operation={"CreateDataset": 200, "UpdateDatasetEntries": 300},
    bytes_per_request_elsewhere=400,
    bytes_per_object=500,
    bytes_per_function=600,
)
EVER: Any = object()


class Behind:
    """What stands behind the bounds: it reads the body and answers."""

    def __init__(self) -> None:
        self.backend = Backend(storage=Bucket(), settings=Settings(limits=dataclasses.replace(LIMITS)))
        self.bodies: list[bytes] = []
        self.answer = b"done"
        self.then: list[Message] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await send({"type": "passed"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.answer})
        self.then.append(await receive())


class Client:
    """Sends a request piece by piece, and keeps what it gets."""

    def __init__(
        self, behind: Behind, pieces: list[bytes], *, ends: bool = True, gone: bool = False, signed: bool = True
    ) -> None:
        self._behind = behind
        self._signed = signed
        self._messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        if ends:
            self._messages.append({"type": "http.request", "body": b"", "more_body": False})
        if ends or gone:
            self._messages.append({"type": "http.disconnect"})
        self.sent: list[Message] = []

    def run(self, service: str = "", method: str = "POST", path: str = "/", query: str = "", **headers: str) -> Client:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if service:
            fields["authorization"] = SCOPE.format(service)
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
        }
        bounds = Bounds(self._behind, is_signed=lambda _: self._signed)  # type: ignore[arg-type]
        asyncio.run(bounds(scope, self._receive, self._send))
        return self

    @property
    def left(self) -> int:
        """How many messages nobody has asked for."""
        return len(self._messages)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"]) if self.sent else 0

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def _receive(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.fixture
def behind() -> Behind:
    return Behind()


def test_a_body_arrives_as_it_was_sent_and_then_whatever_follows(behind: Behind) -> None:
    client = Client(behind, [b"a", b"", b"bc"]).run()
    assert (client.status, client.body, behind.bodies) == (200, b"done", [b"abc"])
    assert behind.then == [{"type": "http.disconnect"}]


def test_a_request_without_a_body_is_handed_on(behind: Behind) -> None:
    assert Client(behind, []).run(method="GET").status == 200
    assert behind.bodies == [b""]


def test_what_is_no_request_is_none_of_its_business(behind: Behind) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Bounds(behind)({"type": "websocket"}, EVER, send))  # type: ignore[arg-type]
    assert sent == [{"type": "passed"}]


@pytest.mark.parametrize(
    ("most", "request_"),
    [
        (100, {"service": "lookoutequipment", "x_amz_target": f"{TARGET}DescribeDataset"}),
        (200, {"service": "lookoutequipment", "x_amz_target": f"{TARGET}CreateDataset"}),
        (100, {"service": "lookoutequipment", "x_amz_target": "nonsense"}),
        (100, {"service": "lookoutequipment", "method": "GET"}),
        (300, {"service": "lookoutvision", "method": "PATCH", "path": "/2020-11-20/projects/a/datasets/train/entries"}),
        (100, {"service": "lookoutvision", "path": "/2020-11-20/projects/a/models/1/detect"}),
        (100, {"path": "/_lookout/settings", "method": "PUT"}),
        (100, {"path": "/_lookout/settings", "method": "PUT", "service": "s3"}),
        (500, {"service": "s3", "method": "PUT", "path": "/bucket/key"}),
        (500, {"query": "a=b&X-Amz-Credential=AKIA%2F20240101%2Fus-east-1%2Fs3%2Faws4_request", "method": "PUT"}),
        (500, {"content_type": "multipart/form-data; boundary=x", "path": "/bucket"}),
        (600, {"service": "lambda", "path": "/2015-03-31/functions"}),
        (400, {"service": "dynamodb", "x_amz_target": "DynamoDB_20120810.PutItem"}),
        (400, {"path": "/anything"}),
        (400, {"service": "s3", "x_amz_target": "DynamoDB_20120810.PutItem"}),
        (400, {"service": "s3", "content_type": "application/x-www-form-urlencoded"}),
        (
            100,
            {
                "service": "lookoutequipment",
                "query": "X-Amz-Credential=AKIA%2F20240101%2Fus-east-1%2Fs3%2Faws4_request",
            },
        ),
    ],
)
def test_each_operation_and_service_has_a_limit(behind: Behind, most: int, request_: dict[str, str]) -> None:
    assert Client(behind, [b"x" * most]).run(**request_).status == 200
    assert Client(behind, [b"x" * most]).run(**request_, content_length=str(most)).status == 200
    assert Client(behind, [b"x" * most, b"y"]).run(**request_).status in (400, 413)
    assert Client(behind, []).run(**request_, content_length=str(most + 1)).status in (400, 413)
    assert [len(body) for body in behind.bodies] == [most, most]


def test_only_who_has_signed_sends_large_objects(behind: Behind) -> None:
    for pieces, length in (([b"x" * 401], {}), ([], {"content_length": "401"})):
        client = Client(behind, pieces, signed=False).run("s3", "PUT", "/bucket/key", **length)
        assert (client.status, b"EntityTooLarge" in client.body) == (400, True)
    assert Client(behind, [b"x" * 400], signed=False).run("s3", "PUT", "/bucket/key").status == 200


def test_the_limits_can_be_changed_at_any_time(behind: Behind) -> None:
    behind.backend.settings.limits.bytes_per_request_elsewhere = 3
    assert Client(behind, [b"xxxx"]).run().status == 413
    behind.backend.settings.limits = Limits()
    assert Client(behind, [b"xxxx"]).run().status == 200


def test_a_large_answer_is_sent_piece_by_piece(behind: Behind) -> None:
    behind.answer = bytes(range(256)) * 12_345
    client = Client(behind, []).run()
    pieces = [message for message in client.sent if message["type"] == "http.response.body"]
    assert client.body == behind.answer
    assert [piece.get("more_body", False) for piece in pieces] == [True, True, True, False]
    assert max(len(piece["body"]) for piece in pieces) == 1024**2


def test_what_is_announced_as_too_large_is_refused_before_it_is_read(behind: Behind) -> None:
    client = Client(behind, [b"x" * 500, b"x" * 500])
    sent_when_read: list[int] = []
    plain = client._receive

    async def receive() -> Message:
        sent_when_read.append(len(client.sent))
        return await plain()

    client._receive = receive  # type: ignore[method-assign]
    client.run(content_length="1000")
    assert sent_when_read == [2, 2, 2]
    assert client.sent[1]["more_body"]
    assert (client.status, behind.bodies) == (413, [])


def test_an_answer_to_half_a_request_comes_before_the_rest_and_ends_the_connection(behind: Behind) -> None:
    client = Client(behind, [b"x" * 401, *[b"x"] * 99]).run()
    assert (client.status, client.left) == (413, 1)
    assert (b"connection", b"close") in client.sent[0]["headers"]
    assert (b"content-length", str(len(client.body)).encode()) in client.sent[0]["headers"]


@pytest.mark.parametrize("length", ["-1", "1e3", "", "x", "9" * 5_000, "0x10"])
def test_a_length_that_is_none_counts_for_nothing(behind: Behind, length: str) -> None:
    status = Client(behind, [b"x"]).run(content_length=length).status
    assert status == (413 if length.startswith("9") else 200)


def test_a_body_that_never_comes_is_not_waited_for(behind: Behind) -> None:
    behind.backend.settings.limits.seconds_per_request = 0.0
    client = Client(behind, [], ends=False).run("lookoutequipment", x_amz_target=f"{TARGET}ListDatasets")
    assert (client.status, behind.bodies) == (408, [])
    assert b"RequestTimeoutException" in client.body


def test_a_body_that_comes_too_slowly_is_not_waited_for(behind: Behind) -> None:
    behind.backend.settings.limits.seconds_per_request = 0.01
    client = Client(behind, [b"x"] * 10, ends=False).run("s3", "PUT", "/bucket/key")
    assert (client.status, behind.bodies) == (400, [])
    assert b"<Code>RequestTimeout</Code>" in client.body


def test_a_body_has_the_more_time_the_more_of_it_comes(behind: Behind) -> None:
    limits = behind.backend.settings.limits
    limits.seconds_per_request, limits.slowest_bytes_per_second = 0.0, 1
    # Nothing has been received when the first piece is waited for, so that is there at once or too late.
    limits.seconds_per_request = 5.0
    assert Client(behind, [b"x" * 100] * 3).run().status == 200


def test_a_client_that_goes_away_leaves_nothing_half_done(behind: Behind) -> None:
    client = Client(behind, [b"half of"], ends=False, gone=True).run("lookoutequipment")
    assert (client.sent, behind.bodies) == ([], [])


@pytest.mark.parametrize("size", [300, 40_000])
def test_what_is_compressed_counts_as_what_it_will_be(behind: Behind, size: int) -> None:
    body = gzip.compress(b"x" * size)
    assert len(body) < 400
    client = Client(behind, [body]).run("monitoring", content_encoding="gzip")
    assert client.status == (200 if size < 400 else 413)


def test_what_is_compressed_several_times_in_succession_counts_as_all_of_it(behind: Behind) -> None:
    body = gzip.compress(b"x" * 200) * 3
    assert len(body) < 400
    assert Client(behind, [body]).run("monitoring", content_encoding="aws-chunked, GZIP").status == 413


def test_an_object_is_kept_as_it_comes(behind: Behind) -> None:
    body = gzip.compress(b"x" * 40_000)
    assert Client(behind, [body]).run("s3", "PUT", "/bucket/key", content_encoding="gzip").status == 200


def test_what_only_says_that_it_is_compressed_is_handed_on(behind: Behind) -> None:
    assert Client(behind, [b"no gzip"]).run("monitoring", content_encoding="gzip").status == 200
    assert Client(behind, [gzip.compress(b"x" * 99)[:-9]]).run("monitoring", content_encoding="gzip").status == 200


@pytest.mark.parametrize(
    ("protocol", "service", "headers"),
    [
        ("json", "dynamodb", {"x_amz_target": "DynamoDB_20120810.PutItem"}),
        ("rest-json", "lambda", {}),
        ("query", "iam", {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}),
        ("ec2", "ec2", {"content_type": "application/x-www-form-urlencoded"}),
        ("rest-xml", "s3", {}),
    ],
)
def test_a_refusal_is_read_by_the_clients_of_every_protocol(
    behind: Behind, protocol: str, service: str, headers: dict[str, str]
) -> None:
    client = Client(behind, [b"x" * 700]).run(service, **headers)
    fields = HeadersDict({name.decode(): value.decode() for name, value in client.sent[0]["headers"]})
    answer = {"status_code": client.status, "headers": fields, "body": client.body}
    error = create_parser(protocol).parse(answer, None)["Error"]
    assert error["Code"] == ("EntityTooLarge" if service == "s3" else "RequestEntityTooLargeException")
    assert "expected at most " in error["Message"]


def test_what_a_refusal_says_is_escaped() -> None:
    refusal = dataclasses.replace(too_large(1, "2"), message="<&>")
    from lookout_local.refusals import rendered

    _, _, body = rendered(refusal, "s3", {})
    assert b"<Message>&lt;&amp;&gt;</Message>" in body


@pytest.fixture
def limited(lookout_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The cloud with settings as they were, afterwards."""
    before = lookout_cloud.settings.get()
    yield lookout_cloud
    lookout_cloud.settings.put(before)


def spoken(cloud: LocalCloud, *parts: bytes) -> bytes:
    """All that the server says to some bytes, until it closes the connection."""
    host, port = cloud.endpoint_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while received := connection.recv(65_536):
            answer += received
        return answer


def head(cloud: LocalCloud, *fields: str) -> bytes:
    """The head of a request to Lookout for Equipment, with further fields."""
    host = cloud.endpoint_url.removeprefix("http://")
    signed = f"Authorization: {SCOPE.format('lookoutequipment')}"
    lines = ["POST / HTTP/1.1", f"Host: {host}", signed, f"X-Amz-Target: {TARGET}ListDatasets", *fields]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


@pytest.mark.e2e
@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: -5",),
        ("Content-Length: 5x",),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 99999999999999999999999",),
        ("Transfer-Encoding: nonsense",),
        (f"X-Long: {'x' * 100_000}",),
    ],
    ids=range(6),
)
def test_a_head_that_makes_no_sense_is_refused(limited: LocalCloud, fields: tuple[str, ...]) -> None:
    status = spoken(limited, head(limited, *fields)).split(b" ")[1]
    assert 400 <= int(status) < 502


@pytest.mark.e2e
def test_a_large_body_is_refused_on_the_wire_and_the_answer_arrives(limited: LocalCloud) -> None:
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    announced = spoken(limited, head(limited, "Content-Length: 99999999"), b"x" * 99_999_999)
    chunked = spoken(limited, head(limited, "Transfer-Encoding: chunked"), *[chunk] * 20, b"0\r\n\r\n")
    for answer in (announced, chunked):
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.endswith(b'bytes"}')


@pytest.mark.e2e
def test_a_body_that_never_comes_ends_the_connection(limited: LocalCloud) -> None:
    limited.settings.limits = dataclasses.replace(limited.settings.limits, seconds_per_request=0.2)
    assert spoken(limited, head(limited, "Content-Length: 50"), b"{").startswith(b"HTTP/1.1 408 ")


@pytest.mark.e2e
def test_clients_understand_what_is_refused_and_large_objects_pass(limited: LocalCloud) -> None:
    config = Config(retries={"total_max_attempts": 1})
    secret = limited.env()["AWS_SECRET_ACCESS_KEY"]
    equipment = client(
        "lookoutequipment", endpoint_url=limited.endpoint_url, aws_secret_access_key=secret, config=config
    )
    with pytest.raises(ClientError, match="RequestEntityTooLargeException"):
        equipment.create_dataset(DatasetName="a", DatasetSchema={"InlineDataSchema": "x" * 11_000_000})
    s3 = limited.client("s3")
    s3.create_bucket(Bucket="large-objects")
    s3.put_object(Bucket="large-objects", Key="a", Body=b"x" * 30_000_000)
    assert s3.head_object(Bucket="large-objects", Key="a")["ContentLength"] == 30_000_000
    s3.delete_object(Bucket="large-objects", Key="a")
