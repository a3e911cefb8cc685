"""What a client sees of a connection."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

import pytest
from hypercorn.events import Closed, RawData, Updated

from lookout_server.http.connections import Connection


class Writer:
    """What a client gets, piece by piece, and how much of it waits for one that is slow."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.waiting = 0
        self.transport = self

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    async def drain(self) -> None: ...


async def connection(writer: Writer) -> Connection:
    nothing: Any = mock.Mock()
    return Connection(nothing, asyncio.get_running_loop(), nothing, nothing, nothing, nothing, writer)


@pytest.mark.parametrize("end", [Updated(idle=False), RawData(b"x" * 20_000)])
def test_head_and_body_of_a_small_answer_are_sent_at_once(end: Any) -> None:
    async def story() -> None:
        writer = Writer()
        one = await connection(writer)
        for piece in (b"head", b"body", b""):
            await one.protocol_send(RawData(piece))
        assert writer.pieces == []
        await one.protocol_send(end)
        assert writer.pieces[0] == b"headbody"
        assert b"".join(writer.pieces) == b"headbody" + getattr(end, "data", b"")

    asyncio.run(story())


def test_a_piece_that_nothing_follows_is_sent_in_a_moment() -> None:
    async def story() -> None:
        writer = Writer()
        one = await connection(writer)
        await one.protocol_send(RawData(b"head"))
        await asyncio.sleep(0)
        assert writer.pieces == [b"head"]

    asyncio.run(story())


def test_a_client_that_is_slow_is_waited_for() -> None:
    async def story() -> None:
        writer = Writer()
        one = await connection(writer)
        await one.protocol_send(RawData(b"head"))
        writer.waiting = 1_000_000
        with mock.patch.object(writer, "drain", mock.AsyncMock()) as drain:
            await one.protocol_send(RawData(b"body"))
        assert writer.pieces == [b"head", b"body"]
        drain.assert_awaited_once()

    asyncio.run(story())


def test_what_is_held_back_is_sent_before_the_end() -> None:
    async def story() -> None:
        writer = Writer()
        one = await connection(writer)
        await one.protocol_send(RawData(b"head"))
        with mock.patch.object(one, "_close", mock.AsyncMock()):
            await one.protocol_send(Closed())
        assert writer.pieces == [b"head"]

    asyncio.run(story())
