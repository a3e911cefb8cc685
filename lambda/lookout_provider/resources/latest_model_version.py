"""Which version of a model is the newest that can be used: a look at ListModelVersions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lookout_provider import gates
from lookout_provider.holding import Refused
from lookout_provider.identity import fingerprint
from lookout_provider.resources.base import Live, State, Unowned
from lookout_provider.resources.figures import with_figures
from lookout_provider.resources.model import version_state

_PHYSICAL_ID = re.compile(r"(?P<model>[^/]+)/latest-model-version/(?P<version>\d+)/(?P<identity>[0-9a-f]{8})")


class LatestModelVersion(Unowned):
    """`Custom::LookoutEquipmentLatestModelVersion`.

    Once found, a version stays the answer until something is asked otherwise: the filters, the gate, or
    `Options.Trigger`. The physical id says what was asked, and what was found: so whatever else updates the resource
    does not change what is active, and a rollback comes back to the version from before.
    """

    noun = "latest model version"
    only_looks = True
    id_tells = True
    create_only = (
        "ModelName",
        "SourceType",
        "CreatedAtStartTime",
        "CreatedAtEndTime",
        "MinModelVersion",
        "MaxModelVersion",
    )
    attributes = (
        "ModelName",
        "ModelArn",
        "ModelVersion",
        "ModelVersionArn",
        "SourceType",
        "CreatedAt",
        "ModelQuality",
    )

    def operation(self, members: Mapping[str, Any]) -> str:
        return "ListModelVersions"

    @property
    def identity(self) -> str:
        """8 hex digits of what is asked."""
        asked = {**self.desired, "Gate": self.gate, "Trigger": self.option("Trigger") or None}
        return fingerprint(asked, (*self.create_only, "Gate", "Trigger"))

    def physical_id(self) -> str | None:
        return None

    def issued(self, physical_id: str) -> bool:
        return _PHYSICAL_ID.fullmatch(physical_id) is not None

    def find(self, physical_id: str) -> Live | None:
        """The version that was found before, if the same is asked and it can be used; it is not judged again."""
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        if matched is None or (matched["model"], matched["identity"]) != (self.desired["ModelName"], self.identity):
            return None
        live = self._look(int(matched["version"]))
        return None if live is None or live.state is not State.READY else live

    def search(self) -> Live | None:
        """The newest version that is as asked.

        Raises Refused when there is none, with what is the matter with each.
        """
        versions = self.service.pages("ListModelVersions", "ModelVersionSummaries", **self.desired)
        against: list[str] = []
        for version in sorted(versions, key=lambda item: -int(item["ModelVersion"])):
            number = int(version["ModelVersion"])
            if version_state(version) is not State.READY:
                against.append(f"version {number} is {version['Status']}")
                continue
            live = self._look(number) if self.gate else self._live(version)
            if live is not None:
                unmet = self._unmet(live)
                if not unmet:
                    return live
                against.append(f"version {number}: {', '.join(unmet)}")
        raise Refused(f"{self._asked()}: {'; '.join(against) or 'there is no version at all'}")

    def _asked(self) -> str:
        limits = [f"{name}={value}" for name, value in self.desired.items() if name != "ModelName"]
        such = f" with {' and '.join(limits)}" if limits else ""
        passing = " and passes the gate" if self.gate else ""
        return f"model {self.desired['ModelName']} has no version{such} that can be used{passing}"

    def _look(self, number: int) -> Live | None:
        found = self.service.attempt("DescribeModelVersion", ModelName=self.desired["ModelName"], ModelVersion=number)
        return None if found is None else self._live(found)

    def _live(self, found: Mapping[str, Any]) -> Live:
        physical_id = f"{found['ModelName']}/latest-model-version/{found['ModelVersion']}/{self.identity}"
        return Live(physical_id, found["ModelVersionArn"], with_figures(found), version_state(found))

    def _unmet(self, live: Live) -> list[str]:
        return gates.unmet(self.gate, live.description)

    def create(self) -> Live:
        raise AssertionError("a look makes nothing")
