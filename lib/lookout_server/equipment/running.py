"""What inference schedulers do on their own: runs that are due are noted, then made, and what they bring is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from lookout_server.equipment.content import Content, joined
from lookout_server.equipment.executions import Execution, InferenceScheduler
from lookout_server.equipment.inference import Found, infer
from lookout_server.equipment.inference_reading import InferenceFailed
from lookout_server.equipment.schema import Component, Schema
from lookout_server.equipment.state import LONGEST_REASON, Inventory, Model, Version
from lookout_server.protocol.times import later
from lookout_server.service import Task, World


def due_runs(inventory: Inventory, world: World, now: datetime) -> list[Task[Ran]]:
    """Note the runs of all schedulers that are due, in the order in which they are; the tasks make them."""
    due = [
        (end + scheduler.delay, scheduler.number, end)
        for scheduler in inventory.inference_schedulers.values()
        for end in scheduler.due(now)
    ]
    schedulers = {scheduler.number: scheduler for scheduler in inventory.inference_schedulers.values()}
    tasks = [_note(inventory, schedulers[number], world, end) for _, number, end in sorted(due)]
    return [task for task in tasks if task]


def _note(inventory: Inventory, scheduler: InferenceScheduler, world: World, end: datetime) -> Task[Ran] | None:
    """A new execution of a scheduler, and how to make it; None when it has failed at once."""
    model = inventory.models.get(scheduler.model_name)
    active = model.active if model and model.arn == scheduler.model_arn else None
    execution = Execution(
        number=inventory.next_number(),
        scheduled_at=end + scheduler.delay,
        start=later(end, -scheduler.interval.total_seconds()),
        end=end,
        configuration=scheduler.configuration,
        version=active.version.number if active else None,
        version_arn=active.version.arn if active else None,
    )
    scheduler.executions.append(execution)
    if model is None or active is None:
        # API reference, DeleteModel: a scheduler that is already set up cannot use the model any more.
        _fail(execution, f"The model {scheduler.model_name} does not exist")
        return None
    return Task(partial(_run, model, execution, active.version, world), partial(_end, model, execution))


@dataclass(frozen=True)
class Ran:
    """A run that has succeeded, and the inference data of its model before and with it."""

    found: Found
    before: Content | None
    accumulated: Content


def _run(model: Model, execution: Execution, version: Version, world: World) -> Ran | str:
    try:
        found = infer(execution, version, world.storage, world.settings, world.now())
    except InferenceFailed as error:
        return str(error)
    before = model.inference_data
    return Ran(found, before, _accumulated(before, found.data))


def _fail(execution: Execution, reason: str) -> None:
    execution.status, execution.failed_reason = "FAILED", reason[:LONGEST_REASON]


def _end(model: Model, execution: Execution, ran: Ran | str, _: datetime) -> None:
    """Keep what a run has brought."""
    if isinstance(ran, str):
        _fail(execution, ran)
        return
    execution.predictions = ran.found.predictions
    execution.anomalous = any(one.anomalous for one in ran.found.predictions)
    execution.result = ran.found.result
    execution.status = "SUCCESS"
    # An import may have replaced the data meanwhile.
    unchanged = model.inference_data is ran.before
    model.inference_data = ran.accumulated if unchanged else _accumulated(model.inference_data, ran.found.data)


def _accumulated(before: Content | None, new: Content) -> Content:
    """The inference data of a model, with that of one more run; what was there first counts."""
    if before is None:
        return new
    tables = joined(before.tables, new.tables)
    stamps = {part.name: part.timestamp for part in (*new.schema.components, *before.schema.components)}
    return Content(
        schema=Schema(tuple(Component(name, stamps[name], tuple(table.values)) for name, table in tables.items())),
        tables=tables,
        size=before.size + new.size,
        start=min(before.start, new.start),
        end=max(before.end, new.end),
        quality=before.quality,
        files=before.files,
        statistics=before.statistics,
    )
