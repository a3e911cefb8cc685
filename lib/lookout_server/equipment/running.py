"""What inference schedulers do on their own: a run that is due is noted, then made, and what it brings is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lookout_server.entities.codec import Kept
from lookout_server.equipment.alarms import notice
from lookout_server.equipment.content import Accumulated
from lookout_server.equipment.executions import Execution, InferenceScheduler, Prediction
from lookout_server.equipment.inference import Found, infer
from lookout_server.equipment.inference_reading import InferenceFailed
from lookout_server.equipment.plans import plan_run
from lookout_server.equipment.state import LONGEST_REASON, Inventory
from lookout_server.protocol.times import later
from lookout_server.service import World
from lookout_server.settings import Settings
from lookout_server.work.tasks import Errand, Task


@dataclass(frozen=True)
class Ran:
    """A run that has succeeded, and the inference data of its model before and with it."""

    found: Found
    predictions: Kept[tuple[Prediction, ...]]
    before: Accumulated | None
    accumulated: Accumulated


def run(home: Inventory, task: Task, world: World, now: datetime) -> Errand[Ran] | None:
    """What the task of a run means: an execution, and how to make it; None when it has failed at once."""
    scheduler = home.inference_schedulers.get(task.about)
    if scheduler is None:
        return None
    execution = (
        scheduler.executions.get(scheduler.running) if scheduler.running else _note(scheduler, world.settings, now)
    )
    model = home.models.get(scheduler.model_name)
    version = model.versions.get(execution.version) if model and execution and execution.version else None
    if execution is None or model is None or version is None or version.arn != execution.version_arn:
        if execution:
            # API reference, DeleteModel: a scheduler that is already set up cannot use the model any more.
            _end(scheduler, execution, f"The model {scheduler.model_name} does not exist", world.settings, now)
        return None
    arn, number, before, model_arn = scheduler.arn, execution.number, model.inference_data, model.arn

    def work() -> Ran | str:
        try:
            found = infer(execution, version, before, world, world.now())
        except InferenceFailed as error:
            return str(error)
        # Which sensors it is about is asked of anomalous rows only, and most of what there is to keep.
        rows = tuple(one if one.anomalous else replace(one, shares={}) for one in found.predictions)
        kept = Kept.of(world.keeper, tuple[Prediction, ...], rows)
        return Ran(found, kept, before, _accumulated(before, found, world))

    def end(home: Inventory, ran: Ran | str, now: datetime) -> None:
        scheduler = home.inference_schedulers.get(task.about)
        execution = scheduler.executions.get(number) if scheduler and scheduler.arn == arn else None
        if scheduler is None or execution is None:
            return
        if isinstance(ran, Ran):
            execution.kept_predictions = ran.predictions
            execution.anomalous = any(one.anomalous for one in ran.found.predictions)
            execution.result = ran.found.result
            notice(scheduler, execution, ran.found.anomalies, world.settings, now)
            model = home.models.get(scheduler.model_name)
            if model and model.arn == model_arn:
                # An import may have replaced the data meanwhile.
                unchanged = model.inference_data == ran.before
                model.inference_data = (
                    ran.accumulated if unchanged else _accumulated(model.inference_data, ran.found, world)
                )
        _end(scheduler, execution, ran if isinstance(ran, str) else None, world.settings, now)

    return Errand(work, end)


def _note(scheduler: InferenceScheduler, settings: Settings, now: datetime) -> Execution | None:
    """The next run of a scheduler, which is under way from now on; None when it does not run any more."""
    window = scheduler.next_window(now, settings.missed_runs_made_up_for)
    if window is None or window + scheduler.delay > now:
        plan_run(scheduler, settings, now)
        return None
    home: Inventory = scheduler.home
    model = home.models.get(scheduler.model_name)
    active = model.active_version if model and model.arn == scheduler.model_arn else None
    latest, number = scheduler.executions.before(lambda run: False), home.next_number()
    while number < latest:  # whoever gives numbers out may have some left from before those of others
        number = home.next_number()
    execution = Execution(
        number=number,
        scheduled_at=window + scheduler.delay,
        start=later(window, -scheduler.interval.total_seconds()),
        end=window,
        configuration=scheduler.configuration,
        version=active.number if active else None,
        version_arn=active.arn if active else None,
    )
    scheduler.executions[execution.number] = execution
    scheduler.running, scheduler.done_until = execution.number, window
    return execution


def _end(
    scheduler: InferenceScheduler, execution: Execution, failure: str | None, settings: Settings, now: datetime
) -> None:
    """End a run, and have the next one made when it is due."""
    if failure is None:
        execution.status = "SUCCESS"
        scheduler.latest_result = "ANOMALOUS" if execution.anomalous else "NORMAL"
    else:
        execution.status, execution.failed_reason = "FAILED", failure[:LONGEST_REASON]
    _forget(scheduler, settings, now)
    scheduler.running = None
    plan_run(scheduler, settings, now)


def _forget(scheduler: InferenceScheduler, settings: Settings, now: datetime) -> None:
    """Forget runs that are too old; each run makes one, so the two oldest are enough."""
    for number, old in scheduler.executions.oldest(2):
        if old.end < later(now, -settings.execution_retention.total_seconds()) and number != scheduler.running:
            scheduler.executions.pop(number)


def _accumulated(before: Accumulated | None, found: Found, world: World) -> Accumulated:
    """The inference data of a model, with that of one more run."""
    return before.with_one(found.data, world.keeper) if before else Accumulated((found.data,))
