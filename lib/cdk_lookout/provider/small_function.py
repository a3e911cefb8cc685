"""A small function of the stack's own, out of the provider's zip: it asks a service on a schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_lookout.provider import asset, nag
from cdk_lookout.provider.endpoint import Endpoint
from cdk_lookout.provider.provider import LookoutProvider
from cdk_lookout.provider.resource_type import LookoutService
from cdk_lookout.provider.role import network_access
from cdk_lookout.warnings import warn_about_service


@dataclass(frozen=True)
class Setting:
    """Where a function runs, and whom it asks; None is the default."""

    endpoint: Endpoint
    log_retention: logs.RetentionDays | None = None
    vpc: ec2.IVpc | None = None
    vpc_subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] | None = None


def endpoint_of(
    scope: Construct, url: str | None, credentials: secretsmanager.ISecret | None, service: LookoutService
) -> Endpoint:
    """Where the API is: at *url*, or where the stack's provider finds it, with the key with which that one signs.

    Warn about AWS's own endpoint; raise InvalidProperty for what is no URL or no secret.
    """
    given = Endpoint.checked(scope.node.path, url, credentials)
    if given.url is not None:
        return given
    provider = LookoutProvider.find(scope)
    if provider is not None and provider.endpoint_url is not None:
        return Endpoint(provider.endpoint_url, provider.endpoint_credentials)
    warn_about_service(cdk.Stack.of(scope), service)
    return given


def small_function(
    scope: Construct,
    *,
    handler: str,
    description: str,
    role_description: str,
    policy: str,
    statements: Callable[[], Sequence[iam.PolicyStatement]],
    why_wildcards: str,
    setting: Setting,
) -> lambda_.Function:
    """The function, in *scope*; it can do what *statements* say, write its log, and nothing else.

    :param policy: the name of its policy.
    :param why_wildcards: for cdk-nag.
    """
    log_group = logs.LogGroup(
        scope,
        "LogGroup",
        retention=setting.log_retention or logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    writes_log = iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
    )
    document = iam.PolicyDocument(minimize=True, statements=[*statements(), *setting.endpoint.statements, writes_log])
    in_network = setting.vpc is not None
    role = iam.Role(
        scope,
        "Role",
        description=role_description,
        assumed_by=iam.ServicePrincipal(
            "lambda.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
        ),
        inline_policies={policy: document, **({"Network": network_access()} if in_network else {})},
    )
    nag.acknowledge_wildcards(role, document, why_wildcards)
    if in_network:
        nag.acknowledge(role, "network interfaces have no narrower resource", "AwsSolutions-IAM5[Resource::*]")
    code = asset.provider_zip()
    function = lambda_.Function(
        scope,
        "Function",
        description=description,
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler=handler,
        code=lambda_.Code.from_asset(str(code), asset_hash=asset.content_hash(code)),
        role=role.without_policy_updates(),
        timeout=cdk.Duration.minutes(4),
        memory_size=256,
        environment=setting.endpoint.environment,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        # The next run of the schedule is soon enough, and a second one of the same might do a thing twice.
        retry_attempts=0,
        vpc=setting.vpc,
        vpc_subnets=setting.vpc_subnets,
        security_groups=list(setting.security_groups) if setting.security_groups else None,
    )
    nag.acknowledge(
        function,
        "the runtime is the one that the function's code is tested with, and AWS patches it",
        "AwsSolutions-L1",
    )
    # CDK has the function depend on its role in two ways.
    cast(cdk.CfnResource, function.node.default_child).add_metadata(
        "cfn-lint", {"config": {"ignore_checks": ["W3005"]}}
    )
    return function
