"""The newest version of a model, looked up at deployment."""

from __future__ import annotations

import enum
from datetime import datetime

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.interfaces import IModel
from cdk_lookout.equipment.model_base import ModelBase
from cdk_lookout.equipment.model_version_base import ModelVersionBase
from cdk_lookout.equipment.quality_gate import QualityGate
from cdk_lookout.equipment.time_range import check_time, iso
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import check_kind, check_optional, invalid


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    return [permissions.allow("DescribeModelVersion", "ListModelVersions", on=permissions.arns("model"))]


LATEST_MODEL_VERSION = ResourceType("LookoutEquipmentLatestModelVersion", permissions.SERVICE, _statements)


class ModelVersionSourceType(enum.Enum):
    """How a model version came to be."""

    #: With the model itself.
    TRAINING = "TRAINING"
    #: A retraining scheduler added it.
    RETRAINING = "RETRAINING"
    #: It was imported.
    IMPORT = "IMPORT"


class LatestModelVersion(ModelVersionBase):
    """The newest version of a model that is done and, with a gate, good enough: whoever made it, retraining included.

    It is looked up when the construct is created, and anew when *trigger*, a filter or the gate changes; until then it
    stays the same version, whatever is added to the model. Versions that failed, are still in work or do not pass the
    gate are passed over; when none is left, the deployment fails and says what is the matter with each.

    API: ListModelVersions, DescribeModelVersion.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: IModel,
        quality_gate: QualityGate | None = None,
        source_type: ModelVersionSourceType | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        min_version: int | None = None,
        max_version: int | None = None,
        trigger: str | None = None,
    ) -> None:
        """Look for the newest version of *model*.

        :param model: of the stack's account and Region.
        :param quality_gate: what the version has to be like. Default: every version that the service could make will
            do.
        :param source_type: how it came to be. Default: in any way.
        :param created_after: it was made after that time, which has a time zone. Default: at any time.
        :param created_before: it was made before that time, which has a time zone. Default: at any time.
        :param min_version: its number is that or a higher one. Default: any.
        :param max_version: its number is that or a lower one. Default: any.
        :param trigger: any text; with another one a deployment looks anew. Default: it looks once.
        :raises InvalidProperty: for what the service would refuse, and for filters that no version can pass.
        """
        super().__init__(scope, id)
        check_kind("model", self, model, "version", "a model")
        check_optional("quality_gate", self, quality_gate, "limits", "a QualityGate")
        if source_type is not None and not isinstance(source_type, ModelVersionSourceType):
            expected = ", ".join(str(member) for member in ModelVersionSourceType)
            raise invalid("source_type", self, source_type, f"one of {expected}")
        if trigger is not None and (not isinstance(trigger, str) or not trigger):
            raise invalid("trigger", self, trigger, "a text that is not empty")
        for what, number in (("min_version", min_version), ("max_version", max_version)):
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
                raise invalid(what, self, number, "a whole number from 1")
        for what, time in (("created_after", created_after), ("created_before", created_before)):
            if time is not None:
                check_time(what, self, time)
        if min_version is not None and max_version is not None and min_version > max_version:
            raise invalid("max_version", self, max_version, f"min_version, {min_version}, or more")
        if created_after is not None and created_before is not None and created_after >= created_before:
            raise invalid(
                "created_before", self, iso(created_before), f"a time after created_after, {iso(created_after)}"
            )
        self._model = model
        self._awaited = model._awaited if isinstance(model, ModelBase) else True
        self._encryption_key = model.encryption_key
        options = {
            **({"Gate": quality_gate.limits} if quality_gate is not None else {}),
            **({"Trigger": trigger} if trigger is not None else {}),
        }
        self._managed = Managed(
            self,
            LATEST_MODEL_VERSION,
            {
                "ModelName": model.model_name,
                "SourceType": source_type.value if source_type is not None else None,
                "CreatedAtStartTime": iso(created_after) if created_after is not None else None,
                "CreatedAtEndTime": iso(created_before) if created_before is not None else None,
                "MinModelVersion": min_version,
                "MaxModelVersion": max_version,
            },
            options=options,
        )

    @property
    def source_type(self) -> str:
        """How the version came to be: TRAINING, RETRAINING or IMPORT."""
        return self._managed.attribute("SourceType")

    @property
    def created_at(self) -> str:
        """When the version was made, ISO 8601."""
        return self._managed.attribute("CreatedAt")

    @property
    def model_quality(self) -> str:
        """What the service thinks of the version: a name out of `ModelQuality`."""
        return self._managed.attribute("ModelQuality")
