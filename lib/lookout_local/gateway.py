"""The front door: one ASGI application for the Lookout services, MiniStack's services and the private routes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote

from ministack import app as ministack_app
from ministack.core import lambda_runtime
from ministack.core.concurrency import run_reentrant

from lookout_local import corrections
from lookout_local.admin import Admin
from lookout_local.corrections import answers
from lookout_local.functions import sdk
from lookout_local.iam import MiniStackAuthorizer, identify
from lookout_local.role_storage import RoleStorage, on_behalf_of
from lookout_local.services import Backend, HttpRequest, SystemClock
from lookout_local.ticker import Ticker

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ADMIN_PATH = "/_lookout/"
_CREDENTIAL = re.compile(rb"Credential=[^/,\s]+/\d{8}/[^/,\s]+/(?P<service>[^/,\s]+)/aws4_request")


def signed_service(headers: list[tuple[bytes, bytes]]) -> str:
    """The service that a request was signed for, from the credential scope of its signature; '' when unsigned."""
    for name, value in headers:
        if name.lower() == b"authorization" and (match := _CREDENTIAL.search(value)):
            return match["service"].decode("ascii", "replace")
    return ""


class Gateway:
    """Requests signed for a Lookout service go to the Backend, everything else to MiniStack.

    `time_scale` is the factor by which waits are shortened (0.01: a minute takes 0.6 s); `on_ready` is called once
    everything is up.
    """

    def __init__(
        self, endpoint_url: str, *, time_scale: float = 1.0, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        corrections.install()
        self._on_ready = on_ready
        self._backend = Backend(
            storage=RoleStorage(endpoint_url),
            clock=SystemClock(scale=1 / time_scale),
            authorizer=MiniStackAuthorizer(),
            on_behalf_of=on_behalf_of,
        )
        self._ticker = Ticker(self._backend.tick)
        self._admin = Admin(self._backend)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        # The asset bucket that `cdk bootstrap` makes denies requests over plain http; loopback counts as secure.
        scope = {**scope, "scheme": {"http": "https", "ws": "wss"}.get(scope.get("scheme", ""), "https")}
        if scope["type"] == "http":
            path: str = scope["path"]
            service = signed_service(scope["headers"])
            if path.startswith(ADMIN_PATH):
                body = await _body(receive)
                status, answer = await asyncio.to_thread(
                    self._admin.handle,
                    scope["method"],
                    path.removeprefix(ADMIN_PATH),
                    body,
                    client=(scope.get("client") or ("",))[0],
                    from_browser=any(name.lower() == b"origin" for name, _ in scope["headers"]),
                )
                await _respond(send, status, {"content-type": "application/json"}, answer)
                return
            if scope["method"] == "PUT" and path.startswith(answers.PATH):
                status, answer = answers.receive(
                    path.removeprefix(answers.PATH), dict(scope["headers"]), await _body(receive)
                )
                await _respond(send, status, {"content-type": "application/xml"}, answer)
                return
            if scope["method"] == "POST" and path.startswith(sdk.PATH):
                status, answer = await run_reentrant(sdk.receive, path.removeprefix(sdk.PATH))
                await _respond(send, status, {"content-type": "text/plain"}, answer)
                return
            if service in self._backend.services:
                await self._lookout(service, scope, receive, send)
                return
        await ministack_app.app(scope, receive, send)

    async def _lookout(self, service: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        query_string = scope.get("query_string", b"").decode()
        query = parse_qs(query_string, keep_blank_values=True)
        raw_path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
        client = (scope.get("client") or ("127.0.0.1",))[0]
        caller, refusal = identify(scope["method"], raw_path, query, scope["headers"], body, client)
        if refusal is not None:
            await _refuse(send, 400, refusal.code, refusal.message)
            return
        request = HttpRequest(
            service=service,
            account=caller.account,
            region=caller.region,
            access_key=caller.access_key,
            method=scope["method"],
            path=f"{raw_path}?{query_string}" if query_string else raw_path,
            headers=_text(scope["headers"]),
            body=body,
        )
        # to_thread takes the context along, in which MiniStack keeps the caller.
        response = await asyncio.to_thread(self._backend.handle, request)
        await _respond(send, response.status, response.headers, response.body)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start MiniStack as its own server would, and the ticker; stop the ticker and MiniStack's functions.

        Nothing else of MiniStack needs to be stopped.
        """
        stopping = asyncio.Event()

        async def receive_startup() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                stopping.set()
                await asyncio.Event().wait()
            return message

        async def send_startup(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._ticker.start()
                self._on_ready()

        ministack = asyncio.create_task(ministack_app.app(scope, receive_startup, send_startup))
        await stopping.wait()
        # A run that is under way needs MiniStack, so it ends first.
        await asyncio.to_thread(self._ticker.stop)
        ministack.cancel()
        await asyncio.to_thread(lambda_runtime.reset)
        await send({"type": "lifespan.shutdown.complete"})


def _text(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-errortype": code}
    body = json.dumps({"__type": code, "message": message}).encode()
    await _respond(send, status, headers, body)


async def _respond(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    fields = {**{name.lower(): value for name, value in headers.items()}, "content-length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
