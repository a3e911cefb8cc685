"""What the metrics of a model version say, as members that attributes and gates can name.

The service hands its metrics out as JSON text: `ModelMetrics` are those of the version, `PriorModelMetrics` those of
the version before on the same data, when it was retrained. The names are ours; each figure is one of the service's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_EVENTS = {
    "LabeledEvents": ("labeled_event_metrics", "num_labeled"),
    "IdentifiedEvents": ("labeled_event_metrics", "num_identified"),
    "WarningTimeInSeconds": ("labeled_event_metrics", "total_warning_time_in_seconds"),
    "UnknownEvents": ("unknown_event_metrics", "num_identified"),
    "UnknownTimeInSeconds": ("unknown_event_metrics", "total_duration_in_seconds"),
}
_RATIOS = {
    "Recall": ("model_version_metrics", "recall"),
    "Precision": ("model_version_metrics", "precision"),
    "MeanFractionalLeadTime": ("model_version_metrics", "mean_fractional_lead_time"),
    "Auc": ("model_version_metrics", "auc"),
}
_DECIMALS = 6

#: The members that `with_figures` adds, each when it is known.
FIGURES = (*_EVENTS, *_RATIOS, *(f"Prior{name}" for name in _RATIOS))


def with_figures(description: Mapping[str, Any]) -> dict[str, Any]:
    """*description*, and beside its metrics the figures in them; `RecallGain` is how much better than before it is."""
    metrics = _parsed(description.get("ModelMetrics"))
    found = _chosen(_EVENTS | _RATIOS, metrics)
    if "Recall" not in found and found.get("LabeledEvents"):
        # As the service defines it: the share of labeled events that were identified.
        found["Recall"] = _rounded(found.get("IdentifiedEvents", 0) / found["LabeledEvents"])
    prior = _chosen(_RATIOS, _parsed(description.get("PriorModelMetrics")))
    if "Recall" in found and "Recall" in prior:
        found["RecallGain"] = _rounded(found["Recall"] - prior["Recall"])
    return {**description, **found, **{f"Prior{name}": value for name, value in prior.items()}}


def _chosen(paths: Mapping[str, tuple[str, str]], metrics: Mapping[str, Any]) -> dict[str, int | float]:
    found = {name: _parsed(metrics.get(group)).get(member) for name, (group, member) in paths.items()}
    return {name: _rounded(value) for name, value in found.items() if isinstance(value, int | float)}


def _rounded(value: float) -> int | float:
    rounded = round(float(value), _DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


def _parsed(value: Any) -> Mapping[str, Any]:
    """*value* as a map, from JSON text or as it is; empty when it is none, so that no Describe fails over a figure."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}
