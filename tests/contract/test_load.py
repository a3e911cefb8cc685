"""Many resources at a time: Step Functions is asked within a rate that all stacks of an account share."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_server.clock import ManualClock
from tests.contract.cases import DATASET, LABEL_GROUP, Case
from tests.contract.player import Player, Resource, StateMachine
from tests.contract.world import World
from tests.sleep import instead_of_sleep

#: How many calls at once, and how many a second after that, where an account gets least.
_RATES = {"DescribeExecution": (250, 10), "StartExecution": (800, 150), "StopExecution": (500, 25)}
_MANY = 300


class Limited(StateMachine):
    """Step Functions that throttles as a small Region does."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock
        self._tokens = {operation: float(most) for operation, (most, _) in _RATES.items()}
        self._seen = clock.now()
        self.throttled: Counter[str] = Counter()

    def start_execution(self, **parameters: Any) -> dict[str, Any]:
        self._take("StartExecution")
        return super().start_execution(**parameters)

    def stop_execution(self, **parameters: Any) -> dict[str, Any]:
        self._take("StopExecution")
        return super().stop_execution(**parameters)

    def describe_execution(self, **parameters: Any) -> dict[str, Any]:
        self._take("DescribeExecution")
        return super().describe_execution(**parameters)

    def _take(self, operation: str) -> None:
        now = self._clock.now()
        seconds, self._seen = (now - self._seen).total_seconds(), now
        for name, (most, rate) in _RATES.items():
            self._tokens[name] = min(most, self._tokens[name] + seconds * rate)
        if self._tokens[operation] < 1:
            self.throttled[operation] += 1
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)
        self._tokens[operation] -= 1


@pytest.fixture
def limited(player: Player, world: World, monkeypatch: pytest.MonkeyPatch) -> Limited:
    """The player's Step Functions, for which time passes only while somebody sleeps."""
    player.machine = Limited(world.clock)
    instead_of_sleep(monkeypatch, world.clock.advance)
    world.backend.settings.quotas.datasets = _MANY + 10
    return player.machine


def _resources(world: World, case: Case, count: int) -> list[Resource]:
    made = []
    for number in range(count):
        desired = case.desired(world)
        made.append(
            Resource(
                case.type, f"Pumps{number}", {**desired, "Options": {**desired["Options"], "Name": f"Pumps{number}"}}
            )
        )
    return made


def test_300_resources_at_a_time_all_end_well_in_a_small_region(player: Player, world: World, limited: Limited) -> None:
    resources = _resources(world, DATASET, _MANY)
    urls = [player.begin("Create", resource) for resource in resources]
    for execution in list(limited.executions.values()):
        player.poll(execution)
    assert [player.answers[url][0].status for url in urls] == ["SUCCESS"] * _MANY
    assert limited.throttled["DescribeExecution"] > 0
    for resource, url in zip(resources, urls, strict=True):
        resource.physical_id = player.answers[url][0].physical_id
    urls = [player.begin("Delete", resource) for resource in resources]
    for execution in limited.running():
        player.poll(execution)
    assert [player.answers[url][0].status for url in urls] == ["SUCCESS"] * _MANY
    assert DATASET.live(world) == {}


def test_an_event_asks_step_functions_no_more_than_this(player: Player, world: World) -> None:
    """A look into the lines, a place in one, and whether the poll is still wanted; the list of executions never."""
    [resource] = _resources(world, LABEL_GROUP, 1)
    calls = player.machine.calls
    player.create(resource)
    assert calls == ["DescribeExecution", "StartExecution", "DescribeExecution"]
    calls.clear()
    player.update(resource, resource.properties)
    # An empty line, and that of what was to be made, in which its Create stands.
    assert calls == ["DescribeExecution"] * 3 + ["StartExecution"]
    calls.clear()
    player.delete(resource)
    # The Update stands in line now.
    assert calls == ["DescribeExecution"] * 4 + ["StartExecution", "DescribeExecution"]
