"""What the stories of the apps in examples/ have in common."""

from __future__ import annotations

from demo.cli import ROOT, Cli, Outcome
from demo.stage import PLANT, TRAINING, Stage
from demo.stories.story import Story
from demo.training import Account
from lookout_local.services import Progress

#: How long a training takes by the service's clock: minutes, so that the story is soon told.
_TRAINING_SECONDS = 300


class Example(Story):
    """An app is deployed, updated and destroyed; when the story ends, both accounts are as they were before.

    A story is played in account TRAINING, and in PLANT where it needs another one.
    """

    #: The directory in examples/, and the name of the story.
    name: str

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.training = Account(lambda service: stage.client(service, TRAINING))
        self.plant = stage.client("lookoutequipment", PLANT)
        self.context: dict[str, str] = {"removal": "destroy"}

    def play(self) -> None:
        """Play all acts, and remove what was made by hand."""
        before = self._everything()
        settings = self.stage.set(training_progress=Progress.by_seconds(_TRAINING_SECONDS))
        try:
            super().play()
        finally:
            self.stage.settings.put(settings)
        self.training.undo()
        left = self._everything() - before
        self.stage.expect(not left, f"nothing is left{''.join(f', got {one}' for one in sorted(left))}")

    def cli(self, account: str = TRAINING) -> Cli:
        """The CDK CLI in the directory of the app."""
        return self.stage.cli(account, self.context, app=ROOT / "examples" / self.name)

    def refused(self, outcome: Outcome, *reasons: str) -> None:
        """Say that a synthesis was refused, and end the demo unless it was, for these *reasons*."""
        self.stage.said(outcome)
        for reason in reasons:
            self.stage.expect(reason in outcome.output, f"the app is refused: {reason}")
        self.stage.expect(not outcome.ok, "nothing was deployed")

    def output(self, stack: str, name: str, account: str = TRAINING) -> str:
        """An output of a stack."""
        return self.stage.outputs(stack, account)[name]

    def _everything(self) -> set[str]:
        """What there is in the service, in S3 and in CloudFormation, but for what bootstrapping makes."""
        found = set()
        for account in (TRAINING, PLANT):
            equipment = self.stage.client("lookoutequipment", account)
            vision = self.stage.client("lookoutvision", account)
            stacks = self.stage.client("cloudformation", account).describe_stacks()["Stacks"]
            found |= {
                f"{what} {name} of {account}"
                for what, names in {
                    "dataset": [one["DatasetName"] for one in equipment.list_datasets()["DatasetSummaries"]],
                    "model": [one["ModelName"] for one in equipment.list_models()["ModelSummaries"]],
                    "label group": [
                        one["LabelGroupName"] for one in equipment.list_label_groups()["LabelGroupSummaries"]
                    ],
                    "project": [one["ProjectName"] for one in vision.list_projects()["Projects"]],
                    "bucket": [one["Name"] for one in self.stage.client("s3", account).list_buckets()["Buckets"]],
                    "stack": [one["StackName"] for one in stacks],
                }.items()
                for name in names
                if not name.lower().startswith("cdk")
            }
        return found
