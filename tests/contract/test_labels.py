"""Labels: single ones, which are never missing, and sets of thousands, made and removed in portions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lookout_provider.labelling import Group
from lookout_provider.resources import label_set as label_set_of_provider
from lookout_server.settings import Progress
from tests.contract.cases import LABEL, LABEL_GROUP, LABEL_SET
from tests.contract.cases.case import options
from tests.contract.cases.label import group, groups, labels
from tests.contract.cases.label_set import label_set
from tests.contract.conftest import wire
from tests.contract.player import Player, Resource
from tests.contract.world import World

pytestmark = pytest.mark.parametrize("progress", [Progress.by_describes(0)], ids=["at-once"])
HEADER = "start,end,rating"


def day(number: int) -> str:
    """A row of its own for each number."""
    hour, minute = divmod(number, 60)
    when = f"2024-{1 + hour // 24 // 28:02}-{1 + hour // 24 % 28:02}T{hour % 24:02}:{minute:02}"
    return f"{when}:00Z,{when}:30Z,ANOMALY"


def csv(numbers: range, header: str = HEADER, more: str = "") -> str:
    return "\n".join([header, *(day(number) + more for number in numbers)])


def of_set(world: World, content: str) -> Resource:
    return Resource(LABEL_SET.type, "Pumps1A2B3C4D", label_set(world, content))


def starts(world: World, name: str = "plain-group") -> list[str]:
    """When the labels of a group begin, without looking at each."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = world.target.list_labels(LabelGroupName=name, MaxResults=500, **token)
        found += [item["StartTime"].isoformat().replace("+00:00", "Z") for item in page["LabelSummaries"]]
        if "NextToken" not in page:
            return sorted(found)
        token = {"NextToken": page["NextToken"]}


def expected(numbers: range) -> list[str]:
    return sorted(day(number).split(",")[0] for number in numbers)


def counted(player: Player, world: World) -> tuple[int, Counter[str]]:
    """The invocations and the calls since the last look."""
    invocations, player.invocations = player.invocations, 0
    return invocations, Counter(world.calls())


def test_a_set_of_5000_labels_is_made_in_portions_with_no_call_too_many(player: Player, world: World) -> None:
    resource = of_set(world, csv(range(5_000)))
    world.calls()
    assert player.create(resource).ok
    invocations, calls = counted(player, world)
    assert (invocations, calls["CreateLabel"], calls["DescribeLabel"]) == (6, 5_000, 0)
    # Each portion begins with a look at what the ones before have made.
    assert calls["ListLabels"] == 1 + 2 + 4 + 6 + 8
    # The lease, the digits of the rows, and what is in force.
    assert calls["TagResource"] == 3
    assert starts(world) == expected(range(5_000))

    world.calls()
    assert player.update(resource, resource.properties).ok
    invocations, calls = counted(player, world)
    assert (invocations, dict(calls)) == (1, {"DescribeLabelGroup": 1, "ListTagsForResource": 1, "ListLabels": 10})


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions of a tenth, so that what 5,000 labels do can be seen with 500."""
    monkeypatch.setattr(label_set_of_provider, "_CALLS", 100)


@pytest.mark.usefixtures("small_portions")
class TestALargeSet:
    def test_is_removed_in_portions_with_no_call_too_many(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(500)))
        player.create(resource)
        counted(player, world)
        assert player.delete(resource).ok
        invocations, calls = counted(player, world)
        # Each label takes a look at whether it is ours.
        assert (invocations, calls["DescribeLabel"], calls["DeleteLabel"]) == (11, 500, 500)
        assert starts(world) == []

    def test_is_changed_by_difference(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(490)))
        player.create(resource)
        counted(player, world)
        assert player.update(resource, label_set(world, csv(range(3, 495)))).ok
        invocations, calls = counted(player, world)
        assert (invocations, calls["CreateLabel"], calls["DescribeLabel"], calls["DeleteLabel"]) == (2, 5, 3, 3)
        assert starts(world) == expected(range(3, 495))

    def test_can_be_replaced_completely_although_the_group_is_full(self, player: Player, world: World) -> None:
        world.backend.settings.quotas.labels_per_group = 500
        resource = of_set(world, csv(range(500)))
        player.create(resource)
        assert player.update(resource, label_set(world, csv(range(500, 1_000)))).ok
        assert starts(world) == expected(range(500, 1_000))

    def test_looks_at_each_label_of_others_only_once(self, player: Player, world: World) -> None:
        for number in range(1_000, 1_150):
            by_hand(world, number)
        resource = of_set(world, csv(range(50)))
        player.create(resource)
        counted(player, world)
        assert player.update(resource, label_set(world, csv(range(25, 75)))).ok
        _, calls = counted(player, world)
        assert (calls["DescribeLabel"], calls["DeleteLabel"]) == (150 + 25, 25)

    @pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
    def test_goes_on_where_a_dead_invocation_stopped(
        self, kind: str, player: Player, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The function dies in the middle of a portion; Step Functions tries the same poll again."""
        resource, desired = of_set(world, csv(range(200))), label_set(world, csv(range(100, 400)))
        if kind != "Create":
            player.create(resource)
        world.calls()
        url = player.begin(kind, resource, properties=desired)
        [execution] = player.machine.running()
        name = "delete" if kind == "Delete" else "create"
        with monkeypatch.context() as patch:
            patch.setattr(Group, name, dying(getattr(Group, name), 30))
            with pytest.raises(Killed):
                player.poll(execution)
        answer = player.finish(url)
        assert answer.ok, answer.reason
        made = Counter(world.calls())["CreateLabel"]
        assert made == {"Create": 300, "Update": 200, "Delete": 0}[kind]
        assert starts(world) == ([] if kind == "Delete" else expected(range(100, 400)))

    def test_that_is_cancelled_half_way_leads_back_to_what_was(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(100)))
        player.create(resource)
        player.begin("Update", resource, properties=label_set(world, csv(range(50, 400))))
        player.poll(player.machine.running()[0])
        assert len(starts(world)) > 100
        assert player.update(resource, resource.properties).ok
        assert starts(world) == expected(range(100))

    def test_of_which_the_creation_is_cancelled_leaves_nothing(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(300)))
        player.begin("Create", resource)
        player.poll(player.machine.running()[0])
        resource.physical_id = "plant-Pumps1A2B3C4D-1QZ7X5Y2R8T3"
        assert player.delete(resource).ok
        assert LABEL_SET.live(world) == {}


