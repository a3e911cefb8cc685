"""The process of a server: it takes its directory and its port, serves, and ends when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import Any

from lookout_server import webhook
from lookout_server.config.configuration import LOOPBACK, Configuration
from lookout_server.data_directory import DataDirectory
from lookout_server.errors import ServerError
from lookout_server.http.listening import CannotListen, listen
from lookout_server.monitoring import logs
from lookout_server.monitoring.release import release

_LOG = logging.getLogger(__name__)
#: Seconds that a connection without requests stays open; also how long the head of a request may take.
_KEEP_ALIVE = 75
_INTERRUPTED = 130
#: Told that the server serves, with its record.
Announce = Callable[[dict[str, Any]], None]


def serve(configuration: Configuration, announce: Announce) -> None:
    """Serve until SIGTERM or SIGINT; a second SIGINT ends the process at once. Raises ServerError."""
    if configuration.data is None:
        raise ServerError("data: got none, expected the directory in which the server keeps its data (--data)")
    directory = DataDirectory(configuration.data)
    # Everything that can be wrong is looked at before anything is made.
    directory.must_be_free()
    directory.must_be_usable()
    if configuration.buckets is not None and not configuration.buckets.is_dir():
        raise ServerError(f"buckets {configuration.buckets}: is not a directory; name the one that holds the buckets")
    context = _tls(configuration)
    if configuration.services.alarms.secret_file is not None:
        try:
            webhook.secret(configuration.services.alarms.secret_file)
        except webhook.WebhookError as error:
            raise ServerError(f"alarms.secret_file {error}") from None
    if configuration.services.vision_backbone is not None:
        _try_backbone(configuration.services.vision_backbone)
    try:
        listener = listen(configuration.host, configuration.port)
    except CannotListen as error:
        raise ServerError(str(error)) from None
    with listener:
        directory.take()
        logs.configure(configuration.log_level)
        asyncio.run(_serve(configuration, directory, listener, context, announce))
    directory.clear()
    _LOG.info("ended")
    _leave(0)  # without threads that are still at work: what they had begun goes on after the next start


def _try_backbone(file: Path) -> None:
    """Whether images can be looked at with a network of the user's own. Raises ServerError."""
    from lookout_server.detection.images import BadBackbone, from_file  # which loads what computes

    try:
        from_file(file)
    except BadBackbone as error:
        raise ServerError(f"vision_backbone: {error}") from None


async def _serve(
    configuration: Configuration,
    directory: DataDirectory,
    listener: socket,
    context: bool,
    announce: Announce,
) -> None:
    """Serve, and wait for what runs at the end, but not longer than the settings say."""
    from hypercorn.asyncio import serve as run
    from hypercorn.config import Config

    from lookout_server.app import application
    from lookout_server.assembly import assemble
    from lookout_server.http import connections
    from lookout_server.http.door import Address

    stop = asyncio.Event()
    _on_signals(stop)
    port = int(listener.getsockname()[1])
    host = configuration.host
    shown = f"[{host}]" if ":" in host else host
    record = {
        "pid": os.getpid(),
        "url": f"{configuration.scheme}://{(configuration.host_names or (shown,))[0]}:{port}",
        "host": host,
        "port": port,
        "data": str(directory.path),
        "version": release(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }

    def ready() -> None:
        directory.write(record)
        _LOG.info("serving", extra={logs.FIELDS: record})
        announce(record)

    server = await asyncio.to_thread(assemble, configuration, directory, ready)
    names = {*configuration.host_names, *([] if host in LOOPBACK else [shown])}
    address = Address(port, frozenset(name.lower() for name in names), configuration.scheme)
    app: Any = application(server.parts, address)
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]  # at the end, it is closed before the last requests are answered
    config.keep_alive_timeout = _KEEP_ALIVE
    config.keep_alive_max_requests = sys.maxsize  # a client would send one that nobody answers
    config.graceful_timeout = configuration.shutdown.total_seconds()
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    if context:
        config.certfile, config.keyfile = str(configuration.tls.certificate), str(configuration.tls.key)
    connections.limit(lambda: configuration.services.limits.connections)
    server.ticker.start()
    serving = asyncio.create_task(run(app, config, shutdown_trigger=stop.wait))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    _LOG.info("ending")
    done, _ = await asyncio.wait({serving}, timeout=configuration.shutdown.total_seconds() + 1)
    stopping.cancel()
    await asyncio.to_thread(server.closing.close)
    if done:
        serving.result()


def _on_signals(stop: asyncio.Event) -> None:
    def interrupted() -> None:
        if stop.is_set():
            _leave(_INTERRUPTED)
        stop.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, interrupted)


def _leave(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a full disk
            stream.flush()
    os._exit(status)


def _tls(configuration: Configuration) -> bool:
    """Whether there is TLS; raises ServerError when its files do not do."""
    certificate, key = configuration.tls.certificate, configuration.tls.key
    if certificate is None or key is None:
        return False
    for name, file in (("tls.certificate", certificate), ("tls.key", key)):
        _must_be_readable(name, file)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ServerError(
            f"tls.certificate {certificate}: does not go with tls.key {key}: {error}; expected PEM files of one pair"
        ) from None
    return True


def _must_be_readable(name: str, file: Path) -> None:
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ServerError(f"{name} {file}: cannot be read: {reason}; check the path and its rights") from None
