"""Work that takes longer than CloudFormation lets one resource take: several resources wait for it in turn."""

from __future__ import annotations

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import IMPORTED_MODEL
from tests.contract.player import Answer, Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.world import World

HOUR = 3600


class Relay:
    """A model that is only started, and the links that wait for it."""

    def __init__(self, player: Player, world: World, links: int) -> None:
        self.player = player
        self.model = Resource(IMPORTED_MODEL.type, "Pumps1A2B3C4D", IMPORTED_MODEL.desired(world))
        self.model.properties = with_options(self.model, WaitSeconds="0")
        #: Those in front are there for a deletion, as the construct makes them.
        self.in_front = links - 2
        made = range(1, self.in_front + links + 1)
        self.links = [Resource("Custom::LookoutWait", f"PumpsWait{n}", {}) for n in made]
        self.polls = 0

    def options(self, link: Resource) -> dict[str, dict[str, str]]:
        seconds = "0" if link in self.links[: self.in_front] else "3300"
        last = {"Last": "true"} if link is self.links[-1] else {}
        target = {"TargetType": self.model.type, "Target": self.model.physical_id or ""}
        return {"Options": {**target, "Generation": self.model.data["Generation"], "WaitSeconds": seconds, **last}}

    def create(self) -> list[Answer]:
        """CloudFormation's creation of all, in their order, until one fails."""
        answers = [self.player.create(self.model)]
        for link in self.links:
            if not answers[-1].ok:
                break
            link.properties = self.options(link)
            answers.append(self._wait("Create", link))
            link.physical_id, link.data = answers[-1].physical_id, answers[-1].data
        return answers

    def update(self, properties: dict[str, object]) -> list[Answer]:
        """An Update of the model, and of the links whose properties that changed."""
        answers = [self.player.update(self.model, properties, clean_up=False)]
        for link in self.links:
            if not answers[-1].ok or (changed := self.options(link)) == link.properties:
                break
            answers.append(self._wait("Update", link, changed))
            link.properties, link.data = changed, answers[-1].data
        return answers

    def delete(self) -> list[Answer]:
        """The deletion of all, the last one first."""
        made = [resource for resource in (*reversed(self.links), self.model) if resource.physical_id]
        return [self.player.delete(resource) for resource in made]

    def _wait(self, kind: str, link: Resource, properties: dict[str, dict[str, str]] | None = None) -> Answer:
        url = self.player.begin(kind, link, properties=properties)
        self.polls += self.player.drain()
        [answer] = self.player.answers[url]
        return answer


@pytest.fixture
def progress() -> Progress:
    return Progress.by_seconds(7 * HOUR)


@pytest.fixture
def relay(player: Player, world: World) -> Relay:
    return Relay(player, world, 8)


def seconds_of(world: World, start: float) -> float:
    return world.clock.now().timestamp() - start


def test_work_of_seven_hours_is_waited_for_link_by_link(relay: Relay, world: World) -> None:
    start = world.clock.now().timestamp()
    answers = relay.create()
    assert [answer.ok for answer in answers] == [True] * 15
    assert 7 * HOUR <= seconds_of(world, start) < 7 * HOUR + 120
    assert answers[-1].data["Status"] == "SUCCESS"


def test_a_relay_polls_fewer_than_75_times_an_hour(relay: Relay) -> None:
    relay.create()
    assert relay.polls < 75 * 7


def test_links_that_come_after_the_work_is_done_answer_at_once(player: Player, world: World) -> None:
    world.backend.settings.progress = Progress.by_seconds(HOUR / 2)
    relay = Relay(player, world, 8)
    relay.create()
    invocations = player.invocations
    # The model, which is made by a poll, the polls of the one link that had to wait, and one look of every link.
    assert invocations == 2 + relay.polls + len(relay.links)


def test_the_last_link_has_the_attributes_of_the_finished_thing(relay: Relay) -> None:
    answers = relay.create()
    assert answers[-1].data["PhysicalId"] == relay.model.physical_id
    assert answers[-1].data["ActiveModelVersion"] == "1"


def test_work_that_fails_after_hours_fails_the_link_that_waits_with_the_service_s_reason(
    relay: Relay, world: World
) -> None:
    world.backend.faults.add("ImportModelVersion", Fault.fail("the data is on fire"))
    world.backend.settings.progress = Progress.by_seconds(3 * HOUR)
    answers = relay.create()
    assert [answer.ok for answer in answers] == [True] * (1 + relay.in_front + 3) + [False]
    assert f"model {relay.model.physical_id} failed: the data is on fire" in answers[-1].reason


def test_what_failed_is_removed_by_the_rollback(relay: Relay, world: World) -> None:
    world.backend.faults.add("ImportModelVersion", Fault.fail("the data is on fire"))
    relay.create()
    assert all(answer.ok for answer in relay.delete())
    assert IMPORTED_MODEL.live(world) == {}


def test_a_relay_that_is_too_short_fails_at_its_end_and_says_so(player: Player, world: World) -> None:
    relay = Relay(player, world, 3)
    answers = relay.create()
    assert [answer.ok for answer in answers] == [True] * (1 + relay.in_front + 2) + [False]
    assert f"model {relay.model.physical_id}: not finished after 33" in answers[-1].reason


def test_an_update_that_makes_it_anew_is_waited_for_again(relay: Relay, world: World) -> None:
    relay.create()
    start = world.clock.now().timestamp()
    assert IMPORTED_MODEL.replaced is not None
    answers = relay.update({**IMPORTED_MODEL.replaced(world), "Options": relay.model.properties["Options"]})
    assert [answer.ok for answer in answers] == [True] * 15
    assert 7 * HOUR <= seconds_of(world, start) < 7 * HOUR + 120
    assert answers[-1].data["PhysicalId"] == relay.model.physical_id


def test_an_update_that_makes_nothing_anew_leaves_the_links_alone(relay: Relay) -> None:
    relay.create()
    assert len(relay.update(dict(relay.model.properties))) == 1


@pytest.mark.parametrize("hours", [0, 1, 5])
def test_a_stack_that_is_deleted_in_the_middle_of_the_work_ends_deleted(relay: Relay, world: World, hours: int) -> None:
    """However early: links that CloudFormation has not come to yet do not wait."""
    start = world.clock.now().timestamp()
    relay.player.create(relay.model)
    for link in relay.links:
        link.properties, link.physical_id = relay.options(link), f"wait:{link.logical_id}"
        url = relay.player.begin("Create", link)
        relay.player.drain(until=lambda: seconds_of(world, start) > hours * HOUR)
        if url not in relay.player.answers:
            break
    assert all(answer.ok for answer in relay.delete())
    assert IMPORTED_MODEL.live(world) == {}
    assert seconds_of(world, start) < 7 * HOUR + 180


def test_a_link_passes_on_when_its_own_time_is_over(relay: Relay) -> None:
    relay.player.create(relay.model)
    first = relay.links[relay.in_front]
    first.properties = relay.options(first)
    answer = relay._wait("Create", first)
    assert (answer.ok, answer.data) == (True, {})


def test_what_is_gone_cannot_be_waited_for(relay: Relay, world: World) -> None:
    world.backend.settings.progress = Progress.by_describes(0)
    relay.player.create(relay.model)
    link = relay.links[0]
    link.properties = relay.options(link)
    relay.player.delete(relay.model)
    answer = relay.player.create(link)
    assert "which does not exist (any more)" in answer.reason
    assert relay.player.delete(link).ok
