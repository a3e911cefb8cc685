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
        await admit(arguments[-1], lambda: tcp_server.TCPServer(*arguments))

    vars(run)["TCPServer"] = serve
    return admit


async def _refuse(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.write(_REFUSAL)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
