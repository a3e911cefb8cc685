"""How many connections a server has open at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import run, tcp_server
from hypercorn.events import Event, RawData

#: Bytes of a piece that is held back until the others of the moment are there as well.
_SMALL = 16 * 1024
_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"


#: Serves a connection, which is told to what writes to it, or refuses it.
Admit = Callable[[asyncio.StreamWriter, Callable[[], Awaitable[None]]], Awaitable[None]]


class Connection(tcp_server.TCPServer):
    """One that ends when its client has gone. Hypercorn keeps it as long as one may be open without requests, so that
    a few clients which connect anew for each request would take all that there are.

    Head and body of a small answer are sent at once: for each piece by itself, both ends would be woken up.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._held = b""

    async def protocol_send(self, event: Event) -> None:
        waiting = self.writer.transport.get_write_buffer_size()  # for a client that is slow
        if isinstance(event, RawData) and len(event.data) + waiting < _SMALL:
            if not self._held:
                self.loop.call_soon(self._send_held)
            self._held += event.data
            return
        self._send_held()
        await super().protocol_send(event)

    def _send_held(self) -> None:
        held, self._held = self._held, b""
        if held:
            with suppress(ConnectionError, RuntimeError):  # the client has gone, which is seen when it is read from
                self.writer.write(held)

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()

    async def _idle_timeout(self) -> None:
        if not self.reader.at_eof():  # who has sent all that it had may still have waited for the answer
            await super()._idle_timeout()


def limit(most: Callable[[], int]) -> Admit:
    """Have the servers of this process refuse connections beyond so many, which hypercorn does not.

    What is returned does the same for connections of other kinds, which count together with those.
    """
    count = 0

    async def admit(writer: asyncio.StreamWriter, serve: Callable[[], Awaitable[None]]) -> None:
        nonlocal count
        if count >= most():
            await _refuse(writer)
            return
        count += 1
        try:
            await serve()
        finally:
            count -= 1

    async def serve(*arguments: Any) -> None:
        await admit(arguments[-1], lambda: Connection(*arguments))

    vars(run)["TCPServer"] = serve
    return admit


async def _refuse(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.write(_REFUSAL)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
