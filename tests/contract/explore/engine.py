"""CloudFormation, Lambda and Step Functions around one custom resource, as far as a schedule needs them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lookout_provider import handler
from tests.contract.explore.hazards import Choose, Died, Endangered, Hazards
from tests.contract.explore.surroundings import LateStateMachine, Time, Turns
from tests.contract.player import Answer, Context, Execution, Player, Resource

#: How often Lambda brings an event, and how often Step Functions tries a poll.
_DELIVERIES, _TRIES = 3, 5
#: More polls than any schedule needs.
_MOST_POLLS = 3_000
#: How long a call takes at most: as long as the client has patience.
_LONGEST_CALL_SECONDS = 25
#: CloudFormation takes so long from an answer to its next event, and a user who cancels is not quicker.
_PAUSE_SECONDS = 3


class Violation(AssertionError):
    """A schedule has shown that the contract does not hold."""


class Engine:
    """Delivers events, in whatever order is chosen, and lets what waits go on."""

    def __init__(self, player: Player, choose: Choose) -> None:
        self.player = player
        self.choose = choose
        self.time = Time(player.clock, choose, self._pass)
        self.machine = player.machine = LateStateMachine(player.clock, choose)
        self.hazards = Hazards(choose, self._hang, self._pass)
        self.history: list[str] = []
        self._delivered: list[dict[str, Any]] = []
        #: The event that Lambda brings only after the next one.
        self._late: dict[str, Any] | None = None
        self._tries: dict[str, int] = {}
        #: The polls that hang in a call, and until when.
        self._hanging: list[tuple[datetime, Execution, Turns]] = []
        self._turn: Turns | None = None
        self._invented = 0
        self._clients: dict[tuple[str, str], Any] = {}
        self._real_client, self._real_receive = player.client, player.receive

    # -- the wiring -----------------------------------------------------------------------------------------

    def client(self, service: str, region: str) -> Any:
        """What the provider gets instead of a client."""
        key = service, region
        if key not in self._clients:
            self._clients[key] = Endangered(service, self._real_client(service, region), self.hazards)
        return self._clients[key]

    def receive(self, request: Any, timeout: float) -> Any:
        """The PUT of an answer."""
        return self.hazards.around("cloudformation", "put", self._real_receive)(request, timeout)

    # -- events ---------------------------------------------------------------------------------------------

    def send(
        self, kind: str, resource: Resource, properties: Mapping[str, Any] | None = None, doomed: bool = False
    ) -> str:
        """Send an event, which Lambda may deliver late; returns its ResponseURL."""
        self._pass(_PAUSE_SECONDS)
        event, late = self.player.event(kind, resource, properties=properties), self._late
        url, self._late = str(event["ResponseURL"]), None
        self._note(f"{kind} {event.get('PhysicalResourceId', '')} as {_number(url)}{' doomed' * doomed}")
        if late is None and not doomed and self.choose(20) == 19:
            self._note("  late")
            self._late = event
            return url
        self._deliver(event, doomed=doomed)
        if late is not None:
            self._note("  what was late")
            self._deliver(late)
        return url

    def _deliver(self, event: dict[str, Any], doomed: bool = False) -> None:
        """Deliver an event, as often as Lambda does until it is taken."""
        self._delivered.append(event)
        self.hazards.doomed = doomed
        for _ in range(_DELIVERIES):
            if self._invoke(event):
                break
            self._note("  died")
            self.linger()
        else:
            self._note("  undelivered")
            self.hazards.doomed = False
            record = {"requestPayload": event, "requestContext": {"condition": "RetriesExhausted"}}
            for _ in range(_DELIVERIES - 1):
                if self._invoke(record):
                    break
            else:
                self._safely(record)
        self.hazards.doomed = False

    def repeat(self) -> None:
        """Deliver an event of the past once more, as Lambda may."""
        if not self._delivered:
            return
        event = self._delivered[self.choose(len(self._delivered))]
        self._note(f"again {event['RequestType']} {_number(event['ResponseURL'])}")
        self._safely(event)

    def invent(self, logical_id: str) -> str:
        """A physical id as CloudFormation invents it."""
        self._invented += 1
        return f"{self.player.stack_id.split('/')[1]}-{logical_id}-{self._invented:012X}"

    # -- waiting --------------------------------------------------------------------------------------------

    def answer(self, url: str) -> Answer:
        """Let what waits go on until that event is answered; raises Violation when it never is."""
        if self._late is not None:
            late, self._late = self._late, None
            self._deliver(late)
        for _ in range(_MOST_POLLS):
            if url in self.player.answers:
                return self._only(url)
            running = self.machine.running()
            if not running:
                raise Violation(f"event {url} is never answered")
            self._poll(running[self.choose(len(running))])
        raise Violation(f"event {url} is not answered after {_MOST_POLLS} polls")

    def linger(self) -> None:
        """Let what waits go on for a while, or until a poll hangs."""
        for _ in range(self.choose(4)):
            if not self._hanging and (running := self.machine.running()):
                self._poll(running[self.choose(len(running))])

    def come_to_rest(self) -> None:
        """Let everything go on until nothing waits."""
        for _ in range(_MOST_POLLS):
            running = self.machine.running()
            if not running:
                self._pass(_LONGEST_CALL_SECONDS)
                return
            self._poll(running[0])
        raise Violation("something waits for ever")

    def _pass(self, seconds: float) -> None:
        """Let time pass, and what hangs come back when it is due."""
        until, mine, turn = self.player.clock.now() + timedelta(seconds=seconds), self.hazards.now, self._turn
        while due := [hanging for hanging in self._hanging if hanging[0] <= until]:
            hanging = min(due, key=lambda one: one[0])
            self._hanging.remove(hanging)
            self.player.clock.advance(max(0.0, (hanging[0] - self.player.clock.now()).total_seconds()))
            self._go_on(hanging[1], hanging[2])
        self.player.clock.advance(max(0.0, (until - self.player.clock.now()).total_seconds()))
        self.hazards.now, self._turn = mine, turn

    def _hang(self) -> None:
        """Let others go on before this call does."""
        turn, mine = self._turn, self.hazards.now
        assert turn is not None
        turn.hang()
        self.hazards.now = mine

    def abandon(self) -> None:
        """Let nothing hang any more."""
        self.hazards.doomed = True
        self._pass(_LONGEST_CALL_SECONDS)

    def _only(self, url: str) -> Answer:
        answers = self.player.answers[url]
        if any(answer != answers[0] for answer in answers):
            # The log stream and the request id differ, no more than that.
            told = {(answer.status, answer.physical_id) for answer in answers}
            if len(told) > 1:
                raise Violation(f"answered twice, and differently: {answers}")
        return answers[0]

    # -- invocations ----------------------------------------------------------------------------------------

    def _invoke(self, payload: Mapping[str, Any]) -> bool:
        """Invoke the function; whether it came to its end."""
        self.hazards.next_invocation()
        try:
            handler.handle(json.loads(json.dumps(payload)), Context())
        except Died:
            return False
        except Exception as error:  # as Lambda sees it
            self._note(f"  raised {type(error).__name__}: {error}")
            return False
        finally:
            self.hazards.over()
        return True

    def _safely(self, payload: Mapping[str, Any]) -> None:
        self.hazards.over()
        handler.handle(json.loads(json.dumps(payload)), Context())

    def _poll(self, execution: Execution) -> None:
        """One wait and one poll, or its retry, or the rest of one that hangs."""
        for until, hanging, _ in self._hanging:
            if hanging is execution:
                self._pass((until - self.player.clock.now()).total_seconds())
                return
        self._pass(execution.state["Seconds"])
        if execution.status == "RUNNING":
            payload = json.loads(json.dumps({"Poll": execution.state, "ExecutionArn": execution.arn}))
            self.hazards.next_invocation(polls=True)
            self._go_on(execution, Turns(lambda: handler.handle(payload, Context())))

    def _go_on(self, execution: Execution, turn: Turns) -> None:
        """Let a poll run until it hangs, or is over; when all tries are used up, the end."""
        self._turn = turn
        turn.go_on()
        self._turn = None
        self.hazards.over()
        if not turn.over:
            until = self.player.clock.now() + timedelta(seconds=1 + self.choose(_LONGEST_CALL_SECONDS))
            self._note(f"  poll {execution.name[-3:]} hangs until {until:%H:%M:%S}")
            self._hanging.append((until, execution, turn))
        elif turn.error is not None:
            tries = self._tries[execution.name] = self._tries.get(execution.name, 0) + 1
            self._note(f"  poll {execution.name[-3:]} {type(turn.error).__name__} {turn.error}")
            if tries == _TRIES and execution.status == "RUNNING":
                self._note("  gives up")
                error = {"Error": "Died", "Cause": "died"}
                handler.handle({"GiveUp": {**execution.state, "Error": error}}, Context())
                self.machine.end(execution, "{}")
        elif execution.status == "RUNNING":
            self._tries.pop(execution.name, None)
            execution.state = turn.result
            if "Seconds" not in turn.result:
                self.machine.end(execution, json.dumps(turn.result))

    def _note(self, line: str) -> None:
        self.history.append(line)


def _number(url: str) -> str:
    """Which event it is."""
    return url.rpartition("/")[2].partition("?")[0]
