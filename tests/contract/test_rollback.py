"""Rollbacks whose cause is outside of the template: what was in force is neither read nor run nor judged again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_lookout.equipment import DataGate
from lookout_provider import gates, ownership
from lookout_provider.holding import Leased
from lookout_provider.ownership import Lease
from lookout_provider.resources.issued import Issued
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import DATA_INGESTION, VISION_DATASET
from tests.contract.cases.vision_dataset import BUCKET, of_manifest
from tests.contract.player import Answer, Objects, Player, Resource
from tests.contract.spoilt import DUPLICATE, SPOILT, Properties, Spoilt, with_options
from tests.contract.world import World, until
from tests.server.services.vision.material import line, manifest

#: Where the provider's own files are.
_OWN = "cdk-lookout/"

every_kind = pytest.mark.parametrize("spoilt", SPOILT, ids=str)
what_is_leased = pytest.mark.parametrize(
    "spoilt", [one for one in SPOILT if one.reads and one.case.type == "Custom::LookoutEquipmentLabelSet"], ids=str
)
what_reads = pytest.mark.parametrize("spoilt", [one for one in SPOILT if one.reads], ids=str)


class Deployment:
    """A stack of one resource, deployed with a good file that becomes a bad one."""

    def __init__(self, spoilt: Spoilt, player: Player, world: World, reads: list[str]) -> None:
        self.spoilt, self.player, self.world, self.reads = spoilt, player, world, reads
        self.old = copy.deepcopy(spoilt.good(world))
        self.files = dict(world.storage.objects)
        self.resource = Resource(spoilt.case.type, "Pumps1A2B3C4D", self.old)
        answer = player.create(self.resource)
        assert answer.ok, answer.reason
        self.old_id = self.resource.physical_id
        self.before = self.live()
        self.new: Properties = spoilt.then(world, self.old)

    def live(self) -> dict[str, Any]:
        """What there is, without what has failed and cannot be deleted."""
        found = self.spoilt.case.live(self.world)
        self.world.backend.calls.clear()
        return {name: one for name, one in found.items() if one != "FAILED"}

    def spoil(self) -> None:
        self.spoilt.spoil(self.world)

    def repair(self) -> None:
        own = {place: file for place, file in self.world.storage.objects.items() if place[1].startswith(_OWN)}
        self.world.storage.objects.clear()
        self.world.storage.objects.update({**self.files, **own})

    def fail(self, properties: Properties | None = None) -> None:
        """A deployment of *properties*, the new ones unless others are given, that fails because of the file."""
        asked = self.new if properties is None else properties
        answer = self.player.finish(self.player.begin("Update", self.resource, properties=asked))
        assert not answer.ok
        assert self.spoilt.says in answer.reason
        self.resource.properties, self.resource.physical_id = asked, answer.physical_id

    def back(self) -> Answer:
        """CloudFormation's rollback: an Update, and a Delete of what the failed one had led to."""
        self.world.backend.calls.clear()
        self.reads.clear()
        failed = copy.copy(self.resource)
        answer = self.player.finish(self.player.begin("Update", self.resource, properties=self.old))
        self.resource.properties = self.old
        if answer.ok:
            self.resource.physical_id = answer.physical_id
        if answer.ok and failed.physical_id != answer.physical_id:
            assert self.player.delete(failed).ok
        return answer

    def check_back(self, *, read: tuple[str, ...] = ()) -> None:
        """The former state is there, and nothing was started for it, and no more than that *read*."""
        answer = self.back()
        assert answer.ok, answer.reason
        assert self.spoilt.case.thing(answer.physical_id) == self.spoilt.case.thing(self.old_id or "")
        changes = self.world.mutations()
        assert [operation for operation in changes if operation in self.spoilt.starts] == []
        assert set(self.reads) <= set(read)
        now = self.live()
        if self.spoilt.case.traits.deletable and self.spoilt.case.owns:
            assert now == self.before
        else:
            assert self.before.items() <= now.items()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files and folders that the provider looked at, without its own."""
    seen: list[str] = []

    def noted(method: Callable[..., Any], member: str) -> Callable[..., Any]:
        def looked(objects: Objects, **parameters: Any) -> Any:
            if not parameters[member].startswith(_OWN):
                seen.append(parameters[member])
            return method(objects, **parameters)

        return looked

    monkeypatch.setattr(Objects, "get_object", noted(Objects.get_object, "Key"))
    monkeypatch.setattr(Objects, "list_objects_v2", noted(Objects.list_objects_v2, "Prefix"))
    return seen


@pytest.fixture
def deployment(spoilt: Spoilt, player: Player, world: World, reads: list[str]) -> Deployment:
    return Deployment(spoilt, player, world, reads)


@pytest.fixture(autouse=True)
def _one_bucket_per_test(world: World) -> Iterator[None]:
    before = dict(world.storage.objects)
    yield
    world.storage.objects.clear()
    world.storage.objects.update(before)


# -- rollbacks ----------------------------------------------------------------------------------------------


@every_kind
def test_a_rollback_reads_and_starts_nothing(deployment: Deployment) -> None:
    deployment.spoil()
    deployment.fail()
    deployment.check_back()


@every_kind
def test_a_second_deployment_that_fails_is_rolled_back_as_well(deployment: Deployment) -> None:
    for _ in range(2):
        deployment.spoil()
        deployment.fail()
        deployment.check_back()


@every_kind
def test_two_failures_without_a_rollback_in_between_lead_back_to_what_was_in_force(deployment: Deployment) -> None:
    deployment.spoil()
    deployment.fail()
    deployment.spoil()
    deployment.fail(with_options(deployment.new, WaitSeconds="3000"))
    deployment.check_back()


@every_kind
def test_a_rollback_that_failed_is_continued_days_later(deployment: Deployment) -> None:
    deployment.spoil()
    deployment.fail()
    for look in deployment.spoilt.case.calls:
        if look.startswith(("Describe", "List")):
            deployment.world.backend.faults.add(look, Fault.access_denied(), times=1_000)
    assert not deployment.back().ok
    deployment.world.backend.faults.clear()
    # The waits of another day are not in line any more.
    deployment.player.machine.executions.clear()
    deployment.resource.properties = deployment.new
    deployment.check_back()


@pytest.mark.parametrize("spoilt", [one for one in SPOILT if one.case is not DATA_INGESTION], ids=str)
def test_what_was_in_force_is_not_judged_again(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of a job never change: it is as good as it was."""
    deployment.spoil()
    deployment.fail()
    monkeypatch.setattr(gates, "unmet", lambda gate, description: ["it is not as it was"] if gate else [])
    deployment.check_back()


