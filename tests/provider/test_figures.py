"""What the metrics of a version say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lookout_provider.identity import same
from lookout_provider.resources.active_model_version import ActiveModelVersion
from lookout_provider.resources.figures import FIGURES, with_figures
from lookout_provider.resources.model import Model

METRICS: dict[str, Any] = {
    "labeled_ranges": [],
    "labeled_event_metrics": {"num_labeled": 3, "num_identified": 2, "total_warning_time_in_seconds": 5400.0},
    "predicted_ranges": [],
    "unknown_event_metrics": {"num_identified": 4, "total_duration_in_seconds": 90.5},
    "model_version_metrics": {
        "precision": 0.5,
        "recall": 0.6666666667,
        "mean_fractional_lead_time": 0.7760964912280702,
        "auc": 1.0,
    },
}


def figures(metrics: Any, prior: Any = None) -> dict[str, Any]:
    texts = {"ModelMetrics": json.dumps(metrics), "PriorModelMetrics": json.dumps(prior)}
    found = with_figures({name: text for name, text in texts.items() if text != "null"})
    return {name: value for name, value in found.items() if name not in texts}


def test_every_figure_is_one_of_the_service_s_own_to_six_decimals() -> None:
    assert figures(METRICS) == {
        "LabeledEvents": 3,
        "IdentifiedEvents": 2,
        "WarningTimeInSeconds": 5400,
        "UnknownEvents": 4,
        "UnknownTimeInSeconds": 90.5,
        "Precision": 0.5,
        "Recall": 0.666667,
        "MeanFractionalLeadTime": 0.776096,
        "Auc": 1,
    }


def test_a_retrained_version_has_those_of_the_version_before_and_what_it_gained() -> None:
    prior = {"model_version_metrics": {**METRICS["model_version_metrics"], "recall": 0.75}}
    found = figures(METRICS, prior)
    assert found["PriorRecall"] == 0.75
    assert found["RecallGain"] == pytest.approx(-0.083333)


def test_the_recall_follows_from_the_events_where_the_service_does_not_tell_it() -> None:
    older = {name: METRICS[name] for name in ("labeled_event_metrics", "unknown_event_metrics")}
    assert figures(older)["Recall"] == 0.666667


def test_without_labels_there_is_no_recall() -> None:
    assert "Recall" not in figures({"labeled_event_metrics": {"num_labeled": 0, "num_identified": 0}})


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "7", '{"labeled_event_metrics": []}', '{"model_version_metrics": {"auc": "x"}}']
)
def test_metrics_that_cannot_be_read_have_no_figures(text: str) -> None:
    assert with_figures({"ModelMetrics": text}) == {"ModelMetrics": text}


@pytest.mark.parametrize("resource", [Model, ActiveModelVersion])
def test_all_figures_are_attributes(resource: type[Model] | type[ActiveModelVersion]) -> None:
    assert set(FIGURES) <= set(resource.attributes)


def test_the_same_time_in_another_zone_is_the_same() -> None:
    utc = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
    assert same(utc, utc.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert same(utc, "2024-01-31T23:30:00+00:00")
