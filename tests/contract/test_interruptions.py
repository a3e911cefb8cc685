"""What goes on around a deployment that does not go well: duplicates, invented ids, cancelling, rolling back."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import Case
from tests.contract.marks import owned, renamable, replaceable
from tests.contract.player import Answer, Player, Resource, refusal
from tests.contract.test_sequences import another, is_gone
from tests.contract.world import World


@owned
def test_an_event_delivered_twice_gives_the_same_answer_and_one_thing(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    event = player.event("Create", resource)
    player.deliver(event)
    player.deliver(event)
    player.drain()
    answers = player.answers[event["ResponseURL"]]
    assert {(answer.status, answer.physical_id) for answer in answers} == {("SUCCESS", answers[0].physical_id)}
    assert len(case.live(world)) == 1


def test_an_event_delivered_again_after_its_answer_changes_nothing(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    event = player.event("Create", resource)
    player.deliver(event)
    player.drain()
    before = case.live(world)
    player.deliver(event)
    player.drain()
    assert case.live(world) == before
    assert len({answer.physical_id for answer in player.answers[event["ResponseURL"]]}) == 1


def test_a_delete_with_an_invented_id_is_a_no_op_when_nothing_was_made(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    resource.physical_id = "plant-Pumps1A2B3C4D-1QZ7X5Y2R8T3"
    answer = player.delete(resource)
    assert (answer.status, answer.physical_id) == ("SUCCESS", resource.physical_id)
    assert world.mutations() == []


@pytest.mark.parametrize("polls", [0, 1])
def test_a_delete_with_an_invented_id_stops_the_create_and_removes_what_that_made(
    case: Case, player: Player, world: World, resource: Resource, polls: int
) -> None:
    """CloudFormation has had no answer, so it invents an id."""
    url = player.begin("Create", resource)
    for _ in range(polls):
        for execution in player.machine.running():
            player.poll(execution)
    waiting = list(player.machine.running())
    resource.physical_id = "plant-Pumps1A2B3C4D-1QZ7X5Y2R8T3" if waiting else player.answers[url][0].physical_id
    assert player.delete(resource).ok
    assert [execution.status for execution in waiting] == ["ABORTED"] * len(waiting)
    assert len(player.answers.get(url, [])) == (0 if waiting else 1)
    assert is_gone(case, world, made=polls > 0 or case.traits.only_looks)


def test_a_poll_that_was_fenced_off_makes_nothing(case: Case, player: Player, world: World, resource: Resource) -> None:
    before = case.live(world)
    world.backend.faults.add(case.calls[0], Fault.throttle(), times=4)
    player.begin("Create", resource)
    [execution] = player.machine.running()
    execution.status = "ABORTED"
    world.calls()
    player.poll(execution)
    world.backend.faults.clear()
    assert world.mutations() == []
    assert case.live(world) == before


@pytest.mark.where(lambda case: not case.action)
def test_a_rolled_back_update_leads_back_to_the_old_state(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """Update with the swapped properties and the new id, then Delete of the new id."""
    player.create(resource)
    before, old, old_id = case.live(world), resource.properties, resource.physical_id
    for changed in filter(None, (case.changed, case.replaced)):
        assert player.update(resource, changed(world), clean_up=False).ok
        back = player.roll_back(resource, old, old_id)
        assert back.physical_id == old_id
        assert {key: case.live(world).get(key) for key in before} == before
        if case.traits.deletable:
            assert case.live(world) == before


@replaceable
def test_a_rollback_that_only_deletes_the_new_id_leaves_the_old_thing(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    before, old_id = case.live(world), resource.physical_id
    assert case.replaced is not None
    replaced = player.update(resource, case.replaced(world), clean_up=False)
    assert replaced.physical_id != old_id
    assert player.delete(resource).ok
    assert {key: case.live(world).get(key) for key in before} == before


@renamable
def test_a_rename_that_is_rolled_back_leaves_the_old_construct_its_thing(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """The new logical id was created, and is deleted again; the old one heard nothing of it."""
    player.create(resource)
    before = case.live(world)
    renamed = another(resource, logical_id="Renamed5E6F7A8B", physical_id=None)
    renamed.properties = {**resource.properties, "Options": {**resource.properties["Options"], "Name": "Renamed"}}
    assert player.create(renamed).ok
    assert player.delete(renamed).ok
    assert {key: case.live(world).get(key) for key in before} == before
    assert player.update(resource, resource.properties).ok
    assert player.delete(resource).ok
    assert is_gone(case, world)


@pytest.mark.where(lambda case: case.traits.one_per_parent)
def test_a_rename_of_what_its_parent_has_one_of_is_refused(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """Nothing can be made beside the old one, which a rollback would have to find as it was."""
    player.create(resource)
    before = case.live(world)
    renamed = another(resource, logical_id="Renamed5E6F7A8B", physical_id=None)
    renamed.properties = {**resource.properties, "Options": {**resource.properties["Options"], "Name": "Renamed"}}
    answer = player.create(renamed)
    assert not answer.ok
    if case.tells_owner:
        assert "us-east-1/plant/Pumps1A2B3C4D: a model has one" in answer.reason
    else:
        assert "nothing proves that this stack made it" in answer.reason
    assert player.delete(renamed).ok
    assert case.live(world) == before


@pytest.mark.where(lambda case: case.leased)
def test_a_rename_that_changes_it_as_well_is_refused(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """Its rollback could not know what to lead back to."""
    player.create(resource)
    before = case.live(world)
    renamed = another(resource, logical_id="Renamed5E6F7A8B", physical_id=None)
    assert case.changed is not None
    renamed.properties = case.changed(world)
    answer = player.create(renamed)
    assert not answer.ok
    assert "two deployments" in answer.reason
    assert player.delete(renamed).ok
    assert case.live(world) == before


def test_a_refused_create_answers_an_id_that_its_delete_ignores(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    resource.properties = {**resource.properties, "Nonsense": "1"}
    answer = player.create(resource)
    assert not answer.ok
    assert "Nonsense" in answer.reason
    assert answer.physical_id.startswith("refused:")
    assert player.delete(resource).ok
    assert world.mutations() == []


def test_a_failed_update_keeps_the_old_id_when_nothing_new_exists(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    before = case.live(world)
    answer = player.finish(player.begin("Update", resource, properties={**resource.properties, "Nonsense": "1"}))
    assert (answer.status, answer.physical_id) == ("FAILED", resource.physical_id)
    assert case.live(world) == before


def test_a_failed_cleanup_is_tried_again(case: Case, player: Player, world: World, resource: Resource) -> None:
    """CloudFormation tries the Delete of a replaced resource three times."""
    player.create(resource)
    for _ in range(3):
        assert player.delete(another(resource)).ok
    assert is_gone(case, world)


@owned
@pytest.mark.parametrize("fault", ["throttle", "server_error", "lost_answer"])
def test_every_call_may_fail_and_all_still_comes_to_exactly_one_thing(
    case: Case, player: Player, world: World, resource: Resource, fault: str
) -> None:
    """Each call in turn fails as often as the SDK tries it, so that the provider itself has to cope."""
    for operation in case.calls:
        world.backend.faults.clear()
        world.backend.faults.add(operation, getattr(Fault, fault)(), times=4)
        created = player.create(resource)
        world.backend.faults.clear()
        assert created.ok, f"{operation}: {created.reason}"
        assert created.physical_id in case.live(world), operation
        if case.traits.deletable:
            assert len(case.live(world)) == 1, operation
        world.backend.faults.add(operation, getattr(Fault, fault)(), times=4)
        changed: dict[str, Any] = case.changed(world) if case.changed else dict(resource.properties)
        changed |= {"Tags": []} if case.traits.taggable and not case.changed else {}
        desired = resource.properties
        assert player.update(resource, changed).ok, operation
        world.backend.faults.clear()
        world.backend.faults.add(operation, getattr(Fault, fault)(), times=4)
        assert player.delete(resource).ok, operation
        world.backend.faults.clear()
        assert is_gone(case, world), operation
        resource.properties = desired


def test_throttling_never_fails_a_poll(case: Case, player: Player, world: World, resource: Resource) -> None:
    world.backend.settings.progress = Progress.by_seconds(600)
    for operation in case.calls:
        world.backend.faults.add(operation, Fault.throttle(), times=6)
    answer = player.create(resource)
    assert answer.ok, answer.reason


@pytest.mark.where(lambda case: case.left_behind)
def test_what_a_dead_invocation_left_behind_is_put_right_by_the_next_event(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    assert case.left_behind is not None
    player.create(resource)
    before = case.live(world)
    case.left_behind(world)
    assert player.update(resource, resource.properties).ok
    assert case.live(world) == before
    case.left_behind(world)
    assert player.delete(resource).ok
    assert case.live(world) == {}


@replaceable
@pytest.mark.parametrize("made", [True, False], ids=["after-it-made-something", "before"])
def test_an_update_whose_invocation_dies_rolls_back_to_what_was(
    case: Case, player: Player, world: World, resource: Resource, made: bool
) -> None:
    """Out of memory, say: Lambda hands the event to the function's on-failure destination."""
    player.create(resource)
    before, old, old_id = case.live(world), resource.properties, resource.physical_id
    assert case.replaced is not None
    replaced = case.replaced(world)
    if made:
        player.update(another(resource), replaced, clean_up=False)
    event = player.event("Update", resource, properties=replaced)
    player.deliver({"requestPayload": event, "requestContext": {"condition": "RetriesExhausted"}})
    [answer] = player.answers[event["ResponseURL"]]
    assert answer.status == "FAILED"
    resource.properties, resource.physical_id = replaced, answer.physical_id
    assert player.roll_back(resource, old, old_id).physical_id == old_id
    if case.traits.deletable and not case.leased:
        assert case.live(world) == before


