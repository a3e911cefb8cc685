"""Label groups: CreateLabelGroup, UpdateLabelGroup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lookout_provider.resources.base import Live, Named


class LabelGroup(Named):
    """`Custom::LookoutEquipmentLabelGroup`."""

    noun = "label group"
    name_member = "LabelGroupName"
    create_only = ()
    updatable = ("FaultCodes",)
    attributes = ("LabelGroupName", "LabelGroupArn", "CreatedAt", "UpdatedAt")

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateLabelGroup"

    def find(self, physical_id: str) -> Live | None:
        found = self.service.attempt("DescribeLabelGroup", LabelGroupName=physical_id)
        return None if found is None else Live(physical_id, found["LabelGroupArn"], found)

    def create(self) -> Live:
        members = {name: value for name, value in self.desired.items() if name != "Tags"}
        answer = self.service.call(
            "CreateLabelGroup",
            **members | {"LabelGroupName": self.name()},
            ClientToken=self.request.token("CreateLabelGroup"),
            Tags=self.born_with(),
        )
        return Live(answer["LabelGroupName"], answer["LabelGroupArn"], answer)

    def update(self, live: Live, members: Sequence[str]) -> bool:
        self.service.call("UpdateLabelGroup", LabelGroupName=live.physical_id, FaultCodes=self.desired["FaultCodes"])
        return True

    def delete(self, live: Live) -> None:
        self.service.attempt("DeleteLabelGroup", LabelGroupName=live.physical_id)
