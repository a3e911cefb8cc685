"""Events of earlier releases: their properties stay readable, and lead to the names they led to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lookout_provider.protocol import Request
from lookout_provider.resources import TYPES, resource_for
from lookout_provider.resources.base import Resource
from tests.provider.support import GOLDEN

#: release and event -> its file
EVENTS = {f"{file.parts[-3]}-{file.stem}": file for file in sorted(GOLDEN.parent.glob("*/events/*.json"))}


def _accepted(file: Path) -> Resource:
    resource = resource_for(Request.parse(json.loads(file.read_text())))
    resource.accept(resource.request.properties)
    return resource


def _outcome(file: Path) -> dict[str, Any]:
    """What the release made of an event: a file for each, or, in the first release, one for all."""
    release = file.parents[1]
    own = release / "outcomes" / file.name
    found: dict[str, Any]
    if own.exists():
        found = json.loads(own.read_text())
    else:
        found = json.loads((release / "outcomes.json").read_text())["outcomes"][file.stem]
    return found


def test_there_is_an_event_of_every_kind_for_every_type() -> None:
    present = {
        (event["ResourceType"], event["RequestType"])
        for event in (json.loads(file.read_text()) for file in EVENTS.values())
    }
    assert present >= {(name, kind) for name in TYPES for kind in ("Create", "Update", "Delete")}


@pytest.mark.parametrize("file", EVENTS.values(), ids=EVENTS)
def test_the_values_of_an_old_event_are_read_as_they_were(file: Path) -> None:
    assert _accepted(file).desired == _outcome(file)["desired"]


@pytest.mark.parametrize("file", EVENTS.values(), ids=EVENTS)
def test_an_old_event_leads_to_the_physical_id_it_led_to(file: Path) -> None:
    assert _accepted(file).physical_id() == _outcome(file)["physicalId"]


@pytest.mark.parametrize("file", EVENTS.values(), ids=EVENTS)
def test_an_old_event_leads_to_the_identity_it_led_to(file: Path) -> None:
    assert _accepted(file).identity == _outcome(file)["identity"]


@pytest.mark.parametrize("file", EVENTS.values(), ids=EVENTS)
def test_an_old_event_leads_to_the_owner_it_led_to(file: Path) -> None:
    assert _accepted(file).request.owner == _outcome(file)["owner"]


@pytest.mark.parametrize(
    "file", [file for file in EVENTS.values() if "PhysicalResourceId" in file.read_text()], ids=lambda file: file.stem
)
def test_the_physical_id_of_an_old_event_is_known_as_one_of_ours(file: Path) -> None:
    resource = _accepted(file)
    assert resource.issued(resource.request.physical_id or "")


@pytest.mark.parametrize(
    "file",
    [file for file in EVENTS.values() if "OldResourceProperties" in file.read_text()],
    ids=lambda file: file.stem,
)
def test_the_old_properties_of_an_old_event_stay_readable(file: Path) -> None:
    event = json.loads(file.read_text())
    resource = resource_for(Request.parse(event | {"ResourceProperties": event["OldResourceProperties"]}))
    resource.accept(resource.request.properties)
    assert resource.desired
