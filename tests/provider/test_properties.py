"""Values as CloudFormation spells them, and as the API wants them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from lookout_shared.properties import InvalidProperty, coerce
from tests.provider.support import input_shape, operations, scalars, wrap

#: One scalar of every type and every operation: (operation, path, shape).
SCALARS = [(name, path, shape) for name in operations() for path, shape in scalars(input_shape(name))]
NUMBERS = [found for found in SCALARS if found[2].type_name in ("integer", "long")]
TIMES = [found for found in SCALARS if found[2].type_name == "timestamp"]
ENUMS = [found for found in SCALARS if found[2].metadata.get("enum")]
STRUCTURES = [found for found in SCALARS if "." in found[1]]


def _ids(found: list[tuple[str, str, Shape]]) -> list[str]:
    return [f"{operation}-{path}" for operation, path, _ in found]


def _shape(type_name: str, **traits: Any) -> Shape:
    return Shape("Any", {"type": type_name, **traits})


def _values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values that the API takes."""
    if isinstance(shape, StructureShape):
        required = {name: _values(shape.members[name]) for name in shape.required_members}
        optional = {name: _values(member) for name, member in shape.members.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if isinstance(shape, ListShape):
        low = shape.metadata.get("min", 0)
        return st.lists(_values(shape.member), min_size=low, max_size=low + 2)
    if shape.type_name in ("integer", "long"):
        return st.integers(shape.metadata.get("min"), shape.metadata.get("max", 2**31))
    if shape.type_name == "timestamp":
        return st.datetimes().map(lambda value: value.replace(microsecond=0, tzinfo=UTC).isoformat())
    if allowed := shape.metadata.get("enum"):
        return st.sampled_from(allowed)
    low = shape.metadata.get("min", 0)
    return st.text(min_size=low, max_size=min(shape.metadata.get("max", 60), low + 40))


def _as_cloudformation_does(value: Any) -> Any:
    """Every scalar a string."""
    if isinstance(value, Mapping):
        return {name: _as_cloudformation_does(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_cloudformation_does(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("operation", operations())
@settings(max_examples=20)
@given(data=st.data())
def test_every_request_survives_cloudformation(operation: str, data: st.DataObject) -> None:
    shape = input_shape(operation)
    value = data.draw(_values(shape))
    coerced = coerce(shape, _as_cloudformation_does(value), "")
    assert coerced == value
    assert not ParamValidator().validate(coerced, shape).has_errors()


@pytest.mark.parametrize("operation", operations())
@settings(max_examples=20)
@given(data=st.data())
def test_coercing_a_coerced_request_changes_nothing(operation: str, data: st.DataObject) -> None:
    shape = input_shape(operation)
    coerced = coerce(shape, data.draw(_values(shape)), "")
    assert coerce(shape, coerced, "") == coerced


@pytest.mark.parametrize(("operation", "path", "shape"), SCALARS, ids=_ids(SCALARS))
def test_a_map_where_a_scalar_is_expected_is_named_by_its_path(operation: str, path: str, shape: Shape) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(input_shape(operation), wrap(path, {"a": "b"}), "")
    article = "an" if shape.type_name == "integer" else "a"
    assert str(error.value) == f"{path}: got a map, expected {article} {shape.type_name}"


@pytest.mark.parametrize(("operation", "path", "shape"), NUMBERS, ids=_ids(NUMBERS))
def test_a_number_is_read_from_its_text(operation: str, path: str, shape: Shape) -> None:
    low = shape.metadata["min"]
    assert coerce(input_shape(operation), wrap(path, str(low)), "") == wrap(path, low)


@pytest.mark.parametrize(("operation", "path", "shape"), NUMBERS, ids=_ids(NUMBERS))
@pytest.mark.parametrize("text", ["", "many", "1.5", "true", "0x10", "1e3", "1_0", "٣", "\uff13", "²"])
def test_a_text_that_is_no_whole_number_is_named_by_its_path(
    operation: str, path: str, shape: Shape, text: str
) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(input_shape(operation), wrap(path, text), "")
    assert str(error.value) == f"{path}: got {text!r}, expected a whole number"


@pytest.mark.parametrize(("operation", "path", "shape"), NUMBERS, ids=_ids(NUMBERS))
def test_a_number_below_its_range_is_named_by_its_path(operation: str, path: str, shape: Shape) -> None:
    low = shape.metadata["min"]
    with pytest.raises(InvalidProperty, match=f"got .{low - 1}., expected a number (from|of at least) {low}") as error:
        coerce(input_shape(operation), wrap(path, str(low - 1)), "")
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("operation", "path", "shape"), ENUMS, ids=_ids(ENUMS))
def test_a_value_that_is_not_allowed_is_told_which_are(operation: str, path: str, shape: Shape) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(input_shape(operation), wrap(path, "SOMETHING"), "")
    assert str(error.value) == f"{path}: got 'SOMETHING', expected one of {', '.join(shape.metadata['enum'])}"


@pytest.mark.parametrize(("operation", "path", "shape"), ENUMS, ids=_ids(ENUMS))
def test_every_allowed_value_is_taken(operation: str, path: str, shape: Shape) -> None:
    for value in shape.metadata["enum"]:
        assert coerce(input_shape(operation), wrap(path, value), "") == wrap(path, value)


@pytest.mark.parametrize("operation", operations())
def test_an_unknown_property_is_refused_with_those_there_are(operation: str) -> None:
    shape = input_shape(operation)
    with pytest.raises(InvalidProperty) as error:
        coerce(shape, {"Unheard": "of"}, "")
    assert str(error.value) == f"properties: unknown 'Unheard', expected one of {', '.join(shape.members)}"


@pytest.mark.parametrize(("operation", "path", "shape"), STRUCTURES, ids=_ids(STRUCTURES))
def test_an_unknown_member_of_a_structure_is_named_by_its_path(operation: str, path: str, shape: Shape) -> None:
    parent = path.rpartition(".")[0]
    with pytest.raises(InvalidProperty) as error:
        coerce(input_shape(operation), wrap(f"{parent}.Unheard", "of"), "")
    assert str(error.value).startswith(f"{parent}: unknown 'Unheard', expected one of ")


@pytest.mark.parametrize("value", ["text", 1, [], None])
def test_properties_that_are_no_map_are_refused(value: Any) -> None:
    with pytest.raises(InvalidProperty, match=r"properties: got .*, expected a map of DatasetName, "):
        coerce(input_shape("CreateDataset"), value, "")


@pytest.mark.parametrize("value", ["text", {"Key": "a"}, "1"])
def test_what_is_no_list_is_refused(value: Any) -> None:
    with pytest.raises(InvalidProperty, match=r"^Tags: got .*, expected a list$"):
        coerce(input_shape("CreateDataset"), {"Tags": value}, "")


@pytest.mark.parametrize("tag", [{"Key": "a", "Value": "b"}, {"key": "a", "value": "b"}, {"KEY": "a", "vaLue": "b"}])
def test_tags_may_be_spelled_in_lower_case(tag: dict[str, str]) -> None:
    assert coerce(input_shape("CreateDataset"), {"Tags": [tag]}, "") == {"Tags": [{"Key": "a", "Value": "b"}]}


def test_the_values_of_tags_keep_their_case() -> None:
    tags = [{"key": "CostCentre", "value": "Pumps"}]
    assert coerce(input_shape("CreateDataset"), {"Tags": tags}, "")["Tags"] == [{"Key": "CostCentre", "Value": "Pumps"}]


def test_a_bad_item_of_a_list_is_named_by_its_index() -> None:
    tags = [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": ["b"]}]
    with pytest.raises(InvalidProperty, match=r"^Tags\[1\]\.Value: got a list, expected a string$"):
        coerce(input_shape("CreateDataset"), {"Tags": tags}, "")


def test_a_property_without_a_value_is_absent() -> None:
    assert coerce(input_shape("CreateDataset"), {"DatasetName": None}, "") == {}


def test_a_value_of_any_length_leaves_room_for_what_was_expected() -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(input_shape("CreateDataset"), {"Tags": "x" * 100_000}, "")
    assert len(str(error.value)) < 400
    assert str(error.value).endswith("..., expected a list")


# -- scalars of every kind there is in a service model ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"), [("true", True), ("false", False), ("True", True), ("FALSE", False), (True, True)]
)
def test_a_boolean_is_read_from_its_text(text: Any, expected: bool) -> None:
    assert coerce(_shape("boolean"), text, "Flag") is expected


@pytest.mark.parametrize("text", ["", "yes", "1", "0", "no", "truely"])
def test_a_text_that_is_no_boolean_is_refused(text: str) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(_shape("boolean"), text, "Flag")
    assert str(error.value) == f"Flag: got {text!r}, expected true or false"


@pytest.mark.parametrize("type_name", ["integer", "long"])
@given(number=st.integers())
def test_a_whole_number_survives_its_text(type_name: str, number: int) -> None:
    assert coerce(_shape(type_name), str(number), "Count") == number


@pytest.mark.parametrize("type_name", ["float", "double"])
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_its_text(type_name: str, number: float) -> None:
    assert coerce(_shape(type_name), str(number), "Share") == number


@pytest.mark.parametrize("type_name", ["float", "double"])
@pytest.mark.parametrize(
    "text", ["", "half", "1,5", "true", "nan", "inf", "-Infinity", "1e400", "1_0", "٣", "\uff11.5"]
)
def test_a_text_that_is_no_number_is_refused(type_name: str, text: str) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(_shape(type_name), text, "Share")
    assert str(error.value) == f"Share: got {text!r}, expected a number"


@pytest.mark.parametrize(
    ("traits", "text", "expected"),
    [
        ({"min": 1, "max": 5}, "6", "a number from 1 to 5"),
        ({"min": 1, "max": 5}, "0", "a number from 1 to 5"),
        ({"min": 1}, "0", "a number of at least 1"),
        ({"max": 5}, "6", "a number of at most 5"),
        ({"min": 0}, "-1", "a number of at least 0"),
    ],
)
def test_a_number_out_of_its_range_is_told_the_range(traits: dict[str, int], text: str, expected: str) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(_shape("integer", **traits), text, "Count")
    assert str(error.value) == f"Count: got {text!r}, expected {expected}"


@pytest.mark.parametrize("text", ["1", "5"])
def test_the_bounds_of_a_range_are_within_it(text: str) -> None:
    assert coerce(_shape("integer", min=1, max=5), text, "Count") == int(text)


@given(st.text())
def test_a_string_stays_as_it_is(text: str) -> None:
    assert coerce(_shape("string"), text, "Name") == text


@pytest.mark.parametrize(("value", "expected"), [(1, "1"), (1.5, "1.5")])
def test_a_number_where_a_string_is_expected_is_its_text(value: Any, expected: str) -> None:
    assert coerce(_shape("string"), value, "Name") == expected


@pytest.mark.parametrize(("operation", "path", "shape"), TIMES, ids=_ids(TIMES))
@pytest.mark.parametrize(
    "spelled",
    ["2024-01-31T23:30:00Z", "2024-01-31T23:30:00+00:00", "2024-02-01T05:00:00+05:30", "2024-01-31T23:30:00.9Z"],
)
def test_a_time_is_told_in_utc_however_it_is_spelled(operation: str, path: str, shape: Shape, spelled: str) -> None:
    assert coerce(input_shape(operation), wrap(path, spelled), "") == wrap(path, "2024-01-31T23:30:00+00:00")


@pytest.mark.parametrize(("operation", "path", "shape"), TIMES, ids=_ids(TIMES))
@pytest.mark.parametrize("spelled", ["", "yesterday", "2024-01-31", "2024-01-31T23:30:00", "1706743800"])
def test_a_time_without_a_zone_is_named_by_its_path(operation: str, path: str, shape: Shape, spelled: str) -> None:
    with pytest.raises(InvalidProperty) as error:
        coerce(input_shape(operation), wrap(path, spelled), "")
    assert str(error.value) == (
        f"{path}: got {spelled!r}, expected a time with its offset from UTC, such as 2024-01-31T00:00:00Z"
    )
