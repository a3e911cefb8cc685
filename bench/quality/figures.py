"""By which figures a detector is judged."""

from __future__ import annotations

import numpy as np

from lookout_server.detection.sensors.frame import Flags, Floats, Integers

#: Scores and alarms by row.
Answer = tuple[Floats, Flags]
#: The figures of `figures`, in the order of the tables.
NAMES = ("ap", "f1", "event recall", "event precision", "false events a day", "delay")


def runs(flags: Flags) -> list[tuple[int, int]]:
    """The first and the last row of each run of true rows."""
    edges = np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]]))
    return [
        (int(first), int(end) - 1)
        for first, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    ]


def average_precision(truth: Flags, scores: Floats) -> float:
    """The mean precision at each true row, from the highest score down; rows with the same score come at once."""
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # of the rows with the same score
    gained = np.diff(found[last], prepend=0)
    return float((gained * found[last] / (last + 1)).sum() / truth.sum())


def figures(labels: Integers, scores: Floats, alarms: Flags, step: float) -> dict[str, float]:
    """labels: 1 abnormal, 0 normal, -1 not counted. step: seconds from row to row.

    ap and f1 are of rows. Event recall: the share of abnormal runs with an alarm in them. Event precision: the share of
    runs of alarms with an abnormal row in them; the others are false events, per day of normal operation. Delay: rows
    until the first alarm, the median over the events that were found.
    """
    counted, truth = labels >= 0, labels == 1
    hit, false = int((alarms & truth).sum()), int((alarms & (labels == 0)).sum())
    events, raised = runs(truth), [run for run in runs(alarms) if (labels[run[0] : run[1] + 1] != -1).any()]
    right = sum(bool(truth[first : last + 1].any()) for first, last in raised)
    delays = [int(alarms[first : last + 1].argmax()) for first, last in events if alarms[first : last + 1].any()]
    days = float((labels == 0).sum()) * step / 86_400
    mixed = truth.any() and (labels == 0).any()
    return {
        "ap": average_precision(truth[counted], scores[counted]) if mixed else float("nan"),
        "f1": 2 * hit / max(hit + false + int(truth.sum()), 1),
        "event recall": len(delays) / max(len(events), 1),
        "event precision": right / max(len(raised), 1),
        "false events a day": (len(raised) - right) / max(days, 1e-9),
        "delay": float(np.median(delays)) if delays else float("nan"),
    }


def rates(judged: list[tuple[Integers, Flags]]) -> tuple[float, float, float]:
    """F1, the share of normal rows with an alarm, and that of abnormal rows without one, of all cases together."""
    labels, alarms = (np.concatenate([one[at] for one in judged]) for at in (0, 1))
    truth = labels == 1
    hit, false, missed = (int(rows.sum()) for rows in (alarms & truth, alarms & (labels == 0), ~alarms & truth))
    return 2 * hit / max(2 * hit + false + missed, 1), false / max(int((labels == 0).sum()), 1), missed / truth.sum()


def culprits(causes: list[tuple[int, int, list[int]]], contributions: Floats) -> tuple[int, int]:
    """In how many of the events, and of how many, the sensor that contributes most is one that the data set names."""
    hits = sum(int(contributions[first : last + 1].sum(0).argmax()) in sensors for first, last, sensors in causes)
    return hits, len(causes)


def averages(rows: list[tuple[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The means of the cases of each set, and under "mean" those of the sets; what is not a number is left out."""
    sets: dict[str, list[dict[str, float]]] = {}
    for name, found in rows:
        sets.setdefault(name, []).append(found)
    table = {name: {key: _mean([one[key] for one in found]) for key in found[0]} for name, found in sets.items()}
    keys = next(iter(table.values()))
    return table | {"mean": {key: _mean([found[key] for found in table.values()]) for key in keys}}


def _mean(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return sum(known) / len(known) if known else float("nan")
