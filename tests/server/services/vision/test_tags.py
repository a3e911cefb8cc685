"""Tags, which only models have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.services.support import refused
from tests.server.services.vision.support import Studio

ARN = "arn:aws:lookoutvision:eu-west-1:111111111111:model/bottles/1"
TAG = {"Key": "line", "Value": "hall 2"}


@pytest.fixture
def ready(bottles: Studio) -> Studio:
    bottles.dataset(bottles.images())
    return bottles


def tags(studio: Studio) -> dict[str, str]:
    listed = studio.vision.list_tags_for_resource(ResourceArn=ARN)["Tags"]
    return {each["Key"]: each["Value"] for each in listed}


def test_a_model_is_made_with_tags(ready: Studio) -> None:
    ready.start_training(Tags=[TAG])
    assert tags(ready) == {"line": "hall 2"}


def test_tags_are_set_beside_others(ready: Studio) -> None:
    ready.start_training(Tags=[TAG])
    ready.vision.tag_resource(ResourceArn=ARN, Tags=[{"Key": "line", "Value": "3"}, {"Key": "Größe", "Value": "n.a."}])
    assert tags(ready) == {"line": "3", "Größe": "n.a."}


def test_tags_are_taken_off(ready: Studio) -> None:
    ready.start_training(Tags=[TAG, {"Key": "a", "Value": ""}])
    ready.vision.untag_resource(ResourceArn=ARN, TagKeys=["line", "none"])
    assert tags(ready) == {"a": ""}


def test_several_keys_are_taken_off_at_once(ready: Studio) -> None:
    ready.start_training(Tags=[{"Key": key, "Value": ""} for key in "abc"])
    ready.vision.untag_resource(ResourceArn=ARN, TagKeys=["a", "c"])
    assert tags(ready) == {"b": ""}


def test_tags_go_with_their_model(ready: Studio) -> None:
    ready.train(Tags=[TAG])
    ready.vision.delete_model(ProjectName="bottles", ModelVersion="1")
    ready.vision.list_models(ProjectName="bottles")
    ready.vision.list_models(ProjectName="bottles")
    refused("ResourceNotFoundException", lambda: tags(ready))


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lookoutvision:eu-west-1:111111111111:project/bottles",
        "arn:aws:lookoutvision:eu-west-1:111111111111:model/bottles/latest",
        "arn:aws:lookoutequipment:eu-west-1:111111111111:model/bottles/1",
        "bottles",
    ],
)
@pytest.mark.parametrize("call", ["tag_resource", "untag_resource", "list_tags_for_resource"])
def test_nothing_else_has_tags(ready: Studio, call: str, arn: str) -> None:
    more: dict[str, Any] = {"tag_resource": {"Tags": [TAG]}, "untag_resource": {"TagKeys": ["a"]}}.get(call, {})
    message = refused("ValidationException", getattr(ready.vision, call), ResourceArn=arn, **more)
    assert "expected the ARN of a model" in message


def test_a_model_that_does_not_exist_has_no_tags(ready: Studio) -> None:
    assert refused("ResourceNotFoundException", lambda: tags(ready)) == f"The model {ARN} does not exist"


def test_a_model_of_another_region_is_not_found(ready: Studio) -> None:
    ready.start_training()
    arn = ARN.replace("eu-west-1", "us-east-1")
    refused("ResourceNotFoundException", ready.vision.list_tags_for_resource, ResourceArn=arn)


def test_a_model_of_another_account_is_out_of_reach(ready: Studio) -> None:
    arn = ARN.replace("1" * 12, "2" * 12)
    refused("AccessDeniedException", ready.vision.list_tags_for_resource, ResourceArn=arn)


@pytest.mark.parametrize("key", ["a#b", "", "a" * 129, "a\tb"])
def test_a_key_that_breaks_the_model_is_refused(ready: Studio, key: str) -> None:
    assert "key" in refused("ValidationException", lambda: ready.start_training(Tags=[{"Key": key, "Value": ""}]))


def test_a_key_occurs_once(ready: Studio) -> None:
    assert "more than once" in refused("ValidationException", lambda: ready.start_training(Tags=[TAG, TAG]))


def test_a_model_has_fifty_tags_at_most(ready: Studio) -> None:
    ready.start_training(Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    call = ready.vision.tag_resource
    message = refused("ServiceQuotaExceededException", call, ResourceArn=ARN, Tags=[TAG])
    assert message == "Tags per resource: there would be 51, the quota is 50"


def test_too_many_tags_make_no_model(ready: Studio) -> None:
    ready.quotas.tags_per_model = 0
    refused("ServiceQuotaExceededException", lambda: ready.start_training(Tags=[TAG]))
    assert ready.vision.list_models(ProjectName="bottles")["Models"] == []
