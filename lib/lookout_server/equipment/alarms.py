"""Alarms: what scheduled inference finds is told to an address of the user's own, when an anomaly begins.

This is no part of Amazon Lookout for Equipment, and off unless `alarms.url` is set. An alarm is committed with the end
of the run that found it and forgotten once it was received, so it comes at least once, under one id.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lookout_server import webhook
from lookout_server.entities.session import NAMES, Collection, Entity, Home
from lookout_server.equipment.executions import Execution, InferenceScheduler
from lookout_server.protocol.times import iso
from lookout_server.service import World
from lookout_server.settings import Settings
from lookout_server.work.tasks import Errand, Task, schedule

if TYPE_CHECKING:
    from lookout_server.detection.sensors import Judgement

_LOG = logging.getLogger(__name__)
#: The work that tells of an alarm.
TELL = "tell"
#: How long it waits until it tries again, the first time and at most.
_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
#: How many sensors an alarm names, and how many alarms come of a run: who gets more learns no more from them.
_SENSORS, _MOST = 5, 20


@dataclass(frozen=True)
class Anomaly:
    """Anomalous rows of a run that follow one another."""

    start: datetime
    end: datetime
    #: The highest.
    score: float
    #: Those that had most to do with it, the first most: name, share, seen and expected.
    sensors: tuple[Mapping[str, Any], ...]
    #: Whether it may have begun before the run, and whether it may go on after it.
    first: bool
    last: bool


@dataclass
class Alarm(Entity):
    """An alarm that nobody has received yet."""

    id: str
    at: datetime
    #: The message, as it is sent.
    body: str
    #: How often it was tried to send it.
    tried: int = 0


def alarms_of(home: Home) -> Collection[str, Alarm]:
    """The alarms of an account in a Region that nobody has received yet, by id."""
    return Collection(home, "alarm", Alarm, NAMES)


def anomalies(judgement: Judgement) -> tuple[Anomaly, ...]:
    """The anomalies among the rows of a run."""
    from lookout_server.equipment.frames import moment

    return tuple(
        Anomaly(
            moment(int(judgement.times[first])),
            moment(int(judgement.times[last])),
            float(judgement.scores[first : last + 1].max()),
            tuple(
                {
                    "name": reason.sensor,
                    "share": round(reason.share, 5),
                    "seen": _digits(reason.seen),
                    "expected": _digits(reason.expected),
                }
                for reason in judgement.explain(first, last, _SENSORS)
            ),
            first == 0,
            last == len(judgement.times) - 1,
        )
        for first, last in judgement.events()
    )


def notice(
    scheduler: InferenceScheduler,
    execution: Execution,
    found: tuple[Anomaly, ...],
    settings: Settings,
    now: datetime,
) -> None:
    """Have an alarm told of each anomaly that begins in a run; one that goes on has been told of.

    Of very many only the first ones: all that comes of a run is one commit, which has its limit.
    """
    new = [anomaly for anomaly in found if not (anomaly.first and scheduler.in_anomaly)]
    if settings.alarms.url:
        if len(new) > _MOST:
            _LOG.warning("a run of %s has found %s anomalies: %s are told", scheduler.name, len(new), _MOST)
        for anomaly in new[:_MOST]:
            alarm = Alarm(_id(scheduler, anomaly), now, json.dumps(_message(scheduler, execution, anomaly)))
            alarms_of(scheduler.home)[alarm.id] = alarm
            schedule(scheduler.home, TELL, alarm.id, now)
    scheduler.in_anomaly = any(anomaly.last for anomaly in found)


def tell(home: Home, task: Task, world: World) -> Errand[bool] | None:
    """What the task of an alarm means: it is sent; None when there is nobody to send it to any more."""
    alarm, to = alarms_of(home).get(task.about), world.settings.alarms
    if alarm is None or to.url is None or to.secret_file is None:
        alarms_of(home).pop(task.about)
        return None
    url, file, id, body = to.url, to.secret_file, alarm.id, alarm.body.encode()

    def work() -> bool | str:
        try:
            webhook.send(url, file, id, body)
        except webhook.WebhookError as error:
            return str(error)
        return True

    def end(home: Home, outcome: bool | str, now: datetime) -> None:
        alarm = alarms_of(home).get(id)
        if alarm is None:
            return
        if isinstance(outcome, str):
            alarm.tried += 1
            if now - alarm.at < to.give_up_after:
                _LOG.warning("alarm %s is not received: %s; it is tried again", id, outcome)
                pause = min(_PAUSE * 2 ** min(alarm.tried - 1, 20), _LONGEST_PAUSE)
                schedule(home, TELL, id, now + pause)
                return
            _LOG.error("alarm %s was not received in %s tries, and is given up: %s", id, alarm.tried, outcome)
        alarms_of(home).pop(id)

    return Errand(work, end)


def _id(scheduler: InferenceScheduler, anomaly: Anomaly) -> str:
    """The same whenever a run is made again."""
    return hashlib.sha256(f"{scheduler.arn} {anomaly.start.isoformat()}".encode()).hexdigest()[:32]


def _message(scheduler: InferenceScheduler, execution: Execution, anomaly: Anomaly) -> dict[str, Any]:
    assert execution.result, "it has succeeded"
    return {
        "type": "equipment.anomaly",
        "timestamp": iso(anomaly.start),
        "data": {
            "InferenceSchedulerName": scheduler.name,
            "InferenceSchedulerArn": scheduler.arn,
            "ModelName": scheduler.model_name,
            "ModelVersionArn": execution.version_arn,
            "start": iso(anomaly.start),
            "anomaly_score": round(anomaly.score, 5),
            "diagnostics": list(anomaly.sensors),
            "result": f"s3://{execution.result['Bucket']}/{execution.result['Key']}",
        },
    }


def _digits(value: float) -> float | None:
    """To six digits; None for what is missing: JSON has no NaN."""
    return float(f"{value:.6g}") if value == value else None
