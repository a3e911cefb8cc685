"""What a running retraining scheduler does (user guide, "Retraining your model").

When a date comes, a new version is trained with the data of the dataset and the accumulated inference data inside the
lookback window, and with the labels as they are then. It is compared with the version that was active on the same rows:
those that neither has learned, when there are labels in them. See `Prior.compared`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lookout_server.entities.blob import Blob
from lookout_server.equipment.content import Content
from lookout_server.equipment.labeled_ranges import Labels
from lookout_server.equipment.looks import look_at_version
from lookout_server.equipment.making import Made, Results, make, notes_on, plan_of, take_over
from lookout_server.equipment.periods import Period
from lookout_server.equipment.plans import TRAIN, due_date, plan_next, plan_retraining
from lookout_server.equipment.state import Inventory, Model, Promotion, RetrainingScheduler, Version
from lookout_server.equipment.training import Plan, overlap
from lookout_server.protocol.errors import ServiceError
from lookout_server.protocol.times import later
from lookout_server.service import World
from lookout_server.work.progress import Work
from lookout_server.work.tasks import Errand, Task, schedule

if TYPE_CHECKING:
    from lookout_server.equipment.metrics import Metrics

_SECONDS_OF_DAY = 86_400
_KEPT = ("DataPreProcessingConfiguration", "OffCondition", "ServerSideKmsKeyId")
# AWS IoT SiteWise user guide, "Model promotion and metrics", which describes the same models.
_BETTER, _NOT_BETTER, _POOR = "AUTO_PROMOTION_SUCCESSFUL", "MODEL_METRICS_DIDNT_IMPROVE", "POOR_MODEL_QUALITY_DETECTED"


@dataclass(frozen=True)
class Retrained:
    """A retraining, and how well it and the version that was active do with the same rows."""

    made: Made
    after: Metrics
    before: Metrics


@dataclass(frozen=True)
class Prior:
    """The version that was active: its model, and what it has learned."""

    model: Blob | None
    seconds: int
    #: The end of its training data.
    end: datetime

    def compared(self, made: Made, contents: Sequence[Content], plan: Plan) -> tuple[Metrics, Metrics]:
        """How well a new version does, and this one.

        Of the new one, each block of the training range is judged by what was learned from the others. When there are
        labels in what came after the training of this one, only that counts: then neither has learned it. Else all of
        the range counts, of which this one has learned a part. A model that this release cannot read finds nothing.
        """
        from lookout_server.detection.artifact import BadModel
        from lookout_server.equipment.artefacts import model_of
        from lookout_server.equipment.frames import Readings, Running, Stretch
        from lookout_server.equipment.judged import Judged
        from lookout_server.equipment.metrics import assess

        trained, labels, span = made.trained, made.labels, plan.assessed
        unseen = (self.end, span[1])
        after = self.end if any(label[1] > self.end and overlap(label, unseen) for label in labels) else None
        if after:
            labels = tuple((max(start, after), end) for start, end in labels if end > after)
            span = unseen
        notes = notes_on(trained)
        new = Judged.of(trained.judged(), after)
        found = assess(new, labels, span, trained.seconds, notes)
        if self.model and self.model.reference == made.model.reference:
            # The same data has led to the same model, which is no better than itself.
            return found, found
        rows = trained.assessed.running.frames
        if self.seconds != trained.seconds:
            rows = Running(Stretch(Readings(contents, plan.schema, plan.off), self.seconds, plan.assessed))
        try:
            old = Judged.of(model_of(self.model).judge_long(rows) if self.model else [], after)
        except BadModel:
            old = Judged.of([])
        return found, assess(old, labels, span, self.seconds, notes)


def retrain(home: Inventory, task: Task, world: World, now: datetime) -> None:
    """What the task of a retraining means: a new version, which is then trained."""
    model = home.models.get(task.about)
    scheduler = model.retraining if model else None
    date = due_date(scheduler, now) if scheduler else None
    prior = model.active_version if model else None
    if model is None or scheduler is None or date is None or prior is None or model.in_the_making:
        if model:
            plan_retraining(model)
        return
    started = max(date, scheduler.switch.since, *(_ended(one) for one in model.versions.values()))
    version = _begin(model, prior, scheduler, started)
    scheduler.last_at = date
    plan_next(scheduler, date)
    schedule(home, TRAIN, f"{model.name}/{version.number}", now)


def _ended(version: Version) -> datetime:
    return version.ended_at or version.created_at


def _begin(model: Model, prior: Version, scheduler: RetrainingScheduler, started: datetime) -> Version:
    """The version that is made from `started` on: the next number, whatever is active."""
    number = model.latest.number + 1
    days = Period.parse(scheduler.lookback).days
    version = Version(
        number=number,
        arn=f"{model.arn}/model-version/{number}",
        source_type="RETRAINING",
        created_at=started,
        updated_at=started,
        dataset_name=prior.dataset_name,
        dataset_arn=prior.dataset_arn,
        kept_schema=prior.kept_schema,
        details={
            **{member: prior.details.get(member) for member in _KEPT},
            **model.configuration,
            "TrainingDataStartTime": later(started, -days * _SECONDS_OF_DAY),
            "TrainingDataEndTime": started,
            "TrainingExecutionStartTime": started,
        },
        promotion=Promotion(False, ""),
        prior=prior.number,
        work=Work.busy(started),
    )
    model.versions[number] = version
    model.updated_at = started
    return version


def train_again(model: Model, version: Version, world: World) -> Errand[Retrained]:
    """The training of such a version, with what there is now."""
    home: Inventory = model.home
    prior = model.versions[version.prior or 1]
    name, number, arn, settings = model.name, version.number, version.arn, world.settings
    plan = plan_of(version)
    before = Prior(prior.model, prior.seconds, prior.details["TrainingDataEndTime"])
    failure = _missing(home, prior)
    dataset = home.datasets.get(prior.dataset_name)
    content, more = dataset.content if dataset else None, model.inference_data
    labels = Labels.of(home, world.storage, version.details)
    mode = model.retraining.promote_mode if model.retraining else "MANUAL"
    results = Results.of(version, world)

    # User guide: where both overlap, the dataset takes priority.
    contents = [*([content] if content else []), *(more.parts if more else [])]

    def work() -> Retrained | str:
        if failure:
            return failure
        made = make(plan, contents, labels, settings.quotas, results)
        return made if isinstance(made, str) else Retrained(made, *before.compared(made, contents, plan))

    def end(home: Inventory, found: Retrained | str, now: datetime) -> None:
        model = home.models.get(name)
        version = model.versions.get(number) if model else None
        if model is None or version is None or version.arn != arn or version.work is None:
            return
        if isinstance(found, str):
            version.failure = found
        else:
            take_over(version, found.made)
            _conclude(version, model.versions[version.prior or 1], found, mode)
        # That it took a moment to find out what the training brings is not part of the story.
        version.work.done = version.created_at
        look_at_version(model, version, settings, now)

    return Errand(work, end)


def _missing(home: Inventory, prior: Version) -> str | None:
    """Why there cannot be a retraining."""
    dataset = home.datasets.get(prior.dataset_name)
    if dataset is None or dataset.arn != prior.dataset_arn or dataset.content is None:
        return f"The dataset {prior.dataset_name} does not exist any more"
    try:
        dataset.content.schema.check_covers(prior.schema, f"The dataset {dataset.name}")
    except ServiceError as error:
        return error.message
    return None


def _conclude(version: Version, prior: Version, found: Retrained, mode: str) -> None:
    """Compare a new version with the one that was active, and note what shows of that.

    User guide, "Understanding retraining metrics": metrics are shown of a version that has labels, and those of the
    prior one beside them when both have.
    """
    trained, new, old = found.made.trained, found.after, found.before
    version.details = {
        **version.details,
        "TrainingDataStartTime": trained.first,
        "TrainingDataEndTime": trained.last,
        "RetrainingAvailableDataInDays": trained.days,
    }
    version.results = {**version.results, "ModelQuality": new.quality}
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
