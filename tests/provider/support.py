"""What the provider's unit tests share: events as CloudFormation sends them, and clients that only remember."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from lookout_provider.machine import Machine
from lookout_provider.progress import Phase, Progress
from lookout_provider.protocol import Answer, Request
from lookout_shared import properties

GOLDEN = Path(__file__).parents[1] / "golden" / "0.1.0"
ACCOUNT, REGION = "222222222222", "eu-west-1"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/factory/51af3dc0-da77-11e4-872e-1234567db123"
URL = (
    f"https://cloudformation-custom-resource-response-{REGION.replace('-', '')}.s3.{REGION}.amazonaws.com/response"
    "?AWSAccessKeyId=key&Expires=1&Signature=very-secret-signature%3D"
)
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:provider"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:provider"
DATASET = "Custom::LookoutEquipmentDataset"


def event(request_type: str = "Create", **members: Any) -> dict[str, Any]:
    """One event in CloudFormation's form; *members* replace or add to its own, None removes one."""
    found: dict[str, Any] = {
        "RequestType": request_type,
        "ServiceToken": FUNCTION,
        "ResponseURL": URL,
        "StackId": STACK,
        "RequestId": "5b2c1e0e-0c1b-4f0c-9c4e-8c1f4f4b7b1a",
        "ResourceType": DATASET,
        "LogicalResourceId": "Pumps1A2B3C4D",
        "ResourceProperties": {
            "ServiceToken": FUNCTION,
            "ServiceTimeout": "3600",
            "DatasetSchema": {"InlineDataSchema": '{"Components":[{"ComponentName":"pump"}]}'},
            "Options": {"Name": "Pumps", "WaitSeconds": "3300"},
        },
    }
    if request_type != "Create":
        found["PhysicalResourceId"] = "factory-Pumps-0badcafe"
    if request_type == "Update":
        found["OldResourceProperties"] = dict(found["ResourceProperties"])
    return {name: value for name, value in (found | members).items() if value is not None}


