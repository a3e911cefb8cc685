"""Deliveries that died: Lambda hands what is left of them to the function's on-failure destination."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_provider import handler
from lookout_provider.protocol import Answer
from lookout_provider.resources import TYPES
from tests.provider.support import DONE, FUNCTION, Advance, Context, Sent, StateMachine, event

pytestmark = pytest.mark.usefixtures("sent")


def _record(payload: dict[str, Any], condition: str = "RetriesExhausted") -> dict[str, Any]:
    """What Lambda hands to an on-failure destination."""
    return {
        "version": "1.0",
        "requestContext": {"requestId": "x", "functionArn": FUNCTION, "condition": condition},
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "Runtime exited with error: signal: killed"},
    }


def test_a_delete_that_died_is_answered_with_its_id(sent: Sent) -> None:
    handler.handle(_record(event("Delete")), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "factory-Pumps-0badcafe")


def test_an_update_that_died_is_answered_with_the_id_of_what_may_have_replaced_it(sent: Sent) -> None:
    handler.handle(_record(event("Update")), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "factory-Pumps-2de91445")


def test_a_create_that_died_is_answered_with_the_id_under_which_something_may_exist(sent: Sent) -> None:
    handler.handle(_record(event()), Context())
    assert (sent.only.status, sent.only.physical_id) == ("FAILED", "factory-Pumps-2de91445")


def test_a_create_of_an_explicit_name_that_died_is_answered_with_that_name(sent: Sent) -> None:
    handler.handle(_record(event(ResourceProperties={"DatasetName": "pumps", "Options": {}})), Context())
    assert sent.only.physical_id == "pumps"


@pytest.mark.parametrize("properties", [{"Unheard": "of"}, {"DatasetName": ["pumps"]}], ids=["unknown", "not a string"])
def test_a_create_that_died_without_any_name_is_answered_with_an_id_to_look_it_up_by(
    sent: Sent, properties: dict[str, Any]
) -> None:
    handler.handle(_record(event(ResourceProperties=properties)), Context())
    assert sent.only.physical_id == "unknown:Pumps1A2B3C4D"


def test_a_create_that_died_where_the_service_numbers_is_answered_with_an_id_to_look_it_up_by(sent: Sent) -> None:
    properties = {
        "ModelName": "pumps",
        "DatasetName": "pumps",
        "SourceModelVersionArn": "arn:aws:lookoutequipment:eu-west-1:111111111111:model/pumps/x/model-version/3",
        "Options": {"Name": "V2"},
    }
    died = event(ResourceType="Custom::LookoutEquipmentModelVersion", ResourceProperties=properties)
    handler.handle(_record(died), Context())
    assert sent.only.physical_id == "unknown:Pumps1A2B3C4D"


@pytest.mark.parametrize("resource_type", TYPES)
def test_a_create_of_any_type_that_died_is_answered_under_an_id_that_a_delete_does_not_skip(
    sent: Sent, resource_type: str
) -> None:
    handler.handle(_record(event(ResourceType=resource_type)), Context())
    assert not sent.only.physical_id.startswith("refused:")


def test_the_delete_of_a_refused_id_that_died_is_a_success(sent: Sent) -> None:
    handler.handle(_record(event("Delete", PhysicalResourceId="refused:Pumps1A2B3C4D")), Context())
    assert sent.only == Answer("SUCCESS", "refused:Pumps1A2B3C4D")


def test_a_delivery_that_died_is_answered_with_what_lambda_says(sent: Sent) -> None:
    handler.handle(_record(event(), "EventAgeExceeded"), Context())
    assert "EventAgeExceeded" in sent.only.reason


@pytest.mark.parametrize("payload", [_record(event()), {"Poll": {}}, {}], ids=["its own record", "a poll", "nothing"])
def test_a_record_of_what_was_no_event_is_left_alone(sent: Sent, payload: dict[str, Any]) -> None:
    handler.handle(_record(payload), Context())
    assert sent.answers == []


def test_a_delivery_that_died_is_not_run_again(states: StateMachine, advance: Advance) -> None:
    steps = advance(DONE)
    handler.handle(_record(event()), Context())
    assert (steps, states.calls) == ([], [])
