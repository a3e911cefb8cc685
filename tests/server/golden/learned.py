"""Writes models of this release, for later ones to judge by: `python -m tests.server.golden.learned`.

One file for each form that a model of sensors ever had in a release, never changed once that is out: the model, rows
that it has not learned, and the scores that it gave them.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from lookout_server.detection.artifact import packed
from lookout_server.detection.sensors import contents, fit
from lookout_server.detection.sensors.store import FORMAT
from tests.server.detection import machine

MODELS = Path(__file__).parent / "models"
#: The form of the release that is being made.
RELEASE = f"sensors-{FORMAT}"


def learned() -> dict[str, Any]:
    """A model with labels, of a machine with a switch and with holes in what was read."""
    training = machine.running(400, seed=1)
    training[30:40, 4] = float("nan")
    training[100:110, 3] += 5
    model = fit(machine.frame(training), labels=[(100 * machine.MINUTE, 109 * machine.MINUTE)])
    rows = machine.faulty(120, seed=2)[0].round(6)
    judged = model.judge(machine.frame(rows))
    return {
        "model": base64.b64encode(packed(contents(model))).decode(),
        "rows": rows.tolist(),
        "scores": judged.scores.tolist(),
        "shares": judged.shares[-1].tolist(),
    }


def main() -> None:
    MODELS.mkdir(exist_ok=True)
    (MODELS / f"{RELEASE}.json").write_text(json.dumps(learned()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
