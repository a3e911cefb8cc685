"""How well a model does: the events that it finds in a range of time, against the labels there.

The members of the metrics are the service's own (user guide, "Evaluating your model", "Retraining your model"; AWS IoT
SiteWise user guide, "Advanced training configurations", for those of a version); every figure is computed. Of which
rows, and whether the model has learnt them, `learning` says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lookout_server.detection.sensors.frame import Flags, Floats
from lookout_server.detection.sensors.training import inside
from lookout_server.equipment.frames import labelled
from lookout_server.equipment.judged import Event, Judged
from lookout_server.equipment.training import Range, overlap
from lookout_server.protocol.times import iso

_MOST_CHARACTERS = 50_000
#: The recall from which on the quality is good enough; the service does not tell its own.
_LEAST_RECALL = 0.5
#: How many times the share of labeled rows with an alarm must be that of other rows: who always cries finds everything.
_LEAST_RATIO = 2.0


@dataclass(frozen=True)
class Metrics:
    """An assessment: as ModelMetrics, and what the decision to promote a version needs of it."""

    text: str
    labels_present: bool
    recall: float
    #: The shares of the rows with an alarm, of those that are labeled and of the others.
    caught: float
    false: float
    #: Recall, precision, mean fractional lead time and AUC: what versions are compared by, in this order.
    rank: tuple[float, ...]

    @property
    def quality(self) -> str:
        """The ModelQuality.

        Of the labeled events, half at least must be found, and an alarm must mean something: labeled rows have one
        twice as often as others.
        """
        if not self.labels_present:
            return "CANNOT_DETERMINE_QUALITY"
        good = self.recall >= _LEAST_RECALL and self.caught >= _LEAST_RATIO * self.false
        return "QUALITY_THRESHOLD_MET" if good else "POOR_QUALITY_DETECTED"


def assess(judged: Judged, labels: Sequence[Range], span: Range, seconds: int, notes: Sequence[str] = ()) -> Metrics:
    """Assess what was said of the rows of a span of time; labels outside of it do not count.

    `seconds` is how long a row lasts. `notes` say what a reader should know about the figures.
    """
    events = judged.events
    labeled = [label for label in dict.fromkeys(labels) if overlap(label, span)]
    hits = {label: [event for event in events if overlap(event.span, label)] for label in labeled}
    identified = [label for label, found in hits.items() if found]
    unknown = [event for event in events if not any(overlap(event.span, label) for label in labeled)]
    warnings = {label: warning(hits[label][0], label) for label in identified}
    leads = [found / max((end - start).total_seconds(), 1.0) for (start, end), found in warnings.items()]
    marks = inside(judged.times, labelled(labeled, seconds))
    figures = {
        "precision": _share(len(events) - len(unknown), len(events)),
        "recall": _share(len(identified), len(labeled)),
        "mean_fractional_lead_time": _share(math.fsum(leads), len(leads)),
        "auc": auc(judged.scores, marks),
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
            "total_duration_in_seconds": math.fsum(event.seconds for event in unknown),
        },
        "data_start_time": span[0].date().isoformat(),
        "data_end_time": span[1].date().isoformat(),
        "labels_present": bool(labeled),
    }
    if labeled:
        metrics["model_version_metrics"] = figures
    if notes:
        metrics["notes"] = list(notes)
    return Metrics(
        text=_text(metrics, labeled, events),
        labels_present=bool(labeled),
        recall=figures["recall"],
        caught=_share(float(judged.alarms[marks].sum()), int(marks.sum())),
        false=_share(float(judged.alarms[~marks].sum()), int((~marks).sum())),
        rank=(figures["recall"], figures["precision"], figures["mean_fractional_lead_time"], figures["auc"]),
    )


def warning(event: Event, label: Range) -> float:
    """The forewarning: the seconds from when an event is noticed within a label to the end of the label."""
    return (label[1] - max(event.start, label[0])).total_seconds()


def auc(scores: Floats, marks: Flags) -> float:
    """The share of pairs of a labeled and another row in which the labeled one has the higher score, ties by half.

    Without rows of either kind there is nothing to tell apart: one half.
    """
    others = np.sort(scores[~marks])
    pairs = len(others) * int(marks.sum())
    if not pairs:
        return 0.5
    below, up_to = (np.searchsorted(others, scores[marks], side=side) for side in ("left", "right"))
    return float((below + up_to).sum() / (2 * pairs))


def _share(part: float, of: int) -> float:
    return part / of if of else 0.0


def _text(metrics: dict[str, Any], labeled: Sequence[Range], events: Sequence[Event]) -> str:
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


def _shown(event: Event) -> dict[str, Any]:
    return {
        "start": iso(event.start),
        "end": iso(event.end),
        "diagnostics": _contributions(event.shares),
    }


def _contributions(shares: Mapping[str, float]) -> list[dict[str, Any]]:
    """What each sensor has to do with something, as a share of the whole."""
    return [{"name": name, "value": round(share, 6)} for name, share in sorted(shares.items())]
