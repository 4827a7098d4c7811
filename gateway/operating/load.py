"""What a venue does now: what its metrics were at two moments, and the rates between them, as plain data."""

from __future__ import annotations

from typing import Final

import msgspec

from gateway.operating.asked import Metrics, value_of

MILLION: Final = 1e6
_COMMON: Final = 0.5
_SLOWEST: Final = 0.99


class Load(msgspec.Struct, kw_only=True, frozen=True):
    """What a venue does. Rates are of the seconds between two looks; None: there was one look only, or nothing to measure."""

    seconds: float | None = None
    """Between the two looks."""
    seq: int
    connections: int
    subscriptions: int
    waiting_requests: int
    unread_bytes: int
    """Sent, and not read yet: of whom, a slow reader."""
    open_orders: int
    accounts: int
    memory_bytes: int
    followed_behind: int
    """Commands that the follower has not seen yet; likewise the index."""
    indexed_behind: int
    snapshot_behind: int
    """Commands since the newest snapshot."""
    commands_per_second: float | None = None
    events_per_second: float | None = None
    rejects_per_second: float | None = None
    errors_per_second: float | None = None
    messages_per_second: float | None = None
    sent_bytes_per_second: float | None = None
    journal_bytes_per_second: float | None = None
    busy_percent: float | None = None
    """Of the time: in turns."""
    disk_percent: float | None = None
    """Of the time: waiting for the disk."""
    processor_percent: float | None = None
    request_us: float | None = None
    """From a request to its reply, the median; the bound of the histogram that it lies below."""
    slow_request_us: float | None = None
    """The 99th percentile."""
    batch_commands: float | None = None
    """Of a frame of the journal, the mean."""
    rate_waits: int = 0
    """Since the last look: reads put off for want of credit."""
    closed: dict[str, int] = {}
    """Since the last look: connections that ended, by reason."""
    refused: dict[str, int] = {}
    """Likewise: such as were not let in."""


def load_between(before: Metrics | None, now: Metrics, seconds: float | None) -> Load:
    """What happened between two looks; None before: what stands now alone.

    Args:
        before: the metrics at the look before.
        now: at this one.
        seconds: between them.
    """
    seq = _whole(now, "sbx_seq")
    standing = Load(
        seq=seq,
        connections=_whole(now, "sbx_connections"),
        subscriptions=_whole(now, "sbx_subscriptions"),
        waiting_requests=_whole(now, "sbx_waiting_requests"),
        unread_bytes=_whole(now, "sbx_unread_bytes"),
        open_orders=_whole(now, "sbx_open_orders"),
        accounts=_whole(now, "sbx_accounts"),
        memory_bytes=_whole(now, "process_resident_memory_bytes"),
        followed_behind=_behind(seq, _whole(now, "sbx_followed_seq")),
        indexed_behind=_behind(seq, _whole(now, "sbx_indexed_seq")),
        snapshot_behind=_behind(seq, _whole(now, "sbx_snapshot_seq")),
    )
    # Counters begin anew with each start: then there is no before.
    if before is None or not seconds or _sum(now, "sbx_turns_total") < _sum(before, "sbx_turns_total"):
        return standing

    def rate(name: str) -> float:
        return (_sum(now, name) - _sum(before, name)) / seconds

    batches = _sum(now, "sbx_batch_commands_count") - _sum(before, "sbx_batch_commands_count")
    in_batches = _sum(now, "sbx_batch_commands_sum") - _sum(before, "sbx_batch_commands_sum")
    return msgspec.structs.replace(
        standing,
        seconds=seconds,
        commands_per_second=rate("sbx_commands_total"),
        events_per_second=rate("sbx_events_total"),
        rejects_per_second=rate("sbx_rejects_total"),
        errors_per_second=rate("sbx_errors_total"),
        messages_per_second=rate("sbx_messages_sent_total"),
        sent_bytes_per_second=rate("sbx_sent_bytes_total"),
        journal_bytes_per_second=rate("sbx_journal_bytes_total"),
        busy_percent=100 * rate("sbx_busy_seconds_total"),
        disk_percent=100 * rate("sbx_disk_wait_seconds_total"),
        processor_percent=100 * rate("process_cpu_seconds_total"),
        request_us=_below(before, now, _COMMON),
        slow_request_us=_below(before, now, _SLOWEST),
        batch_commands=in_batches / batches if batches else None,
        rate_waits=round(_sum(now, "sbx_rate_waits_total") - _sum(before, "sbx_rate_waits_total")),
        closed=_more(before, now, "sbx_connections_closed_total"),
        refused=_more(before, now, "sbx_connections_refused_total"),
    )


def _behind(seq: int, reached: int) -> int:
    """How far behind; of nobody who tells it, 0."""
    return max(seq - reached, 0) if reached else 0


def _whole(metrics: Metrics, name: str) -> int:
    return round(value_of(metrics, name) or 0)


def _sum(metrics: Metrics, name: str) -> float:
    """Over all labels."""
    return sum(metrics.get(name, {}).values())


def _more(before: Metrics, now: Metrics, name: str) -> dict[str, int]:
    """By reason, what has come since."""
    found: dict[str, int] = {}
    for labels, value in now.get(name, {}).items():
        more = round(value - before.get(name, {}).get(labels, 0))
        if more:
            found[dict(labels)["reason"]] = more
    return found


def _below(before: Metrics, now: Metrics, part: float) -> float | None:
    """The bound of the histogram of requests below which such a part of those since lies, microseconds; None: there were none, or it has no bound."""
    name = "sbx_request_seconds_bucket"
    counts = [
        (float(dict(labels)["le"]), value - before.get(name, {}).get(labels, 0))
        for labels, value in now.get(name, {}).items()
    ]
    counts.sort()
    whole = counts[-1][1] if counts else 0
    for bound, count in counts:
        if whole and count >= part * whole:
            return bound * MILLION if bound != float("inf") else None
    return None
