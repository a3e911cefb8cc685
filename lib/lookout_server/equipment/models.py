"""Models: trained, described, listed, updated and deleted.

Sources: API reference (the operations' own pages), user guide ("Training your model", "Versioning your model").
"""

from __future__ import annotations

import uuid
from datetime import datetime

from lookout_server.equipment import schema as schemas
from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.content import Content
from lookout_server.equipment.ids import guid
from lookout_server.equipment.looks import watch_version
from lookout_server.equipment.model_inputs import (
    authorize_label_group,
    check_in_progress,
    check_model_quota,
    configuration,
)
from lookout_server.equipment.plans import TRAIN
from lookout_server.equipment.state import Model, Version
from lookout_server.equipment.training import OffCondition, Plan, Range
from lookout_server.equipment.versions import describe_members, quality_of
from lookout_server.protocol.errors import conflict, quota_exceeded, validation
from lookout_server.service import Answer
from lookout_server.work.clearing import clear
from lookout_server.work.progress import Work
from lookout_server.work.tasks import schedule

_KEPT = (
    "TrainingDataStartTime",
    "TrainingDataEndTime",
    "EvaluationDataStartTime",
    "EvaluationDataEndTime",
    "DataPreProcessingConfiguration",
    "OffCondition",
)


def create_model(call: EquipmentCall) -> Answer:
    """CreateModel: trains version 1; see `training` for what training is here."""
    name, dataset_name = call.parameters["ModelName"], call.parameters["DatasetName"]
    existing = call.own.models.get(name)
    arn = existing.arn if existing else call.own.arn("model", name, str(uuid.uuid4()))
    call.authorize_creation(arn)
    found = call.own.datasets.get(dataset_name)
    call.authorize_beside(call.arn_or_placeholder("dataset", dataset_name, found))
    authorize_label_group(call)
    call.invocation.pass_role(call.get("RoleArn"))
    call.invocation.once(call.own.tokens)
    # AWS SDK for Lookout for Equipment, and ConflictException of CreateModel.
    if existing:
        raise conflict(f"The model {name} already exists or is currently in use for another operation")
    dataset = call.dataset(authorize=False)
    inputs = configuration(call)
    call.refuse_while_busy(dataset, "used for training")
    if dataset.content is None:
        raise validation(f"The dataset {dataset_name} has no data: its status is {dataset.status}")
    plan = _plan(call, dataset.content)
    check_model_quota(call)
    check_in_progress(
        call, imports=False, name="Pending models (L-B52F37B8)", quota=call.settings.quotas.pending_models
    )
    key = call.kms_key_arn()
    call.own.tags.add(arn, call.get("Tags") or [], call.settings.quotas.tags_per_resource)
    failure = call.invocation.failure()
    version = Version(
        number=1,
        arn=f"{arn}/model-version/1",
        source_type="TRAINING",
        created_at=call.now,
        updated_at=call.now,
        dataset_name=dataset.name,
        dataset_arn=dataset.arn,
        kept_schema=call.own.kept_schema(plan.schema),
        details={
            **{member: call.get(member) for member in _KEPT},
            **inputs,
            "TrainingDataStartTime": plan.training[0],
            "TrainingDataEndTime": plan.training[1],
            "TrainingExecutionStartTime": call.now,
            "ServerSideKmsKeyId": key,
        },
        failure=failure,
        work=Work.busy(call.now) if failure is None else Work.idle(call.now),
    )
    model = Model(
        number=call.own.next_number(),
        name=name,
        arn=arn,
        created_at=call.now,
        updated_at=call.now,
        configuration=inputs,
    )
    call.own.models[name] = model
    model.versions[1] = version
    if failure is None:
        schedule(call.own, TRAIN, f"{name}/1", call.now)
    watch_version(model, version, call.settings)
    return {"ModelArn": arn, "Status": model.status}


def describe_model(call: EquipmentCall) -> Answer:
    """DescribeModel; a look at whatever of the model is in the making."""
    model = call.model()
    call.look_at_model(model)
    members = describe_members(model.shown)
    for member in ("ImportedDataSizeInBytes", "ModelDiagnosticsResultsObject", "RetrainingAvailableDataInDays"):
        members.pop(member, None)
    answer: Answer = {
        **members,
        **model.configuration,
        "ModelName": model.name,
        "ModelArn": model.arn,
        "Status": model.status,
        "FailedReason": model.latest.failed_reason,
        "CreatedAt": model.created_at,
        "LastUpdatedTime": model.updated_at,
    }
    if model.active:
        answer |= {
            "ActiveModelVersion": model.active.number,
            "ActiveModelVersionArn": model.versions[model.active.number].arn,
            "ModelVersionActivatedAt": model.active.at,
        }
    if model.previous:
        answer |= {
            "PreviousActiveModelVersion": model.previous.number,
            "PreviousActiveModelVersionArn": model.versions[model.previous.number].arn,
            "PreviousModelVersionActivatedAt": model.previous.at,
        }
    retraining = model.latest_retraining
    if retraining:
        answer |= {
            "LatestScheduledRetrainingFailedReason": retraining.failed_reason,
            "LatestScheduledRetrainingAvailableDataInDays": retraining.details.get("RetrainingAvailableDataInDays"),
        }
    if model.inference_data:
        answer |= {
            "AccumulatedInferenceDataStartTime": model.inference_data.start,
            "AccumulatedInferenceDataEndTime": model.inference_data.end,
        }
    return {**answer, **_retraining(model)}


