"""Versions of a project's model: each is trained by CreateModel, and numbered by the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lookout_provider import ownership
from lookout_provider.identity import fingerprint, text
from lookout_provider.ownership import Lease
from lookout_provider.resources.base import GENERATION, Live, State
from lookout_provider.resources.vision.service import VisionResource
from lookout_shared import log
from lookout_shared.aws import Kind, ServiceError
from lookout_shared.hours import HOSTING
from lookout_shared.properties import InvalidProperty

#: Set on a version that gave way to another one: CloudFormation has forgotten it.
_RETIRED = ownership.PREFIX + "retired"

_PHYSICAL_ID = re.compile(r"(?P<project>[^/]+)/model/(?P<version>[1-9]\d*)")
_STATES = {"TRAINING": State.WORKING, "DELETING": State.WORKING, "TRAINING_FAILED": State.FAILED}
_HOSTED = ("STARTING_HOSTING", "HOSTED", "STOPPING_HOSTING", "SYSTEM_UPDATING")
_DECIMALS = 6
#: An answer holds 4,096 bytes; what is left of them for attributes, where all else in it is as long as can be.
_LONGEST_DATA = 2790


def describe(resource: VisionResource, project: str, version: str) -> dict[str, Any] | None:
    """What the service says of a version, its project included; None when there is none."""
    found = resource.service.attempt("DescribeModel", ProjectName=project, ModelVersion=version)
    return None if found is None else {"ProjectName": project, **found["ModelDescription"]}


class Model(VisionResource):
    """`Custom::LookoutVisionModel`.

    Another training makes another version, beside the one from before: that is deleted when CloudFormation has no use
    for it any more, or kept as one of the newest `Options.Keep`, and then deleted by a later training, or together
    with the last one. One that is hosted is never deleted to make room.
    """

    noun = "model"
    create_only = ("ProjectName", "OutputConfig", "KmsKeyId", "Description")
    attributes = (
        "ProjectName",
        "ModelVersion",
        "ModelArn",
        "Status",
        "F1Score",
        "Precision",
        "Recall",
        "EvaluationManifestBucket",
        "EvaluationManifestKey",
        "EvaluationResultBucket",
        "EvaluationResultKey",
        "EvaluationEndTimestamp",
        "CreationTimestamp",
        GENERATION,
    )
    #: Whether `delete` has left it.
    _kept = False

    def accept(self, given: Mapping[str, Any]) -> None:
        super().accept(given)
        keep = self.option("Keep", "1")
        if not re.fullmatch("0*[1-9][0-9]{0,8}", keep):
            raise InvalidProperty(f"Options.Keep: got {keep!r}, expected a whole number from 1")

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateModel"

    @property
    def identity(self) -> str:
        """With the trigger: another one asks for the same training once more."""
        asked = {**self.desired, "Trigger": self.option("Trigger") or None}
        return fingerprint(asked, (*self.create_only, "Trigger"))

    def physical_id(self) -> str | None:
        return None

    def issued(self, physical_id: str) -> bool:
        return _PHYSICAL_ID.fullmatch(physical_id) is not None

    # -- live state ---------------------------------------------------------------------------------------

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        found = describe(self, matched["project"], matched["version"]) if matched else None
        return None if found is None else _live(found)

    def search(self) -> Live | None:
        """The newest version that this construct had trained in the same way, failed or not."""
        for live in self._listed(self.desired["ProjectName"]):
            if live.description["Status"] == "DELETING" or not self._is_ours(live):
                continue
            if self.read_tags(live).get(ownership.IDENTITY) == self.identity:
                found = self.find(live.physical_id)
                if found is not None:
                    found.tags = live.tags
                return found
        return None

    def _listed(self, project: str) -> list[Live]:
        """All versions of the model, the newest first; none when there is no project."""
        found = self.listed("ListModels", "Models", project)
        return sorted((_live({"ProjectName": project, **item}) for item in found), key=_number, reverse=True)

    def _is_ours(self, live: Live) -> bool:
        """Whether *live* is this construct's; the list may still have what is gone."""
        try:
            return self.owner(live) == self.request.owner
        except ServiceError as error:
            if error.kind is Kind.NOT_FOUND:
                return False
            raise

    def outdated(self, live: Live) -> Sequence[str]:
        """Whether it is marked as retired."""
        return [_RETIRED] if _RETIRED in self.read_tags(live) else []

    # -- mutations ----------------------------------------------------------------------------------------

    def create(self) -> Live:
        answer = self.service.call(
            "CreateModel",
            **{name: value for name, value in self.desired.items() if name != "Tags"},
            ClientToken=self.request.token("CreateModel"),
            Tags=self.born_with(),
        )
        live = _live({"ProjectName": self.desired["ProjectName"], **answer["ModelMetadata"]})
        # The answer does not have all attributes: whatever its status is, another look is needed.
        live.state = State.WORKING
        return live

    def update(self, live: Live, members: Sequence[str]) -> bool:
        """It is the construct's version from now on."""
        self.service.call("UntagResource", ResourceArn=live.arn, TagKeys=[_RETIRED])
        return True

    def abandon(self, live: Live) -> bool:
        """What is at work or hosted cannot be deleted now: it goes together with the construct at the latest."""
        if live.state is not State.WORKING and live.description["Status"] not in _HOSTED:
            return False
        self._retire(live)
        return True

    def _retire(self, live: Live) -> None:
        if _RETIRED not in self.read_tags(live):
            tag = {_RETIRED: text(live.description.get("CreationTimestamp"))}
            self.service.call("TagResource", ResourceArn=live.arn, Tags=ownership.write(tag))
            live.tags = self.read_tags(live) | tag

    def delete(self, live: Live) -> None:
        """Delete it, unless it gave way and is one of those to keep; and what is not to be kept any longer."""
        others = [
            one
            for one in self._listed(live.description["ProjectName"])
            if one.physical_id != live.physical_id and one.description["Status"] != "DELETING" and self._is_ours(one)
        ]
        living = [one for one in others if one.state is not State.FAILED and _RETIRED not in self.read_tags(one)]
        if not living:
            # The construct itself goes, and with it all that was kept: this one last, so that it leads to the others.
            going = [*others, live]
        elif _number(live) > max(map(_number, living)):
            # It was rolled back.
            going = [live]
        else:
            going = self._not_kept([live, *others], living)
            if live not in going:
                log.write("kept", request=self.request, physical_id=live.physical_id)
                self._retire(live)
                self._kept = True
        for one in going:
            self._remove(one)

    def _not_kept(self, ours: Sequence[Live], living: Sequence[Live]) -> list[Live]:
        """Those of *ours* that are neither among the newest to keep, nor *living*, nor at work."""
        trained = sorted((one for one in ours if one.state is State.READY), key=_number, reverse=True)
        kept = [*living, *trained[: int(self.option("Keep", "1"))]]
        return [
            one
            for one in ours
            if one not in kept and one.state is not State.WORKING and one.description["Status"] not in _HOSTED
        ]

    def _remove(self, live: Live) -> None:
        """Delete a version; stop its hosting first, unless another stack holds that.

        Raises ServiceError when it is hosted by another stack.
        """
        status = live.description["Status"]
        if status in _HOSTED:
            lease = Lease.parse(self.read_tags(live).get(HOSTING))
            if lease is not None and lease.stack not in self.request.stack_owners:
                why = f"{self.called(live.physical_id)} is hosted by {lease.stack}"
                raise ServiceError("DeleteModel", Kind.CONFLICT, status, why)
            if status == "HOSTED":
                self.service.attempt("StopModel", **_key(live))
        else:
            self.service.attempt("DeleteModel", **_key(live), ClientToken=self._token("DeleteModel", live))

    def _token(self, step: str, live: Live) -> str:
        return self.request.token(f"{step} {live.physical_id}")

    def gone(self, live: Live) -> bool:
        """Nothing is left to do about what is kept."""
        return self._kept or super().gone(live)

    # -- attributes ---------------------------------------------------------------------------------------

    def data(self, live: Live) -> dict[str, str]:
        data = super().data(live)
        if len(json.dumps(data, separators=(",", ":"))) > _LONGEST_DATA:
            # S3 takes keys of 1,024 bytes: those that do not fit beside very long names are to be asked of the API.
            data |= {"EvaluationManifestKey": "", "EvaluationResultKey": ""}
        return data

    def generation(self, live: Live) -> str:
        return text(live.description.get("ModelVersion"))


def _live(found: Mapping[str, Any]) -> Live:
    state = _STATES.get(found["Status"], State.READY)
    reason = str(found.get("StatusMessage") or f"it is {found['Status']}") if state is State.FAILED else ""
    physical_id = f"{found['ProjectName']}/model/{found['ModelVersion']}"
    return Live(physical_id, found["ModelArn"], _flat(found), state, reason)


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """*found*, and the scalars in its structures under names that attributes and gates can have."""
    figures = {name: round(value, _DECIMALS) for name, value in (found.get("Performance") or {}).items()}
    files = {
        f"{which}{member}": value
        for which in ("EvaluationManifest", "EvaluationResult")
        for member, value in (found.get(which) or {}).items()
    }
    return {**found, **figures, **files}


def _number(live: Live) -> int:
    return int(live.description["ModelVersion"])


def _key(live: Live) -> dict[str, str]:
    """The members of a request that name *live*."""
    return {name: live.description[name] for name in ("ProjectName", "ModelVersion")}
