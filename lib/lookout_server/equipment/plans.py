"""When schedulers have something to do next."""

from __future__ import annotations

from datetime import UTC, datetime, time

from lookout_server.equipment.executions import InferenceScheduler
from lookout_server.equipment.periods import Period
from lookout_server.equipment.state import Model, RetrainingScheduler
from lookout_server.protocol.times import LAST
from lookout_server.settings import Settings
from lookout_server.work.tasks import schedule

#: The works that schedulers do on their own.
RUN, RETRAIN = "run", "retrain"
#: The work that trains a version.
TRAIN = "train"
#: Retrainings of a model that are made up for, when so many dates have passed between two looks at the clock.
_MOST_AT_ONCE = 100


def plan_run(scheduler: InferenceScheduler, settings: Settings, now: datetime) -> None:
    """Have the next run of an inference scheduler made when it is due, while the scheduler runs.

    One that is under way ends first, and then it is planned again.
    """
    if scheduler.running is None:
        window = scheduler.next_window(now, settings.missed_runs_made_up_for)
        schedule(scheduler.home, RUN, scheduler.name, window and window + scheduler.delay)


def plan_retraining(model: Model) -> None:
    """Have the next retraining of a model made when it is due, while its scheduler runs.

    Of several that are due for a model, each begins when the one before has ended.
    """
    scheduler = model.retraining
    ready = scheduler and scheduler.switch.status == "RUNNING" and model.active and not model.in_the_making
    schedule(model.home, RETRAIN, model.name, scheduler.next_at if scheduler and ready else None)


def plan_next(scheduler: RetrainingScheduler, now: datetime) -> None:
    """Set the next date of retraining: the first from today on, counted from the start date, that had none yet."""
    today, last, start = midnight(now), scheduler.last_at, scheduler.start_date
    period = Period.parse(scheduler.frequency)
    at = period.after(start, period.number(start, lambda at: at < today or (last is not None and at <= last)))
    scheduler.next_at = at if at < LAST else None


def due_date(scheduler: RetrainingScheduler, now: datetime) -> datetime | None:
    """The date of which a retraining is due, None when none is; of too many that have passed the first are left out."""
    first = scheduler.next_at
    if scheduler.switch.status != "RUNNING" or first is None or first > now:
        return None
    period, start = Period.parse(scheduler.frequency), scheduler.start_date
    missed = period.number(start, lambda at: at <= now) - _MOST_AT_ONCE
    return max(first, period.after(start, missed)) if missed > 0 else first


def midnight(moment: datetime) -> datetime:
    """The beginning of the UTC day ("truncates the time you provide to the nearest UTC day", API reference)."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
