"""The metrics that the service has of a model while it is hosted."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypedDict, Unpack

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "AWS/LookoutVision"


class MetricOptions(TypedDict, total=False):
    """The usual options of a metric; None is the default."""

    #: Over which it is aggregated.
    period: cdk.Duration | None
    #: Such as `Sum`, `Average` or `Maximum`.
    statistic: str
    #: The name in a graph.
    label: str | None


class ModelMetrics:
    """Metrics of a version, which the service puts while it is hosted: by project and version."""

    @property
    @abstractmethod
    def project_name(self) -> str:
        """The name of the project."""

    @property
    @abstractmethod
    def model_version(self) -> str:
        """The number of the version, as text."""

    def metric(self, metric_name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """The metric of that name in `AWS/LookoutVision`.

        :param metric_name: as the service has it, such as `ProcessedImageCount`.
        :param options: Default: the average over 5 minutes.
        """
        return self._metric(metric_name, "Average", options)

    def metric_detected_anomaly_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Images in which it found an anomaly. Default: the sum over 5 minutes; the average is their share."""
        return self._metric("DetectedAnomalyCount", "Sum", options)

    def metric_processed_image_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Images that it looked at. Default: the sum over 5 minutes."""
        return self._metric("ProcessedImageCount", "Sum", options)

    def metric_invalid_image_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Images that it could not look at. Default: the sum over 5 minutes."""
        return self._metric("InvalidImageCount", "Sum", options)

    def metric_successful_request_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that succeeded. Default: the sum over 5 minutes."""
        return self._metric("SuccessfulRequestCount", "Sum", options)

    def metric_error_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that failed. Default: the sum over 5 minutes."""
        return self._metric("ErrorCount", "Sum", options)

    def metric_throttled_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that were more than its inference units take. Default: the sum over 5 minutes."""
        return self._metric("ThrottledCount", "Sum", options)

    def metric_time(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How long a request took, in milliseconds. Default: the average over 5 minutes."""
        return self._metric("Time", "Average", options)

    def metric_min_inference_units(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Inference units that it has at least. Default: the average over 5 minutes."""
        return self._metric("MinInferenceUnits", "Average", options)

    def metric_max_inference_units(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Inference units that it may have at most. Default: the average over 5 minutes."""
        return self._metric("MaxInferenceUnits", "Average", options)

    def metric_desired_inference_units(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Inference units that the service is scaling to. Default: the average over 5 minutes."""
        return self._metric("DesiredInferenceUnits", "Average", options)

    def metric_in_service_inference_units(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Inference units that there are, each of which costs. Default: the average over 5 minutes."""
        return self._metric("InServiceInferenceUnits", "Average", options)

    def _metric(self, name: str, statistic: str, options: MetricOptions) -> cloudwatch.Metric:
        chosen: dict[str, Any] = {"statistic": statistic, **options}
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"ProjectName": self.project_name, "ModelVersion": self.model_version},
            **chosen,
        )
