"""What ingested data have to be like for a deployment to go on."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_lookout.validation import Quoted, invalid

_FILES, _QUALITY = "IngestedFilesSummary", "DataQualitySummary"
#: What each limit is about, in DescribeDataIngestionJob's answer.
_MEMBERS = {
    "min_ingested_files": f"{_FILES}.IngestedNumberOfFiles",
    "max_discarded_files": f"{_FILES}.DiscardedFiles",
    # The provider's own figure.
    "min_span": "DataSpanInDays",
    "max_sensors_without_data": f"{_QUALITY}.InsufficientSensorData.MissingCompleteSensorData.AffectedSensorCount",
    "max_sensors_with_short_date_range": (
        f"{_QUALITY}.InsufficientSensorData.SensorsWithShortDateRange.AffectedSensorCount"
    ),
    "max_sensors_with_missing_values": f"{_QUALITY}.MissingSensorData.AffectedSensorCount",
    "max_missing_values": f"{_QUALITY}.MissingSensorData.TotalNumberOfMissingValues",
    "max_sensors_with_invalid_values": f"{_QUALITY}.InvalidSensorData.AffectedSensorCount",
    "max_invalid_values": f"{_QUALITY}.InvalidSensorData.TotalNumberOfInvalidValues",
    "max_unsupported_timestamps": f"{_QUALITY}.UnsupportedTimestamps.TotalNumberOfUnsupportedTimestamps",
    "max_duplicate_timestamps": f"{_QUALITY}.DuplicateTimestamps.TotalNumberOfDuplicateTimestamps",
}
_MILLISECONDS_PER_DAY = 86_400_000


class DataGate:
    """Limits that the summary of an ingestion has to keep; otherwise the deployment fails, and names the figures.

    The service ingests what it can and reports success; only its summary tells what the data are worth.
    """

    def __init__(
        self,
        *,
        min_ingested_files: int | None = 1,
        max_discarded_files: int | None = None,
        min_span: cdk.Duration | None = None,
        max_sensors_without_data: int | None = None,
        max_sensors_with_short_date_range: int | None = None,
        max_sensors_with_missing_values: int | None = None,
        max_missing_values: int | None = None,
        max_sensors_with_invalid_values: int | None = None,
        max_invalid_values: int | None = None,
        max_unsupported_timestamps: int | None = None,
        max_duplicate_timestamps: int | None = None,
    ) -> None:
        """Set the limits; 0 means that there must be none at all, None that there is no limit.

        :param min_ingested_files: how many files must have been ingested. Default: 1.
        :param max_discarded_files: how many files may have been left out, because the service could not use them.
            Default: any number.
        :param min_span: the time from the earliest value to the latest; the service needs 14 days or more to train.
            Default: any.
        :param max_sensors_without_data: how many sensors may have no value at all. Default: any number.
        :param max_sensors_with_short_date_range: how many sensors may have values of less than the service's minimum
            of 14 days. Default: any number.
        :param max_sensors_with_missing_values: how many sensors may have gaps. Default: any number.
        :param max_missing_values: how many values may be missing, of all sensors together. Default: any number.
        :param max_sensors_with_invalid_values: how many sensors may have values that are no numbers. Default: any
            number.
        :param max_invalid_values: how many values may be no numbers, of all sensors together. Default: any number.
        :param max_unsupported_timestamps: how many rows may have a time that the service cannot read. Default: any
            number.
        :param max_duplicate_timestamps: how many rows may have the time of another one. Default: any number.
        :raises InvalidProperty: for limits that are no whole numbers from 0 on, or a span that is not longer than 0 or
            not known at synthesis.
        """
        given: dict[str, int | cdk.Duration | None] = {
            "min_ingested_files": min_ingested_files,
            "max_discarded_files": max_discarded_files,
            "min_span": min_span,
            "max_sensors_without_data": max_sensors_without_data,
            "max_sensors_with_short_date_range": max_sensors_with_short_date_range,
            "max_sensors_with_missing_values": max_sensors_with_missing_values,
            "max_missing_values": max_missing_values,
            "max_sensors_with_invalid_values": max_sensors_with_invalid_values,
            "max_invalid_values": max_invalid_values,
            "max_unsupported_timestamps": max_unsupported_timestamps,
            "max_duplicate_timestamps": max_duplicate_timestamps,
        }
        self._limits = [
            {"Member": _MEMBERS[name], "AtLeast" if name.startswith("min_") else "AtMost": _bound(name, limit)}
            for name, limit in given.items()
            if limit is not None
        ]

    @property
    def limits(self) -> list[dict[str, str]]:
        """The limits as the provider takes them: members of DescribeDataIngestionJob's answer, and their bounds."""
        return self._limits


def _bound(name: str, limit: object) -> str:
    """*limit* as a figure: a span counts in days."""
    if name == "min_span":
        if not isinstance(limit, cdk.Duration):
            raise invalid(name, "DataGate", limit, "a cdk.Duration")
        if limit.is_unresolved() or not limit.to_milliseconds():
            raise invalid(name, "DataGate", Quoted(str(limit)), "a duration above 0 that is known at synthesis")
        # As many digits as the provider's figure has.
        return str(round(limit.to_milliseconds() / _MILLISECONDS_PER_DAY, 6)).removesuffix(".0")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise invalid(name, "DataGate", limit, "a whole number from 0 on, or None for no limit")
    return str(limit)
