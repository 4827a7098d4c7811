"""What a running venue says to whoever asks: its health, and its metrics, each by one HTTP request."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

TIMEOUT_SECONDS: Final = 5.0
MAX_BYTES: Final = 4 * 1024 * 1024
"""Of an answer. A venue's metrics have 40 KB."""
_SAMPLE: Final = re.compile(
    r"(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>[-+0-9.eE]+|[-+]?Inf|NaN)(?: \d+)?\Z", re.ASCII
)
_LABEL: Final = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', re.ASCII)

Metrics = dict[str, dict[tuple[tuple[str, str], ...], float]]
"""The samples of each name, by their labels, in order of label."""


class NoAnswer(Exception):
    """Nobody answers there, or not as a venue does; the message says what did."""


class Health(msgspec.Struct, frozen=True):
    """What `GET /health` says. Fields that an older venue lacks are as here."""

    venue: str
    core_version: int
    rulebook: str
    durability: str
    seq: int
    """The last command that is durable."""
    connections: int
    time: int = 0
    """The venue's, nanoseconds since the epoch, UTC; 0: it does not say."""
    test: bool = False
    time_scale: int = 1


def read_health(url: str, tls: ssl.SSLContext | None = None) -> Health:
    """Ask a venue how it is.

    Args:
        url: where it answers, ws:// or wss://.
        tls: for wss://; None: what the machine trusts.

    Raises:
        NoAnswer: it can't be reached, or what answers is no venue.
    """
    try:
        return msgspec.json.decode(_get(url, "/health", tls), type=Health)
    except msgspec.MsgspecError as error:
        raise NoAnswer(f"{url} answers, but not as a venue does: {error}") from error


def read_metrics(url: str) -> Metrics:
    """What a metrics endpoint, http://, tells. Raises `NoAnswer`."""
    parts = urlsplit(url)
    return parse_metrics(
        _get(f"{parts.scheme}://{parts.netloc}", parts.path or "/metrics", None).decode("utf-8", "replace")
    )


def parse_metrics(text: str) -> Metrics:
    """The samples in a text as Prometheus reads it; lines that are none are left out."""
    found: Metrics = {}
    for name, labels, value in _samples(text):
        found.setdefault(name, {})[labels] = value
    return found


def value_of(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample; None: there is none."""
    return metrics.get(name, {}).get(tuple(sorted(labels.items())))


def _samples(text: str) -> Iterator[tuple[str, tuple[tuple[str, str], ...], float]]:
    for line in text.splitlines():
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match is not None:
            labels = tuple(sorted(_LABEL.findall(match["labels"] or "")))
            yield match["name"], labels, float(match["value"])


def _get(url: str, path: str, tls: ssl.SSLContext | None) -> bytes:
    """The body of one answer."""
    parts = urlsplit(url)
    # At every address: this machine's own will do.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(parts.hostname or "", parts.hostname or "")
    connection: http.client.HTTPConnection
    if parts.scheme in ("wss", "https"):
        context = ssl.create_default_context() if tls is None else tls
        connection = http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(MAX_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"no answer from {url}: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise NoAnswer(f"{url}{path} answers {answer.status} {answer.reason}")
    return body