class Killed(BaseException):
    """The end of an invocation that nothing catches."""


def dying(method: Callable[..., Any], times: int) -> Callable[..., Any]:
    """*method*, which works so many times and then kills whoever calls it."""
    calls = itertools.count()

    def call(*arguments: Any) -> Any:
        if next(calls) == times:
            raise Killed
        return method(*arguments)

    return call


class TestASet:
    def test_leaves_the_labels_of_others_alone(self, player: Player, world: World) -> None:
        by_hand(world, 7)
        resource = of_set(world, csv(range(3)))
        player.create(resource)
        assert player.update(resource, label_set(world, csv(range(3, 5)))).ok
        assert starts(world) == expected(range(3, 5)) + expected(range(7, 8))
        assert player.delete(resource).ok
        assert starts(world) == expected(range(7, 8))

    def test_does_not_label_twice_what_somebody_else_has_labelled_so(self, player: Player, world: World) -> None:
        by_hand(world, 1)
        resource = of_set(world, csv(range(3)))
        player.create(resource)
        assert starts(world) == expected(range(3))
        assert player.delete(resource).ok
        assert starts(world) == expected(range(1, 2))

    def test_makes_again_what_somebody_has_deleted(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(3)))
        player.create(resource)
        world.target.delete_label(LabelGroupName="plain-group", LabelId=labels(world, "plain-group")[1]["LabelId"])
        assert player.update(resource, resource.properties).ok
        assert starts(world) == expected(range(3))

    def test_notices_other_notes_although_no_list_tells_of_them(self, player: Player, world: World) -> None:
        header = f"{HEADER},notes"
        resource = of_set(world, csv(range(3), header, ",a guess"))
        player.create(resource)
        changed = csv(range(3), header, ",a guess").replace("a guess", "it is sure", 1)
        assert player.update(resource, label_set(world, changed)).ok
        notes = [label["Notes"].partition(" [cdk-lookout:")[0] for label in labels(world, "plain-group")]
        assert sorted(notes) == ["a guess", "a guess", "it is sure"]

    def test_is_never_without_a_label_that_stays(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(3), f"{HEADER},notes", ",a guess"))
        player.create(resource)
        world.calls()
        assert player.update(resource, label_set(world, csv(range(3)))).ok
        assert world.calls("CreateLabel", "DeleteLabel") == ["CreateLabel", "DeleteLabel"] * 3

    def test_fails_with_the_service_s_words_when_others_have_filled_the_group(
        self, player: Player, world: World
    ) -> None:
        world.backend.settings.quotas.labels_per_group = 2
        by_hand(world, 7)
        resource = of_set(world, csv(range(3)))
        answer = player.create(resource)
        assert "CreateLabel: ServiceQuotaExceededException" in answer.reason
        assert player.delete(resource).ok
        assert starts(world) == expected(range(7, 8))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("start,end\n", "line 1: got 'start,end', expected the columns start, end, rating, and any of fault_code"),
            (f"{HEADER}\n2024-01-01,2024-01-02,ANOMALY", "line 2, start: got '2024-01-01', expected a time with its"),
            (f"{HEADER},fault_code\n{day(1)},rust", "fault_code: got 'rust', expected one of 'leak', 'wear'"),
        ],
    )
    def test_is_refused_before_anything_is_touched_when_its_file_is_wrong(
        self, content: str, message: str, player: Player, world: World
    ) -> None:
        resource = of_set(world, content)
        world.calls()
        answer = player.create(resource)
        assert message in answer.reason
        assert answer.physical_id.startswith("refused:")
        assert world.mutations() == []

    def test_says_so_when_its_file_is_gone(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(3)))
        world.storage.objects.clear()
        answer = player.create(resource)
        assert "labels.csv: GetObject: NoSuchKey" in answer.reason

    def test_needs_no_file_to_be_deleted(self, player: Player, world: World) -> None:
        resource = of_set(world, csv(range(3)))
        player.create(resource)
        world.storage.objects.clear()
        assert player.delete(resource).ok
        assert LABEL_SET.live(world) == {}


