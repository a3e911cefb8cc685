"""What a version says of rows, and the JSON lines that tell it: of inference and of a training's diagnostics.

Both have the same form (user guide, "Evaluating your model", "Reviewing inference results in a JSON file"). Diagnostics
have further members, which say what was read and what was expected, and of which event a row is.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from lookout_server.detection.sensors import Judgement
from lookout_server.detection.sensors.frame import Flags, Integers
from lookout_server.equipment.executions import Prediction
from lookout_server.equipment.frames import Rows, moment
from lookout_server.equipment.judged import Event
from lookout_server.equipment.learning import Span
from lookout_server.equipment.metrics import warning
from lookout_server.equipment.training import Range, overlap
from lookout_server.protocol.times import iso


def predictions(rows: Rows, judgements: Iterable[Judgement]) -> Iterator[Prediction]:
    """What a version says of each row: the judgements are of those during which the asset was not off, in order."""
    for time, place in _in_order(rows.frame.times, rows.off, judgements):
        yield _prediction(time, place)


def json_lines(found: Iterable[Prediction]) -> Iterator[bytes]:
    """Predictions as the lines of a file, a JSON document each."""
    for one in found:
        yield f"{json.dumps(_document(one))}\n".encode()


def diagnostics(
    rows: Span, judgements: Iterable[Judgement], events: Sequence[Event], labels: Sequence[Range], basis: str
) -> Iterator[bytes]:
    """The lines of a training's diagnostics.

    `basis` says by which rows the model was assessed. Each sensor has what was read and what was expected of it, given
    all others; each anomalous row has its event, with start, end, duration and forewarning: how long before the end of
    a label the event was noticed.
    """
    starts = [event.start for event in events]
    for time, place in _in_order(rows.times, rows.off, judgements):
        document = {**_document(_prediction(time, place)), "basis": basis}
        if place:
            judgement, row = place
            known = {name: at for at, name in enumerate(judgement.names)}
            for one in document["diagnostics"]:
                one |= _reading(judgement, row, known[one["name"]])
            if document["prediction"]:
                document["event"] = _event(events[bisect_right(starts, moment(time)) - 1], labels)
        yield f"{json.dumps(document)}\n".encode()


def _in_order(
    times: Integers, off: Flags, judgements: Iterable[Judgement]
) -> Iterator[tuple[int, tuple[Judgement, int] | None]]:
    """The times of the rows, each with the judgement that it is in, and where; None when the asset was off."""
    judged = ((one, row) for one in judgements for row in range(len(one.times)))
    for time, stood in zip(times.tolist(), off.tolist(), strict=True):
        yield time, None if stood else next(judged)


def _prediction(time: int, place: tuple[Judgement, int] | None) -> Prediction:
    if place is None:
        return Prediction(moment(time), off=True)
    judgement, row = place
    # The few rows before have their part in the shares of a row; a sensor that is missing in it has none.
    seen = ~np.isnan(judgement.seen[row]) & ~np.isnan(judgement.expected[row])
    shares = np.where(seen, judgement.shares[row], 0.0)
    shares /= max(float(shares.sum()), np.finfo(float).tiny)
    return Prediction(
        moment(time),
        off=False,
        score=float(judgement.scores[row]),
        anomalous=bool(judgement.alarms[row]),
        shares=dict(sorted((judgement.names[at], float(shares[at])) for at in np.flatnonzero(seen))),
    )


def _document(prediction: Prediction) -> dict[str, Any]:
    document: dict[str, Any] = {"timestamp": iso(prediction.time), "prediction": int(prediction.anomalous)}
    if prediction.off:
        return {**document, "prediction_reason": "MACHINE_OFF"}
    return {
        **document,
        "prediction_reason": "ANOMALY_DETECTED" if prediction.anomalous else "NO_ANOMALY_DETECTED",
        "anomaly_score": round(prediction.score, 5),
        "diagnostics": [{"name": name, "value": round(share, 5)} for name, share in prediction.shares.items()],
    }


def _reading(judgement: Judgement, row: int, sensor: int) -> dict[str, float]:
    """To six digits: more would say what nobody knows."""
    return {
        "seen": float(f"{judgement.seen[row, sensor]:.6g}"),
        "expected": float(f"{judgement.expected[row, sensor]:.6g}"),
    }


def _event(event: Event, labels: Sequence[Range]) -> dict[str, Any]:
    document = {"start": iso(event.start), "end": iso(event.end), "duration_in_seconds": event.seconds}
    warned = [warning(event, label) for label in labels if overlap(event.span, label)]
    return {**document, "forewarning_in_seconds": max(warned)} if warned else document
