"""The door of the proxy: lets in what comes to one host of AWS, and is for its service."""

from __future__ import annotations

from lookout_local import signatures
from lookout_server.http.arrival import Arrival
from lookout_server.http.asgi import Application, Scope
from lookout_server.http.door import Door, objection

_PORT = 443


class HostDoor(Door):
    """Passes on what comes through the proxy to one host of AWS: that host only, and what its service is asked."""

    def __init__(self, application: Application, host: str, service: str) -> None:
        super().__init__(application, self._refuses)
        self._host = host
        self._service = service

    def _refuses(self, scope: Scope) -> str:
        allowed = (self._host, f"{self._host}:{_PORT}")
        problem = objection(scope, lambda host: host.lower() in allowed, self._host, "https")
        if problem or scope["type"] != "http":
            return problem or "got a websocket, expected a request of a service"
        arrival = Arrival.of(scope)
        signed_for = signatures.service(arrival) or (self._service if signatures.is_claimed(arrival) else "")
        # Objects of a bucket may be open to everybody, and a form is signed inside.
        if signed_for != self._service and (signed_for or self._service != "s3"):
            return f"signature: got one for {signed_for or 'nothing'}, expected one for {self._service} at {self._host}"
        return ""
