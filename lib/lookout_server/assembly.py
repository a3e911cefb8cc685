"""Puts a server together out of its configuration: the one place that knows all parts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lookout_server.app import Parts
from lookout_server.backend import Backend
from lookout_server.clock import SystemClock
from lookout_server.config.configuration import Configuration
from lookout_server.data_directory import DataDirectory
from lookout_server.files.storage import Storage
from lookout_server.identity.callers import Callers
from lookout_server.identity.key_authorizer import KeyAuthorizer
from lookout_server.identity.keys import Keys
from lookout_server.identity.rates import Rates
from lookout_server.monitoring import health
from lookout_server.monitoring.audit import DocumentAudit
from lookout_server.monitoring.metrics import Metrics, measured
from lookout_server.protocol.errors import StorageError
from lookout_server.store import DirectoryBlobs, SqliteDocuments
from lookout_server.ticker import Ticker

_LOG = logging.getLogger(__name__)
#: Seconds between two looks for work that is due.
_TICK = 1.0
#: Looks after which what has expired is cleared away: a minute.
_EXPIRE = 60


@dataclass(frozen=True)
class Server:
    """What serves, and what has to be closed at the end, in this order."""

    parts: Parts
    ticker: Ticker
    closing: ExitStack


def assemble(configuration: Configuration, directory: DataDirectory, on_ready: Callable[[], None]) -> Server:
    """Open the store and make everything that works on it. Raises StoreError, IdentityError."""
    with ExitStack() as opened:
        metrics = Metrics()
        store = SqliteDocuments(directory.documents)
        opened.callback(store.close)
        documents, blobs = measured(store, metrics), DirectoryBlobs(directory.blobs)
        clock = SystemClock()
        audit = DocumentAudit(documents, lambda: configuration.retention.audit)
        keys = Keys(documents, configuration.key_file or directory.key_file)
        keys.check()
        authority = KeyAuthorizer(keys)
        backend = Backend(
            storage=storage(configuration),
            clock=clock,
            authorizer=authority,
            settings=configuration.services,
        )
        beat = health.Beat(configuration.health.reconciled)
        checks = health.Health()
        checks.register("store", health.store(documents, blobs))
        checks.register("disk", health.room(directory.path, configuration.health.free_bytes))
        checks.register("reconciler", beat.check)
        threads = ThreadPoolExecutor(configuration.threads, thread_name_prefix="request")
        parts = Parts(
            services=backend,
            callers=Callers(keys, services=backend.services),
            is_key=lambda access_key: keys.holder(access_key) is not None,
            rate=Rates(configuration.rates.per_second, configuration.rates.burst).count,
            audit=audit,
            threads=threads,
            principal=authority.principal_arn,
            limits=configuration.services.limits,
            health=checks,
            metrics=metrics,
            secure=configuration.scheme == "https",
            open_metrics=configuration.open_metrics,
            on_ready=on_ready,
        )
        ticker = Ticker(_turn(backend, audit, beat), _TICK)
        opened.callback(threads.shutdown, wait=False, cancel_futures=True)
        opened.callback(ticker.stop)
        return Server(parts, ticker, opened.pop_all())


def storage(configuration: Configuration) -> Storage:
    """The users' files, as the settings say where they are."""
    return _Nowhere()


class _Nowhere:
    """Has no files."""

    def __getattr__(self, name: str) -> Any:
        raise StorageError("the server knows no buckets")


def _turn(backend: Backend, audit: DocumentAudit, beat: health.Beat) -> Callable[[], None]:
    """What is done again and again; it does not raise."""
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        try:
            backend.tick()
            if turns % _EXPIRE == 1:
                audit.expire(datetime.now(UTC))
            beat()
        except Exception:
            _LOG.exception("the look for work failed; the next one follows")

    return turn
