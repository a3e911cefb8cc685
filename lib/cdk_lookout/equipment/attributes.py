"""Attributes that more than one construct has, because the API tells them of more than one thing."""

from __future__ import annotations

from cdk_lookout.equipment.interfaces import ILabelGroup
from cdk_lookout.provider.managed import Managed

#: The attributes of `QualityAttributes`, but for the quality itself.
FIGURES = (
    "LabeledEvents",
    "IdentifiedEvents",
    "WarningTimeInSeconds",
    "UnknownEvents",
    "UnknownTimeInSeconds",
    "Recall",
    "Precision",
    "MeanFractionalLeadTime",
    "Auc",
    "PriorRecall",
    "PriorPrecision",
    "PriorMeanFractionalLeadTime",
    "PriorAuc",
)


class OfModelAttributes:
    """The model that something belongs to."""

    _managed: Managed

    @property
    def model_name(self) -> str:
        """The name of its model."""
        return self._managed.attribute("ModelName")

    @property
    def model_arn(self) -> str:
        """The ARN of its model."""
        return self._managed.attribute("ModelArn")


class TimeAttributes:
    """When something was made and changed."""

    _managed: Managed

    @property
    def created_at(self) -> str:
        """When it was made, ISO 8601."""
        return self._managed.attribute("CreatedAt")

    @property
    def updated_at(self) -> str:
        """When it was changed last, ISO 8601."""
        return self._managed.attribute("UpdatedAt")


class ImportAttributes:
    """Where a model or a version came from, and how it is."""

    _managed: Managed

    @property
    def created_at(self) -> str:
        """When it was made, ISO 8601."""
        return self._managed.attribute("CreatedAt")

    @property
    def source_type(self) -> str:
        """How it came to be: IMPORT or TRAINING."""
        return self._managed.attribute("SourceType")

    @property
    def source_model_version_arn(self) -> str:
        """The version that it was imported from; empty when it was trained."""
        return self._managed.attribute("SourceModelVersionArn")

    @property
    def import_job_start_time(self) -> str:
        """When its import began, ISO 8601; empty when it was trained."""
        return self._managed.attribute("ImportJobStartTime")

    @property
    def import_job_end_time(self) -> str:
        """When its import was done, ISO 8601. Not known with `Wait.started()`."""
        return self._managed.attribute("ImportJobEndTime")

    @property
    def imported_data_size_in_bytes(self) -> str:
        """How much was imported, in bytes. Not known with `Wait.started()`."""
        return self._managed.attribute("ImportedDataSizeInBytes")


class ActivationAttributes:
    """Which version of a model was active at the end of the construct's own last change, and which before."""

    _managed: Managed

    @property
    def active_model_version(self) -> str:
        """The number of the active version."""
        return self._managed.attribute("ActiveModelVersion")

    @property
    def active_model_version_arn(self) -> str:
        """The ARN of the active version."""
        return self._managed.attribute("ActiveModelVersionArn")

    @property
    def previous_active_model_version(self) -> str:
        """The number of the version that was active before; empty when there was none."""
        return self._managed.attribute("PreviousActiveModelVersion")

    @property
    def previous_active_model_version_arn(self) -> str:
        """The ARN of the version that was active before; empty when there was none."""
        return self._managed.attribute("PreviousActiveModelVersionArn")

    @property
    def model_version_activated_at(self) -> str:
        """When the active version became active, ISO 8601. Not known with `Wait.started()`."""
        return self._managed.attribute("ModelVersionActivatedAt")


class QualityAttributes:
    """How good the active version was at the end of the construct's own last change, or training, by its evaluation.

    None of it is known with `Wait.started()`. A figure that the service does not tell is empty: those of labeled events
    of a version without labels, the prior ones of a version that no retraining added.
    """

    _managed: Managed

    @property
    def model_quality(self) -> str:
        """QUALITY_THRESHOLD_MET, CANNOT_DETERMINE_QUALITY (without labels) or POOR_QUALITY_DETECTED."""
        return self._managed.attribute("ModelQuality")

    @property
    def labeled_events(self) -> str:
        """How many events in the evaluation data are labeled."""
        return self._managed.attribute("LabeledEvents")

    @property
    def identified_events(self) -> str:
        """How many of the labeled events it found."""
        return self._managed.attribute("IdentifiedEvents")

    @property
    def warning_time_in_seconds(self) -> str:
        """For how long, together, it warned of labeled events."""
        return self._managed.attribute("WarningTimeInSeconds")

    @property
    def unknown_events(self) -> str:
        """How many events it found that are not labeled."""
        return self._managed.attribute("UnknownEvents")

    @property
    def unknown_time_in_seconds(self) -> str:
        """How long these took together."""
        return self._managed.attribute("UnknownTimeInSeconds")

    @property
    def recall(self) -> str:
        """Which share of the labeled events it found, 0 to 1."""
        return self._managed.attribute("Recall")

    @property
    def precision(self) -> str:
        """Which share of the events that it found is labeled, 0 to 1."""
        return self._managed.attribute("Precision")

    @property
    def mean_fractional_lead_time(self) -> str:
        """For how much of a labeled event it knew of it, on the average, 0 to 1."""
        return self._managed.attribute("MeanFractionalLeadTime")

    @property
    def auc(self) -> str:
        """The area under the receiver operating characteristic curve, 0 to 1; 0.5 is chance."""
        return self._managed.attribute("Auc")

    @property
    def prior_recall(self) -> str:
        """The recall of the version before it, on the same data, when a retraining added it."""
        return self._managed.attribute("PriorRecall")

    @property
    def prior_precision(self) -> str:
        """The precision of the version before it; see `prior_recall`."""
        return self._managed.attribute("PriorPrecision")

    @property
    def prior_mean_fractional_lead_time(self) -> str:
        """The mean fractional lead time of the version before it; see `prior_recall`."""
        return self._managed.attribute("PriorMeanFractionalLeadTime")

    @property
    def prior_auc(self) -> str:
        """The AUC of the version before it; see `prior_recall`."""
        return self._managed.attribute("PriorAuc")


class RetrainingAttributes:
    """What became of the latest retraining before the construct's own last change; all empty when there was none."""

    _managed: Managed

    def _retraining(self, attribute: str) -> str:
        # Of the model's own answer: a relay ends with the training, long before any retraining.
        return self._managed.resource.attribute(attribute)

    @property
    def latest_scheduled_retraining_status(self) -> str:
        """The status of the version that it added."""
        return self._retraining("LatestScheduledRetrainingStatus")

    @property
    def latest_scheduled_retraining_model_version(self) -> str:
        """The number of the version that it added."""
        return self._retraining("LatestScheduledRetrainingModelVersion")

    @property
    def latest_scheduled_retraining_start_time(self) -> str:
        """When it began, ISO 8601."""
        return self._retraining("LatestScheduledRetrainingStartTime")

    @property
    def latest_scheduled_retraining_available_data_in_days(self) -> str:
        """How many days of data it had."""
        return self._retraining("LatestScheduledRetrainingAvailableDataInDays")


class LabelAttributes:
    """Which group labels belong to."""

    _managed: Managed
    _label_group: ILabelGroup

    @property
    def label_group(self) -> ILabelGroup:
        """The group that they belong to."""
        return self._label_group

    @property
    def label_group_name(self) -> str:
        """The name of the group, known once the labels are there."""
        return self._managed.attribute("LabelGroupName")

    @property
    def label_group_arn(self) -> str:
        """The ARN of the group."""
        return self._managed.attribute("LabelGroupArn")
