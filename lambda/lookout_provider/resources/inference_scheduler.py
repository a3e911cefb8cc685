"""Inference schedulers: they look into a bucket again and again for new data, and write what a model says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lookout_provider import gates, ownership
from lookout_provider.holding import Refused
from lookout_provider.identity import fingerprint, same
from lookout_provider.ownership import Adopted
from lookout_provider.resources.base import Live, Named, State
from lookout_provider.resources.scheduler import Scheduler, scheduler_state
from lookout_shared.aws import Kind, ServiceError

_KEY = "ServerSideKmsKeyId"
#: The option that says how good its model has to be for it to be started.
_QUALITY = "RequireQuality"
#: A digest of the key that it was made with: what Describe tells is another spelling of it.
_KEY_TAG = ownership.PREFIX + "key"


class InferenceScheduler(Scheduler, Named):
    """`Custom::LookoutEquipmentInferenceScheduler`.

    A model has one, so none is ever made beside another one of the same model: what no update can change, its key and
    its name, is brought about by deleting it and making it again.
    """

    noun = "inference scheduler"
    kind = "InferenceScheduler"
    name_member = "InferenceSchedulerName"
    create_only = ("ModelName",)
    updatable = (
        "DataDelayOffsetInMinutes",
        "DataUploadFrequency",
        "DataInputConfiguration",
        "DataOutputConfiguration",
        "RoleArn",
    )
    attributes = (
        "InferenceSchedulerName",
        "InferenceSchedulerArn",
        "Status",
        "ModelName",
        "ModelArn",
        "ModelQuality",
        "LatestInferenceResult",
        "CreatedAt",
        "UpdatedAt",
    )
    made_by_update = True
    one_per_parent = True

    def operation(self, members: Mapping[str, Any]) -> str:
        return "CreateInferenceScheduler"

    def key(self, live: Live) -> dict[str, str]:
        return {self.name_member: live.physical_id}

    def find(self, physical_id: str) -> Live | None:
        found = self.service.attempt("DescribeInferenceScheduler", InferenceSchedulerName=physical_id)
        return None if found is None else _live(found)

    # -- the key ------------------------------------------------------------------------------------------

    @property
    def _key_digits(self) -> str:
        return fingerprint(self.desired, (_KEY,))

    def born_with(self) -> list[dict[str, str]]:
        return [*super().born_with(), {"Key": _KEY_TAG, "Value": self._key_digits}]

    def differences(self, live: Live) -> Sequence[str]:
        """Its key is one only where the stack did not make it: that is not deleted to be made again."""
        found = super().differences(live)
        if _KEY_TAG in self.read_tags(live) or same(live.description.get(_KEY), self.desired.get(_KEY)):
            return found
        return [*found, _KEY]

    def outdated(self, live: Live) -> Sequence[str]:
        made_with = self.read_tags(live).get(_KEY_TAG, self._key_digits)
        return [*super().outdated(live), *([_KEY] if made_with != self._key_digits else [])]

    def change(self, live: Live, members: Sequence[str]) -> bool:
        if _KEY not in members:
            return super().change(live, members)
        # The next look finds none, and makes it again.
        self.delete(live)
        return False

    # -- the model ----------------------------------------------------------------------------------------

    @property
    def looks_outside(self) -> bool:
        """The model's quality changes by itself."""
        return bool(self.request.options.get(_QUALITY))

    def admit_start(self, live: Live) -> None:
        self._check_quality()

    def _check_quality(self) -> None:
        accepted = self.request.options.get(_QUALITY)
        if not accepted or self.in_force:
            return
        name = self.desired["ModelName"]
        model = self.service.call("DescribeModel", ModelName=name)
        if unmet := gates.unmet([{"Member": "ModelQuality", "OneOf": accepted}], model):
            raise Refused(f"{self.noun}: model {name} is not good enough to run: {'; '.join(unmet)}")

    def create(self) -> Live:
        self._check_quality()
        tags = self.born_with()
        try:
            answer = self.service.call(
                "CreateInferenceScheduler",
                **{name: value for name, value in self.desired.items() if name != "Tags"},
                **{} if self.explicitly_named() else {self.name_member: self.name()},
                ClientToken=self.request.token("CreateInferenceScheduler"),
                Tags=tags,
            )
        except ServiceError as error:
            self._make_room(error)
            raise
        live = _live({**self.desired, **answer})
        # The answer does not have all attributes: whatever its status is, another look is needed.
        live.state, live.tags = State.WORKING, ownership.read(tags)
        return live

    def _make_room(self, error: ServiceError) -> None:
        """When the model has a scheduler already, remove it if it is this one under a former name, or say whose it is.

        Raises ServiceError while it is removed, and Refused when it is not.
        """
        # Which of the two errors says that a model has one already is not documented.
        if error.kind is not Kind.CONFLICT and "ServiceQuotaExceeded" not in str(error):
            return
        name = self.desired["ModelName"]
        for summary in self.service.pages("ListInferenceSchedulers", "InferenceSchedulerSummaries", ModelName=name):
            other = _live(summary)
            if other.physical_id in self.names:
                return
            if not self._is_former(other):
                raise Refused(
                    f"{error}; {self.called(other.physical_id)} {self.holding(self).whose(other)}: a model has one, so "
                    f"remove that first, which takes a deployment of its own, or take it over under its name with "
                    f"adopt_existing=True"
                )
            if other.state is not State.WORKING:
                self.delete(other)
            raise ServiceError(
                "CreateInferenceScheduler",
                Kind.CONFLICT,
                other.description["Status"],
                f"{other.physical_id} goes first",
            )

    def _is_former(self, other: Live) -> bool:
        """Whether *other* is what this construct has been so far, and the stack's own."""
        return (
            other.physical_id == self.request.physical_id
            and self.owner(other) == self.request.owner
            and self.read_tags(other).get(ownership.ADOPTED) != Adopted.FOREIGN
        )

    def data(self, live: Live) -> dict[str, str]:
        model = self.service.attempt("DescribeModel", ModelName=live.description["ModelName"]) or {}
        return super().data(replace(live, description={**live.description, "ModelQuality": model.get("ModelQuality")}))


def _live(found: Mapping[str, Any]) -> Live:
    return Live(found["InferenceSchedulerName"], found["InferenceSchedulerArn"], found, scheduler_state(found))
