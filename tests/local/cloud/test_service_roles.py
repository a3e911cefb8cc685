"""What Lambda and Step Functions do with the roles of functions and state machines."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud

from .conftest import ROLE, ScriptedStack, thing
from .test_answers import invoke_config

pytestmark = pytest.mark.e2e

ARN = {"Fn::GetAtt": ["Function", "Arn"]}


def role(*, trusted: list[str], actions: list[str]) -> dict[str, Any]:
    """The usual role, trusting others or allowing something else."""
    made = copy.deepcopy(ROLE)
    properties: Any = made["Properties"]
    properties["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"Service": trusted}
    properties["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = actions
    return made


def machine() -> dict[str, Any]:
    """A state machine that invokes the function of the stack."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    definition = {
        "StartAt": "Call",
        "States": {"Call": {**task, "Parameters": {"FunctionName": "${arn}", "Payload": {}}}},
    }
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "DefinitionString": {"Fn::Sub": [json.dumps(definition), {"arn": ARN}]},
        },
    }


def run(cloud: LocalCloud, outputs: dict[str, str]) -> dict[str, Any]:
    """Run the machine to its end; the description of the execution."""
    states = cloud.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=outputs["Machine"])["executionArn"]
    ended: dict[str, Any] = next(
        described
        for described in iter(lambda: states.describe_execution(executionArn=execution), None)
        if described["status"] != "RUNNING"
    )
    return ended


@pytest.mark.parametrize(
    ("trusted", "actions", "cause"),
    [
        (["lambda", "states"], ["lambda:InvokeFunction"], ""),
        (["lambda", "states"], ["sqs:SendMessage"], "is not authorized to perform: lambda:InvokeFunction"),
        (["lambda"], ["lambda:InvokeFunction"], "cannot be assumed by states.amazonaws.com"),
    ],
    ids=["good", "without-grant", "untrusting"],
)
def test_a_state_machine_invokes_a_function_with_the_rights_of_its_role(
    stack: ScriptedStack, lookout_cloud: LocalCloud, trusted: list[str], actions: list[str], cause: str
) -> None:
    principals = [f"{name}.amazonaws.com" for name in trusted]
    outputs = stack.deploy(
        {"Machine": {"Ref": "Machine"}}, Role=role(trusted=principals, actions=actions), Machine=machine()
    )
    ended = run(lookout_cloud, outputs)
    assert ended["status"] == ("FAILED" if cause else "SUCCEEDED")
    assert cause in ended.get("cause", "")


def test_a_function_whose_role_does_not_trust_lambda_does_not_run(stack: ScriptedStack) -> None:
    stack.fails(
        Role=role(trusted=["states.amazonaws.com"], actions=["lambda:InvokeFunction"]),
        Config=invoke_config(attempts=0),
        Thing=thing(ServiceTimeout="4", attributes={"DependsOn": "Config", "DeletionPolicy": "Retain"}),
    )
    assert stack.requests == []


def test_a_failed_event_reaches_its_destination_only_with_the_rights_of_the_role(stack: ScriptedStack) -> None:
    failure = stack.fails(
        Role=role(trusted=["lambda.amazonaws.com"], actions=["sqs:SendMessage"]),
        Config=invoke_config(attempts=0, destination=ARN),
        Thing=thing(script={"Create": {"raise": True}}, ServiceTimeout="4", attributes={"DependsOn": "Config"}),
    )
    assert "did not receive a response" in failure.reasons[0]
    assert [request for request, _ in stack.requests] == ["Create", "Delete"]


@pytest.mark.parametrize(
    ("actions", "groups"),
    [
        (["logs:CreateLogStream", "logs:PutLogEvents"], 1),
        (["logs:CreateLogStream"], 0),
        (["logs:PutLogEvents"], 0),
    ],
    ids=["good", "no-put", "no-stream"],
)
def test_a_function_logs_with_the_rights_of_its_role(
    stack: ScriptedStack, lookout_cloud: LocalCloud, actions: list[str], groups: int
) -> None:
    outputs = stack.deploy(
        {"Function": {"Ref": "Function"}},
        Role=role(trusted=["lambda.amazonaws.com"], actions=actions),
        Thing=thing(),
    )
    group = f"/aws/lambda/{outputs['Function']}"
    stack.destroy()
    found = lookout_cloud.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert len(found) == groups
