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
from dataclasses import dataclass

from lookout_server.http.asgi import Application, Message, Receive, Scope, Send, discard, respond

# Browsers take every name under .localhost to this machine, whatever a name server says of it.
_NAME = re.compile(r"127\.0\.0\.1|(?:[a-z0-9_-]+\.)*localhost")
_SITES = ("none", "same-origin")
_PORTS = {"http": 80, "https": 443}


#: Why a request is not let in; '' when it is.
Objection = Callable[[Scope], str]


class Door:
    """Passes on to an application what there is no objection to.

    What it turns away is answered with status 403 and a message, and a websocket is not accepted.
    """

    def __init__(self, application: Application, objection: Objection) -> None:
        self._application = application
        self._objection = objection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif problem := self._objection(scope):
            await _turn_away(scope, receive, send, problem)
        else:
            await self._application(scope, receive, _without_cors(send))


@dataclass(frozen=True)
class Address:
    """A port of this machine, by its own names, those of loopback, and by others that it is given.

    One of the others, in lower case, may come with any port: what stands in between, such as a load balancer, has its
    own.
    """

    port: int
    names: frozenset[str] = frozenset()
    scheme: str = "http"

    def objection(self, scope: Scope) -> str:
        """Why a request is not for this address, or comes from a page of another; '' when it may come in."""
        more = f", or one of {', '.join(sorted(self.names))}" if self.names else ""
        expected = f"127.0.0.1:{self.port}, localhost:{self.port} or a name under localhost with this port{more}"
        return objection(scope, self._is_ours, expected, self.scheme)

    def _is_ours(self, host: str) -> bool:
        name, colon, given = host.lower().rpartition(":")
        if not colon or not given.isascii() or not given.isdecimal():
            name, given = host.lower(), str(_PORTS[self.scheme])
        return name in self.names or (_NAME.fullmatch(name) is not None and given == str(self.port))


def objection(scope: Scope, is_ours: Callable[[str], bool], expected: str, scheme: str) -> str:
    """Why a request is not let in: by its host, its target, or what a browser says of a page; '' when it is."""
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
