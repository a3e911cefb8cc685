"""A proxy for programs that have AWS's own addresses written into them: a second listener, opened when it is asked for.

It takes CONNECT to the hosts of `hosts.py`, speaks TLS for them with certificates of the cloud's own authority, and
hands requests on within the process, with their host as it was. It never connects to anything. Nothing gets in by it
that is not signed as at the first listener, and what is not a service is not behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio import tcp_server
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.utils import wrap_app

from lookout_local import hosts
from lookout_local.authority import Authority
from lookout_local.door import HostDoor

if TYPE_CHECKING:
    from hypercorn.config import Config

    from lookout_server.http.asgi import Application
    from lookout_server.http.connections import Admit

_LOG = logging.getLogger(__name__)
_ADDRESS = "127.0.0.1"
_PORT = "443"
_LONGEST_HEAD, _LONGEST_TARGET = 16_384, 300
#: For the head of a request, and again for the handshake of TLS.
_SECONDS = 10.0
_END = b"\r\n\r\n"
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Serves an application at the hosts of AWS; `admit` says whether a connection more may be open."""

    def __init__(self, application: Application, authority: Authority, config: Config, admit: Admit) -> None:
        self._application = application
        self._authority = authority
        self._config = config
        self._admit = admit

    async def listen(self) -> int:
        """Begin to listen, on loopback; the port."""
        server = await asyncio.start_server(self._connected, _ADDRESS, 0, limit=_LONGEST_HEAD)
        self._server = server  # which ends when nobody has it
        return int(server.sockets[0].getsockname()[1])

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The other side may go away at any moment, or speak no TLS, or not trust us.
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            await self._admit(writer, lambda: self._tunnel(reader, writer))
        writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_SECONDS):
            head = await reader.readuntil(_END)
        host, problem = asked_for(head)
        if problem:
            _LOG.warning("%s", _in_ascii(problem))  # some clients, botocore among them, do not show what they are told
            writer.write(refusal(problem))
            await writer.drain()
            return
        writer.write(_ESTABLISHED)
        await writer.drain()
        await self._serve(host, *await self._encrypted(host, writer))

    async def _encrypted(
        self, host: str, writer: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same connection within TLS, in which we are the host."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        context = self._authority.context(host)
        transport = await loop.start_tls(
            writer.transport, protocol, context, server_side=True, ssl_handshake_timeout=_SECONDS
        )
        if transport is None:
            raise ConnectionResetError("the other side went away during the handshake")
        protocol.connection_made(transport)
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _serve(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests and answers until one side ends the connection."""
        door: Any = HostDoor(self._application, host, hosts.service_of(host))
        application = wrap_app(door, self._config.wsgi_max_body_size, "asgi")
        loop = asyncio.get_running_loop()
        await tcp_server.TCPServer(application, loop, self._config, WorkerContext(None), {}, reader, writer)


def asked_for(head: bytes) -> tuple[str, str]:
    """The host that a request to the proxy names, and why it is refused, '' when it is not."""
    line = head.partition(b"\r\n")[0].decode("latin-1")
    method, _, rest = line.partition(" ")
    target = rest.rpartition(" ")[0][:_LONGEST_TARGET]
    if method != "CONNECT":
        return "", f"proxy: got {method} {target}, expected CONNECT, which programs send for addresses with https"
    host, _, port = target.lower().partition(":")
    if port != _PORT or not hosts.service_of(host):
        return "", (
            f"proxy: got {target}, expected port {_PORT} of {hosts.NAMES}; "
            "the local cloud connects to nothing, and has its other services at AWS_ENDPOINT_URL"
        )
    return host, ""


def refusal(problem: str) -> bytes:
    """An answer with the reason in its body, and in its first line, of which clients tell their users."""
    body = json.dumps({"__type": "Forbidden", "message": problem}).encode()
    head = f"HTTP/1.1 {HTTPStatus.FORBIDDEN:d} {_in_ascii(problem)}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body


def _in_ascii(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)
