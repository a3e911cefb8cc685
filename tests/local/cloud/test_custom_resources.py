"""What CloudFormation sends to the function of a custom resource, and what it makes of the answer."""

from __future__ import annotations

import re

import pytest

from lookout_local.deployment import DeploymentFailed

from .conftest import ScriptedStack, failed, said, thing

pytestmark = pytest.mark.e2e


def test_a_failed_create_is_deleted_by_the_id_of_its_answer(stack: ScriptedStack) -> None:
    stack.fails(Thing=thing(script={"Create": failed(PhysicalResourceId="half-made")}))
    assert stack.requests == [("Create", ""), ("Delete", "half-made")]


def test_a_create_without_an_answer_is_deleted_by_an_invented_id(stack: ScriptedStack) -> None:
    failure = stack.fails(Thing=thing(script={"Create": {"silent": True}}, ServiceTimeout="4"))
    (_, (request, physical_id)) = stack.requests
    assert request == "Delete"
    assert re.fullmatch(rf"{stack.name}-Thing-[A-Z0-9]{{12,13}}", physical_id)
    assert "did not receive a response from your Custom Resource" in failure.reasons[0]


def test_a_failed_create_in_an_update_is_deleted_by_the_id_of_its_answer(stack: ScriptedStack) -> None:
    stack.deploy(First=thing())
    stack.fails(First=thing(), Thing=thing(script={"Create": failed(PhysicalResourceId="half-made")}))
    assert stack.requests == [("Create", ""), ("Create", ""), ("Delete", "half-made")]


def test_a_failed_create_with_retain_except_on_create_is_deleted(stack: ScriptedStack) -> None:
    retained = {"DeletionPolicy": "RetainExceptOnCreate"}
    stack.fails(
        First=thing(attributes=retained),
        Thing=thing(script={"Create": failed()}, attributes={**retained, "DependsOn": "First"}),
    )
    assert [request for request, _ in stack.requests] == ["Create", "Create", "Delete", "Delete"]


def test_the_event_of_a_failure_names_reason_request_and_physical_id(stack: ScriptedStack) -> None:
    stack.fails(Thing=thing(script={"Create": failed("out of luck", PhysicalResourceId="half-made")}))
    (event,) = [event for event in stack.events if event.status == "CREATE_FAILED"]
    assert event.physical_id == "half-made"
    request_id = stack.received[0]["RequestId"]
    assert event.reason == (
        "Received response status [FAILED] from custom resource. Message returned: out of luck "
        f"(RequestId: {request_id})"
    )


def test_a_failed_update_is_sent_back_with_the_id_of_its_answer_which_is_then_deleted(
    stack: ScriptedStack,
) -> None:
    stack.deploy(Thing=thing(Size="1", script={"Update": said(PhysicalResourceId="Thing-id")}))
    stack.fails(Thing=thing(Size="2", script={"Update": failed(PhysicalResourceId="half-made")}))
    assert stack.requests == [
        ("Create", ""),
        ("Update", "Thing-id"),
        ("Update", "half-made"),
        ("Delete", "half-made"),
    ]
    back = stack.received[2]
    assert (back["ResourceProperties"]["Size"], back["OldResourceProperties"]["Size"]) == ("1", "2")
    stack.destroy()
    assert stack.requests[-1] == ("Delete", "Thing-id")


