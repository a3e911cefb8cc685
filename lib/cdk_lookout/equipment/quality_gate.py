"""What a model version has to be like before it may become active."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from typing import Any

import aws_cdk as cdk

from cdk_lookout.limits import share
from cdk_lookout.validation import Quoted, invalid


class ModelQuality(enum.Enum):
    """What the service thinks of a version, by its labels."""

    #: There are labels, and the version does well enough by them.
    QUALITY_THRESHOLD_MET = "QUALITY_THRESHOLD_MET"
    #: There are no labels to tell by.
    CANNOT_DETERMINE_QUALITY = "CANNOT_DETERMINE_QUALITY"
    #: There are labels, and the version does poorly by them.
    POOR_QUALITY_DETECTED = "POOR_QUALITY_DETECTED"


class AutoPromotionResult(enum.Enum):
    """What became of a version that a retraining added."""

    #: It was made active, in promote mode MANAGED.
    MODEL_PROMOTED = "MODEL_PROMOTED"
    #: It was not: it does worse than the active one, or the promote mode is MANUAL.
    MODEL_NOT_PROMOTED = "MODEL_NOT_PROMOTED"
    #: The service failed.
    RETRAINING_INTERNAL_ERROR = "RETRAINING_INTERNAL_ERROR"
    #: Data, labels or permissions were not as they have to be.
    RETRAINING_CUSTOMER_ERROR = "RETRAINING_CUSTOMER_ERROR"
    #: It was cancelled.
    RETRAINING_CANCELLED = "RETRAINING_CANCELLED"


class QualityGate:
    """Limits that a model version has to keep, checked at deployment before the version becomes active.

    The figures are those of its evaluation, out of DescribeModelVersion. All limits have to be kept; what the service
    does not tell of a version is not kept. Events are those of the evaluation data: labeled ones are in the labels,
    unknown ones are what the version found beside them.
    """

    def __init__(
        self,
        *,
        model_quality: Sequence[ModelQuality] | None = None,
        min_labeled_events: int | None = None,
        min_recall: float | None = None,
        min_recall_gain: float | None = None,
        min_precision: float | None = None,
        min_mean_fractional_lead_time: float | None = None,
        min_auc: float | None = None,
        max_unknown_events: int | None = None,
        max_unknown_time: cdk.Duration | None = None,
        auto_promotion_result: Sequence[AutoPromotionResult] | None = None,
    ) -> None:
        """Set at least one limit. Default of each: it does not matter.

        :param model_quality: what the service may think of it. Without labels it is always
            CANNOT_DETERMINE_QUALITY.
        :param min_labeled_events: how many labeled events there have to be to tell by.
        :param min_recall: which share of the labeled events it has to find, 0 to 1.
        :param min_recall_gain: by how much that share has to be larger than that of the version before it on the same
            data, -1 to 1; 0 means not worse. Only a retrained version has one before it.
        :param min_precision: which share of the events that it finds has to be labeled, 0 to 1.
        :param min_mean_fractional_lead_time: for how much of an event, on the average, it has to know of it, 0 to 1.
        :param min_auc: the area under the receiver operating characteristic curve, 0 to 1; 0.5 is chance.
        :param max_unknown_events: how many events it may find that are not labeled.
        :param max_unknown_time: how long these may take together.
        :param auto_promotion_result: what may have become of it when a retraining added it.
        :raises InvalidProperty: without a limit, and for one that nothing or everything keeps.
        """
        limits = [
            *_one_of("model_quality", "ModelQuality", model_quality, ModelQuality),
            *_count("min_labeled_events", "LabeledEvents", "AtLeast", min_labeled_events),
            *share("min_recall", "Recall", min_recall),
            *share("min_recall_gain", "RecallGain", min_recall_gain, lowest=-1),
            *share("min_precision", "Precision", min_precision),
            *share("min_mean_fractional_lead_time", "MeanFractionalLeadTime", min_mean_fractional_lead_time),
            *share("min_auc", "Auc", min_auc),
            *_count("max_unknown_events", "UnknownEvents", "AtMost", max_unknown_events),
            *_count(
                "max_unknown_time", "UnknownTimeInSeconds", "AtMost", _seconds("max_unknown_time", max_unknown_time)
            ),
            *_one_of("auto_promotion_result", "AutoPromotionResult", auto_promotion_result, AutoPromotionResult),
        ]
        if not limits:
            raise invalid("limits", "QualityGate", Quoted("none"), "at least one")
        self._limits = limits

    @property
    def limits(self) -> list[dict[str, Any]]:
        """The limits as the provider checks them."""
        return self._limits


def _one_of(
    what: str, member: str, allowed: Sequence[enum.Enum] | None, kind: type[enum.Enum]
) -> Iterator[dict[str, Any]]:
    if allowed is None:
        return
    if isinstance(allowed, str) or not allowed or not all(isinstance(value, kind) for value in allowed):
        raise invalid(what, "QualityGate", allowed, f"a list of {', '.join(str(value) for value in kind)}")
    yield {"Member": member, "OneOf": [value.value for value in allowed]}


def _count(what: str, member: str, bound: str, count: int | None) -> Iterator[dict[str, Any]]:
    if count is None:
        return
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise invalid(what, "QualityGate", count, "a whole number from 0")
    yield {"Member": member, bound: str(count)}


def _seconds(what: str, duration: cdk.Duration | None) -> int | None:
    if duration is None:
        return None
    known = isinstance(duration, cdk.Duration) and not duration.is_unresolved()
    if not known or duration.to_milliseconds() % 1000:
        raise invalid(what, "QualityGate", duration, "a duration of whole seconds that is known at synthesis")
    return int(duration.to_seconds())
