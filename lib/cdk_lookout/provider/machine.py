"""The state machine that waits for what takes time."""

from __future__ import annotations

from typing import Any

#: What Lambda says when it has no room, or a bad moment: the function itself has not failed.
_NO_ROOM = [
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
]
_RETRY = [
    # An account's concurrency may be used up for long. A minute at most between two tries, half of it on average: this
    # goes on for as long as CloudFormation waits.
    {
        "ErrorEquals": _NO_ROOM,
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
        "MaxAttempts": 120,
    },
    # A call of the function that failed is tried again after 5, 10, 20 and 40 seconds.
    {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "BackoffRate": 2, "MaxAttempts": 4},
]


def definition(partition: str) -> dict[str, Any]:
    """Wait as long as the state says, let the function look, and again until it names no more seconds.

    An execution whose input names none is over at once: it is a note that an event was answered.

    The function's ARN comes with the input: were it in here, function and state machine would need one another.
    """
    invoke = f"arn:{partition}:states:::lambda:invoke"
    return {
        "Comment": "Waits for what takes time and lets the function look whether it is done",
        "StartAt": "Again",
        "States": {
            "Wait": {"Type": "Wait", "SecondsPath": "$.Seconds", "Next": "Poll"},
            "Poll": {
                "Type": "Task",
                "Resource": invoke,
                "Parameters": {
                    "FunctionName.$": "$.FunctionArn",
                    "Payload": {"Poll.$": "$", "ExecutionArn.$": "$$.Execution.Id"},
                },
                "OutputPath": "$.Payload",
                "Retry": _RETRY,
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "GiveUp"}],
                "Next": "Again",
            },
            "Again": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.Seconds", "IsPresent": True, "Next": "Wait"}],
                "Default": "Done",
            },
            "Done": {"Type": "Succeed"},
            "GiveUp": {
                "Type": "Task",
                "Resource": invoke,
                "Parameters": {"FunctionName.$": "$.FunctionArn", "Payload": {"GiveUp.$": "$"}},
                "Retry": _RETRY,
                "End": True,
            },
        },
    }
