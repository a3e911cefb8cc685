"""Inference schedulers: made, described, listed, updated, started, stopped and deleted; what they ran and found.

Sources: API reference (the operations' own pages), user guide ("Scheduling inference", "Understanding the inference
process"), General Reference ("endpoints and quotas"), AWS samples ("inference scheduling").
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.executions import Execution, InferenceScheduler
from lookout_server.equipment.ids import guid
from lookout_server.equipment.inference_events import Event, before_event, events_of, in_order, start_of
from lookout_server.equipment.inference_names import parse_offset
from lookout_server.equipment.looks import watch_scheduler
from lookout_server.equipment.rates import seconds_of
from lookout_server.equipment.schedulers import Switch
from lookout_server.equipment.state import Model, Version
from lookout_server.equipment.versions import quality_of
from lookout_server.protocol.errors import conflict, not_found, quota_exceeded, validation
from lookout_server.service import Answer, LaterAnswer
from lookout_server.work.clearing import clear

_CHANGEABLE = (
    "DataDelayOffsetInMinutes",
    "DataUploadFrequency",
    "DataInputConfiguration",
    "DataOutputConfiguration",
    "RoleArn",
)


def create_inference_scheduler(call: EquipmentCall) -> Answer:
    """CreateInferenceScheduler: a scheduler that starts at once; see `inference` for what it does."""
    name, model_name = call.parameters["InferenceSchedulerName"], call.parameters["ModelName"]
    existing = call.own.inference_schedulers.get(name)
    arn = existing.arn if existing else call.own.arn("inference-scheduler", name, str(uuid.uuid4()))
    call.authorize_creation(arn)
    found = call.own.models.get(model_name)
    call.authorize_beside(call.arn_or_placeholder("model", model_name, found))
    call.invocation.pass_role(call.parameters["RoleArn"])
    call.invocation.once(call.own.tokens)
    # AWS SDK for Lookout for Equipment, and ConflictException of CreateInferenceScheduler.
    if existing:
        raise conflict(f"The inference scheduler {name} already exists")
    if found is None:
        raise not_found(f"The model {model_name} does not exist")
    version = _active_version(call, found)
    configuration = {member: call.get(member) for member in _CHANGEABLE}
    _check(configuration, version)
    # General Reference, "endpoints and quotas"; the quota cannot be raised.
    quota = call.settings.quotas.inference_schedulers_per_model
    users = [one for one in call.own.inference_schedulers.values() if one.model_arn == found.arn]
    if len(users) >= quota:
        raise quota_exceeded(
            f"Inference schedulers per model: the model {model_name} has {len(users)} ({users[0].name}), "
            f"the quota is {quota}"
        )
    key = call.kms_key_arn()
    call.own.tags.add(arn, call.get("Tags") or [], call.settings.quotas.tags_per_resource)
    scheduler = InferenceScheduler(
        number=call.own.next_number(),
        name=name,
        arn=arn,
        model_name=model_name,
        model_arn=found.arn,
        configuration=configuration,
        kms_key_arn=key,
        created_at=call.now,
        updated_at=call.now,
        switch=Switch.started(call.now),
    )
    call.own.inference_schedulers[name] = scheduler
    watch_scheduler(scheduler, call.settings, call.now)
    return {
        "InferenceSchedulerArn": arn,
        "InferenceSchedulerName": name,
        "Status": scheduler.switch.status,
        "ModelQuality": quality_of(version),
    }


def describe_inference_scheduler(call: EquipmentCall) -> Answer:
    """DescribeInferenceScheduler; a look at the scheduler."""
    scheduler = _scheduler(call)
    call.look_at_switch(scheduler)
    return {
        **scheduler.configuration,
        **_identity(scheduler),
        "CreatedAt": scheduler.created_at,
        "UpdatedAt": scheduler.updated_at,
        "ServerSideKmsKeyId": scheduler.kms_key_arn,
        "LatestInferenceResult": scheduler.latest_result,
    }


def list_inference_schedulers(call: EquipmentCall) -> Answer:
    """ListInferenceSchedulers, by the beginning of the name, by model and by status."""
    call.invocation.authorize("*")
    prefix = call.get("InferenceSchedulerNameBeginsWith") or ""

    def wanted(scheduler: InferenceScheduler) -> bool:
        return (
            scheduler.name.startswith(prefix)
            and call.get("ModelName") in (None, scheduler.model_name)
            and call.get("Status") in (None, scheduler.switch.status)
        )

    return call.page(call.own.inference_schedulers, "InferenceSchedulerSummaries", _summary, wanted)


def update_inference_scheduler(call: EquipmentCall) -> Answer:
    """UpdateInferenceScheduler: what is given replaces what the scheduler has, from its next run on."""
    scheduler = _scheduler(call)
    call.invocation.pass_role(call.get("RoleArn"))
    changes = {member: call.get(member) for member in _CHANGEABLE if call.get(member) is not None}
    configuration = {**scheduler.configuration, **changes}
    model = call.own.models.get(scheduler.model_name)
    _check(configuration, model.active_version if model else None)
    if call.settings.scheduler_updates_need_stopped:
        scheduler.switch.refuse_unless_stopped("updated", _what(scheduler), call.settings, call.now)
    scheduler.configuration = configuration
    scheduler.updated_at = call.now
    watch_scheduler(scheduler, call.settings, call.now)
    return {}


def start_inference_scheduler(call: EquipmentCall) -> Answer:
    """StartInferenceScheduler: from STOPPED over PENDING to RUNNING."""
    scheduler = _scheduler(call)
    scheduler.switch.start(_what(scheduler), call.settings, call.now)
    watch_scheduler(scheduler, call.settings, call.now)
    return _identity(scheduler)


def stop_inference_scheduler(call: EquipmentCall) -> Answer:
    """StopInferenceScheduler: from RUNNING over STOPPING to STOPPED."""
    scheduler = _scheduler(call)
    scheduler.switch.stop(_what(scheduler), call.settings, call.now)
    watch_scheduler(scheduler, call.settings, call.now)
    return _identity(scheduler)


def delete_inference_scheduler(call: EquipmentCall) -> Answer:
    """DeleteInferenceScheduler: the scheduler is gone at once; the results that it wrote stay (API text)."""
    scheduler = _scheduler(call)
    # AWS SDK for Lookout for Equipment: a scheduler must be stopped to be deleted.
    scheduler.switch.refuse_unless_stopped("deleted", _what(scheduler), call.settings, call.now)
    del call.own.inference_schedulers[scheduler.name]
    clear(call.own, "execution", f"{guid(scheduler.arn)}/", call.now)
    call.own.forget(scheduler.arn)
    return {}


def list_inference_executions(call: EquipmentCall) -> Answer:
    """ListInferenceExecutions, by status and by the times of the data (both exclusive)."""
    scheduler = _scheduler(call)
    after, before, status = call.get("DataStartTimeAfter"), call.get("DataEndTimeBefore"), call.get("Status")
    runs = scheduler.executions

    def since(number: int) -> Iterator[Execution]:
        first = scheduler.before(after) if after else 0
        within = takewhile(lambda run: not before or run.end < before, runs.since(max(number, first)))
        return (run for run in within if (not after or run.start > after) and status in (None, run.status))

    def summary(execution: Execution) -> Answer:
        identity = _identity(scheduler)
        return {
            **{name: value for name, value in identity.items() if name != "Status"},
            "ScheduledStartTime": execution.scheduled_at,
            "DataStartTime": execution.start,
            "DataEndTime": execution.end,
            "DataInputConfiguration": execution.configuration["DataInputConfiguration"],
            "DataOutputConfiguration": execution.configuration["DataOutputConfiguration"],
            "CustomerResultObject": execution.result,
            "Status": execution.status,
            "FailedReason": execution.failed_reason,
            "ModelVersion": execution.version,
            "ModelVersionArn": execution.version_arn,
        }

    return call.page_since(since, "InferenceExecutionSummaries", summary)


def list_inference_events(call: EquipmentCall) -> LaterAnswer:
    """ListInferenceEvents: those that end at or after the start of the interval and start at or before its end.

    There may be millions of rows to look through.
    """
    scheduler = _scheduler(call)
    start, end = call.parameters["IntervalStartTime"], call.parameters["IntervalEndTime"]
    if start > end:
        raise validation(f"IntervalStartTime: got {start.isoformat()}, expected a time up to {end.isoformat()}")

    def since(number: int) -> Iterator[Event]:
        before = before_event(scheduler, start_of(number) or start)  # that of the last event of the page before
        found = in_order(events_of(scheduler.executions.since(before), end))
        return (event for event in found if event.end >= start and event.number > number)

    def summary(event: Event) -> Answer:
        return {
            "InferenceSchedulerArn": scheduler.arn,
            "InferenceSchedulerName": scheduler.name,
            "EventStartTime": event.start,
            "EventEndTime": event.end,
            "Diagnostics": json.dumps(event.diagnostics()),
            "EventDurationInSeconds": int((event.end - event.start).total_seconds()),
        }

    return lambda: call.page_since(since, "InferenceEventSummaries", summary)


def _scheduler(call: EquipmentCall) -> InferenceScheduler:
    """The scheduler that InferenceSchedulerName names, after the caller was authorized for it."""
    name = call.parameters["InferenceSchedulerName"]
    scheduler = call.own.inference_schedulers.get(name)
    call.authorize_existing(call.arn_or_placeholder("inference-scheduler", name, scheduler))
    if scheduler is None:
        raise not_found(f"The inference scheduler {name} does not exist")
    return scheduler


def _active_version(call: EquipmentCall, model: Model) -> Version:
    """The version that runs would use; raises an error when there is none (yet)."""
    if model.active is None:
        call.refuse_while_in_the_making(model, "used by an inference scheduler")
    version = model.active_version
    if version is None:
        raise validation(
            f"The model {model.name} has no active version: its status is {model.status}, expected SUCCESS"
        )
    return version


def _check(configuration: Mapping[str, Any], version: Version | None) -> None:
    """Raise a ValidationException for a configuration with which no run could succeed."""
    source = configuration["DataInputConfiguration"]
    if not source.get("S3InputConfiguration"):
        raise validation("DataInputConfiguration.S3InputConfiguration: it is required")
    parse_offset(source.get("InputTimeZoneOffset"))
    rate = (version.details.get("DataPreProcessingConfiguration") or {}).get("TargetSamplingRate") if version else None
    frequency = configuration["DataUploadFrequency"]
    # AWS samples, "inference scheduling": the frequency must be compatible with the sampling rate of the training.
    if rate and seconds_of(frequency) < seconds_of(rate):
        raise validation(
            f"DataUploadFrequency: got {frequency}, expected at least the TargetSamplingRate of the model, {rate}"
        )


def _what(scheduler: InferenceScheduler) -> str:
    return f"The inference scheduler {scheduler.name}"


def _identity(scheduler: InferenceScheduler) -> Answer:
    return {
        "ModelArn": scheduler.model_arn,
        "ModelName": scheduler.model_name,
        "InferenceSchedulerName": scheduler.name,
        "InferenceSchedulerArn": scheduler.arn,
        "Status": scheduler.switch.status,
    }


def _summary(scheduler: InferenceScheduler) -> Answer:
    return {
        **_identity(scheduler),
        "DataDelayOffsetInMinutes": scheduler.configuration["DataDelayOffsetInMinutes"],
        "DataUploadFrequency": scheduler.configuration["DataUploadFrequency"],
        "LatestInferenceResult": scheduler.latest_result,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateInferenceScheduler": create_inference_scheduler,
    "DescribeInferenceScheduler": describe_inference_scheduler,
    "ListInferenceSchedulers": list_inference_schedulers,
    "UpdateInferenceScheduler": update_inference_scheduler,
    "StartInferenceScheduler": start_inference_scheduler,
    "StopInferenceScheduler": stop_inference_scheduler,
    "DeleteInferenceScheduler": delete_inference_scheduler,
    "ListInferenceExecutions": list_inference_executions,
    "ListInferenceEvents": list_inference_events,
}
