"""A stack of custom resources whose function does what each resource's properties tell it to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud
from lookout_local.deployment import Deployer, DeploymentFailed, Environment, StackEvent

CODE = """
import json, os, urllib.request

def handle(event, context):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps(event) + "\\n")
    if "ResponseURL" not in event and "requestPayload" not in event:
        return event
    if "requestPayload" in event:
        return answer(event["requestPayload"], {"Status": "FAILED", "Reason": "the function failed"})
    script = json.loads(event["ResourceProperties"].get("Script", "{}")).get(event["RequestType"], {})
    if script.get("raise"):
        raise RuntimeError("told to")
    if not script.get("silent"):
        answer(event, script.get("answer", {}), script.get("headers", {}))

def answer(event, content, headers={}):
    body = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"] + "-id"),
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        **content,
    }
    body = {key: value for key, value in body.items() if value is not None}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    request.add_unredirected_header("Content-Type", "")
    for name, value in headers.items():
        request.add_unredirected_header(name, value)
    urllib.request.urlopen(request)
"""
ENVIRONMENT = Environment("111111111111", "us-east-1")


def said(**content: Any) -> dict[str, Any]:
    """A script entry: answer with this content on top of the usual one."""
    return {"answer": content}


def failed(reason: str = "no luck", **content: Any) -> dict[str, Any]:
    """A script entry: answer FAILED."""
    return said(Status="FAILED", Reason=reason, **content)


def thing(**properties: Any) -> dict[str, Any]:
    """A custom resource; `script` says per request type what its function does, `attributes` are the resource's."""
    script = properties.pop("script", {})
    attributes = properties.pop("attributes", {})
    function = properties.pop("function", "Function")
    return {
        "Type": "Custom::Thing",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": [function, "Arn"]},
            "Script": json.dumps(script),
            **properties,
        },
        **attributes,
    }


#: A look every 50 milliseconds, for 30 seconds at most.
PATIENT = {"Delay": 0.05, "MaxAttempts": 600}


class ScriptedStack:
    """A stack with a role, a scripted function and whatever else a test puts into it."""

    def __init__(self, cloud: LocalCloud, name: str, journal: Path) -> None:
        self.name = name
        self._journal = journal
        self.cloudformation = cloud.client("cloudformation")
        self._deployer = Deployer(lambda service, *, account, region: cloud.client(service, account, region))

    def deploy(
        self, outputs: dict[str, Any] | None = None, /, *, rollback: bool = True, **resources: dict[str, Any]
    ) -> dict[str, str]:
        return self._deployer.put(self.name, self._template(outputs or {}, resources), ENVIRONMENT, rollback=rollback)

    def change(self, **resources: dict[str, Any]) -> None:
        """Update by a change set, as the CDK CLI does."""
        self.execute("UPDATE", **resources)
        self.cloudformation.get_waiter("stack_update_complete").wait(StackName=self.name, WaiterConfig=PATIENT)

    def execute(self, kind: str, **resources: dict[str, Any]) -> None:
        """Begin to carry out a change set that is to CREATE or UPDATE the stack."""
        named = {"StackName": self.name, "ChangeSetName": "change"}
        template = self._template({}, resources)
        self.cloudformation.create_change_set(
            **named, ChangeSetType=kind, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
        )
        self.cloudformation.get_waiter("change_set_create_complete").wait(**named, WaiterConfig=PATIENT)
        self.cloudformation.execute_change_set(**named)

    def fails(
        self, outputs: dict[str, Any] | None = None, /, *, rollback: bool = True, **resources: dict[str, Any]
    ) -> DeploymentFailed:
        with pytest.raises(DeploymentFailed) as failure:
            self.deploy(outputs, rollback=rollback, **resources)
        return failure.value

    @contextmanager
    def deploying(self, **resources: Any) -> Iterator[Future[dict[str, str]]]:
        """Deploy while the test does something else."""
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(self.deploy, **resources)

    def destroy(self) -> None:
        self._deployer.destroy(self.name, ENVIRONMENT)

    def _template(self, outputs: dict[str, Any], resources: dict[str, Any]) -> str:
        template = {
            "Resources": {"Role": ROLE, "Function": self.function(), **resources},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        return json.dumps(template)

    def function(self) -> dict[str, Any]:
        return {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handle",
                "Timeout": 10,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": CODE},
                "Environment": {"Variables": {"JOURNAL": str(self._journal)}},
            },
        }

    @property
    def events(self) -> list[StackEvent]:
        return self._deployer.events(self.name, ENVIRONMENT)

    @property
    def received(self) -> list[dict[str, Any]]:
        """The events that the function received."""
        if not self._journal.exists():
            return []
        return [json.loads(line) for line in self._journal.read_text().splitlines()]

    def receives(self, request_type: str, logical_id: str) -> dict[str, Any]:
        """Wait for an event; raises AssertionError when half a minute brings none."""
        for _ in range(600):
            for event in self.received:
                if (event["RequestType"], event["LogicalResourceId"]) == (request_type, logical_id):
                    return event
            time.sleep(0.05)
        raise AssertionError(f"no {request_type} of {logical_id}: {self.requests}")

    @property
    def requests(self) -> list[tuple[str, str]]:
        """Request type and physical id of the events that the function received."""
        return [(event["RequestType"], event.get("PhysicalResourceId", "")) for event in self.received]


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "Policies": [
            {
                "PolicyName": "Invoke",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
                },
            }
        ],
    },
}


@pytest.fixture
def stack(lookout_cloud: LocalCloud, tmp_path: Path, request: pytest.FixtureRequest) -> ScriptedStack:
    """A stack of its own for each test."""
    name = re.sub("[^A-Za-z0-9]+", "-", request.node.name).strip("-")
    assert len(name) <= 128
    return ScriptedStack(lookout_cloud, name, tmp_path / "journal")
