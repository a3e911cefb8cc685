"""Retraining schedulers: made, described, changed, started, stopped and deleted; what they do is in `retraining`.

Sources: API reference (the operations' own pages), user guide ("Retraining your model").
"""

from __future__ import annotations

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.looks import look_at_retraining, watch_retraining
from lookout_server.equipment.periods import Period, check_frequency
from lookout_server.equipment.plans import midnight, plan_next
from lookout_server.equipment.schedulers import Switch
from lookout_server.equipment.state import Model, RetrainingScheduler
from lookout_server.protocol.errors import conflict, not_found, validation
from lookout_server.service import Answer


def create_retraining_scheduler(call: EquipmentCall) -> Answer:
    """CreateRetrainingScheduler: one per model, which has a version that was trained; it starts at once."""
    model = call.model(once=True)
    frequency = call.parameters["RetrainingFrequency"]
    check_frequency(frequency)
    # API reference, CreateRetrainingScheduler: ConflictException; the scheduler is named after its model.
    if model.retraining:
        raise conflict(f"The model {model.name} already has a retraining scheduler")
    # What is needed to retrain is not documented; a model that never became active has nothing to compare with.
    if model.active is None:
        call.refuse_while_in_the_making(model, "retrained")
    if model.active is None:
        raise validation(f"The model {model.name} cannot be retrained: it has no active version")
    # AWS SDK examples: made on 2023-10-01 with P1M, without a date, it has 2023-11-01 as RetrainingStartDate.
    start = midnight(call.get("RetrainingStartDate") or Period.parse(frequency).after(call.now, 1))
    scheduler = RetrainingScheduler(
        number=call.own.next_number(),
        start_date=start,
        frequency=frequency,
        lookback=call.parameters["LookbackWindow"],
        promote_mode=call.get("PromoteMode") or call.settings.default_promote_mode,
        created_at=call.now,
        updated_at=call.now,
        switch=Switch.started(call.now),
        next_at=start,
    )
    plan_next(scheduler, call.now)
    model.retraining = scheduler
    watch_retraining(model, call.settings)
    return _state(model, scheduler)


def describe_retraining_scheduler(call: EquipmentCall) -> Answer:
    """DescribeRetrainingScheduler; a look at the scheduler."""
    model = call.model()
    scheduler = _scheduler(model)
    look_at_retraining(model, call.settings, call.now, look=True)
    return {
        **_summary(model, scheduler),
        "PromoteMode": scheduler.promote_mode,
        "CreatedAt": scheduler.created_at,
        "UpdatedAt": scheduler.updated_at,
    }


def list_retraining_schedulers(call: EquipmentCall) -> Answer:
    """ListRetrainingSchedulers, by status and by the beginning of the model's name."""
    call.invocation.authorize("*")
    prefix, status = call.get("ModelNameBeginsWith") or "", call.get("Status")

    def wanted(model: Model) -> bool:
        scheduler = model.retraining
        return scheduler is not None and model.name.startswith(prefix) and status in (None, scheduler.switch.status)

    found = {model.retraining.number: model for model in call.own.models.values() if model.retraining and wanted(model)}
    return call.page_of(
        [model.retraining for model in found.values()],
        "RetrainingSchedulerSummaries",
        lambda scheduler: _summary(found[scheduler.number], scheduler),
    )


def update_retraining_scheduler(call: EquipmentCall) -> Answer:
    """UpdateRetrainingScheduler: what is given replaces what was; the next retraining is planned anew."""
    model = call.model()
    scheduler = _scheduler(model)
    if call.get("RetrainingFrequency"):
        check_frequency(call.get("RetrainingFrequency"))
    if call.settings.scheduler_updates_need_stopped:
        scheduler.switch.refuse_unless_stopped("updated", _named(model), call.settings, call.now)
    scheduler.frequency = call.get("RetrainingFrequency") or scheduler.frequency
    scheduler.lookback = call.get("LookbackWindow") or scheduler.lookback
    scheduler.promote_mode = call.get("PromoteMode") or scheduler.promote_mode
    if call.get("RetrainingStartDate"):
        scheduler.start_date = midnight(call.get("RetrainingStartDate"))
    scheduler.updated_at = call.now
    plan_next(scheduler, call.now)
    watch_retraining(model, call.settings)
    return {}


def start_retraining_scheduler(call: EquipmentCall) -> Answer:
    """StartRetrainingScheduler: dates that passed while it was stopped are not made up for."""
    model = call.model()
    scheduler = _scheduler(model)
    scheduler.switch.start(_named(model), call.settings, call.now)
    plan_next(scheduler, call.now)
    watch_retraining(model, call.settings)
    return _state(model, scheduler)


def stop_retraining_scheduler(call: EquipmentCall) -> Answer:
    """StopRetrainingScheduler: a retraining that is under way goes on."""
    model = call.model()
    scheduler = _scheduler(model)
    scheduler.switch.stop(_named(model), call.settings, call.now)
    watch_retraining(model, call.settings)
    return _state(model, scheduler)


def delete_retraining_scheduler(call: EquipmentCall) -> Answer:
    """DeleteRetrainingScheduler: only a STOPPED one can be deleted (API reference); the versions it made stay."""
    model = call.model()
    _scheduler(model).switch.refuse_unless_stopped("deleted", _named(model), call.settings, call.now)
    model.retraining = None
    watch_retraining(model, call.settings)
    return {}


def _scheduler(model: Model) -> RetrainingScheduler:
    if model.retraining is None:
        raise not_found(f"The model {model.name} has no retraining scheduler")
    return model.retraining


def _named(model: Model) -> str:
    return f"The retraining scheduler of the model {model.name}"


def _state(model: Model, scheduler: RetrainingScheduler) -> Answer:
    return {"ModelName": model.name, "ModelArn": model.arn, "Status": scheduler.switch.status}


def _summary(model: Model, scheduler: RetrainingScheduler) -> Answer:
    return {
        **_state(model, scheduler),
        "RetrainingStartDate": scheduler.start_date,
        "RetrainingFrequency": scheduler.frequency,
        "LookbackWindow": scheduler.lookback,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateRetrainingScheduler": create_retraining_scheduler,
    "DescribeRetrainingScheduler": describe_retraining_scheduler,
    "ListRetrainingSchedulers": list_retraining_schedulers,
    "UpdateRetrainingScheduler": update_retraining_scheduler,
    "StartRetrainingScheduler": start_retraining_scheduler,
    "StopRetrainingScheduler": stop_retraining_scheduler,
    "DeleteRetrainingScheduler": delete_retraining_scheduler,
}
