"""The Backend: requests in, responses out; faults, the log of calls and the services in between."""

from __future__ import annotations

import logging
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import Any

from lookout_server.calls import Call, CallLog, Said, changes, describes
from lookout_server.clock import Clock, SystemClock
from lookout_server.entities.blob import Keeper
from lookout_server.entities.session import Home, Session
from lookout_server.equipment import Equipment
from lookout_server.faults import Faults
from lookout_server.files.storage import Storage
from lookout_server.identity.authorization import AllowEverything, Authorizer
from lookout_server.protocol.errors import ServiceError, internal
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.protocol.tokens import TOKEN
from lookout_server.service import Answer, First, Invocation, LaterAnswer, Replay, Service, World
from lookout_server.settings import Settings
from lookout_server.steps import Steps, to_end
from lookout_server.store import StoreError
from lookout_server.store.blobs import Blobs
from lookout_server.store.documents import MOST_WRITES, Delete, Documents, Put
from lookout_server.store.scratch import ScratchBlobs
from lookout_server.store.sqlite import MEMORY, SqliteDocuments
from lookout_server.vision import Vision
from lookout_server.vision.inspection import Here, Inspection
from lookout_server.work.agenda import Agenda, kind_at
from lookout_server.work.runner import Runner, unopposed
from lookout_server.work.tasks import TERM, Errand, Place, Task, look_again

_LOG = logging.getLogger(__name__)
_WHAT_IS_DUE = "what is due"
_UNKNOWN = "UnknownOperationException"
#: Characters.
_LONGEST_FAILURE = 2_000

Handler = Callable[[Invocation, Home], Answer | LaterAnswer]


