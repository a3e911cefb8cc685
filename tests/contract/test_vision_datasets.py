"""Datasets of Lookout for Vision: their content, changed in place or made anew, and never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lookout_provider import manifest
from lookout_server.faults import Fault
from lookout_server.settings import Progress
from tests.contract.cases import VISION_DATASET, VISION_DATASET_OF_IMAGES
from tests.contract.cases.vision_dataset import BUCKET, of_images, of_manifest
from tests.contract.player import Objects, Player, Resource
from tests.contract.test_ownership import with_options
from tests.contract.world import World
from tests.server.services.vision.material import line
from tests.server.services.vision.material import manifest as written

ID = "bottles/train"
OWN, BEFORE = "cdk-lookout/bottles/train.manifest", "cdk-lookout/bottles/train-before.manifest"
IN_FORCE = "cdk-lookout/bottles/train-in-force.manifest"
WRONG = {
    "no text": (b"\xff\xfe", "file: got UTF-16, expected UTF-8"),
    "no JSON": (b"source-ref\n", "line 1: got 'source-ref', expected a JSON object with a source-ref"),
    "no image": (b"\n", "got no image, expected at least one"),
    "another bucket": (
        written([line("a.png", bucket="one-bucket"), line("b.png", bucket="two-bucket")]).encode(),
        "got images in one-bucket, two-bucket, expected all in one bucket",
    ),
    "a long line": (
        written([line("a.png", **{"job-name": "x" * 8_192})]).encode(),
        "line 1: got 8",
    ),
}


@pytest.fixture(autouse=True)
def _no_files_of_the_provider(world: World) -> None:
    for bucket, key in list(world.storage.objects):
        if key.startswith("cdk-lookout/"):
            del world.storage.objects[bucket, key]


@pytest.fixture
def bottles(player: Player, world: World) -> Resource:
    """A dataset of two images."""
    resource = Resource(VISION_DATASET.type, "Train1A2B3C4D", of_manifest(world))
    assert player.create(resource).ok
    world.backend.calls.clear()
    return resource


def images(world: World) -> list[str]:
    """The names of the images in the dataset, without their endings."""
    entries = world.vision.list_dataset_entries(ProjectName="bottles", DatasetType="train")["DatasetEntries"]
    return sorted(json.loads(entry)["source-ref"].rpartition("/")[2].partition(".")[0] for entry in entries)


def sent(world: World) -> list[int]:
    """How many bytes of changes each call has sent: the log of calls has their number, and not the changes."""
    calls = [call for call in world.backend.calls.all() if call.operation == "UpdateDatasetEntries"]
    return [int(call.parameters["Changes"].removeprefix("(").removesuffix(" bytes)")) for call in calls]


def own_files(world: World) -> list[str]:
    """What the provider has put beside the images, but for what it remembers."""
    return [key for _, key in world.storage.objects if key.startswith("cdk-lookout/") and key != IN_FORCE]


def gate(**limits: int) -> list[dict[str, str]]:
    return [{"Member": f"ImageStats.{name}", "AtLeast": str(least)} for name, least in limits.items()]


def gated(properties: Mapping[str, Any], **limits: int) -> dict[str, Any]:
    return {**properties, "Options": {**properties["Options"], "Gate": gate(**limits)}}


def refused(world: World, content: bytes) -> dict[str, Any]:
    """The properties of a dataset with that *content*."""
    properties = of_manifest(world)
    world.storage.write("", BUCKET, "wrong.manifest", content)
    location = {"Bucket": BUCKET, "Key": "wrong.manifest"}
    return {**properties, "DatasetSource": {"GroundTruthManifest": {"S3Object": location}}}


# -- in place -----------------------------------------------------------------------------------------------


def test_what_is_added_is_sent_and_nothing_else(player: Player, world: World, bottles: Resource) -> None:
    assert player.update(bottles, of_manifest(world, ["a", "b", "c"])).ok
    entries = world.vision.list_dataset_entries(ProjectName="bottles", DatasetType="train")["DatasetEntries"]
    [added] = [entry for entry in entries if "/c.png" in entry]
    assert sent(world) == [len(f"{added}\n")]
    assert images(world) == ["a", "b", "c"]


def test_what_is_labelled_otherwise_is_replaced_in_place(player: Player, world: World, bottles: Resource) -> None:
    lines = [line("a.png", "anomaly", bucket=BUCKET), line("b.png", "anomaly", bucket=BUCKET)]
    answer = player.update(bottles, refused(world, written(lines).encode()))
    assert (answer.data["ImageStatsNormal"], answer.data["ImageStatsAnomaly"]) == ("0", "2")
    assert set(world.mutations()) == {"UpdateDatasetEntries"}


def test_more_than_one_call_takes_goes_in_portions(
    player: Player, world: World, bottles: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "_PORTION", 1_000)
    names = ["a", "b", *"cdefghij"]
    assert player.update(bottles, of_manifest(world, names)).ok
    sizes = sent(world)
    assert len(sizes) > 1
    assert 500 < max(sizes) <= 1_000
    assert images(world) == names


def test_an_update_that_the_service_rolls_back_is_a_failure(player: Player, world: World, bottles: Resource) -> None:
    world.backend.faults.add("UpdateDatasetEntries", Fault.fail("the line is on fire"))
    before, old = VISION_DATASET.live(world), bottles.properties
    answer = player.update(bottles, of_manifest(world, ["a", "b", "c"]))
    assert (answer.status, answer.physical_id) == ("FAILED", ID)
    assert "the line is on fire" in answer.reason
    assert player.roll_back(bottles, old, ID).ok
    assert VISION_DATASET.live(world) == before


def test_after_a_failed_update_the_next_one_is_tried(player: Player, world: World, bottles: Resource) -> None:
    world.backend.faults.add("UpdateDatasetEntries", Fault.fail("the line is on fire"))
    player.update(bottles, of_manifest(world, ["a", "b", "c"]))
    assert player.update(bottles, of_manifest(world, ["a", "b", "c"])).ok


def test_another_content_has_another_digest(player: Player, world: World, bottles: Resource) -> None:
    first = bottles.data["ContentDigest"]
    second = player.update(bottles, of_manifest(world, ["a", "b", "c"])).data["ContentDigest"]
    again = player.update(bottles, of_manifest(world, ["b", "a"])).data["ContentDigest"]
    assert first == again != second


def test_what_somebody_changed_elsewhere_is_put_right_by_the_next_update(
    player: Player, world: World, bottles: Resource
) -> None:
    changes = written([line("b.png", "normal", bucket=BUCKET)]).encode()
    world.vision.update_dataset_entries(ProjectName="bottles", DatasetType="train", Changes=changes)
    assert player.update(bottles, bottles.properties).data["ImageStatsAnomaly"] == "1"


# -- made anew ----------------------------------------------------------------------------------------------


def test_images_are_taken_out_by_making_it_anew(player: Player, world: World, bottles: Resource) -> None:
    answer = player.update(bottles, of_manifest(world, ["a"]))
    assert (answer.status, answer.physical_id) == ("SUCCESS", ID)
    assert images(world) == ["a"]
    assert own_files(world) == []


def test_what_was_in_it_is_put_back_when_the_service_does_not_take_the_new_content(
    player: Player, world: World, bottles: Resource
) -> None:
    world.backend.faults.add("CreateDataset", Fault.fail("the images are on fire"))
    before, old = VISION_DATASET.live(world), bottles.properties
    answer = player.update(bottles, of_manifest(world, ["a"]))
    assert (answer.status, answer.physical_id) == ("FAILED", ID)
    assert "the images are on fire; what was in it before was put back" in answer.reason
    assert VISION_DATASET.live(world) == before
    assert own_files(world) == []
    world.backend.calls.clear()
    assert player.roll_back(bottles, old, ID).ok
    assert world.mutations() == []


def test_where_it_is_is_said_when_it_cannot_be_put_back(player: Player, world: World, bottles: Resource) -> None:
    world.backend.faults.add("CreateDataset", Fault.fail("the images are on fire"), times=2)
    before, old = VISION_DATASET.live(world), bottles.properties
    answer = player.update(bottles, of_manifest(world, ["a"]))
    assert f"could not be put back, it is in s3://{BUCKET}/{BEFORE}" in answer.reason
    assert world.storage.objects[BUCKET, BEFORE].count(b"source-ref") == 2
    assert player.roll_back(bottles, old, ID).ok
    assert VISION_DATASET.live(world) == before
    player.delete(bottles)
    assert own_files(world) == []


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_manifest_that_is_wrong_is_refused_before_anything_is_touched(
    player: Player, world: World, bottles: Resource, content: tuple[bytes, str]
) -> None:
    body, message = content
    before, old = VISION_DATASET.live(world), bottles.properties
    answer = player.update(bottles, refused(world, body))
    assert f"s3://{BUCKET}/wrong.manifest: {message}" in answer.reason
    assert world.mutations() == []
    assert player.roll_back(bottles, old, ID).ok
    assert VISION_DATASET.live(world) == before


def test_a_manifest_that_is_not_there_is_refused(player: Player, world: World) -> None:
    properties = refused(world, b"")
    del world.storage.objects[BUCKET, "wrong.manifest"]
    answer = player.create(Resource(VISION_DATASET.type, "Train1A2B3C4D", properties))
    assert "cannot read s3://factory-files/wrong.manifest: GetObject: NoSuchKey" in answer.reason
    assert answer.physical_id.startswith("refused:")
    assert world.mutations() == []


def test_a_version_of_a_manifest_is_read_as_that(player: Player, world: World) -> None:
    properties = of_manifest(world)
    body = written([line("z.png", bucket=BUCKET)]).encode()
    world.storage.write("", BUCKET, "a-b.manifest?versionId=3sL4k", body)
    properties["DatasetSource"]["GroundTruthManifest"]["S3Object"]["VersionId"] = "3sL4k"
    assert player.create(Resource(VISION_DATASET.type, "Train1A2B3C4D", properties)).ok
    assert images(world) == ["z"]


# -- folders of images --------------------------------------------------------------------------------------


def pictures(player: Player, world: World, names: Sequence[str] = ("a", "b")) -> Resource:
    resource = Resource(VISION_DATASET_OF_IMAGES.type, "Train1A2B3C4D", of_images(world, names))
    assert player.create(resource).ok
    return resource


def test_the_folder_of_an_image_tells_its_class(player: Player, world: World) -> None:
    found = pictures(player, world).data
    assert (found["ImageStatsNormal"], found["ImageStatsAnomaly"], found["ImageStatsLabeled"]) == ("1", "1", "2")


def test_its_manifest_is_where_the_documentation_says_and_goes_with_the_dataset(player: Player, world: World) -> None:
    resource = pictures(player, world)
    assert own_files(world) == [OWN]
    lines = [json.loads(text) for text in world.storage.objects[BUCKET, OWN].splitlines()]
    assert [found["source-ref"] for found in lines] == [f"s3://{BUCKET}/good/a-b/a.png", f"s3://{BUCKET}/bad/a-b/b.png"]
    assert [found["label-metadata"]["class-name"] for found in lines] == ["normal", "anomaly"]
    player.delete(resource)
    assert own_files(world) == []


def test_what_is_no_image_is_left_out(player: Player, world: World) -> None:
    properties = of_images(world)
    world.storage.write("", BUCKET, "good/a-b/notes.txt", b"all good")
    try:
        assert player.create(Resource(VISION_DATASET.type, "Train1A2B3C4D", properties)).data["ImageStatsTotal"] == "2"
    finally:
        del world.storage.objects[BUCKET, "good/a-b/notes.txt"]


def test_new_images_are_found_when_another_trigger_asks_for_it(player: Player, world: World) -> None:
    resource = pictures(player, world)
    world.storage.write("", BUCKET, "good/a-b/later.png", b"a picture")
    try:
        answer = player.update(resource, with_options(resource, Trigger="2026-11"))
    finally:
        del world.storage.objects[BUCKET, "good/a-b/later.png"]
    assert answer.data["ImageStatsTotal"] == "3"


def test_folders_without_an_image_are_refused(player: Player, world: World) -> None:
    properties = of_images(world)
    properties["Options"]["Images"] |= {"Normal": "nowhere/", "Anomaly": "nothing/"}
    answer = player.create(Resource(VISION_DATASET.type, "Train1A2B3C4D", properties))
    assert "images in s3://factory-files: got no image, expected at least one" in answer.reason


def test_a_file_that_may_not_be_removed_any_more_stays_and_the_dataset_goes(
    player: Player, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pictures(player, world)

    def denied(objects: Objects, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not any more"}}, "DeleteObject")

    monkeypatch.setattr(Objects, "delete_object", denied)
    assert player.delete(resource).ok
    assert VISION_DATASET.live(world) == {}
    assert own_files(world) == [OWN]


# -- empty, adopted, gated ----------------------------------------------------------------------------------


def empty(world: World, **more: str) -> Resource:
    properties = {name: value for name, value in of_manifest(world, **more).items() if name != "DatasetSource"}
    return Resource(VISION_DATASET.type, "Train1A2B3C4D", properties)


def test_what_is_put_into_an_empty_dataset_elsewhere_stays(player: Player, world: World) -> None:
    resource = empty(world)
    assert player.create(resource).data["ImageStatsTotal"] == "0"
    changes = written([line("b.png", bucket=BUCKET)]).encode()
    world.vision.update_dataset_entries(ProjectName="bottles", DatasetType="train", Changes=changes)
    answer = player.update(resource, with_options(resource, Trigger="2026-11"))
    assert answer.data["ImageStatsTotal"] == "1"


def test_a_dataset_that_somebody_made_by_hand_is_refused(player: Player, world: World) -> None:
    resource = Resource(VISION_DATASET.type, "Train1A2B3C4D", of_manifest(world))
    world.vision.create_dataset(ProjectName="bottles", DatasetType="train")
    world.calls()
    answer = player.create(resource)
    assert "dataset bottles/train exists and nothing proves that this stack made it" in answer.reason
    assert player.delete(resource).ok
    assert world.mutations() == []


def test_a_dataset_of_the_same_content_is_adopted_and_stays(player: Player, world: World, bottles: Resource) -> None:
    before = VISION_DATASET.live(world)
    adopting = Resource(bottles.type, "Other5E6F7A8B", with_options(bottles, AdoptExisting="true"))
    answer = player.create(adopting)
    assert (answer.status, answer.physical_id) == ("SUCCESS", ID)
    assert player.delete(adopting).ok
    assert VISION_DATASET.live(world) == before


def test_a_dataset_of_another_content_is_not_adopted(player: Player, world: World, bottles: Resource) -> None:
    other = of_manifest(world, ["c"], AdoptExisting="true")
    answer = player.create(Resource(bottles.type, "Other5E6F7A8B", other))
    assert "exists with another DatasetSource, so it cannot be adopted" in answer.reason
    assert images(world) == ["a", "b"]


def test_too_few_images_fail_with_the_figures(player: Player, world: World) -> None:
    resource = Resource(VISION_DATASET.type, "Train1A2B3C4D", gated(of_manifest(world), Normal=20, Anomaly=1))
    answer = player.create(resource)
    assert (answer.status, answer.physical_id) == ("FAILED", ID)
    assert "does not pass its gate: ImageStats.Normal is 1, expected at least 20" in answer.reason
    assert player.delete(resource).ok
    assert VISION_DATASET.live(world) == {}


def test_enough_images_pass(player: Player, world: World) -> None:
    properties = gated(of_manifest(world), Total=2, Labeled=2, Normal=1, Anomaly=1)
    assert player.create(Resource(VISION_DATASET.type, "Train1A2B3C4D", properties)).ok


def test_a_change_that_does_not_pass_the_gate_is_rolled_back(player: Player, world: World, bottles: Resource) -> None:
    before, old = VISION_DATASET.live(world), bottles.properties
    answer = player.update(bottles, gated(of_manifest(world, ["b"]), Normal=1))
    assert "ImageStats.Normal is 0" in answer.reason
    assert player.roll_back(bottles, old, ID).ok
    assert VISION_DATASET.live(world) == before


def test_it_is_looked_at_after_ten_seconds(player: Player, world: World) -> None:
    """The service allows five requests a second."""
    world.backend.settings.progress = Progress.by_seconds(600)
    player.begin("Create", Resource(VISION_DATASET.type, "Train1A2B3C4D", of_manifest(world)))
    [execution] = player.machine.running()
    player.poll(execution)
    assert execution.state["Seconds"] == 10
