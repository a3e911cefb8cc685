"""Functions of custom resources that fail without an answer: nobody waits for what cannot come any more.

No resource here has a ServiceTimeout, so each test would last for minutes if it did.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from lookout_local.cloud import LocalCloud

from .conftest import CODE, ScriptedStack, thing
from .test_answers import invoke_config

pytestmark = pytest.mark.e2e

DESTROYED = {"DeletionPolicy": "Retain"}  # no Delete, which would fail in the same way


def function(stack: ScriptedStack, code: str, **properties: Any) -> dict[str, Any]:
    """The function of the stack with other code; Node when the properties say so."""
    made = stack.function()
    made["Properties"] |= {"Code": {"ZipFile": code}, **properties}
    return made


def node(stack: ScriptedStack, code: str, **properties: Any) -> dict[str, Any]:
    return function(stack, code, **{"Runtime": "nodejs22.x", "Handler": "index.handler", **properties})


def reason_of(stack: ScriptedStack, function: dict[str, Any], **others: Any) -> str:
    """Why the creation of a resource with this function fails."""
    attributes = {**DESTROYED, **({"DependsOn": list(others)} if others else {})}
    [reason] = stack.fails(Function=function, Thing=thing(attributes=attributes), **others).reasons
    assert "did not receive a response from your Custom Resource" in reason
    return reason


@pytest.mark.parametrize(
    ("code", "properties", "expected"),
    [
        ("import nothing_of_that_name", {}, "InitError: No module named 'nothing_of_that_name'"),
        ("def handle(", {}, "InitError: '(' was never closed"),
        ("import sys; print('so long', file=sys.stderr); sys.exit(4)", {}, "exit status 4\nso long"),
        ("import os; os._exit(5)", {}, "Runtime exited with error: exit status 5"),
        ("x = 1", {}, "has no attribute 'handle'"),
        ("x = 1", {"Handler": "elsewhere.handle"}, "No module named 'elsewhere'"),
        ("x = 1", {"Handler": "handle"}, "not enough values to unpack"),
        ("import time; time.sleep(600)", {"Timeout": 1}, "InitError: Task timed out after 11.00 seconds"),
    ],
    ids=["import", "syntax", "exit", "_exit", "no-handler", "no-module", "no-dot", "hangs"],
)
def test_code_in_python_that_cannot_be_made_ready_fails_its_resource(
    stack: ScriptedStack, code: str, properties: dict[str, Any], expected: str
) -> None:
    assert expected in reason_of(stack, function(stack, code, **properties))


@pytest.mark.parametrize(
    ("code", "properties", "expected"),
    [
        ("raise RuntimeError('told to')", {}, "Runtime.HandlerError: told to"),
        ("import sys; sys.exit(4)", {}, "Runtime exited with error: exit status 4"),
        ("import os; os.kill(os.getpid(), 9)", {}, "Runtime exited with error: signal 9"),
        ("import time; time.sleep(600)", {"Timeout": 1}, "Sandbox.Timedout: Task timed out after 1.00 seconds"),
    ],
    ids=["raises", "exits", "killed", "times-out"],
)
def test_a_function_in_python_that_fails_fails_its_resource(
    stack: ScriptedStack, code: str, properties: dict[str, Any], expected: str
) -> None:
    code = f"def handle(event, context):\n    {code}"
    assert expected in reason_of(stack, function(stack, code, **properties))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("require('nothing-of-that-name')", "InitError: Cannot find module 'nothing-of-that-name'"),
        ("throw new Error('told to')", "InitError: told to"),
        ("process.exit(4)", "InitError: Runtime exited with error: exit status 4"),
        ("Promise.reject(new Error('told to')); exports.handler = async () => {}", "exit status 1"),
        ("exports.other = () => {}", "InitError: Handler handler is not a function"),
    ],
    ids=["require", "throws", "exits", "rejects", "no-handler"],
)
def test_code_in_node_that_cannot_be_made_ready_fails_its_resource(
    stack: ScriptedStack, code: str, expected: str
) -> None:
    assert expected in reason_of(stack, node(stack, code))


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("async () => { throw new Error('told to') }", "Runtime.HandlerError: told to"),
        ("(event, context, callback) => { setTimeout(() => { throw new Error('told to') }, 10) }", "exit status 1"),
        ("async () => { Promise.reject(new Error('told to')); await new Promise(() => {}) }", "exit status 1"),
        ("async () => { await new Promise(() => {}) }", "Runtime.NodeJsExit"),
        ("(event, context, callback) => { process.exit(4) }", "exit status 4"),
        ("(event, context, callback) => { callback(new Error('told to')) }", "told to"),
    ],
    ids=["throws", "throws-later", "rejects-later", "never-settles", "exits", "calls-back"],
)
def test_a_function_in_node_that_fails_fails_its_resource(stack: ScriptedStack, handler: str, expected: str) -> None:
    # The time is over after a quarter of an hour only.
    assert expected in reason_of(stack, node(stack, f"exports.handler = {handler};", Timeout=900))


@pytest.mark.parametrize("runtime", ["java21", "ruby3.4", "dotnet8"])
def test_a_runtime_that_is_not_here_fails_its_resource(stack: ScriptedStack, runtime: str) -> None:
    reason = reason_of(stack, function(stack, CODE, Runtime=runtime))
    assert f"the local cloud runs functions in Python, in Node and with a runtime of their own: got {runtime}" in reason


def test_a_container_image_fails_its_resource(stack: ScriptedStack) -> None:
    made = stack.function()
    image = {"PackageType": "Image", "Code": {"ImageUri": "111111111111.dkr.ecr.us-east-1.amazonaws.com/image:1"}}
    made["Properties"] = {"Role": made["Properties"]["Role"], **image}
    assert "got container image" in reason_of(stack, made)


def test_a_runtime_of_one_s_own_without_a_program_fails_its_resource(
    stack: ScriptedStack, lookout_cloud: LocalCloud
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("readme", "no bootstrap")
    s3 = lookout_cloud.client("s3")
    s3.create_bucket(Bucket="runtimes")
    s3.put_object(Bucket="runtimes", Key="code.zip", Body=content.getvalue())
    code = {"S3Bucket": "runtimes", "S3Key": "code.zip"}
    made = function(stack, "", Runtime="provided.al2023", Handler="bootstrap", Code=code)
    assert "Runtime.InvalidEntrypoint: No bootstrap binary" in reason_of(stack, made)


def test_a_destination_that_fails_as_well_fails_the_resource(stack: ScriptedStack) -> None:
    code = "def handle(event, context):\n    raise RuntimeError('requestPayload' in event)"
    config = invoke_config(attempts=0, destination={"Fn::GetAtt": ["Function", "Arn"]})
    assert "Runtime.HandlerError: True" in reason_of(stack, function(stack, code), Config=config)


def test_a_function_that_answers_and_then_fails_has_answered(stack: ScriptedStack) -> None:
    stack.deploy(
        Function=function(stack, f"{CODE}\n_answer = answer\n\ndef answer(*_):\n    _answer(*_)\n    raise SystemExit"),
        Thing=thing(attributes=DESTROYED),
    )


def test_what_code_printed_before_it_failed_is_in_its_log(stack: ScriptedStack, lookout_cloud: LocalCloud) -> None:
    role = {"Fn::GetAtt": ["Logger", "Arn"]}
    made = function(stack, "print('before it failed')\nimport nothing_of_that_name", Role=role, FunctionName=stack.name)
    reason_of(stack, made, Logger=LOGGER)
    stack.destroy()
    events = lookout_cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{stack.name}")["events"]
    assert any("before it failed" in event["message"] for event in events)


LOGGER = {
    "Type": "AWS::IAM::Role",
    "DeletionPolicy": "Retain",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "Policies": [
            {
                "PolicyName": "Logs",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
                },
            }
        ],
    },
}