@every_kind
def test_once_it_is_repaired_the_deployment_that_failed_succeeds(deployment: Deployment) -> None:
    deployment.spoil()
    deployment.fail()
    deployment.check_back()
    deployment.repair()
    if deployment.spoilt.reads:
        answer = deployment.player.update(deployment.resource, deployment.new)
        assert answer.ok, answer.reason


# -- on purpose ---------------------------------------------------------------------------------------------


@what_reads
def test_going_back_on_purpose_reads_again(deployment: Deployment) -> None:
    assert deployment.player.update(deployment.resource, deployment.new).ok
    deployment.spoil()
    deployment.fail(deployment.old)


@what_reads
def test_what_was_in_force_last_is_what_a_rollback_finds(deployment: Deployment) -> None:
    """After going forth, and back in vain, it is where it had gone forth to."""
    assert deployment.player.update(deployment.resource, deployment.new).ok
    deployment.old_id, deployment.before = deployment.resource.physical_id, deployment.live()
    older, deployment.old = deployment.old, dict(deployment.new)
    deployment.spoil()
    deployment.fail(older)
    deployment.check_back()


# -- deployments of earlier releases ------------------------------------------------------------------------


def forget(deployment: Deployment) -> None:
    """Leave what a release has left that remembered nothing."""
    world, traits = deployment.world, deployment.spoilt.case.traits
    if issubclass(traits, Issued):
        for place in [place for place in world.storage.objects if place[1].startswith(_OWN)]:
            if place[1].endswith("-in-force.manifest"):
                del world.storage.objects[place]
        return
    for kind, member in (("dataset", "Dataset"), ("label_group", "LabelGroup"), ("model", "Model")):
        for item in getattr(world.target, f"list_{kind}s")()[f"{member}Summaries"]:
            _forget_tags(world, item[f"{member}Arn"], traits.owner_tag if traits.holding is Leased else "")
    for item in world.target.list_inference_schedulers()["InferenceSchedulerSummaries"]:
        _forget_tags(world, item["InferenceSchedulerArn"], "")


