"""How much a request may bring, and how long it may take for that: an ASGI layer around everything that is served.

A request is handed on when its body is complete. So nothing behind this waits for a client, or has more to do with one
than its limits allow.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from lookout_local import signatures
from lookout_local.arrival import Arrival
from lookout_local.asgi import Application, Message, Receive, Scope, Send
from lookout_local.gateway import ADMIN_PATH
from lookout_local.refusals import Refusal, rendered, too_large, too_slow
from lookout_server.protocol.http import HttpRequest

if TYPE_CHECKING:
    from lookout_local.gateway import Gateway

_MOST_DIGITS = 18
_PIECE = 64 * 1024
_LARGE = 1024**2


class Bounds:
    """Refuses what is too large or too slow, before it is read as far as that can be told.

    What is left goes to the gateway, or to `application`, a part of it.
    """

    def __init__(
        self,
        gateway: Gateway,
        application: Application | None = None,
        *,
        is_signed: Callable[[Arrival], bool] = signatures.is_signed,
    ) -> None:
        self._application = application or gateway
        self._is_signed = is_signed
        self._backend = gateway.backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        service = _service_of(scope, headers)
        try:
            most = self._most(scope, headers, service)
            unsigned = self._backend.settings.limits.bytes_per_request_elsewhere
            if service == "s3" and most > unsigned and not self._is_signed(Arrival.of(scope)):
                most = unsigned  # an object of gigabytes is kept in memory until it is there
            chunks = await self._body(most, headers, service, receive)
        except Refusal as refusal:
            await _refuse(refusal, service, headers, receive, send)
        except _Disconnected:
            return
        else:
            await self._application(scope, _replaying(chunks, receive), _in_pieces(send))

    def _most(self, scope: Scope, headers: dict[str, str], service: str) -> int:
        """The bytes that the body may have."""
        limits = self._backend.settings.limits
        if scope["path"].startswith(ADMIN_PATH):
            return limits.bytes_per_request
        if service in self._backend.services:
            return self._backend.largest_body(HttpRequest(service, "", "", "", scope["method"], scope["path"], headers))
        named = {"s3": limits.bytes_per_object, "lambda": limits.bytes_per_function}
        return named.get(service, limits.bytes_per_request_elsewhere)

    async def _body(self, most: int, headers: dict[str, str], service: str, receive: Receive) -> deque[bytes]:
        """The body in pieces; raises Refusal, or _Disconnected."""
        limits = self._backend.settings.limits
        announced = headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > _MOST_DIGITS or int(announced) > most):
            raise too_large(most, f"{announced[:_MOST_DIGITS]} bytes")
        chunks: deque[bytes] = deque()
        size, started = 0, asyncio.get_running_loop().time()
        while True:
            seconds = limits.seconds_per_request + size / limits.slowest_bytes_per_second
            try:
                async with asyncio.timeout_at(started + seconds):
                    message = await receive()
            except TimeoutError:
                raise too_slow(seconds) from None
            if message["type"] == "http.disconnect":
                raise _Disconnected
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise too_large(most, "more")
            chunks.append(chunk)
            if not message.get("more_body"):
                break
        # What is compressed is uncompressed further on, but for objects, which are kept as they come.
        compressed = service != "s3" and "gzip" in headers.get("content-encoding", "").lower()
        if compressed and not await asyncio.to_thread(_inflates_to, chunks, most):
            raise too_large(most, "more, compressed")
        return chunks


class _Disconnected(Exception):
    """The client is gone before its request was complete."""


def _service_of(scope: Scope, headers: dict[str, str]) -> str:
    """The service that a request is signed for, in its headers or in its address; '' where it is not that of one."""
    content_type = headers.get("content-type", "")
    service = signatures.service(Arrival.of(scope))
    if not service and content_type.startswith("multipart/form-data"):
        return "s3"  # a form that is sent to S3 is signed inside
    # Whatever it says: no request to S3 names an operation.
    named = "x-amz-target" in headers or content_type.startswith("application/x-www-form-urlencoded")
    return "" if service == "s3" and named else service


def _replaying(chunks: deque[bytes], receive: Receive) -> Receive:
    """What hands on a body that has been read; then whatever else the client does."""

    async def replay() -> Message:
        if not chunks:
            return await receive()
        chunk = chunks.popleft()
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    return replay


def _in_pieces(send: Send) -> Send:
    """What sends large answers piece by piece, so that others get theirs in between."""

    async def send_pieces(message: Message) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) <= _LARGE:
            await send(message)
            return
        with memoryview(body) as view:
            for start in range(0, len(body), _LARGE):
                more = message.get("more_body", False) or start + _LARGE < len(body)
                await send({**message, "body": bytes(view[start : start + _LARGE]), "more_body": more})
                await asyncio.sleep(0)

    return send_pieces


def _inflates_to(chunks: Iterable[bytes], most: int) -> bool:
    """Whether what is compressed is no more than so many bytes; what is not compressed is what it is."""
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(b"".join(chunks))) as content:
            while piece := content.read(_PIECE):
                size += len(piece)
                if size > most:
                    return False
    except (OSError, EOFError, zlib.error):
        pass
    return True


async def _refuse(refusal: Refusal, service: str, headers: dict[str, str], receive: Receive, send: Send) -> None:
    """Answer, then let the client finish what it is sending: it would not read an answer to half a request otherwise.

    The answer is complete before that, whatever the client does.
    """
    status, fields, body = rendered(refusal, service, headers)
    fields["content-length"] = str(len(body))
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(refusal.patience):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body", "body": b""})
