"""Behind the door: one ASGI application for the Lookout services, MiniStack's services and the private routes.

Every request is either signed by somebody, for something that everybody may ask for, or refused, before a service sees
it.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable

from ministack import app as ministack_app
from ministack.core import lambda_runtime
from ministack.core.concurrency import run_reentrant
from ministack.core.iam_evaluator import AuthError
from ministack.core.router import detect_service
from ministack.services.cloudformation.wait_conditions import SIGNAL_PATH

from lookout_local import corrections, signatures
from lookout_local.admin import Admin
from lookout_local.corrections import answers, code_locations
from lookout_local.functions import sdk
from lookout_local.iam import MiniStackAuthorizer, enter
from lookout_local.public import is_public
from lookout_local.role_storage import RoleStorage, on_behalf_of
from lookout_local.signatures import NOBODY, Refused
from lookout_local.workers import Workers
from lookout_server.backend import Backend
from lookout_server.clock import SystemClock
from lookout_server.http.arrival import Arrival
from lookout_server.http.asgi import Message, Receive, Scope, Send, again, discard, read, respond
from lookout_server.loading import load
from lookout_server.protocol.http import HttpRequest
from lookout_server.settings import Settings
from lookout_server.ticker import Ticker

ADMIN_PATH = "/_lookout/"
# MiniStack's own administration: reset, configuration, what its services show to tests.
_PRIVATE = ("/_ministack/", "/_localstack/")
# The digest of a longer body takes its time, in which others are served.
_LONG_BODY = 1_000_000


class Gateway:
    """Requests signed for a Lookout service go to the Backend, everything else to MiniStack.

    `clock_speed` is how fast the services' clock runs (100: a minute takes 0.6 s), `settings` are what they start with;
    `on_ready` is called once everything is up.
    """

    def __init__(
        self,
        endpoint_url: str,
        *,
        clock_speed: float = 1.0,
        settings: Settings | None = None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        corrections.install()
        self._on_ready = on_ready
        self._workers = Workers()
        self._backend = Backend(
            storage=RoleStorage(endpoint_url),
            clock=SystemClock(scale=clock_speed),
            authorizer=MiniStackAuthorizer(),
            settings=settings,
            on_behalf_of=on_behalf_of,
            in_background=lambda id, do: self._workers.begin(do),
        )
        self._ticker = Ticker(self._backend.tick)
        self._admin = Admin(self._backend, clock_speed)

    @property
    def admin(self) -> Admin:
        """The private routes."""
        return self._admin

    @property
    def backend(self) -> Backend:
        """The Lookout services."""
        return self._backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        scope = _secure(scope)
        arrival = Arrival.of(scope)
        if scope["type"] == "websocket":
            await _websocket(arrival, scope, receive, send)
        elif arrival.path.startswith(ADMIN_PATH):
            await self._administrate(arrival, receive, send)
        elif arrival.method == "PUT" and answers.was_given(arrival.path):
            token = arrival.path.removeprefix(answers.PATH)
            status, answer = answers.receive(token, dict(arrival.raw_headers), await read(receive))
            await respond(send, status, {"content-type": "application/xml"}, answer)
        elif arrival.method == "PUT" and arrival.path.startswith(SIGNAL_PATH):  # unguessable like the one before
            await ministack_app.app(scope, receive, send)
        elif arrival.method == "POST" and sdk.is_ours(arrival.path):
            await discard(receive)
            status, answer = await run_reentrant(sdk.receive, arrival.path)
            await respond(send, status, {"content-type": "text/plain"}, answer)
        else:
            await self._serve(arrival, scope, receive, send)

    async def services(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The services alone, for requests that come to hosts of AWS: no private route, nothing of the cloud's own."""
        scope = _secure(scope)
        await self._serve(Arrival.of(scope), scope, receive, send)

    async def _administrate(self, arrival: Arrival, receive: Receive, send: Send) -> None:
        if self._admin.lets_in(arrival.headers.get("authorization", "")):
            what = arrival.path.removeprefix(ADMIN_PATH)
            status, answer = await asyncio.to_thread(self._admin.handle, arrival.method, what, await read(receive))
        else:
            await discard(receive)
            status, answer = 403, json.dumps({"error": "only for who has the secret of this cloud"}).encode()
        await respond(send, status, {"content-type": "application/json"}, answer)

    async def _serve(self, arrival: Arrival, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a service, if it is signed, or for everybody."""
        owner = code_locations.owner(arrival.path) if arrival.method == "GET" else None
        if owner is None and arrival.path.startswith(_PRIVATE):
            await discard(receive)
            await respond(send, 404, {}, b"")
            return
        if not signatures.is_claimed(arrival) and not is_public(arrival):
            await discard(receive)
            await _refuse(arrival, send, _unsigned())
            return
        body = await read(receive)
        try:
            key = await _signer(arrival, body)
            if owner not in (None, key):
                raise _unsigned()
        except Refused as refused:
            await _refuse(arrival, send, refused)
            return
        service = signatures.service(arrival)
        if key != NOBODY and service in self._backend.services:
            await self._lookout(service, key, arrival, body, send)
        else:
            await ministack_app.app(scope, again(body, receive), send)

    async def _lookout(self, service: str, key: str, arrival: Arrival, body: bytes, send: Send) -> None:
        caller = enter(arrival, key)
        request = HttpRequest(
            service=service,
            account=caller.account,
            region=caller.region,
            access_key=caller.access_key,
            method=arrival.method,
            path=f"{arrival.raw_path}?{arrival.query_string}" if arrival.query_string else arrival.raw_path,
            headers=arrival.headers,
            body=body,
        )
        # to_thread takes the context along, in which MiniStack keeps the caller.
        response = await asyncio.to_thread(self._backend.handle, request)
        await respond(send, response.status, response.headers, response.body)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start MiniStack as its own server would, and the ticker; stop the ticker and MiniStack's functions.

        Nothing else of MiniStack needs to be stopped.
        """
        stopping = asyncio.Event()
        # Before it is ready: a package that is replaced afterwards is of another release.
        loaded = asyncio.create_task(asyncio.to_thread(load))

        async def receive_startup() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                stopping.set()
                await asyncio.Event().wait()
            return message

        async def send_startup(message: Message) -> None:
            is_complete = message["type"] == "lifespan.startup.complete"
            if is_complete:
                await loaded
            await send(message)
            if is_complete:
                self._ticker.start()
                self._on_ready()

        ministack = asyncio.create_task(ministack_app.app(scope, receive_startup, send_startup))
        await asyncio.wait({asyncio.create_task(stopping.wait()), ministack}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.is_set():
            try:
                await ministack
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
            return
        # What is under way needs MiniStack, so it ends first.
        await asyncio.to_thread(self._ticker.stop)
        await asyncio.to_thread(self._workers.stop)
        ministack.cancel()
        await asyncio.to_thread(lambda_runtime.reset)
        await send({"type": "lifespan.shutdown.complete"})


def _secure(scope: Scope) -> Scope:
    """The asset bucket that `cdk bootstrap` makes denies requests over plain http; loopback counts as secure."""
    return {**scope, "scheme": {"http": "https", "ws": "wss"}.get(scope.get("scheme", ""), "https")}


async def _signer(arrival: Arrival, body: bytes) -> str:
    if len(body) < _LONG_BODY:
        return signatures.signer(arrival, body)
    return await asyncio.to_thread(signatures.signer, arrival, body)


async def _websocket(arrival: Arrival, scope: Scope, receive: Receive, send: Send) -> None:
    """Open a websocket to who has signed its handshake."""
    try:
        if signatures.signer(arrival, b"") == NOBODY:
            raise _unsigned()
    except Refused:
        await send({"type": "websocket.close"})
    else:
        await ministack_app.app(scope, receive, send)


def _unsigned() -> Refused:
    return Refused("MissingAuthenticationToken", "Request is missing Authentication Token")


async def _refuse(arrival: Arrival, send: Send, refused: Refused) -> None:
    """Say in the way of the service that was asked why a request is refused."""
    service = signatures.service(arrival) or detect_service(
        arrival.method, arrival.path, arrival.headers, arrival.query
    )
    error = AuthError(refused.code, refused.message)
    status, headers, body = ministack_app._credential_failure(service, "", str(uuid.uuid4()), error, arrival.headers)
    await respond(send, status, headers, body)
