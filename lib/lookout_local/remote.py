"""The services' log of calls, faults and settings, seen from outside the server process."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
import warnings
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any

from lookout_local.errors import LocalCloudError
from lookout_local.process import Running
from lookout_local.wire import decode, encode
from lookout_server.calls import Call
from lookout_server.faults import Fault, PlannedFault
from lookout_server.settings import Settings

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class AdminError(LocalCloudError):
    """The local cloud refused a request to its private routes, or is not there."""


def request(running: Running, method: str, what: str, value: Any = None, *, seconds: float = 30) -> Any:
    """Call a private route of the server, which its secret opens; raises AdminError."""
    body = json.dumps(encode(value)).encode() if value is not None else None
    message = urllib.request.Request(f"{running.endpoint_url}/_lookout/{what}", data=body, method=method)
    message.add_header("Authorization", f"Bearer {running.secret}")
    try:
        with _OPENER.open(message, timeout=seconds) as response:
            return decode(json.load(response))
    except urllib.error.HTTPError as error:
        raise AdminError(_reason(error) or f"{method} {what}: {error}") from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: something else answers there
        raise AdminError(f"no local cloud answers at {running.endpoint_url}: {error}") from error


def _reason(error: urllib.error.HTTPError) -> str:
    """What the cloud says of why it refuses a request; '' when it says nothing."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.load(error)["error"])
    return ""


def now(running: Running) -> datetime:
    """The time as the Lookout services see it, which a time scale speeds up."""
    time: datetime = request(running, "GET", "now")
    return time


@dataclass(frozen=True)
class Proxied:
    """Where the proxy of a cloud is, and the file with the authority that its clients trust."""

    url: str
    certificate: str


def proxy(running: Running) -> Proxied:
    """The proxy for programs with AWS's addresses in them; the cloud opens it when it is first asked for."""
    answer: dict[str, Any] = request(running, "POST", "proxy")
    return Proxied(f"http://127.0.0.1:{answer['port']}", answer["certificate"])


class RemoteCalls:
    """The latest calls that the Lookout services answered, as `lookout_local.services.CallLog`."""

    def __init__(self, running: Running) -> None:
        self._running = running

    @property
    def forgotten(self) -> int:
        """How many calls since the start or the last clear are not in the log any more."""
        count: int = request(self._running, "GET", "forgotten")
        return count

    def all(self) -> list[Call]:
        """The calls since the start or the last clear, in order; warns when there have been more than it keeps."""
        calls: list[Call] = request(self._running, "GET", "calls")
        gone = self.forgotten
        if gone:
            warnings.warn(
                f"the log of calls: {gone} of {gone + len(calls)} are gone; call clear() before what you look at, "
                "or set calls_in_log of settings.limits",
                stacklevel=2,
            )
        return calls

    def clear(self) -> None:
        """Start over."""
        request(self._running, "DELETE", "calls")


class RemoteFaults:
    """Faults to come, as `lookout_local.services.Faults`."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def add(self, operation: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of an API operation meet a fault."""
        request(self._running, "POST", "faults", {"operation": operation, "fault": fault, "times": times})

    def all(self) -> list[PlannedFault]:
        """Those that did not happen yet, in order."""
        planned: list[PlannedFault] = request(self._running, "GET", "faults")
        return planned

    def clear(self) -> None:
        """Forget all faults that did not happen yet."""
        request(self._running, "DELETE", "faults")


class RemoteSettings:
    """The settings of the services: read and assign attributes as those of `lookout_local.services.Settings`.

    What is read is a copy: to change a quota, assign changed quotas (`dataclasses.replace`).
    """

    _running: Running

    def __init__(self, running: Running) -> None:
        object.__setattr__(self, "_running", running)

    def get(self) -> Settings:
        """All settings as they are now."""
        settings: Settings = request(self._running, "GET", "settings")
        return settings

    def put(self, settings: Settings) -> None:
        """Replace all settings."""
        request(self._running, "PUT", "settings", settings)

    def reset(self) -> None:
        """Take all changes back: the settings are what they were when the cloud started."""
        request(self._running, "DELETE", "settings")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.get(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        settings = self.get()
        if not hasattr(settings, name):
            raise AttributeError(f"settings of the local cloud: got '{name}', expected one of {sorted(vars(settings))}")
        setattr(settings, name, value)
        self.put(settings)
