"""Label groups with their labels, single ones and those of a file, deployed by CloudFormation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_lookout import equipment
from tests.e2e.conftest import PLANT, Plant

HEADER = "start,end,rating,fault_code,notes"


def row(day: int, more: str = "leak,") -> str:
    return f"2024-01-{day:02}T00:00:00Z,2024-01-{day:02}T06:00:00Z,ANOMALY,{more}"


def labels(plant: Plant) -> list[int]:
    """The days of the labels in the one group that there is; none when there is no group."""
    groups = plant.equipment.list_label_groups()["LabelGroupSummaries"]
    return sorted(
        item["StartTime"].day
        for group in groups
        for item in plant.equipment.list_labels(LabelGroupName=group["LabelGroupName"])["LabelSummaries"]
    )


def faults(stack: cdk.Stack) -> equipment.LabelGroup:
    return equipment.LabelGroup(stack, "Faults", fault_codes=["leak"], removal_policy=cdk.RemovalPolicy.DESTROY)


def of_asset(directory: Path, *days: int, single: int = 20) -> Callable[[cdk.Stack], None]:
    """A group with one label, and those of a file."""

    def define(stack: cdk.Stack) -> None:
        file = directory / "labels.csv"
        file.write_text("\n".join([HEADER, *map(row, days)]), encoding="utf-8")
        group = faults(stack)
        start, end = row(single).split(",")[:2]
        group.add_label(
            "Leak", time_range=equipment.TimeRange.from_iso(start, end), rating=equipment.LabelRating.ANOMALY
        )
        source = equipment.LabelSetSource.from_asset(str(file))
        equipment.LabelSet(stack, "History", label_group=group, source=source)

    return define


def test_labels_are_made_changed_by_difference_and_removed_before_their_group(plant: Plant, tmp_path: Path) -> None:
    plant.deploy(of_asset(tmp_path, 1, 2, 3))
    assert labels(plant) == [1, 2, 3, 20]
    plant.calls()
    plant.deploy(of_asset(tmp_path, 2, 3, 4, single=21))
    assert [call for call in plant.calls() if "Label" in call] == ["CreateLabel", "DeleteLabel"] * 2
    assert labels(plant) == [2, 3, 4, 21]
    plant.destroy()
    assert plant.equipment.list_label_groups()["LabelGroupSummaries"] == []


def test_a_file_in_a_bucket_is_read_anew_when_the_trigger_says_so(plant: Plant) -> None:
    storage = plant.cloud.client("s3", account=PLANT)
    storage.create_bucket(Bucket="history-of-faults")

    def define(stack: cdk.Stack, trigger: str) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Labels", "history-of-faults")
        source = equipment.LabelSetSource.from_bucket(bucket, "labels.csv")
        equipment.LabelSet(stack, "History", label_group=faults(stack), source=source, trigger=trigger)

    for trigger, days in (("first", [1, 2]), ("second", [2, 3])):
        body = "\n".join([HEADER, *map(row, days)])
        storage.put_object(Bucket="history-of-faults", Key="labels.csv", Body=body.encode())
        plant.deploy(functools.partial(define, trigger=trigger))
        assert labels(plant) == days
    plant.destroy()
    assert plant.equipment.list_label_groups()["LabelGroupSummaries"] == []
