"""Retraining schedulers."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case, options
from tests.contract.cases.inference_scheduler import delete_used_model, other_model
from tests.contract.world import World


def retraining(model: str = "plain-model", **more: Any) -> dict[str, Any]:
    """The properties of the retraining scheduler of *model*."""
    return {
        "ModelName": model,
        "RetrainingStartDate": "2031-02-03T04:05:06Z",
        "RetrainingFrequency": "P30D",
        "LookbackWindow": "P180D",
        "PromoteMode": "MANUAL",
        "Options": options(),
        **more,
    }


def retraining_schedulers(world: World) -> dict[str, Any]:
    """How each scheduler of the account is."""
    found = {}
    for summary in world.target.list_retraining_schedulers()["RetrainingSchedulerSummaries"]:
        name = summary["ModelName"]
        one = world.target.describe_retraining_scheduler(ModelName=name)
        members = ("Status", "RetrainingStartDate", "RetrainingFrequency", "LookbackWindow", "PromoteMode")
        found[f"{name}/retraining-scheduler"] = {member: one.get(member) for member in members}
    return found


RETRAINING_SCHEDULER = Case(
    "Custom::LookoutEquipmentRetrainingScheduler",
    desired=lambda w: retraining(),
    changed=lambda w: retraining(RetrainingFrequency="P2M", PromoteMode="MANAGED"),
    replaced=lambda w: retraining(other_model(w)),
    live=retraining_schedulers,
    remove_parent=delete_used_model,
    calls=(
        "DescribeRetrainingScheduler", "DescribeModel", "ListTagsForResource", "TagResource",
        "CreateRetrainingScheduler", "StopRetrainingScheduler", "UpdateRetrainingScheduler",
        "StartRetrainingScheduler", "DeleteRetrainingScheduler", "UntagResource",
    ),
    counts={"create": (3, 9), "unchanged": (1, 2), "changed": (3, 10), "delete": (3, 10)},
    waits=True,
)  # fmt: skip
