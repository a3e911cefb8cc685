"""What a model version has to be like."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lookout import InvalidProperty
from cdk_lookout.equipment import ActiveModelVersion, AutoPromotionResult, Model, ModelQuality, QualityGate
from tests.constructs.support import options, properties


def test_every_limit_is_one_of_the_provider_s() -> None:
    gate = QualityGate(
        model_quality=[ModelQuality.QUALITY_THRESHOLD_MET, ModelQuality.CANNOT_DETERMINE_QUALITY],
        min_labeled_events=3,
        min_recall=0.8,
        min_recall_gain=0,
        min_precision=0.5,
        min_mean_fractional_lead_time=0.25,
        min_auc=0.7,
        max_unknown_events=2,
        max_unknown_time=cdk.Duration.hours(6),
        auto_promotion_result=[AutoPromotionResult.MODEL_PROMOTED],
    )
    assert gate.limits == [
        {"Member": "ModelQuality", "OneOf": ["QUALITY_THRESHOLD_MET", "CANNOT_DETERMINE_QUALITY"]},
        {"Member": "LabeledEvents", "AtLeast": "3"},
        {"Member": "Recall", "AtLeast": "0.8"},
        {"Member": "RecallGain", "AtLeast": "0"},
        {"Member": "Precision", "AtLeast": "0.5"},
        {"Member": "MeanFractionalLeadTime", "AtLeast": "0.25"},
        {"Member": "Auc", "AtLeast": "0.7"},
        {"Member": "UnknownEvents", "AtMost": "2"},
        {"Member": "UnknownTimeInSeconds", "AtMost": "21600"},
        {"Member": "AutoPromotionResult", "OneOf": ["MODEL_PROMOTED"]},
    ]


def test_a_gate_without_a_limit_is_refused() -> None:
    with pytest.raises(InvalidProperty, match=r"limits of QualityGate: got none, expected at least one"):
        QualityGate()


@pytest.mark.parametrize(
    ("limit", "value", "expected"),
    [
        ("model_quality", [], "a list of ModelQuality.QUALITY_THRESHOLD_MET, "),
        ("model_quality", "QUALITY_THRESHOLD_MET", "a list of ModelQuality"),
        ("model_quality", ["QUALITY_THRESHOLD_MET"], "a list of ModelQuality"),
        ("auto_promotion_result", [ModelQuality.POOR_QUALITY_DETECTED], "a list of AutoPromotionResult"),
        ("min_labeled_events", -1, "a whole number from 0"),
        ("min_labeled_events", 1.5, "a whole number from 0"),
        ("max_unknown_events", True, "a whole number from 0"),
        ("min_recall", 80, "a number from 0 to 1"),
        ("min_recall", "0.8", "a number from 0 to 1"),
        ("min_auc", float("nan"), "a number from 0 to 1"),
        ("min_precision", -0.1, "a number from 0 to 1"),
        ("min_recall_gain", -2, "a number from -1 to 1"),
        ("max_unknown_time", 60, "a duration of whole seconds that is known at synthesis"),
        ("max_unknown_time", cdk.Duration.millis(10), "a duration of whole seconds that is known at synthesis"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(limit: str, value: Any, expected: str) -> None:
    with pytest.raises(InvalidProperty) as error:
        QualityGate(**{limit: value})
    assert str(error.value).startswith(f"{limit} of QualityGate: got ")
    assert f", expected {expected}" in str(error.value)


def test_a_gate_goes_along_with_the_activation(stack: cdk.Stack, wear: Model) -> None:
    gate = QualityGate(min_recall=1)
    ActiveModelVersion(stack, "Active", model_version=wear.version(2), quality_gate=gate)
    assert options(stack, "ActiveModelVersion")["Gate"] == [{"Member": "Recall", "AtLeast": "1"}]


def test_an_activation_without_a_gate_says_nothing_of_one(stack: cdk.Stack, wear: Model) -> None:
    ActiveModelVersion(stack, "Active", model_version=wear.version(2))
    assert "Gate" not in properties(stack, "ActiveModelVersion")["Options"]


def test_what_is_no_gate_is_refused(stack: cdk.Stack, wear: Model) -> None:
    with pytest.raises(InvalidProperty, match=r"quality_gate of Plant/Active: got a float, expected a QualityGate"):
        ActiveModelVersion(stack, "Active", model_version=wear.version(2), quality_gate=0.8)  # type: ignore[arg-type]
