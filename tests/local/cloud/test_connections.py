"""A server has so many connections open at a time, and no more."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from hypercorn.asyncio import run
from hypercorn.asyncio import serve as serve_with_hypercorn
from hypercorn.config import Config

from lookout_server.http import connections


class Writer:
    """The end of a connection to which the server writes."""

    def __init__(self, *, gone: bool = False) -> None:
        self.written = b""
        self.closed = False
        self._gone = gone

    def write(self, data: bytes) -> None:
        if self._gone:
            raise ConnectionResetError
        self.written += data

    async def drain(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    async def wait_closed(self) -> None: ...


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that are served; each is until the event in it is set."""
    begun: list[Any] = []

    async def serve(*arguments: Any) -> None:
        begun.append(arguments[0])
        await arguments[0].wait()
        if arguments[0] is begun[0]:
            raise ConnectionResetError

    monkeypatch.setattr(connections, "Connection", serve)
    monkeypatch.setitem(vars(run), "TCPServer", None)
    return begun


def test_connections_beyond_the_limit_are_refused_until_others_have_ended(served: list[Any]) -> None:
    async def story() -> None:
        connections.limit(lambda: 2)
        serve: Any = vars(run)["TCPServer"]
        ends = [asyncio.Event() for _ in range(4)]
        first, second = (asyncio.ensure_future(serve(end, Writer())) for end in ends[:2])
        await asyncio.sleep(0)
        refused = Writer()
        await serve(ends[2], refused)
        assert (len(served), refused.closed) == (2, True)
        assert refused.written.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        ends[0].set()
        with pytest.raises(ConnectionResetError):
            await first
        ends[3].set()
        await serve(ends[3], Writer())
        assert len(served) == 3
        ends[1].set()
        await second

    asyncio.run(story())


def test_a_client_that_does_not_wait_for_the_refusal_does_no_harm(served: list[Any]) -> None:
    async def story() -> None:
        connections.limit(lambda: 0)
        await vars(run)["TCPServer"](asyncio.Event(), Writer(gone=True))

    asyncio.run(story())
    assert served == []


_REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.mark.parametrize("before", [b"", _REQUEST], ids=["without a request", "after one"])
@pytest.mark.parametrize("half", [False, True], ids=["gone", "done sending"])
def test_a_client_that_has_gone_makes_room_for_the_next_one(
    monkeypatch: pytest.MonkeyPatch, before: bytes, half: bool
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    async def answer(port: int, request: bytes, *, half: bool = False) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        if half:
            writer.write_eof()
        answered = await reader.readline() if request else b""
        writer.close()
        await writer.wait_closed()
        return answered

    async def story() -> None:
        connections.limit(lambda: 1)
        listener = socket.create_server(("127.0.0.1", 0))
        port, config, end = listener.getsockname()[1], Config(), asyncio.Event()
        config.bind = [f"fd://{listener.detach()}"]
        config.keep_alive_timeout = 3_600
        serving = asyncio.create_task(serve_with_hypercorn(application, config, shutdown_trigger=end.wait))
        try:
            await answer(port, before, half=half)
            async with asyncio.timeout(10):
                while b" 200 " not in await answer(port, _REQUEST):
                    await asyncio.sleep(0.01)
        finally:
            end.set()
            await serving

    monkeypatch.setitem(vars(run), "TCPServer", vars(run)["TCPServer"])
    asyncio.run(story())
