"""A cost guard: a model is hosted at certain times of the week only."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_lookout.provider.small_function import Setting, endpoint_of, small_function
from cdk_lookout.validation import Quoted, check_kind, invalid
from cdk_lookout.vision import permissions
from cdk_lookout.vision.hosted_model import HostedModel
from cdk_lookout.vision.hours import MONDAY_TO_FRIDAY, DayOfWeek, Hours


class HostingHours(Construct):
    """Starts a hosted model when its hours begin, and stops it when they end.

    A small function of the stack looks every five minutes whether the model is as it should be, so it is started or
    stopped five minutes late at most, whoever stopped or started it, and whatever kept the service busy. To start it
    takes the service 10 to 20 minutes more. A deployment out of hours leaves the model as it is: a new one is not
    started then, and other inference units are those of the next start.

    The function does nothing about a model that no `HostedModel` hosts.

    API: DescribeModel, StartModel, StopModel.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        hosted_model: HostedModel,
        start: str,
        stop: str,
        days: Sequence[DayOfWeek] = MONDAY_TO_FRIDAY,
        time_zone: cdk.TimeZone | None = None,
        endpoint_url: str | None = None,
        endpoint_credentials: secretsmanager.ISecret | None = None,
        log_retention: logs.RetentionDays | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
    ) -> None:
        """Host *hosted_model* from *start* to *stop*.

        :param hosted_model: in the same stack.
        :param start: when it is started on each of the *days*, such as `08:00`.
        :param stop: when it is stopped, such as `18:00`; one that is not after *start* is that of the next day.
        :param days: on which it is started. Default: Monday to Friday.
        :param time_zone: of *start* and *stop*, daylight saving time included. Default: UTC.
        :param endpoint_url: where the Lookout API is, `http://` or `https://`. Default: where the stack's provider
            found it when this was made; AWS's own endpoint otherwise.
        :param endpoint_credentials: a secret with the key that signs there, as `LookoutProvider` takes it. Default:
            the credentials of the function's role with *endpoint_url*, and otherwise those of the stack's provider.
        :param log_retention: how long the function's log is kept. Default: one month.
        :param vpc: the network in which the function runs; it must reach the Lookout API. Default: none of yours.
        :param vpc_subnets: where in *vpc*. Default: the private subnets with a way out.
        :param security_groups: the function's in *vpc*. Default: a new one that lets everything out.
        :raises InvalidProperty: for what is no time, day or time zone, and when the model has hours already.
        """
        super().__init__(scope, id)
        where = self.node.path
        check_kind("hosted_model", where, hosted_model, "hosted_model_status", "a HostedModel")
        if hosted_model._hours is not None:
            raise invalid("HostingHours", where, Quoted("a second one of the hosted model"), "one")
        hours = Hours.of(where, start=start, stop=stop, days=days, time_zone=time_zone)
        hosted_model._hours = hours
        endpoint = endpoint_of(self, endpoint_url, endpoint_credentials, permissions.SERVICE)
        model = hosted_model.model
        self._function = small_function(
            self,
            handler="lookout_hosting_guard.handler.handle",
            description="Starts and stops a model of Lookout for Vision by the clock (cdk-lookout)",
            role_description="The function of cdk-lookout that starts and stops a model of Lookout for Vision",
            policy="HostingHours",
            statements=lambda: [
                iam.PolicyStatement(
                    actions=[
                        f"lookoutvision:{operation}"
                        for operation in ("DescribeModel", "ListTagsForResource", "StartModel", "StopModel")
                    ],
                    resources=[model.model_arn],
                )
            ],
            why_wildcards="there is none",
            setting=Setting(endpoint, log_retention, vpc, vpc_subnets, security_groups),
        )
        event = {
            "Time": events.EventField.time,
            "Hours": hours.properties,
            "Model": {
                "ProjectName": model.project_name,
                "ModelVersion": model.model_version,
                **hosted_model._units,
            },
        }
        self._rule = events.Rule(
            self,
            "Rule",
            description="Looks whether a model of Lookout for Vision is to be hosted now (cdk-lookout)",
            schedule=events.Schedule.expression("cron(0/5 * * * ? *)"),
            targets=[targets.LambdaFunction(self._function, event=events.RuleTargetInput.from_object(event))],
        )
        # Deleted before the model is stopped for good.
        self._rule.node.add_dependency(hosted_model)

    @property
    def function(self) -> lambda_.IFunction:
        """The function that starts and stops."""
        return self._function

    @property
    def rule(self) -> events.IRule:
        """The rule that runs the function."""
        return self._rule

    def metric_errors(
        self, *, period: cdk.Duration | None = None, statistic: str | None = None, label: str | None = None
    ) -> cloudwatch.Metric:
        """Runs of the function that failed: what was to be done was not, and is tried again five minutes later.

        :param period: over which to count. Default: 5 minutes.
        :param statistic: Default: the sum.
        :param label: the name in a graph. Default: CloudWatch's own.
        """
        return self._function.metric_errors(period=period, statistic=statistic, label=label)
