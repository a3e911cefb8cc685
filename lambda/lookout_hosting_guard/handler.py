"""Hosting hours: a schedule asks again and again, and a model is started or stopped when it is time.

What is to be follows from the time of the event alone, so a run that was missed, or came while the service was busy
with the model, is made up for by the next one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lookout_shared import log, properties
from lookout_shared.aws import Service
from lookout_shared.hours import HOSTING, Hours


def handle(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Start or stop one model; what was done.

    The event is `{"Time", "Hours", "Model"}`: Time is ISO 8601, Model are the members of StartModel.
    """
    vision = Service("lookoutvision", os.environ["AWS_REGION"])
    start = properties.operation("lookoutvision", "StartModel").input_shape
    model = properties.coerce(start, event["Model"], "Model") if start else {}
    wanted = Hours.parse(event["Hours"], "Hours").include(datetime.fromisoformat(event["Time"]))
    key = {name: model[name] for name in ("ProjectName", "ModelVersion")}
    done = "nothing"
    found = vision.attempt("DescribeModel", **key)
    if found is not None and _held(vision, found["ModelDescription"]["ModelArn"]):
        status = found["ModelDescription"]["Status"]
        # A client token of ours would be known for eight hours: the SDK makes a new one each time.
        if wanted and status in ("TRAINED", "HOSTING_FAILED"):
            vision.call("StartModel", **model)
            done = "StartModel"
        elif not wanted and status == "HOSTED":
            vision.call("StopModel", **key)
            done = "StopModel"
    log.write("hosting hours", **key, wanted=wanted, done=done)
    return {"Done": done}


def _held(vision: Service, arn: str) -> bool:
    """Whether a deployment has it hosted: while one makes it, or after it was removed, there is nothing to do."""
    answer = vision.attempt("ListTagsForResource", ResourceArn=arn) or {}
    return HOSTING in {tag["Key"] for tag in answer.get("Tags", [])}
