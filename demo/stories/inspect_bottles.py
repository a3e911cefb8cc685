"""examples/inspect_bottles: pictures become a model that answers, and a better one; at night it rests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from demo.stage import TRAINING
from demo.stories.example import Example
from examples.bottles import files, picture

_STACK = "InspectBottles"
#: Numbers of pictures that are not in the bucket.
_NEW = range(900, 910)
_HALF_A_DAY = timedelta(hours=12)


class InspectBottles(Example):
    """A model of Lookout for Vision, from pictures to answers."""

    name = "inspect_bottles"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [
            self.pictures_that_are_too_few,
            self.deploy,
            self.inspect,
            self.train_with_more_pictures,
            self.night_and_day,
            self.destroy,
        ]

    def pictures_that_are_too_few(self) -> None:
        bucket = self.training.bucket("bottle-pictures", files("bottle-pictures"))
        self.context["bucket"] = bucket
        self.stage.say("a bucket has pictures of good and of bad bottles; those to train with are not all there")
        missing = [key for key in self.training.keys(bucket, "train/good/") if key > "train/good/05"]
        pictures = {key: self.training.load(bucket, key) for key in missing}
        for key in missing:
            self.training.delete(bucket, key)
        reasons = self.stage.fails(self.cli().deploy(_STACK), TRAINING)
        self.stage.expect(
            any("expected at least 10" in reason for reason in reasons), "the gate says how many it takes"
        )
        for key, content in pictures.items():
            self.training.put(bucket, key, content)

    def deploy(self) -> None:
        self.stage.succeeds(self.cli().deploy(_STACK))
        self.stage.expect(self._versions() == {"1": "HOSTED"}, "version 1 was trained, and is hosted")
        score = float(self.output(_STACK, "F1Score"))
        self.stage.expect(score >= 0.9, f"the test pictures give it an F1 score of {score}")

    def inspect(self) -> None:
        for number in _NEW[:2]:
            self._ask(number, None)
            self._ask(number, "crack")

    def train_with_more_pictures(self) -> None:
        for number in _NEW:
            self.training.put(self.context["bucket"], f"train/good/{number}.png", picture(number))
        self.stage.say(f"{len(_NEW)} more pictures come; another trigger looks at the bucket again")
        now = datetime.now(UTC)
        hours = f"{now - _HALF_A_DAY / 2:%H:%M}-{now + _HALF_A_DAY / 2:%H:%M}"
        self.stage.succeeds(self.cli().deploy(_STACK, trigger="2", hours=hours))
        self.stage.expect(self.output(_STACK, "TrainingImages") == "40", "there are 40 pictures to train with")
        self.stage.expect(self._versions() == {"2": "HOSTED"}, "version 2 is hosted, and version 1 is gone")
        self._ask(_NEW[-1], "torn label")

    def night_and_day(self) -> None:
        self._look_at_the_clock(datetime.now(UTC) + _HALF_A_DAY)
        self.stage.until(
            lambda: self._status() == "TRAINED", "out of its hours the model is stopped, and costs nothing"
        )
        self._look_at_the_clock(datetime.now(UTC) + 2 * _HALF_A_DAY)
        self.stage.until(lambda: self._status() == "HOSTED", "on the next day it is hosted again")

    def destroy(self) -> None:
        self.stage.succeeds(self.cli().destroy(_STACK))
        self.stage.expect(
            self.training.vision.list_projects()["Projects"] == [], "project, datasets and model are gone"
        )
        manifests = self.training.keys(self.context["bucket"], "cdk-lookout/")
        self.stage.expect(not manifests, "so is the manifest, the pictures and results are still in the bucket")

    def _ask(self, number: int, damage: str | None) -> None:
        """Ask the hosted model about a bottle."""
        answer = self.training.vision.detect_anomalies(
            ProjectName=self.output(_STACK, "ProjectName"),
            ModelVersion=self.output(_STACK, "ModelVersion"),
            ContentType="image/png",
            Body=picture(number, damage=damage),
        )["DetectAnomalyResult"]
        self.stage.expect(
            answer["IsAnomalous"] == (damage is not None),
            f"bottle {number} has {damage or 'nothing wrong'}: so says the model, {answer['Confidence']:.0%}",
        )

    def _look_at_the_clock(self, time: datetime) -> None:
        """Run the function of the hosting hours, as its rule does it every five minutes, at another time."""
        events, functions = self.stage.client("events", TRAINING), self.stage.client("lambda", TRAINING)
        [rule] = [one["Name"] for one in events.list_rules()["Rules"] if one["Name"].startswith(_STACK)]
        [target] = events.list_targets_by_rule(Rule=rule)["Targets"]
        template = target["InputTransformer"]["InputTemplate"]
        functions.invoke(FunctionName=target["Arn"], Payload=template.replace("<time>", json.dumps(time.isoformat())))

    def _status(self) -> str:
        """The status of the hosted version: a look at it."""
        outputs = self.stage.outputs(_STACK, TRAINING)
        version = {name: outputs[name] for name in ("ProjectName", "ModelVersion")}
        return str(self.training.vision.describe_model(**version)["ModelDescription"]["Status"])

    def _versions(self) -> dict[str, str]:
        """The status of each version."""
        project = self.output(_STACK, "ProjectName")
        models = self.training.vision.list_models(ProjectName=project)["Models"]
        return {one["ModelVersion"]: one["Status"] for one in models}
