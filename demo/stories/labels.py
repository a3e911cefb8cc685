"""examples/labels: a file of labels changes, and the service's labels change by the difference."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.cli import ROOT
from demo.stories.example import Example

_STACK = "Labels"


class Labels(Example):
    """What is known of failures."""

    name = "labels"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [self.dataset, self.code_that_nobody_knows, self.deploy, self.review, self.destroy]

    def dataset(self) -> None:
        self.stage.say("there is a dataset with eight months of readings")
        bucket = self.training.bucket("pump-labels")
        self.training.dataset("pumps-labelled", bucket, self.training.role(bucket))
        self.context["dataset"] = "pumps-labelled"

    def code_that_nobody_knows(self) -> None:
        log = (ROOT / "examples" / self.name / "log.csv").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "log.csv")
            path.write_text(log.replace("bearing", "baering", 1), encoding="utf-8")
            outcome = self.cli().deploy(_STACK, labels=str(path))
        self.refused(outcome, "got 'baering', expected one of 'bearing', 'leak', 'unknown'")

    def deploy(self) -> None:
        self.stage.succeeds(self.cli().deploy(_STACK))
        found = Counter(label["Rating"] for label in self._labels())
        self.stage.expect(
            found == {"ANOMALY": 3, "NEUTRAL": 2, "NO_ANOMALY": 1}, "there are the file's four labels, and two more"
        )
        quality = self.output(_STACK, "ModelQuality")
        self.stage.expect(quality == "QUALITY_THRESHOLD_MET", f"a model knows them, and the service says {quality}")

    def review(self) -> None:
        self.stage.say("the noise in January was none, and a change of a filter was forgotten")
        model = self.output(_STACK, "ModelName")
        before = {label["LabelId"] for label in self._labels()}
        self.stage.calls.clear()
        self.stage.succeeds(self.cli().deploy(_STACK, labels="reviewed.csv"))
        changes = [
            call.operation for call in self.stage.calls.all() if call.operation in ("CreateLabel", "DeleteLabel")
        ]
        self.stage.expect(changes == ["CreateLabel", "DeleteLabel"], "one label was made, and one was deleted")
        self.stage.expect(len(before & {label["LabelId"] for label in self._labels()}) == 5, "five were not touched")
        self.stage.expect(self.output(_STACK, "ModelName") == model, "nor was the model: the next training has them")

    def destroy(self) -> None:
        self.stage.succeeds(self.cli().destroy(_STACK))

    def _labels(self) -> list[dict[str, Any]]:
        group = self.output(_STACK, "LabelGroupName")
        return list(self.training.equipment.list_labels(LabelGroupName=group)["LabelSummaries"])
