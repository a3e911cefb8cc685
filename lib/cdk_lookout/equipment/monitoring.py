"""Something to watch: the service has no metrics, so a function asks it on a schedule and puts some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Unpack

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk_lookout.equipment import permissions
from cdk_lookout.equipment.interfaces import IDataset, IInferenceScheduler, IModel
from cdk_lookout.equipment.monitor_function import monitor_function
from cdk_lookout.equipment.monitored import (
    DATASETS,
    MODELS,
    SCHEDULERS,
    DataQuality,
    Kind,
    MetricOptions,
    Monitored,
    monitored,
)
from cdk_lookout.provider.small_function import Setting, endpoint_of
from cdk_lookout.validation import Quoted, check_kind, check_pattern, invalid

#: Whole minutes that divide the hour, so that every run is about a window of its own.
_INTERVALS = (5, 6, 10, 12, 15, 20, 30, 60)
#: What the target of a rule (8,192 characters) and an inline policy (10,240) have room for, at 200 characters each.
_MOST = 30


class Monitoring(Construct):
    """Metrics, alarms and a dashboard about inference schedulers, models and datasets.

    Lookout for Equipment has no CloudWatch metrics. The metrics here are those of a small function of the stack, which
    a rule runs every *interval*: it lists and describes, and puts what it was told. There is nothing that the API does
    not say, and nothing between two runs but what has a time of its own.

    API: ListInferenceExecutions, DescribeInferenceScheduler, DescribeModel, DescribeDataset; PutMetricData.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        schedulers: Sequence[IInferenceScheduler] = (),
        models: Sequence[IModel] = (),
        datasets: Sequence[IDataset] = (),
        interval: cdk.Duration | None = None,
        settling: cdk.Duration | None = None,
        alarms: bool = True,
        alarm_actions: Sequence[cloudwatch.IAlarmAction] = (),
        dashboard: bool = True,
        namespace: str = "CdkLookout/Equipment",
        endpoint_url: str | None = None,
        endpoint_credentials: secretsmanager.ISecret | None = None,
        log_retention: logs.RetentionDays | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
    ) -> None:
        """Watch *schedulers*, *models* and *datasets*, 30 at most in all, of the stack's account and Region.

        :param schedulers: whose executions are counted, and their state and latest result. Default: none.
        :param models: whose latest scheduled retraining and quality are looked at. Default: none.
        :param datasets: whose latest successful ingestion is looked at. Default: none.
        :param interval: how often: 5, 6, 10, 12, 15, 20, 30 or 60 minutes. Default: 5 minutes, the shortest time
            between two executions of a scheduler.
        :param settling: how long after it was due an execution is looked at, whole minutes up to an hour: so long it
            may take to be counted as successful or failed. Default: 10 minutes.
        :param alarms: whether there are alarms: for failed executions and an anomalous latest result of each scheduler,
            for the failed latest retraining of each model, and for errors of the function. Default: yes.
        :param alarm_actions: what an alarm does, such as `aws_cloudwatch_actions.SnsAction(topic)`. Default: it can be
            seen, and does nothing.
        :param dashboard: whether there is a dashboard of its own. Default: yes; `widgets` go into any other.
        :param namespace: of the metrics. Default: `CdkLookout/Equipment`.
        :param endpoint_url: where the Lookout API is, `http://` or `https://`. Default: where the stack's provider
            found it when this was made; AWS's own endpoint otherwise.
        :param endpoint_credentials: a secret with the key that signs there, as `LookoutProvider` takes it. Default:
            the credentials of the function's role with *endpoint_url*, and otherwise those of the stack's provider.
        :param log_retention: how long the function's log is kept. Default: one month.
        :param vpc: the network in which the function runs; it must reach CloudWatch and the Lookout API. Default: none
            of yours.
        :param vpc_subnets: where in *vpc*. Default: the private subnets with a way out.
        :param security_groups: the function's in *vpc*. Default: a new one that lets everything out.
        :raises InvalidProperty: when there is nothing to watch or too much, or a value is none of these.
        """
        super().__init__(scope, id)
        where = self.node.path
        given: dict[Kind, Sequence[object]] = {SCHEDULERS: schedulers, MODELS: models, DATASETS: datasets}
        self._watched = {kind: [monitored(kind, where, one) for one in group] for kind, group in given.items()}
        everything = [one for group in self._watched.values() for one in group]
        if not 1 <= len(everything) <= _MOST:
            got = Quoted(f"{len(everything)} schedulers, models and datasets")
            raise invalid("Monitoring", where, got, f"1 to {_MOST}; make another one for more")
        self._interval = interval or cdk.Duration.minutes(5)
        self._settling = settling or cdk.Duration.minutes(10)
        minutes = _minutes("interval", where, self._interval, _INTERVALS)
        _minutes("settling", where, self._settling, range(61))
        self._namespace = check_pattern("namespace", where, namespace, "(?!AWS/)[a-zA-Z0-9._/#-]{1,255}", "a namespace")
        endpoint = endpoint_of(self, endpoint_url, endpoint_credentials, permissions.SERVICE)

        self._function = monitor_function(
            self,
            everything,
            namespace=namespace,
            setting=Setting(endpoint, log_retention, vpc, vpc_subnets, security_groups),
        )
        every = "0" if minutes == 60 else f"0/{minutes}"
        self._rule = events.Rule(
            self,
            "Rule",
            description="Asks Lookout for Equipment for what becomes metrics (cdk-lookout)",
            # On the clock, unlike rate(): a window follows from the time alone.
            schedule=events.Schedule.expression(f"cron({every} * * * ? *)"),
            targets=[targets.LambdaFunction(self._function, event=events.RuleTargetInput.from_object(self._event()))],
        )
        self._alarms = list(self._make_alarms(alarm_actions)) if alarms else []
        self._dashboard = cloudwatch.Dashboard(self, "Dashboard", widgets=[self.widgets]) if dashboard else None

    @property
    def function(self) -> lambda_.IFunction:
        """The function that asks."""
        return self._function

    @property
    def rule(self) -> events.IRule:
        """The rule that runs the function."""
        return self._rule

    @property
    def alarms(self) -> list[cloudwatch.Alarm]:
        """The alarms, for actions and composite alarms of your own."""
        return list(self._alarms)

    @property
    def dashboard(self) -> cloudwatch.Dashboard | None:
        """The dashboard; None when none was asked for."""
        return self._dashboard

    @property
    def widgets(self) -> list[cloudwatch.IWidget]:
        """Graphs of everything that is watched, for a dashboard of your own."""
        executions = ("SuccessfulExecutions", "FailedExecutions", "UnfinishedExecutions")
        graphs = {
            "Executions": self._metrics(SCHEDULERS, "Sum", *executions),
            "Anomalous, running": self._metrics(SCHEDULERS, "Maximum", "Anomalous", "Running"),
            "Retraining failed, poor quality": self._metrics(MODELS, "Maximum", "RetrainingFailed", "PoorQuality"),
            "Data quality": self._metrics(DATASETS, "Maximum", *(figure.value for figure in DataQuality)),
        }
        shown: list[cloudwatch.IWidget] = [
            cloudwatch.GraphWidget(title=title, left=metrics, width=12) for title, metrics in graphs.items() if metrics
        ]
        return shown

    def metric_successful_executions(
        self, scheduler: IInferenceScheduler, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """Executions of *scheduler* that succeeded, at the time at which they were due.

        :param scheduler: one of those that are watched.
        :param options: Default: the sum over 5 minutes. The average is the part of all executions.
        :raises InvalidProperty: when *scheduler* is not watched.
        """
        return self._of(SCHEDULERS, scheduler, "SuccessfulExecutions", "Sum", options)

    def metric_failed_executions(
        self, scheduler: IInferenceScheduler, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """Executions of *scheduler* that failed; otherwise as `metric_successful_executions`."""
        return self._of(SCHEDULERS, scheduler, "FailedExecutions", "Sum", options)

    def metric_unfinished_executions(
        self, scheduler: IInferenceScheduler, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """Executions of *scheduler* that took longer than *settling*: what came of them is not counted.

        Otherwise as `metric_successful_executions`.
        """
        return self._of(SCHEDULERS, scheduler, "UnfinishedExecutions", "Sum", options)

    def metric_anomalous(self, scheduler: IInferenceScheduler, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """1 while the latest result of *scheduler* is ANOMALOUS, 0 while it is NORMAL, nothing before the first one.

        :param scheduler: one of those that are watched.
        :param options: Default: the maximum over 5 minutes.
        :raises InvalidProperty: when *scheduler* is not watched.
        """
        return self._of(SCHEDULERS, scheduler, "Anomalous", "Maximum", options)

    def metric_running(self, scheduler: IInferenceScheduler, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """1 while *scheduler* is RUNNING, 0 otherwise. As `metric_anomalous`, but for the default: the minimum."""
        return self._of(SCHEDULERS, scheduler, "Running", "Minimum", options)

    def metric_retraining_failed(self, model: IModel, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """1 while the latest scheduled retraining of *model* has FAILED, 0 otherwise, nothing before the first one.

        Otherwise as `metric_anomalous`.
        """
        return self._of(MODELS, model, "RetrainingFailed", "Maximum", options)

    def metric_poor_quality(self, model: IModel, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """1 while the service says POOR_QUALITY_DETECTED of *model*, 0 while it says something else.

        Otherwise as `metric_anomalous`.
        """
        return self._of(MODELS, model, "PoorQuality", "Maximum", options)

    def metric_data_quality(
        self, dataset: IDataset, figure: DataQuality, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """A *figure* of the latest successful ingestion of *dataset*; nothing before the first one.

        Otherwise as `metric_anomalous`.
        """
        return self._of(DATASETS, dataset, figure.value, "Maximum", options)

    def metric_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Runs of the function in which something could not be asked or put: what they were about is not counted.

        :param options: Default: the sum over 5 minutes.
        """
        return self._function.metric_errors(**options)

    def _event(self) -> dict[str, Any]:
        """What the rule hands to the function."""
        return {
            "Time": events.EventField.time,
            "IntervalSeconds": self._interval.to_seconds(),
            "SettlingSeconds": self._settling.to_seconds(),
            "Namespace": self._namespace,
            **{kind.key: [one.name for one in group] for kind, group in self._watched.items()},
        }

    def _of(self, kind: Kind, resource: object, name: str, statistic: str, options: MetricOptions) -> cloudwatch.Metric:
        for one in self._watched[kind]:
            if one.resource is resource:
                return self._metric(name, one, **{"statistic": statistic, **options})
        raise invalid(name, self.node.path, Quoted("what is not watched"), f"one of its {kind.noun}")

    def _metrics(self, kind: Kind, statistic: str, *names: str) -> list[cloudwatch.IMetric]:
        """The metrics of those *names*, of everything of that *kind*."""
        return [
            self._metric(name, one, statistic=statistic, period=self._interval)
            for one in self._watched[kind]
            for name in names
        ]

    def _metric(self, name: str, one: Monitored, **options: Any) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._namespace, metric_name=name, dimensions_map={one.kind.dimension: one.name}, **options
        )

    def _make_alarms(self, actions: Sequence[cloudwatch.IAlarmAction]) -> Iterator[cloudwatch.Alarm]:
        def alarm(id: str, metric: cloudwatch.Metric, what: str, **options: Any) -> cloudwatch.Alarm:
            made = cloudwatch.Alarm(
                self,
                id,
                metric=metric,
                threshold=1,
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                alarm_description=what,
                **{"evaluation_periods": 1, **options},
            )
            made.add_alarm_action(*actions)
            return made

        # An execution is counted that long after it was due, in the period in which it was due.
        late = -(-self._settling.to_seconds() // self._interval.to_seconds()) + 2
        for one in self._watched[SCHEDULERS]:
            yield alarm(
                f"FailedExecutions{one.id}",
                self._metric("FailedExecutions", one, statistic="Sum", period=self._interval),
                f"An execution of the inference scheduler {one.name} failed",
                evaluation_periods=late,
                datapoints_to_alarm=1,
                # Where nothing is due, nothing fails.
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            yield alarm(
                f"Anomalous{one.id}",
                self._metric("Anomalous", one, statistic="Maximum", period=self._interval),
                f"The latest result of the inference scheduler {one.name} is anomalous",
                treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
            )
        for one in self._watched[MODELS]:
            yield alarm(
                f"RetrainingFailed{one.id}",
                self._metric("RetrainingFailed", one, statistic="Maximum", period=self._interval),
                f"The latest scheduled retraining of the model {one.name} failed",
                treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
            )
        yield alarm(
            "Errors",
            self.metric_errors(period=self._interval),
            f"The metrics of {self.node.path} are incomplete: see the log of its function",
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )


def _minutes(what: str, where: str, duration: cdk.Duration, allowed: Sequence[int]) -> int:
    """*duration* in minutes, if it is one of *allowed*."""
    check_kind(what, where, duration, "to_milliseconds", "a Duration")
    minutes = None if duration.is_unresolved() else duration.to_milliseconds() / 60_000
    if minutes is None or minutes not in allowed:
        got = Quoted("a token" if minutes is None else duration.to_human_string())
        numbers = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
        raise invalid(what, where, got, f"whole minutes: {numbers}")
    return int(minutes)
