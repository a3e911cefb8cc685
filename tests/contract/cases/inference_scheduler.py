"""Inference schedulers."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import TAGS, Case, options
from tests.contract.world import TARGET_KEY, World, until


def inference(model: str = "plain-model", **more: Any) -> dict[str, Any]:
    """The properties of a scheduler of *model*."""
    return {
        "ModelName": model,
        "DataUploadFrequency": "PT10M",
        "DataDelayOffsetInMinutes": 5,
        "DataInputConfiguration": {
            "S3InputConfiguration": {"Bucket": "sensors", "Prefix": "now/"},
            "InputTimeZoneOffset": "+00:00",
            "InferenceInputNameConfiguration": {
                "TimestampFormat": "yyyyMMddHHmmss",
                "ComponentTimestampDelimiter": "-",
            },
        },
        "DataOutputConfiguration": {"S3OutputConfiguration": {"Bucket": "sensors", "Prefix": "results/"}},
        "RoleArn": "arn:aws:iam::222222222222:role/inference",
        "ServerSideKmsKeyId": TARGET_KEY,
        "Tags": TAGS,
        "Options": options(),
        **more,
    }


def by_hand(world: World, name: str = "mine", **more: Any) -> None:
    """Make a scheduler outside of any stack, and wait until it runs."""
    members = {member: value for member, value in inference(**more).items() if member not in ("Tags", "Options")}
    world.target.create_inference_scheduler(**members, InferenceSchedulerName=name, ClientToken=name)
    until(lambda: schedulers(world)[name]["Status"] == "RUNNING")


def schedulers(world: World) -> dict[str, Any]:
    """How each scheduler of the account is."""
    found = {}
    for summary in world.target.list_inference_schedulers()["InferenceSchedulerSummaries"]:
        name = summary["InferenceSchedulerName"]
        one = world.target.describe_inference_scheduler(InferenceSchedulerName=name)
        members = ("Status", "ModelName", "DataUploadFrequency", "DataDelayOffsetInMinutes", "ServerSideKmsKeyId")
        found[name] = {member: one.get(member) for member in members}
    return found


def delete_used_model(world: World) -> None:
    """Delete the model as the API text reads: whatever schedulers it has."""
    world.backend.settings.model_deletion_blocked_by_schedulers = False
    world.target.delete_model(ModelName="plain-model")


def other_model(world: World) -> str:
    """The name of another model, which is there from now on."""
    if not world.target.list_models(ModelNameBeginsWith="other-model")["ModelSummaries"]:
        world.imported("other-dataset", "other-model")
    return "other-model"


INFERENCE_SCHEDULER = Case(
    "Custom::LookoutEquipmentInferenceScheduler",
    desired=lambda w: inference(),
    changed=lambda w: inference(DataUploadFrequency="PT30M", DataDelayOffsetInMinutes=0),
    replaced=lambda w: inference(other_model(w)),
    live=schedulers,
    by_hand=by_hand,
    remove_parent=delete_used_model,
    calls=(
        "DescribeInferenceScheduler", "ListTagsForResource", "CreateInferenceScheduler", "DescribeModel",
        "StopInferenceScheduler", "UpdateInferenceScheduler", "StartInferenceScheduler", "TagResource",
        "UntagResource", "DeleteInferenceScheduler",
    ),
    counts={"create": (3, 4), "unchanged": (1, 3), "tags": (2, 6), "delete": (3, 7)},
    waits=True,
)  # fmt: skip