class Context:
    """What Lambda tells a function of its invocation."""

    invoked_function_arn = FUNCTION
    aws_request_id = "0e8d9e4c-invocation"

    def __init__(self, milliseconds: int = 300_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def client_error(code: str, message: str = "the service's words", status: int = 400) -> ClientError:
    """The error that a botocore client raises for an answer of the service."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "service-request"},
    }
    return ClientError(response, "AnyOperation")


class FakeClient:
    """A botocore client whose answers are made here: a value, an exception, or a function of the parameters.

    A list gives one answer after the other, the last of them for ever.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append((method, parameters))
            answer = self.answers.get(method, {})
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if callable(answer):
                answer = answer(**parameters)
            if isinstance(answer, Exception):
                raise answer
            return {"ResponseMetadata": {"RequestId": "service-request"}, **answer}

        return call

    def made(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of *method*."""
        return [parameters for called, parameters in self.calls if called == method]


@dataclass
class Execution:
    """One execution of the state machine."""

    name: str
    input: str
    status: str = "RUNNING"
    output: str | None = None

    @property
    def arn(self) -> str:
        return execution_arn(self.name)

    @property
    def state(self) -> dict[str, Any]:
        """What it began with."""
        found: dict[str, Any] = json.loads(self.input)
        return found

    def end(self, answer: Answer | None = None, status: str = "SUCCEEDED") -> None:
        """It is over; *answer* is what its last poll has answered, where it got that far."""
        self.status = status
        if status == "SUCCEEDED":
            self.output = json.dumps({"Answered": answer.record} if answer else {})


class StateMachine(FakeClient):
    """Step Functions: it gives a name once, and ends at once what has nothing to wait for.

    *answers* replace its own.
    """

    def __init__(self, **answers: Any) -> None:
        super().__init__(
            **{
                "start_execution": self.start,
                "describe_execution": self.describe,
                "stop_execution": self.stop,
                **answers,
            }
        )
        #: In the order in which they began.
        self.executions: dict[str, Execution] = {}

    def start(self, *, name: str, input: str, **_: Any) -> dict[str, Any]:  # noqa: A002
        if (known := self.executions.get(name)) is not None:
            if known.status == "RUNNING" and known.input == input:
                return {"executionArn": known.arn}
            raise client_error("ExecutionAlreadyExists")
        made = self.executions[name] = Execution(name, input)
        if "Seconds" not in made.state:
            made.status, made.output = "SUCCEEDED", input
        return {"executionArn": made.arn}

    def describe(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        found = self._of(executionArn)
        return {"status": found.status, "input": found.input} | ({"output": found.output} if found.output else {})

    def stop(self, *, executionArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._of(executionArn).end(status="ABORTED")
        return {}

    def _of(self, arn: str) -> Execution:
        try:
            return self.executions[arn.rsplit(":", 1)[1]]
        except KeyError:
            raise client_error("ExecutionDoesNotExist") from None

    @property
    def last(self) -> Execution:
        """The one that began last."""
        return list(self.executions.values())[-1]

    @property
    def only(self) -> Execution:
        (found,) = self.executions.values()
        return found

    @property
    def stopped(self) -> list[str]:
        """The names of those that were told to stop."""
        return [call["executionArn"].rsplit(":", 1)[1] for call in self.made("stop_execution")]


#: Makes the one client there is what a FakeClient of these arguments is.
Use = Callable[..., FakeClient]
#: Makes Step Functions what a StateMachine of these arguments is.
StepFunctions = Callable[..., StateMachine]


@dataclass
class Steps:
    """The steps of the lifecycle that were asked for."""

    progress: list[Progress]
    #: The events of which something had to be removed.
    unheard: list[list[Request]]


#: Makes the lifecycle's next steps give a value, an exception, or what a function of request and progress gives.
Advance = Callable[[Any], Steps]
#: Makes it that time, for the names of waits.
SetTime = Callable[[str], None]
DONE = Answer("SUCCESS", "pumps", data={"DatasetName": "pumps"})


@dataclass
class Sent:
    """What CloudFormation was told, in order."""

    answers: list[Answer]

    @property
    def only(self) -> Answer:
        (answer,) = self.answers
        return answer


def again(phase: Phase, **since: int) -> Callable[[Request, Progress], Progress]:
    """A step of the lifecycle that waits on."""

    def step(request: Request, progress: Progress) -> Progress:
        progress.phase, progress.physical_id = phase, "pumps"
        progress.since.update(since)
        return progress

    return step


def wait_state(event: dict[str, Any], phase: Phase = Phase.CONVERGE, **members: Any) -> dict[str, Any]:
    """The state of a wait for *event*."""
    return {
        "Event": event,
        "FunctionArn": FUNCTION,
        "Phase": phase.value,
        "PhysicalId": "pumps",
        "Waited": 0,
        "Seconds": 0,
        "Since": {},
        **members,
    }


def note_state(event: dict[str, Any], answer: Answer = DONE) -> dict[str, Any]:
    """The state of what is over at once: *event* was answered."""
    return {"Event": event, "FunctionArn": FUNCTION, "Answered": answer.record}


def in_line(states: StateMachine, event: dict[str, Any], line: str = "", **members: Any) -> Execution:
    """A wait for *event*, behind those that are in *line* already."""
    machine = Machine(Request.parse(event), line)
    machine.earlier()
    assert machine.begin(wait_state(event, **members))
    return states.last


def execution_arn(name: str) -> str:
    return f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"


class ResponseServer:
    """CloudFormation's side of the answer: remembers every request, and gives the statuses that it is told to.

    A status of 0 stands for an answer that is no HTTP.
    """

    def __init__(self, *statuses: int) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        remaining, requests = list(statuses), self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                requests.append((self.command, self.path, dict(self.headers), body))
                status = remaining.pop(0) if remaining else 200
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.wfile.write(b"no HTTP at all\r\n\r\n")

            do_POST = do_GET = do_PUT

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing on standard error."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/bucket/arn%3Aaws?Signature=very-secret%3D&Expires=1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, _, body in self.requests]

    @contextmanager
    def running(self) -> Iterator[ResponseServer]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def lines(text: str) -> list[dict[str, Any]]:
    """Log lines as written to standard output, without the time, which differs each time."""
    return [
        {name: value for name, value in json.loads(line).items() if name != "timestamp"} for line in text.splitlines()
    ]


def input_shape(operation: str) -> StructureShape:
    shape = properties.operation("lookoutequipment", operation).input_shape
    assert shape is not None
    return shape


def operations() -> list[str]:
    return list(properties.service_model("lookoutequipment").operation_names)


def scalars(shape: Shape, path: str = "") -> Iterator[tuple[str, Shape]]:
    """Every scalar below *shape*, with its path as error messages spell it."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from scalars(member, f"{path}.{name}" if path else name)
    elif isinstance(shape, ListShape):
        yield from scalars(shape.member, f"{path}[0]")
    elif isinstance(shape, MapShape):
        yield from scalars(shape.value, f"{path}.key")
    else:
        yield path, shape


def wrap(path: str, value: Any) -> Any:
    """Properties that hold nothing but *value* at *path*."""
    for step in reversed(path.replace("[0]", ".[0]").split(".")):
        value = [value] if step == "[0]" else {step: value}
    return value
