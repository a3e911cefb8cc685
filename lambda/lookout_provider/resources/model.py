"""Models that are imported: ImportModelVersion under a name that does not exist yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lookout_provider.resources.base import Live, Named, State

#: What the status of a model version means for whoever waits for it.
_STATES = {
    "IN_PROGRESS": State.WORKING,
    "IMPORT_IN_PROGRESS": State.WORKING,
    "SUCCESS": State.READY,
    "FAILED": State.FAILED,
    "CANCELED": State.FAILED,
}


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
    create_only = ("SourceModelVersionArn", "DatasetName", "ServerSideKmsKeyId", "InferenceDataImportStrategy")
    updatable = ("LabelsInputConfiguration", "RoleArn")
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
    )

    def operation(self, members: Mapping[str, Any]) -> str:
        return "ImportModelVersion"

    def find(self, physical_id: str) -> Live | None:
        first = self.service.attempt("DescribeModelVersion", ModelName=physical_id, ModelVersion=1)
        if first is None:
            return None
        live = Live(physical_id, first["ModelArn"], first, version_state(first))
        if live.state is State.FAILED:
            live.reason = failure(first)
        elif live.state is State.READY:
            model = self.service.call("DescribeModel", ModelName=physical_id)
            # What UpdateModel changes is the model's; where it came from is its first version's.
            live.description = {**model, **first, **{name: model.get(name) for name in self.updatable}}
        return live

    def create(self) -> Live:
        answer = self.service.call(
            "ImportModelVersion",
            **{name: value for name, value in self.desired.items() if name != "Tags"},
            **{} if self.explicitly_named() else {"ModelName": self.name()},
            ClientToken=self.request.token("ImportModelVersion"),
            Tags=self.born_with(),
        )
        return Live(answer["ModelName"], answer["ModelArn"], answer, version_state(answer))

    def update(self, live: Live, members: Sequence[str]) -> None:
        self.service.call(
            "UpdateModel",
            ModelName=live.physical_id,
            **{name: self.desired[name] for name in self.updatable if name in self.desired},
        )

    def delete(self, live: Live) -> None:
        self.service.attempt("DeleteModel", ModelName=live.physical_id)