@pytest.mark.where(lambda case: case.replaced and case.work and case.traits.deletable and case.traits.taggable)
def test_an_update_that_is_cancelled_leaves_nothing_of_what_it_had_begun(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """It has not answered, so CloudFormation knows the old id only, and sends the old properties back to that."""
    player.create(resource)
    before, old_id = case.live(world), resource.physical_id
    world.backend.settings.progress = Progress.by_seconds(1800)
    assert case.replaced is not None
    url = player.begin("Update", resource, properties=case.replaced(world))
    player.poll(player.machine.running()[0])
    assert case.live(world) != before
    back = player.finish(player.begin("Update", resource, properties=resource.properties))
    assert url not in player.answers
    assert (back.status, back.physical_id) == ("SUCCESS", old_id)
    assert case.live(world) == before


@pytest.mark.where(lambda case: case.replaced and case.work and case.traits.deletable and case.traits.taggable)
def test_a_rollback_does_not_fail_because_of_what_it_cannot_remove_in_time(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    player.create(resource)
    world.backend.settings.progress = Progress.by_seconds(20_000)
    assert case.replaced is not None
    player.begin("Update", resource, properties=case.replaced(world))
    player.poll(player.machine.running()[0])
    back = player.finish(player.begin("Update", resource, properties=resource.properties))
    assert (back.status, back.physical_id) == ("SUCCESS", resource.physical_id)


@replaceable
def test_an_update_that_comes_after_its_rollback_changes_nothing(
    case: Case, player: Player, world: World, resource: Resource
) -> None:
    """Its first delivery died, and it was cancelled before Lambda brought it again."""
    player.create(resource)
    before = case.live(world)
    assert case.replaced is not None
    late = player.event("Update", resource, properties=case.replaced(world))
    player.clock.advance(20)
    assert player.update(resource, resource.properties).ok
    player.deliver(late)
    player.drain()
    assert "too late" in player.answers[late["ResponseURL"]][0].reason
    assert case.live(world) == before


class Died(BaseException):
    """The end of an invocation that nothing catches."""


def finish_but_die_after_the_answer(player: Player, url: str, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """The answer, which was heard of, while the wait is not over: Step Functions tries the poll again."""

    def receive(request: Any, timeout: float) -> Any:
        player.receive(request, timeout)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("urllib.request.urlopen", receive)
        while running := player.machine.running():
            try:
                player.poll(running[0])
            except Died:
                break
    return player.answers[url][0]


@replaceable
@pytest.mark.parametrize("then", ["cleanup", "rollback"])
def test_a_poll_that_died_after_its_answer_does_no_harm_behind_the_next_event(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    player.create(resource)
    before, old = case.live(world), another(resource)
    assert case.replaced is not None
    new = case.replaced(world)
    answer = finish_but_die_after_the_answer(player, player.begin("Update", resource, properties=new), monkeypatch)
    resource.properties, resource.physical_id = new, answer.physical_id
    if then == "cleanup":
        if answer.physical_id != old.physical_id:
            assert player.delete(old).ok
        player.drain()
        assert not case.owns or case.thing(answer.physical_id) in map(case.thing, case.live(world))
    else:
        player.roll_back(resource, old.properties, old.physical_id)
        player.drain()
        assert not case.traits.deletable or not case.owns or case.live(world) == before


@pytest.mark.where(lambda case: case.replaced and case.owns and not case.traits.one_per_parent)
def test_the_cleanup_leaves_what_an_earlier_update_had_led_to_as_well(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rollback of that one has only deleted the new id, so the line of the old one knows nothing of its end."""
    player.create(resource)
    old = another(resource)
    assert case.replaced is not None
    new = case.replaced(world)
    player.update(resource, new, clean_up=False)
    assert player.delete(resource).ok
    url = player.begin("Update", old, properties=new)
    answer = finish_but_die_after_the_answer(player, url, monkeypatch)
    assert player.delete(old).ok
    assert case.thing(answer.physical_id) in map(case.thing, case.live(world))


@pytest.mark.where(lambda case: case.owns and case.traits.deletable)
def test_a_create_that_was_given_up_while_its_wait_went_on_leaves_nothing(
    case: Case, player: Player, world: World, resource: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every delivery died behind the beginning of the wait, and then Step Functions could not be asked."""
    event = player.event("Create", resource)
    player.deliver(event)

    def throttled(**parameters: Any) -> dict[str, Any]:
        raise refusal("ThrottlingException", "DescribeExecution")

    with monkeypatch.context() as patched:
        patched.setattr(player.machine, "describe_execution", throttled)
        player.deliver({"requestPayload": event})
    resource.physical_id = player.answers[event["ResponseURL"]][0].physical_id
    for execution in player.machine.running():
        player.poll(execution)
    assert player.delete(resource).ok
    player.drain()
    assert case.live(world) == {}
