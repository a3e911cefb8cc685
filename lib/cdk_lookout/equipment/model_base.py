"""What all models have in common, and the versions that are known by the model and their number."""

from __future__ import annotations

import functools

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import DependencyGroup

from cdk_lookout.equipment.grants import IMPORT_MODEL_VERSION, ModelGrants
from cdk_lookout.equipment.interfaces import IDataset, IModelVersion
from cdk_lookout.equipment.model_version_base import ModelVersionBase
from cdk_lookout.equipment.resource_policy import Shareable
from cdk_lookout.validation import Quoted, invalid


class ModelBase(Shareable):
    """What a model of this stack and one from elsewhere have in common."""

    _import_action = IMPORT_MODEL_VERSION
    _arn_factories = "Model.from_model_arn or Model.from_model_attributes(model_arn=...)"
    _arn_attribute = "ModelArn"
    _dataset: IDataset | None = None
    #: Whether a deployment waits until its version 1 can be used.
    _awaited = True
    #: The construct that decides which version is active.
    _activated_by: cdk.Resource | None = None
    #: The retraining scheduler by which the service decides it: one with PromoteMode.MANAGED.
    _promoted_by: cdk.Resource | None = None

    @functools.cached_property
    def _activations(self) -> DependencyGroup:
        """What comes before whatever uses the active version; it may still grow."""
        return DependencyGroup()

    @functools.cached_property
    def _name(self) -> str:
        """The name. What is from elsewhere sets it."""
        return self._managed.ref

    @property
    def model_name(self) -> str:
        """The name."""
        return self._name

    @property
    def model_arn(self) -> str:
        """The ARN.

        Raises InvalidProperty for a model that is referred to by name: `from_model_arn` would know it.
        """
        return self.resource_arn

    @property
    def dataset(self) -> IDataset | None:
        """The dataset that it works on; None when that is not known here."""
        return self._dataset

    @functools.cached_property
    def _schedulers(self) -> dict[str, cdk.Resource]:
        """The constructs of which it has one each, by kind."""
        return {}

    def _take_scheduler(self, kind: str, scheduler: cdk.Resource) -> None:
        """Note *scheduler*; raises InvalidProperty for a second one of its kind, and if the model cannot have one."""
        if self._is_elsewhere:
            got = Quoted(f"one of {self.env.account}/{self.env.region}")
            raise invalid("model", scheduler, got, "one of the stack's account and Region; import it first")
        if not self._awaited:
            raise invalid(
                "model",
                scheduler,
                Quoted("one with Wait.started()"),
                "one with Wait.until_ready(): only a model that is ready can have a scheduler",
            )
        first = self._schedulers.setdefault(kind, scheduler)
        if first is not scheduler:
            raise invalid(kind, scheduler, Quoted(f"a second one of the model, after {first.node.path}"), "one")

    def _check_who_activates(self) -> None:
        """Raise InvalidProperty if both a construct and the service decide which version is active."""
        if self._promoted_by is not None and self._activated_by is not None:
            raise invalid(
                "promote_mode",
                self._promoted_by,
                Quoted(f"MANAGED beside {self._activated_by.node.path}"),
                "PromoteMode.MANUAL, since the service would make versions active against the stack; to have the "
                "newest good one active, give the ActiveModelVersion a LatestModelVersion with a gate",
            )

    def version(self, model_version: int) -> IModelVersion:
        """The version with that number, whether this stack made it or not.

        Nothing waits for it to exist: for a version that this stack adds, pass on its `ModelVersion`.

        :param model_version: 1 or more.
        :raises InvalidProperty: when it is no such number.
        """
        if isinstance(model_version, bool) or not isinstance(model_version, int) or model_version < 1:
            raise invalid("model_version", self, model_version, "a whole number from 1")
        found = self.node.try_find_child(f"Version{model_version}")
        return found if isinstance(found, _VersionByNumber) else _VersionByNumber(self, model_version)

    @property
    def grants(self) -> ModelGrants:
        """What others can be allowed to do with it and its versions."""
        return ModelGrants(self, self._granted)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)

    def _granted(self) -> list[str]:
        arn = self._arn or self._stack.format_arn(
            service="lookoutequipment", resource="model", resource_name=f"{self._name}/*"
        )
        return [arn, f"{arn}/model-version/*"] if self._arn else [arn]


class _VersionByNumber(ModelVersionBase):
    """A version of a model that is known here, by its number."""

    def __init__(self, model: ModelBase, number: int) -> None:
        super().__init__(model, f"Version{number}", environment_from_arn=model._arn if model._imported else None)
        self._model = model
        self._imported = model._imported
        self._awaited = model._awaited
        self._name = model.model_name
        self._version = str(number)
        self._model_arn = model._arn
        self._arn = f"{model._arn}/model-version/{number}" if model._arn else None
        self._encryption_key = model.encryption_key
