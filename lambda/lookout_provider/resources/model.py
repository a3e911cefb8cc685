"""Models: trained by CreateModel, or imported by ImportModelVersion under a name that does not exist yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lookout_provider.resources.base import GENERATION, Live, Named, State
from lookout_provider.resources.figures import FIGURES, with_figures

#: What the status of a model version means for whoever waits for it.
_STATES = {
    "IN_PROGRESS": State.WORKING,
    "IMPORT_IN_PROGRESS": State.WORKING,
    "SUCCESS": State.READY,
    "FAILED": State.FAILED,
    "CANCELED": State.FAILED,
}
#: What a training takes from its dataset when it is not said.
_DATA = ("DatasetSchema", "TrainingDataStartTime", "TrainingDataEndTime")
#: What an import takes from its source.
_TRAINING = (
    *_DATA,
    "EvaluationDataStartTime",
    "EvaluationDataEndTime",
    "DataPreProcessingConfiguration",
    "OffCondition",
)
#: An answer holds 4,096 bytes; what is left of them for attributes, where all else in it is as long as can be.
_LONGEST_DATA = 2890


def version_state(description: Mapping[str, Any]) -> State:
    """How far a model version is, from DescribeModelVersion or a summary in ListModelVersions."""
    return _STATES[description["Status"]]


def failure(description: Mapping[str, Any]) -> str:
    """Why a model version failed, in the service's words."""
    return str(description.get("FailedReason") or f"the version is {description['Status']}")


class Model(Named):
    """`Custom::LookoutEquipmentModel`.

    The model is what its version 1 is: the active version, and the versions that others add, come and go.
    """

    noun = "model"
    name_member = "ModelName"
    create_only = (
        "SourceModelVersionArn",
        "DatasetName",
        "ServerSideKmsKeyId",
        "InferenceDataImportStrategy",
        *_TRAINING,
    )
    updatable = ("LabelsInputConfiguration", "RoleArn", "ModelDiagnosticsOutputConfiguration")
    attributes = (
        "ModelName",
        "ModelArn",
        "Status",
        "SourceType",
        "SourceModelVersionArn",
        "ImportJobStartTime",
        "ImportJobEndTime",
        "ImportedDataSizeInBytes",
        "ActiveModelVersion",
        "ActiveModelVersionArn",
        "PreviousActiveModelVersion",
        "PreviousActiveModelVersionArn",
        "ModelVersionActivatedAt",
        "CreatedAt",
        "ModelQuality",
        *FIGURES,
        "LatestScheduledRetrainingStatus",
        "LatestScheduledRetrainingModelVersion",
        "LatestScheduledRetrainingStartTime",
        "LatestScheduledRetrainingAvailableDataInDays",
        "ModelDiagnosticsResultsBucket",
        "ModelDiagnosticsResultsKey",
        GENERATION,
    )
    #: What is the model's, or its active version's, and not that of its version 1.
    _OF_MODEL = (*updatable, "ModelQuality", "ModelMetrics", "PriorModelMetrics")

    def operation(self, members: Mapping[str, Any]) -> str:
        return "ImportModelVersion" if "SourceModelVersionArn" in members else "CreateModel"

    def find(self, physical_id: str) -> Live | None:
        first = self.service.attempt("DescribeModelVersion", ModelName=physical_id, ModelVersion=1)
        if first is None:
            return None
        live = Live(physical_id, first["ModelArn"], self._comparable(first), version_state(first))
        if live.state is State.FAILED:
            live.reason = failure(first)
        elif live.state is State.READY:
            model = self.service.call("DescribeModel", ModelName=physical_id)
            of_model = {name: model.get(name) for name in self._OF_MODEL}
            described = {**model, **first, **of_model, **_results_object(first)}
            live.description = self._comparable(with_figures(described))
        return live

    def _comparable(self, described: Mapping[str, Any]) -> dict[str, Any]:
        """*described* less what nobody asked for: what an import took from its source, a training from its dataset."""
        schema = {"InlineDataSchema": described.get("Schema")}
        left_open = set(_TRAINING if "SourceModelVersionArn" in self.desired else _DATA) - set(self.desired)
        members = {"SourceModelVersionArn": None, **described, "DatasetSchema": schema}
        return {name: value for name, value in members.items() if name not in left_open}

    def data(self, live: Live) -> dict[str, str]:
        data = super().data(live)
        if len(json.dumps(data, separators=(",", ":"))) > _LONGEST_DATA:
            # S3 takes keys of 1,024 bytes: one that does not fit beside very long names is to be asked of the API.
            data["ModelDiagnosticsResultsKey"] = ""
        return data

    def create(self) -> Live:
        operation = self.operation(self.desired)
        answer = self.service.call(
            operation,
            **{name: value for name, value in self.desired.items() if name != "Tags"},
            **{} if self.explicitly_named() else {"ModelName": self.name()},
            ClientToken=self.request.token(operation),
            Tags=self.born_with(),
        )
        # What is made is named by us, and only an import says so.
        made = {"ModelName": self.name(), **answer}
        return Live(self.name(), answer["ModelArn"], made, version_state(answer))

    def update(self, live: Live, members: Sequence[str]) -> bool:
        """Versions that others add stay as they are: what is updated is for those to come."""
        self.service.call(
            "UpdateModel",
            ModelName=live.physical_id,
            **{name: self.desired[name] for name in self.updatable if name in self.desired},
        )
        return True

    def delete(self, live: Live) -> None:
        self.service.attempt("DeleteModel", ModelName=live.physical_id)


def _results_object(description: Mapping[str, Any]) -> dict[str, Any]:
    """Where the diagnostics of a version are, member by member."""
    found = description.get("ModelDiagnosticsResultsObject") or {}
    return {f"ModelDiagnosticsResults{name}": found.get(name) for name in ("Bucket", "Key")}
