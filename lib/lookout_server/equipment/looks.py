"""Looks at what is under way: what is over ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lookout_server.equipment.state import Configuration, Dataset, Inventory, Model, Version
from lookout_server.service import Task
from lookout_server.settings import Progress, Settings


def settle(inventory: Inventory, settings: Settings, now: datetime) -> list[Task[Any]]:
    """End whatever is over by time; the tasks are what must be done for the rest to be over."""
    for dataset in inventory.datasets.values():
        look_at_dataset(dataset, settings, now)
    for scheduler in inventory.inference_schedulers.values():
        scheduler.switch.settle(settings, now, look=False)
    tasks: list[Task[Any]] = []
    for model in inventory.models.values():
        if model.retraining:
            model.retraining.switch.settle(settings, now, look=False)
        for version in model.in_the_making:
            task = look_at_version(model, version, settings, now)
            tasks += [task] if task else []
    return tasks


def look_at_dataset(dataset: Dataset, settings: Settings, now: datetime, *, look: object = None) -> None:
    """Let the job of a dataset end when it is over; `look` says who looks at it."""
    if dataset.job and dataset.job.work:
        end = dataset.job.work.end_if_due(settings.progress, now, look=look)
        if end:
            dataset.end_job(end)


def progress_of(version: Version, settings: Settings) -> Progress:
    """How long the training or import of a version lasts."""
    training = None if version.source_type == "IMPORT" else settings.training_progress
    return training or settings.progress


def look_at_version(
    model: Model, version: Version, settings: Settings, now: datetime, *, look: object = None
) -> Task[Any] | None:
    """Let the training or import of a version end when it is over; `look` says who looks at it.

    A training that leaves something in S3 is not over before that is written, which is the task.
    """
    if version.work is None:
        return None
    work = version.work
    end = work.end_if_due(progress_of(version, settings), now, look=look)
    if end is None:
        return None
    deliver, version.deliver = version.deliver, None
    if deliver is None or version.failure:
        model.end(version, end)
        return None

    def delivered(outcome: Configuration | str, at: datetime) -> None:
        if isinstance(outcome, str):
            version.failure = outcome
        else:
            version.results = {**version.results, **outcome}
        model.end(version, end)
        work.done(at)

    work.resume()
    return Task(deliver, delivered)