class Backend:
    """Both services, for any number of accounts and Regions.

    Without a `clock` they follow the machine's; without an `authorizer` every caller may do everything in its account;
    without `settings` the defaults of Settings hold. `on_behalf_of` makes the context in which storage is used for an
    account in a Region that is not the caller's. `in_background` is handed the id of a task and what does it, to do it
    soon in another thread; without it, such work is done before the request is answered that began it, or came first
    when it was due, so that tests have nothing to wait for. No request waits for the work of another one. Safe to use
    from several threads. `elsewhere` does a task of those that take long in another process, by `perform` of the
    Backend there, and raises WorkerDied. `audit` makes the entry of a call that may change something, which is
    committed together with what it changes. `inspection` is where hosted models look at images; without it, in the
    thread of the request.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        clock: Clock | None = None,
        authorizer: Authorizer | None = None,
        settings: Settings | None = None,
        documents: Documents | None = None,
        blobs: Blobs | None = None,
        on_behalf_of: Callable[[str, str], AbstractContextManager[None]] = lambda account, region: nullcontext(),
        in_background: Callable[[str, Callable[[], None]], object] = lambda id, do: do(),
        elsewhere: Callable[[Place, str], None] | None = None,
        audit: Callable[[Said], Put] | None = None,
        inspection: Inspection | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._services: dict[str, Service] = {
            service.name: service for service in [Equipment(), Vision(inspection or Here(self.settings))]
        }
        self.faults = Faults(frozenset().union(*(service.model.operations for service in self._services.values())))
        self.calls = CallLog(self.settings)
        #: What went wrong inside the services of late, answers that break their model included; empty when all is well.
        self.internal_failures: list[str] = []
        self._documents = documents or SqliteDocuments(MEMORY)
        self._agenda = Agenda(self._documents)
        self._keeper = Keeper(blobs or ScratchBlobs())
        self._runner = Runner(self._open, self._errand, lambda: self.now, self._failed_inside)
        self._world = World(
            storage=storage,
            clock=clock or SystemClock(),
            authorizer=authorizer or AllowEverything(),
            settings=self.settings,
            faults=self.faults,
            on_behalf_of=on_behalf_of,
            keeper=self._keeper,
            wait=lambda: self._runner.wait(),
        )
        self._lock = threading.Lock()
        self._in_background = in_background
        self._elsewhere = elsewhere
        self._audit = audit
        #: The places whose tasks the thread is taking up.
        self._taking = threading.local()
        self._progress: object = None

    @property
    def now(self) -> datetime:
        """The time as the services see it."""
        return self._world.now()

    @property
    def services(self) -> frozenset[str]:
        """The signing names of the services that are answered for."""
        return frozenset(self._services)

    def refusal(self, service: str, error: ServiceError) -> HttpResponse:
        """The answer of a service that is not asked; raises KeyError for one that is not among `services`."""
        return self._services[service].protocol.error(error, str(uuid.uuid4()))

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
        for kind in self._documents.kinds():
            while found := self._documents.by_id(kind, limit=MOST_WRITES):
                unopposed(partial(self._documents.commit, [Delete(one.kind, one.id, one.revision) for one in found]))
        self._agenda = Agenda(self._documents)
        with self._lock:
            self.faults.clear()
            self.calls.clear()
            self.internal_failures.clear()

    def tick(self) -> None:
        """Let everything happen that is due by the clock; never raises, `internal_failures` has what went wrong.

        Every request does this first, for what its account has in its Region. Who runs a Backend calls it now and then,
        so that things happen without requests too.
        """
        self._follow_settings()
        self._runner.retry()
        for place in self._places():
            self._take_up(place)

    def _follow_settings(self) -> None:
        """Have all that waits for its time looked at when the settings say otherwise how long things take."""
        progress = self.settings.progress, self.settings.training_progress
        if progress != self._progress:
            self._progress = progress
            for place in self._places():
                unopposed(partial(look_again, partial(self._open, *place), self.now))

    def _take_up(self, place: Place) -> None:
        """Have what is due done, in order; what somebody is doing already is left to them."""
        if place in getattr(self._taking, "places", ()):
            return  # who does it at once is asked again for what is due by then
        self._taking.places = {*getattr(self._taking, "places", ()), place}
        try:
            self._take_all(place)
        finally:
            self._taking.places -= {place}

    def _take_all(self, place: Place) -> None:
        begun: set[tuple[str, datetime | None]] = set()
        while self._take_until_one_is_done(place, begun):
            pass

    def _take_until_one_is_done(self, place: Place, begun: set[tuple[str, datetime | None]]) -> bool:
        """Whether one is done already: then there may be others by now, and such as come before those that are left."""
        due = self._documents.by_due(kind_at(place), until=self.now)
        for task in sorted(due, key=lambda task: (task.due, task.number)):
            id, key = task.id, (task.id, task.due)
            if key in begun:
                continue
            begun.add(key)
            if self._runner.take(place, id):
                self._in_background(id, partial(copy_context().run, self._perform, place, id))
                if not self._runner.is_at(place, id):
                    return True
        return False

    def _perform(self, place: Place, id: str) -> None:
        """Do what was taken, and have what is due by that done as well."""
        if self._elsewhere and id.partition("/")[0] in self._services[place[0]].long_works:
            self._runner.supervise(place, id, self._elsewhere)
        else:
            self._runner.perform(place, id)
        self._take_up(place)

    def perform(self, place: Place, id: str) -> None:
        """Do one task: what a worker does for a server that has its tasks done elsewhere. Never raises."""
        if self._runner.take(place, id):
            self._runner.perform(place, id, patience=TERM.total_seconds() / 6)

    def recover(self) -> None:
        """Have everything begun again that was under way when the server ended: whoever starts does this first."""
        for place in self._places():
            self._runner.recover(place)

    def _places(self) -> list[Place]:
        """Where there are tasks."""
        kinds = [kind for service in self._services for kind in self._documents.kinds(f"{service}/task/")]
        parts = [kind.split("/") for kind in kinds]
        return [(service, account, region) for service, _, account, region in parts]

    def _open(self, service: str, account: str, region: str) -> Home:
        """What an account has in a Region, to be read and changed."""
        return self._services[service].home(Session(self._documents, self._keeper), account, region)

    def _errand(self, home: Home, task: Task, now: datetime) -> Errand[Any] | None:
        """What a task means, to be done for whom it is about."""
        errand = self._services[home.service].errand(home, task, self._world, now)
        if errand is None:
            return None
        account, region, do = home.account, home.region, errand.do

        def on_behalf() -> Any:
            with self._world.on_behalf_of(account, region):
                return do()

        return Errand(on_behalf, errand.end)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; never raises for anything that a caller sends to one of the services. May block.

        Raises KeyError for a service that is not among `services`, and StoreError while the store cannot be used.
        """
        return to_end(self.answering(request))

    def answering(self, request: HttpRequest) -> Steps[HttpResponse]:
        """The same in steps. What describes one thing is mostly a single one."""
        service = self._services[request.service]
        request_id = str(uuid.uuid4())
        call = _Call(service, request, request_id)
        try:
            body = yield from self._answer(call)
            response = service.protocol.answer(call.operation, body, request_id)
            code = None
        except StoreError:
            raise
        except Exception as error:
            refusal = error if isinstance(error, ServiceError) else self._failed(_described(call, error), request_id)
            response = service.protocol.error(refusal, request_id)
            code = refusal.code
        if not call.audited:
            self._note(call, code)
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

    def _answer(self, call: _Call) -> Steps[Mapping[str, Any]]:
        """The body of a success; raises ServiceError."""
        service, request = call.service, call.request
        call.operation = service.protocol.operation(request)
        if not describes(call.operation):
            yield
        if call.operation not in service.model.operations:
            raise ServiceError(_UNKNOWN, f"The operation {call.operation} is not one of {service.name}")
        call.parameters = service.protocol.parameters(call.operation, request)
        handler = service.handler(call.operation)
        call.parameters = service.model.read(call.operation, call.parameters)
        fault = self.faults.take(call.operation)
        if fault:
            yield
            fault.happen()
        self._follow_settings()
        invocation = Invocation(self._world, service.name, request, call.operation, call.parameters)
        try:
            body = yield from self._carried_out(call, handler, invocation)
        except ServiceError as error:
            raise self._checked(call, error) from error
        if fault and fault.kind == "lost_answer":
            raise internal("The answer was lost on its way")
        return body

    def _carried_out(self, call: _Call, handler: Handler, invocation: Invocation) -> Steps[Mapping[str, Any]]:
        """The body of the answer to a call, which is made until nothing has to be done first."""
        service = call.service
        while True:
            try:
                body = unopposed(partial(self._attempt, call, handler, invocation))
                break
            except Replay as replay:
                return service.model.write(invocation.operation, replay.answer)
            except First as first:
                yield
                first.do()
        if isinstance(body, Mapping):
            return body
        yield
        return service.model.write(invocation.operation, body())

    def _attempt(self, call: _Call, handler: Handler, invocation: Invocation) -> Mapping[str, Any] | LaterAnswer:
        """Carry out a call, and commit what it changes; raises Conflict when somebody else was faster."""
        service, operation, parameters = call.service, invocation.operation, invocation.parameters
        home = self._open(service.name, invocation.account, invocation.region)
        if invocation.comes_first_to(_WHAT_IS_DUE) and self._agenda.is_due(home, self.now):
            raise First(partial(self._take_up, (service.name, invocation.account, invocation.region)))
        try:
            answer = handler(invocation, home)
        except ServiceError as refusal:
            if refusal.looked:
                home.session.commit()
            raise
        if not isinstance(answer, dict):
            home.session.commit()
            return answer
        if TOKEN in parameters:
            service.tokens(home).remember(operation, parameters, answer, invocation.now, self.settings)
        body = service.model.write(operation, answer)
        written = home.session.commit(*self._entries(call, None))
        call.audited = True
        if any("/task/" in kind for kind in written):
            self._take_up((service.name, invocation.account, invocation.region))
        return body

    def _entries(self, call: _Call, code: str | None) -> list[Put]:
        """What the audit log is to have of a call, when it is one that may change something."""
        if self._audit is None or not changes(call.operation):
            return []
        principal = self._world.authorizer.principal_arn(call.request)
        return [self._audit(Said(call.request, call.operation, call.request_id, principal, code, self.now))]

    def _note(self, call: _Call, code: str | None) -> None:
        """Have the audit log know of a call that changed nothing; the call was made, whatever comes of that."""
        try:
            if entries := self._entries(call, code):
                self._documents.commit(entries)
        except Exception as error:
            _LOG.error("no audit entry: %s of %s: %s", call.operation, call.request_id, error)

    def work(self) -> Iterator[tuple[str, str, bool]]:
        """What is to be done or is being done: the service, the work, and whether somebody is at it."""
        for service, account, region in self._places():
            for task in self._documents.by_id(kind_at((service, account, region))):
                yield service, str(task.body["work"]), bool(task.body.get("claimed"))

    def _checked(self, call: _Call, error: ServiceError) -> ServiceError:
        """The error, unless the model does not know it for the operation: then that is our failure."""
        if call.service.model.allows_error(call.operation, error.code):
            return error
        return self._failed(f"{call.operation} cannot answer with {error.code}: {error.message}", call.request_id)

    def _failed_inside(self, service: str, error: BaseException) -> None:
        self._failed(f"{service} on its own: {type(error).__name__}: {error}")

    def _failed(self, what: str, request_id: str = "") -> ServiceError:
        """Write down what went wrong; what the caller is told of it."""
        what = what[:_LONGEST_FAILURE]
        _LOG.error("internal failure: %s", what, exc_info=not isinstance(sys.exc_info()[1], StoreError))
        with self._lock:
            self.internal_failures.append(what)
            excess = len(self.internal_failures) - self.settings.limits.internal_failures
            del self.internal_failures[: max(0, excess)]
        return internal(f"An internal error occurred; the log of the server has more about request {request_id}")


class _Call:
    """What is known of a request so far."""

    def __init__(self, service: Service, request: HttpRequest, request_id: str) -> None:
        self.service = service
        self.request = request
        self.request_id = request_id
        #: Whether the audit log has it.
        self.audited = False
        self.operation = ""
        self.parameters: Mapping[str, Any] = {}


def _described(call: _Call, error: Exception) -> str:
    return f"{call.operation}: {type(error).__name__}: {error}"
