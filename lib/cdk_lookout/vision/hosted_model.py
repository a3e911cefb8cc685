"""Hosting: a model that answers, as long as the construct is there."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_lookout.construct import LookoutResource
from cdk_lookout.provider.managed import Managed
from cdk_lookout.provider.resource_type import ResourceType
from cdk_lookout.validation import Quoted, check_kind, check_optional, invalid
from cdk_lookout.vision import permissions
from cdk_lookout.vision.hours import Hours
from cdk_lookout.vision.interfaces import IModel
from cdk_lookout.vision.model_base import ModelBase
from cdk_lookout.wait import Wait


def _statements(assets: s3.IBucket) -> list[iam.PolicyStatement]:
    models = permissions.models()
    return [
        permissions.allow("DescribeModel", "ListTagsForResource", on=models),
        # The model may be of another stack, or of none.
        permissions.allow_under_lease("hosted-model", "StartModel", "StopModel", on=models),
    ]


HOSTED_MODEL = ResourceType("LookoutVisionHostedModel", permissions.SERVICE, _statements)


class HostedModel(LookoutResource):
    """Hosts a model: it can be asked, and costs for each hour and inference unit, images or not.

    Other inference units stop it and start it again, which takes 10 to 20 minutes in which it does not answer. Another
    *model* is started beside the one from before, which is stopped when everything else is done; where the quota of
    running models has no room for both, the one from before is stopped first. It is stopped when the construct goes.

    A model that somebody else has started fails the deployment, and is not touched. `HostingHours` make it cost less.

    API: StartModel, StopModel, DescribeModel.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model: IModel,
        min_inference_units: int,
        max_inference_units: int | None = None,
        wait: Wait | None = None,
    ) -> None:
        """Host *model*.

        :param model: of the stack's account and Region.
        :param min_inference_units: how many it always has, from 1; with 2 it outlives the loss of an Availability Zone.
        :param max_inference_units: how many the service may give it when it has much to do. Default: it has as many as
            it always has.
        :param wait: what a deployment waits for, 55 minutes at most. Default: 55 minutes for it to be hosted.
        :raises InvalidProperty: for what the service would refuse, when nothing waits for *model* to be trained, and
            when the app hosts it twice.
        """
        super().__init__(scope, id)
        check_kind("model", self, model, "model_version", "a model")
        check_optional("wait", self, wait, "until_ready", "Wait.until_ready() or Wait.started()")
        least = _units("min_inference_units", self, min_inference_units, 1)
        most = None
        if max_inference_units is not None:
            most = _units("max_inference_units", self, max_inference_units, least)
        wait = wait or Wait.until_ready()
        if wait.shares:
            raise invalid("wait", self, Quoted(f"{wait.seconds} seconds"), "at most 55 minutes: it takes 10 to 20")
        if isinstance(model, ModelBase):
            model._check_awaited(self)
            model._take_host(self)
        self._model = model
        self._units = {"MinInferenceUnits": least, **({"MaxInferenceUnits": most} if most is not None else {})}
        self._hours: Hours | None = None
        self._managed = Managed(
            self,
            HOSTED_MODEL,
            {"ProjectName": model.project_name, "ModelVersion": model.model_version, **self._units},
            wait=wait,
            options={"HostingHours": cdk.Lazy.any(_LazyHours(self))},
        )

    @property
    def model(self) -> IModel:
        """The model that it hosts, whose metrics and grants are those of the hosting, too."""
        return self._model

    @property
    def hosted_model_status(self) -> str:
        """The status at the end of the last change: HOSTED, TRAINED out of hosting hours, or as far as it was."""
        return self._managed.attribute("Status")

    @property
    def project_name(self) -> str:
        """The name of the project, once the model is hosted: what asks the model comes after it."""
        return self._managed.attribute("ProjectName")

    @property
    def model_version(self) -> str:
        """The number of the version, as text, once the model is hosted."""
        return self._managed.attribute("ModelVersion")

    @property
    def model_arn(self) -> str:
        """The ARN of the version, once the model is hosted."""
        return self._managed.attribute("ModelArn")

    @property
    def min_inference_units(self) -> str:
        """How many inference units it always has; empty while it is not hosted."""
        return self._managed.attribute("MinInferenceUnits")

    @property
    def max_inference_units(self) -> str:
        """How many it may have; empty while it is not hosted, and without a maximum of its own."""
        return self._managed.attribute("MaxInferenceUnits")

    def grant_detect_anomalies(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* ask whether an image shows an anomaly."""
        return self._model.grant_detect_anomalies(grantee)


@jsii.implements(cdk.IStableAnyProducer)
class _LazyHours:
    """The hosting hours as they are at synthesis: they are added later."""

    def __init__(self, hosted_model: HostedModel) -> None:
        self._hosted_model = hosted_model

    def produce(self) -> Any:
        hours = self._hosted_model._hours
        return hours.properties if hours is not None else None


def _units(what: str, where: cdk.Resource, units: int, least: int) -> int:
    """*units*, if they are a whole number from *least*, or a token."""
    if isinstance(units, bool) or not isinstance(units, int | float) or int(units) != units:
        raise invalid(what, where, units, f"a whole number from {least}")
    if not cdk.Token.is_unresolved(units) and not cdk.Token.is_unresolved(least) and units < least:
        raise invalid(what, where, units, f"a whole number from {least}")
    return units
