"""The one function and the one state machine behind every custom resource of a stack."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct, IDependable

from cdk_lookout.provider import asset, nag
from cdk_lookout.provider.custom_resource import CustomResource, References, known
from cdk_lookout.provider.endpoint import Endpoint
from cdk_lookout.provider.machine import definition
from cdk_lookout.provider.nesting import lineage
from cdk_lookout.provider.resource_type import LookoutService, ResourceType
from cdk_lookout.provider.role import document_for, make_role, own_statements
from cdk_lookout.validation import AtSynthesis, Quoted, a, invalid
from cdk_lookout.warnings import LINK, Size, warn_about_service

#: Fixed, and with it the function's logical id: CloudFormation never lets a ServiceToken change.
_ID = "LookoutProvider"
#: As long as CloudFormation allows: every type may have to wait for its turn. Shorter deadlines are the function's.
_SERVICE_TIMEOUT_SECONDS = 60 * 60
#: How old an event may get that Lambda brings, after failures or while it has no room. CloudFormation gives up after an
#: hour, and a Delete waits this long for a Create that it has not seen (`LATEST_CREATE_SECONDS` of the function).
_EVENT_AGE_SECONDS = 900
#: At any time the resource itself, and the link that waits, can wait for their deletion.
_DELETED_ANYWAY = 2
#: Those that were made here, by their stacks: asking the CDK takes three calls for each resource.
_MADE: WeakKeyDictionary[cdk.Stack, LookoutProvider] = WeakKeyDictionary()


class LookoutProvider(Construct):
    """What carries out the custom resources of one stack. There is one per stack, made with the first resource.

    Make it yourself, before the first resource of the stack, to set it up::

        LookoutProvider(stack, endpoint_url="https://lookout.example.internal")

    It consists of six CloudFormation resources (role, policy, log group, function, state machine and the function's
    settings for asynchronous calls), whatever the number of resources, and one policy per resource type in use.
    The logical ids of the function and the state machine never change in any release.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        endpoint_url: str | None = None,
        endpoint_credentials: secretsmanager.ISecret | None = None,
        delete_when_service_ended: bool | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_level: lambda_.ApplicationLogLevel | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        tracing: lambda_.Tracing | None = None,
    ) -> None:
        """Set up the provider of *stack*.

        :param stack: the stack (or nested stack) whose resources it carries out.
        :param endpoint_url: where the Lookout API is, `http://` or `https://`. Default: AWS's own endpoint of the
            stack's Region. With an endpoint of your own there are no warnings about Regions and AWS's end of service.
        :param endpoint_credentials: a secret with the key that signs calls of the Lookout API at *endpoint_url*: JSON
            with `access_key` and `secret_access_key`, as `lookout-server keys add --json` prints it. Default: the
            credentials of the function's role, as for all other calls.
        :param delete_when_service_ended: whether deleting a resource succeeds, and leaves it, when the service's host
            cannot be reached while Step Functions can. Default: yes with AWS's own endpoint, so that a stack can be
            deleted now that the service has ended; no with one of your own, which may be back.
        :param log_retention: how long the function's log is kept. Default: one month.
        :param log_level: the least severe message that is logged. Default: INFO, one line per call and per poll.
        :param vpc: the network in which the function runs; it must reach CloudFormation's answer bucket (S3), Step
            Functions and the Lookout API, and with *endpoint_credentials* Secrets Manager. Default: the function runs
            outside of any network of yours.
        :param vpc_subnets: where in *vpc*. Default: the private subnets with a way out.
        :param security_groups: the function's security groups in *vpc*. Default: a new one that lets everything out.
        :param tracing: X-Ray tracing of function and state machine. Default: disabled.
        :raises InvalidProperty: when *stack* is no stack or has its provider already, *endpoint_url* is no URL, or
            *endpoint_credentials* are no secret or are given without it.
        """
        if not isinstance(stack, cdk.Stack):
            got = Quoted(a(type(stack).__name__))
            raise invalid("stack", "LookoutProvider", got, "a stack: one provider serves all of it")
        if stack.node.try_find_child(_ID) is not None:
            expected = "one per stack, made before the first resource: a resource without a provider makes it by itself"
            raise invalid("LookoutProvider", stack, Quoted("a second one"), expected)
        self._endpoint = endpoint = Endpoint.checked("LookoutProvider", endpoint_url, endpoint_credentials)
        if vpc is None and (vpc_subnets or security_groups):
            raise invalid("vpc", "LookoutProvider", None, "the network that vpc_subnets and security_groups belong to")
        super().__init__(stack, _ID)
        self._stack = stack
        self._policies: dict[str, iam.Policy | iam.ManagedPolicy] = {}
        self._services: set[LookoutService] = set()
        self._references = References(stack)
        self._known: int | None = None
        tracing = tracing or lambda_.Tracing.DISABLED
        traced = tracing is not lambda_.Tracing.DISABLED

        code = asset.provider_zip()
        self._code = s3_assets.Asset(self, "Code", path=str(code), asset_hash=asset.content_hash(code))
        # The key is the digest: another content has another key.
        unversioned = "@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified"
        cdk.Annotations.of(self._code).acknowledge_warning(unversioned)
        self._role = make_role(self, in_vpc=vpc is not None, traced=traced)
        self._log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=log_retention or logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self._machine = sfn.CfnStateMachine(
            self,
            "StateMachine",
            role_arn=self._role.role_arn,
            state_machine_type="STANDARD",
            definition_string=stack.to_json_string(definition(cdk.Aws.PARTITION)),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True) if traced else None,
        )
        deletes = endpoint_url is None if delete_when_service_ended is None else delete_when_service_ended
        environment = {
            "STATE_MACHINE_ARN": self._machine.attr_arn,
            "LOG_LEVEL": (log_level or lambda_.ApplicationLogLevel.INFO).name,
            "DELETE_WHEN_SERVICE_ENDED": str(deletes).lower(),
            # Whose events it carries out, and where S3 is, which takes the answers.
            "STACK_ID": cdk.Aws.STACK_ID,
            "URL_SUFFIX": cdk.Aws.URL_SUFFIX,
            **endpoint.environment,
        }
        if (nested := lineage(stack)) is not None:
            environment["NESTED_STACK"] = nested
        self._function = lambda_.Function(
            self,
            "Function",
            description="Carries out the Lookout resources of this stack for CloudFormation (cdk-lookout)",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="lookout_provider.handler.handle",
            code=lambda_.Code.from_bucket(self._code.bucket, self._code.s3_object_key),
            # What the function may do stands in the policies below, and nothing adds to it.
            role=self._role.without_policy_updates(),
            timeout=cdk.Duration.seconds(300),
            memory_size=256,
            environment=environment,
            log_group=self._log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=log_level or lambda_.ApplicationLogLevel.INFO,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=list(security_groups) if security_groups else None,
            tracing=tracing,
        )
        statements = [*own_statements(self._function, self._machine, self._log_group), *endpoint.statements]
        self._policy = self._make_policy("Policy", statements, "the provider's own log streams and executions")
        self._asynchronous = lambda_.CfnEventInvokeConfig(
            self,
            "EventInvokeConfig",
            function_name=self._function.function_name,
            qualifier="$LATEST",
            # An event changes nothing before its wait has begun, so it may come again.
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=_EVENT_AGE_SECONDS,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self._function.function_arn)
            ),
        )
        # Lambda checks that the role may call the destination.
        self._asynchronous.node.add_dependency(self._policy)
        self._checks = AtSynthesis()
        for check in (Size(stack), self._checks):
            self.node.add_validation(check)
        nag.acknowledge_provider(self._function, self._machine, self._role)
        # CDK has the function depend on its role in two ways.
        cast(cdk.CfnResource, self._function.node.default_child).add_metadata(
            "cfn-lint", {"config": {"ignore_checks": ["W3005"]}}
        )
        _MADE[stack] = self

    @classmethod
    def of(cls, scope: IConstruct) -> LookoutProvider:
        """The provider of the stack that *scope* is in; it is made when the stack has none yet."""
        return cls.find(scope) or cls(cdk.Stack.of(scope))

    @staticmethod
    def find(scope: IConstruct) -> LookoutProvider | None:
        """The provider of the stack that *scope* is in; None when the stack has none yet."""
        stack = scope if isinstance(scope, cdk.Stack) else cdk.Stack.of(scope)
        # A stack that was not made here is another object each time that the CDK names it.
        found = _MADE.get(stack) or stack.node.try_find_child(_ID)
        return found if isinstance(found, LookoutProvider) else None

    def custom_resource(
        self,
        scope: Construct,
        resource_type: ResourceType,
        properties: Mapping[str, Any],
        after: Sequence[IDependable] = (),
    ) -> CustomResource:
        """A custom resource of *resource_type* in *scope*, under the id `Resource`.

        It depends on all that its last Delete needs, the permissions included.

        :param properties: the create request of the API, and `Options`.
        :param after: what else it depends on.
        """
        return self._make(scope, "Resource", resource_type.cloudformation_name, resource_type, properties, after)

    def relay(
        self,
        scope: Construct,
        resource: CustomResource,
        resource_type: ResourceType,
        shares: Sequence[int],
        options: Mapping[str, Any],
    ) -> CustomResource:
        """The last of the links that wait for *resource*, in *scope*: one for each of *shares*, in seconds.

        Whatever needs the finished resource takes its attributes from that link.

        A Delete has an hour, too, and what is in work cannot be deleted: each link that exists waits on its own Delete
        before the resource's. Those in front wait for nothing else, so that there are enough of them from the start.

        :param options: what of the resource's options is about the finished thing: its gate.
        """
        previous = resource
        in_front = [0] * (len(shares) - _DELETED_ANYWAY)
        links = len(in_front) + len(shares)
        hours = f"{sum(shares) / 3600:.3g}"
        for number, seconds in enumerate([*in_front, *shares], 1):
            waiting = {
                **options,
                "TargetType": resource_type.cloudformation_name,
                "Target": resource.physical_id,
                # Work that is done anew is waited for anew.
                "Generation": resource.attribute("Generation"),
                "WaitSeconds": str(seconds),
                **({"Last": "true"} if number == links else {}),
            }
            before = [previous] if previous is not resource else []  # which the Ref makes it come after
            link = self._make(scope, f"Wait{number}", LINK, resource_type, {"Options": waiting}, before)
            link.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
            what = f"waits up to {hours} hours" if seconds else "in reserve for a deletion"
            link.show_as(f"{scope.node.path}/{what}/link {number} of {links}")
            previous = link
        return previous

    def _make(
        self,
        scope: Construct,
        id: str,
        cloudformation_name: str,
        resource_type: ResourceType,
        properties: Mapping[str, Any],
        after: Sequence[IDependable],
    ) -> CustomResource:
        """A custom resource that does what the policy of *resource_type* allows."""
        policy = self._policy_of(resource_type)
        self._known = self._known or known(scope)
        made = CustomResource(
            scope,
            id,
            resource_type,
            cloudformation_name=cloudformation_name,
            known=self._known,
            properties={**self._served_by, **properties},
            references=self._references,
        )
        # The ServiceToken makes it depend on the function.
        made.node.add_dependency(self._machine, self._asynchronous, policy, *after)
        return made

    def check(self, construct: cdk.Resource, problems: Callable[[], list[str]]) -> None:
        """Let the synthesis fail for what *problems* then has against *construct*, of this stack."""
        self._checks.add(construct, problems)

    @functools.cached_property
    def _served_by(self) -> dict[str, str]:
        """What CloudFormation itself wants of every custom resource."""
        return {"ServiceToken": self._function.function_arn, "ServiceTimeout": str(_SERVICE_TIMEOUT_SECONDS)}

    @property
    def endpoint_url(self) -> str | None:
        """Where the Lookout API is; None when that is AWS's own endpoint."""
        return self._endpoint.url

    @property
    def endpoint_credentials(self) -> secretsmanager.ISecret | None:
        """The secret with the key that signs there; None when the function's role does."""
        return self._endpoint.credentials

    @property
    def function(self) -> lambda_.IFunction:
        """The function that carries out every custom resource of the stack."""
        return self._function

    @property
    def role(self) -> iam.IRole:
        """The role of the function and the state machine."""
        return self._role

    @property
    def log_group(self) -> logs.ILogGroup:
        """The function's log: JSON, one line per call to the service and per poll."""
        return self._log_group

    @property
    def state_machine_arn(self) -> str:
        """The ARN of the state machine that waits for what takes time."""
        return self._machine.attr_arn

    def metric_errors(
        self, *, period: cdk.Duration | None = None, statistic: str | None = None, label: str | None = None
    ) -> cloudwatch.Metric:
        """How many runs of the function ended in an error (a failed *deployment* is not one).

        :param period: over which to count. Default: 5 minutes.
        :param statistic: Default: the sum.
        :param label: the name in a graph. Default: CloudWatch's own.
        """
        return self._function.metric_errors(period=period, statistic=statistic, label=label)

    def metric_duration(
        self, *, period: cdk.Duration | None = None, statistic: str | None = None, label: str | None = None
    ) -> cloudwatch.Metric:
        """How long the function ran, in milliseconds.

        :param period: over which to average. Default: 5 minutes.
        :param statistic: Default: the average.
        :param label: the name in a graph. Default: CloudWatch's own.
        """
        return self._function.metric_duration(period=period, statistic=statistic, label=label)

    def metric_invocations(
        self, *, period: cdk.Duration | None = None, statistic: str | None = None, label: str | None = None
    ) -> cloudwatch.Metric:
        """How often the function ran: once per operation, and once per poll.

        :param period: over which to count. Default: 5 minutes.
        :param statistic: Default: the sum.
        :param label: the name in a graph. Default: CloudWatch's own.
        """
        return self._function.metric_invocations(period=period, statistic=statistic, label=label)

    def metric_throttles(
        self, *, period: cdk.Duration | None = None, statistic: str | None = None, label: str | None = None
    ) -> cloudwatch.Metric:
        """How often the function could not run because the account's concurrency was used up.

        :param period: over which to count. Default: 5 minutes.
        :param statistic: Default: the sum.
        :param label: the name in a graph. Default: CloudWatch's own.
        """
        return self._function.metric_throttles(period=period, statistic=statistic, label=label)

    def _policy_of(self, resource_type: ResourceType) -> iam.Policy | iam.ManagedPolicy:
        """The policy of a type, made with the type's first resource; warn once about its service."""
        if resource_type.service not in self._services:
            self._services.add(resource_type.service)
            if self._endpoint.url is None:
                warn_about_service(self._stack, resource_type.service)
        if resource_type.name not in self._policies:
            self._policies[resource_type.name] = self._make_policy(
                f"{resource_type.name}Policy",
                resource_type.statements(self._code.bucket),
                "names are made at deployment and ids by the service; the owner tag narrows what can be changed",
                managed=resource_type.managed_policy,
            )
        return self._policies[resource_type.name]

    def _make_policy(
        self, id: str, statements: Sequence[iam.PolicyStatement], reason: str, *, managed: bool = False
    ) -> iam.Policy | iam.ManagedPolicy:
        document = document_for(self._role, statements)
        if managed:
            policy: iam.Policy | iam.ManagedPolicy = iam.ManagedPolicy(
                self,
                f"Managed{id}",
                description="What cdk-lookout does for CloudFormation",
                roles=[self._role],
                document=document,
            )
        else:
            policy = iam.Policy(self, id, document=document)
            # Asked this way, a role that was made before is left alone, and reports what it needs.
            self._role.attach_inline_policy(policy)
        nag.acknowledge_wildcards(policy, document, reason)
        return policy
