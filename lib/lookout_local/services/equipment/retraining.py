"""What a running retraining scheduler does (user guide, "Retraining your model").

When a date comes, a new version is trained with the data of the dataset and the accumulated inference data inside the
lookback window, and with the labels as they are then. It is assessed by that data, as is the version that was active.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from lookout_local.services.equipment.content import joined
from lookout_local.services.equipment.making import Made, make
from lookout_local.services.equipment.metrics import Metrics, assess
from lookout_local.services.equipment.periods import Period
from lookout_local.services.equipment.retraining_schedulers import plan_next
from lookout_local.services.equipment.state import (
    Inventory,
    Model,
    Promotion,
    RetrainingScheduler,
    Version,
    look_at_version,
)
from lookout_local.services.equipment.training import OffCondition, Plan
from lookout_local.services.errors import ServiceError
from lookout_local.services.settings import Settings
from lookout_local.services.storage import Storage
from lookout_local.services.work import Work

_KEPT = ("DataPreProcessingConfiguration", "OffCondition", "ServerSideKmsKeyId")
# AWS IoT SiteWise user guide, "Model promotion and metrics", which describes the same models.
_BETTER, _NOT_BETTER, _POOR = "AUTO_PROMOTION_SUCCESSFUL", "MODEL_METRICS_DIDNT_IMPROVE", "POOR_MODEL_QUALITY_DETECTED"


def advance_retraining(inventory: Inventory, storage: Storage, settings: Settings, now: datetime) -> None:
    """Begin every retraining that is due by `now`, and end those that are over by time.

    Of several that are due for a model, each begins when the one before has ended.
    """
    for model in list(inventory.models.values()):
        while (scheduler := _due(model, now)) and model.active:
            started = max(scheduler.next_at, scheduler.switch.since, *(_ended(one) for one in model.versions.values()))
            version = _retrain(inventory, storage, settings, model, scheduler, model.active.version, started)
            model.versions[version.number] = version
            model.updated_at = started
            scheduler.last_at = scheduler.next_at
            plan_next(scheduler, scheduler.next_at)
            look_at_version(model, version, settings, now, look=False)


def _due(model: Model, now: datetime) -> RetrainingScheduler | None:
    """The scheduler of a model that has to retrain it now."""
    scheduler = model.retraining
    if scheduler is None or scheduler.switch.status != "RUNNING" or model.in_the_making:
        return None
    return scheduler if scheduler.next_at <= now else None


def _ended(version: Version) -> datetime:
    return version.ended_at or version.created_at


def _retrain(
    inventory: Inventory,
    storage: Storage,
    settings: Settings,
    model: Model,
    scheduler: RetrainingScheduler,
    prior: Version,
    started: datetime,
) -> Version:
    """The version that is made from `started` on: the next number, whatever is active."""
    number = max(model.versions) + 1
    window = (started - timedelta(days=Period.parse(scheduler.lookback).days), started)
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
            "TrainingDataStartTime": window[0],
            "TrainingDataEndTime": window[1],
            "TrainingExecutionStartTime": started,
        },
        promotion=Promotion(False, ""),
        work=Work(started),
    )
    rate = (prior.details.get("DataPreProcessingConfiguration") or {}).get("TargetSamplingRate")
    off = OffCondition.parse(prior.details.get("OffCondition"), prior.schema)
    plan = Plan(schema=prior.schema, training=window, evaluation=None, off=off, rate=rate)
    dataset = inventory.datasets.get(prior.dataset_name)
    if dataset is None or dataset.arn != prior.dataset_arn or dataset.content is None:
        version.failure = f"The dataset {prior.dataset_name} does not exist any more"
        return version
    try:
        dataset.content.schema.check_covers(prior.schema, f"The dataset {dataset.name}")
    except ServiceError as error:
        version.failure = error.message
        return version
    # User guide: where both overlap, the dataset takes priority.
    accumulated = model.inference_data.tables if model.inference_data else {}
    made = make(inventory, storage, settings, version, plan, joined(dataset.content.tables, accumulated))
    if made:
        _conclude(version, prior, made, plan, scheduler.promote_mode)
    return version


def _conclude(version: Version, prior: Version, made: Made, plan: Plan, mode: str) -> None:
    """Compare a new version with the one that was active, and note what shows of that.

    User guide, "Understanding retraining metrics": metrics are shown of a version that has labels, and those of the
    prior one beside them when both have.
    """
    trained, new = made.trained, made.metrics
    version.details = {
        **version.details,
        "TrainingDataStartTime": trained.first,
        "TrainingDataEndTime": trained.last,
        "RetrainingAvailableDataInDays": trained.days,
    }
    old = assess(trained.running(plan.off), prior.profile, made.labels, plan.assessed)
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
