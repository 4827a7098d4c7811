"""The venue's own figures during a run: its metrics endpoint once a second, and its process as the system sees it."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
from itertools import pairwise
from typing import Final

import psutil

from loadtest.load.results.result import Sample

INTERVAL_S: Final = 1.0
TIMEOUT_S: Final = 2.0

Metrics = dict[str, float]
"""By name with labels, as the endpoint writes them."""


class Sampler:
    """Takes a sample every second until it is cancelled."""

    def __init__(self, metrics_url: str | None, pid: int | None) -> None:
        self.samples: Final[list[Sample]] = []
        self.first: Metrics = {}
        self.last: Metrics = {}
        self._url: Final = metrics_url
        self._process: Final = psutil.Process(pid) if pid is not None else None
        self._cpu = 0.0
        self._at = 0.0

    async def run(self, start_ns: int) -> None:
        """Sample, each time so many seconds after a start on the wall clock."""
        await asyncio.sleep(max(0.0, (start_ns - time.time_ns()) / 1e9))
        psutil.cpu_percent()
        self._cpu, self._at = self._cpu_seconds(), time.monotonic()
        self.first = before = await self._scrape()
        while True:
            elapsed = (time.time_ns() - start_ns) / 1e9
            await asyncio.sleep(INTERVAL_S - elapsed % INTERVAL_S)
            after = await self._scrape()
            self.samples.append(self._sample((time.time_ns() - start_ns) / 1e9, before, after))
            self.last = before = after

    async def _scrape(self) -> Metrics:
        if self._url is None:
            return {}
        try:
            text = await asyncio.to_thread(_get, self._url)
        except (OSError, urllib.error.URLError):
            # A venue that does not answer in time has other troubles, which the run shows; this second has no sample.
            return {}
        return parse(text)

    def _cpu_seconds(self) -> float:
        if self._process is None:
            return 0.0
        try:
            times = self._process.cpu_times()
        except psutil.Error:
            return self._cpu
        return float(times.user + times.system)

    def _sample(self, at_s: float, before: Metrics, after: Metrics) -> Sample:
        now, cpu = time.monotonic(), self._cpu_seconds()
        seconds = max(now - self._at, 1e-9)
        sample = Sample(at_s=round(at_s, 3), machine_cpu_share=psutil.cpu_percent() / 100)
        if self._process is not None:
            sample.cpu_share = (cpu - self._cpu) / seconds
        self._cpu, self._at = cpu, now
        if before and after:
            _add_metrics(sample, before, after, seconds)
        return sample


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


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:
        content: bytes = reply.read()
    return content.decode()


def _ns(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e9)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
