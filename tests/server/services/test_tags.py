"""Tags of resources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.services.support import Cloud, refused


def tag(key: str, value: str = "") -> dict[str, str]:
    return {"Key": key, "Value": value}


def listed(cloud: Cloud, arn: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = cloud.source.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return found


def test_tags_of_a_creation_are_there_at_once(cloud: Cloud) -> None:
    arn = cloud.dataset(Tags=[tag("b", "2"), tag("a", "1")])
    assert listed(cloud, arn) == [tag("a", "1"), tag("b", "2")]


def test_a_resource_without_tags_lists_none(cloud: Cloud) -> None:
    assert listed(cloud, cloud.dataset()) == []


def test_tags_are_added_beside_others_and_replace_their_own_key(cloud: Cloud) -> None:
    arn = cloud.dataset(Tags=[tag("a", "1"), tag("b", "1")])
    cloud.source.tag_resource(ResourceArn=arn, Tags=[tag("b", "2"), tag("c", "2")])
    assert listed(cloud, arn) == [tag("a", "1"), tag("b", "2"), tag("c", "2")]


def test_keys_tell_capitals_from_small_letters(cloud: Cloud) -> None:
    arn = cloud.dataset(Tags=[tag("a"), tag("A")])
    assert len(listed(cloud, arn)) == 2


def test_tags_are_taken_off_and_unknown_keys_ignored(cloud: Cloud) -> None:
    arn = cloud.dataset(Tags=[tag("a"), tag("b")])
    cloud.source.untag_resource(ResourceArn=arn, TagKeys=["a", "z"])
    assert listed(cloud, arn) == [tag("b")]


def test_every_kind_of_resource_can_be_tagged(cloud: Cloud) -> None:
    version = cloud.trained_model()
    group = cloud.source.create_label_group(LabelGroupName="wear", Tags=[tag("a")])["LabelGroupArn"]
    dataset = cloud.source.describe_dataset(DatasetName="pumps")["DatasetArn"]
    for arn in (version, version.rsplit("/", 2)[0], dataset, group):
        cloud.source.tag_resource(ResourceArn=arn, Tags=[tag("x", arn)])
        assert tag("x", arn) in listed(cloud, arn)


def test_a_key_occurs_once_in_a_request(cloud: Cloud) -> None:
    message = refused(
        "ValidationException", cloud.source.create_dataset, DatasetName="a", Tags=[tag("k", "1"), tag("k", "2")]
    )
    assert message == "Tags: the key 'k' occurs more than once"


def many(count: int, start: int = 0) -> list[dict[str, str]]:
    return [tag(f"key{i}") for i in range(start, start + count)]


def test_a_resource_has_at_most_fifty_tags(cloud: Cloud) -> None:
    refused("ServiceQuotaExceededException", cloud.source.create_dataset, DatasetName="a", Tags=many(51))
    arn = cloud.dataset("a", Tags=many(50))
    cloud.source.tag_resource(ResourceArn=arn, Tags=many(50))
    message = refused("ServiceQuotaExceededException", cloud.source.tag_resource, ResourceArn=arn, Tags=many(1, 50))
    assert "Tags per resource" in message
    assert len(listed(cloud, arn)) == 50


def test_the_limit_of_tags_is_a_setting(cloud: Cloud) -> None:
    cloud.settings.quotas.tags_per_resource = 200
    cloud.dataset("a", Tags=many(200))


@pytest.mark.parametrize("operation", ["list_tags_for_resource", "tag_resource", "untag_resource"])
def test_a_resource_must_exist_and_be_ones_own(cloud: Cloud, operation: str) -> None:
    arn = cloud.dataset()
    more: dict[str, Any] = {"tag_resource": {"Tags": []}, "untag_resource": {"TagKeys": []}}.get(operation, {})
    refused("ResourceNotFoundException", getattr(cloud.source, operation), ResourceArn=arn + "x", **more)
    refused(
        "ResourceNotFoundException",
        getattr(cloud.source, operation),
        ResourceArn=arn.replace("eu-west-1", "us-east-1"),
        **more,
    )
    refused("AccessDeniedException", getattr(cloud.target, operation), ResourceArn=arn, **more)
    for other in ("pumps", "arn:aws:s3:::bucket", arn.replace("lookoutequipment", "lookoutvision")):
        refused("ValidationException", getattr(cloud.source, operation), ResourceArn=other, **more)
