"""Hosting hours: the function that a schedule runs, against the local service."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_hosting_guard import handler as hosting_guard
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from lookout_shared.aws import ServiceError
from tests.contract.cases import VISION_HOSTED_MODEL
from tests.contract.cases.vision_hosted_model import hosted, hosting
from tests.contract.cases.vision_model import PROJECT, remove_versions, start_by_hand, status, trained_by_hand
from tests.contract.player import Player, Resource
from tests.contract.world import World, until

HOURS = {"Days": ["MON"], "Start": "08:00", "Stop": "18:00", "TimeZone": "Europe/Berlin"}
NOON, NIGHT = "2024-01-08T12:00:00Z", "2024-01-08T23:00:00Z"
MODEL = {"ProjectName": PROJECT, "ModelVersion": "1", "MinInferenceUnits": 1, "MaxInferenceUnits": "3"}


def run(time: str) -> str:
    """One run of the schedule; what it did."""
    event: dict[str, Any] = {"Time": time, "Hours": HOURS, "Model": MODEL}
    return hosting_guard.handle(event, None)["Done"]


@pytest.fixture
def progress() -> Progress:
    return Progress.by_describes(0)


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def held(player: Player, world: World) -> Resource:
    """A model that a stack hosts."""
    resource = Resource(VISION_HOSTED_MODEL.type, "Hosted1A2B3C4D", hosted(world))
    assert player.create(resource).ok
    return resource


def test_in_its_hours_it_goes_on(held: Resource) -> None:
    assert run(NOON) == "nothing"


def test_it_is_stopped_when_its_hours_are_over(world: World, held: Resource) -> None:
    assert run(NIGHT) == "StopModel"
    until(lambda: hosting(world) == {})


def test_it_is_started_with_its_units_when_they_begin(world: World, held: Resource) -> None:
    run(NIGHT)
    until(lambda: hosting(world) == {})
    assert run(NOON) == "StartModel"
    assert hosting(world) == {f"{PROJECT}/model/1/hosting": (1, 3)}


def test_it_is_stopped_and_started_day_after_day(world: World, held: Resource) -> None:
    """A client token of one's own would be answered from memory within eight hours."""
    for _ in range(3):
        assert run(NIGHT) == "StopModel"
        until(lambda: status(world, "1") == "TRAINED")
        assert run(NOON) == "StartModel"
        until(lambda: status(world, "1") == "HOSTED")


def test_while_it_starts_or_stops_there_is_nothing_to_do(world: World, held: Resource) -> None:
    world.backend.settings.progress = Progress.by_describes(5)
    run(NIGHT)
    assert (run(NIGHT), run(NOON)) == ("nothing", "nothing")


def test_one_whose_start_failed_is_started_again(world: World, held: Resource) -> None:
    run(NIGHT)
    until(lambda: hosting(world) == {})
    world.backend.faults.add("StartModel", Fault.fail("no room"))
    run(NOON)
    until(lambda: status(world, "1") == "HOSTING_FAILED")
    assert run(NOON) == "StartModel"


def test_what_no_stack_hosts_is_left_alone(player: Player, world: World) -> None:
    trained_by_hand(world)
    start_by_hand(world, f"{PROJECT}/model/1")
    assert run(NIGHT) == "nothing"
    assert status(world, "1") == "HOSTED"


def test_what_its_stack_has_given_up_is_not_started_again(player: Player, world: World, held: Resource) -> None:
    player.delete(held)
    assert run(NOON) == "nothing"


def test_a_model_that_is_gone_is_nothing_to_fail_for(player: Player, world: World, held: Resource) -> None:
    player.delete(held)
    remove_versions(world)
    assert run(NOON) == "nothing"


def test_a_run_that_the_service_refuses_fails(world: World, held: Resource) -> None:
    run(NIGHT)
    until(lambda: hosting(world) == {})
    world.backend.settings.vision_quotas.running_models = 0
    with pytest.raises(ServiceError, match="StartModel: ServiceQuotaExceededException"):
        run(NOON)
