"""What a version says of rows, and the JSON lines that tell it: of inference and of a training's diagnostics.

Both have the same form (user guide, "Evaluating your model", "Reviewing inference results in a JSON file").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from lookout_server.equipment.executions import Prediction
from lookout_server.equipment.training import (
    DEVIATIONS,
    OffCondition,
    Profile,
    Row,
    deviations_of,
)
from lookout_server.protocol.times import iso


def predictions(rows: Sequence[Row], profile: Profile, off: OffCondition | None) -> Iterator[Prediction]:
    """What a version says of each row.

    The anomaly score is d / (d + 3) for the largest deviation d, so that it passes one half where a row becomes
    anomalous; the share of a sensor is its part in the sum of squared deviations.
    """
    for time, values in rows:
        if off and off.holds(values):
            yield Prediction(time, off=True)
            continue
        deviations = deviations_of(values, profile)
        worst, total = max(deviations.values(), default=0.0), sum(one**2 for one in deviations.values())
        yield Prediction(
            time,
            off=False,
            score=worst / (worst + DEVIATIONS),
            anomalous=worst > DEVIATIONS,
            shares={
                f"{component}\\{name}": deviation**2 / total if total else 0.0
                for (component, name), deviation in sorted(deviations.items())
            },
        )


def json_lines(found: Iterable[Prediction]) -> bytes:
    """Predictions as a file with a JSON document on each line."""
    return "".join(f"{json.dumps(_document(one))}\n" for one in found).encode()


def _document(prediction: Prediction) -> dict[str, object]:
    document: dict[str, object] = {"timestamp": iso(prediction.time), "prediction": int(prediction.anomalous)}
    if prediction.off:
        return {**document, "prediction_reason": "MACHINE_OFF"}
    return {
        **document,
        "prediction_reason": "ANOMALY_DETECTED" if prediction.anomalous else "NO_ANOMALY_DETECTED",
        "anomaly_score": round(prediction.score, 5),
        "diagnostics": [{"name": name, "value": round(share, 5)} for name, share in prediction.shares.items()],
    }
