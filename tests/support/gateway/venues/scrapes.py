"""What a venue's metrics endpoint says, as plain dictionaries."""

from __future__ import annotations

import asyncio
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from gateway.server.venue_server import VenueServer

Samples = dict[str, float]
"""By name and, in braces, the labels that a sample has."""


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text: str = response.read().decode()
        return text


def parse(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def scrape(server: VenueServer) -> Samples:
    """What the endpoint says when its text is made anew."""
    assert server.metrics is not None
    await asyncio.sleep(0.11)
    return parse(await asyncio.to_thread(fetch, server.metrics.url))
