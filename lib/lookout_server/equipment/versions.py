"""Model versions: imported, described, listed and made active.

Sources: API reference (the operations' own pages), user guide ("Versioning your model", "Importing resources").
"""

from __future__ import annotations

import uuid
from typing import Any

from lookout_server.equipment.call import EquipmentCall, Operation
from lookout_server.equipment.content import Accumulated
from lookout_server.equipment.imports import check_source, source_of
from lookout_server.equipment.looks import watch_version
from lookout_server.equipment.model_inputs import (
    authorize_label_group,
    check_in_progress,
    check_model_quota,
    configuration,
)
from lookout_server.equipment.plans import plan_retraining
from lookout_server.equipment.state import Model, Version
from lookout_server.protocol.errors import not_found, validation
from lookout_server.service import Answer
from lookout_server.work.progress import Work

_LONGEST_PROMOTION_REASON = 256
_COPIED = (
    "TrainingDataStartTime",
    "TrainingDataEndTime",
    "EvaluationDataStartTime",
    "EvaluationDataEndTime",
    "DataPreProcessingConfiguration",
    "OffCondition",
    "TrainingExecutionStartTime",
    "TrainingExecutionEndTime",
)


def import_model_version(call: EquipmentCall) -> Answer:
    """ImportModelVersion: the next version of a model, or version 1 of a new one; only the latter becomes active.

    What is copied are the version's metadata, schema and metrics, and the accumulated inference data as
    InferenceDataImportStrategy says; ImportedDataSizeInBytes is the size of all that. Labels are not copied (user
    guide): they are those of the request.
    """
    source_arn = call.parameters["SourceModelVersionArn"]
    found = call.find(source_arn)
    name = call.get("ModelName") or source_arn.split("/")[1]
    model = call.own.models.get(name)
    arn = model.arn if model else call.own.arn("model", name, str(uuid.uuid4()))
    number = model.latest.number + 1 if model else 1
    version_arn = f"{arn}/model-version/{number}"
    on_version = model is not None and call.settings.tags_of_version_imports == "version"
    tagged = version_arn if on_version else arn
    strategy = call.get("InferenceDataImportStrategy") or call.settings.default_inference_data_import_strategy
    # Service authorization reference: the condition key says whether inference data is imported.
    keys = {"lookoutequipment:IsImportingData": str(strategy != "NO_IMPORT").lower()}

    call.authorize_creation(arn, keys=keys, tagged=tagged)
    call.authorize_beside(source_arn, keys=keys)
    dataset_name = call.parameters["DatasetName"]
    dataset = call.own.datasets.get(dataset_name)
    call.authorize_beside(call.arn_or_placeholder("dataset", dataset_name, dataset), keys=keys)
    authorize_label_group(call)
    call.invocation.pass_role(call.get("RoleArn"))
    call.invocation.once(call.own.tokens)

    source = source_of(call, found, Version, f"The model version {source_arn} does not exist")
    check_source(call, found, "ImportModelVersion", keys)
    # API reference, ImportModelVersion: imports a model that has been trained successfully.
    if found.parent:
        call.refuse_while_unfinished(found.parent, source, "be imported")
    if source.status != "SUCCESS":
        raise validation(
            f"The model version {source_arn} cannot be imported: its status is {source.status}, expected SUCCESS"
        )
    # User guide: the dataset is imported first.
    dataset = call.dataset(authorize=False)
    call.refuse_while_busy(dataset, "used for an import")
    if dataset.schema is None:
        raise validation(f"The dataset {dataset_name} has no schema: its status is {dataset.status}")
    dataset.schema.check_covers(source.schema, f"DatasetName {dataset_name}")
    inputs = configuration(call)
    if model is None:
        check_model_quota(call)
    elif not call.settings.parallel_imports_into_a_model:
        call.refuse_while_in_the_making(model, "imported into")
    check_in_progress(
        call,
        imports=True,
        name="Import model jobs in progress (L-2B4BB827)",
        quota=call.settings.quotas.import_model_jobs_in_progress,
    )
    key = call.kms_key_arn()
    call.own.tags.add(tagged, call.get("Tags") or [], call.settings.quotas.tags_per_resource)
    metrics = {name: value for name, value in source.results.items() if name in ("ModelMetrics", "ModelQuality")}
    data = _inference_data(strategy, found.parent, model)
    version = Version(
        number=number,
        arn=version_arn,
        source_type="IMPORT",
        created_at=call.now,
        updated_at=call.now,
        dataset_name=dataset.name,
        dataset_arn=dataset.arn,
        kept_schema=source.kept_schema,
        details={
            **{member: describe_members(source).get(member) for member in _COPIED},
            **inputs,
            "ServerSideKmsKeyId": key,
            "SourceModelVersionArn": source_arn,
        },
        results={
            **metrics,
            "ImportedDataSizeInBytes": len(source.schema.text())
            + len(metrics.get("ModelMetrics", ""))
            + (data.size if data else 0),
        },
        labeled=source.labeled,
        inference_data=data,
        model=source.model,
        seconds=source.seconds,
        failure=call.invocation.failure(),
        work=Work.idle(call.now),
    )
    if model is None:
        model = Model(
            number=call.own.next_number(),
            name=name,
            arn=arn,
            created_at=call.now,
            updated_at=call.now,
            configuration=inputs,
        )
        call.own.models[name] = model
    model.versions[number] = version
    model.updated_at = call.now
    watch_version(model, version, call.settings)
    return {
        "ModelName": name,
        "ModelArn": arn,
        "ModelVersionArn": version_arn,
        "ModelVersion": number,
        "Status": version.status,
    }


