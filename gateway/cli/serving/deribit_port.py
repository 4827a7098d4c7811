"""The Deribit port of a venue that is served: aiohttp, or the words that say how to get it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.server.sequencing.startup import StartError
from gateway.server.venue_server import VenueServer
from gateway.venue.venue import Venue

if TYPE_CHECKING:
    from gateway.deribit.port import DeribitPort

_MISSING: Final = (
    "the Deribit port needs aiohttp, which is not installed: `pip install 'sandbox-exchange[deribit]'`, or in the source tree "
    "`pip install -e '.[deribit]'`; without --deribit and [deribit] in the venue file the venue starts without that port"
)


async def open_port(
    server: VenueServer, venue: Venue, directory: Path, *, host: str | None, port: int | None
) -> DeribitPort | None:
    """Open the port of a server that listens, at the same address and with the same TLS; None: it has none.

    Args:
        server: of the venue.
        venue: as its file says.
        directory: of the venue.
        host: address to listen on; None: as the venue file says, and likewise `port`, which may be none.

    Raises:
        StartError: aiohttp is not installed, or the file of keys can't be used. The server is stopped then.
        OSError: the port can't be had. Likewise.
    """
    chosen = venue.deribit_port if port is None else port
    if chosen is None:
        return None
    try:
        opened: DeribitPort = _port()(server.local, directory, venue.server, server.certificate)
        await opened.listen(venue.host if host is None else host, chosen)
    except (ValueError, OSError) as error:
        await server.stop()
        if isinstance(error, OSError):
            raise
        raise StartError(f"no Deribit port: {error}") from error
    return opened


def port_url(server: VenueServer, url: str, port: DeribitPort) -> str:
    """What `ccxt` is to be told as the URL of its HTTP requests."""
    host = url.partition("://")[2].rpartition(":")[0]
    return f"{'http' if server.certificate is None else 'https'}://{host}:{port.port}"


def _port() -> type[DeribitPort]:
    try:
        module = import_module("gateway.deribit.port")
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "aiohttp":
            raise
        raise ValueError(_MISSING) from error
    found: type[DeribitPort] = module.DeribitPort
    return found
