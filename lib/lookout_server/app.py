"""The server as an ASGI application: who calls is checked, the services answer in threads, and what happened is told.

Door, bounds and signature come before anything else. Requests for the server itself, its health and its metrics, are
the only ones that need no signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
import uuid
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol

from lookout_server.http.arrival import Arrival
from lookout_server.http.asgi import Application, Receive, Scope, Send, discard, read, respond
from lookout_server.http.bounds import Allowance, Bounds
from lookout_server.http.door import Address, Door
from lookout_server.http.refusals import Refusal, in_json
from lookout_server.identity.callers import Caller, error_of
from lookout_server.identity.signatures import Refused, Request, claim
from lookout_server.monitoring.health import Health
from lookout_server.monitoring.logs import FIELDS
from lookout_server.monitoring.metrics import CONTENT_TYPE, Metrics
from lookout_server.protocol import names
from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.settings import Limits
from lookout_server.steps import Steps, to_end
from lookout_server.store import StoreError

_LOG = logging.getLogger("lookout_server.request")
LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"
_JSON = {"content-type": "application/json", "cache-control": "no-store"}
_REQUEST_ID = "x-amzn-requestid"
#: The most that somebody may bring whose signature was not looked at yet, in bytes.
_UNKNOWN = 1024**2
#: The bytes of a body that are read and hashed in no time.
_SMALL = 64 * 1024


class Services(Protocol):
    """What answers requests: the Backend."""

    @property
    def services(self) -> Collection[str]:
        """The signing names of what is answered for."""

    def answering(self, request: HttpRequest) -> Steps[HttpResponse]:
        """Answer a request."""

    def refusal(self, service: str, error: ServiceError) -> HttpResponse:
        """The answer of a service that is not asked."""

    def largest_body(self, request: HttpRequest) -> int:
        """How many bytes the body of a request may have."""


class Callers(Protocol):
    """Knows the callers."""

    def identify(self, request: Request, digest: str | None) -> Caller:
        """Who signed a request with a body of this SHA-256; raises Refused."""


@dataclass(frozen=True)
class Parts:
    """What an application is put together from."""

    services: Services
    callers: Callers
    #: Whether somebody has an access key, of which nothing else is known yet.
    is_key: Callable[[str], bool]
    #: Counts a request of an access key; raises ServiceError when it is one too many.
    rate: Callable[[str], None]
    #: Where requests are carried out.
    threads: Executor
    limits: Limits = field(default_factory=Limits)
    health: Health = field(default_factory=Health)
    metrics: Metrics = field(default_factory=Metrics)
    #: Whether requests come by TLS.
    secure: bool = False
    #: Whether other machines may read the metrics, and the reasons of health.
    open_metrics: bool = False
    on_ready: Callable[[], None] = lambda: None


def application(parts: Parts, address: Address) -> Application:
    """The whole application, for what comes to an address of this machine."""
    inner = App(parts)
    return Door(Bounds(inner, inner.allowance, lambda: parts.limits), address.objection)


class App:
    """What is behind door and bounds."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["method"] == "GET" and scope["path"] in (LIVE, READY, METRICS):
            await discard(receive)
            await respond(send, *await self._of_itself(scope))
        else:
            body = await read(receive)
            response = await self._take(self._answer(Arrival.of(scope), body))
            await respond(send, response.status, response.headers, response.body)

    async def _take(self, steps: Steps[HttpResponse]) -> HttpResponse:
        """The first step is taken here, and what is left in a thread."""
        try:
            next(steps)
        except StopIteration as end:
            response: HttpResponse = end.value
            return response
        return await asyncio.get_running_loop().run_in_executor(self._parts.threads, to_end, steps)

    def allowance(self, scope: Scope, headers: dict[str, str]) -> Allowance:
        """What a request may bring: little, until it is known whose it is."""
        arrival = Arrival.of(scope)
        service = _service(headers)
        request = HttpRequest(service, "", "", "", arrival.method, arrival.raw_path, headers)
        known = service in self._parts.services.services
        most = self._parts.services.largest_body(request) if known else _UNKNOWN
        announced = headers.get("content-length", "")
        small = announced.isdecimal() and len(announced) < 10 and int(announced) <= _UNKNOWN
        if most > _UNKNOWN and not small and not self._is_known(arrival):
            most = _UNKNOWN
        return Allowance(most, lambda refusal: in_json(refusal, headers))

    def _is_known(self, arrival: Arrival) -> bool:
        """Whether a request names a key that somebody has. Most clients sign what only the whole body shows."""
        try:
            claimed = claim(arrival)
            return claimed is not None and self._parts.is_key(claimed.access_key)
        except (Refused, StoreError):
            return False

    def _answer(self, arrival: Arrival, body: bytes) -> Steps[HttpResponse]:
        """Answer a request, and tell of it; never raises."""
        started = time.monotonic()
        if len(body) > _SMALL:
            yield
        try:
            caller = self._parts.callers.identify(arrival, hashlib.sha256(body).hexdigest())
            self._parts.rate(caller.access_key)
        except Refused as refused:
            error = error_of(refused)
            response = _rendered(Refusal(error.status, error.code, error.message, 0.0), arrival)
            return self._refused(arrival, response, started)
        except ServiceError as error:
            return self._refused(arrival, self._parts.services.refusal(caller.service, error), started)
        except Exception as error:
            response = self._failed(arrival, error)
            self._log(arrival, response, names.code(response), started, {})
            return response
        return (yield from self._carried_out(caller, arrival, body, started))

    def _refused(self, arrival: Arrival, response: HttpResponse, started: float) -> HttpResponse:
        code = names.code(response)
        self._parts.metrics.refused(code)
        self._log(arrival, response, code, started, {})
        return response

    def _carried_out(self, caller: Caller, arrival: Arrival, body: bytes, started: float) -> Steps[HttpResponse]:
        query = f"?{arrival.query_string}" if arrival.query_string else ""
        request = HttpRequest(
            service=caller.service,
            account=caller.holder.account,
            region=caller.region,
            access_key=caller.access_key,
            holder=caller.holder,
            method=arrival.method,
            path=f"{arrival.raw_path}{query}",
            headers=arrival.headers,
            body=body,
            source_ip=arrival.client,
            secure=self._parts.secure,
        )
        operation = names.operation(request)
        try:
            response = yield from self._parts.services.answering(request)
        except Exception as error:
            response = self._failed(arrival, error)
        code = names.code(response)
        self._parts.metrics.answered(caller.service, operation or "unknown", code, time.monotonic() - started)
        who = {
            "service": caller.service,
            "operation": operation,
            "account": caller.holder.account,
            "access_key": caller.access_key,
            "region": caller.region,
        }
        self._log(arrival, response, code, started, who)
        return response

    def _failed(self, arrival: Arrival, error: Exception) -> HttpResponse:
        """The answer to a request at which we failed; to be called where the exception is handled."""
        request_id = str(uuid.uuid4())
        fields = {FIELDS: {"request_id": request_id}}
        if isinstance(error, StoreError):
            _LOG.error("the store: %s", error, extra=fields)
            status, code, what = 503, "ServiceUnavailableException", "The store cannot be reached now"
        else:
            _LOG.error("internal failure", exc_info=error, extra=fields)
            status, code, what = 500, "InternalServerException", "An internal error occurred"
        message = f"{what}; the log of the server has more about request {request_id}"
        response = _rendered(Refusal(status, code, message, 0.0), arrival)
        return HttpResponse(response.status, {**response.headers, _REQUEST_ID: request_id}, response.body)

    def _log(self, arrival: Arrival, response: HttpResponse, code: str, started: float, who: dict[str, str]) -> None:
        if not _LOG.isEnabledFor(logging.INFO):
            return
        fields = {
            "request_id": _request_id(response),
            **who,
            "code": code,
            "status": response.status,
            "milliseconds": round((time.monotonic() - started) * 1000, 1),
            "source": arrival.client,
        }
        _LOG.info("answered", extra={FIELDS: fields})

    async def _of_itself(self, scope: Scope) -> tuple[int, dict[str, str], bytes]:
        path = scope["path"]
        if path == LIVE:
            return 200, _JSON, b'{"live": true}\n'
        near = self._parts.open_metrics or _is_near(scope)
        if path == METRICS:
            if not near:
                return 403, _JSON, b'{"message": "only for this machine, unless open_metrics is set"}\n'
            # What there is now may be counted in the store.
            text = await asyncio.to_thread(self._parts.metrics.text)
            return 200, {"content-type": CONTENT_TYPE}, text
        problems = await asyncio.to_thread(self._parts.health.problems)
        ready = not any(problems.values())
        document: dict[str, object] = {"ready": ready}
        if near:
            document["checks"] = {name: problem or "ok" for name, problem in problems.items()}
        return (200 if ready else 503), _JSON, json.dumps(document).encode() + b"\n"

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
            self._parts.on_ready()


def _service(headers: dict[str, str]) -> str:
    """The service that the head of a request claims to be signed for; '' when it does not say so there."""
    scope = headers.get("authorization", "").partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) == 5 else ""


def _rendered(refusal: Refusal, arrival: Arrival) -> HttpResponse:
    status, headers, body = in_json(refusal, arrival.headers)
    del headers["connection"]  # the request was read
    return HttpResponse(status, headers, body)


def _request_id(response: HttpResponse) -> str:
    return next((value for name, value in response.headers.items() if name.lower() == _REQUEST_ID), "")


def _is_near(scope: Scope) -> bool:
    """Whether a request comes from this machine."""
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False
