"""Deployments whose files have become bad, rolled back under the real CDK CLI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookout_local import process
from tests.e2e.shell import Shell

ROOT = Path(__file__).parents[2]
BUCKET = "files-of-the-plant"
APP = f"""
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from cdk_lookout import equipment, vision

app = cdk.App()
trigger = app.node.try_get_context("trigger")
destroy = cdk.RemovalPolicy.DESTROY


def stack(name):
    made = cdk.Stack(app, name)
    return made, s3.Bucket.from_bucket_name(made, "Files", "{BUCKET}")


labels, bucket = stack("Labels")
group = equipment.LabelGroup(labels, "Faults", removal_policy=destroy)
source = equipment.LabelSetSource.from_bucket(bucket, "labels.csv")
equipment.LabelSet(labels, "History", label_group=group, source=source, trigger=trigger)

images, bucket = stack("Images")
project = vision.Project(images, "Bottles", removal_policy=destroy)
source = vision.DatasetSource.manifest(bucket, "train.manifest")
gate = vision.DataGate(min_normal=1, min_anomaly=0, min_labeled=1)
vision.Dataset(
    images, "Train", project=project, dataset_type=vision.DatasetType.TRAIN, source=source, gate=gate, trigger=trigger
)

sensors, bucket = stack("Sensors")
pumps = equipment.Dataset(sensors, "Pumps", source=equipment.DatasetSource.detected(), removal_policy=destroy)
pumps.add_ingestion(
    "January", bucket=bucket, prefix="in/", key_pattern=equipment.KeyPattern.FOLDER, trigger=trigger,
    gate=equipment.DataGate(max_duplicate_timestamps=0),
)
app.synth()
"""
_LINE = {
    "source-ref": f"s3://{BUCKET}/a.png",
    "label": 0,
    "label-metadata": {
        "class-name": "normal",
        "confidence": 1,
        "human-annotated": "yes",
        "job-name": "by-hand",
        "type": "groundtruth/image-classification",
        "creation-date": "2024-01-01T00:00:00",
    },
}
_ROWS = [f"2024-01-{day:02}T{hour:02}:00:00,{day + hour}" for day in range(1, 29) for hour in (0, 12)]
FILES = {
    "labels.csv": "start,end,rating\n2024-01-01T00:00:00Z,2024-01-01T06:00:00Z,ANOMALY\n",
    "train.manifest": json.dumps(_LINE) + "\n",
    "in/pump/a.csv": "\n".join(["Timestamp,pressure", *_ROWS]),
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A directory with a CDK app in which a cloud runs."""
    directory = tmp_path_factory.mktemp("app")
    (directory / "app.py").write_text(APP)
    (directory / "cdk.json").write_text(json.dumps({"app": "python app.py"}))
    (directory / "node_modules").symlink_to(ROOT / "node_modules")
    shell = Shell(directory)
    shell("up")
    shell("aws", "s3api", "create-bucket", "--bucket", BUCKET)
    for key, content in FILES.items():
        put(shell, key, content)
    shell("cdk", "deploy", "--all", "-c", "trigger=first", "--require-approval", "never")
    yield shell
    shell("down")
    assert process.find(directory / ".lookout-local") is None


def put(shell: Shell, key: str, content: str) -> None:
    (shell.directory / "file").write_text(content)
    shell("aws", "s3api", "put-object", "--bucket", BUCKET, "--key", key, "--body", "file")


@pytest.mark.parametrize(
    ("stack", "key", "spoilt", "says"),
    [
        ("Labels", "labels.csv", "start;end;rating\n", "expected the columns start, end, rating"),
        ("Images", "train.manifest", "source-ref\n", "expected a JSON object with a source-ref"),
        ("Sensors", "in/pump/b.csv", f"Timestamp,pressure\n{_ROWS[0]}\n", "keeps them when this is rolled back"),
    ],
)
def test_a_file_that_became_bad_fails_a_deployment_and_its_rollback_succeeds(
    shell: Shell, stack: str, key: str, spoilt: str, says: str
) -> None:
    put(shell, key, spoilt)
    said = shell("cdk", "deploy", stack, "-c", "trigger=second", "--require-approval", "never", status=1)
    assert says in said
    found = json.loads(shell("aws", "cloudformation", "describe-stacks", "--stack-name", stack))["Stacks"][0]
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
