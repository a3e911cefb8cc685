"""Schedulers in whole stacks: what runs is stopped, changed and started again by the real function."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_lookout import equipment
from lookout_local import DeploymentFailed
from tests.e2e.conftest import Plant
from tests.e2e.test_stacks import DESTROY, fail_after


class Definition:
    """A model with both schedulers, with what a test changes."""

    def __init__(self, plant: Plant, *, minutes: int = 10, key: bool = False, failing: bool = False) -> None:
        self.plant = plant
        self.minutes = minutes
        self.key = key
        self.failing = failing

    def __call__(self, stack: cdk.Stack) -> None:
        trained = equipment.Model.from_model_arn(stack, "Trained", self.plant.trained.model_arn)
        source = equipment.Dataset.from_dataset_arn(stack, "TrainedOn", self.plant.trained.dataset_arn)
        pumps = equipment.Dataset(
            stack, "Pumps", source=equipment.DatasetSource.imported(source), removal_policy=DESTROY
        )
        wear = equipment.Model(
            stack,
            "Wear",
            source=equipment.ModelSource.imported(trained.version(1), dataset=pumps),
            removal_policy=DESTROY,
        )
        files = s3.Bucket(stack, "Files", removal_policy=DESTROY)
        key = kms.Key(stack, "Key", removal_policy=DESTROY)
        night = equipment.InferenceScheduler(
            stack,
            "Night",
            model=wear,
            data_upload_frequency=cdk.Duration.minutes(self.minutes),
            input_bucket=files,
            input_prefix="now/",
            output_bucket=files,
            output_prefix="results/",
            encryption_key=key if self.key else None,
        )
        yearly = equipment.RetrainingScheduler(
            stack,
            "Yearly",
            model=wear,
            retraining_frequency=equipment.RetrainingFrequency.years(1),
            lookback_window=equipment.LookbackWindow.DAYS_180,
        )
        equipment.ActiveModelVersion(stack, "Active", model_version=wear.version(1))
        cdk.CfnOutput(stack, "NightStatus", value=night.inference_scheduler_status)
        cdk.CfnOutput(stack, "YearlyStatus", value=yearly.retraining_scheduler_status)
        if self.failing:
            fail_after(night)


def night(plant: Plant) -> dict[str, Any]:
    """The one inference scheduler that there is."""
    [summary] = plant.equipment.list_inference_schedulers()["InferenceSchedulerSummaries"]
    found: dict[str, Any] = plant.equipment.describe_inference_scheduler(
        InferenceSchedulerName=summary["InferenceSchedulerName"]
    )
    return found


def test_a_stack_with_schedulers_comes_changes_and_goes(plant: Plant) -> None:
    running = {"NightStatus": "RUNNING", "YearlyStatus": "RUNNING"}
    assert plant.deploy(Definition(plant)) == running
    assert plant.deploy(Definition(plant, minutes=30)) == running
    assert night(plant)["DataUploadFrequency"] == "PT30M"
    plant.destroy()
    assert plant.equipment.list_inference_schedulers()["InferenceSchedulerSummaries"] == []
    assert plant.models() == {}


def test_a_deployment_with_another_key_that_fails_later_has_the_old_scheduler_back(plant: Plant) -> None:
    plant.deploy(Definition(plant))
    before = night(plant)
    with pytest.raises(DeploymentFailed):
        plant.deploy(Definition(plant, key=True, failing=True))
    after = night(plant)
    assert (after["InferenceSchedulerName"], after["Status"]) == (before["InferenceSchedulerName"], "RUNNING")
    assert after.get("ServerSideKmsKeyId") == before.get("ServerSideKmsKeyId")
    assert after["InferenceSchedulerArn"] != before["InferenceSchedulerArn"]
