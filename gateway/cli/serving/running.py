"""Running a server as a process: open files, signals, the log, and what is said at a fault."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine

import uvloop

from engine.vocabulary.limits import MAX_CONNECTIONS
from gateway.cli.saying import say
from gateway.open_files import allow_open_files
from gateway.server.loop.logs import Log, loop_exception
from gateway.server.sequencing.turns import VenueHalted
from gateway.server.server import Server

HALTED = 70
"""Exit status of a server that a fault stopped (EX_SOFTWARE)."""
# Beside the connections: the listening socket, the journal, the terminal, connections that are just being refused.
SPARE_FILES = 128


def run_server(serving: Callable[[], Coroutine[None, None, None]], log: Log) -> None:
    """Run a server to its end, with its log.

    Raises:
        SystemExit: a fault stopped it; why was said.
    """
    # So that the venue's own limit of connections is the one that counts.
    allow_open_files(MAX_CONNECTIONS + SPARE_FILES)
    log.begin()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.get_loop().set_exception_handler(loop_exception)
            runner.run(serving())
    except VenueHalted as error:
        # If the log could not be written, standard error is full and nobody reads it: to say it there would keep the venue from ending.
        if log.end():
            say(f"Error: the venue stopped: {error}", err=True)
        raise SystemExit(HALTED) from error
    finally:
        log.end()


def told_to_stop() -> asyncio.Event:
    """What SIGTERM or Ctrl-C sets from now on."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def collect_no_more() -> None:
    """Turn the garbage collector off, once all is there.

    Nothing that a venue makes is cyclic (tests/gateway/server/test_no_cycles.py): counting references frees it all. The
    collector would find nothing, and stand still for 8 ms after each 20 000 objects that stay, and for more than 100 ms now and then.
    """
    gc.collect()
    gc.freeze()
    gc.disable()


async def until_stopped(server: Server, stop: asyncio.Event) -> None:
    """Wait until somebody says so, or the server has ended by itself."""
    stopped, ended = asyncio.create_task(stop.wait()), asyncio.create_task(server.wait())
    await asyncio.wait((stopped, ended), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if ended.done():
        # Whoever stops the server sees it.
        ended.exception()
    else:
        ended.cancel()
