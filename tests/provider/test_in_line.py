"""An event and those in front of it: of earlier events, of its own delivery before, of the same moment."""

from __future__ import annotations

from typing import Any

import pytest

from lookout_provider import handler
from lookout_provider.protocol import Answer, Request
from lookout_shared.aws import ServiceError, WouldChange
from tests.provider.support import (
    DONE,
    URL,
    Advance,
    Context,
    Sent,
    StateMachine,
    client_error,
    event,
    in_line,
)

pytestmark = pytest.mark.usefixtures("sent")

OLD = "factory-Pumps-0badcafe"
#: An id that CloudFormation makes up for the Delete of a Create that has not answered.
INVENTED = "factory-Pumps1A2B3C4D-1QZ7X5Y2R8T3"
CANCELLED = event("Delete", PhysicalResourceId=INVENTED)
FAILED = Answer("FAILED", OLD, "no room")


def earlier(request_type: str, number: int = 0, **members: Any) -> dict[str, Any]:
    return event(request_type, ResponseURL=f"{URL}{number}", **members)


def lines_of(request_type: str) -> str:
    return "" if request_type == "Create" else OLD


# -- of earlier events --------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_an_event_knows_the_wait_in_front_and_stops_it(
    states: StateMachine, advance: Advance, request_type: str
) -> None:
    before = in_line(states, earlier("Update"), OLD)
    advance(DONE)
    handler.handle(event(request_type), Context())
    assert (states.last.state["Behind"], states.stopped) == ([before.arn], [before.name])


def test_a_delete_under_an_invented_id_stops_the_create(states: StateMachine) -> None:
    before = in_line(states, earlier("Create"))
    handler.handle(CANCELLED, Context())
    assert (states.last.state["Behind"], states.stopped) == ([before.arn], [before.name])


def test_an_event_is_in_line_before_it_stops_those_in_front(states: StateMachine) -> None:
    """Whoever dies between the two, what was begun is written down."""
    in_line(states, earlier("Update"), OLD)
    handler.handle(event("Delete"), Context())
    changes = [method for method, _ in states.calls if method != "describe_execution"]
    assert changes == ["start_execution", "start_execution", "stop_execution"]


def test_those_in_front_that_cannot_be_stopped_now_are_left_to_the_wait(states: StateMachine, sent: Sent) -> None:
    """It has begun, so it answers; and Lambda brings the event again, which finds that."""
    before = in_line(states, earlier("Update"), OLD)
    states.answers["stop_execution"] = client_error("ValidationException", "not now")
    with pytest.raises(ServiceError, match="not now"):
        handler.handle(event("Delete"), Context())
    handler.handle(event("Delete"), Context())
    assert (states.last.state["Behind"], len(states.executions), sent.answers) == ([before.arn], 2, [])


def test_an_event_behind_a_wait_is_not_answered_at_once(states: StateMachine, advance: Advance, sent: Sent) -> None:
    in_line(states, earlier("Update"), OLD)
    steps = advance(DONE)
    handler.handle(event("Update"), Context())
    assert (steps.progress, sent.answers) == ([], [])


def test_an_event_behind_a_wait_gives_it_time_to_end(states: StateMachine) -> None:
    in_line(states, earlier("Update"), OLD)
    handler.handle(event("Delete"), Context())
    assert states.last.state["Seconds"] == 35


@pytest.mark.parametrize("answer", [None, FAILED], ids=["stopped", "failed"])
def test_what_ended_without_being_heard_of_is_known_as_well(
    states: StateMachine, advance: Advance, answer: Answer | None
) -> None:
    before = in_line(states, earlier("Update"), OLD)
    before.end(answer, status="SUCCEEDED" if answer else "ABORTED")
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert (states.last.state["Behind"], states.stopped) == ([before.arn], [])


def test_what_was_heard_of_is_of_no_interest(states: StateMachine, advance: Advance, sent: Sent) -> None:
    in_line(states, earlier("Update"), OLD).end(Answer("SUCCESS", OLD))
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert sent.only == DONE


def test_what_those_in_front_knew_of_is_passed_on(states: StateMachine) -> None:
    first = in_line(states, earlier("Update", 1), OLD)
    handler.handle(earlier("Update", 2), Context())
    second = states.last
    handler.handle(event("Update"), Context())
    assert (states.last.state["Behind"], second.status) == ([second.arn, first.arn], "ABORTED")


