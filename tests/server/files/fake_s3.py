"""As much of S3 and STS as the server asks, on a port of this machine, with what goes wrong on request."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 3
_TAG = '"{}"'


class FakeS3:
    """Buckets in memory: `objects` by bucket and key. `roles` can be assumed."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.buckets: dict[str, str] = {"sensors": "eu-west-1"}
        self.roles: set[str] = set()
        #: What was asked, in order: method and target, and the access key that signed it.
        self.asked: list[tuple[str, str]] = []
        #: The parameters of each AssumeRole.
        self.assumed: list[dict[str, list[str]]] = []
        #: How many of the next answers end in the middle, and how many are a 503.
        self.cuts = 0
        self.unavailable = 0
        self.knows_ranges = True
        #: The pieces of what is being uploaded, by its id; whether what was begun may be given up.
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.may_abort = True
        #: Those of the uploads whose pieces have a checksum.
        self.summed: set[str] = set()
        self.url = ""

    def tag(self, bucket: str, key: str) -> str:
        return _TAG.format(hash(self.objects[bucket, key]))


@contextmanager
def serving() -> Iterator[FakeS3]:
    """A server until the end of the `with`."""
    fake = FakeS3()
    handler = type("Handler", (_Handler,), {"fake": fake})
    with _Server(("127.0.0.1", 0), handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has what it wants leaves in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    fake: FakeS3
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        bucket, key, query = self._target()
        if self._is_unavailable():
            return
        if bucket not in self.fake.buckets:
            message = "The specified bucket does not exist"
            self._error(404, "NoSuchBucket", message, f"<BucketName>{bucket}</BucketName>")
        elif "location" in query:
            region = self.fake.buckets[bucket]
            self._send(200, f"<LocationConstraint>{region}</LocationConstraint>".encode())
        elif "list-type" in query:
            self._list(bucket, query)
        elif (bucket, key) not in self.fake.objects:
            self._error(404, "NoSuchKey", "The specified key does not exist.")
        else:
            self._object(bucket, key)

    def do_PUT(self) -> None:
        bucket, key, query = self._target()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if bucket == "forbidden":
            self._error(403, "AccessDenied", "Access Denied")
            return
        if "uploadId" in query:
            if self._is_unavailable():
                return
            number, upload = int(query["partNumber"][0]), query["uploadId"][0]
            found = {name: value for name, value in self.headers.items() if name == "x-amz-checksum-crc32"}
            if bool(found) != (upload in self.fake.summed):
                self._error(400, "InvalidRequest", "Checksum Type mismatch occurred")
                return
            self.fake.uploads[upload][number] = body
            self._send(200, b"", {"ETag": _TAG.format(number), **found})
            return
        self.fake.objects[bucket, key] = body
        self._send(200, b"", {"ETag": self.fake.tag(bucket, key)})

    def do_DELETE(self) -> None:
        _, _, query = self._target()
        if self.fake.may_abort:
            del self.fake.uploads[query["uploadId"][0]]
            self._send(204, b"")
        else:
            self._error(403, "AccessDenied", "Access Denied")

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if urlsplit(self.path).query:
            self._upload(content)
        else:
            self._assume(parse_qs(content))

    def _upload(self, content: str) -> None:
        """Begin an upload, or complete it of those pieces that are named."""
        bucket, key, query = self._target()
        if "uploads" in query:
            self.fake.uploads[made := f"upload{len(self.fake.asked)}"] = {}
            if self.headers.get("x-amz-checksum-algorithm") == "CRC32":
                self.fake.summed.add(made)
            answer = f"<InitiateMultipartUploadResult><UploadId>{made}</UploadId></InitiateMultipartUploadResult>"
        else:
            upload = query["uploadId"][0]
            pieces = self.fake.uploads.pop(upload)
            named = [int(number) for number in re.findall("<PartNumber>([0-9]+)</PartNumber>", content)]
            if content.count("<ChecksumCRC32>") != len(named) * (upload in self.fake.summed):
                self._error(400, "InvalidRequest", "The complete request must include the checksum for each part")
                return
            self.fake.objects[bucket, key] = b"".join(pieces[number] for number in named)
            answer = "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"
        self._send(200, answer.encode())

    def _assume(self, form: dict[str, list[str]]) -> None:
        self.fake.assumed.append(form)
        role = form["RoleArn"][0]
        if role not in self.fake.roles:
            message = f"User is not authorized to perform: sts:AssumeRole on resource: {role}"
            error = f"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error>"
            self._send(403, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode())
            return
        number = len(self.fake.assumed)
        made = (
            f"<AccessKeyId>ASIAFAKE{number}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
            "<SessionToken>token</SessionToken><Expiration>2030-01-01T01:00:00Z</Expiration>"
        )
        xmlns = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
        result = f"<AssumeRoleResult><Credentials>{made}</Credentials></AssumeRoleResult>"
        self._send(200, f"<AssumeRoleResponse {xmlns}>{result}</AssumeRoleResponse>".encode())

    def _target(self) -> tuple[str, str, dict[str, list[str]]]:
        signer = re.search("Credential=([^/]+)/", self.headers.get("Authorization", ""))
        self.fake.asked.append((f"{self.command} {self.path}", signer[1] if signer else ""))
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        return bucket, key, parse_qs(parts.query, keep_blank_values=True)

    def _is_unavailable(self) -> bool:
        if self.fake.unavailable <= 0:
            return False
        self.fake.unavailable -= 1
        self._error(503, "SlowDown", "Please reduce your request rate.")
        return True

    def _list(self, bucket: str, query: dict[str, list[str]]) -> None:
        prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
        keys = sorted(key for where, key in self.fake.objects if where == bucket and key.startswith(prefix))
        left = [key for key in keys if key > after]
        page = left[:_PAGE]
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self.fake.objects[bucket, key])}</Size></Contents>"
            for key in page
        )
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if len(left) > _PAGE else ""
        truncated = f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>"
        self._send(200, f"<ListBucketResult>{truncated}{more}{items}</ListBucketResult>".encode())

    def _object(self, bucket: str, key: str) -> None:
        content, tag = self.fake.objects[bucket, key], self.fake.tag(bucket, key)
        if self.headers.get("If-Match", tag) != tag:
            self._error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
            return
        wanted = re.fullmatch("bytes=([0-9]+)-([0-9]+)", self.headers.get("Range", ""))
        if not wanted or not self.fake.knows_ranges:
            self._send(200, content, {"ETag": tag})
            return
        start, end = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        if start > end:
            self._error(416, "InvalidRange", "The requested range is not satisfiable")
            return
        headers = {"ETag": tag, "Content-Range": f"bytes {start}-{end}/{len(content)}"}
        self._send(206, content[start : end + 1], headers)

    def _error(self, status: int, code: str, message: str, more: str = "") -> None:
        self._send(status, f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>".encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.fake.cuts > 0 and status in (200, 206) and self.command == "GET":
            self.fake.cuts -= 1
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)
