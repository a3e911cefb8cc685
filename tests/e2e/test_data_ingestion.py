"""Data that a stack ingests, with the stack's own role, under IAM."""

from __future__ import annotations

from collections.abc import Iterator

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import Wait, equipment
from lookout_local import DeploymentFailed
from tests.e2e.conftest import PLANT, Plant

BUCKET = "sensor-data-of-the-plant"


@pytest.fixture
def bucket(plant: Plant) -> Iterator[str]:
    """A bucket with 27.5 days of data."""
    client = plant.cloud.client("s3", account=PLANT)
    rows = [f"2024-01-{day:02}T{hour:02}:00:00,{day + hour}" for day in range(1, 29) for hour in (0, 12)]
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="in/pump/a.csv", Body="\n".join(["Timestamp,pressure", *rows]).encode())
    yield BUCKET
    client.delete_object(Bucket=BUCKET, Key="in/pump/a.csv")
    client.delete_bucket(Bucket=BUCKET)


class Definition:
    """A dataset whose schema is detected, with what a test changes of its ingestion."""

    def __init__(
        self, *, gate: equipment.DataGate | None = None, trigger: str | None = None, wait: Wait | None = None
    ) -> None:
        self.gate = gate
        self.trigger = trigger
        self.wait = wait

    def __call__(self, stack: cdk.Stack) -> None:
        pumps = equipment.Dataset(
            stack, "Pumps", source=equipment.DatasetSource.detected(), removal_policy=cdk.RemovalPolicy.DESTROY
        )
        january = pumps.add_ingestion(
            "January",
            bucket=s3.Bucket.from_bucket_name(stack, "Sensors", BUCKET),
            prefix="in/",
            key_pattern=equipment.KeyPattern.FOLDER,
            gate=self.gate,
            trigger=self.trigger,
            wait=self.wait,
        )
        cdk.CfnOutput(stack, "Job", value=january.job_id)
        cdk.CfnOutput(stack, "End", value=january.data_end_time)


@pytest.mark.usefixtures("bucket")
def test_data_are_ingested_with_the_role_of_the_stack(plant: Plant) -> None:
    outputs = plant.deploy(Definition())
    assert outputs["End"] == "2024-01-28T12:00:00+00:00"
    [dataset] = plant.datasets()
    assert plant.equipment.describe_dataset(DatasetName=dataset)["Status"] == "ACTIVE"


@pytest.mark.usefixtures("bucket")
def test_data_that_do_not_pass_the_gate_are_rolled_back(plant: Plant) -> None:
    plant.deploy(Definition())
    plant.calls()
    gate = equipment.DataGate(min_span=cdk.Duration.days(28))
    with pytest.raises(DeploymentFailed, match=r"DataSpanInDays is 27\.5, expected at least 28"):
        plant.deploy(Definition(gate=gate, trigger="again"))
    # The rollback starts none: what was in force is remembered.
    assert plant.calls() == ["StartDataIngestionJob"]


@pytest.mark.usefixtures("bucket")
def test_a_relay_ends_with_the_figures_of_the_latest_ingestion(plant: Plant) -> None:
    long = Wait.until_ready(timeout=cdk.Duration.hours(2))
    first = plant.deploy(Definition(wait=long))
    second = plant.deploy(Definition(wait=long, trigger="again"))
    assert first["Job"] != second["Job"]
    assert second["End"] == "2024-01-28T12:00:00+00:00"
