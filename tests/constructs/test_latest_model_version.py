"""The newest version of a model."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import InvalidProperty, Wait
from cdk_lookout.equipment import (
    ActiveModelVersion,
    Dataset,
    LatestModelVersion,
    Model,
    ModelSource,
    ModelVersion,
    ModelVersionSourceType,
    QualityGate,
)
from tests.constructs.support import MODEL_ARN, properties

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def test_the_newest_version_of_a_model_is_looked_up(stack: cdk.Stack, wear: Model) -> None:
    LatestModelVersion(stack, "Latest", model=wear)
    assert properties(stack, "LatestModelVersion") == {
        "ModelName": {"Ref": "Wear7BC519F8"},
        "Options": {"Attributes": "2", "RemovalPolicy": "destroy"},
    }


def test_filters_gate_and_trigger_go_along(stack: cdk.Stack, wear: Model) -> None:
    LatestModelVersion(
        stack,
        "Latest",
        model=wear,
        quality_gate=QualityGate(min_recall=0.5),
        source_type=ModelVersionSourceType.RETRAINING,
        created_after=NEW_YEAR,
        created_before=NEW_YEAR.replace(month=2),
        min_version=2,
        max_version=9,
        trigger="monday",
    )
    assert properties(stack, "LatestModelVersion") == {
        "ModelName": {"Ref": "Wear7BC519F8"},
        "SourceType": "RETRAINING",
        "CreatedAtStartTime": "2024-01-01T00:00:00Z",
        "CreatedAtEndTime": "2024-02-01T00:00:00Z",
        "MinModelVersion": 2,
        "MaxModelVersion": 9,
        "Options": {
            "Attributes": "2",
            "RemovalPolicy": "destroy",
            "Gate": [{"Member": "Recall", "AtLeast": "0.5"}],
            "Trigger": "monday",
        },
    }


def test_it_becomes_active_like_any_version(stack: cdk.Stack, wear: Model) -> None:
    latest = LatestModelVersion(stack, "Latest", model=wear)
    ActiveModelVersion(stack, "Active", model_version=latest)
    found = properties(stack, "ActiveModelVersion")
    assert found["ModelVersion"] == {"Fn::GetAtt": ["LatestFCBCD667", "ModelVersion"]}


def test_it_counts_as_a_version_of_its_model(stack: cdk.Stack, wear: Model) -> None:
    ActiveModelVersion(stack, "Active", model_version=wear.version(1))
    latest = LatestModelVersion(stack, "Latest", model=wear)
    with pytest.raises(InvalidProperty, match=r"got a second one of the model, after Plant/Active, expected one"):
        ActiveModelVersion(stack, "Again", model_version=latest)


def test_it_is_imported_like_any_version(stack: cdk.Stack, wear: Model, pumps: Dataset) -> None:
    latest = LatestModelVersion(stack, "Latest", model=wear)
    ModelVersion(stack, "Copy", model=wear, source=latest)
    found = properties(stack, "ModelVersion")["SourceModelVersionArn"]
    assert found == {"Fn::GetAtt": ["LatestFCBCD667", "ModelVersionArn"]}


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("model_name", "ModelName"),
        ("model_arn", "ModelArn"),
        ("model_version", "ModelVersion"),
        ("model_version_arn", "ModelVersionArn"),
        ("source_type", "SourceType"),
        ("created_at", "CreatedAt"),
        ("model_quality", "ModelQuality"),
    ],
)
def test_every_attribute_is_one_of_the_custom_resource(
    stack: cdk.Stack, wear: Model, attribute: str, name: str
) -> None:
    latest = LatestModelVersion(stack, "Latest", model=wear)
    assert stack.resolve(getattr(latest, attribute)) == {"Fn::GetAtt": ["LatestFCBCD667", name]}


def test_the_model_may_be_one_from_elsewhere(stack: cdk.Stack) -> None:
    LatestModelVersion(stack, "Latest", model=Model.from_model_arn(stack, "Theirs", MODEL_ARN))
    assert properties(stack, "LatestModelVersion")["ModelName"] == "wear"


def test_the_newest_version_of_a_model_that_nothing_waits_for_cannot_become_active(
    stack: cdk.Stack, pumps: Dataset
) -> None:
    model = Model(stack, "Wear", source=ModelSource.trained(pumps), wait=Wait.started())
    latest = LatestModelVersion(stack, "Latest", model=model)
    with pytest.raises(InvalidProperty, match=r"got one with Wait.started\(\)"):
        ActiveModelVersion(stack, "Active", model_version=latest)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"model": "wear"}, "model of Plant/Latest: got 'wear', expected a model"),
        (
            {"source_type": "IMPORT"},
            "source_type of Plant/Latest: got 'IMPORT', expected one of ModelVersionSourceType",
        ),
        ({"trigger": ""}, "trigger of Plant/Latest: got '', expected a text that is not empty"),
        ({"trigger": 7}, "trigger of Plant/Latest: got 7, expected a text that is not empty"),
        ({"min_version": 0}, "min_version of Plant/Latest: got 0, expected a whole number from 1"),
        ({"max_version": True}, "max_version of Plant/Latest: got True, expected a whole number from 1"),
        ({"min_version": 5, "max_version": 4}, "max_version of Plant/Latest: got 4, expected min_version, 5, or more"),
        ({"created_after": datetime(2024, 1, 1)}, "created_after of Plant/Latest: got datetime"),
        ({"created_before": "2024-01-01"}, "created_before of Plant/Latest: got '2024-01-01', expected a time with"),
        (
            {"created_after": NEW_YEAR, "created_before": NEW_YEAR},
            "created_before of Plant/Latest: got '2024-01-01T00:00:00Z', expected a time after created_after, 2024",
        ),
        ({"quality_gate": 0.8}, "quality_gate of Plant/Latest: got a float, expected a QualityGate"),
    ],
)
def test_what_no_version_can_pass_is_refused(
    stack: cdk.Stack, wear: Model, filters: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidProperty) as error:
        LatestModelVersion(stack, "Latest", **{"model": wear, **filters})
    assert str(error.value).startswith(message)
