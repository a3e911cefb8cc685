"""How many connections a server has open at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import run, tcp_server

_REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"


def limit(most: Callable[[], int]) -> None:
    """Have the servers of this process refuse connections beyond so many, which hypercorn does not."""
    count = 0

    async def serve(*arguments: Any) -> None:
        nonlocal count
        if count >= most():
            await _refuse(arguments[-1])
            return
        count += 1
        try:
            await tcp_server.TCPServer(*arguments)
        finally:
            count -= 1

    vars(run)["TCPServer"] = serve


async def _refuse(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.write(_REFUSAL)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
