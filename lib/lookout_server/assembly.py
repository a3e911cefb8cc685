"""Puts a server together out of its configuration: the one place that knows all parts."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from lookout_server.app import Parts
from lookout_server.backend import Backend
from lookout_server.clock import SystemClock
from lookout_server.config.configuration import Configuration
from lookout_server.config.loading import PREFIX, defaults, values, variables
from lookout_server.data_directory import DataDirectory
from lookout_server.equipment.alarms import TELL
from lookout_server.equipment.ingestion import INGEST
from lookout_server.equipment.plans import RUN, TRAIN
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
from lookout_server.monitoring.audit import DocumentAudit, Entry
from lookout_server.monitoring.metrics import Metrics, measured
from lookout_server.monitoring.release import Upgrade, release
from lookout_server.store import DirectoryBlobs, SqliteDocuments, StoreError
from lookout_server.ticker import Ticker
from lookout_server.turns import Turn
from lookout_server.vision.errands import LONG_WORKS
from lookout_server.vision.hosting import HOST
from lookout_server.vision.inspection import Elsewhere
from lookout_server.work.answerers import Answerers
from lookout_server.work.lanes import Lanes
from lookout_server.work.processes import Processes, Program, serve

_LOG = logging.getLogger(__name__)
#: Seconds between two looks for work that is due.
_TICK = 1.0
#: Works that wait for a worker at a time, and scheduled inference of those; alarms that are told; all others.
_SUPERVISED, _RUNS, _TOLD, _OTHERS = 64, 1, 8, 8
#: Without the directory in which the server was started on its path (-P): there may be a module named as one of ours.
WORKER = (sys.executable, "-P", "-m", "lookout_server.worker")
INSPECTOR = (sys.executable, "-P", "-m", "lookout_server.inspecting")
#: There are processes for the cores already; threads of numpy's own wait for one another by computing on.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


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
        audit = DocumentAudit(documents, lambda: configuration.retention.audit)
        keys = Keys(documents, configuration.key_file or directory.key_file)
        keys.check()
        authority = KeyAuthorizer(keys)
        around = {**environment(configuration, os.environ), **_ONE_THREAD}
        upgrade = Upgrade()
        worker, inspector = (Program((*command, release()), around, upgrade.check) for command in (WORKER, INSPECTOR))
        workers = Lanes({RUN: Processes(worker, _RUNS)}, Processes(worker, configuration.workers))
        inspectors = Answerers(inspector, _inspectors(configuration))
        threads = supervising()
        backend = Backend(
            storage=storage(configuration),
            clock=SystemClock(),
            authorizer=authority,
            settings=configuration.services,
            documents=documents,
            blobs=blobs,
            in_background=lambda id, do: threads.of(id).submit(do),
            elsewhere=lambda place, id: workers.of(id).perform(place, id),
            audit=lambda said: audit.put(Entry.of(said)),
            inspection=Elsewhere(inspectors),
        )
        backend.recover()
        labels = ("service", "work", "state")
        metrics.offer("lookout_tasks", "Works that wait for their time, or are done", labels, partial(_tasks, backend))
        beat = health.Beat(configuration.health.reconciled)
        checks = health.Health()
        checks.register("store", health.store(store, blobs))
        checks.register("disk", health.room(directory.path, configuration.health.free_bytes))
        checks.register("reconciler", beat.check)
        checks.register("release", upgrade.check)
        requests = ThreadPoolExecutor(configuration.threads, thread_name_prefix="request")
        parts = Parts(
            services=backend,
            callers=Callers(keys, services=backend.services),
            is_key=lambda access_key: keys.holder(access_key) is not None,
            rate=Rates(configuration.rates.per_second, configuration.rates.burst).count,
            threads=requests,
            limits=configuration.services.limits,
            health=checks,
            metrics=metrics,
            secure=configuration.scheme == "https",
            open_metrics=configuration.open_metrics,
            on_ready=on_ready,
        )
        ticker = Ticker(Turn(backend, documents, blobs, beat), _TICK)
        opened.callback(requests.shutdown, wait=False, cancel_futures=True)
        for pool in threads:
            opened.callback(pool.shutdown, wait=True, cancel_futures=True)
        for processes in workers:
            opened.callback(processes.stop)
        opened.callback(inspectors.stop)
        opened.callback(ticker.stop)
        return Server(parts, ticker, opened.pop_all())


def supervising() -> Lanes[ThreadPoolExecutor]:
    """The threads that wait for works: none is held up by what waits for a worker, or for who does not answer."""

    def pool(size: int) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(size, thread_name_prefix="supervisor")

    waiting = dict.fromkeys((INGEST, TRAIN, *LONG_WORKS), pool(_SUPERVISED))
    return Lanes({**waiting, RUN: pool(_RUNS), TELL: pool(_TOLD), HOST: pool(_OTHERS)}, pool(_OTHERS))


def _inspectors(configuration: Configuration) -> int:
    """How many images can be looked at at a time: more than there are cores gain nothing."""
    cores = os.cpu_count() or 1
    return min(configuration.inspectors or cores, cores)


def work(configuration: Configuration, directory: DataDirectory) -> None:
    """Be a worker of the server that has the directory: do what it says, until it ends. Raises StoreError."""
    documents = SqliteDocuments(directory.documents)
    backend = Backend(
        storage=storage(configuration),
        clock=SystemClock(),
        authorizer=KeyAuthorizer(Keys(documents, configuration.key_file or directory.key_file)),
        settings=configuration.services,
        documents=documents,
        blobs=DirectoryBlobs(directory.blobs),
    )
    serve(backend.perform, most_bytes=configuration.worker_bytes)


def environment(configuration: Configuration, outer: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a process has the same configuration, whatever it was made of."""
    others = {name: text for name, text in outer.items() if not name.startswith(PREFIX)}
    named = {name: variable for variable, name in variables().items()}
    return {**others, **{named[name]: text for name, text in values(configuration).items() if text != defaults()[name]}}


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


def _tasks(backend: Backend) -> Counter[tuple[str, ...]]:
    """How many works there are, by service, work, and whether somebody does them."""
    try:
        return Counter((service, work, "running" if busy else "waiting") for service, work, busy in backend.work())
    except StoreError:
        return Counter()
