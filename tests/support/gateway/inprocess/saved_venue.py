"""A small venue that trades without sockets, stops, and has snapshots."""

from __future__ import annotations

import random
from pathlib import Path

from engine.exchange import Exchange
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.messages.commands import AmendOrder, AnyCommand, CancelOrder, NewOrder
from gateway.core import new_exchange
from gateway.disk import DISK, Disk
from gateway.journal.key import venue_key
from gateway.server.sequencing.startup import Started, start_venue
from gateway.snapshots.asked import Asking
from gateway.snapshots.making import Made
from tests.support.gateway.venues.small_venue import small_venue

E8 = 10**8


def started(directory: Path, **options: bool) -> Started:
    """The small venue, ready to trade."""
    return start_venue(small_venue(), directory, "os", new_exchange, **options)


def drawn(chance: random.Random, number: int) -> AnyCommand:
    """A random command of alice or bob: an order that may trade, an amend, or a cancel of an earlier one."""
    name, roll = chance.choice(("alice", "bob")), chance.random()
    price_e8 = (200 + chance.randint(-9, 9)) * E8 // 2
    quantity_e8 = chance.randint(1, 9) * E8 // 10
    earlier = f"{name}-{chance.randrange(number + 1)}"
    if roll < 0.6:
        side = chance.choice((BUY, SELL))
        return NewOrder(name, name, f"{name}-{number}", "BTC/RUB", side, LIMIT, GTC, price_e8, quantity_e8)
    if roll < 0.8:
        return AmendOrder(name, name, 0, earlier, price_e8, quantity_e8)
    return CancelOrder(name, name, 0, earlier)


def trade(venue: Started, seed: int, commands: int, batch: int = 4) -> None:
    """Carry out random commands, some of them in each batch."""
    chance = random.Random(seed)
    drawn_ones = [drawn(chance, seed * 10**6 + number) for number in range(commands)]
    for start in range(0, commands, batch):
        venue.sequencer.sequence(drawn_ones[start : start + batch])
        venue.fanout.dirty.clear()


def traded(directory: Path, seed: int, commands: int, *, in_order: bool = True) -> Exchange:
    """Start the venue, trade, and stop it: in order, or as a crash would."""
    venue = started(directory)
    trade(venue, seed, commands)
    if in_order:
        venue.writer.close()
    else:
        venue.writer.abandon()
    return venue.exchange


def save(directory: Path, disk: Disk = DISK) -> Made:
    """Make a snapshot of what the directory has."""
    key, _ = venue_key(directory, has_journal=True)
    asking = Asking(directory / "journal", key, new_exchange, disk)
    for _ in asking.follow():
        pass
    return asking.save()
