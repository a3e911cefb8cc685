"""What a trained model has to be like."""

from __future__ import annotations

from typing import Any

from cdk_lookout.limits import share
from cdk_lookout.validation import Quoted, invalid


class QualityGate:
    """Limits that a model has to keep, checked at deployment when it is trained: otherwise the deployment fails.

    The figures are those of its evaluation, out of DescribeModel: by the test dataset, or by the part of the training
    dataset that the service has kept for it. All limits have to be kept; what the service does not tell is not kept.
    """

    def __init__(
        self, *, min_f1: float | None = None, min_precision: float | None = None, min_recall: float | None = None
    ) -> None:
        """Set at least one limit. Default of each: it does not matter.

        :param min_f1: the harmonic mean of precision and recall, 0 to 1.
        :param min_precision: which share of the images that it calls anomalous has to be so, 0 to 1.
        :param min_recall: which share of the anomalous images it has to find, 0 to 1.
        :raises InvalidProperty: without a limit, and for one that is no number from 0 to 1.
        """
        limits = [
            *share("min_f1", "F1Score", min_f1),
            *share("min_precision", "Precision", min_precision),
            *share("min_recall", "Recall", min_recall),
        ]
        if not limits:
            raise invalid("limits", "QualityGate", Quoted("none"), "at least one")
        self._limits = limits

    @property
    def limits(self) -> list[dict[str, Any]]:
        """The limits as the provider checks them."""
        return self._limits
