"""How many connections a server has open at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import run, tcp_server

_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"


#: Serves a connection, which is told to what writes to it, or refuses it.
Admit = Callable[[asyncio.StreamWriter, Callable[[], Awaitable[None]]], Awaitable[None]]


class Connection(tcp_server.TCPServer):
    """One that ends when its client has gone. Hypercorn keeps it as long as one may be open without requests, so that
    a few clients which connect anew for each request would take all that there are."""

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
