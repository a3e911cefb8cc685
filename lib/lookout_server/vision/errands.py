"""What the tasks of this service mean, by their works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lookout_server.service import World
from lookout_server.vision.datasets import READ, read_manifest
from lookout_server.vision.entries import CHANGE, read_changes
from lookout_server.vision.forward import Caller, ErrandsS3
from lookout_server.vision.hosting import HOST, host_model
from lookout_server.vision.inspection import Inspection
from lookout_server.vision.models import TRAIN, train_model
from lookout_server.vision.packaging import PACKAGE, package
from lookout_server.vision.state import Dataset, Inventory, Model, PackagingJob
from lookout_server.work import clearing
from lookout_server.work.tasks import END, Errand, Task

#: Those that read files or compute.
LONG_WORKS = frozenset({READ, CHANGE, TRAIN, PACKAGE})


def errand(home: Inventory, task: Task, world: World, inspection: Inspection, now: datetime) -> Errand[Any] | None:
    """What a task means that is due; None when it was dealt with, or there is nothing to do any more."""
    if task.work == clearing.CLEAR:
        return clearing.errand(home, task)
    thing, place = home.find(task.about), task.about
    if thing is None:
        return None
    if task.work == END:
        thing.look(world.settings, now)
        return None
    if not thing.is_busy:
        return None

    def end(home: Inventory, outcome: Any, now: datetime) -> None:
        thing = home.find(place)
        if thing and thing.is_busy:
            thing.found(outcome, now)
            thing.look(world.settings, now)

    do = _work(task, thing, world, inspection)
    if isinstance(do, str):
        end(home, do, now)
        return None
    return Errand(do, end)


def _work(
    task: Task, thing: Dataset | Model | PackagingJob, world: World, inspection: Inspection
) -> Callable[[], Any] | str:
    """What is to be done for the change of a thing that is under way, or why that cannot be."""
    caller = thing.transition.caller if thing.transition else None
    s3 = ErrandsS3(world, thing.home.account, thing.home.region, caller or Caller(""))
    if task.work == READ and isinstance(thing, Dataset):
        return read_manifest(thing, s3, world)
    if task.work == CHANGE and isinstance(thing, Dataset):
        return read_changes(thing, world)
    if task.work == TRAIN and isinstance(thing, Model):
        return train_model(thing, s3, world)
    if task.work == HOST and isinstance(thing, Model):
        return host_model(thing, world, inspection)
    if task.work == PACKAGE and isinstance(thing, PackagingJob):
        return package(thing, s3, world)
    raise ValueError(f"task {task.id}: got the work {task.work}, which this service does not have")
