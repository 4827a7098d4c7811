"""`sbx serve`: run a venue."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.build import is_compiled
from gateway.cli.saying import say
from gateway.cli.serving.beside_process import PARTICIPANTS, SURVEILLANCE, BesideProcess, check
from gateway.cli.serving.deribit_port import open_port, port_url
from gateway.cli.serving.running import collect_no_more, run_server, told_to_stop, until_stopped
from gateway.journal.files import JournalError
from gateway.journal.writer import Durability
from gateway.keys import KeyFileError
from gateway.printable import json_text, printable
from gateway.server.door.listening import Certificate
from gateway.server.loop.logs import Log
from gateway.server.opening import start_server
from gateway.server.sequencing.clock import MAX_TIME_SCALE
from gateway.server.sequencing.startup import StartError
from gateway.server.upkeep.follower_process import FollowerProcess
from gateway.server.venue_server import VenueServer
from gateway.venue.running import running_at
from gateway.venue.venue import Venue, VenueError, load_venue

if TYPE_CHECKING:
    from gateway.deribit.port import DeribitPort

SLOW_SYNC_NS = 1_000_000
# How long the thread that syncs waits at most, when the disk is done, for the interpreter that the loop holds. By itself the interpreter lets it wait 5 ms.
SWITCH_SECONDS = 0.000_2
_LOGGER = logging.getLogger("gateway.serve")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: the venue file's]")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0: any free one.  [default: the venue file's]"
)
@click.option(
    "--durability",
    type=click.Choice(["fsync", "os"]),
    help="fsync: acknowledged is on the disk. os: faster, a power cut loses the last moments.  [default: the venue file's]",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65_535),
    help="Port for Prometheus metrics, on 127.0.0.1 alone; 0: any free one.  [default: the venue file's, or none]",
)
@click.option(
    "--deribit",
    "deribit_port",
    metavar="PORT",
    type=click.IntRange(0, 65_535),
    help="Second port, for programs that speak Deribit's API, as ccxt does; 0: any free one.  [default: the venue file's, or none]",
)
@click.option(
    "--rulebook",
    metavar="BOOK",
    default="",
    help="Put this rulebook in force instead of the venue file's: a name, or a .toml file.",
)
@click.option(
    "--accept-jump",
    is_flag=True,
    help="Start although the machine's clock is days away from the journal's last time.",
)
@click.option(
    "--time-scale",
    type=click.IntRange(1, MAX_TIME_SCALE),
    help="Of a venue for tests: let its time go so many times as fast. Heartbeats, logins and rates go by the clock.",
)
@click.option(
    "--no-snapshot",
    is_flag=True,
    help="Begin with the journal's first command, not with the newest snapshot: slow, and needs no snapshot to be right.",
)
@click.option(
    "--follower/--no-follower",
    default=None,
    help="Run the process beside it that indexes its journal and saves snapshots.  [default: the venue file's, which is to]",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificate, PEM: listen with TLS, at wss://. SIGHUP reads it again.  [default: the venue file's, or none]",
)
@click.option("--tls-key", type=click.Path(path_type=Path, dir_okay=False), help="Its private key, PEM.")
@click.option(
    "--insecure", is_flag=True, help="Listen at other addresses than this machine's own although there is no TLS."
)
@click.option(
    "--with-participants",
    is_flag=True,
    help="Let the demonstration's participants trade, in a process beside it (`sbx participants`): whoever connects finds a market.",
)
@click.option("--participants-seed", type=int, default=1, show_default=True, help="What they draw from.")
@click.option(
    "--participants-pace",
    type=click.FloatRange(0.01, 20),
    default=0.25,
    show_default=True,
    help="How lively they are; 1: as in `sbx demo`, some 230 requests a second.",
)
@click.option(
    "--surveillance",
    is_flag=True,
    help="Look for abuse in a process beside it (`sbx surveil --follow`), which raises alerts with the key surveillance.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when ready.")
def command(
    directory: Path,
    host: str | None,
    port: int | None,
    durability: Durability | None,
    metrics_port: int | None,
    deribit_port: int | None,
    rulebook: str,
    accept_jump: bool,
    time_scale: int | None,
    no_snapshot: bool,
    follower: bool | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    insecure: bool,
    as_json: bool,
    **beside: Any,
) -> None:
    """Run the venue in DIRECTORY until SIGTERM or Ctrl-C.

    The first start sets the venue up from venue.toml. From then on the journal in DIRECTORY/journal is the truth: a start
    begins with the newest snapshot of it, replays what follows, compares every event, and adds what is new in venue.toml.

    \b
    Exit status:
      0   stopped in order
      1   it could not start
      2   usage
      70  a fault stopped it; the message says where the command at fault is saved

    \b
    Examples:
      sbx init venue && sbx serve venue --with-participants --surveillance
      sbx serve test-venue --time-scale 1000 --port 0 --metrics-port 9464 --json
      sbx serve venue --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
    """
    try:
        venue = _read(directory, rulebook)
        serving = partial(
            _serve, venue, directory,
            host=host, port=port, durability=durability, metrics_port=metrics_port,
            force_rulebook=bool(rulebook), accept_jump=accept_jump, time_scale=time_scale, use_snapshot=not no_snapshot,
            has_follower=venue.server.follower if follower is None else follower,
            tls=_pair(tls_cert, tls_key), insecure=insecure, deribit_port=deribit_port, asked=_asked(directory, **beside), as_json=as_json,
        )  # fmt: skip
        run_server(serving, Log(venue.server.log_format))
    except (VenueError, StartError, JournalError, KeyFileError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the venue can't run: {error}") from error


def _read(directory: Path, rulebook: str) -> Venue:
    """The venue. Its file's own rulebook is looked for beside it; what is typed here, from where it is typed."""
    return load_venue(directory, str(Path(rulebook).absolute()) if rulebook.endswith(".toml") else rulebook)


