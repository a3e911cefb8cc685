"""Speaking to CloudFormation: the event that comes in, and the one answer that goes out.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lookout_provider.sections import section
from lookout_shared import log

#: CloudFormation fails a resource whose answer is larger than this many bytes.
RESPONSE_LIMIT = 4096
#: A physical id that starts so stands for nothing: the Delete that follows a refused Create is a no-op.
REFUSED = "refused:"
#: One that starts so stands for what may have been begun. It leads nowhere but to a search.
UNKNOWN = "unknown:"

#: A stack's name has at most as many characters; so do names that are made of two.
_LONGEST_BEGINNING = 128
_SENT = re.compile(r"[?&]X-Amz-Date=(\d{8}T\d{6}Z)")
_PUT_ATTEMPTS = 5
_PUT_TIMEOUT_SECONDS = 10


def digest(*parts: str) -> str:
    """A hex digest of *parts* that no concatenation of other parts gives."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Request:
    """One CloudFormation event, or what a poll remembers of it."""

    request_type: Literal["Create", "Update", "Delete"]
    stack_id: str
    request_id: str
    response_url: str
    resource_type: str
    logical_id: str
    physical_id: str | None
    properties: Mapping[str, Any]
    #: Of the properties from which an Update comes, those that differ: None for what is new.
    before: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Request:
        """Read CloudFormation's event, which is also the form in which a poll's state keeps it."""
        properties = event.get("ResourceProperties") or {}
        return cls(
            request_type=event["RequestType"],
            stack_id=event["StackId"],
            request_id=event.get("RequestId", ""),
            response_url=event["ResponseURL"],
            resource_type=event["ResourceType"],
            logical_id=event["LogicalResourceId"],
            physical_id=event.get("PhysicalResourceId"),
            properties=properties,
            before=event.get("Before") or _differing(event.get("OldResourceProperties") or properties, properties),
        )

    def event(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The event again, with only the *properties* that whoever reads it still needs."""
        event: dict[str, Any] = {
            "RequestType": self.request_type,
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "ResponseURL": self.response_url,
            "ResourceType": self.resource_type,
            "LogicalResourceId": self.logical_id,
        }
        if self.physical_id is not None:
            event["PhysicalResourceId"] = self.physical_id
        event["ResourceProperties"] = dict(properties)
        if self.before and properties == self.properties:
            event["Before"] = dict(self.before)
        return event

    def sent_before(self, other: Request) -> bool:
        """Whether CloudFormation sent it before *other*, by what the signatures of their URLs say, to the second."""
        mine, others = _SENT.search(self.response_url), _SENT.search(other.response_url)
        return mine is not None and others is not None and mine[1] < others[1]

    @property
    def wanted(self) -> str:
        """8 hex digits of all that is asked for."""
        return _digits(self.properties)

    @property
    def wanted_before(self) -> str:
        """The same of what an Update comes from."""
        return _digits(self.properties_before)

    @property
    def properties_before(self) -> Mapping[str, Any]:
        """The properties from which an Update comes."""
        return {name: value for name, value in {**self.properties, **self.before}.items() if value is not None}

    @property
    def options(self) -> Mapping[str, Any]:
        """The properties that are ours, not the API's."""
        options = self.properties.get("Options")
        return options if isinstance(options, Mapping) else {}

    @property
    def id_before(self) -> str:
        """The physical id as long as nothing was made: the old one, or one that its Delete ignores."""
        return self.physical_id or f"{REFUSED}{self.logical_id}"

    @property
    def id_sought(self) -> str:
        """The physical id where it cannot be known whether anything is made: the old one, or one that leads to it."""
        return self.physical_id or f"{UNKNOWN}{self.logical_id}"

    @property
    def region(self) -> str:
        return self.stack_id.split(":")[3]

    @property
    def account(self) -> str:
        return self.stack_id.split(":")[4]

    @property
    def stack_name(self) -> str:
        return self.stack_id.split("/")[1]

    @property
    def _names_of_stack(self) -> tuple[str, ...]:
        """What the stack is called: of the forms that still exist, today's first.

        A nested stack gets another name of CloudFormation each time that it is made, by which earlier releases knew it.
        """
        nested = os.environ.get("NESTED_STACK")
        return (nested, self.stack_name) if nested else (self.stack_name,)

    @property
    def stack_owners(self) -> tuple[str, ...]:
        """Account, Region and stack: what all owners in a stack have in common, in every form that still exists."""
        return tuple(f"{self.account}/{self.region}/{name}" for name in self._names_of_stack)

    @property
    def stack_owner(self) -> str:
        """It in the form of today."""
        return self.stack_owners[0]

    @property
    def owners(self) -> tuple[str, ...]:
        """Who owns what this construct makes, in every form that still exists.

        A tag value holds 256 characters; a logical id that would not fit gives its digest.
        """
        found = []
        for stack in self.stack_owners:
            whole = f"{stack}/{self.logical_id}"
            found.append(whole if len(whole) <= 240 else f"{stack}/{digest(self.logical_id)[:32]}")
        return tuple(found)

    @property
    def owner(self) -> str:
        """It in the form of today: the same for every life of a stack of this name, or of one that is nested in it."""
        return self.owners[0]

    @property
    def beginnings(self) -> tuple[str, ...]:
        """What the names begin with that are generated, for each of `stack_owners`."""
        found = [name.replace(".", "-") for name in self._names_of_stack]
        return tuple(
            name if len(name) <= _LONGEST_BEGINNING else f"{name[: _LONGEST_BEGINNING - 9]}-{digest(name)[:8]}"
            for name in found
        )

    def token(self, step: str) -> str:
        """A client token: the same when this event is delivered twice, another one for every other event."""
        return digest(self.stack_id, self.logical_id, self.response_url, step)[:64]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: old.get(name) for name in (*old, *new) if old.get(name) != new.get(name)}


