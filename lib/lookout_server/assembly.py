"""Puts a server together out of its configuration: the one place that knows all parts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from lookout_server.app import Parts
from lookout_server.backend import Backend
from lookout_server.clock import SystemClock
from lookout_server.config.configuration import Configuration
from lookout_server.data_directory import DataDirectory
from lookout_server.errors import ServerError
from lookout_server.files.directory import DirectoryBuckets
from lookout_server.files.endpoints import S3, Endpoint
from lookout_server.files.places import Area, Grant, Place, PlacedStorage, Places
from lookout_server.files.storage import Storage
from lookout_server.files.written import PlacesError, load
from lookout_server.identity.callers import Callers
from lookout_server.identity.key_authorizer import KeyAuthorizer
from lookout_server.identity.keys import Keys
from lookout_server.identity.rates import Rates
from lookout_server.monitoring import health
from lookout_server.monitoring.audit import DocumentAudit
from lookout_server.monitoring.metrics import Metrics, measured
from lookout_server.store import DirectoryBlobs, SqliteDocuments, StoreError
from lookout_server.ticker import Ticker

_LOG = logging.getLogger(__name__)
#: Seconds between two looks for work that is due.
_TICK = 1.0
#: How much of what takes long is done at a time.
_AT_WORK = 2
#: Looks after which what has expired is cleared away: a minute.
_EXPIRE = 60


@dataclass(frozen=True)
class Server:
    """What serves, and what has to be closed at the end, in this order."""

    parts: Parts
    ticker: Ticker
    closing: ExitStack


def assemble(configuration: Configuration, directory: DataDirectory, on_ready: Callable[[], None]) -> Server:
    """Open the store and make everything that works on it. Raises StoreError, IdentityError, ServerError."""
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
        background = ThreadPoolExecutor(_AT_WORK, thread_name_prefix="work")
        backend = Backend(
            storage=storage(configuration),
            clock=clock,
            authorizer=authority,
            settings=configuration.services,
            in_background=background.submit,
        )
        beat = health.Beat(configuration.health.reconciled)
        checks = health.Health()
        checks.register("store", health.store(store, blobs))
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
        for pool in (background, threads):
            opened.callback(pool.shutdown, wait=False, cancel_futures=True)
        opened.callback(ticker.stop)
        return Server(parts, ticker, opened.pop_all())


def storage(configuration: Configuration) -> Storage:
    """The users' files: where they are, and which roles may have them. Raises ServerError."""
    place: Place
    if configuration.buckets is not None:
        place = DirectoryBuckets(configuration.buckets, region=configuration.region)
    else:
        place = S3(
            Endpoint(configuration.region, configuration.s3_endpoint, assume_roles=not configuration.s3_endpoint)
        )
    if configuration.places is not None:
        try:
            return PlacedStorage(load(configuration.places, default=place))
        except PlacesError as error:
            raise ServerError(f"places: {error}") from None
    everything = (Area("*"),)
    roles = [Grant(role, place, everything, everything) for role in configuration.roles]
    # What an account has is asked for with the caller's own policy before.
    accounts = [Grant(configuration.account, place, everything, everything)]
    return PlacedStorage(Places("a file of places, or the setting `roles`,", roles, accounts))


def _turn(backend: Backend, audit: DocumentAudit, beat: health.Beat) -> Callable[[], None]:
    """What is done again and again; it does not raise, and tells of what goes on failing once."""
    turns, fails = 0, False

    def turn() -> None:
        nonlocal turns, fails
        turns += 1
        try:
            backend.tick()
            if turns % _EXPIRE == 1:
                audit.expire(datetime.now(UTC))
            beat()
            fails = False
        except Exception as error:
            if not fails:
                trace = not isinstance(error, StoreError)
                _LOG.error("the look for work fails, and goes on: %s", error, exc_info=trace)
            fails = True

    return turn
