"""`sbx replay --serve`: a past session as a live venue that takes no commands."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import click

from gateway.cli.moments import moment_of
from gateway.cli.saying import say
from gateway.cli.serving.running import collect_no_more, run_server, told_to_stop, until_stopped
from gateway.cli.walking import opened, shown
from gateway.journal.files import JournalError
from gateway.journal.first import first_header
from gateway.keys import KeyFileError
from gateway.playback.playback import Playback, arrive
from gateway.playback.server import PlaybackServer
from gateway.printable import json_text, printable
from gateway.reporting.tables.times import moscow_time, utc
from gateway.server.loop.logs import Log
from gateway.server.sequencing.startup import JOURNAL_FOLDER
from gateway.session.pace import SpeedError, parse_speed
from gateway.session.recorded import Recorded
from gateway.venue.venue import Venue, VenueError, load_venue

HOST: Final = "127.0.0.1"
"""What was private in a session is shown to who has the key of then, so it is for this machine."""
INPUT_BYTES: Final = 4_096
"""Of standard input at once, a step a line; the next are read when those were taken."""


def serve_recording(directory: Path, port: int, since: str, speed: str, as_json: bool) -> None:
    """Serve a session until somebody stops it.

    Args:
        directory: of the venue or its journal.
        port: of this machine; 0: any free one.
        since: the moment to begin with, as people write it.
        speed: as people write it.
        as_json: say in JSON that it is ready.

    Raises:
        click.ClickException: it can't be served.
        SystemExit: a fault stopped it.
    """
    try:
        wanted = parse_speed(speed)
    except SpeedError as error:
        raise click.UsageError(f"--speed: {error}") from error
    with opened(directory, keeps_index=False) as session:
        venue = _venue(session)
        moment = moment_of(since, session.begin_ns, "--from")
        seq = session.seq_of(moment)
        walk = session.walk(seq)
        began = walk.began_with
        shown("replaying", arrive(walk), lambda done: done - began, total=seq - began)
        playback = Playback(session, walk, moment.time_ns, wanted)
        try:
            run_server(
                partial(_serve, session, venue, playback, port=port, as_json=as_json), Log(venue.server.log_format)
            )
        except OSError as error:
            raise click.ClickException(f"port {port} can't be served: {error}") from error


def _venue(session: Recorded) -> Venue:
    """Who may log in beside those whom the journal knows, and what may be asked: as the venue file says today."""
    header = first_header(session.journal)
    if header is None:
        raise JournalError(f"the journal in {session.journal} does not say whose it is")
    home = session.journal.parent if session.journal.name == JOURNAL_FOLDER else session.journal
    if not (home / "venue.toml").exists():
        session.notes.append(
            f"there is no venue.toml in {home}: those can log in whom the journal knows, and all see what is public"
        )
        return Venue(header.venue, "", HOST, 0, "fsync", None, "", {}, {}, ())
    try:
        venue = load_venue(home)
    except (VenueError, KeyFileError) as error:
        raise click.ClickException(str(error)) from error
    if venue.venue_id != header.venue:
        raise click.ClickException(
            f"{home / 'venue.toml'} is of venue {venue.venue_id!r}, and the journal of {header.venue!r}: "
            "put the file of that venue there, or move this one away"
        )
    return venue


async def _serve(session: Recorded, venue: Venue, playback: Playback, *, port: int, as_json: bool) -> None:
    server = PlaybackServer(venue, playback, lambda: _note(playback, as_json))
    await server.listen(HOST, port)
    stop = told_to_stop()
    collect_no_more()
    _announce(session, venue, server, as_json)
    if playback.is_stepping:
        loop = asyncio.get_running_loop()
        threading.Thread(target=_read_steps, args=(server, loop), name="steps", daemon=True).start()
    await until_stopped(server, stop)
    await server.stop()


def _read_steps(server: PlaybackServer, loop: asyncio.AbstractEventLoop) -> None:
    """Ask for a command with each line of standard input, in a thread of its own: a file, a pipe or a terminal may be there."""
    # Without a loop the server has ended.
    with suppress(OSError, RuntimeError):
        while data := os.read(0, INPUT_BYTES):
            taken = threading.Event()
            loop.call_soon_threadsafe(_take_steps, server, data.count(b"\n"), taken)
            taken.wait()


def _take_steps(server: PlaybackServer, commands: int, taken: threading.Event) -> None:
    server.step(commands)
    taken.set()


def _note(playback: Playback, as_json: bool) -> None:
    """Say where it has come to, for people."""
    if not as_json:
        end = "; that was all of it" if playback.has_ended else ""
        say(f"after sequence number {playback.seq:,}, {moscow_time(playback.now_ns)} Moscow{end}")


def _announce(session: Recorded, venue: Venue, server: PlaybackServer, as_json: bool) -> None:
    """Say that the session is served, and where."""
    playback = server.playback
    found = playback.recording()
    url = f"ws://{HOST}:{server.port}"
    if as_json:
        facts = {
            "venue": venue.venue_id,
            "url": url,
            "port": server.port,
            "speed": found.speed,
            "seq": found.seq,
            "time_utc": utc(found.time),
            "last_seq": found.last_seq,
            "participants": len(venue.participants),
            "notes": session.notes,
        }
        click.echo(json_text(facts))
        return
    for note in session.notes:
        say(printable(note), err=True)
    # Said already.
    session.notes.clear()
    say(
        f"the session of venue {printable(venue.venue_id)} is served at {url}, speed {found.speed}, from sequence number "
        f"{found.seq:,} of {found.last_seq:,}, {moscow_time(found.time)} Moscow"
        + ("; a line on standard input shows the next command" if playback.is_stepping else "")
    )
