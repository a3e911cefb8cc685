"""What all model versions have in common: those that a stack adds, those from elsewhere, those of a known model."""

from __future__ import annotations

import functools

from aws_cdk import aws_iam as iam

from cdk_lookout.equipment.grants import IMPORT_MODEL_VERSION, ModelVersionGrants
from cdk_lookout.equipment.interfaces import IModel
from cdk_lookout.equipment.resource_policy import Shareable
from cdk_lookout.validation import Quoted, invalid


class ModelVersionBase(Shareable):
    """A version of a model, of this stack or from elsewhere."""

    _import_action = IMPORT_MODEL_VERSION
    _arn_factories = "ModelVersion.from_model_version_arn, or version() of Model.from_model_arn"
    #: The model, when it is known as a construct.
    _model: IModel | None = None
    #: Whether a deployment waits until it can be used.
    _awaited: bool = True
    _arn_attribute = "ModelVersionArn"

    # What the custom resource says of it. What is from elsewhere sets these.

    @functools.cached_property
    def _name(self) -> str:
        return self._managed.attribute("ModelName")

    @functools.cached_property
    def _version(self) -> str:
        return self._managed.attribute("ModelVersion")

    @functools.cached_property
    def _model_arn(self) -> str | None:
        return self._managed.attribute("ModelArn")

    @property
    def model_name(self) -> str:
        """The name of the model."""
        return self._name

    @property
    def model_arn(self) -> str:
        """The ARN of the model.

        Raises InvalidProperty when the model is referred to by name: `Model.from_model_arn` would know it.
        """
        if self._model_arn is None:
            raise invalid("model_arn", self, Quoted("a reference by name"), self._arn_factories)
        return self._model_arn

    @property
    def model_version(self) -> str:
        """The number of the version, as text."""
        return self._version

    @property
    def model_version_arn(self) -> str:
        """The ARN of the version.

        Raises InvalidProperty when the model is referred to by name: `Model.from_model_arn` would know it.
        """
        return self.resource_arn

    @property
    def grants(self) -> ModelVersionGrants:
        """What others can be allowed to do with it."""
        return ModelVersionGrants(self, self._granted)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)

    def _granted(self) -> list[str]:
        return [self.model_version_arn, self.model_arn]
