"""CloudFormation's event as it is read, and what is derived from it."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider.protocol import Answer, Request, digest
from tests.provider.support import ACCOUNT, REGION, STACK, URL, event

LOGICAL_IDS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=255)
STACK_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,127}", fullmatch=True)
REGIONS = st.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-2", "us-gov-west-1"])


def _stack(name: str, region: str = REGION) -> str:
    return f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/51af3dc0-da77-11e4-872e-1234567db123"


def _request(**members: Any) -> Request:
    return Request.parse(event(**members))


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("request_type", "Create"),
        ("stack_id", STACK),
        ("request_id", "5b2c1e0e-0c1b-4f0c-9c4e-8c1f4f4b7b1a"),
        ("response_url", URL),
        ("resource_type", "Custom::LookoutEquipmentDataset"),
        ("logical_id", "Pumps1A2B3C4D"),
        ("physical_id", None),
        ("region", REGION),
        ("account", ACCOUNT),
        ("stack_name", "factory"),
        ("owner", f"{ACCOUNT}/{REGION}/factory/Pumps1A2B3C4D"),
        ("id_before", "refused:Pumps1A2B3C4D"),
    ],
)
def test_an_event_is_read(member: str, expected: str | None) -> None:
    assert getattr(Request.parse(event()), member) == expected


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_every_request_type_is_read(request_type: str) -> None:
    assert Request.parse(event(request_type)).request_type == request_type


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_the_physical_id_of_an_existing_resource_is_read(request_type: str) -> None:
    assert Request.parse(event(request_type)).physical_id == "factory-Pumps-0badcafe"


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_the_id_before_of_an_existing_resource_is_its_own(request_type: str) -> None:
    assert Request.parse(event(request_type)).id_before == "factory-Pumps-0badcafe"


def test_the_properties_are_read() -> None:
    assert _request(ResourceProperties={"DatasetName": "pumps"}).properties == {"DatasetName": "pumps"}


@pytest.mark.parametrize("properties", [None, {}])
def test_an_event_without_properties_is_read(properties: dict[str, Any] | None) -> None:
    assert _request(ResourceProperties=properties).properties == {}


@pytest.mark.parametrize("options", [None, "", "text", [], 1])
def test_options_that_are_no_map_are_none_at_all(options: Any) -> None:
    assert _request(ResourceProperties={"Options": options}).options == {}


def test_options_are_read() -> None:
    assert _request(ResourceProperties={"Options": {"Name": "Pumps"}}).options == {"Name": "Pumps"}


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_request_survives_the_state_of_a_poll(request_type: str) -> None:
    request = Request.parse(event(request_type))
    assert Request.parse(request.event(request.properties)) == request


def _update(old: dict[str, Any], new: dict[str, Any]) -> Request:
    return Request.parse(event("Update", OldResourceProperties=old, ResourceProperties=new))


@pytest.mark.parametrize("old", [{"Size": "1"}, {"Size": "1", "Options": {"Trigger": "a"}}, {"Other": "2"}])
def test_what_an_update_comes_from_survives_the_state_of_a_poll(old: dict[str, Any]) -> None:
    request = _update(old, {"Size": "1", "More": "2"})
    again = Request.parse(request.event(request.properties))
    assert again == request
    assert again.properties_before == old


def test_what_is_wanted_has_the_digits_that_it_had_and_has_them_back() -> None:
    """Not the token: that is how the function is called."""
    first, second = {"ServiceToken": "one", "Size": "1"}, {"Size": "2", "ServiceToken": "two"}
    forth, back = _update(first, second), _update(second, first)
    assert forth.wanted == back.wanted_before != back.wanted == forth.wanted_before
    assert _update(first, {**first, "ServiceToken": "two"}).wanted == back.wanted


def test_the_state_of_a_poll_holds_only_the_properties_it_is_given() -> None:
    request = Request.parse(event("Update"))
    assert request.event({"Options": request.options})["ResourceProperties"] == {
        "Options": {"Name": "Pumps", "WaitSeconds": "3300"}
    }


@pytest.mark.parametrize("member", ["OldResourceProperties", "ServiceToken"])
def test_the_state_of_a_poll_holds_nothing_that_nobody_reads(member: str) -> None:
    assert member not in Request.parse(event("Update")).event({})


# -- owner --------------------------------------------------------------------------------------------------


@given(STACK_NAMES, LOGICAL_IDS, REGIONS)
def test_an_owner_leaves_room_for_a_lease_in_a_tag_value(stack: str, logical_id: str, region: str) -> None:
    owner = _request(StackId=_stack(stack, region), LogicalResourceId=logical_id).owner
    assert len(owner) <= 240


@pytest.mark.parametrize("length", range(70, 110))
def test_an_owner_fits_whatever_the_length_of_its_logical_id(length: int) -> None:
    owner = _request(StackId=_stack("s" * 128), LogicalResourceId="L" * length).owner
    assert len(owner) <= 240


def test_the_longest_names_there_are_fit_into_an_owner() -> None:
    owner = _request(StackId=_stack("s" * 128, "ap-northeast-2"), LogicalResourceId="L" * 255).owner
    assert len(owner) <= 240


@given(st.sets(st.tuples(STACK_NAMES, LOGICAL_IDS), min_size=2, max_size=6))
def test_an_owner_is_unique(names: set[tuple[str, str]]) -> None:
    owners = {_request(StackId=_stack(stack), LogicalResourceId=logical_id).owner for stack, logical_id in names}
    assert len(owners) == len(names)


def test_logical_ids_that_differ_only_at_their_end_have_different_owners() -> None:
    owners = {_request(StackId=_stack("s" * 128), LogicalResourceId="L" * 200 + end).owner for end in "AB"}
    assert len(owners) == 2


def test_the_owner_is_the_same_in_every_life_of_a_stack() -> None:
    assert _request(StackId=STACK).owner == _request(StackId=STACK[:-4] + "beef").owner


@given(STACK_NAMES, LOGICAL_IDS)
def test_the_owner_begins_with_account_region_and_stack(stack: str, logical_id: str) -> None:
    owner = _request(StackId=_stack(stack), LogicalResourceId=logical_id).owner
    assert owner.rsplit("/", 1)[0] == f"{ACCOUNT}/{REGION}/{stack}"


# -- tokens -------------------------------------------------------------------------------------------------

CHANGES = {
    "another answer's address": {"ResponseURL": URL + "2"},
    "another logical id": {"LogicalResourceId": "Other"},
    "another life of the stack": {"StackId": STACK[:-4] + "beef"},
    "another stack": {"StackId": _stack("other")},
}
#: What a retried deployment or a late duplicate may change or keep, without being another event.
SAME = {
    "nothing": {},
    "the request id": {"RequestId": "other"},
    "the properties": {"ResourceProperties": {"DatasetName": "other"}},
    "the physical id": {"PhysicalResourceId": "other"},
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_a_token_is_the_same_for_a_duplicate_delivery(change: dict[str, Any]) -> None:
    assert _request(**change).token("CreateDataset") == _request().token("CreateDataset")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_token_is_another_one_for_every_other_event(change: dict[str, Any]) -> None:
    assert _request(**change).token("CreateDataset") != _request().token("CreateDataset")


def test_every_step_of_an_event_has_its_own_token() -> None:
    assert _request().token("CreateDataset") != _request().token("ImportDataset")


@given(st.text(max_size=300))
def test_a_token_is_what_the_service_takes(step: str) -> None:
    token = _request().token(step)
    assert 1 <= len(token) <= 256
    assert token.isascii()


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_a_digest_tells_its_parts_apart(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


# -- the answer, as a wait keeps it -------------------------------------------------------------------------

TEXTS = st.text(max_size=50)


@given(st.sampled_from(["SUCCESS", "FAILED"]), TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_an_answer_survives_its_record(status: Any, physical_id: str, reason: str, data: dict[str, str]) -> None:
    answer = Answer(status, physical_id, reason, data)
    assert Answer.recorded(json.loads(json.dumps(answer.record))) == answer


@pytest.mark.parametrize("data", [None, {}])
def test_an_answer_without_data_is_told_again_in_the_same_words(data: dict[str, str] | None) -> None:
    answer, request = Answer("FAILED", "pumps", "no room", data), Request.parse(event())
    assert Answer.recorded(answer.record).encode(request, "log") == answer.encode(request, "log")
