"""What can be watched, and what is told of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, TypedDict

import aws_cdk as cdk

from cdk_lookout.validation import check_kind


class DataQuality(enum.Enum):
    """A figure of a dataset's latest successful ingestion."""

    #: Values that were missing.
    MISSING_VALUES = "MissingValues"
    #: Values that were no numbers.
    INVALID_VALUES = "InvalidValues"
    #: Timestamps in a format that the service does not read.
    UNSUPPORTED_TIMESTAMPS = "UnsupportedTimestamps"
    #: Timestamps that came more than once.
    DUPLICATE_TIMESTAMPS = "DuplicateTimestamps"
    #: Sensors without any value.
    SENSORS_WITHOUT_DATA = "SensorsWithoutData"
    #: Sensors whose values span too short a time.
    SENSORS_WITH_SHORT_DATE_RANGE = "SensorsWithShortDateRange"
    #: Files that were not ingested.
    DISCARDED_FILES = "DiscardedFiles"


class MetricOptions(TypedDict, total=False):
    """The usual options of a metric; None is the default."""

    #: Over which it is aggregated.
    period: cdk.Duration | None
    #: Such as `Sum`, `Average` or `Maximum`.
    statistic: str
    #: The name in a graph.
    label: str | None


@dataclass(frozen=True)
class Kind:
    """A kind of thing that is watched."""

    #: In the event of the function.
    key: str
    #: Of the metrics.
    dimension: str
    #: In ARNs.
    resource: str
    #: The member of a construct that holds the name.
    member: str
    #: In words.
    noun: str
    operations: tuple[str, ...]


SCHEDULERS = Kind(
    "InferenceSchedulers",
    "InferenceSchedulerName",
    "inference-scheduler",
    "inference_scheduler_name",
    "inference schedulers",
    ("DescribeInferenceScheduler", "ListInferenceExecutions"),
)
MODELS = Kind("Models", "ModelName", "model", "model_name", "models", ("DescribeModel",))
DATASETS = Kind("Datasets", "DatasetName", "dataset", "dataset_name", "datasets", ("DescribeDataset",))


@dataclass(frozen=True)
class Monitored:
    """One thing that is watched."""

    kind: Kind
    resource: Any
    name: str

    @property
    def id(self) -> str:
        """A part of construct ids that does not change with the order in which things are given."""
        return str(cdk.Names.node_unique_id(self.resource.node))


def monitored(kind: Kind, where: str, resource: Any) -> Monitored:
    """*resource*, if it is of that kind; raises InvalidProperty otherwise."""
    check_kind(kind.noun.split()[-1], where, resource, kind.member, kind.noun)
    return Monitored(kind, resource, getattr(resource, kind.member))
