"""The address at which a function with a runtime of its own (`provided`) fetches its events.

AWS: nobody but the function reaches it.
MiniStack: listens on a port of 127.0.0.1 for each such function, and answers everybody. Here the pages and the names
are turned away that the cloud's own door turns away, and on Linux other users of the machine.
"""

from __future__ import annotations

import http.server
import os
from pathlib import Path

from lookout_server.http.door import Address

_CONNECTIONS = Path("/proc/net/tcp")


def install() -> None:
    """Replace the class that MiniStack makes its handlers of."""
    http.server.BaseHTTPRequestHandler = Handler  # type: ignore[misc]


class Handler(http.server.BaseHTTPRequestHandler):
    """Handles requests of this user's programs."""

    def parse_request(self) -> bool:
        """Read the head of a request; whether it is to be handled."""
        if not super().parse_request():
            return False
        port = int(self.connection.getsockname()[1])
        headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in self.headers.items()]
        scope = {"method": self.command, "raw_path": self.path.encode("latin-1", "replace"), "headers": headers}
        if Address(port).objection(scope) or not _is_ours(self.client_address[1], port):
            self.send_error(403)
            return False
        return True


def _is_ours(client: int, server: int) -> bool:
    """Whether a connection on 127.0.0.1 was opened by this user, as far as the system tells."""
    try:
        lines = _CONNECTIONS.read_text().splitlines()[1:]
    except OSError:
        return True
    ends = [f"0100007F:{port:04X}" for port in (client, server)]
    owners = [int(fields[7]) for fields in map(str.split, lines) if fields[1:3] == ends]
    return owners == [os.getuid()]
