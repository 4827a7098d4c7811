"""A process of bad connections, all of one kind. It is told what to do on standard input, and goes on until that ends."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Final

import msgspec
import uvloop

from gateway.open_files import allow_open_files
from loadtest.abuse.connections.attacks import ATTACKS, Attack
from loadtest.abuse.connections.foe import Foe, Ground, Over, Tally

SPARE_FILES: Final = 64
RAMP_S: Final = 0.5
"""In which all connections begin: not one after the other, nor all at once."""


class Orders(msgspec.Struct, frozen=True):
    """What the process does."""

    attack: str
    """Its name."""
    connections: int
    ground: Ground
    nice: int
    """How much less of the processor it gets than those who mean well."""
    cores: tuple[int, ...]
    """That it may use; none: all."""


class Assault(msgspec.Struct):
    """What it did, and what became of it."""

    attack: str
    connections: int
    opened: int
    """Sockets, over all lives of its connections."""
    greeted: int
    """Of those: WebSockets that were let in."""
    sent_bytes: int
    read_bytes: int
    ended: dict[str, int]
    """How the venue ended them: a close code, an HTTP status, `refused`, `cut`; `left`: they went by themselves."""
    cpu_share: float
    """Of one core, while it went on."""


async def _campaign(attack: Attack, number: int, ground: Ground, tally: Tally) -> None:
    """One connection after the other, for ever."""
    while True:
        foe = Foe(ground, number, tally)
        try:
            await attack.life(foe)
            tally.ended["left"] += 1
        except Over as over:
            tally.ended[str(over)] += 1
        finally:
            foe.leave()
        await asyncio.sleep(attack.pause_s)


async def _go_on(orders: Orders) -> Assault:
    """Attack until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    attack, tally = ATTACKS[orders.attack], Tally()
    began_ns, began_cpu_ns = time.monotonic_ns(), time.process_time_ns()
    campaigns: list[asyncio.Task[None]] = []
    for number in range(orders.connections):
        campaigns.append(asyncio.create_task(_campaign(attack, number, orders.ground, tally)))
        await asyncio.sleep(RAMP_S / orders.connections)
    ending = asyncio.create_task(reader.read())
    await asyncio.wait([ending, *campaigns], return_when=asyncio.FIRST_COMPLETED)
    cpu_share = (time.process_time_ns() - began_cpu_ns) / (time.monotonic_ns() - began_ns)
    ended = dict(tally.ended)
    for campaign in campaigns:
        if campaign.done():
            # None ends but by a mistake in here.
            campaign.result()
        campaign.cancel()
    return Assault(
        attack=attack.name,
        connections=orders.connections,
        opened=tally.opened,
        greeted=tally.greeted,
        sent_bytes=tally.sent_bytes,
        read_bytes=tally.read_bytes,
        ended=ended,
        cpu_share=cpu_share,
    )


def main() -> None:
    """Take orders, attack, tell."""
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    os.nice(orders.nice)
    if orders.cores:
        os.sched_setaffinity(0, orders.cores)
    allow_open_files(orders.connections + SPARE_FILES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assault = runner.run(_go_on(orders))
    sys.stdout.buffer.write(msgspec.json.encode(assault))


if __name__ == "__main__":
    main()
