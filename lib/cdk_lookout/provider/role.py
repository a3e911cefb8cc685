"""The role of the function and the state machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from cdk_lookout.provider.nesting import owner_names
from cdk_lookout.provider.permissions import STACK, STACK_BY_ANY_NAME

_NETWORK_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_TRACING_ACTIONS = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    # How much is traced is asked before anything is.
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


def make_role(scope: Construct, *, in_vpc: bool, traced: bool) -> iam.Role:
    """One role for both: a second one could do no more than call the function that has the first."""
    own_account = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
    # Inline, because Lambda asks for these when it makes the function, and the provider's policy comes after that.
    inline: dict[str, iam.PolicyDocument] = {}
    if in_vpc:
        inline["Network"] = network_access()
    if traced:
        inline["Tracing"] = _on_everything(_TRACING_ACTIONS)
    return iam.Role(
        scope,
        "Role",
        description="The function and the state machine of cdk-lookout",
        assumed_by=iam.CompositePrincipal(
            iam.ServicePrincipal("lambda.amazonaws.com", conditions=own_account),
            iam.ServicePrincipal("states.amazonaws.com", conditions=own_account),
        ),
        inline_policies=inline,
    )


def own_statements(
    function: lambda_.Function, machine: sfn.CfnStateMachine, log_group: logs.LogGroup
) -> list[iam.PolicyStatement]:
    """What it takes to log, to wait and to be asked again."""
    executions = f"arn:{cdk.Aws.PARTITION}:states:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:execution:{machine.attr_name}:*"
    return [
        iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]),
        iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.attr_arn]),
        iam.PolicyStatement(actions=["states:StopExecution", "states:DescribeExecution"], resources=[executions]),
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn]),
    ]


def document_for(role: iam.Role, statements: Sequence[iam.PolicyStatement]) -> iam.PolicyDocument:
    """Their document, the same whatever the app's feature flags say.

    Where somebody else makes the role (`iam.Role.customize_roles`), it goes into the CDK's report on what the role
    needs, which spells out tokens for the account, the Region and the partition, but not for the stack's name.
    """
    names = owner_names(cdk.Stack.of(role), spelled_out=role.node.default_child is None)
    return iam.PolicyDocument(minimize=True, statements=[_named(names, statement) for statement in statements])


def _named(names: Sequence[str], statement: iam.PolicyStatement) -> iam.PolicyStatement:
    """*statement* with the names of its stack in its conditions, today's first among *names*."""

    def named(value: Any) -> Any:
        if STACK_BY_ANY_NAME in value and len(names) > 1:
            return [value.replace(STACK_BY_ANY_NAME, name) for name in names]
        return value.replace(STACK_BY_ANY_NAME, names[0]).replace(STACK, names[0]) if isinstance(value, str) else value

    said = statement.to_statement_json()
    if "Condition" not in said:
        return statement
    said["Condition"] = {
        operator: {key: named(value) for key, value in keys.items()} for operator, keys in said["Condition"].items()
    }
    return iam.PolicyStatement.from_json(said)


def network_access() -> iam.PolicyDocument:
    """What the role of a function needs for the function to be in a network."""
    return _on_everything(_NETWORK_ACTIONS)


def _on_everything(actions: tuple[str, ...]) -> iam.PolicyDocument:
    """These actions take no narrower resource."""
    return iam.PolicyDocument(statements=[iam.PolicyStatement(actions=list(actions), resources=["*"])])
