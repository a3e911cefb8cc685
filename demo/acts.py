"""The acts of the demo: each one does something to the stacks, checks what came of it, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console

from demo.cli import Cli, Outcome, failures, retained
from demo.inventory import table
from demo.training import Trained, seed
from lookout_local.clients import client
from lookout_local.process import Running
from lookout_local.remote import RemoteCalls

TRAINING, PLANT = "111111111111", "222222222222"


class Demo:
    """One performance on one local cloud."""

    def __init__(self, running: Running, console: Console) -> None:
        self._running = running
        self._console = console
        self._calls = RemoteCalls(running.endpoint_url)
        self._training = Cli(running, TRAINING, {})
        self._plant = Cli(running, PLANT, {})

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

    def run(self) -> None:
        for number, act in enumerate(self.acts, 1):
            self._console.rule(f"{number}/{len(self.acts)}  {act.__name__.replace('_', ' ')}", align="left")
            act()
            self._show()

    # -- the acts -----------------------------------------------------------------------------------------------

    def seed(self) -> None:
        """The training account: readings, a dataset, a model of three versions."""
        self._say(f"account {TRAINING} ingests readings from its bucket, trains a model and makes two more versions")
        trained: Trained = seed(lambda service: self._client(service, TRAINING), versions=3)
        context = {"dataset_arn": trained.dataset_arn, "model_arn": trained.model_arn}
        self._training, self._plant = Cli(self._running, TRAINING, context), Cli(self._running, PLANT, context)

    def share(self) -> None:
        self._say(f"a stack lets account {PLANT} import the dataset and the model")
        self._succeeds(self._training.deploy("Share"))

    def deploy(self) -> None:
        self._say(f"a stack in account {PLANT} imports both, and says which version is active")
        self._succeeds(self._plant.deploy("Plant"))
        self._expect(self._active_version() == 1, "version 1 is active")

    def deploy_again(self) -> None:
        self._calls.clear()
        outcome = self._succeeds(self._plant.deploy("Plant"))
        self._expect(outcome.unchanged, "the CLI says that there are no changes")
        self._expect(not self._calls.all(), "the service received no call")

    def update(self) -> None:
        self._say("a further version is imported and becomes active")
        self._calls.clear()
        self._succeeds(self._plant.deploy("Plant", version="2"))
        self._expect(self._active_version() == 2, "version 2 is active")
        changes = [call.operation for call in self._calls.all() if not call.operation.startswith(("Describe", "List"))]
        touched = [operation for operation in changes if operation not in ("TagResource", "UntagResource")]
        self._expect(
            touched == ["ImportModelVersion", "UpdateActiveModelVersion"],
            f"nothing else was touched: {', '.join(touched)}",
        )

    def import_of_a_version_that_does_not_exist(self) -> None:
        self._fails(self._plant.deploy("Plant", version="9"))
        self._expect(self._active_version() == 2, "the stack is as before: version 2 is active")

    def failure_after_the_activation(self) -> None:
        self._say("version 3 becomes active, then something that comes after it fails")
        self._calls.clear()
        self._fails(self._plant.deploy("Plant", version="3", then_import="9"))
        moves = [
            call.parameters["ModelVersion"]
            for call in self._calls.all()
            if call.operation == "UpdateActiveModelVersion"
        ]
        self._expect(len(moves) == 2, f"the active version moved: 2 -> {' -> '.join(str(move) for move in moves)}")
        self._expect(self._active_version() == 2, "the rollback made version 2 active again")

    def destroy(self) -> None:
        cloudformation = self._client("cloudformation", PLANT)
        stack_id = cloudformation.describe_stacks(StackName="Plant")["Stacks"][0]["StackId"]
        self._succeeds(self._plant.destroy("Plant", version="2"))
        for logical_id, physical_id in retained(cloudformation, stack_id):
            self._say(f"retained by its policy: {physical_id} ({logical_id})")
        self._expect(len(retained(cloudformation, stack_id)) == 2, "the dataset and the model were kept")

    def deploy_what_was_retained(self) -> None:
        self._calls.clear()
        self._succeeds(self._plant.deploy("Plant", version="2"))
        made = [call.operation for call in self._calls.all() if call.operation.startswith("Import")]
        self._expect(not made, "dataset, model and version were found again: nothing was imported twice")
        self._expect(self._active_version() == 2, "version 2 is active again")

    def destroy_everything(self) -> None:
        self._say("the removal policy becomes DESTROY, then all stacks go")
        self._succeeds(self._plant.deploy("Plant", version="2", removal="destroy"))
        self._succeeds(self._plant.destroy("Plant", version="2", removal="destroy"))
        self._succeeds(self._training.destroy("Share"))
        equipment = self._client("lookoutequipment", PLANT)
        left = [*equipment.list_datasets()["DatasetSummaries"], *equipment.list_models()["ModelSummaries"]]
        self._expect(not left, f"nothing is left in account {PLANT}")

    # -- saying and checking ------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self._console.print(f"  {text}", highlight=False)

    def _expect(self, met: bool, what: str) -> None:
        if not met:
            raise SystemExit(f"demo: expected that {what}")
        self._console.print(f"  [green]ok[/] {what}", highlight=False)

    def _succeeds(self, outcome: Outcome) -> Outcome:
        self._console.print(f"  [bold]$ {outcome.command}[/]", highlight=False)
        if not outcome.ok:
            self._console.print(outcome.output, markup=False, highlight=False)
            raise SystemExit(f"demo: `{outcome.command}` failed")
        return outcome

    def _fails(self, outcome: Outcome) -> None:
        self._console.print(f"  [bold]$ {outcome.command}[/]", highlight=False)
        self._expect(not outcome.ok, "the deployment failed, and was rolled back")
        for resource, reason in failures(self._client("cloudformation", PLANT), "Plant"):
            self._console.print(f"  [red]{resource}[/]: {reason}", highlight=False)

    def _show(self) -> None:
        titles = {TRAINING: "training", PLANT: "plant"}
        accounts = {title: self._client("lookoutequipment", account) for account, title in titles.items()}
        self._console.print(table(accounts))
        self._console.print()

    def _active_version(self) -> int:
        [model] = self._client("lookoutequipment", PLANT).list_models()["ModelSummaries"]
        return int(model["ActiveModelVersion"])

    def _client(self, service: str, account: str) -> Any:
        return client(service, endpoint_url=self._running.endpoint_url, account=account, region="us-east-1")
