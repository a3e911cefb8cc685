"""The construct's part of a generated name."""

from __future__ import annotations

import re

import aws_cdk as cdk
import pytest
from constructs import Construct
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import Dataset, DatasetSource
from cdk_lookout.provider.names import LONGEST, construct_name, name_of_path
from tests.constructs.support import options

#: What the CDK takes as the id of a construct: anything but a slash.
IDS = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=90)
PATHS = st.lists(IDS, min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (["Pumps"], "Pumps"),
        (["Site", "Pumps"], "Site-Pumps"),
        (["pumps_1"], "pumps_1"),
        (["x" * 62], "x" * 62),
    ],
)
def test_a_plain_path_is_the_name(path: list[str], name: str) -> None:
    assert name_of_path(path) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (["Site-Pumps"], "Site-Pumps-2afc8c29"),
        (["Site", "Hall 1"], "Site-Hall-1-ef6ab0ff"),
        (["x" * 63], f"{'x' * 53}-ce5a0ad9"),
    ],
)
def test_names_that_lost_something_end_with_a_digest_that_never_changes(path: list[str], name: str) -> None:
    assert name_of_path(path)[:-8] == name[:-8]
    assert re.fullmatch(r"[0-9a-f]{8}", name_of_path(path)[-8:])


def test_the_path_begins_below_the_stack(app: cdk.App) -> None:
    stack = cdk.Stack(cdk.Stage(app, "Production"), "Plant")
    assert construct_name(LookoutResource(Construct(stack, "Site"), "Pumps")) == "Site-Pumps"


def test_the_path_begins_below_a_nested_stack(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(Construct(stack, "Site"), "Nested")
    assert construct_name(LookoutResource(nested, "Pumps")) == "Pumps"


def test_a_path_is_the_cdks_own_wherever_a_construct_is(stack: cdk.Stack) -> None:
    """It is put together without asking the CDK, and is in names that must never change."""
    within = LookoutResource(stack, "a/b")
    for construct in (within, LookoutResource(within, "c/d"), LookoutResource(Construct(stack, "e/f"), "g")):
        assert "/".join(["Plant", *construct._path]) == construct.node.path


def test_the_name_reaches_the_provider(stack: cdk.Stack) -> None:
    Dataset(Construct(stack, "Site"), "Pumps", source=DatasetSource.detected())
    assert options(stack, "Dataset")["Name"] == "Site-Pumps"


@settings(max_examples=300)
@given(PATHS)
def test_every_name_is_one_that_the_service_takes(path: list[str]) -> None:
    assert re.fullmatch(rf"[0-9a-zA-Z_-]{{1,{LONGEST}}}", name_of_path(path))


@settings(max_examples=300)
@given(PATHS, PATHS)
def test_different_paths_have_different_names(one: list[str], other: list[str]) -> None:
    assert (name_of_path(one) == name_of_path(other)) == (one == other)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(["a", "b", "a-b", "a b", "-", "_"]), min_size=1, max_size=4), st.data())
def test_paths_that_look_alike_have_different_names(path: list[str], data: st.DataObject) -> None:
    parts = "-".join(path).split("-")
    alike = [part or "x" for part in parts]
    cut = data.draw(st.integers(1, len(alike)))
    other = ["-".join(alike[:cut]), *alike[cut:]]
    assert (name_of_path(path) == name_of_path(other)) == (path == other)
