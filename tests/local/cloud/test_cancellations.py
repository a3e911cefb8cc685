"""What becomes of an operation that is called off: what CloudFormation sends, tells, and ends in."""

from __future__ import annotations

import json
import re
from concurrent.futures import Future
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from lookout_local import remote
from lookout_local.cloud import LocalCloud
from lookout_local.deployment import DeploymentFailed

from .conftest import PATIENT, ScriptedStack, failed, said, thing

pytestmark = pytest.mark.e2e

SILENT = {"silent": True}


def answer(event: dict[str, Any]) -> None:
    """Say SUCCESS to an event to which the function said nothing."""
    body = {"Status": "SUCCESS", "PhysicalResourceId": event.get("PhysicalResourceId", "late")}
    request = Request(event["ResponseURL"], json.dumps(body).encode(), method="PUT")
    request.add_unredirected_header("Content-Type", "")
    with urlopen(request):
        pass


def failure_of(deployment: Future[dict[str, str]]) -> DeploymentFailed:
    failure = deployment.exception()
    assert isinstance(failure, DeploymentFailed)
    return failure


def after(other: str) -> dict[str, Any]:
    return {"attributes": {"DependsOn": other}}


def test_a_deletion_cancels_a_creation(stack: ScriptedStack) -> None:
    resources = {
        "First": thing(),
        "Slow": thing(script={"Create": SILENT}, **after("First")),
        "Later": thing(**after("Slow")),
    }
    with stack.deploying(**resources) as deployment:
        slow = stack.receives("Create", "Slow")
        stack.destroy()
        failure = failure_of(deployment)
    invented = stack.requests[2][1]
    assert re.fullmatch(rf"{stack.name}-Slow-[A-Z0-9]{{12,13}}", invented)
    assert stack.requests == [("Create", ""), ("Create", ""), ("Delete", invented), ("Delete", "First-id")]
    answer(slow)
    assert (failure.status, failure.reasons) == ("DELETE_COMPLETE", ["the stack was deleted meanwhile"])
    described = stack.cloudformation.describe_stacks(StackName=slow["StackId"])["Stacks"][0]
    assert described["StackStatus"] == "DELETE_COMPLETE"
    assert len(stack.requests) == 4


def test_the_events_of_a_cancelled_creation_go_on_with_its_deletion(stack: ScriptedStack) -> None:
    with stack.deploying(Slow=thing(script={"Create": SILENT})):
        stack.receives("Create", "Slow")
        stack.destroy()
    events = [(event.logical_id, event.status, event.reason) for event in stack.events]
    assert events[events.index((stack.name, "DELETE_IN_PROGRESS", "User Initiated")) :] == [
        (stack.name, "DELETE_IN_PROGRESS", "User Initiated"),
        ("Slow", "CREATE_FAILED", "Resource creation cancelled"),
        ("Slow", "DELETE_IN_PROGRESS", ""),
        ("Slow", "DELETE_COMPLETE", ""),
        ("Function", "DELETE_IN_PROGRESS", ""),
        ("Function", "DELETE_COMPLETE", ""),
        ("Role", "DELETE_IN_PROGRESS", ""),
        ("Role", "DELETE_COMPLETE", ""),
        (stack.name, "DELETE_COMPLETE", ""),
    ]


def test_a_creation_by_a_change_set_is_cancelled_as_well(stack: ScriptedStack) -> None:
    stack.execute("CREATE", First=thing(), Slow=thing(script={"Create": SILENT}, **after("First")))
    stack.receives("Create", "Slow")
    stack.destroy()
    assert [event["LogicalResourceId"] for event in stack.received[2:]] == ["Slow", "First"]
    assert [event.status for event in stack.events][-1] == "DELETE_COMPLETE"


def test_what_a_cancelled_creation_retains_stays(stack: ScriptedStack) -> None:
    retained = thing(attributes={"DeletionPolicy": "Retain"})
    with stack.deploying(First=retained, Slow=thing(script={"Create": SILENT}, **after("First"))):
        stack.receives("Create", "Slow")
        stack.destroy()
    assert [event["LogicalResourceId"] for event in stack.received[2:]] == ["Slow"]


