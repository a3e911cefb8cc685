"""examples/weekly_promotion: a version a week; a poor one does not become active."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from demo.stage import PLANT
from demo.stories.example import Example
from examples.readings import labels

_STACK = "WeeklyPromotion"
#: The pump was fine then: whoever labels this as a failure gets a model that finds none of its labels.
_NO_FAILURE = (datetime(2026, 8, 5, tzinfo=UTC), datetime(2026, 8, 7, tzinfo=UTC))


class WeeklyPromotion(Example):
    """Four weeks of a model in production."""

    name = "weekly_promotion"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [self.four_versions, self.deploy, self.poor_version, self.good_version, self.keep_the_best, self.destroy]

    def four_versions(self) -> None:
        self.stage.say("a model has four versions; the second was trained with wrong labels, and the fourth, too")
        training = self.training
        bucket = training.bucket("pump-weekly")
        training.put(bucket, "wrong-labels/failures.csv", labels([_NO_FAILURE]))
        role = training.role(bucket)
        dataset_arn = training.dataset("weekly", bucket, role)
        poor = training.labelled_model("weekly-poor", "weekly", bucket, role, "wrong-labels/")
        good = training.labelled_model("weekly", "weekly", bucket, role)
        for source in (poor, good, poor):
            training.version("weekly", "weekly", f"{source}/model-version/1")
        # What examples/cross_account does with a stack.
        training.share(dataset_arn, "lookoutequipment:ImportDataset", PLANT)
        training.share(good, "lookoutequipment:ImportModelVersion", PLANT)
        self.context |= {"dataset_arn": dataset_arn, "model_arn": good}

    def deploy(self) -> None:
        self.stage.succeeds(self.cli(PLANT).deploy(_STACK, version="1"))
        self.stage.expect(self._active() == self._imported() == 2, "the model and one more version; that is active")

    def poor_version(self) -> None:
        [reason] = self.stage.fails(self.cli(PLANT).deploy(_STACK, version="2"))
        for figure in ("ModelQuality is POOR_QUALITY_DETECTED", "Recall is 0"):
            self.stage.expect(figure in reason, f"the gate tells: {figure}")
        self.stage.expect(self._active() == 2, "what was active stays so")

    def good_version(self) -> None:
        self.stage.succeeds(self.cli(PLANT).deploy(_STACK, version="3"))
        self.stage.expect(self._active() == self._imported(), "the newest version is active")

    def keep_the_best(self) -> None:
        best = self._active()
        self.stage.succeeds(self.cli(PLANT).deploy(_STACK, version="4", when_poor="keep-the-best"))
        self.stage.expect(self._imported() == best + 1, "one more version was imported")
        self.stage.expect(self._active() == best, "it is a poor one: the newest good one is active")

    def destroy(self) -> None:
        self.stage.succeeds(self.cli(PLANT).destroy(_STACK))

    def _active(self) -> int:
        """The active version of the imported model."""
        model = self.plant.describe_model(ModelName=self.output(_STACK, "ModelName", PLANT))
        return int(model["ActiveModelVersion"])

    def _imported(self) -> int:
        """The newest version of the imported model."""
        name = self.output(_STACK, "ModelName", PLANT)
        versions = self.plant.list_model_versions(ModelName=name)["ModelVersionSummaries"]
        return max(int(version["ModelVersion"]) for version in versions)