def test_what_was_passed_on_is_told_once(states: StateMachine) -> None:
    oldest = in_line(states, earlier("Update", 0), OLD)
    older = in_line(states, earlier("Update", 1), OLD, Behind=[oldest.arn])
    last = in_line(states, earlier("Update", 2), OLD, Behind=[older.arn, oldest.arn])
    handler.handle(event("Update"), Context())
    assert states.last.state["Behind"] == [last.arn, older.arn, oldest.arn]


@pytest.mark.parametrize("comes", [event("Update"), event("Delete"), CANCELLED], ids=["update", "delete", "invented"])
def test_a_create_that_runs_is_in_front_of_whatever_comes_next(states: StateMachine, comes: dict[str, Any]) -> None:
    """A poll that died after its answer is tried again, while CloudFormation goes on under the id that it was told."""
    create = in_line(states, earlier("Create"))
    handler.handle(comes, Context())
    assert (states.last.state["Behind"], states.stopped) == ([create.arn], [create.name])


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_a_create_that_is_over_was_heard_of_when_its_id_is_known(
    states: StateMachine, advance: Advance, request_type: str
) -> None:
    in_line(states, earlier("Create")).end(Answer("SUCCESS", OLD))
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    assert states.last.state["Behind"] == []


# -- whose end says nothing of those in front ---------------------------------------------------------------


def test_a_delete_that_failed_does_not_settle_what_it_had_to_remove(states: StateMachine) -> None:
    create = in_line(states, earlier("Create", 1))
    create.end(status="ABORTED")
    failed = in_line(states, earlier("Delete", 2, PhysicalResourceId=INVENTED), Behind=[create.arn])
    failed.end(Answer("FAILED", INVENTED, "in use"))
    handler.handle(CANCELLED, Context())
    assert states.last.state["Behind"] == [failed.arn, create.arn]


def test_an_event_that_died_before_its_wait_does_not_settle_those_in_front(states: StateMachine) -> None:
    """The rollback died, and meanwhile the Update came to its end: CloudFormation had cancelled it."""
    update = in_line(states, earlier("Update", 1), OLD)
    handler.handle({"requestPayload": earlier("Update", 2)}, Context())
    update.end(Answer("SUCCESS", "factory-Pumps-new"))
    handler.handle(event("Update"), Context())
    assert states.last.state["Behind"] == [update.arn]


def test_an_event_that_ended_well_settles_all_in_front(states: StateMachine, advance: Advance, sent: Sent) -> None:
    in_line(states, earlier("Update", 1), OLD).end(status="ABORTED")
    in_line(states, earlier("Update", 2), OLD).end(Answer("SUCCESS", OLD))
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert sent.only == DONE


def test_what_still_runs_is_in_front_whatever_was_settled_since(states: StateMachine) -> None:
    running = in_line(states, earlier("Update", 1), OLD)
    in_line(states, earlier("Update", 2), OLD).end(Answer("SUCCESS", OLD))
    handler.handle(event("Update"), Context())
    assert (states.last.state["Behind"], running.status) == ([running.arn], "ABORTED")


def test_what_an_earlier_life_of_the_construct_made_is_none_of_this_ones_business(states: StateMachine) -> None:
    """It was taken out of the stack and kept, and then put in again; that Create was cancelled."""
    in_line(states, earlier("Create", 1)).end(Answer("SUCCESS", OLD))
    second = in_line(states, earlier("Create", 2))
    handler.handle(CANCELLED, Context())
    assert states.last.state["Behind"] == [second.arn]


def test_an_update_that_led_here_and_is_tried_again_is_stopped(states: StateMachine, advance: Advance) -> None:
    """Its poll died after the answer; CloudFormation goes on under the new id."""
    update = in_line(states, earlier("Update"), OLD)
    advance(DONE)
    handler.handle({"Poll": update.state, "ExecutionArn": update.arn}, Context())
    handler.handle(event("Update", PhysicalResourceId=DONE.physical_id), Context())
    assert (states.last.state["Behind"], update.status) == ([update.arn], "ABORTED")


