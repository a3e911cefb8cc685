"""What all inference schedulers have in common: those of a stack, and those from elsewhere."""

from __future__ import annotations

import functools

import jsii
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces import aws_lookoutequipment as lookoutequipment

from cdk_lookout.construct import LookoutResource
from cdk_lookout.equipment.grants import InferenceSchedulerGrants
from cdk_lookout.provider.managed import Managed
from cdk_lookout.validation import Quoted, invalid


@jsii.implements(lookoutequipment.IInferenceSchedulerRef)
class InferenceSchedulerBase(LookoutResource):
    """An inference scheduler, of this stack or from elsewhere."""

    _managed: Managed

    @functools.cached_property
    def _name(self) -> str:
        """The name. What is from elsewhere sets it."""
        return self._managed.ref

    @functools.cached_property
    def _arn(self) -> str | None:
        """The ARN. What is from elsewhere sets it: to None, when it is referred to by name."""
        return self._managed.attribute("InferenceSchedulerArn")

    @property
    def inference_scheduler_name(self) -> str:
        """The name."""
        return self._name

    @property
    def inference_scheduler_arn(self) -> str:
        """The ARN.

        Raises InvalidProperty for one that is referred to by name: `from_inference_scheduler_arn` would know it.
        """
        if self._arn is None:
            raise invalid(
                "ARN",
                self,
                Quoted("a reference by name"),
                "InferenceScheduler.from_inference_scheduler_arn: the ARN holds an identifier that the service assigns",
            )
        return self._arn

    @property
    def inference_scheduler_ref(self) -> lookoutequipment.InferenceSchedulerReference:
        """Name and ARN, for what takes a scheduler of the CDK's own. Raises as `inference_scheduler_arn` does."""
        return lookoutequipment.InferenceSchedulerReference(
            inference_scheduler_name=self.inference_scheduler_name, inference_scheduler_arn=self.inference_scheduler_arn
        )

    @property
    def grants(self) -> InferenceSchedulerGrants:
        """What others can be allowed to do with it."""
        return InferenceSchedulerGrants(self, self._granted)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.read`."""
        return self.grants.read(grantee)

    def grant_start_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """The same as `grants.start_stop`."""
        return self.grants.start_stop(grantee)

    def _granted(self) -> list[str]:
        return [
            self._arn
            or self._stack.format_arn(
                service="lookoutequipment", resource="inference-scheduler", resource_name=f"{self._name}/*"
            )
        ]