def _digits(properties: Mapping[str, Any]) -> str:
    members = {name: value for name, value in properties.items() if name != "ServiceToken"}
    return digest(json.dumps(members, sort_keys=True))[:8]


@dataclass(frozen=True)
class Answer:
    """What CloudFormation is told, once per event."""

    status: Literal["SUCCESS", "FAILED"]
    physical_id: str
    reason: str = ""
    data: Mapping[str, str] | None = None

    @property
    def record(self) -> dict[str, Any]:
        """It as a wait keeps it."""
        return {
            "Status": self.status,
            "PhysicalId": self.physical_id,
            "Reason": self.reason,
            "Data": dict(self.data or {}),
        }

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Answer:
        """The answer that *record* is of."""
        return cls(record["Status"], record["PhysicalId"], record["Reason"], record["Data"])

    def encode(self, request: Request, where: str) -> bytes:
        """The answer's JSON within 4096 bytes.

        Only the reason is ever cut, in its middle: the service's own words come first; the section of the
        documentation and *where* (log stream and request id) stay at the end.
        """
        body: dict[str, Any] = {
            "Status": self.status,
            "PhysicalResourceId": self.physical_id,
            "StackId": request.stack_id,
            "RequestId": request.request_id,
            "LogicalResourceId": request.logical_id,
        }
        if self.data:
            body["Data"] = dict(self.data)
        if not self.reason:
            return _json(body)
        reason, named = self.reason, section(self.reason)
        end = f"see {named}; {where}" if named else where
        while True:
            body["Reason"] = f"{reason} ({end})"
            encoded = _json(body)
            excess = len(encoded) - RESPONSE_LIMIT
            if excess <= 0 or len(reason) <= 3:
                return encoded
            # JSON takes twelve bytes for a character at most, so no step cuts more than it must.
            reason = reason[: max(0, len(reason) - 3 - max(1, excess // 12))] + "..."


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def send(request: Request, answer: Answer, where: str) -> None:
    """PUT *answer* to the event's ResponseURL; an HTTP status of 400 or more is a failure.

    Raises the last error once every attempt has failed: the invocation then counts as failed as well.
    """
    body = answer.encode(request, where)
    log.write(
        "answer",
        request=request,
        status=answer.status,
        physical_id=answer.physical_id,
        reason=answer.reason,
        bytes=len(body),
    )
    for attempt in range(1, _PUT_ATTEMPTS + 1):
        try:
            put = urllib.request.Request(request.response_url, data=body, method="PUT")
            put.add_header("Content-Type", "")
            with urllib.request.urlopen(put, timeout=_PUT_TIMEOUT_SECONDS):
                return
        except (OSError, http.client.HTTPException) as error:
            status = error.code if isinstance(error, urllib.error.HTTPError) else None
            log.write("answer not delivered", request=request, attempt=attempt, status=status)
            # A refusal (expired, or answered before) stays one; anything else may pass.
            if attempt == _PUT_ATTEMPTS or (status is not None and 400 <= status < 500):
                raise
            time.sleep(2 ** (attempt - 2))
