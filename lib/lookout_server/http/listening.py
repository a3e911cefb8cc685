"""The socket that a server listens on."""

from __future__ import annotations

import errno
import socket

_WAITING = 128


class CannotListen(Exception):
    """The port cannot be had."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"host {host} cannot be listened on: {_reason(error)}; name another one (--host)") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_WAITING)
    except OSError as error:
        listener.close()
        way_out = f"or stop what listens on {port}" if error.errno == errno.EADDRINUSE else "from 1024 on"
        raise CannotListen(
            f"port {port} on {host} cannot be used: {_reason(error)}; choose another port (--port), {way_out}"
        ) from error
    return listener


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
