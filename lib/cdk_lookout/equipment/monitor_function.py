"""The function that asks the service and puts metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_lookout.equipment.monitored import Monitored
from cdk_lookout.provider.small_function import Setting, small_function


def monitor_function(
    scope: Construct, watched: Sequence[Monitored], *, namespace: str, setting: Setting
) -> lambda_.Function:
    """The function, in *scope*; it can read *watched*, put metrics into *namespace*, and nothing else."""
    return small_function(
        scope,
        handler="lookout_monitor.handler.handle",
        description="Puts metrics about Lookout for Equipment, which has none (cdk-lookout)",
        role_description="The function of cdk-lookout that puts metrics about Lookout for Equipment",
        policy="Monitor",
        statements=lambda: list(_statements(scope, watched, namespace)),
        why_wildcards="the service assigns the ids at the end of ARNs; metrics have no ARN",
        setting=setting,
    )


def _statements(scope: Construct, watched: Sequence[Monitored], namespace: str) -> Iterator[iam.PolicyStatement]:
    stack = cdk.Stack.of(scope)
    for kind, group in groupby(watched, lambda one: one.kind):
        yield iam.PolicyStatement(
            actions=[f"lookoutequipment:{operation}" for operation in kind.operations],
            resources=[
                stack.format_arn(service="lookoutequipment", resource=kind.resource, resource_name=f"{one.name}/*")
                for one in group
            ],
        )
    # Metrics have no ARN.
    yield iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
    )
