"""Functions whose code stands in the template, and the modules that Lambda puts beside such code."""

from __future__ import annotations

import pytest

from .conftest import ScriptedStack, thing
from .test_silent_functions import function, node, reason_of

pytestmark = pytest.mark.e2e

PYTHON = """
import cfnresponse

def handle(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Said": event["RequestType"]}, "by-module")
"""
NODE = """
const response = require("cfn-response");
exports.handler = (event, context) => {
  response.send(event, context, response.SUCCESS, { Said: event.RequestType }, "by-module");
};
"""
OUTPUTS = {"Said": {"Fn::GetAtt": ["Thing", "Said"]}, "Id": {"Ref": "Thing"}}
ANSWERED = {"Said": "Create", "Id": "by-module"}


def test_code_in_python_answers_with_the_module_that_lambda_has(stack: ScriptedStack) -> None:
    assert stack.deploy(OUTPUTS, Function=function(stack, PYTHON), Thing=thing()) == ANSWERED
    stack.destroy()


def test_code_in_node_answers_with_the_module_that_lambda_has(stack: ScriptedStack) -> None:
    assert stack.deploy(OUTPUTS, Function=node(stack, NODE, Timeout=60), Thing=thing()) == ANSWERED
    stack.destroy()


def test_the_file_is_index_whatever_the_handler_says(stack: ScriptedStack) -> None:
    assert "No module named 'elsewhere'" in reason_of(stack, function(stack, PYTHON, Handler="elsewhere.handle"))
