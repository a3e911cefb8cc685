"""A whole application in this process, and callers that sign."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lookout_server.app import Parts, application
from lookout_server.backend import Backend
from lookout_server.http.asgi import Message
from lookout_server.http.door import Address
from lookout_server.identity.callers import Callers
from lookout_server.identity.key_authorizer import KeyAuthorizer
from lookout_server.identity.keys import Keys
from lookout_server.monitoring.audit import DocumentAudit, Entry
from lookout_server.monitoring.health import Health
from lookout_server.monitoring.metrics import Metrics
from lookout_server.protocol.http import HttpRequest, HttpResponse
from lookout_server.steps import Steps
from lookout_server.store import MEMORY, SqliteDocuments
from tests.server.services.support import Bucket

PORT = 8484
HOST = f"127.0.0.1:{PORT}"
TARGET = "AWSLookoutEquipmentFrontendService."
EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
READING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "lookoutequipment:List*", "Resource": "*"}}'
)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of an error; '' for a success."""
        return "" if self.status < 400 else str(self.json["__type"])


@dataclass
class Plant:
    """An application, with what it is put together from."""

    parts: Parts
    documents: SqliteDocuments
    audit: DocumentAudit
    backend: Backend
    credentials: Credentials = field(default_factory=lambda: Credentials("AKIA", "secret"))

    def entries(self) -> list[Entry]:
        from datetime import UTC, datetime

        return list(self.audit.entries(datetime(2000, 1, 1, tzinfo=UTC)))

    def with_parts(self, **changed: Any) -> Plant:
        return replace(self, parts=replace(self.parts, **changed))

    def operation(self, name: str, body: Mapping[str, Any] | None = None, **how: Any) -> Answer:
        """Call an operation of Lookout for Equipment, signed."""
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{TARGET}{name}"}
        return self.ask("POST", "/", json.dumps(body or {}).encode(), headers=headers, **how)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
        service: str = "lookoutequipment",
        credentials: Credentials | None = None,
        sent: bytes | None = None,
        client: str = "127.0.0.1",
    ) -> Answer:
        """Send a request; `sent` is the body that travels, when it is not the one that is signed."""
        request = AWSRequest(method, f"http://{HOST}{path}", headers=dict(headers or {}), data=body)
        if signed:
            SigV4Auth(credentials or self.credentials, service, "eu-west-1").add_auth(request)
        fields = [(b"host", HOST.encode())]
        fields += [(name.lower().encode(), str(value).encode()) for name, value in request.headers.items()]
        travels = body if sent is None else sent
        fields.append((b"content-length", str(len(travels)).encode()))
        return self.send(method, path, fields, travels, client)

    def send(
        self, method: str, path: str, fields: list[tuple[bytes, bytes]], body: bytes = b"", client: str = "127.0.0.1"
    ) -> Answer:
        """Send a request as it is."""
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Message] = []

        async def receive() -> Message:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        plain, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "headers": fields,
            "client": (client, 1),
        }
        asyncio.run(application(self.parts, Address(PORT))(scope, receive, send))
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent))


@contextmanager
def plant(directory: Path, policy: str = EVERYTHING) -> Iterator[Plant]:
    """An application with one key, over a store in memory."""
    documents = SqliteDocuments(MEMORY)
    threads = ThreadPoolExecutor(2)
    try:
        keys = Keys(documents, directory / "key")
        authorizer = KeyAuthorizer(keys)
        audit = DocumentAudit(documents, lambda: timedelta(days=1))
        backend = Backend(
            storage=Bucket(),
            authorizer=authorizer,
            documents=documents,
            audit=lambda said: audit.put(Entry.of(said)),
        )
        key = keys.add("plant", account="111122223333", policy=policy)
        parts = Parts(
            services=backend,
            callers=Callers(keys, services=backend.services),
            is_key=lambda access_key: keys.holder(access_key) is not None,
            rate=lambda access_key: None,
            threads=threads,
            limits=backend.settings.limits,
            health=Health(),
            metrics=Metrics(),
        )
        yield Plant(parts, documents, audit, backend, Credentials(key.access_key, key.secret))
    finally:
        threads.shutdown()
        documents.close()


class Threads(Executor):
    """Carries out at once what it is given, and counts."""

    def __init__(self) -> None:
        self.taken = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.taken += 1
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Services:
    """Services that answer as a test says."""

    services = frozenset({"lookoutequipment", "lookoutvision"})

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def answering(self, request: HttpRequest) -> Steps[HttpResponse]:
        yield
        return self._answer(request)

    def largest_body(self, request: HttpRequest) -> int:
        return 10 * 1024**2
