"""The private routes of the server process, `/_lookout/<what>`: the other end is `remote.py`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack import app as ministack_app
from ministack.core import lambda_runtime
from ministack.services import cloudformation

from lookout_files import documents
from lookout_local.corrections import answers
from lookout_local.errors import LocalCloudError
from lookout_local.secret import is_root_secret
from lookout_local.wire import decode, encode
from lookout_server.backend import Backend
from lookout_server.settings import Settings


class Admin:
    """Remote control of the Backend, for who has the cloud's secret."""

    def __init__(self, backend: Backend, clock_speed: float) -> None:
        self._backend = backend
        self._first = dataclasses.replace(backend.settings)
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "health"): lambda _: {"stacks": _stacks(), "now": backend.now, "clock_speed": clock_speed},
            ("POST", "reset"): lambda _: self._reset(),
            ("GET", "calls"): lambda _: backend.calls.all(),
            ("GET", "forgotten"): lambda _: backend.calls.forgotten,
            ("DELETE", "calls"): lambda _: backend.calls.clear(),
            ("GET", "faults"): lambda _: backend.faults.all(),
            ("POST", "faults"): lambda fault: backend.faults.add(**fault),
            ("DELETE", "faults"): lambda _: backend.faults.clear(),
            ("GET", "settings"): lambda _: backend.settings,
            ("PUT", "settings"): self._set,
            ("DELETE", "settings"): lambda _: self._set(self._first),
            ("GET", "failures"): lambda _: backend.internal_failures,
            ("GET", "now"): lambda _: backend.now,
        }

    def offer(self, method: str, what: str, route: Callable[[], Any]) -> None:
        """Have a further route, which somebody else answers, in a thread of its own."""
        self._routes[method, what] = lambda _: route()

    def lets_in(self, authorization: str) -> bool:
        """Whether the header Authorization of a request holds the secret."""
        scheme, _, secret = authorization.partition(" ")
        return scheme == "Bearer" and is_root_secret(secret)

    def handle(self, method: str, what: str, body: bytes) -> tuple[int, bytes]:
        """Status and JSON body of the answer."""
        route = self._routes.get((method, what))
        if route is None:
            return 404, b'{"error": "no such route"}'
        try:
            answer = encode(route(decode(documents.parse(body or b"null"))))
        except (TypeError, ValueError, AttributeError) as error:
            return 400, json.dumps({"error": str(error)}).encode()
        except (LocalCloudError, OSError) as error:
            return 500, json.dumps({"error": str(error)}).encode()
        return 200, json.dumps(answer).encode()

    def _set(self, settings: Any) -> None:
        """Take over every setting of another Settings."""
        if not isinstance(settings, Settings):
            raise ValueError(f"settings: got a {type(settings).__name__}, expected Settings")
        for field in dataclasses.fields(self._backend.settings):
            setattr(self._backend.settings, field.name, getattr(settings, field.name))

    def _reset(self) -> None:
        """Forget everything, in all accounts: stacks, buckets, functions, datasets, calls, faults."""
        answers.reset()
        ministack_app._reset_all_state()
        lambda_runtime.reset()
        self._backend.reset()


def _stacks() -> list[dict[str, Any]]:
    """Account, Region, name and status of all stacks that were not deleted, and what they are waiting for."""
    return [
        {
            "account": account,
            "region": region,
            "name": name,
            "status": stack["StackStatus"],
            "waits_for": _in_progress(cloudformation._stack_events._data.get((account, region, stack["StackId"]), [])),
        }
        for (account, region, name), stack in sorted(cloudformation._stacks._data.items())
        if stack["StackStatus"] != "DELETE_COMPLETE"
    ]


def _in_progress(events: list[dict[str, Any]]) -> dict[str, float]:
    """The resources that something is being done with, by logical id, each with the seconds since."""
    latest = {event["LogicalResourceId"]: event for event in events if event["PhysicalResourceId"] != event["StackId"]}
    now = datetime.now(UTC)
    return {
        logical_id: (now - datetime.fromisoformat(event["Timestamp"])).total_seconds()
        for logical_id, event in latest.items()
        if event["ResourceStatus"].endswith("_IN_PROGRESS")
    }
