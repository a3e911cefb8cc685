"""Looks at what is under way: what is over ends, and what is not is looked at again when its time has come."""

from __future__ import annotations

from datetime import datetime

from lookout_server.equipment.executions import InferenceScheduler
from lookout_server.equipment.plans import plan_retraining, plan_run
from lookout_server.equipment.state import Dataset, Inventory, Model, Version
from lookout_server.settings import Progress, Settings
from lookout_server.work.tasks import END, schedule


def look_at_dataset(dataset: Dataset, settings: Settings, now: datetime, *, look: bool = False) -> None:
    """Let the job of a dataset end when it is over; `look` says that somebody looks at it."""
    job = dataset.job
    if job is None or job.work is None:
        return
    end = job.work.end_if_due(settings.progress, now, look=look)
    if end:
        dataset.end_job(end)
    watch_dataset(dataset, settings)


def watch_dataset(dataset: Dataset, settings: Settings) -> None:
    """Have the job of a dataset looked at when its time has come."""
    work = dataset.job.work if dataset.job else None
    schedule(dataset.home, END, f"dataset/{dataset.name}", work.ends_at(settings.progress) if work else None)


def progress_of(version: Version, settings: Settings) -> Progress:
    """How long the training or import of a version lasts."""
    training = None if version.source_type == "IMPORT" else settings.training_progress
    return training or settings.progress


def look_at_version(model: Model, version: Version, settings: Settings, now: datetime, *, look: bool = False) -> None:
    """Let the training or import of a version end when it is over; `look` says that somebody looks at it."""
    work = version.work
    if work is None:
        return
    end = work.end_if_due(progress_of(version, settings), now, look=look)
    if end:
        model.end(version, end)
        plan_retraining(model)
    watch_version(model, version, settings)


def watch_version(model: Model, version: Version, settings: Settings) -> None:
    """Have the making of a version looked at when its time has come."""
    about = f"version/{model.name}/{version.number}"
    at = version.work.ends_at(progress_of(version, settings)) if version.work else None
    schedule(model.home, END, about, at)


def look_at_scheduler(scheduler: InferenceScheduler, settings: Settings, now: datetime, *, look: bool = False) -> None:
    """Let an inference scheduler arrive where it is going when the time has come."""
    scheduler.switch.settle(settings, now, look=look)
    watch_scheduler(scheduler, settings, now)


def watch_scheduler(scheduler: InferenceScheduler, settings: Settings, now: datetime) -> None:
    """Have an inference scheduler looked at, and its next run made, when it is time for that."""
    work = scheduler.switch.work
    schedule(scheduler.home, END, f"scheduler/{scheduler.name}", work.ends_at(settings.progress) if work else None)
    plan_run(scheduler, settings, now)


def look_at_retraining(model: Model, settings: Settings, now: datetime, *, look: bool = False) -> None:
    """The same for the retraining scheduler of a model."""
    if model.retraining:
        model.retraining.switch.settle(settings, now, look=look)
    watch_retraining(model, settings)


def watch_retraining(model: Model, settings: Settings) -> None:
    """Have the retraining scheduler of a model looked at, and the next retraining made, when it is time for that."""
    work = model.retraining.switch.work if model.retraining else None
    schedule(model.home, END, f"retraining/{model.name}", work.ends_at(settings.progress) if work else None)
    plan_retraining(model)


def look_by_time(home: Inventory, about: str, settings: Settings, now: datetime) -> None:
    """Let what a task of this work is about end, when it is over."""
    kind, name, *rest = about.split("/")
    dataset, model, scheduler = home.datasets.get(name), home.models.get(name), home.inference_schedulers.get(name)
    if kind == "dataset" and dataset:
        look_at_dataset(dataset, settings, now)
    elif kind == "scheduler" and scheduler:
        look_at_scheduler(scheduler, settings, now)
    elif kind == "retraining" and model:
        look_at_retraining(model, settings, now)
    elif kind == "version" and model:
        version = model.versions.get(int(rest[0]))
        if version:
            look_at_version(model, version, settings, now)