def test_a_deletion_waits_for_a_rollback_under_way(stack: ScriptedStack) -> None:
    script = {"Create": failed(PhysicalResourceId="half-made"), "Delete": SILENT}
    with stack.deploying(First=thing(), Bad=thing(script=script, **after("First"))) as deployment:
        undone = stack.receives("Delete", "Bad")
        stack.cloudformation.delete_stack(StackName=stack.name)
        stack.cloudformation.delete_stack(StackName=stack.name)
        answer(undone)
        assert failure_of(deployment).status == "DELETE_COMPLETE"
    assert stack.requests == [("Create", ""), ("Create", ""), ("Delete", "half-made"), ("Delete", "First-id")]


def test_a_second_deletion_does_nothing(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(script={"Delete": SILENT}))
    stack.cloudformation.delete_stack(StackName=stack.name)
    deleted = stack.receives("Delete", "Thing")
    stack.cloudformation.delete_stack(StackName=stack.name)
    answer(deleted)
    stack.cloudformation.get_waiter("stack_delete_complete").wait(StackName=deleted["StackId"], WaiterConfig=PATIENT)
    assert stack.requests == [("Create", ""), ("Delete", "Thing-id")]


def test_a_stack_that_is_being_updated_cannot_be_deleted(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    with stack.deploying(Thing=thing(Size="2", script={"Update": SILENT})) as deployment:
        update = stack.receives("Update", "Thing")
        with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
            stack.destroy()
        answer(update)
        assert deployment.result() == {}
    assert stack.requests == [("Create", ""), ("Update", "Thing-id")]


def test_a_cancelled_update_is_sent_back(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    resources = {"Thing": thing(Size="2", script={"Update": SILENT}), "Later": thing(**after("Thing"))}
    with stack.deploying(**resources) as deployment:
        stack.receives("Update", "Thing")
        stack.cloudformation.cancel_update_stack(StackName=stack.name)
        failure = failure_of(deployment)
    assert failure.status == "UPDATE_ROLLBACK_COMPLETE"
    assert failure.reasons == ["Thing: Resource update cancelled"]
    assert stack.requests == [("Create", ""), ("Update", "Thing-id"), ("Update", "Thing-id")]
    back = stack.received[2]
    assert (back["ResourceProperties"]["Size"], back["OldResourceProperties"]["Size"]) == ("1", "2")
    assert (stack.name, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated") in [
        (event.logical_id, event.status, event.reason) for event in stack.events
    ]


def test_what_a_cancelled_update_replaced_or_was_creating_is_deleted_in_its_cleanup(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    moved = thing(Size="2", script={"Update": said(PhysicalResourceId="new")})
    slow = thing(script={"Create": SILENT, "Delete": failed("not now")}, **after("Thing"))
    with stack.deploying(Thing=moved, Slow=slow) as deployment:
        stack.receives("Create", "Slow")
        stack.cloudformation.cancel_update_stack(StackName=stack.name)
        failure = failure_of(deployment)
    assert failure.status == "UPDATE_ROLLBACK_COMPLETE"
    assert failure.reasons[0] == "Slow: Resource creation cancelled"
    requests = [(event["RequestType"], event["LogicalResourceId"]) for event in stack.received[3:]]
    assert requests == [("Delete", "Slow")] * 3 + [("Delete", "Thing")]
    assert stack.requests[-1] == ("Delete", "new")


def test_a_stack_can_be_updated_again_after_a_cancelled_update(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    with stack.deploying(Thing=thing(Size="2", script={"Update": SILENT})):
        stack.receives("Update", "Thing")
        stack.cloudformation.cancel_update_stack(StackName=stack.name)
    stack.deploy(Thing=thing(Size="3"))
    assert stack.received[-1]["OldResourceProperties"]["Size"] == "1"


def test_while_a_stack_waits_its_state_says_for_what(stack: ScriptedStack, lookout_cloud: LocalCloud) -> None:
    def waits_for() -> list[str]:
        health = remote.request(lookout_cloud._process, "GET", "health")
        return [what for one in health["stacks"] if one["name"] == stack.name for what in one["waits_for"]]

    with stack.deploying(First=thing(), Slow=thing(script={"Create": SILENT}, **after("First"))) as deployment:
        slow = stack.receives("Create", "Slow")
        assert waits_for() == ["Slow"]
        answer(slow)
        deployment.result()
    assert waits_for() == []
    stack.destroy()
