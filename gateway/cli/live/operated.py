"""What `sbx status` and `sbx top` share: which venue is meant, where it answers, and how its certificate is trusted."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

import click
from cryptography import x509

from gateway.venue.running import running_at_urls
from gateway.venue.venue import VENUE_FILE, Venue, VenueError, load_venue


class Place(NamedTuple):
    """Where a venue is."""

    directory: Path | None
    url: str | None
    """None: it does not run."""
    metrics: str | None
    tls: ssl.SSLContext | None
    certificate_until_ns: int | None
    ca_file: Path | None
    """Certificates that vouch for it; None: those that the machine trusts."""


def place_of(where: str, metrics: str | None, ca_file: Path | None) -> Place:
    """What somebody means by a directory or URL.

    Raises:
        click.UsageError: it is neither.
    """
    if where.startswith(("ws://", "wss://")):
        return Place(None, where, metrics, _trusting(ca_file), None, ca_file)
    directory = Path(where)
    if not directory.is_dir():
        raise click.UsageError(f"{where} is no directory, and no URL: ws://HOST:PORT or wss://HOST:PORT")
    if not (directory / VENUE_FILE).exists() and not (directory / "journal").is_dir():
        raise click.UsageError(f"{where} holds no venue: neither {VENUE_FILE} nor a journal")
    url, told = running_at_urls(directory)
    certificate = ca_file or _certificate(directory)
    return Place(directory, url, metrics or told, _trusting(certificate), _until(certificate), certificate)


def _certificate(directory: Path) -> Path | None:
    """That of the venue file, if it is there and names one."""
    try:
        venue: Venue = load_venue(directory)
    except VenueError:
        return None
    path = directory / venue.server.tls_cert
    return path if venue.server.tls_cert and path.exists() else None


def _trusting(certificate: Path | None) -> ssl.SSLContext | None:
    """What trusts a certificate; None: the machine's own."""
    if certificate is None:
        return None
    try:
        context = ssl.create_default_context(cafile=str(certificate))
    except (OSError, ssl.SSLError) as error:
        raise click.UsageError(f"{certificate} can't be used as certificate: {error}") from error
    # It is the venue's own, whatever name it bears; it is asked on this machine.
    context.check_hostname = False
    return context


def _until(certificate: Path | None) -> int | None:
    """Until when a certificate holds, nanoseconds since the epoch, UTC."""
    if certificate is None:
        return None
    until = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    return round(until.timestamp()) * 10**9
