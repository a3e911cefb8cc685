"""What the service asks of a training, checked before anything is deployed."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk

from cdk_lookout.equipment.dataset import Dataset
from cdk_lookout.equipment.dataset_schema import DatasetSchema
from cdk_lookout.equipment.interfaces import IDataset
from cdk_lookout.equipment.off_condition import OffCondition
from cdk_lookout.equipment.time_range import TimeRange
from cdk_lookout.validation import Quoted, invalid

_RATES = {
    **{seconds: f"PT{seconds}S" for seconds in (1, 5, 10, 15, 30)},
    **{minutes * 60: f"PT{minutes}M" for minutes in (1, 5, 10, 15, 30)},
    3600: "PT1H",
}
_MOST_SENSORS = 300
#: The service's quota page asks for the first, the page on the format of data for the second.
_LEAST_DAYS, _LEAST_DAYS_ELSEWHERE = 180, 14

Sensors = set[tuple[str, str]]


def check_ranges(where: str, training: TimeRange | None, evaluation: TimeRange | None) -> None:
    """Raise InvalidProperty unless *evaluation* begins after *training* does."""
    if training is None or evaluation is None or training.span is None or evaluation.span is None:
        return
    if evaluation.start <= training.start:
        raise invalid(
            "evaluation_data", where, evaluation.start, f"a start after that of training_data, {training.start}"
        )


def warn_about_span(construct: cdk.Resource, training: TimeRange | None) -> None:
    """Warn of a training that may be too short for the service; its documents say so or so."""
    if training is None or training.span is None or training.span.days >= _LEAST_DAYS:
        return
    cdk.Annotations.of(construct).add_warning_v2(
        "cdk-lookout:training-span",
        f"training_data of {construct.node.path}: got {training.span.days} days, expected {_LEAST_DAYS} by one of the "
        f"service's documents, {_LEAST_DAYS_ELSEWHERE} by another: the training may be refused",
    )


def render_rate(where: str, rate: cdk.Duration) -> str:
    """The API's TargetSamplingRate; raises InvalidProperty for an interval that it does not have."""
    expected = f"one of {', '.join(_RATES.values())}"
    if not isinstance(rate, cdk.Duration) or rate.is_unresolved():
        raise invalid("target_sampling_rate", where, rate, expected)
    milliseconds = rate.to_milliseconds()
    if milliseconds % 1000 or milliseconds // 1000 not in _RATES:
        raise invalid("target_sampling_rate", where, Quoted(rate.to_iso_string()), expected)
    return _RATES[int(milliseconds) // 1000]


def render_schema(where: str, schema: DatasetSchema) -> dict[str, Any]:
    """The API's DatasetSchema; raises InvalidProperty for more sensors than a training takes."""
    count = len(_sensors(schema))
    if count > _MOST_SENSORS:
        raise invalid("schema", where, Quoted(f"{count} sensors"), f"at most {_MOST_SENSORS} in a training")
    return {"InlineDataSchema": json.dumps({"Components": schema.components}, separators=(",", ":"))}


def check_sensors(
    where: str, dataset: IDataset, schema: DatasetSchema | None, off_condition: OffCondition | None
) -> None:
    """Raise InvalidProperty for a sensor that the dataset does not have, as far as its schema is known here."""
    of_dataset = dataset._source.dataset_schema if isinstance(dataset, Dataset) else None
    known = _sensors(of_dataset) if of_dataset is not None else None
    if schema is not None:
        if known is not None and (unknown := sorted(_sensors(schema) - known)):
            raise invalid("schema", where, _name(unknown[0]), f"a sensor of the dataset: {_some(known)}")
        known = _sensors(schema)
    if off_condition is not None and known is not None:
        sensor = (off_condition.component_name, off_condition.sensor)
        if sensor not in known:
            raise invalid("off_condition", where, _name(sensor), f"a sensor of the schema: {_some(known)}")


def _sensors(schema: DatasetSchema) -> Sensors:
    return {
        (component["ComponentName"], column["Name"])
        for component in schema.components
        for column in component["Columns"][1:]
    }


def _name(sensor: tuple[str, str]) -> Quoted:
    return Quoted("\\".join(sensor))


def _some(sensors: Sensors) -> str:
    names = [_name(sensor) for sensor in sorted(sensors)]
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
