"""Metrics in the form of Prometheus. Their names and labels are public: docs/server/operate.md has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lookout_server.monitoring.release import release
from lookout_server.store import Conflict, Documents, Write

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Seconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
#: Counts what there is now, by labels.
Counted = Callable[[], Mapping[tuple[str, ...], float]]


class Metrics:
    """What is counted in one server. Counters only grow; what there is now is asked for when it is read."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when each counter began says nothing, and doubles what is read
        self.registry = CollectorRegistry()
        labels = ("service", "operation")
        self._requests = Counter(
            "lookout_requests", "Requests that were answered", (*labels, "code"), registry=self.registry
        )
        self._seconds = Histogram(
            "lookout_request_seconds", "How long an answer took", labels, buckets=_BUCKETS, registry=self.registry
        )
        self._refused = Counter(
            "lookout_refused_requests", "Requests whose signature does not hold", ("code",), registry=self.registry
        )
        self._commits = Counter("lookout_store_commits", "Commits to the store", registry=self.registry)
        self._conflicts = Counter(
            "lookout_store_conflicts", "Commits that somebody else was faster than", registry=self.registry
        )
        info = Gauge("lookout_info", "The release that runs", ("version",), registry=self.registry)
        info.labels(release()).set(1)

    def answered(self, service: str, operation: str, code: str, seconds: float) -> None:
        """Count a request of a caller who is known; `operation` is one that exists, `code` that of the error or OK."""
        self._requests.labels(service, operation, code).inc()
        self._seconds.labels(service, operation).observe(seconds)

    def refused(self, code: str) -> None:
        """Count a request of nobody who is known."""
        self._refused.labels(code).inc()

    def committed(self) -> None:
        """Count a commit."""
        self._commits.inc()

    def conflicted(self) -> None:
        """Count a commit that wrote nothing."""
        self._conflicts.inc()

    def offer(self, name: str, meaning: str, labels: Sequence[str], count: Counted) -> None:
        """Have something counted whenever the metrics are read; it must not raise."""
        self.registry.register(_Offered(name, meaning, labels, count))

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)


class _Offered(Collector):
    def __init__(self, name: str, meaning: str, labels: Sequence[str], count: Counted) -> None:
        self._name, self._meaning, self._labels, self._count = name, meaning, labels, count

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._meaning, labels=self._labels)
        for labels, value in self._count().items():
            family.add_metric(labels, value)
        yield family

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [GaugeMetricFamily(self._name, self._meaning, labels=self._labels)]


def measured(documents: Documents, metrics: Metrics) -> Documents:
    """Documents whose commits are counted; everything else of them is as it is."""
    return cast(Documents, _Measured(documents, metrics))


class _Measured:
    def __init__(self, documents: Documents, metrics: Metrics) -> None:
        self._documents = documents
        self._metrics = metrics

    def __getattr__(self, name: str) -> object:
        return getattr(self._documents, name)

    def commit(self, writes: Sequence[Write]) -> dict[tuple[str, str], str]:
        """Commit, and count it."""
        try:
            revisions = self._documents.commit(writes)
        except Conflict:
            self._metrics.conflicted()
            raise
        self._metrics.committed()
        return revisions
