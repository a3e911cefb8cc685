"""Labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.server.services.support import SOURCE, Cloud, client_of, refused

DAY = datetime(2023, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def group(cloud: Cloud) -> str:
    """The ARN of a label group with two fault codes."""
    made = cloud.source.create_label_group(LabelGroupName="wear", FaultCodes=["leak", "noise"])
    return str(made["LabelGroupArn"])


def label(cloud: Cloud, start: datetime = DAY, **more: Any) -> str:
    """A label of an hour; its id."""
    parameters = {"LabelGroupName": "wear", "StartTime": start, "EndTime": start + HOUR, "Rating": "ANOMALY", **more}
    return str(cloud.source.create_label(**parameters)["LabelId"])


def listed(cloud: Cloud, **filters: Any) -> list[str]:
    return [one["LabelId"] for one in cloud.source.list_labels(LabelGroupName="wear", **filters)["LabelSummaries"]]


def test_a_label_shows_what_it_was_made_with(cloud: Cloud, group: str) -> None:
    made = label(cloud, FaultCode="leak", Notes="behind the valve", Equipment="pump 1")
    shown = cloud.source.describe_label(LabelGroupName="wear", LabelId=made)
    del shown["ResponseMetadata"]
    assert shown == {
        "LabelGroupName": "wear",
        "LabelGroupArn": group,
        "LabelId": made,
        "StartTime": DAY,
        "EndTime": DAY + HOUR,
        "Rating": "ANOMALY",
        "FaultCode": "leak",
        "Notes": "behind the valve",
        "Equipment": "pump 1",
        "CreatedAt": cloud.clock.now(),
    }


def test_a_label_needs_neither_fault_code_nor_notes_nor_equipment(cloud: Cloud, group: str) -> None:
    shown = cloud.source.describe_label(LabelGroupName="wear", LabelId=label(cloud, Rating="NEUTRAL"))
    assert shown["Rating"] == "NEUTRAL"
    assert not {"FaultCode", "Notes", "Equipment"} & set(shown)


def test_the_id_of_a_label_is_32_hexadecimal_digits(cloud: Cloud, group: str) -> None:
    assert len(label(cloud)) == len(f"{int(label(cloud), 16):032x}") == 32


def test_a_fault_code_must_be_one_of_the_group(cloud: Cloud, group: str) -> None:
    parameters = {"LabelGroupName": "wear", "StartTime": DAY, "EndTime": DAY + HOUR, "Rating": "ANOMALY"}
    message = refused("ValidationException", cloud.source.create_label, FaultCode="rust", **parameters)
    assert message == "FaultCode: got 'rust', expected one of the label group wear [leak, noise]"


@pytest.mark.parametrize("end", [DAY, DAY - HOUR])
def test_a_label_ends_after_it_started(cloud: Cloud, group: str, end: datetime) -> None:
    parameters = {"LabelGroupName": "wear", "StartTime": DAY, "EndTime": end, "Rating": "ANOMALY"}
    message = refused("ValidationException", cloud.source.create_label, **parameters)
    assert message.startswith("StartTime: got 2023-01-10")


def test_a_label_needs_a_group(cloud: Cloud) -> None:
    parameters = {"LabelGroupName": "none", "StartTime": DAY, "EndTime": DAY + HOUR, "Rating": "ANOMALY"}
    message = refused("ResourceNotFoundException", cloud.source.create_label, **parameters)
    assert message == "The label group none does not exist"


def test_labels_of_a_group_are_limited(cloud: Cloud, group: str) -> None:
    assert cloud.settings.quotas.labels_per_group == 5_000
    cloud.settings.quotas.labels_per_group = 1
    first = label(cloud)
    parameters = {"LabelGroupName": "wear", "StartTime": DAY, "EndTime": DAY + HOUR, "Rating": "ANOMALY"}
    message = refused("ServiceQuotaExceededException", cloud.source.create_label, **parameters)
    assert message == "Labels (L-1AF8D174): the group has 1, the quota is 1"
    cloud.source.delete_label(LabelGroupName="wear", LabelId=first)
    label(cloud)


def test_the_same_token_makes_one_label(cloud: Cloud, group: str) -> None:
    assert label(cloud, ClientToken="once") == label(cloud, ClientToken="once")
    assert len(listed(cloud)) == 1
    refused(
        "ValidationException",
        cloud.source.create_label,
        LabelGroupName="wear",
        StartTime=DAY,
        EndTime=DAY + HOUR,
        Rating="NEUTRAL",
        ClientToken="once",
    )


def test_labels_are_listed_by_every_filter(cloud: Cloud, group: str) -> None:
    one = label(cloud, FaultCode="leak", Equipment="pump 1")
    two = label(cloud, DAY + 2 * HOUR, FaultCode="noise", Equipment="pump 1")
    three = label(cloud, DAY + 4 * HOUR, Equipment="pump 2")
    assert listed(cloud) == [one, two, three]
    assert listed(cloud, FaultCode="noise") == [two]
    assert listed(cloud, Equipment="pump 1") == [one, two]
    assert listed(cloud, Equipment="pump 2", FaultCode="leak") == []


def test_an_interval_has_labels_that_end_in_or_after_it_and_start_before_its_end(cloud: Cloud, group: str) -> None:
    one, two = label(cloud), label(cloud, DAY + 2 * HOUR)
    assert listed(cloud, IntervalStartTime=DAY + HOUR) == [one, two]
    assert listed(cloud, IntervalStartTime=DAY + HOUR + timedelta(seconds=1)) == [two]
    assert listed(cloud, IntervalEndTime=DAY + 2 * HOUR) == [one]
    assert listed(cloud, IntervalEndTime=DAY + 2 * HOUR + timedelta(seconds=1)) == [one, two]
    assert listed(cloud, IntervalStartTime=DAY + 1.5 * HOUR, IntervalEndTime=DAY + 1.6 * HOUR) == []


def test_labels_are_listed_in_pages(cloud: Cloud, group: str) -> None:
    made = [label(cloud, DAY + index * HOUR) for index in range(5)]
    first = cloud.source.list_labels(LabelGroupName="wear", MaxResults=3)
    rest = cloud.source.list_labels(LabelGroupName="wear", MaxResults=3, NextToken=first["NextToken"])
    assert [one["LabelId"] for one in first["LabelSummaries"] + rest["LabelSummaries"]] == made
    assert "NextToken" not in rest


def test_a_summary_has_no_notes(cloud: Cloud, group: str) -> None:
    label(cloud, Notes="behind the valve")
    shown = cloud.source.list_labels(LabelGroupName="wear")["LabelSummaries"][0]
    assert (shown["LabelGroupArn"], "Notes" in shown) == (group, False)


def test_the_labels_of_a_group_that_does_not_exist_are_none(cloud: Cloud) -> None:
    assert cloud.source.list_labels(LabelGroupName="none")["LabelSummaries"] == []


def test_a_deleted_label_is_gone(cloud: Cloud, group: str) -> None:
    made = label(cloud)
    cloud.source.delete_label(LabelGroupName="wear", LabelId=made)
    assert listed(cloud) == []
    for operation in (cloud.source.describe_label, cloud.source.delete_label):
        message = refused("ResourceNotFoundException", operation, LabelGroupName="wear", LabelId=made)
        assert message == f"The label {made} does not exist in the label group wear"


def test_labels_belong_to_their_group_and_account(cloud: Cloud, group: str) -> None:
    made = label(cloud)
    cloud.source.create_label_group(LabelGroupName="tear")
    refused("ResourceNotFoundException", cloud.source.describe_label, LabelGroupName="tear", LabelId=made)
    refused("ResourceNotFoundException", cloud.target.describe_label, LabelGroupName="wear", LabelId=made)
    elsewhere = client_of(cloud.backend, SOURCE, "us-east-1")
    refused("ResourceNotFoundException", elsewhere.describe_label, LabelGroupName="wear", LabelId=made)


def test_a_fault_code_that_the_group_loses_stays_on_its_labels(cloud: Cloud, group: str) -> None:
    made = label(cloud, FaultCode="leak")
    cloud.source.update_label_group(LabelGroupName="wear", FaultCodes=["noise"])
    assert cloud.source.describe_label(LabelGroupName="wear", LabelId=made)["FaultCode"] == "leak"


def test_labels_ask_for_their_group_with_its_tags(cloud: Cloud) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    group = cloud.source.create_label_group(LabelGroupName="wear", Tags=tags)["LabelGroupArn"]
    cloud.authorizer.asked.clear()
    made = label(cloud)
    cloud.source.describe_label(LabelGroupName="wear", LabelId=made)
    cloud.source.list_labels(LabelGroupName="wear")
    cloud.source.delete_label(LabelGroupName="wear", LabelId=made)
    assert cloud.authorizer.actions() == [
        f"lookoutequipment:{action}" for action in ("CreateLabel", "DescribeLabel", "ListLabels", "DeleteLabel")
    ]
    for question in cloud.authorizer.asked:
        assert (question.resource, question.context) == (group, {"aws:ResourceTag/team": "red"})


def test_a_denied_caller_does_not_learn_which_groups_exist(cloud: Cloud) -> None:
    cloud.authorizer.denied.add("lookoutequipment:ListLabels")
    refused("AccessDeniedException", cloud.source.list_labels, LabelGroupName="none")
