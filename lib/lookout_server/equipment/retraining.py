"""What a running retraining scheduler does (user guide, "Retraining your model").

When a date comes, a new version is trained with the data of the dataset and the accumulated inference data inside the
lookback window, and with the labels as they are then. It is assessed by that data, as is the version that was active.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lookout_server.equipment.content import joined
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.looks import look_at_version
from lookout_server.equipment.making import Made, make, take_over
from lookout_server.equipment.metrics import Metrics, assess
from lookout_server.equipment.periods import Period
from lookout_server.equipment.retraining_schedulers import due_date, plan_next
from lookout_server.equipment.state import Inventory, Model, Promotion, RetrainingScheduler, Version
from lookout_server.equipment.training import OffCondition, Plan
from lookout_server.files.storage import Storage
from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.times import later
from lookout_server.service import Task
from lookout_server.settings import Settings
from lookout_server.work.progress import Work

_SECONDS_OF_DAY = 86_400
_KEPT = ("DataPreProcessingConfiguration", "OffCondition", "ServerSideKmsKeyId")
# AWS IoT SiteWise user guide, "Model promotion and metrics", which describes the same models.
_BETTER, _NOT_BETTER, _POOR = "AUTO_PROMOTION_SUCCESSFUL", "MODEL_METRICS_DIDNT_IMPROVE", "POOR_MODEL_QUALITY_DETECTED"


@dataclass(frozen=True)
class Retrained:
    """A retraining, and how good the version that was active does with the same data."""

    made: Made
    before: Metrics


def due_retrainings(inventory: Inventory, storage: Storage, settings: Settings, now: datetime) -> list[Task[Retrained]]:
    """Begin the retrainings that are due by `now`, one of each model; the tasks train.

    Of several that are due for a model, each begins when the one before has ended.
    """
    tasks: list[Task[Retrained]] = []
    for model in inventory.models.values():
        while (scheduler := model.retraining) and model.active and not model.in_the_making:
            date = due_date(scheduler, now)
            if date is None:
                break
            started = max(date, scheduler.switch.since, *(_ended(one) for one in model.versions.values()))
            version = _begin(model, model.active.version, scheduler, started)
            scheduler.last_at = date
            plan_next(scheduler, date)
            task = _training(inventory, storage, settings, model, version, model.active.version)
            if isinstance(task, Task):
                tasks.append(task)
            else:
                _fail(version, task)
                look_at_version(model, version, settings, now)
    return tasks


def _ended(version: Version) -> datetime:
    return version.ended_at or version.created_at


def _begin(model: Model, prior: Version, scheduler: RetrainingScheduler, started: datetime) -> Version:
    """The version that is made from `started` on: the next number, whatever is active."""
    number = max(model.versions) + 1
    days = Period.parse(scheduler.lookback).days
    version = Version(
        number=number,
        arn=f"{model.arn}/model-version/{number}",
        source_type="RETRAINING",
        created_at=started,
        updated_at=started,
        dataset_name=prior.dataset_name,
        dataset_arn=prior.dataset_arn,
        schema=prior.schema,
        details={
            **{member: prior.details.get(member) for member in _KEPT},
            **model.configuration,
            "TrainingDataStartTime": later(started, -days * _SECONDS_OF_DAY),
            "TrainingDataEndTime": started,
            "TrainingExecutionStartTime": started,
        },
        promotion=Promotion(False, ""),
        work=Work(started, busy=True),
    )
    model.versions[number] = version
    model.updated_at = started
    return version


def _training(
    inventory: Inventory, storage: Storage, settings: Settings, model: Model, version: Version, prior: Version
) -> Task[Retrained] | str:
    """The training of a version with what there is now, or why there cannot be one."""
    dataset = inventory.datasets.get(prior.dataset_name)
    if dataset is None or dataset.arn != prior.dataset_arn or dataset.content is None:
        return f"The dataset {prior.dataset_name} does not exist any more"
    try:
        dataset.content.schema.check_covers(prior.schema, f"The dataset {dataset.name}")
    except ServiceError as error:
        return error.message
    details = version.details
    plan = Plan(
        schema=prior.schema,
        training=(details["TrainingDataStartTime"], details["TrainingDataEndTime"]),
        evaluation=None,
        off=OffCondition.parse(details.get("OffCondition"), prior.schema),
        rate=(details.get("DataPreProcessingConfiguration") or {}).get("TargetSamplingRate"),
    )
    # User guide: where both overlap, the dataset takes priority.
    tables = dataset.content.tables, model.inference_data.tables if model.inference_data else {}
    labels = Labels.of(inventory, storage, details)
    diagnosed = bool(details.get("ModelDiagnosticsOutputConfiguration"))
    mode = model.retraining.promote_mode if model.retraining else "MANUAL"

    profile = prior.profile

    def work() -> Retrained | str:
        made = make(plan, lambda: joined(*tables), labels, settings.quotas, diagnosed=diagnosed)
        if isinstance(made, str):
            return made
        return Retrained(made, assess(made.trained.running(plan.off), profile, made.labels, plan.assessed))

    def end(found: Retrained | str, _: datetime) -> None:
        if isinstance(found, str):
            _fail(version, found)
            return
        take_over(version, found.made, storage)
        _conclude(version, prior, found, mode)
        # That it took a moment to find out what the training brings is not part of the story.
        if version.work:
            version.work.done(version.created_at)

    return Task(work, end)


def _fail(version: Version, reason: str) -> None:
    version.failure = reason
    if version.work:
        version.work.done(version.created_at)


def _conclude(version: Version, prior: Version, found: Retrained, mode: str) -> None:
    """Compare a new version with the one that was active, and note what shows of that.

    User guide, "Understanding retraining metrics": metrics are shown of a version that has labels, and those of the
    prior one beside them when both have.
    """
    trained, new, old = found.made.trained, found.made.metrics, found.before
    version.details = {
        **version.details,
        "TrainingDataStartTime": trained.first,
        "TrainingDataEndTime": trained.last,
        "RetrainingAvailableDataInDays": trained.days,
    }
    if new.labels_present:
        version.results = {**version.results, "ModelMetrics": new.text}
        if prior.labeled:
            version.results = {**version.results, "PriorModelMetrics": old.text}
    if mode == "MANUAL":
        version.promotion = Promotion(False, "The promote mode of the retraining scheduler is MANUAL")
    else:
        version.promotion = _promotion(new, old, labeled_before=prior.labeled)


def _promotion(new: Metrics, old: Metrics, *, labeled_before: bool) -> Promotion:
    """The criterion of the user guide's table, by whether old and new data have labels."""
    if labeled_before and new.labels_present:
        better = new.rank > old.rank
        return Promotion(better, _BETTER if better else _NOT_BETTER)
    if labeled_before:
        return Promotion(False, "Only the active version was trained with labels")
    if new.labels_present:
        good = new.quality == "QUALITY_THRESHOLD_MET"
        return Promotion(good, _BETTER if good else _POOR)
    return Promotion(True, "Neither the active version nor the new one was trained with labels")
