"""Plays CloudFormation: its event sequences, without its engine, against the real handler and the local services.

Nothing waits: the state machine's waits advance a clock that tests own.
"""

from __future__ import annotations

import io
import itertools
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from lookout_provider import handler, protocol
from lookout_server.backend import Backend
from lookout_server.clock import ManualClock
from lookout_server.files.storage import AccountStorage
from lookout_server.inprocess import connect
from lookout_server.protocol.errors import AccessDenied, StorageError
from lookout_server.protocol.http import HttpRequest
from lookout_shared import aws
from lookout_shared.properties import loader
from tests.contract.permissions import PROVIDER_KEY

REGION = "us-east-1"
MACHINE = f"arn:aws:states:{REGION}:222222222222:stateMachine:provider"
RESPONSES = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com"
FUNCTION = f"arn:aws:lambda:{REGION}:222222222222:function:provider"


class Context:
    """What Lambda tells a function of its invocation."""

    invoked_function_arn = FUNCTION

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass
class Execution:
    """One execution of the state machine, as far as it got."""

    name: str
    state: dict[str, Any]
    #: The state that it began with.
    input: str
    status: str = "RUNNING"
    output: str | None = None

    @property
    def arn(self) -> str:
        return MACHINE.replace(":stateMachine:", ":execution:") + f":{self.name}"


