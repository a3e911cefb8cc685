"""What the tasks of this service mean, by their works."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lookout_server.equipment.alarms import TELL, tell
from lookout_server.equipment.ingestion import INGEST, read_files
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.looks import look_at_version, look_by_time
from lookout_server.equipment.making import Made, Results, make, plan_of, take_over
from lookout_server.equipment.plans import RETRAIN, RUN, TRAIN
from lookout_server.equipment.retraining import retrain, train_again
from lookout_server.equipment.running import run
from lookout_server.equipment.state import Inventory, Model, Version
from lookout_server.service import World
from lookout_server.work import clearing
from lookout_server.work.tasks import END, Errand, Task


def errand(home: Inventory, task: Task, world: World, now: datetime) -> Errand[Any] | None:
    """What a task means that is due; None when it was dealt with, or there is nothing to do any more."""
    if task.work == INGEST:
        return read_files(home, task, world)
    if task.work == TRAIN:
        return train(home, task, world)
    if task.work == RUN:
        return run(home, task, world, now)
    if task.work == TELL:
        return tell(home, task, world)
    if task.work == clearing.CLEAR:
        return clearing.errand(home, task)
    if task.work == RETRAIN:
        retrain(home, task, world, now)
    elif task.work == END:
        look_by_time(home, task.about, world.settings, now)
    else:
        raise ValueError(f"task {task.id}: got the work {task.work}, which this service does not have")
    return None


def train(home: Inventory, task: Task, world: World) -> Errand[Any] | None:
    """What the task of a training means: with data and labels as they are now, a version is made."""
    name, _, number = task.about.partition("/")
    model = home.models.get(name)
    version = model.versions.get(int(number)) if model else None
    if model is None or version is None or version.work is None or version.work.done:
        return None
    return train_again(model, version, world) if version.promotion else _train_first(model, version, world)


def _train_first(model: Model, version: Version, world: World) -> Errand[Made]:
    home: Inventory = model.home
    dataset = home.datasets.get(version.dataset_name)
    name, arn, dataset_name, settings = model.name, version.arn, version.dataset_name, world.settings
    plan, results = plan_of(version), Results.of(version, world)
    content = dataset.content if dataset and dataset.arn == version.dataset_arn else None
    labels = Labels.of(home, world.storage, version.details)

    def work() -> Made | str:
        if content is None:
            return f"The dataset {dataset_name} does not exist any more"
        return make(plan, [content], labels, settings.quotas, results)

    def end(home: Inventory, made: Made | str, now: datetime) -> None:
        model = home.models.get(name)
        version = model.versions.get(1) if model else None
        if model is None or version is None or version.arn != arn or version.work is None:
            return
        if isinstance(made, str):
            version.failure = made
        else:
            take_over(version, made)
            # User guide, "Python SDK examples": there are metrics only when there is evaluation data.
            if plan.evaluation:
                version.results = {**version.results, "ModelMetrics": made.metrics.text}
        version.work.done = now
        look_at_version(model, version, settings, now)

    return Errand(work, end)
