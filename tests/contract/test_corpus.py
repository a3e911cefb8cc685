"""Files of labels, manifests and schemas as they come, through the provider and what it calls."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lookout_files import label_rows
from lookout_files.label_rows import InvalidRows
from lookout_provider import manifest
from lookout_provider.manifest import InvalidManifest
from tests.contract.cases.case import options
from tests.contract.cases.label import group, labels
from tests.contract.cases.label_set import BUCKET, MARK
from tests.contract.cases.vision_dataset import VISION_DATASET
from tests.contract.player import Player, Resource
from tests.contract.world import World
from tests.corpus.cases import Case, cases

MANIFESTS, SCHEMAS = "manifest-files", "schema-files"
#: What the service says of a schema in the words of its model.
WORDS_OF_THE_API = ("empty.json", "nested-5000-deep.json", "a-line-of-100-megabytes.json")


@pytest.fixture(autouse=True)
def _no_file_is_left(world: World) -> Iterator[None]:
    yield
    for bucket, key in list(world.storage.objects):
        if bucket in (BUCKET, MANIFESTS, SCHEMAS):
            del world.storage.objects[bucket, key]


@pytest.mark.parametrize("file", cases("label_sets"))
def test_a_file_of_labels_is_read_or_refused(file: Case) -> None:
    if not file.error:
        rows = [[row.start, row.rating, row.notes] for row in label_rows.parse(file.content)]
        assert rows == file.expected["labels"]
        return
    with pytest.raises(InvalidRows) as caught:
        label_rows.parse(file.content)
    assert file.error in str(caught.value)


@pytest.mark.parametrize("file", cases("label_sets"))
def test_a_set_has_the_labels_of_its_file_or_says_what_is_wrong_with_it(
    player: Player, world: World, file: Case
) -> None:
    world.storage.write("", BUCKET, file.name, file.content)
    source = {"Source": {"Bucket": BUCKET, "Key": file.name}}
    properties = {"LabelGroupName": group(world, "plain-group"), "Options": {**options(), **source}}
    answer = player.create(Resource("Custom::LookoutEquipmentLabelSet", "History1A2B3C4D", properties))
    found = labels(world, "plain-group")
    if file.error:
        assert file.error in answer.reason
        assert f"s3://{BUCKET}/{file.name}" in answer.reason
        assert found == []
    else:
        assert answer.ok
        notes = sorted(label["Notes"].removesuffix(MARK).rstrip(" ") for label in found)
        assert notes == sorted(row[2] for row in file.expected["labels"])


@pytest.mark.parametrize("file", cases("manifests"))
def test_a_manifest_is_read_or_refused(file: Case) -> None:
    if not file.error:
        lines = manifest.parse(file.content)
        if "images" in file.expected:
            assert sorted(image.rpartition("/")[2] for image in lines) == sorted(file.expected["images"])
        assert all(len(line) <= 8_192 and json.loads(line)["source-ref"] == image for image, line in lines.items())
        return
    with pytest.raises(InvalidManifest) as caught:
        manifest.parse(file.content)
    assert file.error in str(caught.value)


@pytest.mark.parametrize("file", cases("manifests"))
def test_a_dataset_has_the_images_of_its_manifest_or_says_what_is_wrong_with_it(
    player: Player, world: World, file: Case
) -> None:
    answer = player.create(of_manifest(world, file.name, file.content))
    if reason := str(file.expected.get("service", file.error)):
        assert not answer.ok
        assert reason.replace("expected at least one", "got no image, expected at least one") in answer.reason
        assert file.name in answer.reason
    else:
        assert answer.ok


def of_manifest(world: World, name: str, content: bytes, **more: str) -> Resource:
    """A dataset of a manifest with that content."""
    world.vision_project()
    world.storage.write("", MANIFESTS, name, content)
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": MANIFESTS, "Key": name}}}
    properties = {"DatasetType": "train", "DatasetSource": source, "Options": options(**more)}
    return Resource(VISION_DATASET.type, "Train1A2B3C4D", {"ProjectName": "bottles", **properties})


@pytest.mark.parametrize("file", cases("manifests", bad=False))
def test_a_dataset_is_changed_by_the_lines_of_another_manifest_once(player: Player, world: World, file: Case) -> None:
    before = b'{"source-ref": "s3://images/a.png", "label": 1, "label-metadata": {"class-name": "anomaly", '
    before += b'"human-annotated": "yes", "type": "groundtruth/image-classification"}}'
    dataset = of_manifest(world, "before.manifest", before)
    assert player.create(dataset).ok
    assert player.update(dataset, of_manifest(world, file.name, file.content).properties).ok
    assert [call.operation for call in world.backend.calls.all() if call.operation == "UpdateDatasetEntries"]
    world.backend.calls.clear()
    again = player.update(dataset, of_manifest(world, file.name, file.content, Trigger="again").properties)
    assert (again.ok, world.mutations()) == (True, [])


def test_a_file_that_the_function_has_no_room_for_is_refused(player: Player, world: World) -> None:
    answer = player.create(of_manifest(world, "huge.manifest", b"x" * (32 * 1024**2 + 1)))
    assert f"cannot read s3://{MANIFESTS}/huge.manifest: got more than 33554432 bytes" in answer.reason


@pytest.mark.parametrize("file", cases("schemas"))
def test_a_dataset_has_the_schema_of_its_file_or_says_what_is_wrong_with_it(
    player: Player, world: World, file: Case
) -> None:
    world.storage.write("", SCHEMAS, file.name, file.content)
    location = {"DatasetSchemaObject": {"Bucket": SCHEMAS, "Key": file.name}}
    answer = player.create(
        Resource("Custom::LookoutEquipmentDataset", "Pumps1A2B3C4D", {"Options": {**options(), **location}})
    )
    if file.error:
        assert not answer.ok
        assert file.error in answer.reason or file.name in WORDS_OF_THE_API
    else:
        assert answer.ok
