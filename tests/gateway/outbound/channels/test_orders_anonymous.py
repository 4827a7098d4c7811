"""What the public is told of a queue does not depend on what it may not know.

Two sessions that differ in that alone are told alike, to the byte. So whoever reads the feed can do no better than chance.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages.commands import AmendOrder, AnyCommand, CancelOrder, Deposit, NewOrder
from engine.vocabulary.messages.events import OrderAccepted, OrderRejected, Trade
from gateway.outbound.channels.orders import Orders
from gateway.outbound.fanout import Fanout
from gateway.protocol.wire import JSON
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.gateway.feeds.market_flow import rows_of
from tests.support.gateway.feeds.queues import QueueReader, content

NAME, OTHER = "BTC/RUB", "ETH/RUB"
ACCOUNTS = ("ann", "ben", "cid")
Noise = Callable[[Desk, random.Random], None]


class World:
    """A session that a public reader hears from its beginning."""

    def __init__(self, accounts: tuple[str, ...] = ACCOUNTS) -> None:
        self.desk = Desk()
        for name in (NAME, OTHER):
            list_spot(self.desk, name, reference=100)
        for account in accounts:
            open_account(self.desk, account, BTC=10**7, ETH=10**7, RUB=10**11)
        self.accounts = accounts

    def enter(self, name: str, account: int, side: int, lots: int, price: int, *, total: int = 0) -> None:
        """An order; with a total, an iceberg that shows `lots` of it."""
        who = self.accounts[account]
        kind = codes.ICEBERG if total else codes.LIMIT
        quantity, shows = (total or lots) * E8, lots * E8 if total else 0
        terms = (NAME, side, kind, codes.GTC, price * E8, quantity)
        self.send(NewOrder(who, who, name, *terms, display_e8=shows))

    def send(self, command: AnyCommand) -> None:
        self.desk.send(command)

    def told(self) -> list[tuple[object, ...]]:
        """All that a reader of the queue is told, command by command, but for the times."""
        fanout, reader = Fanout(), None
        for seq, time_ns, _, events in rows_of(self.desk):
            for event in events:
                fanout.formats.learn(event)
            out = fanout.channels.follow(seq, time_ns, events) + fanout.channels.end_turn()
            for outboxes, message in out:
                if reader is not None and reader.outbox in outboxes:
                    reader.apply(content(JSON.frame(message)))
            orders = fanout.channels.find("orders", NAME)
            if reader is None and isinstance(orders, Orders):
                reader = QueueReader(orders)
        assert reader is not None
        return [tuple(value for key, value in message.items() if key != "time") for message in reader.messages]


def flow(world: World, seed: int, hidden: int, noise: Noise | None = None) -> None:
    """Random orders, icebergs that hide `hidden` times what they show, amends that keep their place, cancels; and invisible noise."""
    chance, apart = random.Random(seed), random.Random(hidden)
    icebergs: list[tuple[str, str, int, int]] = []
    for number in range(260):
        account, side = chance.randrange(3), chance.choice((BUY, SELL))
        lots, roll, away = chance.randint(1, 9), chance.random(), chance.randint(1, 4)
        # Icebergs stand behind the middle: one that takes from the other side does so with all that it hides.
        behind = 100 - away if side == BUY else 100 + away
        who = world.accounts[account]
        if roll < 0.5:
            world.enter(f"c{number}", account, side, lots, 100 + chance.randint(-4, 4))
        elif roll < 0.7:
            icebergs.append((f"c{number}", who, behind, lots))
            world.enter(f"c{number}", account, side, lots, behind, total=lots * hidden)
        elif roll < 0.9:
            world.send(CancelOrder(who, who, 0, f"c{chance.randrange(number + 1)}"))
        elif icebergs:
            name, of, price, shows = chance.choice(icebergs)
            world.send(AmendOrder(of, of, 0, name, price * E8, shows * hidden // 2 * E8))
        if noise is not None:
            noise(world.desk, apart)


@pytest.mark.parametrize("seed", range(3))
def test_how_much_is_hidden_makes_no_difference(seed):
    """As long as there is something: what shows is another part, whatever is left behind it."""
    worlds = World(), World()
    for world, hidden in zip(worlds, (100, 400), strict=True):
        flow(world, seed, hidden)
    one, other = (world.told() for world in worlds)
    assert one == other
    # Icebergs traded, and had next parts.
    assert len(one) > 100
    accepted = {
        event.order_id
        for events in worlds[0].desk.results
        for event in events
        if isinstance(event, OrderAccepted) and event.order_type == codes.ICEBERG
    }
    made = [e for events in worlds[0].desk.results for e in events if isinstance(e, Trade)]
    assert sum(trade.maker_order_id in accepted for trade in made) > 10


def invisible(desk: Desk, chance: random.Random) -> None:
    """Commands that show nothing in this book: money, refusals, another book, stops that wait."""
    number = len(desk.history)
    for _ in range(chance.randint(0, 3)):
        order = NewOrder("ann", "ann", f"x{number}", OTHER, BUY, codes.LIMIT, codes.GTC, 90 * E8, E8)
        refused = NewOrder("ann", "ann", f"r{number}", NAME, BUY, codes.LIMIT, codes.GTC, E8 // 3, E8)
        stop = NewOrder("ben", "ben", f"s{number}", NAME, SELL, codes.STOP, codes.GTC, 0, E8, stop_price_e8=20 * E8)
        desk.send(chance.choice((order, refused, stop, Deposit("cid", "RUB", 1, ""))))
        number += 1


@pytest.mark.parametrize("seed", range(3))
def test_what_does_not_show_makes_no_difference(seed):
    """Not to the ids, nor to the numbers: so neither order ids nor what others do can be counted."""
    plain, noisy = World(), World()
    flow(plain, seed, 50)
    flow(noisy, seed, 50, invisible)
    assert len(noisy.desk.history) > len(plain.desk.history) + 200
    assert any(isinstance(event, OrderRejected) for events in noisy.desk.results for event in events)
    assert plain.told() == noisy.told()


def test_whose_an_order_is_makes_no_difference():
    one, other = World(), World(("zoe", "yan", "xia"))
    for world in (one, other):
        flow(world, 5, 50)
    assert one.told() == other.told()


def test_which_of_two_has_more_behind_it_makes_no_difference():
    """Both are taken at once, and one part shows: it may be of either."""
    told = []
    for hides in (0, 1):
        world = World()
        for place in (0, 1):
            world.enter(f"m{place}", place, BUY, 5, 99, total=20 if place == hides else 0)
        world.enter("t", 2, SELL, 10, 99)
        told.append(world.told())
    assert told[0] == told[1]
    assert told[0][-1][4][-1] == ["add", "buy", 3, "99", "5"]


@pytest.mark.parametrize("own_first", [False, True])
def test_a_refusal_does_not_say_how_much_is_hidden(own_first: bool):
    """Who asks for more than there is pays nothing: so what he is answered may not depend on what hides."""
    told = []
    for hides in (20, 400):
        world = World()
        if own_first:
            world.enter("own", 2, SELL, 1, 100)
        world.enter("m", 0, SELL, 5, 100, total=hides)
        if not own_first:
            world.enter("own", 2, SELL, 1, 100)
        refused = []
        for mode in range(1 + codes.STP_REJECT):
            for number, life in enumerate((codes.FOK, codes.IOC)):
                least = 0 if life == codes.FOK else 500 * E8
                terms = ("BTC/RUB", BUY, codes.LIMIT, life, 100 * E8, 600 * E8)
                name = f"{mode}-{number}"
                world.send(NewOrder("cid", "cid", name, *terms, min_quantity_e8=least, self_trade=mode))
                (event,) = world.desk.results[-1]
                assert isinstance(event, OrderRejected)
                assert event.code == codes.FILLABILITY
                refused.append(event)
        told.append(refused)
    assert told[0] == told[1]
