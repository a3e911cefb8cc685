"""Something to watch: alarms and a dashboard of the metrics that the service has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_lookout.validation import Quoted, check_kind, invalid
from cdk_lookout.vision.interfaces import IModel


class Monitoring(Construct):
    """Alarms and a dashboard about hosted models. The metrics are the service's own, and are there while it hosts."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        models: Sequence[IModel],
        period: cdk.Duration | None = None,
        anomalies_threshold: int | None = None,
        alarms: bool = True,
        alarm_actions: Sequence[cloudwatch.IAlarmAction] = (),
        dashboard: bool = True,
    ) -> None:
        """Watch *models*.

        :param models: of the stack's account and Region.
        :param period: over which metrics are aggregated. Default: 5 minutes.
        :param anomalies_threshold: from how many anomalous images in a period there is an alarm. Default: there is
            none about anomalies.
        :param alarms: whether there are alarms, for failed and for throttled requests of each model. Default: yes.
        :param alarm_actions: what an alarm does, such as `aws_cloudwatch_actions.SnsAction(topic)`. Default: it can be
            seen, and does nothing.
        :param dashboard: whether there is a dashboard of its own. Default: yes; `widgets` go into any other.
        :raises InvalidProperty: without a model.
        """
        super().__init__(scope, id)
        where = self.node.path
        if not models:
            raise invalid("models", where, Quoted("none"), "at least one model")
        for model in models:
            check_kind("models", where, model, "metric", "models")
        self._models = list(models)
        self._period = period or cdk.Duration.minutes(5)
        self._alarms = self._make_alarms(alarm_actions, anomalies_threshold) if alarms else []
        self._dashboard = cloudwatch.Dashboard(self, "Dashboard", widgets=[self.widgets]) if dashboard else None

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
        """Graphs of all models, for a dashboard of your own."""
        graphs = {
            "Images, anomalies": ("Sum", "ProcessedImageCount", "DetectedAnomalyCount", "InvalidImageCount"),
            "Errors, throttled requests": ("Sum", "ErrorCount", "ThrottledCount"),
            "Time in milliseconds": ("Average", "Time"),
            "Inference units": ("Average", "DesiredInferenceUnits", "InServiceInferenceUnits"),
        }
        return [
            cloudwatch.GraphWidget(
                title=title,
                left=[
                    model.metric(name, statistic=statistic, period=self._period)
                    for model in self._models
                    for name in names
                ],
                width=12,
            )
            for title, (statistic, *names) in graphs.items()
        ]

    def _make_alarms(
        self, actions: Sequence[cloudwatch.IAlarmAction], anomalies_threshold: int | None
    ) -> list[cloudwatch.Alarm]:
        wanted = [
            ("Errors", "ErrorCount", 1, "requests to the model fail"),
            ("Throttled", "ThrottledCount", 1, "the model needs more inference units"),
        ]
        if anomalies_threshold is not None:
            wanted.append(("Anomalies", "DetectedAnomalyCount", anomalies_threshold, "images show anomalies"))
        made: list[cloudwatch.Alarm] = []
        for model in self._models:
            for id, metric_name, threshold, what in wanted:
                alarm = cloudwatch.Alarm(
                    self,
                    f"{id}{_unique(model)}",
                    metric=model.metric(metric_name, statistic="Sum", period=self._period),
                    threshold=threshold,
                    evaluation_periods=1,
                    comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                    alarm_description=f"Project {model.project_name}: {what}",
                    # A model that is not hosted has no metrics.
                    treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                )
                alarm.add_alarm_action(*actions)
                made.append(alarm)
        return made


def _unique(model: Any) -> str:
    """A part of construct ids that does not change with the order in which models are given."""
    return str(cdk.Names.node_unique_id(model.node))