def _forget_tags(world: World, arn: str, lease_tag: str) -> None:
    tags = ownership.read(world.target.list_tags_for_resource(ResourceArn=arn)["Tags"])
    if ownership.IN_FORCE in tags:
        world.target.untag_resource(ResourceArn=arn, TagKeys=[ownership.IN_FORCE])
    if (lease := Lease.parse(tags.get(lease_tag))) is not None:
        value = str(lease).replace(f" of={lease.of}", "")
        world.target.tag_resource(ResourceArn=arn, Tags=ownership.write({lease_tag: value}))


@every_kind
def test_the_first_failure_after_an_upgrade_is_rolled_back(deployment: Deployment) -> None:
    forget(deployment)
    deployment.spoil()
    deployment.fail()
    # What the failed deployment may have made has a name with digits of its schema.
    deployment.check_back(read=("schema.json",))


@every_kind
def test_an_update_without_a_change_remembers_nothing_new(deployment: Deployment) -> None:
    deployment.world.calls()
    deployment.reads.clear()
    assert deployment.player.update(deployment.resource, deployment.old).ok
    assert deployment.world.mutations() == []
    assert deployment.reads == []


# -- what is particular -------------------------------------------------------------------------------------


@pytest.fixture
def progress() -> Progress:
    return Progress.by_describes(0)


def bottles(player: Player, world: World, *names: str, **more: Any) -> Resource:
    """A dataset of images of these names that was made."""
    resource = Resource(VISION_DATASET.type, "Train1A2B3C4D", of_manifest(world, names, **more))
    assert player.create(resource).ok
    return resource


