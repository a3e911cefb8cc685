"""Model versions: imports, lists and the active one."""

from __future__ import annotations

from typing import Any

from lookout_server.faults import Fault
from tests.server.services.support import (
    Cloud,
    import_version,
    refused,
)


def numbers(cloud: Cloud, **filters: Any) -> list[int]:
    listed = cloud.source.list_model_versions(ModelName="wear", **filters)["ModelVersionSummaries"]
    return [one["ModelVersion"] for one in listed]


def test_the_next_number_follows_the_highest_whatever_is_active(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.add_version(source)
    cloud.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    cloud.add_version(source)
    assert cloud.add_version(source).endswith("/4")


def test_the_status_of_a_model_is_that_of_its_latest_action(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    cloud.add_version(source)
    model = cloud.source.describe_model(ModelName="wear")
    assert (model["Status"], model["ActiveModelVersion"]) == ("FAILED", 1)
    cloud.add_version(source)
    assert cloud.source.describe_model(ModelName="wear")["Status"] == "SUCCESS"


def test_a_version_that_does_not_exist_is_not_found(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    for operation in (cloud.source.describe_model_version, cloud.source.update_active_model_version):
        message = refused("ResourceNotFoundException", operation, ModelName="wear", ModelVersion=7)
        assert message == "The version 7 of the model wear does not exist"
        refused("ResourceNotFoundException", operation, ModelName="none", ModelVersion=1)


def test_versions_are_listed_by_every_filter(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    made = [cloud.clock.now()]
    for outcome in (None, "no", None):
        cloud.clock.advance(100)
        made.append(cloud.clock.now())
        if outcome:
            cloud.backend.faults.add("ImportModelVersion", Fault.fail(outcome))
        cloud.add_version(source)
    assert numbers(cloud) == [1, 2, 3, 4]
    assert numbers(cloud, Status="FAILED") == [3]
    assert numbers(cloud, Status="CANCELED") == []
    assert numbers(cloud, SourceType="TRAINING") == [1]
    assert numbers(cloud, SourceType="IMPORT", Status="SUCCESS") == [2, 4]
    assert numbers(cloud, MinModelVersion=2, MaxModelVersion=3) == [2, 3]
    assert numbers(cloud, MinModelVersion=4) == [4]
    assert numbers(cloud, MaxModelVersion=1) == [1]
    assert numbers(cloud, CreatedAtStartTime=made[1]) == [3, 4]
    assert numbers(cloud, CreatedAtEndTime=made[1]) == [1]
    assert numbers(cloud, CreatedAtStartTime=made[0], CreatedAtEndTime=made[3]) == [2, 3]


def test_a_listed_version_shows_its_quality_once_it_succeeded(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.source.import_model_version(SourceModelVersionArn=source, DatasetName="pumps")
    first, second = cloud.source.list_model_versions(ModelName="wear")["ModelVersionSummaries"]
    assert first["ModelQuality"] == "CANNOT_DETERMINE_QUALITY"
    assert "ModelQuality" not in second


def test_another_version_becomes_active_and_back(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    second = cloud.add_version(source)
    cloud.clock.advance(10)
    answer = cloud.source.update_active_model_version(ModelName="wear", ModelVersion=2)
    assert (answer["CurrentActiveVersion"], answer["PreviousActiveVersion"]) == (2, 1)
    assert (answer["CurrentActiveVersionArn"], answer["PreviousActiveVersionArn"]) == (second, source)
    model = cloud.source.describe_model(ModelName="wear")
    assert (model["ActiveModelVersion"], model["PreviousActiveModelVersion"]) == (2, 1)
    assert model["ModelVersionActivatedAt"] == cloud.clock.now()
    assert model["PreviousModelVersionActivatedAt"] < cloud.clock.now()
    assert model["SourceModelVersionArn"] == source
    answer = cloud.source.update_active_model_version(ModelName="wear", ModelVersion=1)
    assert (answer["CurrentActiveVersion"], answer["PreviousActiveVersion"]) == (1, 2)
    assert "SourceModelVersionArn" not in cloud.source.describe_model(ModelName="wear")


def test_making_the_active_version_active_changes_nothing(cloud: Cloud) -> None:
    cloud.trained_model("wear")
    before = cloud.source.describe_model(ModelName="wear")
    cloud.clock.advance(10)
    answer = cloud.source.update_active_model_version(ModelName="wear", ModelVersion=1)
    assert "PreviousActiveVersion" not in answer
    after = cloud.source.describe_model(ModelName="wear")
    assert {**before, "ResponseMetadata": 0} == {**after, "ResponseMetadata": 0}


def test_a_version_in_the_making_does_not_become_active(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.source.import_model_version(SourceModelVersionArn=source, DatasetName="pumps")
    message = refused("ConflictException", cloud.source.update_active_model_version, ModelName="wear", ModelVersion=2)
    assert "IMPORT_IN_PROGRESS" in message


def test_a_failed_version_does_not_become_active(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    cloud.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    cloud.add_version(source)
    message = refused("ValidationException", cloud.source.update_active_model_version, ModelName="wear", ModelVersion=2)
    assert "its status is FAILED" in message


def test_a_model_whose_first_version_failed_can_still_get_an_active_one(cloud: Cloud, shared_version: str) -> None:
    cloud.backend.faults.add("ImportModelVersion", Fault.fail("no"))
    import_version(cloud, shared_version)
    import_version(cloud, shared_version)
    assert "ActiveModelVersion" not in cloud.target.describe_model(ModelName="wear")
    answer = cloud.target.update_active_model_version(ModelName="wear", ModelVersion=2)
    assert answer["CurrentActiveVersion"] == 2


def test_an_import_takes_labels_from_a_group_that_exists(cloud: Cloud) -> None:
    source = cloud.trained_model("wear")
    request = {"SourceModelVersionArn": source, "DatasetName": "pumps"}
    group = {"LabelGroupName": "wearing"}
    message = refused(
        "ResourceNotFoundException", cloud.source.import_model_version, **request, LabelsInputConfiguration=group
    )
    assert message == "The label group wearing does not exist"
    cloud.source.create_label_group(**group)
    cloud.source.import_model_version(**request, LabelsInputConfiguration=group)
    shown = cloud.source.describe_model_version(ModelName="wear", ModelVersion=2)
    assert shown["LabelsInputConfiguration"] == group


def test_a_model_with_many_tagged_versions_is_deleted_with_all_of_them(cloud: Cloud) -> None:
    """More documents than one commit can have."""
    arn = cloud.trained_model("wear")
    for _ in range(60):
        version = cloud.add_version(arn, Tags=[{"Key": "site", "Value": "north"}])
    assert cloud.source.list_tags_for_resource(ResourceArn=version)["Tags"]
    cloud.source.delete_model(ModelName="wear")
    left = [kind for kind in cloud.backend._documents.kinds() if kind.split("/")[1] in ("version", "tags", "policy")]
    assert left == []