def test_an_update_that_led_here_and_is_over_is_of_no_interest(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    update = in_line(states, earlier("Update"), OLD)
    advance(DONE)
    handler.handle({"Poll": update.state, "ExecutionArn": update.arn}, Context())
    update.end(DONE)
    handler.handle(event("Update", PhysicalResourceId=DONE.physical_id), Context())
    assert sent.answers == [DONE, DONE]


# -- of others ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [{"LogicalResourceId": "Other"}, {"StackId": event()["StackId"][:-4] + "beef"}])
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_the_waits_of_other_resources_are_never_touched(
    states: StateMachine, advance: Advance, request_type: str, other: dict[str, Any]
) -> None:
    for kind in ("Create", "Update", "Delete"):
        in_line(states, earlier(kind, **other), lines_of(kind))
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    assert (states.last.state["Behind"], states.stopped) == ([], [])


# -- too late -----------------------------------------------------------------------------------------------


def test_a_create_comes_too_late_whose_deletion_has_begun(states: StateMachine, sent: Sent) -> None:
    handler.handle(CANCELLED, Context())
    handler.handle(earlier("Create"), Context())
    reason = "too late: the deletion of what it would make has begun"
    assert sent.only == Answer("FAILED", "refused:Pumps1A2B3C4D", reason)


def test_a_create_that_comes_too_late_does_not_stop_the_deletion(states: StateMachine) -> None:
    handler.handle(CANCELLED, Context())
    handler.handle(earlier("Create"), Context())
    assert states.stopped == []


def test_a_create_after_a_deletion_that_is_done_is_a_new_one(states: StateMachine, sent: Sent) -> None:
    in_line(states, earlier("Delete", 1, PhysicalResourceId=INVENTED)).end(Answer("SUCCESS", INVENTED))
    handler.handle(event(), Context())
    assert (states.last.state["Phase"], states.last.state["Behind"], sent.answers) == ("converge", [], [])


def at(request_type: str, second: int) -> dict[str, Any]:
    """An event whose ResponseURL says when it was sent."""
    return event(request_type, ResponseURL=f"{URL}{second}?X-Amz-Date=20261128T1200{second:02}Z")


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_an_event_comes_too_late_behind_one_that_was_sent_after_it(
    states: StateMachine, sent: Sent, request_type: str
) -> None:
    later = in_line(states, at("Update", 7), OLD)
    handler.handle(at(request_type, 6), Context())
    reason = "too late: a later event of the same resource has come before it"
    assert (sent.only, later.status) == (Answer("FAILED", OLD, reason), "RUNNING")


@pytest.mark.parametrize("seconds", [(7, 7), (7, 8)], ids=["the same second", "in order"])
def test_an_event_does_not_come_too_late_behind_one_that_was_sent_before_it(
    states: StateMachine, sent: Sent, seconds: tuple[int, int]
) -> None:
    url = at("Update", seconds[0])["ResponseURL"] + "&other"
    first = in_line(states, event("Update", ResponseURL=url), OLD)
    handler.handle(at("Update", seconds[1]), Context())
    assert (states.last.state["Behind"], sent.answers) == ([first.arn], [])


# -- whether the Create has come ----------------------------------------------------------------------------


def test_the_delete_of_a_create_that_has_come_does_not_wait_for_it(states: StateMachine) -> None:
    in_line(states, earlier("Create"))
    handler.handle(CANCELLED, Context())
    assert states.last.state["Arrived"] is True


def test_the_delete_of_a_create_that_has_not_come_waits_for_it(states: StateMachine) -> None:
    handler.handle(CANCELLED, Context())
    assert states.last.state["Arrived"] is False


def test_a_create_that_was_heard_of_is_not_the_one_that_a_delete_waits_for(states: StateMachine) -> None:
    in_line(states, earlier("Create")).end(Answer("FAILED", OLD, "no room"))
    handler.handle(CANCELLED, Context())
    assert states.last.state["Arrived"] is False


def test_a_delete_that_failed_has_not_waited_for_the_create(states: StateMachine) -> None:
    in_line(states, earlier("Delete", 1, PhysicalResourceId=INVENTED)).end(Answer("FAILED", INVENTED, "in use"))
    handler.handle(CANCELLED, Context())
    assert states.last.state["Arrived"] is False


# -- of its own delivery before -----------------------------------------------------------------------------


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
@pytest.mark.parametrize(
    "end",
    [
        lambda wait: None,
        lambda wait: wait.end(DONE),
        lambda wait: wait.end(),
        lambda wait: wait.end(status="ABORTED"),
        lambda wait: wait.end(status="FAILED"),
    ],
    ids=["waits", "was answered", "gave up", "was stopped", "failed"],
)
def test_an_event_that_comes_again_is_left_to_its_wait(
    states: StateMachine, advance: Advance, sent: Sent, request_type: str, end: Any
) -> None:
    advance(WouldChange())
    handler.handle(event(request_type), Context())
    end(states.only)
    steps = advance(DONE)
    handler.handle(event(request_type), Context())
    assert (len(states.executions), states.stopped, steps.progress, sent.answers) == (1, [], [], [])


def test_an_event_that_was_answered_at_once_is_answered_the_same_again(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    advance(DONE)
    handler.handle(event("Update"), Context())
    steps = advance(Answer("FAILED", "other", "otherwise"))
    handler.handle(event("Update"), Context())
    assert (sent.answers, steps.progress, len(states.executions)) == ([DONE, DONE], [], 1)


def test_an_event_whose_answer_was_lost_is_answered_when_it_comes_again(
    states: StateMachine, advance: Advance, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(request: Request, answer: Answer, where: str) -> None:
        raise OSError("lost")

    advance(DONE)
    with monkeypatch.context() as patched:
        patched.setattr(handler, "send", lost)
        with pytest.raises(OSError, match="lost"):
            handler.handle(event("Update"), Context())
    handler.handle(event("Update"), Context())
    assert sent.only == DONE


def test_an_event_that_comes_again_after_a_later_one_changes_nothing(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    advance(WouldChange())
    handler.handle(earlier("Update"), Context())
    handler.handle(event("Update"), Context())
    later = states.last
    handler.handle(earlier("Update"), Context())
    assert (states.last, later.status, sent.answers) == (later, "RUNNING", [])


# -- what it costs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comes", "looks"),
    [(event(), 1), (event("Update"), 2), (event("Delete"), 2), (CANCELLED, 1)],
    ids=["create", "update", "delete", "invented"],
)
def test_an_event_with_nobody_in_front_asks_once_for_each_line_that_it_may_be_in(
    states: StateMachine, advance: Advance, comes: dict[str, Any], looks: int
) -> None:
    advance(DONE)
    handler.handle(comes, Context())
    assert (len(states.made("describe_execution")), len(states.made("start_execution"))) == (looks, 1)


def test_each_one_in_front_costs_one_more_look(states: StateMachine, advance: Advance) -> None:
    for number in range(3):
        in_line(states, earlier("Update", number), OLD).end(Answer("SUCCESS", OLD))
    states.calls.clear()
    advance(DONE)
    handler.handle(event("Update"), Context())
    assert len(states.made("describe_execution")) == 3 + 2


# -- of the same moment -------------------------------------------------------------------------------------


def test_who_was_overtaken_looks_again_and_gets_behind(states: StateMachine, advance: Advance) -> None:
    def overtaken(**parameters: Any) -> dict[str, Any]:
        states.answers["start_execution"] = states.start
        in_line(states, earlier("Update"), OLD)
        return states.start(**parameters)

    states.answers["start_execution"] = overtaken
    handler.handle(event("Delete"), Context())
    first, second = states.executions.values()
    assert (second.state["Event"]["RequestType"], second.state["Behind"]) == ("Delete", [first.arn])
    assert first.status == "ABORTED"


def test_an_event_that_is_delivered_twice_at_the_same_moment_waits_once(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    def overtaken(**parameters: Any) -> dict[str, Any]:
        states.answers["start_execution"] = states.start
        handler.handle(event(), Context())
        return states.start(**parameters)

    states.answers["start_execution"] = overtaken
    handler.handle(event(), Context())
    assert (len(states.executions), states.stopped, sent.answers) == (1, [], [])


def test_an_event_that_is_delivered_twice_at_the_same_moment_gets_one_answer_twice(
    states: StateMachine, advance: Advance, sent: Sent
) -> None:
    def overtaken(**parameters: Any) -> dict[str, Any]:
        states.answers["start_execution"] = states.start
        handler.handle(event("Update"), Context())
        advance(Answer("FAILED", "other", "otherwise"))
        return states.start(**parameters)

    advance(DONE)
    states.answers["start_execution"] = overtaken
    handler.handle(event("Update"), Context())
    assert (len(states.executions), sent.answers) == (1, [DONE, DONE])
