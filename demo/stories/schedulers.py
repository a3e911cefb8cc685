"""examples/schedulers: inference finds what is wrong with the pump, runs less often, and not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from demo.stage import TRAINING
from demo.stories.example import Example
from examples.readings import rows

_STACK = "Schedulers"
#: What is in force is written down once it is complete, for a rollback.
_NOTED = "TagResource"
_INTERVAL = timedelta(minutes=5)
#: So many files are uploaded ahead of time.
_FILES = 12


class Schedulers(Example):
    """A model at work."""

    name = "schedulers"

    @property
    def acts(self) -> list[Callable[[], None]]:
        return [
            self.model_and_bucket,
            self.odd_frequency,
            self.deploy,
            self.failure,
            self.less_often,
            self.stop,
            self.destroy,
        ]

    def model_and_bucket(self) -> None:
        self.stage.say("a model was trained with labels, and the bucket is where the pump's readings will come")
        self._bucket = self.training.bucket("pump-now")
        role = self.training.role(self._bucket)
        self.training.dataset("now", self._bucket, role)
        self.training.labelled_model("now", "now", self._bucket, role)
        self.context |= {"model": "now", "bucket": self._bucket}

    def odd_frequency(self) -> None:
        self.refused(self.cli().deploy(_STACK, minutes="7"), "got 7 minutes, expected 5, 10, 15, 30 or 60 minutes")

    def deploy(self) -> None:
        self.stage.succeeds(self.cli().deploy(_STACK))
        self._send(failing=False)
        self.stage.until(lambda: self._scheduler().get("LatestInferenceResult") == "NORMAL", "what it reads is normal")
        retraining = self.training.equipment.describe_retraining_scheduler(ModelName="now")
        self.stage.expect(
            (retraining["Status"], retraining["PromoteMode"]) == ("RUNNING", "MANUAL"),
            f"the first retraining comes on {retraining['RetrainingStartDate']:%Y-%m-%d}, and activates nothing",
        )

    def failure(self) -> None:
        self.stage.say("the pump fails")
        self._send(failing=True)
        self.stage.until(lambda: self._scheduler().get("LatestInferenceResult") == "ANOMALOUS", "inference finds it")
        [alarm] = [one for one in self._alarms() if one["MetricName"] == "Anomalous"]
        topic = self.output(_STACK, "Topic")
        self.stage.expect(alarm["AlarmActions"] == [topic], f"there is an alarm for it: {alarm['AlarmName']}")
        latest = self.training.keys(self._bucket, "results/")[-1]
        line = self.training.read(self._bucket, latest).splitlines()[0]
        self.stage.say(f"{latest}: {json.loads(line)['diagnostics']}")

    def less_often(self) -> None:
        self.stage.calls.clear()
        self.stage.succeeds(self.cli().deploy(_STACK, minutes="10"))
        scheduler = self._scheduler()
        self.stage.expect(
            (scheduler["DataUploadFrequency"], scheduler["Status"]) == ("PT10M", "RUNNING"), "it runs every 10 minutes"
        )
        self._changed("StopInferenceScheduler", "UpdateInferenceScheduler", "StartInferenceScheduler", _NOTED)

    def stop(self) -> None:
        self.stage.calls.clear()
        self.stage.succeeds(self.cli().deploy(_STACK, minutes="10", state="stopped"))
        self.stage.expect(self._scheduler()["Status"] == "STOPPED", "it does not run any more")
        self._changed("StopInferenceScheduler", _NOTED)

    def destroy(self) -> None:
        self.stage.succeeds(self.cli().destroy(_STACK))
        equipment = self.training.equipment
        left = [
            *equipment.list_inference_schedulers()["InferenceSchedulerSummaries"],
            *equipment.list_retraining_schedulers()["RetrainingSchedulerSummaries"],
            *self._alarms(),
        ]
        self.stage.expect(not left, "both schedulers and the alarms are gone, the results are still in the bucket")

    def _send(self, *, failing: bool) -> None:
        """Upload what the pump is going to say: a file for each interval to come, with a row for each minute."""
        now = self.stage.now()
        first = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        for start in (first + _INTERVAL * number for number in range(1, _FILES + 1)):
            text = rows(
                [start + timedelta(minutes=minute) for minute in range(1, 6)], {"bearing": 1.0} if failing else {}
            )
            self.training.put(self._bucket, f"now/pump-{start:%Y%m%d%H%M%S}.csv", text)

    def _scheduler(self) -> dict[str, Any]:
        name = self.output(_STACK, "SchedulerName")
        found: dict[str, Any] = self.training.equipment.describe_inference_scheduler(InferenceSchedulerName=name)
        return found

    def _alarms(self) -> list[dict[str, Any]]:
        """The alarms that are about the service."""
        found = self.stage.client("cloudwatch", TRAINING).describe_alarms(AlarmNamePrefix=_STACK)["MetricAlarms"]
        return [dict(one) for one in found]

    def _changed(self, *operations: str) -> None:
        """Expect that nothing but *operations* has changed something in the service."""
        changes = [
            call.operation for call in self.stage.calls.all() if not call.operation.startswith(("Describe", "List"))
        ]
        self.stage.expect(changes == list(operations), f"nothing else was touched: {', '.join(changes)}")
