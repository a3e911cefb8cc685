"""How many images a dataset has to have for a deployment to go on."""

from __future__ import annotations

from cdk_lookout.validation import invalid


class DataGate:
    """Least numbers of images; with fewer the deployment fails, and names the figures.

    The service makes a dataset of any images; only a training tells that they are too few. Its minimums are those of
    the factories.
    """

    def __init__(
        self,
        *,
        min_total: int | None = None,
        min_labeled: int | None = None,
        min_normal: int | None = None,
        min_anomaly: int | None = None,
    ) -> None:
        """Set the limits; without any, every number will do.

        :param min_total: images. Default: any number.
        :param min_labeled: images whose class is known. Default: any number.
        :param min_normal: normal images. Default: any number.
        :param min_anomaly: images with an anomaly. Default: any number.
        :raises InvalidProperty: for limits that are no whole numbers from 0 on.
        """
        given = {"Total": min_total, "Labeled": min_labeled, "Normal": min_normal, "Anomaly": min_anomaly}
        for name, least in given.items():
            if least is not None and (not isinstance(least, int) or isinstance(least, bool) or least < 0):
                raise invalid(f"min_{name.lower()}", "DataGate", least, "a whole number from 0 on, or None")
        self._limits = [
            {"Member": f"ImageStats.{name}", "AtLeast": str(least)}
            for name, least in given.items()
            if least is not None
        ]

    @classmethod
    def single_dataset(cls) -> DataGate:
        """What the service needs of the only dataset of a project: 20 normal images and 10 with an anomaly."""
        return cls(min_normal=20, min_anomaly=10)

    @classmethod
    def train_dataset(cls) -> DataGate:
        """What it needs of a training dataset beside a test dataset: 10 normal images."""
        return cls(min_normal=10)

    @classmethod
    def test_dataset(cls) -> DataGate:
        """What it needs of a test dataset: 10 normal images and 10 with an anomaly."""
        return cls(min_normal=10, min_anomaly=10)

    @property
    def limits(self) -> list[dict[str, str]]:
        """The limits as the provider takes them: members of DescribeDataset's answer, and their bounds."""
        return self._limits
