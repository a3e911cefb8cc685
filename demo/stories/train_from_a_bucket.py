"""examples/train_from_a_bucket: readings become a dataset and a model; another training range, another model."""

from __future__ import annotations

from collections.abc import Callable

from demo.stage import TRAINING
from demo.stories.example import Example
from examples.readings import START, rows


class TrainFromABucket(Example):
    """A training of a stack's own."""

    name = "train_from_a_bucket"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [self.readings_with_a_double, self.deploy, self.train_with_more_data, self.destroy]

    def readings_with_a_double(self) -> None:
        bucket = self.training.bucket("pump-2026")
        self.context["bucket"] = bucket
        self.training.put(bucket, "readings/pump/again.csv", rows([START]))
        self.stage.say("a bucket has readings and labels; one reading stands in two files")
        [reason] = self.stage.fails(self.cli().deploy("TrainFromABucket"), TRAINING)
        self.stage.expect("DuplicateTimestamps" in reason, "the gate says what is too much")
        self.stage.expect(self._models() == {}, "no model was trained with it")
        self.training.delete(bucket, "readings/pump/again.csv")

    def deploy(self) -> None:
        self.stage.succeeds(self.cli().deploy("TrainFromABucket"))
        quality = self.output("TrainFromABucket", "ModelQuality")
        self.stage.expect(quality == "QUALITY_THRESHOLD_MET", f"a model was trained, and the service says {quality}")
        diagnostics = self.output("TrainFromABucket", "Diagnostics")
        self.stage.expect(
            diagnostics in self.training.keys(self.context["bucket"]),
            f"its diagnostics are in the bucket: {diagnostics}",
        )

    def train_with_more_data(self) -> None:
        [first] = self._models()
        self.stage.succeeds(self.cli().deploy("TrainFromABucket", train_until="2026-07-10"))
        second = self.output("TrainFromABucket", "ModelName")
        until = self.training.equipment.describe_model(ModelName=second)["TrainingDataEndTime"]
        self.stage.expect(f"{until:%Y-%m-%d}" == "2026-07-10", "another model was trained with ten days more")
        self.stage.expect(self._models() == {second: "SUCCESS"} and second != first, f"the first one, {first}, is gone")

    def destroy(self) -> None:
        self.stage.succeeds(self.cli().destroy("TrainFromABucket"))
        self.stage.expect(self._models() == {}, "the model is gone")

    def _models(self) -> dict[str, str]:
        found = self.training.equipment.list_models(ModelNameBeginsWith="TrainFromABucket-")["ModelSummaries"]
        return {one["ModelName"]: one["Status"] for one in found}
