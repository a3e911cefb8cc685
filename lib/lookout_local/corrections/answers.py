"""The answer that a custom resource sends to its ResponseURL.

AWS: the URL takes one PUT without a content type (it is part of the signature); an answer of more than 4096 bytes, one
that is not JSON, and one without Status or PhysicalResourceId fail the resource; only the first answer counts, and
none does to an event that was cancelled.
MiniStack: takes anything, and makes up what is missing.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PATH = "/_ministack/cfn-response/"
MAXIMUM_BYTES = 4096
_MAXIMUM_ID_BYTES = 1024
# What a process sends as it dies may arrive after the news of its death.
_LAST_BREATH_SECONDS = 0.5
_WRONG_SIGNATURE = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you \
provided. Check your key and signing method.</Message></Error>"""


@dataclass(frozen=True)
class Answer:
    """What CloudFormation makes of an answer. `physical_id` is '' when the answer names none; `received` is False when
    nobody answered, or nobody waited for it, for the reason.
    """

    succeeded: bool
    reason: str = ""
    physical_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    received: bool = True


#: What is waited for no longer.
CANCELLED = Answer(False, received=False)


def read(body: bytes) -> Answer:
    """The answer in the body of a PUT."""
    if len(body) > MAXIMUM_BYTES:
        return Answer(False, "Response object is too long.", _salvaged_id(body))
    try:
        content = json.loads(body)
    except ValueError:
        return Answer(False, "Invalid response object: the response is not valid JSON")
    if not isinstance(content, dict) or content.get("Status") not in ("SUCCESS", "FAILED"):
        return Answer(False, "Invalid response object: Value of property Status must be SUCCESS or FAILED")
    physical_id = content.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not physical_id or len(physical_id.encode()) > _MAXIMUM_ID_BYTES:
        return Answer(False, "Invalid PhysicalResourceId")
    reason = content.get("Reason") or ""
    if content["Status"] == "FAILED":
        return Answer(False, str(reason), physical_id) if reason else Answer(False, "Reason is missing", physical_id)
    data = content.get("Data") or {}
    if not isinstance(data, dict):
        return Answer(False, "Invalid response object: Value of property Data must be an object", physical_id)
    return Answer(True, str(reason), physical_id, {name: _value(value) for name, value in data.items()})


def _salvaged_id(body: bytes) -> str:
    """The physical id of an answer that was too long, so that what was made can be deleted."""
    try:
        physical_id = json.loads(body).get("PhysicalResourceId")
    except (ValueError, AttributeError):
        return ""
    return physical_id if isinstance(physical_id, str) else ""


def _value(value: Any) -> Any:
    """CloudFormation keeps scalars as strings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


class _Waiting:
    """Somebody who waits for an answer, in a thread of its own, until a time of the monotonic clock."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self._until = math.inf
        self._changed = threading.Condition()
        self._answer: Answer | None = None

    def take(self, answer: Answer) -> None:
        """Take an answer, unless there is one."""
        with self._changed:
            self._answer = self._answer or answer
            self._changed.notify_all()

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this from now on."""
        with self._changed:
            self._until = min(self._until, time.monotonic() + seconds)
            self._changed.notify_all()

    def wait(self) -> Answer | None:
        """The answer; None when the time is over."""
        with self._changed:
            while self._answer is None and (left := self._until - time.monotonic()) > 0:
                self._changed.wait(left)
            return self._answer


_waiting: dict[str, _Waiting] = {}
# The tokens of all ResponseURLs that were given out: a late answer is as good a request as one in time.
_given: set[str] = set()
_lock = threading.Lock()


def expect(token: str, operation: str = "") -> None:
    """Make a ResponseURL that ends in the token valid. `operation` is what `cancel` knows the event by, '' when it
    cannot be cancelled.
    """
    with _lock:
        _waiting[token] = _Waiting(operation)
        _given.add(token)


def was_given(path: str) -> bool:
    """Whether a path is that of a ResponseURL, which nobody knows but who was given it."""
    return path.startswith(PATH) and path.removeprefix(PATH) in _given


def wait(token: str, seconds: float) -> Answer:
    """The answer to the event with this token, received or not. The token is forgotten."""
    waiting = _waiting[token]
    waiting.hurry(seconds)
    answer = waiting.wait()
    with _lock:
        _waiting.pop(token, None)
    return answer or Answer(False, received=False)


def hurry(token: str, seconds: float) -> None:
    """Let whoever waits for the answer to this event wait no longer than this from now on."""
    with _lock:
        if token in _waiting:
            _waiting[token].hurry(seconds)


def receive(token: str, headers: Mapping[bytes, bytes], body: bytes) -> tuple[int, bytes]:
    """Take a PUT to a ResponseURL; the status and body of what S3 answers. A late or second answer has no effect."""
    if headers.get(b"content-type"):
        return 403, _WRONG_SIGNATURE
    with _lock:
        if token in _waiting:
            _waiting[token].take(read(body))
    return 200, b""


def give_up(token: str, reason: str) -> None:
    """Let whoever waits for the answer to this event go: nobody will send one."""
    time.sleep(_LAST_BREATH_SECONDS)
    with _lock:
        if token in _waiting:
            _waiting[token].take(Answer(False, reason, received=False))


def cancel(operation: str) -> None:
    """Let those who wait in this operation go, with CANCELLED."""
    with _lock:
        for waiting in _waiting.values():
            if waiting.operation == operation:
                waiting.take(CANCELLED)


def reset() -> None:
    """Let everybody who waits go, with a failure."""
    with _lock:
        for waiting in _waiting.values():
            waiting.take(Answer(False, "the local cloud was reset"))