class StateMachine:
    """Step Functions as the provider calls it; `Player.drain` runs what it was given."""

    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}
        self.calls: list[str] = []

    def running(self) -> list[Execution]:
        return [execution for execution in self.executions.values() if execution.status == "RUNNING"]

    def start_execution(self, *, name: str, input: str, **_: Any) -> dict[str, Any]:  # noqa: A002
        self.calls.append("StartExecution")
        if (known := self.executions.get(name)) is not None:
            if known.status == "RUNNING" and known.input == input:
                return {"executionArn": known.arn}
            raise refusal("ExecutionAlreadyExists", "StartExecution")
        made = self.executions[name] = Execution(name, json.loads(input), input)
        if "Seconds" not in made.state:
            made.status, made.output = "SUCCEEDED", input
        return {"executionArn": made.arn}

    def stop_execution(self, *, executionArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.calls.append("StopExecution")
        self._execution(executionArn).status = "ABORTED"
        return {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        self.calls.append("DescribeExecution")
        execution = self._execution(executionArn)
        output = {"output": execution.output} if execution.output is not None else {}
        return {"status": execution.status, "input": execution.input, **output}

    def _execution(self, arn: str) -> Execution:
        try:
            return self.executions[arn.rsplit(":", 1)[1]]
        except KeyError:
            raise refusal("ExecutionDoesNotExist", "DescribeExecution") from None


def refusal(code: str, operation: str) -> ClientError:
    """What Step Functions says to a call that it does not carry out."""
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, operation)


class Objects:
    """S3 as the provider calls it, with its own rights: the files that the service itself reads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def _buckets(self) -> AccountStorage:
        return self._backend._world.storage.of_account("222222222222", REGION)

    def _ask(self, action: str, path: str, **keys: str) -> None:
        request = HttpRequest("s3", "222222222222", REGION, PROVIDER_KEY, "", "/")
        context = {"aws:ViaAWSService": "false", **{f"s3:{key}": value for key, value in keys.items()}}
        try:
            self._backend._world.authorizer.authorize(request, f"s3:{action}", [f"arn:aws:s3:::{path}"], context)
        except AccessDenied as error:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": str(error)}}, action) from None

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        self._ask("GetObjectVersion" if VersionId else "GetObject", f"{Bucket}/{Key}")
        try:
            return {"Body": io.BytesIO(self._buckets.read(Bucket, Key, VersionId))}
        except StorageError as error:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": str(error)}}, "GetObject") from None

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> dict[str, Any]:  # noqa: N803
        self._ask("PutObject", f"{Bucket}/{Key}")
        self._buckets.write(Bucket, Key, Body)
        return {}

    def delete_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self._ask("DeleteObject", f"{Bucket}/{Key}")
        self._backend._world.storage.objects.pop((Bucket, Key), None)  # type: ignore[attr-defined]
        return {}

    def list_objects_v2(self, *, Bucket: str, Prefix: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._ask("ListBucket", Bucket, prefix=Prefix)
        found = self._backend._world.storage.list("", Bucket, Prefix)
        return {"Contents": [{"Key": item.key, "Size": item.size} for item in sorted(found, key=lambda i: i.key)]}


@dataclass
class Resource:
    """A custom resource in the player's stack."""

    type: str
    logical_id: str
    properties: Mapping[str, Any]
    physical_id: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back for an event."""

    status: str
    physical_id: str
    reason: str
    data: Mapping[str, str]

    @property
    def ok(self) -> bool:
        return self.status == "SUCCESS"


class Player:
    """One stack. Every method delivers one event, and waits for its answer unless told not to."""

    def __init__(self, backend: Backend, clock: ManualClock, *, stack: str = "plant", account: str = "222222222222"):
        self.backend = backend
        self.clock = clock
        self.account = account
        self.stack_id = f"arn:aws:cloudformation:{REGION}:{account}:stack/{stack}/{uuid.uuid4()}"
        self.machine = StateMachine()
        self.answers: dict[str, list[Answer]] = {}
        self.invocations = 0
        self._urls = itertools.count()

    # -- the wiring that a test fixture installs --------------------------------------------------------------

    def client(self, service: str, region: str) -> Any:
        """What the provider gets instead of a client that reaches out."""
        if service == "stepfunctions":
            return self.machine
        if service == "s3":
            return Objects(self.backend)
        return make_client(self.backend, self.account, region, key=PROVIDER_KEY, service=service)

    def receive(self, request: Any, timeout: float) -> Any:
        """The PUT of an answer."""
        body = json.loads(request.data)
        assert len(request.data) <= protocol.RESPONSE_LIMIT
        answer = Answer(body["Status"], body["PhysicalResourceId"], body.get("Reason", ""), body.get("Data", {}))
        self.answers.setdefault(request.full_url, []).append(answer)
        return _Closed()

    # -- events -------------------------------------------------------------------------------------------------

    def create(self, resource: Resource) -> Answer:
        answer = self.finish(self.begin("Create", resource))
        # CloudFormation keeps the physical id of a failed Create too: its Delete carries it.
        resource.physical_id, resource.data = answer.physical_id, answer.data
        return answer

    def update(self, resource: Resource, properties: Mapping[str, Any], *, clean_up: bool = True) -> Answer:
        """An Update; when it replaced the resource, the old one is deleted unless the stack rolls back first."""
        old_id, old_properties = resource.physical_id, resource.properties
        answer = self.finish(self.begin("Update", resource, properties=properties))
        if answer.ok:
            resource.physical_id, resource.properties, resource.data = answer.physical_id, properties, answer.data
            if clean_up and answer.physical_id != old_id:
                assert self.delete(Resource(resource.type, resource.logical_id, old_properties, old_id)).ok
        return answer

    def delete(self, resource: Resource) -> Answer:
        return self.finish(self.begin("Delete", resource))

    def roll_back(self, resource: Resource, old: Mapping[str, Any], old_id: str | None) -> Answer:
        """What follows an Update in a deployment that failed later: Update back, then Delete of what is new."""
        new_id, new_properties = resource.physical_id, resource.properties
        answer = self.finish(self.begin("Update", resource, properties=old))
        assert answer.ok, answer.reason
        resource.physical_id, resource.properties, resource.data = answer.physical_id, old, answer.data
        if new_id != answer.physical_id:
            assert self.delete(Resource(resource.type, resource.logical_id, new_properties, new_id)).ok
        return answer

    def begin(self, kind: str, resource: Resource, *, properties: Mapping[str, Any] | None = None) -> str:
        """Deliver an event and do not wait for what it started; returns its ResponseURL."""
        event = self.event(kind, resource, properties=properties)
        self.deliver(event)
        return str(event["ResponseURL"])

    def event(self, kind: str, resource: Resource, *, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
        event: dict[str, Any] = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": self.stack_id,
            "ResponseURL": f"{RESPONSES}/{next(self._urls)}?X-Amz-Date={self.clock.now():%Y%m%dT%H%M%SZ}",
            "ResourceType": resource.type,
            "LogicalResourceId": resource.logical_id,
            "ResourceProperties": as_strings({"ServiceToken": FUNCTION, **(properties or resource.properties)}),
        }
        if kind != "Create":
            event["PhysicalResourceId"] = resource.physical_id
        if kind == "Update":
            event["OldResourceProperties"] = as_strings({"ServiceToken": FUNCTION, **resource.properties})
        return event

    def deliver(self, event: Mapping[str, Any]) -> None:
        self.invocations += 1
        handler.handle(json.loads(json.dumps(event)), Context())

    def finish(self, url: str) -> Answer:
        """The one answer to the event of *url*."""
        self.drain()
        [answer] = self.answers[url]
        return answer

    def drain(self, until: Callable[[], bool] | None = None) -> int:
        """Run the state machine until nothing runs (or *until*); returns the number of polls."""
        polls = 0
        while running := self.machine.running():
            if until is not None and until():
                break
            polls += 1
            assert polls < 500, f"still waiting: {running[0].state}"
            self.poll(running[0])
        return polls

    def poll(self, execution: Execution) -> None:
        """One wait and one poll."""
        self.clock.advance(execution.state["Seconds"])
        self.invocations += 1
        payload = json.loads(json.dumps({"Poll": execution.state, "ExecutionArn": execution.arn}))
        state = handler.handle(payload, Context())
        if execution.status == "RUNNING":
            execution.state = state
            if "Seconds" not in state:
                execution.status, execution.output = "SUCCEEDED", json.dumps(state)


class _Closed:
    def __enter__(self) -> _Closed:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def as_strings(value: Any) -> Any:
    """CloudFormation hands every scalar over as a string."""
    if isinstance(value, Mapping):
        return {key: as_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_strings(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


_CLIENTS: dict[tuple[int, str, str, str, str], Any] = {}


def make_client(
    backend: Backend, account: str, region: str = REGION, key: str = "root", service: str = "lookoutequipment"
) -> Any:
    """An ordinary client of the service, with the provider's own retry settings."""
    assert service in backend.services, f"the provider called {service}"
    known = (id(backend), account, region, key, service)
    if known not in _CLIENTS:
        session = Session()
        session.register_component("data_loader", loader())
        client = session.create_client(
            service,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key="secret",
            config=Config(retries=aws._RETRIES),  # type: ignore[arg-type]
        )
        connect(client, backend, account=account)
        _CLIENTS[known] = client
    return _CLIENTS[known]
