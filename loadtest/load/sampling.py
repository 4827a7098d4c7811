"""The venue's own figures during a run: its metrics endpoint once a second, and its process as the system sees it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import psutil

from loadtest.load.results.result import Sample

INTERVAL_S: Final = 1.0
TIMEOUT_S: Final = 2.0

Metrics = dict[str, float]
"""By name with labels, as the endpoint writes them."""


class _Raw(NamedTuple):
    """One sample as it was read; what it means is worked out when the load is over."""

    at_s: float
    taken_s: float
    """By a steady clock."""
    cpu_s: float | None
    machine_cpu_percent: float
    metrics: str
    """As the endpoint wrote them; empty if it did not answer."""


class Sampler:
    """Takes a sample every second until it is cancelled."""

    def __init__(self, metrics_url: str | None, pid: int | None) -> None:
        self._url: Final = urlsplit(metrics_url) if metrics_url is not None else None
        self._process: Final = psutil.Process(pid) if pid is not None else None
        self._raw: Final[list[_Raw]] = []

    async def run(self, start_ns: int) -> None:
        """Sample, each time so many seconds after a start on the wall clock."""
        await asyncio.sleep(max(0.0, (start_ns - time.time_ns()) / 1e9))
        psutil.cpu_percent()
        while True:
            await self.take((time.time_ns() - start_ns) / 1e9)
            elapsed = (time.time_ns() - start_ns) / 1e9
            await asyncio.sleep(INTERVAL_S - elapsed % INTERVAL_S)

    async def take(self, at_s: float) -> None:
        """Take one."""
        text = ""
        if self._url is not None:
            # A venue that does not answer in time has other troubles, which the run shows.
            with suppress(OSError, TimeoutError):
                text = await _get(self._url)
        cpu_s: float | None = None
        if self._process is not None:
            with suppress(psutil.Error):
                times = self._process.cpu_times()
                cpu_s = float(times.user + times.system)
        self._raw.append(_Raw(at_s, time.monotonic(), cpu_s, psutil.cpu_percent(), text))

    def samples(self) -> list[Sample]:
        """What was sampled, each since the one before."""
        found: list[Sample] = []
        parsed = [parse(raw.metrics) for raw in self._raw]
        for before, after, metrics_before, metrics in zip(self._raw, self._raw[1:], parsed, parsed[1:], strict=False):
            seconds = max(after.taken_s - before.taken_s, 1e-9)
            sample = Sample(at_s=round(after.at_s, 3), machine_cpu_share=after.machine_cpu_percent / 100)
            if before.cpu_s is not None and after.cpu_s is not None:
                sample.cpu_share = (after.cpu_s - before.cpu_s) / seconds
            if metrics_before and metrics:
                _add_metrics(sample, metrics_before, metrics, seconds)
            found.append(sample)
        return found


def _add_metrics(sample: Sample, before: Metrics, after: Metrics, seconds: float) -> None:
    """What the endpoint says of the time between two scrapes."""

    def grew(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    commands, turns = grew("sbx_commands_total"), grew("sbx_turns_total")
    sample.commands_per_second = commands / seconds
    sample.turns_per_second = turns / seconds
    sample.events_per_command = grew("sbx_events_total") / commands if commands else None
    batches = grew("sbx_batch_commands_count")
    sample.batch_mean = grew("sbx_batch_commands_sum") / batches if batches else None
    sample.apply_share = grew("sbx_apply_seconds_sum") / seconds
    sample.sync_share = grew("sbx_sync_seconds_sum") / seconds
    sample.turn_share = grew("sbx_turn_seconds_sum") / seconds
    sample.disk_wait_share = grew("sbx_disk_wait_seconds_total") / seconds
    sample.collector_longest_ns = _ns(quantile(before, after, "sbx_collector_seconds", 1.0)) or 0
    sample.sync_p50_ns = _ns(quantile(before, after, "sbx_sync_seconds", 0.5))
    sample.sync_p99_ns = _ns(quantile(before, after, "sbx_sync_seconds", 0.99))
    sample.batch_p50 = quantile(before, after, "sbx_batch_commands", 0.5)
    sample.batch_p99 = quantile(before, after, "sbx_batch_commands", 0.99)
    sample.request_p50_ns = _ns(quantile(before, after, "sbx_request_seconds", 0.5))
    sample.request_p99_ns = _ns(quantile(before, after, "sbx_request_seconds", 0.99))
    sample.memory_bytes = _whole(after.get("process_resident_memory_bytes"))
    sample.waiting_requests = _whole(after.get("sbx_waiting_requests"))
    sample.unread_bytes = _whole(after.get("sbx_unread_bytes"))
    sample.connections = _whole(after.get("sbx_connections"))
    if sample.cpu_share is None:
        sample.cpu_share = grew("process_cpu_seconds_total") / seconds


def parse(text: str) -> Metrics:
    """The samples of a Prometheus text, by name with labels."""
    found: Metrics = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def quantile(before: Metrics, after: Metrics, name: str, share: float) -> float | None:
    """A quantile of what a histogram counted between two scrapes, in a straight line within a bucket; None: nothing."""
    prefix = f'{name}_bucket{{le="'
    buckets = sorted(
        (float(key[len(prefix) : -2]), count - before.get(key, 0.0))
        for key, count in after.items()
        if key.startswith(prefix)
    )
    if not buckets or not buckets[-1][1]:
        return None
    wanted = share * buckets[-1][1]
    for (low, below), (high, count) in pairwise([(0.0, 0.0), *buckets]):
        if count >= wanted:
            # Above the last bound nothing is known but that.
            return low if high == float("inf") else low + (high - low) * (wanted - below) / (count - below)
    return None


async def _get(url: SplitResult) -> str:
    """The body that an address answers with; no library, for it runs beside the load."""
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            writer.write(f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
    return body.decode() if b" 200 " in head.partition(b"\r\n")[0] else ""


def _ns(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e9)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
