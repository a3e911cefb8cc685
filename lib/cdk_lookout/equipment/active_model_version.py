"""Which version of a model is active."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.attributes import FIGURES, ActivationAttributes, OfModelAttributes, QualityAttributes
from cdk_lookout.equipment.interfaces import IModelVersion
from cdk_lookout.equipment.model_base import ModelBase
from cdk_lookout.equipment.model_version_base import ModelVersionBase
from cdk_lookout.equipment.quality_gate import QualityGate
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, check_kind, check_optional, invalid


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    models = permissions.arns("model")
    return [
        permissions.allow("DescribeModel", "DescribeModelVersion", "ListTagsForResource", on=models),
        # The model may be of another stack, or of none.
        permissions.allow_under_lease("active-model-version", "UpdateActiveModelVersion", on=models),
    ]


ACTIVE_MODEL_VERSION = ResourceType(
    "LookoutEquipmentActiveModelVersion",
    permissions.SERVICE,
    _statements,
    newer=dict.fromkeys(("ModelQuality", *FIGURES), 2),
)


class ActiveModelVersion(LookoutResource, OfModelAttributes, ActivationAttributes, QualityAttributes):
    """Makes a version the active one of its model; there is one such construct per model.

    When it leaves the stack, or its creation is rolled back, the version that was active before it came is made active
    again, if the one it set still is; with `apply_removal_policy(RemovalPolicy.RETAIN)` what is active stays. The
    rollback of an update returns to the version that was active before the update.

    A version that does not pass the gate never becomes active: the deployment fails with its figures, and what was
    active stays so.

    API: UpdateActiveModelVersion, DescribeModel, DescribeModelVersion.
    """

    def __init__(
        self, scope: Construct, id: str, *, model_version: IModelVersion, quality_gate: QualityGate | None = None
    ) -> None:
        """Make *model_version* the active one of its model.

        :param model_version: a version whose import is done: a `ModelVersion` that waits for it, `model.version(n)`, a
            `LatestModelVersion`, or one from elsewhere in this account.
        :param quality_gate: what it has to be like. Default: every version that the service could make will do.
        :raises InvalidProperty: when it is no model version, when nothing waits for its import, and when another
            construct decides which version of the model is active.
        """
        super().__init__(scope, id)
        check_kind(
            "model_version", self, model_version, "model_version_arn", "a model version, such as model.version(1)"
        )
        check_optional("quality_gate", self, quality_gate, "limits", "a QualityGate")
        if isinstance(model_version, ModelVersionBase):
            self._check(model_version)
        self._managed = Managed(
            self,
            ACTIVE_MODEL_VERSION,
            {"ModelName": model_version.model_name, "ModelVersion": model_version.model_version},
            options={"Gate": quality_gate.limits} if quality_gate is not None else None,
        )

    def _check(self, version: ModelVersionBase) -> None:
        if not version._awaited:
            raise invalid(
                "model_version",
                self,
                Quoted("one with Wait.started()"),
                "one with Wait.until_ready(): only what is completely imported can be active",
            )
        if isinstance(version._model, ModelBase):
            if (other := version._model._activated_by) is not None:
                raise invalid(
                    "ActiveModelVersion", self, Quoted(f"a second one of the model, after {other.node.path}"), "one"
                )
            version._model._activated_by = self
            version._model._check_who_activates()
            version._model._activations.add(self)
