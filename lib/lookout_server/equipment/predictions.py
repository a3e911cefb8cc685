"""What a version says of rows, and the JSON lines that tell it: of inference and of a training's diagnostics.

Both have the same form (user guide, "Evaluating your model", "Reviewing inference results in a JSON file"). Diagnostics
have further members, which say what was read and what was expected, and of which event a row is.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from lookout_server.detection.sensors import Judgement
from lookout_server.detection.sensors.frame import Flags, Floats, Integers
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
        yield _prediction(time, place, place[0].shares_of(place[1]) if place else None)


def json_lines(found: Iterable[Prediction]) -> Iterator[bytes]:
    """Predictions as the lines of a file, a JSON document each."""
    for one in found:
        document = _document(one)
        if not one.off:
            document["diagnostics"] = [{"name": name, "value": round(share, 5)} for name, share in one.shares.items()]
        yield f"{json.dumps(document)}\n".encode()


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
        found = _prediction(time, place)
        document = {**_document(found), "basis": basis}
        if found.anomalous:
            document["event"] = _event(events[bisect_right(starts, found.time) - 1], labels)
        line = json.dumps(document)
        if place:
            line = f'{line[:-1]}, "diagnostics": [{place[0].text_of(place[1])}]}}'
        yield f"{line}\n".encode()


class _Parts:
    """The parts of the sensors in the rows of a judgement.

    The few rows before have their part in the shares of a row; a sensor that is missing in it has none.
    """

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        names = judgement.names
        self._order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)

    def shares_of(self, row: int) -> dict[str, float]:
        """By sensor."""
        there, shares = self._shares(row)
        return {self.judgement.names[at]: share for at, share in zip(there, shares.tolist(), strict=True)}

    def text_of(self, row: int) -> str:
        """As JSON, with what was read and what was expected."""
        there, shares = self._shares(row)
        read = _rounded(np.stack([self.judgement.seen[row, there], self.judgement.expected[row, there]]))
        forms = ", ".join([self._forms[at] for at in there])
        return forms % tuple(np.stack([shares.round(5), *read], 1).ravel().tolist())

    def _shares(self, row: int) -> tuple[list[int], Floats]:
        """The sensors that are not missing, in the order of their names, and their shares."""
        seen = ~np.isnan(self.judgement.seen[row]) & ~np.isnan(self.judgement.expected[row])
        there = self._order[seen[self._order]]
        shares = self.judgement.shares[row, there]
        return there.tolist(), shares / max(float(shares.sum()), np.finfo(float).tiny)

    @cached_property
    def _forms(self) -> list[str]:
        """The text of each sensor, but for its figures: with these alone a row takes json several times as long."""
        names = (json.dumps(name).replace("%", "%%") for name in self.judgement.names)
        return [f'{{"name": {name}, "value": %s, "seen": %s, "expected": %s}}' for name in names]


def _in_order(
    times: Integers, off: Flags, judgements: Iterable[Judgement]
) -> Iterator[tuple[int, tuple[_Parts, int] | None]]:
    """The times of the rows, each with the judgement that it is in, and where; None when the asset was off."""
    judged = ((one, row) for one in map(_Parts, judgements) for row in range(len(one.judgement.times)))
    for time, stood in zip(times.tolist(), off.tolist(), strict=True):
        yield time, None if stood else next(judged)


def _prediction(time: int, place: tuple[_Parts, int] | None, shares: Mapping[str, float] | None = None) -> Prediction:
    if place is None:
        return Prediction(moment(time), off=True)
    judgement, row = place[0].judgement, place[1]
    score, anomalous = float(judgement.scores[row]), bool(judgement.alarms[row])
    return Prediction(moment(time), off=False, score=score, anomalous=anomalous, shares=shares or {})


def _document(prediction: Prediction) -> dict[str, Any]:
    document: dict[str, Any] = {"timestamp": iso(prediction.time), "prediction": int(prediction.anomalous)}
    if prediction.off:
        return {**document, "prediction_reason": "MACHINE_OFF"}
    return {
        **document,
        "prediction_reason": "ANOMALY_DETECTED" if prediction.anomalous else "NO_ANOMALY_DETECTED",
        "anomaly_score": round(prediction.score, 5),
    }


def _rounded(values: Floats) -> Floats:
    """To six digits: more would say what nobody knows."""
    sizes = np.abs(values, out=np.ones_like(values), where=np.isfinite(values) & (values != 0))
    digits = 5 - np.floor(np.log10(sizes))
    # One of the two is 1, and the other a whole number: so the result is the nearest there is to its six digits.
    up, down = 10.0 ** np.clip(digits, 0, 308), 10.0 ** np.clip(-digits, 0, 308)
    rounded: Floats = np.round(values * up / down) / up * down
    return rounded


def _event(event: Event, labels: Sequence[Range]) -> dict[str, Any]:
    document = {"start": iso(event.start), "end": iso(event.end), "duration_in_seconds": event.seconds}
    warned = [warning(event, label) for label in labels if overlap(event.span, label)]
    return {**document, "forewarning_in_seconds": max(warned)} if warned else document
