"""A venue's counters as Prometheus tells them. docs/METRICS.md has a row for each; its names are those of this module.

Imports prometheus_client, which only a venue with a metrics port needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.metrics.counters import Counters
from gateway.metrics.histogram import Histogram


class Gauges(NamedTuple):
    """What is looked up when somebody asks, instead of being counted."""

    waiting_requests: int
    connections: int
    subscriptions: int
    unread_bytes: int
    open_orders: int
    accounts: int
    seq: int
    time_ns: int
    """Now, on the clock of the commands."""
    clock_ahead_ns: int
    """Of the machine's."""
    journal_bytes: int
    disk_waited_ns: int
    turned_away: int
    """Sockets that there was no room for."""
    rulebook: str
    capacity_multiple: int | None
    """Of OPS-2; None: it is not in force."""


class VenueCollector(Collector):
    """Makes families of a venue's counters at each scrape."""

    def __init__(self, counters: Counters, read: Callable[[], Gauges], build: Mapping[str, str]) -> None:
        """Keep what is asked at each scrape; `build` has the labels of `sbx_build_info`, all but the rulebook's."""
        self._counters: Final = counters
        self._read: Final = read
        self._build: Final = build

    def collect(self) -> Iterator[Metric]:
        """All families."""
        gauges = self._read()
        yield from self._totals(gauges)
        yield from self._histograms()
        yield from self._gauges(gauges)
        yield from self._capacity(gauges)

    def _totals(self, gauges: Gauges) -> Iterator[Metric]:
        counters = self._counters
        yield CounterMetricFamily("sbx_commands", "Commands sequenced.", counters.commands)
        yield CounterMetricFamily("sbx_events", "Events of those commands.", counters.events)
        yield CounterMetricFamily("sbx_turns", "Turns of the one writer.", counters.turn.total)
        yield CounterMetricFamily("sbx_busy_seconds", "Time inside turns.", counters.turn.sum / NS_PER_SECOND)
        yield CounterMetricFamily("sbx_messages_sent", "Frames to clients.", counters.messages_sent)
        yield CounterMetricFamily("sbx_sent_bytes", "Bytes of those frames.", counters.sent_bytes)
        yield CounterMetricFamily("sbx_journal_bytes", "Bytes of the batches journaled.", gauges.journal_bytes)
        waited = gauges.disk_waited_ns / NS_PER_SECOND
        yield CounterMetricFamily("sbx_disk_wait_seconds", "Time the disk took to sync.", waited)
        yield CounterMetricFamily("sbx_rate_waits", "Reads put off for want of credit.", counters.rate_waits)
        rejects = CounterMetricFamily("sbx_rejects", "Sequenced and refused.", labels=("code", "rule"))
        for (code, rule), count in counters.rejects.items():
            rejects.add_metric((code, rule), count)
        yield rejects
        yield _labelled("sbx_errors", "Refused without being sequenced.", "code", counters.errors)
        refused = {**counters.refused, "venue_full": gauges.turned_away}
        yield _labelled("sbx_connections_refused", "Connections not let in.", "reason", refused)
        yield _labelled("sbx_connections_closed", "Connections that ended.", "reason", counters.closed)

        yield _labelled("sbx_audit", "Noted in the audit, or summed up there.", "kind", counters.audited)

    def _histograms(self) -> Iterator[Metric]:
        counters = self._counters
        yield _histogram("sbx_batch_commands", "Commands of a turn.", counters.batch, 1)
        for name, what, histogram in (
            ("sbx_turn_seconds", "A turn, and sending all it says; without the disk.", counters.turn),
            ("sbx_apply_seconds", "Of a turn: applying its commands.", counters.apply),
            ("sbx_sync_seconds", "Of a batch: making it durable.", counters.sync),
            ("sbx_publish_seconds", "Of a turn: who hears what, encoded.", counters.publish),
            ("sbx_collector_seconds", "A pause of the garbage collector.", counters.collector),
            ("sbx_request_seconds", "From a request's frame to its reply with the socket.", counters.request),
        ):
            yield _histogram(name, what, histogram, NS_PER_SECOND)

    def _gauges(self, gauges: Gauges) -> Iterator[Metric]:
        yield GaugeMetricFamily("sbx_waiting_requests", "Requests that wait for a turn.", gauges.waiting_requests)
        yield GaugeMetricFamily("sbx_connections", "WebSockets.", gauges.connections)
        yield GaugeMetricFamily("sbx_subscriptions", "Channels they get.", gauges.subscriptions)
        yield GaugeMetricFamily("sbx_unread_bytes", "Sent, and not with the kernel yet.", gauges.unread_bytes)
        yield GaugeMetricFamily("sbx_open_orders", "Orders on books or waiting.", gauges.open_orders)
        yield GaugeMetricFamily("sbx_accounts", "Accounts.", gauges.accounts)
        yield GaugeMetricFamily("sbx_seq", "Sequence number of the last command.", gauges.seq)
        counters = self._counters
        yield GaugeMetricFamily("sbx_followed_seq", "Of the follower's replica.", counters.followed_seq)
        yield GaugeMetricFamily("sbx_indexed_seq", "Of the index of the journal.", counters.indexed_seq)
        yield GaugeMetricFamily("sbx_snapshot_seq", "Of the newest snapshot.", counters.snapshot_seq)
        ahead = gauges.clock_ahead_ns / NS_PER_SECOND
        yield GaugeMetricFamily("sbx_clock_ahead_seconds", "The venue's time less the machine's.", ahead)
        build = {**self._build, "rulebook": gauges.rulebook}
        info = GaugeMetricFamily("sbx_build_info", "What runs here.", labels=tuple(build))
        info.add_metric(tuple(build.values()), 1)
        yield info

    def _capacity(self, gauges: Gauges) -> Iterator[Metric]:
        """What OPS-2 asks for. What can't be said yet, or what no rule asks, is left out."""
        busiest = self._counters.busiest
        busiest.settle(gauges.time_ns)
        highest = busiest.messages
        yield GaugeMetricFamily("sbx_highest_messages_per_second", "The most messages in any second.", highest)
        asked = None if gauges.capacity_multiple is None else highest * gauges.capacity_multiple
        if asked is not None:
            yield GaugeMetricFamily("sbx_capacity_asked_per_second", "That, times what OPS-2 asks.", asked)
        if highest and busiest.spent_ns > 0:
            estimated = highest * NS_PER_SECOND / busiest.spent_ns
            what = "Messages a second at the cost of those of the busiest second."
            yield GaugeMetricFamily("sbx_capacity_estimated_per_second", what, estimated)
            if asked:
                yield GaugeMetricFamily("sbx_capacity_headroom", "Estimated by asked.", estimated / asked)


def renderer(collector: VenueCollector) -> Callable[[], tuple[bytes, str]]:
    """What makes the text of a venue's metrics and of its process's; it returns the content type, too."""
    registry = CollectorRegistry()
    registry.register(collector)
    ProcessCollector(registry=registry)

    def render() -> tuple[bytes, str]:
        return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4

    return render


def _labelled(name: str, what: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, what, labels=(label,))
    for value, count in counts.items():
        family.add_metric((value,), count)
    return family


def _histogram(name: str, what: str, histogram: Histogram, unit: int) -> Metric:
    """A histogram in `unit`ths of what Prometheus is told."""
    bounds = [*(f"{bound / unit:g}" for bound in histogram.bounds), "+Inf"]
    family = HistogramMetricFamily(name, what)
    family.add_metric((), list(zip(bounds, histogram.cumulative(), strict=True)), histogram.sum / unit)
    return family
