"""examples/cross_account: who is not meant cannot import; who is, gets copies under a key of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.stage import PLANT, TRAINING
from demo.stories.example import Example

_SOMEBODY_ELSE = "333333333333"


class CrossAccount(Example):
    """A model goes from account to account."""

    name = "cross_account"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [
            self.share_with_somebody_else,
            self.import_what_is_not_shared,
            self.share_with_the_plant,
            self.import_it,
            self.destroy_what_was_imported_from,
            self.destroy,
        ]

    def share_with_somebody_else(self) -> None:
        self.context["bucket"] = self.training.bucket("pump-research")
        self.stage.say(f"account {TRAINING} trains a model, and shares it with account {_SOMEBODY_ELSE}")
        self.stage.succeeds(self.cli().deploy("Research", importer=_SOMEBODY_ELSE))
        outputs = self.stage.outputs("Research", TRAINING)
        self.context |= {"dataset_arn": outputs["DatasetArn"], "model_arn": outputs["ModelArn"]}
        dataset = self.training.equipment.describe_dataset(DatasetName=outputs["DatasetArn"].split("/")[1])
        self.stage.expect(f":{TRAINING}:key/" in dataset["ServerSideKmsKeyId"], "it is encrypted with a key of its own")

    def import_what_is_not_shared(self) -> None:
        [reason] = self.stage.fails(self.cli(PLANT).deploy("Plant"))
        self.stage.expect("AccessDeniedException" in reason, "access is denied")

    def share_with_the_plant(self) -> None:
        model, dataset = self.context["model_arn"], self.context["dataset_arn"]
        self.stage.succeeds(self.cli().deploy("Research"))
        outputs = self.stage.outputs("Research", TRAINING)
        self.stage.expect(
            (outputs["ModelArn"], outputs["DatasetArn"]) == (model, dataset), "model and dataset are those of before"
        )
        policy = self.training.equipment.describe_resource_policy(ResourceArn=model)["ResourcePolicy"]
        self.stage.expect(PLANT in policy and _SOMEBODY_ELSE not in policy, f"only account {PLANT} may import them")

    def import_it(self) -> None:
        self.stage.succeeds(self.cli(PLANT).deploy("Plant"))
        key = self.output("Plant", "KeyArn", PLANT)
        self.stage.expect(self._model()["ServerSideKmsKeyId"] == key, "the copy is encrypted with the plant's own key")

    def destroy_what_was_imported_from(self) -> None:
        self.stage.succeeds(self.cli().destroy("Research"))
        model = self._model()
        self.stage.expect(
            (model["Status"], model["ActiveModelVersion"]) == ("SUCCESS", 1), "the copy is as it was, and active"
        )

    def destroy(self) -> None:
        self.stage.succeeds(self.cli(PLANT).destroy("Plant"))

    def _model(self) -> dict[str, Any]:
        """The imported model."""
        name = self.output("Plant", "ModelName", PLANT)
        found: dict[str, Any] = self.plant.describe_model(ModelName=name)
        return found
