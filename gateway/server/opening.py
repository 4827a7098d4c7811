"""Opening a venue: its journal, its certificate, and who might listen in."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

from engine.exchange import Exchange
from gateway.core import new_exchange
from gateway.journal.writer import Durability
from gateway.server.door.listening import Certificate
from gateway.server.sequencing.startup import Started, StartError, start_venue
from gateway.server.venue_server import VenueServer
from gateway.venue.venue import Venue


async def start_server(
    venue: Venue,
    directory: Path,
    *,
    host: str | None = None,
    port: int | None = None,
    durability: Durability | None = None,
    metrics_port: int | None = None,
    force_rulebook: bool = False,
    accept_jump: bool = False,
    use_snapshot: bool = True,
    time_scale: int | None = None,
    insecure: bool = False,
    tls: tuple[Path, Path] | None = None,
    exchange: Callable[[], Exchange] = new_exchange,
) -> VenueServer:
    """Start a venue, or recover it, and listen.

    Args:
        venue: from `gateway.venue.venue.load_venue`.
        directory: holds the venue's key and journal.
        host: address to listen on; None: as the venue file says, and likewise `port` (0: any) and `durability`.
        metrics_port: where to answer scrapers, on loopback (0: any); None: as the venue file says, which may be nowhere.
        force_rulebook: put the venue's rulebook in force although the journal has another one in force.
        accept_jump: start although the machine's clock is far from the journal's last time.
        time_scale: how many times as fast as the machine's clock that of a venue for tests goes.
        use_snapshot: begin with the newest good snapshot.
        insecure: listen at other addresses than loopback although there is no TLS.
        tls: files of the certificate and its key; None: as the venue file says, which may be none.
        exchange: makes the empty core.

    Returns:
        The server, listening; its `port`; `stop()` ends it.

    Raises:
        StartError: the journal does not replay, or what the venue finds forbids a start.
        JournalError: the journal can't be used.
        OSError: the port is taken, the disk failed, or the certificate can't be read.
    """
    assert __debug__, "assertions guard the venue"
    chosen: Durability = durability or ("os" if venue.durability == "os" else "fsync")
    address = venue.host if host is None else host
    files = tls or _files(venue, directory)
    certificate = None if files is None else _certificate(*files)
    if certificate is None and not insecure:
        await _refuse_open_network(address)
    started = start_venue(
        venue,
        directory,
        chosen,
        exchange,
        force_rulebook,
        accept_jump=accept_jump,
        use_snapshot=use_snapshot,
        time_scale=time_scale,
    )
    server = _made(venue, chosen, started, certificate, directory)
    scraped = venue.metrics_port if metrics_port is None else metrics_port
    await _listen(server, address, venue.port if port is None else port, scraped)
    return server


def _made(
    venue: Venue, durability: Durability, started: Started, certificate: Certificate | None, directory: Path
) -> VenueServer:
    """The server of a venue that is ready. Raises `OSError` if its audit can't be kept; then it is closed again."""
    try:
        return VenueServer(venue, durability, started, certificate, directory=directory)
    except BaseException:
        started.writer.close()
        raise


async def _listen(server: VenueServer, host: str, port: int, metrics_port: int | None) -> None:
    """Open the ports, or close what was begun. Raises `OSError` if one can't be had."""
    try:
        if metrics_port is not None:
            await server.listen_to_scrapers(metrics_port)
        await server.listen(host, port)
    except BaseException:
        server.close_sockets()
        server.started.writer.close()
        raise


def _files(venue: Venue, directory: Path) -> tuple[Path, Path] | None:
    """Certificate and key as the venue file names them."""
    section = venue.server
    return (directory / section.tls_cert, directory / section.tls_key) if section.tls_cert else None


def _certificate(cert: Path, key: Path) -> Certificate:
    try:
        return Certificate(cert, key)
    except OSError as error:
        raise StartError(f"no TLS with {cert} and {key}: {error}. Nothing was started") from error


async def _refuse_open_network(host: str) -> None:
    """Without TLS everybody on the way reads along, and may take over a connection that is logged in."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    if not all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found):
        raise StartError(
            f"{host} is open to the network, and there is no TLS: whoever is on the way reads along and can trade for others. "
            "Give --tls-cert and --tls-key, or start with --insecure if the network is trusted. Nothing was started"
        )
