"""Versions added to a model by import. The service numbers them, and its API cannot delete one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lookout_provider import ownership
from lookout_provider.resources.base import GENERATION, Live, Resource, State
from lookout_provider.resources.model import failure, version_state

_PHYSICAL_ID = re.compile(r"(?P<model>[^/]+)/model-version/(?P<version>\d+)")


class ModelVersion(Resource):
    """`Custom::LookoutEquipmentModelVersion`."""

    noun = "model version"
    create_only = (
        "ModelName",
        "SourceModelVersionArn",
        "DatasetName",
        "LabelsInputConfiguration",
        "ServerSideKmsKeyId",
        "InferenceDataImportStrategy",
    )
    attributes = (
        "ModelName",
        "ModelArn",
        "ModelVersion",
        "ModelVersionArn",
        "Status",
        "SourceType",
        "SourceModelVersionArn",
        "ImportJobStartTime",
        "ImportJobEndTime",
        "ImportedDataSizeInBytes",
        "CreatedAt",
        GENERATION,
    )
    deletable = False

    def operation(self, members: Mapping[str, Any]) -> str:
        return "ImportModelVersion"

    def physical_id(self) -> str | None:
        return None

    def issued(self, physical_id: str) -> bool:
        return _PHYSICAL_ID.fullmatch(physical_id) is not None

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        if matched is None:
            return None
        found = self.service.attempt(
            "DescribeModelVersion", ModelName=matched["model"], ModelVersion=int(matched["version"])
        )
        return None if found is None else self._live(found)

    def _live(self, found: Mapping[str, Any]) -> Live:
        state = version_state(found)
        reason = ""
        if state is State.FAILED:
            reason = f"{failure(found)}; version {found['ModelVersion']} stays as it is, the API cannot delete one"
        physical_id = f"{found['ModelName']}/model-version/{found['ModelVersion']}"
        return Live(physical_id, found["ModelVersionArn"], found, state, reason)

    def search(self) -> Live | None:
        """The newest version that this construct made out of the same source in the same way, unless it failed."""
        if self.service.attempt("DescribeModel", ModelName=self.desired["ModelName"]) is None:
            return None
        versions = self.service.pages(
            "ListModelVersions", "ModelVersionSummaries", ModelName=self.desired["ModelName"], SourceType="IMPORT"
        )
        for version in sorted(versions, key=lambda item: -int(item["ModelVersion"])):
            if version_state(version) is State.FAILED:
                continue
            live = self._live(version)
            tags = self.read_tags(live)
            if self.owner(live) == self.request.owner and tags.get(ownership.IDENTITY) == self.identity:
                found = self.find(live.physical_id)
                if found is not None:
                    found.tags = tags
                return found
        return None

    def create(self) -> Live:
        """Import the version, then tag it.

        The tags of ImportModelVersion are documented as those of the model, which is another construct's: sent
        here they might overwrite its owner. The client token stands in for them until the version is tagged.
        """
        answer = self.service.call(
            "ImportModelVersion",
            **{name: value for name, value in self.desired.items() if name != "Tags"},
            ClientToken=self.request.token("ImportModelVersion"),
        )
        live = self._live(answer)
        self.service.call("TagResource", ResourceArn=live.arn, Tags=self.born_with())
        return live
