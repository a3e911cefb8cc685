"""How the files of an inference are named, and how often they come."""

from __future__ import annotations

import enum

import aws_cdk as cdk

from cdk_lookout.validation import Quoted, check_pattern, invalid

_FREQUENCIES = {5: "PT5M", 10: "PT10M", 15: "PT15M", 30: "PT30M", 60: "PT1H"}
_LONGEST_DELAY = 60
_MILLISECONDS = 60_000
_OFFSET = r"[+-](0[0-9]|1[01]):[03]0|[+-]12:00"


class TimestampFormat(enum.Enum):
    """How the time stands in the name of a file."""

    #: Seconds since 1970, whatever the time zone: `pump-1706745600.csv`.
    EPOCH = "EPOCH"
    #: `pump-2024-02-01-00-00-00.csv`.
    YYYY_MM_DD_HH_MM_SS = "yyyy-MM-dd-HH-mm-ss"
    #: `pump-20240201000000.csv`.
    YYYYMMDDHHMMSS = "yyyyMMddHHmmss"


class ComponentTimestampDelimiter(enum.Enum):
    """What stands between the component and the time in the name of a file."""

    #: `pump20240201000000.csv`.
    NONE = ""
    #: `pump-20240201000000.csv`.
    HYPHEN = "-"
    #: `pump_20240201000000.csv`.
    UNDERSCORE = "_"
    #: `pump 20240201000000.csv`.
    SPACE = " "


def render_frequency(where: object, frequency: cdk.Duration, sampling_rate: cdk.Duration | None) -> str:
    """The API's DataUploadFrequency; raises InvalidProperty for any other, and for one below *sampling_rate*."""
    minutes = _minutes("data_upload_frequency", where, frequency)
    if minutes not in _FREQUENCIES:
        got = Quoted(frequency.to_human_string())
        raise invalid("data_upload_frequency", where, got, "5, 10, 15, 30 or 60 minutes")
    if sampling_rate is not None and minutes * _MILLISECONDS < sampling_rate.to_milliseconds():
        raise invalid(
            "data_upload_frequency",
            where,
            Quoted(frequency.to_human_string()),
            f"at least the target_sampling_rate of the model, {sampling_rate.to_human_string()}",
        )
    return _FREQUENCIES[int(minutes)]


def render_delay(where: object, delay: cdk.Duration) -> int:
    """The API's DataDelayOffsetInMinutes; raises InvalidProperty for what it cannot be."""
    minutes = _minutes("data_delay_offset", where, delay)
    if minutes % 1 or minutes > _LONGEST_DELAY:
        raise invalid("data_delay_offset", where, Quoted(delay.to_human_string()), "whole minutes from 0 to 60")
    return int(minutes)


def check_time_zone_offset(where: object, offset: str) -> str:
    """*offset*, if it is one of the service's; raises InvalidProperty otherwise."""
    return check_pattern(
        "input_time_zone_offset", where, offset, _OFFSET, "-12:00 to +12:00 in steps of 30 minutes, such as +05:30"
    )


def _minutes(what: str, where: object, duration: cdk.Duration) -> float:
    if not isinstance(duration, cdk.Duration):
        raise invalid(what, where, duration, "a cdk.Duration")
    if duration.is_unresolved():
        raise invalid(what, where, Quoted("a token"), "a duration that is known at synthesis")
    return float(duration.to_milliseconds()) / _MILLISECONDS