def _asked(
    directory: Path, *, surveillance: bool, with_participants: bool, participants_seed: int, participants_pace: float
) -> list[tuple[str, list[str]]]:
    """The commands that are to run beside the venue, with their options. Raises `ClickException` if there could be no market."""
    found = [(SURVEILLANCE, ["--follow"])] if surveillance else []
    if with_participants:
        check(directory)
        found.append((PARTICIPANTS, ["--seed", str(participants_seed), "--pace", str(participants_pace)]))
    return found


def _pair(cert: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Files of TLS; None: there is to be none."""
    if (cert is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    return (cert, key) if cert is not None and key is not None else None


async def _serve(
    venue: Venue,
    directory: Path,
    *,
    host: str | None,
    port: int | None,
    durability: Durability | None,
    metrics_port: int | None,
    force_rulebook: bool,
    accept_jump: bool,
    time_scale: int | None,
    use_snapshot: bool,
    has_follower: bool,
    tls: tuple[Path, Path] | None,
    insecure: bool,
    deribit_port: int | None,
    asked: list[tuple[str, list[str]]],
    as_json: bool,
) -> None:
    server = await start_server(
        venue,
        directory,
        host=host,
        port=port,
        durability=durability,
        metrics_port=metrics_port,
        force_rulebook=force_rulebook,
        accept_jump=accept_jump,
        time_scale=time_scale,
        use_snapshot=use_snapshot,
        tls=tls,
        insecure=insecure,
    )
    if server.certificate is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _read_certificate, server.certificate)
    stop = told_to_stop()
    collect_no_more()
    sys.setswitchinterval(SWITCH_SECONDS)
    opened = await open_port(server, venue, directory, host=host, port=deribit_port)
    follower: FollowerProcess | None = None
    if has_follower:
        follower = FollowerProcess(directory, venue.venue_id, venue.server.snapshot_commands, server.counters)
        follower.begin()
    url = _url(server, venue.host if host is None else host)
    beside = [_beside(name, venue, directory, url, options=options, tls=tls) for name, options in asked]
    with running_at(directory, url, "" if server.metrics is None else server.metrics.url):
        for process in beside:
            process.begin()
        _announce(venue, server, url, follower, as_json, port=opened)
        await until_stopped(server, stop)
        for process in reversed(beside):
            await process.end()
    if opened is not None:
        await opened.close()
    try:
        await server.stop()
    finally:
        if follower is not None:
            follower.end()


def _beside(
    name: str, venue: Venue, directory: Path, url: str, *, options: list[str], tls: tuple[Path, Path] | None
) -> BesideProcess:
    """A command beside the venue, which trusts the venue's own certificate."""
    # At every address: this machine's own will do.
    url = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    certificate = tls[0] if tls is not None else directory / venue.server.tls_cert if venue.server.tls_cert else None
    return BesideProcess(
        name, directory, url, options + ([] if certificate is None else ["--ca-file", str(certificate)])
    )


def _read_certificate(certificate: Certificate) -> None:
    """Show new connections what the files have now; those there are keep what they were shown."""
    try:
        certificate.read_again()
    except OSError as error:
        _LOGGER.error("the certificate can't be read, the last one stays: %s", error)
    else:
        _LOGGER.info("the certificate was read again")


def _url(server: VenueServer, host: str) -> str:
    return f"{'ws' if server.certificate is None else 'wss'}://{f'[{host}]' if ':' in host else host}:{server.port}"


def _announce(
    venue: Venue,
    server: VenueServer,
    url: str,
    follower: FollowerProcess | None,
    as_json: bool,
    *,
    port: DeribitPort | None,
) -> None:
    """Say that the venue is ready, where, and what it found."""
    started = server.started
    facts = {
        "venue": venue.venue_id,
        "url": url,
        "port": server.port,
        "metrics": None if server.metrics is None else server.metrics.url,
        "rulebook": started.fanout.rulebook,
        "durability": server.durability,
        "build": "compiled" if is_compiled() else "interpreted",
        "instruments": len(started.exchange.instruments),
        "accounts": len(started.exchange.accounts),
        "recovered": started.recovered,
        "snapshot": started.snapshot_seq or None,
        "unusable_snapshots": started.unusable,
        "seq": started.exchange.seq,
        "torn": str(started.torn) if started.torn is not None else None,
        "notes": started.notes,
        "registered": started.registered,
        "sync_us": started.sync_ns // 1_000,
        "follower": None if follower is None else follower.pid,
        "deribit": None if port is None else port_url(server, url, port),
    }
    if as_json:
        click.echo(json_text(facts))
        return
    for line in started.registered:
        say(f"{printable(line)}", err=True)
    for note in started.notes:
        say(f"venue.toml: {printable(note)}", err=True)
    for line in started.unusable:
        say(f"not used: {printable(line)}", err=True)
    if started.torn is not None:
        say(f"a bad last frame, torn by a crash or damaged, was set aside: {started.torn}", err=True)
    if server.durability == "fsync" and started.sync_ns > SLOW_SYNC_NS:
        say(f"this disk takes {started.sync_ns // 1_000} us to sync: every reply waits for it", err=True)
    say(
        f"venue {printable(venue.venue_id)} is ready at {url} with rulebook {printable(started.fanout.rulebook)}, "
        f"{facts['instruments']} instruments, {facts['accounts']} accounts, durability {server.durability}, "
        f"{facts['build']} core, {started.recovered} commands recovered"
        + (f", those up to {started.snapshot_seq} from a snapshot" if started.snapshot_seq else "")
        + ("" if server.metrics is None else f", metrics at {server.metrics.url}")
        + ("" if port is None else f", the Deribit port at {facts['deribit']} with {port.service.keys} keys")
    )