class TestADatasetOfVision:
    """Its content is remembered as well, so that it comes back whatever its manifest has become."""

    KEY = (BUCKET, "cdk-lookout/bottles/train-in-force.manifest")

    @pytest.fixture(autouse=True)
    def _no_files(self, world: World) -> None:
        for place in [place for place in world.storage.objects if place[1].startswith(_OWN)]:
            del world.storage.objects[place]

    def test_that_was_cancelled_in_the_middle_of_a_change_is_as_it_was(
        self, player: Player, world: World, reads: list[str]
    ) -> None:
        """Between its deletion and its being made anew, or after that."""
        world.backend.settings.progress = Progress.by_seconds(60)
        resource = bottles(player, world, "a", "b")
        before, old = VISION_DATASET.live(world), resource.properties
        for polls in range(1, 6):
            world.storage.write("", BUCKET, "a-b.manifest", manifest([line("a.png", bucket=BUCKET)]).encode())
            spoilt = with_options(old, Trigger=str(polls))
            url = player.begin("Update", resource, properties=spoilt)
            left = iter(range(polls))
            player.drain(until=lambda left=left: next(left, None) is None)
            assert url not in player.answers
            del world.storage.objects[BUCKET, "a-b.manifest"]
            reads.clear()
            back = player.finish(player.begin("Update", resource, properties=old))
            assert back.ok, back.reason
            assert (back.physical_id, reads) == ("bottles/train", [])
            assert VISION_DATASET.live(world) == before
        assert player.delete(resource).ok
        assert [key for _, key in world.storage.objects if key.startswith(_OWN)] == []

    def test_is_forgotten_with_its_deletion(self, player: Player, world: World) -> None:
        resource = bottles(player, world, "a", "b")
        assert self.KEY in world.storage.objects
        assert player.delete(resource).ok
        assert self.KEY not in world.storage.objects

    def test_whose_manifest_moved_to_another_bucket_is_remembered_there_only(
        self, player: Player, world: World, reads: list[str]
    ) -> None:
        resource = bottles(player, world, "a", "b")
        old = resource.properties
        moved = {"Bucket": "other-files", "Key": "moved.manifest"}
        world.storage.write("", "other-files", "moved.manifest", world.storage.objects[BUCKET, "a-b.manifest"])
        new = {**old, "DatasetSource": {"GroundTruthManifest": {"S3Object": moved}}}
        assert player.update(resource, new).ok
        assert self.KEY not in world.storage.objects
        reads.clear()
        assert player.update(resource, old).ok
        assert "a-b.manifest" in reads

    def test_that_has_no_manifest_any_more_is_not_remembered(self, player: Player, world: World) -> None:
        resource = bottles(player, world, "a", "b")
        empty = {name: value for name, value in resource.properties.items() if name != "DatasetSource"}
        assert player.update(resource, empty).ok
        assert self.KEY not in world.storage.objects

    def test_is_made_where_nothing_may_be_written(
        self, player: Player, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(objects: Objects, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not here"}}, "PutObject")

        monkeypatch.setattr(Objects, "put_object", denied)
        resource = bottles(player, world, "a", "b")
        assert player.update(resource, of_manifest(world, ["a", "b", "c"])).ok


class TestAnIngestionThatIsOnlyStarted:
    """Others wait for it: when it did not become what it was to be, its Update has succeeded all the same."""

    def deployed(self, player: Player, world: World) -> Resource:
        gate = DataGate(max_duplicate_timestamps=0).limits
        desired = with_options(DATA_INGESTION.desired(world), WaitSeconds="0", Gate=gate)
        resource = Resource(DATA_INGESTION.type, "March1A2B3C4D", desired)
        assert player.create(resource).ok
        self.end(world, resource)
        return resource

    def started(self, player: Player, world: World, resource: Resource, trigger: str) -> None:
        assert player.update(resource, with_options(resource.properties, Trigger=trigger)).ok
        self.end(world, resource)
        world.calls()

    def end(self, world: World, resource: Resource) -> None:
        """Wait for the job, as the links do."""
        job = (resource.physical_id or "").split("/")[2]
        until(lambda: world.target.describe_data_ingestion_job(JobId=job)["Status"] != "IN_PROGRESS")

    @pytest.mark.parametrize(
        "spoil", [one.spoil for one in SPOILT if one.case is DATA_INGESTION], ids=["no data", "gone", "gate"]
    )
    def test_is_not_done_again_on_the_way_back(
        self, player: Player, world: World, spoil: Callable[[World], None]
    ) -> None:
        resource = self.deployed(player, world)
        old, old_id = resource.properties, resource.physical_id
        spoil(world)
        self.started(player, world, resource, "another")
        back = player.roll_back(resource, old, old_id)
        assert back.physical_id == old_id
        assert "StartDataIngestionJob" not in world.mutations()

    def test_nor_after_two_that_were_not_rolled_back(self, player: Player, world: World) -> None:
        resource = self.deployed(player, world)
        old, old_id = resource.properties, resource.physical_id
        world.storage.write("", "sensors", "data/pump/b.csv", DUPLICATE.encode())
        self.started(player, world, resource, "second")
        self.started(player, world, resource, "third")
        assert player.roll_back(resource, old, old_id).physical_id == old_id
        assert "StartDataIngestionJob" not in world.mutations()

    def test_is_done_again_on_purpose(self, player: Player, world: World) -> None:
        resource = self.deployed(player, world)
        old, old_id = resource.properties, resource.physical_id
        self.started(player, world, resource, "another")
        back = player.update(resource, old)
        assert back.ok
        assert back.physical_id != old_id
        assert "StartDataIngestionJob" in world.mutations()


@what_is_leased
@pytest.mark.parametrize("committed", [False, True], ids=["rolled back", "committed"])
def test_after_a_construct_was_renamed_a_rollback_knows_what_is_in_force(
    deployment: Deployment, committed: bool
) -> None:
    """The new one is asked for in other words, and brings about the same."""
    old, player = deployment.resource, deployment.player
    renamed = Resource(old.type, "Renamed5E6F7A8B", with_options(deployment.old, Trigger="renamed"))
    assert player.create(renamed).ok
    assert player.delete(old if committed else renamed).ok
    if committed:
        deployment.resource, deployment.old = renamed, renamed.properties
    deployment.spoil()
    deployment.fail()
    deployment.check_back()
