"""A stack that trains: data and labels from a bucket, a relay, figures out of the training, and a gate before it."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_lookout import Wait, equipment
from lookout_local import DeploymentFailed
from lookout_server.faults import Fault
from tests.e2e.conftest import PLANT, Plant

DESTROY = cdk.RemovalPolicy.DESTROY
BUCKET = "readings-of-the-plant"


@pytest.fixture(autouse=True)
def _readings(plant: Plant) -> None:
    """Ten months of readings, four a day, with a leak from the tenth of September on that is labeled."""
    bucket = plant.cloud.client("s3", account=PLANT)
    bucket.create_bucket(Bucket=BUCKET)
    rows = ["Timestamp,pressure"]
    for month in range(1, 11):
        for day in range(1, 29):
            value = 100 if month == 9 and day >= 10 else (month + day) % 13
            rows += [f"2024-{month:02}-{day:02}T{hour:02}:00:00,{value}" for hour in range(0, 24, 6)]
    bucket.put_object(Bucket=BUCKET, Key="data/pump/2024.csv", Body="\n".join(rows).encode())
    bucket.put_object(Bucket=BUCKET, Key="labels/2024.csv", Body=b"2024-09-09T00:00:00,2024-10-01T00:00:00")


def training(*, min_precision: float) -> Callable[[cdk.Stack], None]:
    """A stack that makes the newest version active that has this precision."""

    def define(stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Readings", BUCKET)
        schema = equipment.DatasetSchema.from_components(equipment.SchemaComponent("pump", ["pressure"]))
        pumps = equipment.Dataset(stack, "Pumps", source=equipment.DatasetSource.schema(schema), removal_policy=DESTROY)
        pumps.add_ingestion("Year", bucket=bucket, prefix="data/")
        source = equipment.ModelSource.trained(
            pumps,
            training_data=equipment.TimeRange.from_iso("2024-01-01T00:00:00Z", "2024-08-01T00:00:00Z"),
            evaluation_data=equipment.TimeRange.from_iso("2024-09-01T00:00:00Z", "2024-10-01T00:00:00Z"),
            labels=equipment.LabelsInput.from_bucket(bucket, "labels/"),
            off_condition=equipment.OffCondition.below("pump", "pressure", -1),
            diagnostics=equipment.ModelDiagnosticsOutput.to_bucket(bucket, "diagnostics/"),
        )
        in_time = Wait.until_ready(timeout=cdk.Duration.minutes(90))
        leaks = equipment.Model(stack, "Leaks", source=source, removal_policy=DESTROY, wait=in_time)
        newest = equipment.LatestModelVersion(stack, "Newest", model=leaks)
        gate = equipment.QualityGate(min_precision=min_precision)
        active = equipment.ActiveModelVersion(stack, "Active", model_version=newest, quality_gate=gate)
        for name, value in {
            "Recall": leaks.recall,
            "Quality": active.model_quality,
            "Diagnostics": leaks.model_diagnostics_results_key,
            "ActiveVersion": active.active_model_version,
        }.items():
            cdk.CfnOutput(stack, name, value=value)

    return define


def test_a_trained_model_passes_its_gate_and_becomes_active(plant: Plant) -> None:
    outputs = plant.deploy(training(min_precision=0.5))
    assert (outputs["Recall"], outputs["Quality"], outputs["ActiveVersion"]) == ("1", "QUALITY_THRESHOLD_MET", "1")
    assert plant.cloud.client("s3", account=PLANT).get_object(Bucket=BUCKET, Key=outputs["Diagnostics"])
    plant.destroy()
    assert plant.models() == {}


def test_a_training_that_fails_rolls_back_to_nothing_with_its_reason(plant: Plant) -> None:
    plant.cloud.faults.add("CreateModel", Fault.fail("the readings are too few"))
    with pytest.raises(DeploymentFailed, match="the readings are too few"):
        plant.deploy(training(min_precision=0.5))
    assert plant.equipment.list_models()["ModelSummaries"] == []
