"""Which version of a model is the active one: UpdateActiveModelVersion."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lookout_provider import gates, ownership
from lookout_provider.holding import Refused
from lookout_provider.ownership import Lease
from lookout_provider.resources.base import Attached, Live, State
from lookout_provider.resources.figures import FIGURES, with_figures
from lookout_provider.resources.model import failure, version_state
from lookout_shared.aws import Kind, ServiceError

_PHYSICAL_ID = re.compile(r"(?P<model>[^/]+)/active-model-version/(?P<before>\d+)")


class ActiveModelVersion(Attached):
    """`Custom::LookoutEquipmentActiveModelVersion`.

    The version that was active before the first Create is remembered in the lease on the model, and in the
    physical id. A version that does not pass the gate never becomes active.
    """

    noun = "active model version"
    create_only = ("ModelName",)
    updatable = ("ModelVersion",)
    owner_tag = ownership.PREFIX + "active-model-version"
    attributes = (
        "ModelName",
        "ModelArn",
        "ActiveModelVersion",
        "ActiveModelVersionArn",
        "PreviousActiveModelVersion",
        "PreviousActiveModelVersionArn",
        "ModelVersionActivatedAt",
        "ModelQuality",
        *FIGURES,
    )

    @property
    def looks_outside(self) -> bool:
        """The figures of a version change by themselves."""
        return bool(self.gate)

    def operation(self, members: Mapping[str, Any]) -> str:
        return "UpdateActiveModelVersion"

    def physical_id(self) -> str | None:
        return None

    def issued(self, physical_id: str) -> bool:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        return matched is not None and matched["model"] == self.desired["ModelName"]

    def find(self, physical_id: str) -> Live | None:
        matched = _PHYSICAL_ID.fullmatch(physical_id)
        return self._of(matched["model"]) if matched else None

    def search(self) -> Live | None:
        return self._of(self.desired["ModelName"])

    def _of(self, model: str) -> Live | None:
        """The activation that somebody holds on *model*; None where nobody does."""
        live = self._model(model)
        return self._identified(live) if live is not None and self.lease(live) else None

    def _model(self, model: str) -> Live | None:
        found = self.service.attempt("DescribeModel", ModelName=model)
        if found is None:
            return None
        described = with_figures(found | {"ModelVersion": found.get("ActiveModelVersion")})
        return Live("", found["ModelArn"], described)

    def _before(self, live: Live) -> str:
        lease = self.lease(live)
        return (lease.before if lease else None) or "0"

    def _identified(self, live: Live) -> Live:
        """*live* with its id and, if there is a gate, with all that is known of the active version."""
        model, active = live.description["ModelName"], live.description["ModelVersion"]
        live.physical_id = f"{model}/active-model-version/{self._before(live)}"
        if self.gate and active is not None:
            version = self.service.call("DescribeModelVersion", ModelName=model, ModelVersion=active)
            live.description = {**live.description, **with_figures(version)}
        return live

    def new_lease(self, live: Live) -> Lease:
        """Remember the version to go back to: as our own physical id has it when the lease was lost, else this one."""
        known = _PHYSICAL_ID.fullmatch(self.request.physical_id or "")
        if known is not None and known["model"] == live.description["ModelName"]:
            before = known["before"]
        else:
            before = str(live.description.get("ActiveModelVersion", 0))
        return Lease(self.request.stack_owner, before=before)

    def create(self) -> Live:
        model = self.desired["ModelName"]
        live = self._model(model)
        if live is None:
            raise ServiceError(
                "DescribeModel", Kind.REJECTED, "ResourceNotFoundException", f"there is no model {model}"
            )
        self.holding(self).take(live)
        return self._identified(live)

    def update(self, live: Live, members: Sequence[str]) -> bool:
        model, version = self.desired["ModelName"], self.desired["ModelVersion"]
        target = self.service.call("DescribeModelVersion", ModelName=model, ModelVersion=version)
        state = version_state(target)
        if state is State.WORKING:
            raise ServiceError(
                "UpdateActiveModelVersion", Kind.CONFLICT, target["Status"], f"version {version} is not ready"
            )
        if state is State.FAILED:
            raise ServiceError("UpdateActiveModelVersion", Kind.REJECTED, target["Status"], failure(target))
        if not self.in_force and (unmet := gates.unmet(self.gate, with_figures(target))):
            raise Refused(
                f"version {version} of {model} does not pass its gate, so version "
                f"{live.description.get('ActiveModelVersion')} stays active: {'; '.join(unmet)}"
            )
        self.service.call("UpdateActiveModelVersion", ModelName=model, ModelVersion=version)
        return True

    def delete(self, live: Live) -> None:
        """Make the version active again that was so before, if ours still is; then give the lease back."""
        before = int(self._before(live))
        if before and not self.outdated(live) and before != self.desired["ModelVersion"]:
            model = live.description["ModelName"]
            former = self.service.attempt("DescribeModelVersion", ModelName=model, ModelVersion=before)
            if former is not None and version_state(former) is State.READY:
                self.service.call("UpdateActiveModelVersion", ModelName=model, ModelVersion=before)
        self.drop_lease(live)
