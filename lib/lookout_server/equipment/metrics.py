"""How well a model does: the events that it finds in a range of time, against the labels there.

The members of the metrics are the service's own (user guide, "Evaluating your model", "Retraining your model"; AWS IoT
SiteWise user guide, "Advanced training configurations", for those of a version); every figure is computed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from lookout_server.equipment.training import (
    DEVIATIONS,
    Profile,
    Range,
    Row,
    Sensor,
    deviations_of,
    inside,
    overlap,
)
from lookout_server.protocol.times import iso

_MOST_CHARACTERS = 50_000
#: The recall from which on the quality is good enough; the service does not tell its own.
_THRESHOLD = 0.5


@dataclass(frozen=True)
class Metrics:
    """An assessment: as ModelMetrics, and what the decision to promote a version needs of it."""

    text: str
    labels_present: bool
    recall: float
    #: Recall, precision, mean fractional lead time and AUC: what versions are compared by, in this order.
    rank: tuple[float, ...]

    @property
    def quality(self) -> str:
        """The ModelQuality."""
        if not self.labels_present:
            return "CANNOT_DETERMINE_QUALITY"
        return "QUALITY_THRESHOLD_MET" if self.recall >= _THRESHOLD else "POOR_QUALITY_DETECTED"


@dataclass
class _Event:
    start: datetime
    end: datetime
    parts: dict[Sensor, float]

    @property
    def span(self) -> Range:
        return self.start, self.end


def assess(rows: Sequence[Row], profile: Profile, labels: Sequence[Range], span: Range) -> Metrics:
    """Assess what was learned by the rows of a span of time; labels outside of it do not count."""
    scores = [max(deviations_of(values, profile).values(), default=0.0) for _, values in rows]
    events = _events(rows, scores, profile)
    labeled = [label for label in dict.fromkeys(labels) if overlap(label, span)]
    hits = {label: [event for event in events if overlap(event.span, label)] for label in labeled}
    identified = [label for label, found in hits.items() if found]
    unknown = [event for event in events if not any(overlap(event.span, label) for label in labeled)]
    warnings = {label: (label[1] - max(hits[label][0].start, label[0])).total_seconds() for label in identified}
    leads = [seconds / max((end - start).total_seconds(), 1.0) for (start, end), seconds in warnings.items()]
    figures = {
        "precision": _share(len(events) - len(unknown), len(events)),
        "recall": _share(len(identified), len(labeled)),
        "mean_fractional_lead_time": _share(math.fsum(leads), len(leads)),
        "auc": _auc(rows, scores, labeled),
    }
    metrics: dict[str, Any] = {
        "labeled_ranges": [],
        "labeled_event_metrics": {
            "num_labeled": len(labeled),
            "num_identified": len(identified),
            "total_warning_time_in_seconds": math.fsum(warnings.values()),
        },
        "predicted_ranges": [],
        "unknown_event_metrics": {
            "num_identified": len(unknown),
            "total_duration_in_seconds": sum((e.end - e.start).total_seconds() for e in unknown),
        },
        "data_start_time": span[0].date().isoformat(),
        "data_end_time": span[1].date().isoformat(),
        "labels_present": bool(labeled),
    }
    if labeled:
        metrics["model_version_metrics"] = figures
    return Metrics(
        text=_text(metrics, labeled, events),
        labels_present=bool(labeled),
        recall=figures["recall"],
        rank=(figures["recall"], figures["precision"], figures["mean_fractional_lead_time"], figures["auc"]),
    )


def _events(rows: Sequence[Row], scores: Sequence[float], profile: Profile) -> list[_Event]:
    """Anomalous rows that follow one another."""
    events: list[_Event] = []
    current: _Event | None = None
    for (time, values), score in zip(rows, scores, strict=True):
        if score <= DEVIATIONS:
            current = None
            continue
        if current is None:
            current = _Event(time, time, {})
            events.append(current)
        current.end = time
        for sensor, deviation in deviations_of(values, profile).items():
            current.parts[sensor] = current.parts.get(sensor, 0.0) + deviation**2
    return events


def _auc(rows: Sequence[Row], scores: Sequence[float], labeled: Sequence[Range]) -> float:
    """The share of pairs of a labeled and another row in which the labeled one has the higher score, ties by half.

    Without rows of either kind there is nothing to tell apart: one half.
    """
    marks = inside(rows, labeled)
    pairs = sum(marks) * (len(marks) - sum(marks))
    below = won = 0.0
    ranked = sorted(range(len(scores)), key=scores.__getitem__)
    for _, tied in groupby(ranked, key=scores.__getitem__):
        kinds = [marks[place] for place in tied]
        ups, downs = sum(kinds), len(kinds) - sum(kinds)
        won += ups * (below + downs / 2)
        below += downs
    return won / pairs if pairs else 0.5


def _share(part: float, of: int) -> float:
    return part / of if of else 0.0


def _text(metrics: dict[str, Any], labeled: Sequence[Range], events: Sequence[_Event]) -> str:
    """The metrics as text; of labels and events, those that fit are listed, the earliest first."""
    room = _MOST_CHARACTERS - len(json.dumps(metrics))
    labels = [{"start": iso(start), "end": iso(end)} for start, end in labeled]
    for member, ranges in (("labeled_ranges", labels), ("predicted_ranges", map(_shown, events))):
        for one in ranges:
            room -= len(json.dumps(one)) + 2
            if room < 0:
                break
            metrics[member].append(one)
    return json.dumps(metrics)


def _shown(event: _Event) -> dict[str, Any]:
    return {
        "start": iso(event.start),
        "end": iso(event.end),
        "diagnostics": _contributions(event.parts),
    }


def _contributions(parts: Mapping[Sensor, float]) -> list[dict[str, Any]]:
    """What each sensor has to do with something, as a share of the whole."""
    total = math.fsum(parts.values())
    return [
        {"name": f"{component}\\{name}", "value": round(part / total, 6) if total else 0.0}
        for (component, name), part in sorted(parts.items())
    ]
