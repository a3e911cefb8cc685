"""The Backend: requests in, responses out; faults, the log of calls and the services in between."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Any

from lookout_server.calls import Call, CallLog
from lookout_server.clock import Clock, SystemClock
from lookout_server.equipment import Equipment
from lookout_server.faults import Fault, Faults
from lookout_server.files.storage import Storage
from lookout_server.identity.authorization import AllowEverything, Authorizer
from lookout_server.protocol.errors import ServiceError, access_denied, conflict, internal
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.protocol.tokens import TOKEN
from lookout_server.service import (
    Answer,
    First,
    Invocation,
    LaterAnswer,
    Replay,
    Service,
    Task,
    World,
)
from lookout_server.settings import Settings
from lookout_server.vision import Vision

_LOG = logging.getLogger(__name__)
_UNKNOWN = "UnknownOperationException"
#: Characters.
_LONGEST_FAILURE = 2_000

Handler = Callable[[Invocation], Answer | LaterAnswer]


class Backend:
    """The local services, for any number of accounts and Regions.

    Without a `clock` they follow the machine's; without an `authorizer` every caller may do everything in its account;
    without `settings` the defaults of Settings hold. `on_behalf_of` makes the context in which storage is used for an
    account in a Region that is not the caller's. `in_background` is handed work that takes long, to do it soon in
    another thread; without it, such work is done before the request is answered that began it, or came first when it
    was due, so that tests have nothing to wait for. No request waits for the work of another one. Safe to use from
    several threads.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        clock: Clock | None = None,
        authorizer: Authorizer | None = None,
        settings: Settings | None = None,
        on_behalf_of: Callable[[str, str], AbstractContextManager[None]] = lambda account, region: nullcontext(),
        in_background: Callable[[Callable[[], None]], object] = lambda work: work(),
    ) -> None:
        self.settings = settings or Settings()
        self._services: dict[str, Service] = {service.name: service for service in [Equipment(), Vision()]}
        self.faults = Faults(frozenset().union(*(service.model.operations for service in self._services.values())))
        self.calls = CallLog(self.settings)
        #: What went wrong inside the services of late, answers that break their model included; empty when all is well.
        self.internal_failures: list[str] = []
        self._world = World(
            storage=storage,
            clock=clock or SystemClock(),
            authorizer=authorizer or AllowEverything(),
            settings=self.settings,
            faults=self.faults,
            on_behalf_of=on_behalf_of,
        )
        self._lock = threading.RLock()
        self._in_background = in_background
        #: The owners for whom something that was due is being done.
        self._advancing: set[Any] = set()

    @property
    def now(self) -> datetime:
        """The time as the services see it."""
        return self._world.now()

    @property
    def services(self) -> frozenset[str]:
        """The signing names of the services that are answered for."""
        return frozenset(self._services)

    def largest_body(self, request: HttpRequest) -> int:
        """How many bytes the body of a request may have; it is not looked at, and need not be there.

        Raises KeyError for a service that is not among `services`.
        """
        limits = self.settings.limits
        try:
            operation = self._services[request.service].protocol.operation(request)
        except ServiceError:
            return limits.bytes_per_request
        return limits.bytes_per_operation.get(operation, limits.bytes_per_request)

    def reset(self) -> None:
        """Forget all resources, calls and faults; the settings stay."""
        with self._lock:
            for service in self._services.values():
                service.reset()
            self.faults.clear()
            self.calls.clear()
            self.internal_failures.clear()

    def tick(self) -> None:
        """Let everything happen that is due by the clock; never raises, `internal_failures` has what went wrong.

        Every request does this first. Who runs a Backend with a clock of its own calls it now and then, so that things
        happen without requests too. What is due for one account in one Region is done by one caller at a time, in
        order: another one leaves it to the first.
        """
        for service in self._services.values():
            with self._lock:
                owners = service.owners()
            for owner in owners:
                with self._recording(service):
                    self._advance(service, owner)

    def _advance(self, service: Service, owner: Any) -> None:
        now = self.now
        with self._lock:
            tasks = service.settle(self._world, owner, now)
        for task in tasks:
            self._begin(service, task)
        with self._lock:
            if owner in self._advancing:
                return
            tasks = service.due(self._world, owner, now)
            if not tasks:
                return
            self._advancing.add(owner)
        self._in_background(partial(copy_context().run, self._work_off, service, owner, tasks, now))

    def _work_off(self, service: Service, owner: Any, tasks: list[Task[Any]], now: datetime) -> None:
        """Do what is due for an owner, and what becomes due by that."""
        try:
            while tasks:
                for task in tasks:
                    self._perform(service, task)
                tasks = []
                with self._recording(service), self._lock:
                    tasks = service.settle(self._world, owner, now) or service.due(self._world, owner, now)
        finally:
            with self._lock:
                self._advancing.discard(owner)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; never raises for anything that a caller sends to one of the services.

        Raises KeyError for a service that is not among `services`.
        """
        service = self._services[request.service]
        request_id = str(uuid.uuid4())
        call = _Call(service, request)
        try:
            body = self._answer(call)
            response = service.protocol.answer(call.operation, body, request_id)
            code = None
        except Exception as error:
            refusal = error if isinstance(error, ServiceError) else self._failed(_described(call, error))
            response = service.protocol.error(refusal, request_id)
            code = refusal.code
        self.calls.add(
            Call(
                service=service.name,
                account=request.account,
                region=request.region,
                operation=call.operation,
                parameters=call.parameters,
                error_code=code,
                request_id=request_id,
            )
        )
        return response

    def _answer(self, call: _Call) -> Mapping[str, Any]:
        """The body of a success; raises ServiceError."""
        service, request = call.service, call.request
        call.operation = service.protocol.operation(request)
        if call.operation not in service.model.operations:
            raise ServiceError(_UNKNOWN, f"The operation {call.operation} is not one of {service.name}")
        call.parameters = service.protocol.parameters(call.operation, request)
        handler = service.handler(call.operation)
        call.parameters = service.model.read(call.operation, call.parameters)
        fault = self.faults.take(call.operation)
        _before(fault)
        self.tick()
        invocation = Invocation(self._world, service.name, request, call.operation, call.parameters)
        try:
            body = self._carried_out(service, handler, invocation)
        except ServiceError as error:
            raise self._checked(call, error) from error
        finally:
            for task in invocation.tasks:
                self._begin(service, task)
        if fault and fault.kind == "lost_answer":
            raise internal("The answer was lost on its way")
        return body

    def _carried_out(self, service: Service, handler: Handler, invocation: Invocation) -> Mapping[str, Any]:
        """The body of the answer to a call, which is made until nothing has to be done first."""
        operation, parameters = invocation.operation, invocation.parameters
        while True:
            try:
                with self._lock:
                    answer = handler(invocation)
                    if isinstance(answer, dict):
                        if TOKEN in parameters:
                            tokens = service.tokens(invocation)
                            tokens.remember(operation, parameters, answer, invocation.now, self.settings)
                        return service.model.write(operation, answer)
                return service.model.write(operation, answer())
            except Replay as replay:
                return service.model.write(operation, replay.answer)
            except First as first:
                self._perform(service, first.task)

    def _begin(self, service: Service, task: Task[Any]) -> None:
        """Have a task done, in the context of who wants it."""
        self._in_background(partial(copy_context().run, self._perform, service, task))

    def _perform(self, service: Service, task: Task[Any]) -> None:
        """Do a task. Its work needs no lock, so that storage can be slow, or have questions itself."""
        try:
            outcome = task.do()
        except Exception as error:
            self._failed(f"{service.name} on its own: {type(error).__name__}: {error}")
            outcome = f"An internal error occurred: {error}"
        with self._recording(service), self._lock:
            task.end(outcome, self.now)

    @contextmanager
    def _recording(self, service: Service) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._failed(f"{service.name} on its own: {type(error).__name__}: {error}")

    def _checked(self, call: _Call, error: ServiceError) -> ServiceError:
        """The error, unless the model does not know it for the operation: then that is our failure."""
        if call.service.model.allows_error(call.operation, error.code):
            return error
        return self._failed(f"{call.operation} cannot answer with {error.code}: {error.message}")

    def _failed(self, what: str) -> ServiceError:
        what = what[:_LONGEST_FAILURE]
        _LOG.error("internal failure: %s", what, exc_info=True)
        with self._lock:
            self.internal_failures.append(what)
            excess = len(self.internal_failures) - self.settings.limits.internal_failures
            del self.internal_failures[: max(0, excess)]
        return internal(what)


class _Call:
    """What is known of a request so far."""

    def __init__(self, service: Service, request: HttpRequest) -> None:
        self.service = service
        self.request = request
        self.operation = ""
        self.parameters: Mapping[str, Any] = {}


def _described(call: _Call, error: Exception) -> str:
    return f"{call.operation}: {type(error).__name__}: {error}"


def _before(fault: Fault | None) -> None:
    """Let happen what a fault does before the operation."""
    if fault is None:
        return
    if fault.kind == "slow":
        time.sleep(fault.seconds)
    elif fault.kind == "throttle":
        raise ServiceError("ThrottlingException", "Rate exceeded")
    elif fault.kind == "server_error":
        raise internal("An internal error occurred")
    elif fault.kind == "access_denied":
        raise access_denied("You are not authorized to perform this operation")
    elif fault.kind == "conflict":
        raise conflict("The resource is currently in use for another operation")
