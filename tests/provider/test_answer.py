"""The answer, which CloudFormation takes up to 4,096 bytes of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lookout_provider.protocol import Answer, Request
from lookout_provider.resources import TYPES
from tests.provider import maxima
from tests.provider.support import DATASET, event

#: CloudFormation's own, in bytes.
LIMIT = 4096
WHERE = "log stream 2026/11/21/[$LATEST]" + "0123456789abcdef" * 2 + ", request 6a7f9b4e-1111-4222-8333-944455556666"
LONGEST = Request.parse(event(StackId=maxima.STACK, LogicalResourceId=maxima.LOGICAL_ID, RequestId="r" * 128))
REQUEST = Request.parse(event())
#: Reasons of any characters, and long ones of few: a byte each, three, six and twelve as JSON writes them.
REASONS = st.text(min_size=1, max_size=400) | st.builds(
    lambda words, times: words * times,
    st.sampled_from(["a", "word ", '"\\', "é", "数", "\U0001f600"]),
    st.integers(1, 6000),
)


def _encoded(answer: Answer, request: Request = REQUEST, where: str = WHERE) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.encode(request, where))
    return body


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("Status", "SUCCESS"),
        ("PhysicalResourceId", "pumps"),
        ("StackId", REQUEST.stack_id),
        ("RequestId", REQUEST.request_id),
        ("LogicalResourceId", REQUEST.logical_id),
        ("Data", {"DatasetName": "pumps"}),
    ],
)
def test_an_answer_names_what_it_answers(member: str, expected: Any) -> None:
    assert _encoded(Answer("SUCCESS", "pumps", data={"DatasetName": "pumps"}))[member] == expected


@pytest.mark.parametrize("member", ["Reason", "Data"])
def test_an_answer_leaves_out_what_it_does_not_say(member: str) -> None:
    assert member not in _encoded(Answer("SUCCESS", "pumps"))


def test_a_short_reason_is_kept_whole_with_where_it_comes_from() -> None:
    assert _encoded(Answer("FAILED", "pumps", "no such role"))["Reason"] == f"no such role ({WHERE})"


@given(REASONS, st.sampled_from(sorted(TYPES)))
@example("\U0001f600" * 5000, "Custom::LookoutEquipmentModel")
def test_an_answer_is_never_larger_than_cloudformation_takes(reason: str, resource_type: str) -> None:
    answer = Answer("FAILED", maxima.PHYSICAL_IDS[resource_type], reason)
    assert len(answer.encode(LONGEST, WHERE)) <= LIMIT


@given(REASONS)
def test_only_the_reason_is_ever_cut(reason: str) -> None:
    data = maxima.data(DATASET)
    with_reason = _encoded(Answer("FAILED", "pumps", reason, data), LONGEST)
    del with_reason["Reason"]
    assert with_reason == _encoded(Answer("FAILED", "pumps", data=data), LONGEST)


@given(REASONS)
def test_where_it_comes_from_stays_at_the_end(reason: str) -> None:
    assert _encoded(Answer("FAILED", "pumps", reason))["Reason"].endswith(f" ({WHERE})")


@given(REASONS)
def test_the_services_own_words_come_first(reason: str) -> None:
    said = _encoded(Answer("FAILED", "pumps", reason))["Reason"].removesuffix(f" ({WHERE})")
    assert said == reason or (said.endswith("...") and reason.startswith(said.removesuffix("...")))


@given(st.text(min_size=1, max_size=300))
def test_a_reason_that_fits_is_not_cut(reason: str) -> None:
    assert _encoded(Answer("FAILED", "pumps", reason))["Reason"] == f"{reason} ({WHERE})"


@given(st.integers(4000, 30000), st.sampled_from(["a", "é", "\U0001f600"]))
def test_a_cut_leaves_as_much_of_the_reason_as_there_is_room_for(length: int, character: str) -> None:
    encoded = Answer("FAILED", "pumps", character * length).encode(REQUEST, WHERE)
    assert len(encoded) > LIMIT - 200


@pytest.mark.parametrize("resource_type", TYPES)
def test_the_longest_attributes_there_are_fit(resource_type: str) -> None:
    """A success has attributes, and no reason; a failure the other way round."""
    answer = Answer("SUCCESS", maxima.PHYSICAL_IDS[resource_type], data=maxima.data(resource_type))
    assert len(answer.encode(LONGEST, WHERE)) <= LIMIT


@pytest.mark.parametrize("resource_type", TYPES)
def test_every_attribute_is_a_scalar_that_the_service_describes(resource_type: str) -> None:
    for attribute in maxima.described_attributes(resource_type):
        assert maxima.shape_of(resource_type, attribute).type_name in ("string", "timestamp", "long", "integer")