def test_a_failed_update_whose_id_stays_in_use_is_not_deleted(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    stack.fails(Thing=thing(Size="2", script={"Update": failed(PhysicalResourceId="moved")}))
    assert stack.requests == [("Create", ""), ("Update", "Thing-id"), ("Update", "moved")]
    stack.destroy()
    assert stack.requests[-1] == ("Delete", "moved")


def test_a_new_physical_id_is_a_replacement_whose_old_id_is_deleted_in_cleanup(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    later = thing(attributes={"DependsOn": "Thing"})
    stack.deploy(Thing=thing(Size="2", script={"Update": said(PhysicalResourceId="new")}), Later=later)
    assert stack.requests == [("Create", ""), ("Update", "Thing-id"), ("Create", ""), ("Delete", "Thing-id")]


def test_a_replacement_is_deleted_when_something_after_it_fails(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Size="1"))
    stack.fails(
        Thing=thing(Size="2", script={"Update": said(PhysicalResourceId="new")}),
        Later=thing(script={"Create": failed(PhysicalResourceId="late")}, attributes={"DependsOn": "Thing"}),
    )
    assert stack.requests[3:] == [("Delete", "late"), ("Delete", "new")]
    stack.destroy()
    assert stack.requests[-1] == ("Delete", "Thing-id")


def test_a_removed_resource_is_deleted_after_what_depended_on_it(stack: ScriptedStack) -> None:
    stack.deploy(First=thing(), Second=thing(attributes={"DependsOn": "First"}))
    stack.deploy()
    assert [event["LogicalResourceId"] for event in stack.received[2:]] == ["Second", "First"]


def test_an_unchanged_resource_gets_no_event(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing())
    stack.deploy(Thing=thing(), Other=thing())
    assert [event["LogicalResourceId"] for event in stack.received] == ["Thing", "Other"]


def test_a_changed_service_token_is_refused_before_any_event(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(), Other=stack.function())
    failure = stack.fails(Thing=thing(function="Other"), Other=stack.function())
    assert failure.status == "UPDATE_ROLLBACK_COMPLETE"
    assert failure.reasons == ["Thing: Modifying service token is not allowed."]
    assert stack.requests == [("Create", "")]


def test_scalars_arrive_as_strings(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(Number=3, Flag=True, Nested={"List": [1, False]}))
    properties = stack.received[0]["ResourceProperties"]
    assert (properties["Number"], properties["Flag"], properties["Nested"]) == (
        "3",
        "true",
        {"List": ["1", "false"]},
    )


def test_a_failed_create_that_cannot_be_deleted_stays_in_the_stack(stack: ScriptedStack) -> None:
    script = {"Create": failed(PhysicalResourceId="half-made"), "Delete": failed("not now")}
    failure = stack.fails(Thing=thing(script=script))
    assert failure.status == "ROLLBACK_FAILED"
    with pytest.raises(DeploymentFailed):
        stack.destroy()
    assert stack.requests[-1] == ("Delete", "half-made")
    assert len(stack.requests) == 3


def test_a_cleanup_is_tried_three_times_and_does_not_fail_the_update(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(script={"Delete": failed("not now")}))
    stack.deploy()
    assert [request for request, _ in stack.requests] == ["Create", "Delete", "Delete", "Delete"]


def test_an_update_has_events_for_what_changes_only(stack: ScriptedStack) -> None:
    stack.deploy(Same=thing(), Other=thing(Size="1"), Old=thing())
    before = len(stack.events)
    stack.deploy(Same=thing(), Other=thing(Size="2"), New=thing(attributes={"DependsOn": "Other"}))
    assert [(event.logical_id, event.status) for event in stack.events[before:]] == [
        (stack.name, "UPDATE_IN_PROGRESS"),
        ("Other", "UPDATE_IN_PROGRESS"),
        ("Other", "UPDATE_COMPLETE"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_COMPLETE"),
        (stack.name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Old", "DELETE_IN_PROGRESS"),
        ("Old", "DELETE_COMPLETE"),
        (stack.name, "UPDATE_COMPLETE"),
    ]


def test_a_function_outlives_a_custom_resource_that_cannot_be_deleted(stack: ScriptedStack) -> None:
    stack.deploy(Thing=thing(script={"Delete": failed("not now")}))
    for deletes in (1, 2):
        with pytest.raises(DeploymentFailed, match="not now"):
            stack.destroy()
        assert stack.requests == [("Create", ""), *[("Delete", "Thing-id")] * deletes]


def test_a_create_that_failed_without_rollback_is_deleted_and_made_again(stack: ScriptedStack) -> None:
    stack.deploy(First=thing())
    script = {"Create": failed(PhysicalResourceId="half-made")}
    stack.fails(First=thing(), Thing=thing(script=script), rollback=False)
    stack.change(First=thing(), Thing=thing())
    assert stack.requests[1:] == [("Create", ""), ("Delete", "half-made"), ("Create", "")]


class TestAStackWhoseRollbackFailed:
    @pytest.fixture(autouse=True)
    def _stuck(self, stack: ScriptedStack) -> None:
        stack.deploy(Thing=thing(Size="1", script={"Update": failed("there is no way back")}))
        self.failure = stack.fails(Thing=thing(Size="2", script={"Update": failed("out of luck")}))

    def test_ended_so_and_the_failure_says_the_way_out(self) -> None:
        assert self.failure.status == "UPDATE_ROLLBACK_FAILED"
        assert str(self.failure).endswith("or run `cdk rollback`; or destroy the stack")

    def test_takes_no_update_and_says_the_way_out(self, stack: ScriptedStack) -> None:
        requests = list(stack.requests)
        failure = stack.fails(Thing=thing(Size="3"))
        assert failure.status == "UPDATE_ROLLBACK_FAILED"
        assert re.match(
            rf"stack {stack.name} is in UPDATE_ROLLBACK_FAILED: .*\[Thing\].*; it takes no update until", str(failure)
        )
        assert stack.requests == requests

    def test_can_be_destroyed(self, stack: ScriptedStack) -> None:
        stack.destroy()
        assert stack.requests[-1] == ("Delete", "Thing-id")
