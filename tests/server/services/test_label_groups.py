"""Label groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.server.services.support import REGION, SOURCE, Cloud, refused


def test_a_label_group_shows_its_fault_codes(cloud: Cloud) -> None:
    arn = cloud.source.create_label_group(LabelGroupName="wear", FaultCodes=["leak", "noise"])["LabelGroupArn"]
    assert arn.startswith(f"arn:aws:lookoutequipment:{REGION}:{SOURCE}:label-group/wear/")
    shown = cloud.source.describe_label_group(LabelGroupName="wear")
    assert (shown["LabelGroupArn"], shown["FaultCodes"]) == (arn, ["leak", "noise"])


def test_an_update_replaces_the_fault_codes(cloud: Cloud) -> None:
    cloud.source.create_label_group(LabelGroupName="wear", FaultCodes=["leak"])
    cloud.clock.advance(3)
    cloud.source.update_label_group(LabelGroupName="wear", FaultCodes=["noise"])
    shown = cloud.source.describe_label_group(LabelGroupName="wear")
    assert shown["FaultCodes"] == ["noise"]
    assert shown["UpdatedAt"] > shown["CreatedAt"]


def test_the_name_of_a_label_group_is_taken_once(cloud: Cloud) -> None:
    cloud.source.create_label_group(LabelGroupName="wear")
    refused("ConflictException", cloud.source.create_label_group, LabelGroupName="wear")


def test_label_groups_are_listed_by_the_beginning_of_the_name(cloud: Cloud) -> None:
    for name in ("wear", "tear"):
        cloud.source.create_label_group(LabelGroupName=name)
    listed = cloud.source.list_label_groups(LabelGroupNameBeginsWith="w")["LabelGroupSummaries"]
    assert [one["LabelGroupName"] for one in listed] == ["wear"]


def test_a_deleted_label_group_is_gone(cloud: Cloud) -> None:
    cloud.source.create_label_group(LabelGroupName="wear")
    cloud.source.delete_label_group(LabelGroupName="wear")
    for operation in ("describe_label_group", "delete_label_group", "update_label_group"):
        refused("ResourceNotFoundException", getattr(cloud.source, operation), LabelGroupName="wear")


def test_a_label_group_that_a_model_uses_is_not_deleted_unless_set(cloud: Cloud) -> None:
    cloud.source.create_label_group(LabelGroupName="wear")
    cloud.active_dataset()
    cloud.source.create_model(ModelName="m", DatasetName="pumps", LabelsInputConfiguration={"LabelGroupName": "wear"})
    refused("ConflictException", cloud.source.delete_label_group, LabelGroupName="wear")
    cloud.settings.label_group_deletion_blocked_by_models = False
    cloud.source.delete_label_group(LabelGroupName="wear")


def test_a_label_group_with_labels_is_not_deleted_unless_set(cloud: Cloud) -> None:
    cloud.source.create_label_group(LabelGroupName="wear")
    day = datetime(2023, 1, 1, tzinfo=UTC)
    label = {"StartTime": day, "EndTime": day + timedelta(days=1), "Rating": "ANOMALY"}
    made = cloud.source.create_label(LabelGroupName="wear", **label)["LabelId"]
    message = refused("ConflictException", cloud.source.delete_label_group, LabelGroupName="wear")
    assert message == "The label group wear has labels (1): delete them before the group"
    cloud.settings.label_group_deletion_blocked_by_labels = False
    cloud.source.delete_label_group(LabelGroupName="wear")
    cloud.source.create_label_group(LabelGroupName="wear")
    refused("ResourceNotFoundException", cloud.source.describe_label, LabelGroupName="wear", LabelId=made)
