"""What the server counts, in Prometheus' form.

Each app has its own registry, so that two servers in one process never add up. A part is given
`Metrics` and touches only its own counters; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pointsman.engine.events import Event, EventType

__all__ = ["CONTENT_TYPE_LATEST", "Metrics", "QueueReading", "Reading"]

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_LAGS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0, 3600.0, 86400.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_ENDS = {
    EventType.RESERVATION_ACCEPTED: "accepted",
    EventType.RESERVATION_REJECTED: "rejected",
    EventType.RESERVATION_TIMEOUT: "timeout",
    EventType.RESERVATION_CANCELED: "canceled",
    EventType.RESERVATION_RESCINDED: "rescinded",
}


_OF_QUEUE = ("workspace_sid", "task_queue_sid")


class QueueReading(NamedTuple):
    """How a task queue is now."""

    workspace_sid: str
    task_queue_sid: str
    waiting: int
    oldest_s: float


class Reading(NamedTuple):
    """What the engines know at one moment."""

    scans: int
    queues: Sequence[QueueReading]


class Metrics:
    """The counters of one server; `exposition()` is the body of `GET /metrics`."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "pointsman_requests",
            "HTTP requests answered, by method and class of status.",
            ["method", "status"],
            registry=registry,
        )
        self._requests: dict[tuple[str, int], Counter] = {}
        self.commands = Counter(
            "pointsman_commands", "Commands executed, refused ones included.", registry=registry
        )
        self.commits = Counter(
            "pointsman_commits",
            "Workspaces committed, by result: committed, fenced or failed.",
            ["result"],
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "pointsman_commit_seconds",
            "Time to write one group.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.group_size = Histogram(
            "pointsman_group_size",
            "Commands written in one group.",
            buckets=_SIZES,
            registry=registry,
        )
        self.events = Counter("pointsman_events", "Events published.", registry=registry)
        self.sockets_open = Gauge(
            "pointsman_sockets_open", "Live channels open now.", registry=registry
        )
        self._add_offers(registry)
        self._add_callbacks(registry)
        self._read: Callable[[], Reading] = lambda: Reading(0, ())
        registry.register(_Readings(self))

    def _add_offers(self, registry: CollectorRegistry) -> None:
        self.offers = Counter(
            "pointsman_offers", "Tasks offered to workers: reservations made.", registry=registry
        )
        self.offers_ended = Counter(
            "pointsman_offers_ended",
            "Offers that are over, by result: accepted, rejected, timeout, canceled, rescinded.",
            ["result"],
            registry=registry,
        )
        self._ends = {kind: self.offers_ended.labels(result) for kind, result in _ENDS.items()}

    def _add_callbacks(self, registry: CollectorRegistry) -> None:
        self.callbacks = Counter(
            "pointsman_callbacks",
            "Attempts to call applications, by kind and result.",
            ["kind", "result"],
            registry=registry,
        )
        self.callbacks_waiting = Gauge(
            "pointsman_callbacks_waiting",
            "Callbacks that are owed now, by kind.",
            ["kind"],
            registry=registry,
        )
        self.callback_lag_seconds = Histogram(
            "pointsman_callback_lag_seconds",
            "Time from an event until its callback was answered.",
            ["kind"],
            buckets=_LAGS,
            registry=registry,
        )

    def ask(self, read: Callable[[], Reading]) -> None:
        """Who knows, at each look, what the engines know."""
        self._read = read

    def count_events(self, events: Iterable[Event]) -> None:
        """These events were published."""
        for event in events:
            self.events.inc()
            if event.type is EventType.RESERVATION_CREATED:
                self.offers.inc()
            elif (ended := self._ends.get(event.type)) is not None:
                ended.inc()

    def count_request(self, method: str, status: int) -> None:
        """One request was answered; unknown methods share one label, so that labels stay few."""
        known = method if method in _METHODS else "other"
        kind = (known, status // 100)
        counter = self._requests.get(kind)
        if counter is None:
            counter = self._requests[kind] = self.requests.labels(known, f"{kind[1]}xx")
        counter.inc()

    def exposition(self) -> bytes:
        """Everything counted, as `CONTENT_TYPE_LATEST`."""
        return generate_latest(self.registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Readings(Collector):
    """The engines know no metrics; they are asked at each look."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        reading = self._metrics._read()
        yield CounterMetricFamily(
            "pointsman_residual_scans",
            "Workers looked at one by one, where no index could answer.",
            reading.scans,
        )
        waiting = GaugeMetricFamily(
            "pointsman_tasks_waiting",
            "Pending tasks of a task queue.",
            labels=_OF_QUEUE,
        )
        oldest = GaugeMetricFamily(
            "pointsman_oldest_wait_seconds",
            "Age of the oldest pending task of a task queue.",
            labels=_OF_QUEUE,
        )
        for queue in reading.queues:
            names = (queue.workspace_sid, queue.task_queue_sid)
            waiting.add_metric(names, queue.waiting)
            oldest.add_metric(names, queue.oldest_s)
        yield from (waiting, oldest)
