"""The state machine that waits, and how Lambda brings events to the function: what becomes of one that fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import LookoutProvider
from cdk_lookout.equipment.policy_document import flat
from lookout_provider.lifecycle import LATEST_CREATE_SECONDS
from tests.constructs.support import of_type, only, resources

FUNCTION = {"Fn::GetAtt": ["LookoutProviderFunctionE968A47B", "Arn"]}
MACHINE = {"Fn::GetAtt": ["LookoutProviderStateMachine10A72FDD", "Arn"]}


@pytest.fixture
def definition(stack: cdk.Stack) -> dict[str, Any]:
    LookoutProvider(stack)
    machine = only(stack, "AWS::StepFunctions::StateMachine")["Properties"]
    found: dict[str, Any] = json.loads(flat(machine["DefinitionString"]))
    return found


@pytest.fixture
def config(stack: cdk.Stack) -> dict[str, Any]:
    """How Lambda brings events to the function."""
    LookoutProvider(stack)
    found: dict[str, Any] = only(stack, "AWS::Lambda::EventInvokeConfig")["Properties"]
    return found


def way(definition: Mapping[str, Any], start: str, state: Mapping[str, Any]) -> list[str]:
    """The states that *state* goes through from *start* on, up to the one that invokes the function or is the end."""
    found = [start]
    while (current := definition["States"][found[-1]])["Type"] not in ("Task", "Succeed"):
        following = current.get("Next", current.get("Default"))
        for choice in current.get("Choices", []):
            if (choice["Variable"].removeprefix("$.") in state) is choice["IsPresent"]:
                following = choice["Next"]
        found.append(following)
    return found


# -- the state machine --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 2, 60])
def test_an_execution_waits_as_long_as_its_input_says_and_lets_the_function_look(
    definition: dict[str, Any], seconds: int
) -> None:
    assert way(definition, definition["StartAt"], {"Seconds": seconds}) == ["Again", "Wait", "Poll"]
    assert definition["States"]["Wait"]["SecondsPath"] == "$.Seconds"


def test_an_execution_whose_input_names_no_seconds_is_over_at_once(definition: dict[str, Any]) -> None:
    assert way(definition, definition["StartAt"], {"Answered": {}}) == ["Again", "Done"]
    assert definition["States"]["Done"] == {"Type": "Succeed"}


@pytest.mark.parametrize(
    ("answer", "expected"), [({"Seconds": 2}, ["Again", "Wait", "Poll"]), ({}, ["Again", "Done"])], ids=["on", "over"]
)
def test_what_a_poll_returns_decides_whether_it_goes_on(
    definition: dict[str, Any], answer: dict[str, Any], expected: list[str]
) -> None:
    poll = definition["States"]["Poll"]
    assert poll["OutputPath"] == "$.Payload"
    assert way(definition, poll["Next"], answer) == expected


def test_a_poll_knows_its_own_execution(definition: dict[str, Any]) -> None:
    assert definition["States"]["Poll"]["Parameters"] == {
        "FunctionName.$": "$.FunctionArn",
        "Payload": {"Poll.$": "$", "ExecutionArn.$": "$$.Execution.Id"},
    }


def test_polls_that_go_on_failing_end_with_an_answer(definition: dict[str, Any]) -> None:
    states = definition["States"]
    assert states["Poll"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "GiveUp"}]
    assert states["GiveUp"]["Parameters"] == {"FunctionName.$": "$.FunctionArn", "Payload": {"GiveUp.$": "$"}}
    assert states["GiveUp"]["End"] is True


def _pauses(retrier: Mapping[str, Any]) -> list[float]:
    """How long Step Functions waits between two tries, without the jitter."""
    growing = (
        retrier["IntervalSeconds"] * retrier["BackoffRate"] ** number for number in range(retrier["MaxAttempts"])
    )
    return [min(pause, retrier.get("MaxDelaySeconds", pause)) for pause in growing]


@pytest.mark.parametrize("name", ["Poll", "GiveUp"])
def test_a_call_of_the_function_that_failed_is_tried_again_for_a_minute(definition: dict[str, Any], name: str) -> None:
    *_, general = definition["States"][name]["Retry"]
    assert general["ErrorEquals"] == ["States.ALL"]
    assert _pauses(general) == [5, 10, 20, 40]


@pytest.mark.parametrize("name", ["Poll", "GiveUp"])
def test_a_call_that_found_no_room_is_tried_again_for_as_long_as_cloudformation_waits(
    definition: dict[str, Any], name: str
) -> None:
    """With full jitter, a pause is half as long on average."""
    crowded, *_ = definition["States"][name]["Retry"]
    assert "Lambda.TooManyRequestsException" in crowded["ErrorEquals"]
    assert crowded["JitterStrategy"] == "FULL"
    assert max(_pauses(crowded)) == 60
    assert 55 * 60 <= sum(_pauses(crowded)) / 2 <= 60 * 60


@pytest.mark.parametrize("name", ["Poll", "GiveUp"])
def test_only_what_is_not_the_functions_own_failure_is_tried_again_for_so_long(
    definition: dict[str, Any], name: str
) -> None:
    crowded, *_ = definition["States"][name]["Retry"]
    assert not {"States.ALL", "States.TaskFailed", "Lambda.Unknown"} & set(crowded["ErrorEquals"])


# -- events -------------------------------------------------------------------------------------------------


def test_an_event_whose_delivery_failed_is_brought_twice_more(config: dict[str, Any]) -> None:
    assert config["MaximumRetryAttempts"] == 2


def test_an_event_that_failed_for_good_is_handed_to_the_function_itself(config: dict[str, Any]) -> None:
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": FUNCTION}}


def test_an_event_is_dropped_long_before_cloudformation_gives_up(config: dict[str, Any]) -> None:
    assert config["MaximumEventAgeInSeconds"] == 900


def test_a_delete_waits_for_its_create_until_that_can_come_no_more(stack: cdk.Stack, config: dict[str, Any]) -> None:
    """The last delivery begins when the event is that old at most, and lasts as long as the function may run."""
    timeout = only(stack, "AWS::Lambda::Function")["Properties"]["Timeout"]
    assert config["MaximumEventAgeInSeconds"] + timeout == LATEST_CREATE_SECONDS


# -- permissions --------------------------------------------------------------------------------------------


def test_the_function_may_begin_read_and_stop_executions_of_its_own_machine_and_no_more(stack: cdk.Stack) -> None:
    LookoutProvider(stack)
    policy = of_type(resources(stack), "AWS::IAM::Policy")["LookoutProviderPolicyE1770FBB"]
    allowed: dict[str, Any] = {}
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        allowed |= dict.fromkeys([actions] if isinstance(actions, str) else actions, statement["Resource"])
    allowed = {action: resource for action, resource in allowed.items() if action.startswith("states:")}
    assert sorted(allowed) == ["states:DescribeExecution", "states:StartExecution", "states:StopExecution"]
    assert allowed["states:StartExecution"] == MACHINE
    name = "${LookoutProviderStateMachine10A72FDD.Name}"
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert flat(allowed[action]).endswith(f":execution:{name}:*")
