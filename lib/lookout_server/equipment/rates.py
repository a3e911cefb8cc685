"""DataUploadFrequency and TargetSamplingRate: ISO 8601 durations of seconds, minutes or one hour."""

from __future__ import annotations

_SECONDS = {"S": 1, "M": 60, "H": 3600}


def seconds_of(rate: str) -> int:
    """The length of a duration such as PT30S, which the service model has checked for its form."""
    return int(rate[2:-1]) * _SECONDS[rate[-1]]