def describe_model_version(call: EquipmentCall) -> Answer:
    """DescribeModelVersion; a look at the version."""
    model = call.model()
    version = _version(call, model)
    call.look_at_version(model, version)
    return {
        **describe_members(version),
        "ModelName": model.name,
        "ModelArn": model.arn,
        "ModelVersion": version.number,
        "ModelVersionArn": version.arn,
        "Status": version.status,
        "SourceType": version.source_type,
        "FailedReason": version.failed_reason,
        "CreatedAt": version.created_at,
        "LastUpdatedTime": version.updated_at,
        **_promotion(version),
    }


def list_model_versions(call: EquipmentCall) -> Answer:
    """ListModelVersions: filters by status, source type, time of creation (exclusive) and number (inclusive)."""
    model = call.model()
    after, before = call.get("CreatedAtStartTime"), call.get("CreatedAtEndTime")
    low, high = call.get("MinModelVersion"), call.get("MaxModelVersion")

    def wanted(version: Version) -> bool:
        return (
            call.get("Status") in (None, version.status)
            and call.get("SourceType") in (None, version.source_type)
            and (after is None or version.created_at > after)
            and (before is None or version.created_at < before)
            and (low is None or version.number >= low)
            and (high is None or version.number <= high)
        )

    def summary(version: Version) -> Answer:
        return {
            "ModelName": model.name,
            "ModelArn": model.arn,
            "ModelVersion": version.number,
            "ModelVersionArn": version.arn,
            "CreatedAt": version.created_at,
            "Status": version.status,
            "SourceType": version.source_type,
            "ModelQuality": quality_of(version),
        }

    return call.page(model.versions, "ModelVersionSummaries", summary, wanted)


def update_active_model_version(call: EquipmentCall) -> Answer:
    """UpdateActiveModelVersion: only a version in SUCCESS can become active (user guide, "Versioning your model")."""
    name, number = call.parameters["ModelName"], call.parameters["ModelVersion"]
    found = call.own.models.get(name)
    arn = call.arn_or_placeholder("model", name, found)
    call.authorize_existing(f"{arn}/model-version/{number}")
    model = call.model()
    version = _version(call, model)
    call.refuse_while_unfinished(model, version, "become active")
    if version.status != "SUCCESS":
        raise validation(
            f"The version {number} of the model {name} cannot become active: its status is {version.status}, "
            "expected SUCCESS"
        )
    model.activate(version, call.now)
    plan_retraining(model)
    previous = model.versions[model.previous.number] if model.previous else None
    return {
        "ModelName": name,
        "ModelArn": model.arn,
        "CurrentActiveVersion": number,
        "CurrentActiveVersionArn": version.arn,
        "PreviousActiveVersion": previous.number if previous else None,
        "PreviousActiveVersionArn": previous.arn if previous else None,
    }


def describe_members(version: Version) -> dict[str, Any]:
    """What describing a version and describing its model have in common."""
    members: dict[str, Any] = {
        "DatasetName": version.dataset_name,
        "DatasetArn": version.dataset_arn,
        "Schema": version.schema.text(),
        **version.details,
    }
    if version.status == "SUCCESS":
        members |= version.results
    if version.source_type == "IMPORT":
        members["ImportJobStartTime"] = version.created_at
        members["ImportJobEndTime"] = version.ended_at
    else:
        members["TrainingExecutionEndTime"] = version.ended_at
    return members


def _promotion(version: Version) -> Answer:
    """What a retraining decided, once it is over; a failed one failed for a reason of the customer's here."""
    if version.promotion is None or version.work:
        return {}
    result = "MODEL_PROMOTED" if version.promotion.promoted else "MODEL_NOT_PROMOTED"
    reason = version.promotion.reason
    if version.failure:
        result, reason = "RETRAINING_CUSTOMER_ERROR", version.failure
    return {"AutoPromotionResult": result, "AutoPromotionResultReason": reason[:_LONGEST_PROMOTION_REASON]}


def quality_of(version: Version) -> str | None:
    """The ModelQuality of a version that has succeeded."""
    return version.results.get("ModelQuality") if version.status == "SUCCESS" else None


def _inference_data(strategy: str, source: Model | None, target: Model | None) -> Accumulated | None:
    """The accumulated inference data that an import brings along (API reference, InferenceDataImportStrategy)."""
    empty = target is None or target.inference_data is None
    wanted = strategy == "OVERWRITE" or (strategy == "ADD_WHEN_EMPTY" and empty)
    return source.inference_data if source and wanted else None


def _version(call: EquipmentCall, model: Model) -> Version:
    number = call.parameters["ModelVersion"]
    version = model.versions.get(number)
    if version is None:
        raise not_found(f"The version {number} of the model {model.name} does not exist")
    return version


OPERATIONS: dict[str, Operation] = {
    "ImportModelVersion": import_model_version,
    "DescribeModelVersion": describe_model_version,
    "ListModelVersions": list_model_versions,
    "UpdateActiveModelVersion": update_active_model_version,
}
