"""Settings that make no sense are refused: when they are made, and when they are set."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Limits, Progress, Quotas, Settings, VisionQuotas

NAN = float("nan")
WRONG: list[tuple[str, Any, str]] = [
    ("progress", 5, "a Progress"),
    ("progress", None, "a Progress"),
    ("training_progress", "slow", "a Progress or None"),
    ("quotas", VisionQuotas(), "a Quotas"),
    ("quotas", {"datasets": 1}, "a Quotas"),
    ("vision_quotas", Quotas(), "a VisionQuotas"),
    ("limits", 10, "a Limits"),
    ("page_size", 0, "a whole number (1 or more)"),
    ("page_size", -1, "a whole number (1 or more)"),
    ("page_size", 2.5, "a whole number (1 or more)"),
    ("page_size", True, "a whole number (1 or more)"),
    ("page_size", "50", "a whole number (1 or more)"),
    ("client_token_lifetime", 60, "a timedelta that is not negative"),
    ("client_token_lifetime", timedelta(-1), "a timedelta that is not negative"),
    ("client_token_mismatch", "Whatever", "'ValidationException' or 'ConflictException'"),
    ("client_token_mismatch", ["ValidationException"], "'ValidationException' or 'ConflictException'"),
    ("cross_region_imports", "yes", "True or False"),
    ("cross_region_imports", 1, "True or False"),
    ("minimum_training_span", timedelta(-1), "a timedelta that is not negative or None"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_setting_is_refused_when_it_is_made_and_when_it_is_set(name: str, value: Any, expected: str) -> None:
    settings = Settings()
    for attempt in (lambda: Settings(**{name: value}), lambda: setattr(settings, name, value)):
        with pytest.raises(ValueError, match=f"^{name} of Settings: got ") as caught:
            attempt()
        assert str(caught.value).endswith(f"expected {expected}")
    assert settings == Settings()


@pytest.mark.parametrize("kind", [Settings, Quotas, VisionQuotas, Limits])
def test_every_attribute_is_checked(kind: Any) -> None:
    for field in dataclasses.fields(kind):
        with pytest.raises(ValueError, match=f"^{field.name} of {kind.__name__}: got "):
            kind(**{field.name: object()})


@pytest.mark.parametrize("kind", [Settings, Quotas, VisionQuotas, Limits])
def test_the_defaults_pass(kind: Any) -> None:
    made = kind()
    for field in dataclasses.fields(kind):
        setattr(made, field.name, getattr(made, field.name))
    assert made == kind()


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AttributeError, match="Settings: got 'progres', expected one of progress, "):
        Settings().progres = Progress.by_describes(1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Progress(),
        lambda: Progress.by_describes(1, or_seconds=NAN),
        lambda: Progress.by_describes(-1),
        lambda: Progress.by_describes(1.5),  # type: ignore[arg-type]
        lambda: Progress.by_describes(True),
        lambda: Progress.by_seconds(-0.1),
        lambda: Progress.by_seconds(NAN),
        lambda: Progress.by_seconds(float("inf")),
        lambda: Progress.by_seconds(1e300),
        lambda: Progress.by_seconds("60"),  # type: ignore[arg-type]
        lambda: Quotas(datasets=-1),
        lambda: dataclasses.replace(Quotas(), models=None),
        lambda: setattr(Quotas(), "labels_per_group", 1e3),
        lambda: VisionQuotas(requests_per_second=-1),
        lambda: Limits(bytes_per_operation={"CreateDataset": "much"}),  # type: ignore[dict-item]
        lambda: Limits(bytes_per_operation={1: 2}),  # type: ignore[dict-item]
        lambda: Limits(slowest_bytes_per_second=0),
        lambda: Fault("explode"),  # type: ignore[arg-type]
        lambda: Fault.slow(-1),
        lambda: Fault.slow(NAN),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"got .+, expected "):
        make()


def test_a_long_value_is_shown_in_part() -> None:
    with pytest.raises(ValueError, match="got '") as caught:
        Settings(page_size="x" * 10**6)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 300


def test_a_mapping_of_names_to_numbers_is_taken() -> None:
    assert Limits(bytes_per_operation={"CreateDataset": 5}).bytes_per_operation == {"CreateDataset": 5}


def test_a_number_that_python_does_not_write_out_is_refused() -> None:
    with pytest.raises(ValueError, match="page_size of Settings: got a number of thousands of digits"):
        Settings(page_size=10**5_000)
