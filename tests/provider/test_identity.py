"""Names and fingerprints: the same for the same meaning, for ever."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_provider.identity import canonical, fingerprint, generated_name, text
from tests.provider.support import GOLDEN

#: The exact values of release 0.1.0. The formula never changes: a vector is added, none is ever edited.
VECTORS = json.loads((GOLDEN / "identity.json").read_text())

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
MAPS = st.dictionaries(st.text(max_size=8), VALUES, max_size=6)


def _ids(vectors: list[dict[str, Any]]) -> list[str]:
    return [vector["what"] for vector in vectors]


@pytest.mark.parametrize("vector", VECTORS["canonical"], ids=_ids(VECTORS["canonical"]))
def test_the_canonical_form_is_that_of_the_first_release(vector: dict[str, Any]) -> None:
    assert canonical(vector["value"]) == vector["canonical"]


@pytest.mark.parametrize("vector", VECTORS["fingerprint"], ids=_ids(VECTORS["fingerprint"]))
def test_the_fingerprint_is_that_of_the_first_release(vector: dict[str, Any]) -> None:
    assert fingerprint(vector["properties"], vector["members"]) == vector["digits"]


@pytest.mark.parametrize("vector", VECTORS["name"], ids=_ids(VECTORS["name"]))
def test_the_generated_name_is_that_of_the_first_release(vector: dict[str, Any]) -> None:
    assert generated_name(*vector["parts"]) == vector["name"]


@given(MAPS)
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    keys = list(value)
    random.Random(1).shuffle(keys)
    assert fingerprint({key: value[key] for key in keys}, keys) == fingerprint(value, value)


@given(MAPS)
def test_json_text_means_what_it_says_not_how_it_is_spelled(value: dict[str, Any]) -> None:
    spellings = [json.dumps(value), json.dumps(value, indent=2), json.dumps(value, sort_keys=True, ensure_ascii=False)]
    assert len({fingerprint({"Schema": spelling}, ["Schema"]) for spelling in spellings}) == 1


@given(MAPS)
def test_json_text_is_the_same_as_what_it_says(value: dict[str, Any]) -> None:
    assert canonical({"Schema": json.dumps(value)}) == canonical({"Schema": value})


@given(VALUES)
def test_the_canonical_form_of_a_canonical_form_is_itself(value: Any) -> None:
    assert canonical(canonical(value)) == canonical(value)


@given(MAPS, st.sampled_from([None, {}, [], "{}", "[]", {"a": None}, {"a": {"b": []}}]))
def test_absent_equals_empty(value: dict[str, Any], empty: Any) -> None:
    assert canonical(value | {"added member": empty}) == canonical(value)


@pytest.mark.parametrize("value", [0, False, "", "0", "null", "true"])
def test_a_value_that_says_something_is_not_absent(value: Any) -> None:
    assert canonical({"a": value}) == {"a": value}


@pytest.mark.parametrize("text_", ["not json", "1", "1.50", '"quoted"', "null", "true", "{", "NaN", "", "[1,"])
def test_a_string_that_is_no_json_document_stays_as_it_is(text_: str) -> None:
    assert canonical(text_) == text_


@pytest.mark.parametrize(
    "text_",
    ["[" * 5_000 + "]" * 5_000, '{"a":' * 700 + "1" + "}" * 700, "[" * 101 + "]" * 101],
    ids=["lists", "objects", "one more than there may be"],
)
def test_a_string_with_more_levels_than_anything_has_stays_as_it_is(text_: str) -> None:
    assert canonical(text_) == text_


def test_a_string_and_the_number_it_spells_differ() -> None:
    assert fingerprint({"a": "1"}, ["a"]) != fingerprint({"a": 1}, ["a"])


def test_the_order_of_a_list_matters() -> None:
    assert fingerprint({"a": [1, 2]}, ["a"]) != fingerprint({"a": [2, 1]}, ["a"])


@given(MAPS, st.text(max_size=8), VALUES)
def test_members_that_are_not_asked_for_do_not_matter(value: dict[str, Any], name: str, other: Any) -> None:
    members = [member for member in value if member != name]
    assert fingerprint(value | {name: other}, members) == fingerprint(value, members)


@given(MAPS)
def test_a_fingerprint_is_eight_lower_case_hex_digits(value: dict[str, Any]) -> None:
    digits = fingerprint(value, value)
    assert len(digits) == 8
    assert set(digits) <= set("0123456789abcdef")


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_values_give_different_fingerprints(one: str, other: str) -> None:
    if canonical(one) != canonical(other):
        assert fingerprint({"a": one}, ["a"]) != fingerprint({"a": other}, ["a"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        ("ready", "ready"),
        (0, "0"),
        (9223372036854775807, "9223372036854775807"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02T03:04:05+00:00"),
    ],
)
def test_an_attribute_is_always_a_string(value: Any, expected: str) -> None:
    assert text(value) == expected


def test_a_time_is_compared_by_its_iso_text() -> None:
    assert canonical({"at": datetime(2024, 1, 2, tzinfo=UTC)}) == {"at": "2024-01-02T00:00:00+00:00"}
