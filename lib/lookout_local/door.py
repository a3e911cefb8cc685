"""The outermost layer: lets in only who speaks to this very address, and no page in a browser that is not from here.

A page from anywhere can make a browser send requests to 127.0.0.1. It cannot choose what the browser says of them:
the name that it asked for (Host), the page's own origin (Origin), how the two relate (Sec-Fetch-Site), and the
question beforehand whether it may (OPTIONS). Programs send none of the last three. Nothing behind this layer is asked
before these headers were looked at, and no answer allows a page of another origin to read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from lookout_local import signatures
from lookout_local.arrival import Arrival
from lookout_local.asgi import Application, Message, Receive, Scope, Send, discard, respond

# Browsers take every name under .localhost to this machine, whatever a name server says of it.
_NAME = re.compile(r"127\.0\.0\.1|(?:[a-z0-9_-]+\.)*localhost")
_SITES = ("none", "same-origin")
_HTTP_PORT, _HTTPS_PORT = 80, 443


class Door:
    """Passes on to an application what comes to a port of this machine by one of its own names.

    What it turns away is answered with status 403 and a message, and a websocket is not accepted.
    """

    def __init__(self, application: Application, port: int) -> None:
        self._application = application
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif problem := self._objection(scope):
            await _turn_away(scope, receive, send, problem)
        else:
            await self._application(scope, receive, _without_cors(send))

    def _objection(self, scope: Scope) -> str:
        return objection(scope, self._port)


class HostDoor(Door):
    """The same for what comes through the proxy to one host of AWS: that host only, and what its service is asked."""

    def __init__(self, application: Application, host: str, service: str) -> None:
        super().__init__(application, _HTTPS_PORT)
        self._host = host
        self._service = service

    def _objection(self, scope: Scope) -> str:
        allowed = (self._host, f"{self._host}:{self._port}")
        problem = _objection(scope, lambda host: host.lower() in allowed, self._host, "https")
        if problem or scope["type"] != "http":
            return problem or "got a websocket, expected a request of a service"
        arrival = Arrival.of(scope)
        signed_for = signatures.service(arrival) or (self._service if signatures.is_claimed(arrival) else "")
        # Objects of a bucket may be open to everybody, and a form is signed inside.
        if signed_for != self._service and (signed_for or self._service != "s3"):
            return f"signature: got one for {signed_for or 'nothing'}, expected one for {self._service} at {self._host}"
        return ""


def objection(scope: Scope, port: int) -> str:
    """Why a request to a port of this machine is not let in; '' when it is."""
    expected = f"127.0.0.1:{port}, localhost:{port} or a name under localhost with this port"
    return _objection(scope, lambda host: _is_ours(host, port), expected, "http")


def _objection(scope: Scope, is_ours: Callable[[str], bool], expected: str, scheme: str) -> str:
    host, *more = _values(scope, b"host") or ["none"]
    if more or not is_ours(host):
        got = ", ".join([host, *more])
        return f"host: got {got}, expected {expected}"
    if not scope["raw_path"].startswith(b"/"):
        return "request target: got one that names a host, expected a path that begins with /"
    origin = f"{scheme}://{host.lower()}"
    for got in _values(scope, b"origin"):
        if got != origin:
            return f"origin: got {got}, expected {origin} or none; pages of other origins are not let in"
    for got in _values(scope, b"sec-fetch-site"):
        if got not in _SITES:
            return f"sec-fetch-site: got {got}, expected {' or '.join(_SITES)}; pages of other sites are not let in"
    if scope.get("method") == "OPTIONS":
        return "method: got OPTIONS, which no service has; pages of other origins are not let in"
    return ""


def _is_ours(host: str, port: int) -> bool:
    name, colon, given = host.lower().partition(":")
    return _NAME.fullmatch(name) is not None and (given == str(port) if colon else port == _HTTP_PORT)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header.lower() == name]


def _without_cors(send: Send) -> Send:
    """Sends on, without any header by which an answer would open itself to pages of other origins."""

    async def sends(message: Message) -> None:
        if "headers" in message:
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return sends


async def _turn_away(scope: Scope, receive: Receive, send: Send, problem: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    await discard(receive)
    body = json.dumps({"__type": "Forbidden", "message": problem}).encode()
    await respond(send, 403, {"content-type": "application/json"}, body)
