"""One schedule: the life of a stack with one custom resource, and what must hold in it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import Case
from tests.contract.explore.engine import Engine, Violation
from tests.contract.explore.hazards import Choose
from tests.contract.player import Answer, Player, Resource
from tests.contract.world import World

#: The logical id, and another one.
_LOGICAL_IDS = ("Pumps1A2B3C4D", "Renamed5E6F7A8B")
_FAULTS = (Fault.throttle, Fault.server_error, Fault.lost_answer)


class Schedule:
    """Plays one schedule, as *choose* chooses it."""

    def __init__(self, case: Case, player: Player, world: World, choose: Choose) -> None:
        self.case, self.player, self.world, self.choose = case, player, world, choose
        self.engine = Engine(player, choose)
        desired = copy.deepcopy(case.desired(world))
        targets = [desired, *(make(world) for make in (case.changed, case.replaced) if make), *self._named(desired)]
        self.targets: list[Mapping[str, Any]] = [{**target, "Options": {**target["Options"]}} for target in targets]
        self.resource = Resource(case.type, _LOGICAL_IDS[0], targets[choose(len(targets))])
        self.theirs = case.live(world) if case.owns else {}
        self.foreign = self._around()
        world.backend.settings.progress = (
            Progress.by_describes(0), Progress.by_describes(2), Progress.by_seconds(240),
        )[choose(3)]  # fmt: skip

    def _named(self, desired: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The same under an explicit name; under one that is sometimes somebody else's; and with a change as well."""
        member = self.case.name_member
        if member is None:
            return []
        if self.case.by_hand is not None and not self.case.traits.one_per_parent and self.choose(3) == 2:
            self.case.by_hand(self.world)
        changed = self.case.changed(self.world) if self.case.changed else {**desired, "Tags": []}
        return [{**desired, member: "first"}, {**changed, member: "first"}, {**desired, member: "mine"}]

    def play(self) -> None:
        """Create it, do this and that to it, delete it."""
        if not self._create():
            self._check_gone("after a Create that failed or was cancelled")
            return
        for _ in range(self.choose(4)):
            if self.choose(5) == 4:
                self._rename()
            else:
                self._update()
        self._delete()

    # -- what CloudFormation does -----------------------------------------------------------------------------

    def _create(self) -> bool:
        self._fault()
        url = self.engine.send("Create", self.resource, doomed=self._doomed())
        answer = self._answer_or_cancel(url)
        self.world.backend.faults.clear()
        if answer is None or not answer.ok:
            self.resource.physical_id = (
                answer.physical_id if answer is not None else self.engine.invent(self.resource.logical_id)
            )
            self._delete()
            return False
        self.resource.physical_id = answer.physical_id
        self._check_one("after the Create")
        return True

    def _update(self) -> None:
        old, old_id, before = self.resource.properties, self.resource.physical_id, self._live()
        new = self.targets[self.choose(len(self.targets))]
        self._fault()
        files = self._files_go()
        url = self.engine.send("Update", self.resource, new, doomed=self._doomed())
        answer = self._answer_or_cancel(url)
        self.world.backend.faults.clear()
        if answer is not None and answer.ok:
            self._files_come(files)
        elif answer is not None and self.case.action and answer.physical_id != old_id:
            raise Violation(f"the action failed with {answer.physical_id}, not with {old_id}")
        made = Resource(self.resource.type, self.resource.logical_id, new, old_id)
        if answer is not None and answer.ok and self.choose(2) == 0:
            made.physical_id = answer.physical_id
            if answer.physical_id != old_id:
                self._remove(Resource(self.resource.type, self.resource.logical_id, old, old_id))
            self.resource = made
            self._repeat()
            self._check_one("after the Update")
            return
        if answer is not None:
            made.physical_id = answer.physical_id
        replaced = answer is not None and answer.ok and answer.physical_id != old_id
        # What made room for its successor comes back by an Update only.
        only_delete = replaced and not self.case.traits.one_per_parent and self.choose(3) == 2
        if not only_delete:
            self._roll_back(made, old, old_id)
        self._files_come(files)
        if answer is not None and answer.physical_id != old_id:
            self._remove(Resource(self.resource.type, self.resource.logical_id, new, answer.physical_id))
        self._repeat()
        self._check_as_before(before, "after the rollback")

    def _rename(self) -> None:
        """It gets another logical id: CloudFormation creates the new one before it deletes the old one.

        A generated name changes with it, an explicit one does not.
        """
        old, before = self.resource, self._live()
        logical_id = _LOGICAL_IDS[old.logical_id == _LOGICAL_IDS[0]]
        options = {**old.properties["Options"], "Name": logical_id[:-8]}
        new = Resource(old.type, logical_id, {**old.properties, "Options": options})
        self._fault()
        answer = self._answer_or_cancel(self.engine.send("Create", new, doomed=self._doomed()))
        self.world.backend.faults.clear()
        new.physical_id = answer.physical_id if answer is not None else self.engine.invent(logical_id)
        if answer is not None and answer.ok and self.choose(2) == 0:
            self.resource = new
            self._remove(old)
            self._repeat()
            self._check_one("after another logical id")
            return
        self._remove(new)
        self._repeat()
        self._check_as_before(before, "after the rollback of another logical id")

    def _roll_back(self, made: Resource, old: Mapping[str, Any], old_id: str | None) -> None:
        """Until it succeeds: a rollback that failed is continued."""
        for _ in range(4):
            back = self.engine.answer(self.engine.send("Update", made, old, doomed=self._doomed()))
            if back.ok:
                # What the old id said of the past, nothing can tell any more.
                same = self.case.thing(back.physical_id) == self.case.thing(old_id or "")
                if not same and not self.case.action:
                    raise Violation(f"the rollback leads to {back.physical_id}, not to {old_id}")
                self.resource.physical_id = back.physical_id
                return
        raise Violation(f"the rollback fails: {back.reason}")

    def _delete(self) -> None:
        self._remove(self.resource)
        self._repeat()
        self._check_gone("at the end")

    def _remove(self, resource: Resource) -> None:
        """Until it succeeds: CloudFormation tries a Delete again, and so does a user."""
        for _ in range(4):
            answer = self.engine.answer(self.engine.send("Delete", resource, doomed=self._doomed()))
            if answer.ok:
                return
        raise Violation(f"the deletion fails: {answer.reason}")

    def _answer_or_cancel(self, url: str) -> Answer | None:
        """The answer; None when the event was cancelled before there was one."""
        if self.choose(3) < 2:
            return self.engine.answer(url)
        self.engine.linger()
        if url in self.player.answers:
            return self.engine.answer(url)
        self.engine.history.append("  cancelled")
        return None

    # -- what goes wrong --------------------------------------------------------------------------------------

    def _doomed(self) -> bool:
        """Whether every delivery of the next event dies."""
        return self.choose(25) == 24

    def _fault(self) -> None:
        """Let some calls of one operation fail."""
        if self.choose(4) == 3:
            operation = self.case.calls[self.choose(len(self.case.calls))]
            fault = _FAULTS[self.choose(len(_FAULTS))]()
            self.engine.history.append(f"fault {operation} {fault.kind}")
            self.world.backend.faults.add(operation, fault, times=1 + self.choose(8))

    def _files_go(self) -> dict[tuple[str, str], bytes]:
        """Sometimes what the Update reads is gone, and stays so until its rollback is over; what that was."""
        objects = self.world.storage.objects
        if not self.case.buckets or self.choose(4) < 3:
            return {}
        own = "cdk-lookout/"
        gone = {place: objects[place] for place in objects if place[0] in self.case.buckets and own not in place[1]}
        for place in gone:
            del objects[place]
        self.engine.history.append("files gone")
        return gone

    def _files_come(self, files: Mapping[tuple[str, str], bytes]) -> None:
        self.world.storage.objects.update(files)

    def _repeat(self) -> None:
        """Sometimes an event of the past comes once more."""
        if self.choose(5) == 4:
            self.engine.repeat()

    # -- what must hold ---------------------------------------------------------------------------------------

    def _live(self) -> dict[str, Any]:
        """What there is of the type, without what was somebody else's before, and still is."""
        live = self.case.live(self.world)
        if {name: live.get(name) for name in self.theirs} != self.theirs:
            raise Violation(f"others have {live}, and had {self.theirs}")
        return {name: one for name, one in live.items() if name not in self.theirs}

    def _check_one(self, when: str) -> None:
        """There is what CloudFormation knows, and nothing else."""
        self.engine.come_to_rest()
        live = self._live()
        if not self.case.owns:
            return
        if self.case.traits.deletable and len(live) != 1:
            raise Violation(f"{when} there are {live}")
        known = self.case.thing(self.resource.physical_id or "")
        if known not in map(self.case.thing, live):
            raise Violation(f"{when} there are {live}, not {known}")

    def _check_as_before(self, before: Mapping[str, Any], when: str) -> None:
        self.engine.come_to_rest()
        live = self._live()
        # What cannot be deleted stays, and its work goes on.
        same = live == before if self.case.traits.deletable else set(before) <= set(live)
        if not same and not self.case.action:
            raise Violation(f"{when} there are {live}, and were {before}")

    def _check_gone(self, when: str) -> None:
        self.engine.come_to_rest()
        live = self._live()
        if self.case.traits.deletable and self.case.owns and live:
            raise Violation(f"{when} there are {live}")
        around = self._around()
        if not self.case.traits.deletable:
            # What cannot be deleted stays, even without a tag.
            around = {arn: tags for arn, tags in around.items() if arn in self.foreign}
        if around != self.foreign:
            raise Violation(f"{when} others have {around}, and had {self.foreign}")

    def _around(self) -> dict[str, Any]:
        """The tags of what others own, leases included."""
        target, found = self.world.target, {}
        models = [item["ModelArn"] for item in target.list_models()["ModelSummaries"]]
        for name in [item["ModelName"] for item in target.list_models()["ModelSummaries"]]:
            versions = target.list_model_versions(ModelName=name)["ModelVersionSummaries"]
            models += [item["ModelVersionArn"] for item in versions]
        groups = [item["LabelGroupArn"] for item in target.list_label_groups()["LabelGroupSummaries"]]
        datasets = [item["DatasetArn"] for item in target.list_datasets()["DatasetSummaries"]]
        for arn in [*models, *groups, *datasets]:
            tags = target.list_tags_for_resource(ResourceArn=arn)["Tags"]
            if not any(tag["Key"] == "cdk-lookout:owner" for tag in tags):
                found[arn] = sorted((tag["Key"], tag["Value"]) for tag in tags)
        return found
