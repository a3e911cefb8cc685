"""The reference app: what one account trains is shared, imported by another one, kept up to date, and run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from demo.cli import retained
from demo.forewarning import warnings
from demo.inventory import table
from demo.stage import PLANT, TRAINING, Stage
from demo.stories.story import Story
from examples import bottles
from examples.readings import files, rows
from lookout_local.services import Progress

_READINGS, _TELEMETRY, _PICTURES = "pump-readings", "pump-telemetry", "bottle-pictures"
_FIVE_MINUTES = timedelta(minutes=5)


class Reference(Story):
    """The whole life of the two stacks."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._training, self._plant = stage.cli(TRAINING), stage.cli(PLANT)

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [
            self.train_and_share,
            self.ask_how_early_it_warns,
            self.import_activate_and_run,
            self.watch_it_run,
            self.inspect_bottles,
            self.deploy_again,
            self.update,
            self.version_that_does_not_pass_the_gate,
            self.failure_after_the_activation,
            self.destroy,
            self.deploy_what_was_retained,
            self.destroy_everything,
        ]

    def train_and_share(self) -> None:
        self.stage.say(f"account {TRAINING} has readings of eight months, and labels, in the bucket {_READINGS}")
        s3 = self.stage.client("s3", TRAINING)
        s3.create_bucket(Bucket=_READINGS)
        for key, text in files().items():
            s3.put_object(Bucket=_READINGS, Key=key, Body=text.encode())
        self.stage.say("a stack ingests them, waits for a training of ten minutes, and shares the model")
        before = self.stage.set(training_progress=Progress.by_seconds(600))
        self.stage.succeeds(self._training.deploy("Training", removal="destroy"))
        self.stage.settings.put(before)
        outputs = self.stage.outputs("Training", TRAINING)
        self._plant = self.stage.cli(PLANT, {"dataset_arn": outputs["DatasetArn"], "model_arn": outputs["ModelArn"]})
        self._make_versions(outputs["ModelArn"], 2, 3)

    def _make_versions(self, model_arn: str, *versions: int) -> None:
        """Further versions, as retraining would add them in a few months."""
        equipment = self.stage.client("lookoutequipment", TRAINING)
        model = model_arn.split("/")[1]
        dataset = equipment.describe_model(ModelName=model)["DatasetName"]
        for version in versions:
            source = f"{model_arn}/model-version/1"
            equipment.import_model_version(SourceModelVersionArn=source, ModelName=model, DatasetName=dataset)
            self.stage.until(
                lambda: equipment.describe_model(ModelName=model)["Status"] == "SUCCESS",
                f"there is a version {version}",
            )

    def ask_how_early_it_warns(self) -> None:
        self.stage.say("the model has learnt from the first six months, and was tried on the two after them")
        equipment = self.stage.client("lookoutequipment", TRAINING)
        [model] = equipment.list_models()["ModelSummaries"]
        metrics = json.loads(equipment.describe_model(ModelName=model["ModelName"])["ModelMetrics"])
        labeled, warned = metrics["labeled_event_metrics"], warnings(metrics)
        self.stage.expect(
            len(warned) == labeled["num_identified"] == labeled["num_labeled"] > 0,
            "it gave an alarm before every failure that somebody wrote down",
        )
        for one in warned:
            self.stage.say(
                f"the pump broke down at {one.breakdown:%d %B, %H:%M}; the alarm came at {one.alarm:%d %B, %H:%M}, "
                f"mostly because of {one.sensor}"
            )
            self.stage.expect(
                one.ahead >= timedelta(days=1), f"that is {one.ahead / timedelta(hours=1):.0f} hours before it"
            )
        told = timedelta(seconds=labeled["total_warning_time_in_seconds"])
        self.stage.expect(sum((one.ahead for one in warned), timedelta()) == told, "as the metrics of the model say")

    def import_activate_and_run(self) -> None:
        self.stage.say(f"a stack in account {PLANT} imports the model, activates it if it is good enough, and runs it")
        s3 = self.stage.client("s3")
        s3.create_bucket(Bucket=_TELEMETRY)
        self.stage.say("another one trains a model of Lookout for Vision with pictures of bottles, and hosts it")
        s3.create_bucket(Bucket=_PICTURES)
        for key, content in bottles.files(_PICTURES).items():
            s3.put_object(Bucket=_PICTURES, Key=key, Body=content)
        self.stage.succeeds(self._plant.deploy("Plant", "Inspection"))
        self.stage.expect(self._active_version() == 1, "version 1 is active")

    def watch_it_run(self) -> None:
        self.stage.say("the pump sends a file every five minutes; from the third one on, its filter is stuffed")
        s3, equipment = self.stage.client("s3"), self.stage.client("lookoutequipment")
        [scheduler] = equipment.list_inference_schedulers()["InferenceSchedulerSummaries"]
        name = scheduler["InferenceSchedulerName"]
        first = _next_interval(self.stage.now()) + _FIVE_MINUTES
        for number in range(3):
            start = first + number * _FIVE_MINUTES
            minutes = [start + timedelta(minutes=minute) for minute in range(1, 6)]
            body = rows(minutes, {"filter": 0.8} if number == 2 else {})
            s3.put_object(Bucket=_TELEMETRY, Key=f"incoming/pump-{start:%Y%m%d%H%M%S}.csv", Body=body.encode())

        def succeeded() -> list[dict[str, object]]:
            found = equipment.list_inference_executions(InferenceSchedulerName=name, Status="SUCCESS")
            return list(found["InferenceExecutionSummaries"])

        self.stage.until(lambda: len(succeeded()) == 3, "three runs of the scheduler have succeeded")
        results = [
            json.loads(line)
            for entry in s3.list_objects_v2(Bucket=_TELEMETRY, Prefix="results/")["Contents"]
            for line in s3.get_object(Bucket=_TELEMETRY, Key=entry["Key"])["Body"].read().splitlines()
        ]
        anomalous = [result for result in results if result["prediction"] == 1]
        self.stage.say(json.dumps(anomalous[0]))
        # One row may be noise, so the first of them is no alarm yet.
        said = [result["prediction"] for result in results]
        self.stage.expect(
            len(said) == 15 and said[:10] == 10 * [0] and said[11:] == 4 * [1],
            "ten rows of two files are normal, and a minute into the third one the alarm comes",
        )
        top = max(anomalous[0]["diagnostics"], key=lambda sensor: float(sensor["value"]))
        self.stage.expect(top["name"] in ("pump\\pressure", "pump\\flow"), f"and it is mostly {top['name']}")

    def inspect_bottles(self) -> None:
        outputs, vision = self.stage.outputs("Inspection"), self.stage.client("lookoutvision")
        named = {"ProjectName": outputs["ProjectName"], "ModelVersion": outputs["ModelVersion"]}
        figures = vision.describe_model(**named)["ModelDescription"]["Performance"]
        self.stage.say(
            "on bottles that it has not learnt from, the model has "
            f"precision {figures['Precision']:.2f}, recall {figures['Recall']:.2f} and F1 {figures['F1Score']:.2f}"
        )
        for number, damage in enumerate((None, *bottles.DAMAGES), 900):
            answer = vision.detect_anomalies(
                **named, ContentType="image/png", Body=bottles.picture(number, damage=damage)
            )["DetectAnomalyResult"]
            self.stage.expect(
                answer["IsAnomalous"] == (damage is not None),
                f"a bottle with {damage or 'nothing wrong'} is told from the others, {answer['Confidence']:.0%}",
            )

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
        called = [call.operation for call in self.stage.calls.all()]
        touched = [name for name in called if not name.startswith(("Describe", "List", "Tag", "Untag"))]
        self.stage.expect(
            touched == ["ImportModelVersion", "UpdateActiveModelVersion"],
            f"nothing else was touched: {', '.join(touched)}",
        )

    def version_that_does_not_pass_the_gate(self) -> None:
        self.stage.say("from now on a version must not find anything in the evaluation that nobody has labeled")
        [reason] = self.stage.fails(self._plant.deploy("Plant", version="3", max_unknown_events="0"))
        self.stage.expect("UnknownEvents is 1, expected at most 0" in reason, "the gate names the figure")
        self.stage.expect(self._active_version() == 2, "version 2 is still active")

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
        self.stage.say("the removal policy becomes DESTROY, as the other account has it, then both stacks go")
        both = ("Plant", "Inspection")
        self.stage.succeeds(self._plant.deploy(*both, version="2", removal="destroy"))
        self.stage.succeeds(self._plant.destroy(*both, version="2", removal="destroy"))
        self.stage.succeeds(self._training.destroy("Training", removal="destroy"))
        for account in (TRAINING, PLANT):
            equipment = self.stage.client("lookoutequipment", account)
            left = [
                *equipment.list_datasets()["DatasetSummaries"],
                *equipment.list_models()["ModelSummaries"],
                *equipment.list_inference_schedulers()["InferenceSchedulerSummaries"],
            ]
            left += self.stage.client("lookoutvision", account).list_projects()["Projects"]
            self.stage.expect(not left, f"nothing is left in account {account}")

    def after_act(self) -> None:
        titles = {TRAINING: "training", PLANT: "plant"}
        accounts = {title: self.stage.client("lookoutequipment", account) for account, title in titles.items()}
        self.stage.show(table(accounts))

    def _active_version(self) -> int:
        [model] = self.stage.client("lookoutequipment").list_models()["ModelSummaries"]
        return int(model["ActiveModelVersion"])


def _next_interval(now: datetime) -> datetime:
    """When the interval begins that follows the one of *now*."""
    return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0) + _FIVE_MINUTES