class TestALabel:
    def test_is_made_anew_before_the_old_one_is_deleted(self, player: Player, world: World) -> None:
        resource = Resource(LABEL.type, "Pumps1A2B3C4D", LABEL.desired(world))
        first = player.create(resource).data["LabelId"]
        world.calls()
        assert LABEL.changed is not None
        second = player.update(resource, LABEL.changed(world)).data["LabelId"]
        assert world.calls("CreateLabel", "DeleteLabel") == ["CreateLabel", "DeleteLabel"]
        assert [label["LabelId"] for label in labels(world, "plain-group")] == [second] != [first]

    def test_whose_change_is_refused_stays_as_it_was(self, player: Player, world: World) -> None:
        resource = Resource(LABEL.type, "Pumps1A2B3C4D", LABEL.desired(world))
        player.create(resource)
        before = LABEL.live(world)
        wrong = {**resource.properties, "FaultCode": "rust"}
        answer = player.finish(player.begin("Update", resource, properties=wrong))
        assert "CreateLabel: ValidationException: FaultCode: got 'rust'" in answer.reason
        assert player.update(resource, resource.properties).ok
        assert LABEL.live(world) == before

    def test_that_somebody_has_deleted_is_made_again(self, player: Player, world: World) -> None:
        resource = Resource(LABEL.type, "Pumps1A2B3C4D", LABEL.desired(world))
        gone = player.create(resource).data["LabelId"]
        before = LABEL.live(world)
        world.target.delete_label(LabelGroupName="plain-group", LabelId=gone)
        assert player.update(resource, resource.properties).ok
        assert LABEL.live(world) == before

    def test_keeps_no_company_with_another_one_that_is_just_the_same(self, player: Player, world: World) -> None:
        one = Resource(LABEL.type, "Pumps1A2B3C4D", LABEL.desired(world))
        other = Resource(LABEL.type, "Valves5E6F7A8B", LABEL.desired(world))
        assert player.create(one).ok
        assert player.create(other).ok
        assert player.delete(one).ok
        assert list(LABEL.live(world)) == [other.physical_id]

    @pytest.mark.parametrize(
        ("member", "value", "message"),
        [
            ("StartTime", "2024-01-05T08:00:00", "StartTime: got '2024-01-05T08:00:00', expected a time with its"),
            ("EndTime", "2024-01-05T08:00:00Z", "EndTime: got '2024-01-05T08:00:00+00:00', expected a time after"),
            ("Rating", "NORMAL", "Rating: got 'NORMAL', expected one of ANOMALY, NO_ANOMALY, NEUTRAL"),
        ],
    )
    def test_is_refused_before_anything_is_touched_when_the_api_cannot_take_it(
        self, member: str, value: str, message: str, player: Player, world: World
    ) -> None:
        resource = Resource(LABEL.type, "Pumps1A2B3C4D", {**LABEL.desired(world), member: value})
        world.calls()
        assert message in player.create(resource).reason
        assert world.mutations() == []


def by_hand(world: World, number: int) -> None:
    """A label that somebody made."""
    start, end, rating = day(number).split(",")
    world.target.create_label(
        LabelGroupName=group(world), StartTime=start, EndTime=end, Rating=rating, ClientToken=f"by-hand-{number}"
    )


def test_a_group_that_is_given_back_keeps_what_other_stacks_note_on_it(
    player: Player, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = Resource(LABEL.type, "Pumps1A2B3C4D", LABEL.desired(world))
    player.create(label)
    adopting = {"LabelGroupName": "plain-group", "Options": options(AdoptExisting="true")}
    adopted = Resource(LABEL_GROUP.type, "Mine1A2B3C4D", adopting)
    other = wire(Player(world.backend, world.clock, stack="other"), monkeypatch)
    assert other.create(adopted).ok
    assert other.delete(adopted).ok
    wire(player, monkeypatch)
    assert player.delete(label).ok
    assert LABEL.live(world) == {}


def test_a_group_with_labels_of_others_is_kept_with_the_service_s_words(player: Player, world: World) -> None:
    resource = Resource(LABEL_GROUP.type, "Pumps1A2B3C4D", LABEL_GROUP.desired(world))
    name = player.create(resource).physical_id
    start, end, rating = day(1).split(",")
    world.target.create_label(LabelGroupName=name, StartTime=start, EndTime=end, Rating=rating, ClientToken="by-hand")
    answer = player.delete(resource)
    assert "ConflictException" in answer.reason
    assert f"The label group {name} has labels" in answer.reason
    assert name in groups(world)
