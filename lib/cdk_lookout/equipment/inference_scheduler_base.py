"""What all inference schedulers have in common: those of a stack, and those from elsewhere."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lookout.grants import grant
from cdk_lookout.validation import Quoted, invalid


class InferenceSchedulerBase(cdk.Resource):
    """An inference scheduler, of this stack or from elsewhere."""

    _name: str
    #: None when it was referred to by name.
    _arn: str | None

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

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read everything about it, its runs and what they found."""
        return self._grant(
            grantee,
            "DescribeInferenceScheduler",
            "ListInferenceEvents",
            "ListInferenceExecutions",
            "ListTagsForResource",
        )

    def grant_start_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* start and stop it. A deployment that changes it starts it again, if it is to run."""
        return self._grant(grantee, "StartInferenceScheduler", "StopInferenceScheduler")

    def _grant(self, grantee: iam.IGrantable, *operations: str) -> iam.Grant:
        arn = self._arn or cdk.Stack.of(self).format_arn(
            service="lookoutequipment", resource="inference-scheduler", resource_name=f"{self._name}/*"
        )
        return grant(self, grantee, [arn], [f"lookoutequipment:{operation}" for operation in operations])
