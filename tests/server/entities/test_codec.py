"""Dataclasses as JSON and back."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookout_server.entities.blob import Blob, Keeper
from lookout_server.entities.codec import NOT_KEPT, Kept, codec
from lookout_server.store.scratch import ScratchBlobs

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    name: str
    weight: float = 1.0


@dataclass
class Thing:
    name: str
    at: datetime
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    by_name: dict[str, Part] = field(default_factory=dict)
    by_place: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    outcome: Part | str | None = None
    words: frozenset[str] = frozenset()
    kind: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    span: timedelta = timedelta(seconds=1)
    done: bool = False
    passing: object = field(default=None, metadata=NOT_KEPT)


@pytest.fixture
def keeper() -> Keeper:
    return Keeper(ScratchBlobs())


def there_and_back(value: Any, keeper: Keeper, hint: Any = None) -> Any:
    """What is read of what was written, through the text of a document."""
    found = codec(hint or type(value))
    return found.decode(json.loads(json.dumps(found.encode(value, []))), keeper)


def test_every_field_comes_back(keeper: Keeper) -> None:
    part = Part("bolt", 2.5)
    full = Thing(
        "pump", NOON, part, (part, Part("nut")), {"x": part}, {("a", "b"): (1.0, 2.0)}, {"Time": NOON, "Blob": b"x"},
        part, frozenset({"b", "a"}), "b", Colour.RED, timedelta(microseconds=3), True,
    )  # fmt: skip
    assert there_and_back(full, keeper) == full


def test_what_is_empty_by_default_is_left_out_and_what_is_absent_is_the_default(keeper: Keeper) -> None:
    least = Thing("pump", NOON)
    written = codec(Thing).encode(least, [])
    assert {"part", "parts", "by_name", "members", "outcome", "done"} & written.keys() == set()
    assert codec(Thing).decode({"name": "pump", "at": NOON.isoformat()}, keeper) == least


def test_a_zero_is_not_left_out(keeper: Keeper) -> None:
    assert there_and_back(Part("bolt", 0.0), keeper) == Part("bolt", 0.0)


def test_a_field_that_is_not_kept_is_not_written(keeper: Keeper) -> None:
    thing = Thing("pump", NOON)
    thing.passing = object()
    assert "passing" not in codec(Thing).encode(thing, [])


def test_a_result_is_a_text_or_an_object(keeper: Keeper) -> None:
    for outcome in ("it failed", Part("bolt"), None):
        assert there_and_back(Thing("pump", NOON, outcome=outcome), keeper).outcome == outcome


def test_times_are_those_of_any_zone(keeper: Keeper) -> None:
    berlin = NOON.astimezone(timezone(timedelta(hours=1)))
    assert there_and_back(Thing("pump", berlin), keeper).at == NOON


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() |
    st.datetimes(timezones=st.just(UTC)) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


@given(JSON)
def test_parameters_and_answers_of_the_api_come_back(value: Any) -> None:
    assert there_and_back(value, Keeper(ScratchBlobs()), Any) == value


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no document can hold"):
        codec(complex)


@pytest.mark.parametrize("size", [10, 100_000])
def test_content_is_in_the_document_or_beside_it(keeper: Keeper, size: int) -> None:
    blobs: list[str] = []
    written = codec(Blob).encode(keeper.keep(b"x" * size), blobs)
    assert len(json.dumps(written)) < 100
    assert bool(blobs) == (size > 2048)
    assert codec(Blob).decode(written, keeper).read() == b"x" * size


def test_a_kept_value_is_read_when_it_is_looked_at(keeper: Keeper) -> None:
    parts = tuple(Part(f"part {number}") for number in range(1_000))
    kept = Kept.of(keeper, tuple[Part, ...], parts)
    written = codec(Kept[tuple[Part, ...]]).encode(kept, [])
    again = codec(Kept[tuple[Part, ...]]).decode(written, keeper)
    assert "value" not in vars(again)
    assert again.value == parts
