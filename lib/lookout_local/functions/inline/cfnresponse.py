"""What code that stands in a template answers CloudFormation with: the same functions as the module that Lambda has."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(
    event: dict[str, Any],
    context: Any,
    responseStatus: str,  # noqa: N803
    responseData: dict[str, Any],  # noqa: N803
    physicalResourceId: str | None = None,  # noqa: N803
    noEcho: bool = False,  # noqa: N803
    reason: str | None = None,
) -> None:
    """Answer an event. Without a physical id the resource has the name of the log stream, as on Lambda."""
    answer = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer)
    print("Response body:", body)
    request = urllib.request.Request(event["ResponseURL"], body.encode(), method="PUT")
    request.add_unredirected_header("Content-Type", "")
    try:
        with urllib.request.urlopen(request) as answered:
            print("Status code:", answered.status)
    except OSError as error:
        print("send(..) failed executing the request:", error)