def _retraining(model: Model) -> Answer:
    """What descriptions and summaries of a model tell of its latest retraining and of its scheduler."""
    latest, scheduler = model.latest_retraining, model.retraining
    answer: Answer = {}
    if latest:
        answer |= {
            "LatestScheduledRetrainingStatus": latest.status,
            "LatestScheduledRetrainingModelVersion": latest.number,
            "LatestScheduledRetrainingStartTime": latest.created_at,
        }
    if scheduler:
        status = scheduler.switch.status
        answer["RetrainingSchedulerStatus"] = status
        # While it is stopped no retraining is going to start.
        answer["NextScheduledRetrainingStartDate"] = scheduler.next_at if status in ("PENDING", "RUNNING") else None
    return answer


def list_models(call: EquipmentCall) -> Answer:
    """ListModels, by status and by the beginning of the names of model and dataset."""
    call.invocation.authorize("*")
    status = call.get("Status")

    def wanted(model: Model) -> bool:
        return (
            model.name.startswith(call.get("ModelNameBeginsWith") or "")
            and model.shown.dataset_name.startswith(call.get("DatasetNameBeginsWith") or "")
            and status in (None, model.status)
        )

    return call.page(call.own.models, "ModelSummaries", _summary, wanted)


def update_model(call: EquipmentCall) -> Answer:
    """UpdateModel: labels, role and diagnostics output, for the versions to come (user guide, "Viewing a model")."""
    model = call.model()
    authorize_label_group(call)
    call.invocation.pass_role(call.get("RoleArn"))
    inputs = configuration(call, model.configuration)
    call.refuse_while_in_the_making(model, "updated")
    model.configuration = inputs
    model.updated_at = call.now
    return {}


def delete_model(call: EquipmentCall) -> Answer:
    """DeleteModel: the model is gone at once, with its versions and all their tags and policies."""
    model = call.model()
    # AWS samples, "cleanup": ConflictException while a training is in progress.
    call.refuse_while_in_the_making(model, "deleted")
    schedulers = call.own.schedulers_of(model.name)
    if schedulers and call.settings.model_deletion_blocked_by_schedulers:
        raise conflict(f"The model {model.name} cannot be deleted: {' and '.join(schedulers)} must be deleted first")
    del call.own.models[model.name]
    call.own.forget(model.arn)
    clear(call.own, "version", f"{guid(model.arn)}/", call.now)
    for kind in ("tags", "policy"):
        clear(call.own, kind, f"{model.arn}/", call.now)
    return {}


def _plan(call: EquipmentCall, content: Content) -> Plan:
    """What to train; a range that is not given is that of the data, without an evaluation range there is none."""
    schema = schemas.parse(call.get("DatasetSchema"), call.settings.quotas) or content.schema
    content.schema.check_covers(schema, "DatasetSchema")
    quotas = call.settings.quotas
    for what, count, quota in (
        ("Columns in training", len(schema.sensors), quotas.columns_in_training),
        ("Components in training", len(schema.components), quotas.components_in_training),
    ):
        if count > quota:
            raise quota_exceeded(f"{what}: got {count}, the quota is {quota}")
    start, end = call.get("TrainingDataStartTime") or content.start, call.get("TrainingDataEndTime") or content.end
    training = _range("TrainingData", start, end)
    minimum = call.settings.minimum_training_span
    if minimum and training[1] - training[0] < minimum:
        raise validation(f"The training data spans {training[1] - training[0]}, expected at least {minimum}")
    evaluation = _evaluation(call)
    if evaluation and evaluation[0] < training[0] and not call.settings.evaluation_before_training:
        raise validation(
            f"EvaluationDataStartTime: got {evaluation[0].isoformat()}, expected a time not before "
            f"the training data {training[0].isoformat()}"
        )
    rate = (call.get("DataPreProcessingConfiguration") or {}).get("TargetSamplingRate")
    return Plan(
        schema=schema,
        training=training,
        evaluation=evaluation,
        off=OffCondition.parse(call.get("OffCondition"), schema),
        rate=rate,
    )


def _evaluation(call: EquipmentCall) -> Range | None:
    start, end = call.get("EvaluationDataStartTime"), call.get("EvaluationDataEndTime")
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise validation("EvaluationDataStartTime and EvaluationDataEndTime: expected both or neither")
    return _range("EvaluationData", start, end)


def _range(what: str, start: datetime, end: datetime) -> Range:
    if start >= end:
        raise validation(f"{what}StartTime: got {start.isoformat()}, expected a time before {end.isoformat()}")
    return start, end


def _summary(model: Model) -> Answer:
    answer: Answer = {
        "ModelName": model.name,
        "ModelArn": model.arn,
        "DatasetName": model.shown.dataset_name,
        "DatasetArn": model.shown.dataset_arn,
        "Status": model.status,
        "CreatedAt": model.created_at,
        "ModelDiagnosticsOutputConfiguration": model.configuration.get("ModelDiagnosticsOutputConfiguration"),
        "ModelQuality": quality_of(model.shown),
        **_retraining(model),
    }
    if model.active:
        answer["ActiveModelVersion"] = model.active.number
        answer["ActiveModelVersionArn"] = model.versions[model.active.number].arn
    return answer


OPERATIONS: dict[str, Operation] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "UpdateModel": update_model,
    "DeleteModel": delete_model,
}
