"""The reference app: what one account trained is shared, imported by another one, and kept up to date."""

from __future__ import annotations

from collections.abc import Callable

from demo.cli import retained
from demo.inventory import table
from demo.stage import PLANT, TRAINING, Stage
from demo.stories.story import Story
from demo.training import Trained, seed


class Reference(Story):
    """The whole life of a stack."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._training, self._plant = stage.cli(TRAINING), stage.cli(PLANT)

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [
            self.seed,
            self.share,
            self.deploy,
            self.deploy_again,
            self.update,
            self.import_of_a_version_that_does_not_exist,
            self.failure_after_the_activation,
            self.destroy,
            self.deploy_what_was_retained,
            self.destroy_everything,
        ]

    def seed(self) -> None:
        """The training account: readings, a dataset, a model of three versions."""
        self.stage.say(
            f"account {TRAINING} ingests readings from its bucket, trains a model and makes two more versions"
        )
        trained: Trained = seed(lambda service: self.stage.client(service, TRAINING), versions=3)
        context = {"dataset_arn": trained.dataset_arn, "model_arn": trained.model_arn}
        self._training, self._plant = self.stage.cli(TRAINING, context), self.stage.cli(PLANT, context)

    def share(self) -> None:
        self.stage.say(f"a stack lets account {PLANT} import the dataset and the model")
        self.stage.succeeds(self._training.deploy("Share"))

    def deploy(self) -> None:
        self.stage.say(f"a stack in account {PLANT} imports both, and says which version is active")
        self.stage.succeeds(self._plant.deploy("Plant"))
        self.stage.expect(self._active_version() == 1, "version 1 is active")

    def deploy_again(self) -> None:
        self.stage.calls.clear()
        outcome = self.stage.succeeds(self._plant.deploy("Plant"))
        self.stage.expect(outcome.unchanged, "the CLI says that there are no changes")
        self.stage.expect(not self.stage.calls.all(), "the service received no call")

    def update(self) -> None:
        self.stage.say("a further version is imported and becomes active")
        self.stage.calls.clear()
        self.stage.succeeds(self._plant.deploy("Plant", version="2"))
        self.stage.expect(self._active_version() == 2, "version 2 is active")
        changes = [
            call.operation for call in self.stage.calls.all() if not call.operation.startswith(("Describe", "List"))
        ]
        touched = [operation for operation in changes if operation not in ("TagResource", "UntagResource")]
        self.stage.expect(
            touched == ["ImportModelVersion", "UpdateActiveModelVersion"],
            f"nothing else was touched: {', '.join(touched)}",
        )

    def import_of_a_version_that_does_not_exist(self) -> None:
        self.stage.fails(self._plant.deploy("Plant", version="9"))
        self.stage.expect(self._active_version() == 2, "the stack is as before: version 2 is active")

    def failure_after_the_activation(self) -> None:
        self.stage.say("version 3 becomes active, then something that comes after it fails")
        self.stage.calls.clear()
        self.stage.fails(self._plant.deploy("Plant", version="3", then_import="9"))
        moves = [
            call.parameters["ModelVersion"]
            for call in self.stage.calls.all()
            if call.operation == "UpdateActiveModelVersion"
        ]
        self.stage.expect(len(moves) == 2, f"the active version moved: 2 -> {' -> '.join(str(move) for move in moves)}")
        self.stage.expect(self._active_version() == 2, "the rollback made version 2 active again")

    def destroy(self) -> None:
        cloudformation = self.stage.client("cloudformation")
        stack_id = cloudformation.describe_stacks(StackName="Plant")["Stacks"][0]["StackId"]
        self.stage.succeeds(self._plant.destroy("Plant", version="2"))
        for logical_id, physical_id in retained(cloudformation, stack_id):
            self.stage.say(f"retained by its policy: {physical_id} ({logical_id})")
        self.stage.expect(len(retained(cloudformation, stack_id)) == 2, "the dataset and the model were kept")

    def deploy_what_was_retained(self) -> None:
        self.stage.calls.clear()
        self.stage.succeeds(self._plant.deploy("Plant", version="2"))
        made = [call.operation for call in self.stage.calls.all() if call.operation.startswith("Import")]
        self.stage.expect(not made, "dataset, model and version were found again: nothing was imported twice")
        self.stage.expect(self._active_version() == 2, "version 2 is active again")

    def destroy_everything(self) -> None:
        self.stage.say("the removal policy becomes DESTROY, then all stacks go")
        self.stage.succeeds(self._plant.deploy("Plant", version="2", removal="destroy"))
        self.stage.succeeds(self._plant.destroy("Plant", version="2", removal="destroy"))
        self.stage.succeeds(self._training.destroy("Share"))
        equipment = self.stage.client("lookoutequipment")
        left = [*equipment.list_datasets()["DatasetSummaries"], *equipment.list_models()["ModelSummaries"]]
        self.stage.expect(not left, f"nothing is left in account {PLANT}")

    def after_act(self) -> None:
        titles = {TRAINING: "training", PLANT: "plant"}
        accounts = {title: self.stage.client("lookoutequipment", account) for account, title in titles.items()}
        self.stage.show(table(accounts))

    def _active_version(self) -> int:
        [model] = self.stage.client("lookoutequipment").list_models()["ModelSummaries"]
        return int(model["ActiveModelVersion"])
