"""Metrics about what was deployed, put by a function with its own role, and read back from CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import equipment
from tests.e2e.conftest import PLANT, Plant

DESTROY = cdk.RemovalPolicy.DESTROY
WATCH = "monitored-pumps"


@pytest.fixture
def names(plant: Plant) -> dict[str, str]:
    """A stack that imports and watches; the names of what it made."""

    def define(stack: cdk.Stack) -> None:
        imported = equipment.ModelImport(
            stack,
            "Wear",
            source_dataset_arn=plant.trained.dataset_arn,
            source_model_arn=plant.trained.model_arn,
            source_version=1,
            removal_policy=DESTROY,
        )
        monitoring = equipment.Monitoring(
            stack,
            "Monitoring",
            schedulers=[equipment.InferenceScheduler.from_inference_scheduler_name(stack, "Watch", WATCH)],
            models=[imported.model],
            datasets=[imported.dataset],
        )
        cdk.CfnOutput(stack, "Function", value=monitoring.function.function_name)
        cdk.CfnOutput(stack, "Rule", value=monitoring.rule.rule_name)
        cdk.CfnOutput(stack, "Model", value=imported.model.model_name)
        cdk.CfnOutput(stack, "Dataset", value=imported.dataset.dataset_name)

    return plant.deploy(define)


@pytest.fixture
def due(plant: Plant, names: dict[str, str]) -> Iterator[datetime]:
    """When an execution was due that failed, because its bucket does not exist."""
    location = {"S3InputConfiguration": {"Bucket": "there-is-no-such-bucket", "Prefix": "in/"}}
    target = {"S3OutputConfiguration": {"Bucket": "there-is-no-such-bucket", "Prefix": "out/"}}
    plant.equipment.create_inference_scheduler(
        ModelName=names["Model"],
        InferenceSchedulerName=WATCH,
        DataUploadFrequency="PT5M",
        DataInputConfiguration=location,
        DataOutputConfiguration=target,
        RoleArn=f"arn:aws:iam::{PLANT}:role/nobody",
    )
    while status(plant) != "RUNNING":
        continue
    # Five minutes of the local cloud take three seconds at most.
    while not (found := _executions(plant)):
        continue
    assert found[0]["Status"] == "FAILED"
    yield found[0]["ScheduledStartTime"]
    plant.equipment.stop_inference_scheduler(InferenceSchedulerName=WATCH)
    while status(plant) != "STOPPED":
        continue
    plant.equipment.delete_inference_scheduler(InferenceSchedulerName=WATCH)


def status(plant: Plant) -> str:
    return str(plant.equipment.describe_inference_scheduler(InferenceSchedulerName=WATCH)["Status"])


def _executions(plant: Plant) -> list[dict[str, Any]]:
    found = plant.equipment.list_inference_executions(InferenceSchedulerName=WATCH, Status="FAILED")
    return list(found["InferenceExecutionSummaries"])


def run(plant: Plant, names: dict[str, str], moment: datetime) -> dict[str, Any]:
    """Run the function as the deployed rule does at *moment*."""
    rule = plant.cloud.client("events", account=PLANT)
    [target] = rule.list_targets_by_rule(Rule=names["Rule"])["Targets"]
    time = json.dumps(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    payload = target["InputTransformer"]["InputTemplate"].replace("<time>", time)
    functions = plant.cloud.client("lambda", account=PLANT)
    answer = functions.invoke(FunctionName=names["Function"], Payload=payload)
    found: dict[str, Any] = json.load(answer["Payload"])
    assert "FunctionError" not in answer, found
    return found


def put(plant: Plant, name: str, dimension: str, value: str, moment: datetime, statistic: str) -> list[float]:
    """The values of a metric around *moment*."""
    found = plant.cloud.client("cloudwatch", account=PLANT).get_metric_statistics(
        Namespace="CdkLookout/Equipment",
        MetricName=name,
        Dimensions=[{"Name": dimension, "Value": value}],
        StartTime=moment - timedelta(minutes=5),
        EndTime=moment + timedelta(minutes=5),
        Period=300,
        Statistics=[statistic],
    )
    return [point[statistic] for point in found["Datapoints"]]


def test_what_became_of_an_execution_can_be_read_from_cloudwatch(
    plant: Plant, names: dict[str, str], due: datetime
) -> None:
    now = due + timedelta(minutes=10)
    run(plant, names, now)
    assert put(plant, "FailedExecutions", "InferenceSchedulerName", WATCH, due, "Sum") == [1]
    assert put(plant, "SuccessfulExecutions", "InferenceSchedulerName", WATCH, due, "Sum") == [0]
    assert put(plant, "Running", "InferenceSchedulerName", WATCH, now, "Minimum") == [1]
    assert put(plant, "MissingValues", "DatasetName", names["Dataset"], now, "Maximum") == [0]
    assert len(put(plant, "PoorQuality", "ModelName", names["Model"], now, "Maximum")) == 1


def test_a_missing_scheduler_is_an_error_of_the_function(plant: Plant, names: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match=f"{WATCH}: ListInferenceExecutions: ResourceNotFoundException"):
        run(plant, names, datetime(2026, 1, 1))
