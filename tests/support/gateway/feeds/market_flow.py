"""A random flow of orders through the real core, as rows: what the mirrors of the gateway are fed with."""

from __future__ import annotations

import random

from engine.exchange import Exchange
from engine.record.rows import Row
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import AmendOrder, CancelOrder, MassCancel, NewOrder, SetPhase
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

ACCOUNTS = ("ann", "ben", "cid")
INSTRUMENTS = ("BTC/RUB", "ETH/RUB")


def random_flow(seed: int, count: int) -> tuple[list[Row], Exchange]:
    """Set up two instruments and three accounts, then `count` random commands; the rows, and the exchange after them."""
    chance = random.Random(seed)
    desk = Desk()
    for name in INSTRUMENTS:
        list_spot(desk, name, reference=100, taker_fee_ppm=1_000)
    for account in ACCOUNTS:
        open_account(desk, account, BTC=10**6, ETH=10**6, RUB=10**12)
    for number in range(count):
        account, instrument = chance.choice(ACCOUNTS), chance.choice(INSTRUMENTS)
        side, price = chance.choice((codes.BUY, codes.SELL)), 100 + chance.randint(-15, 15)
        some_id = f"c{chance.randrange(number + 1)}"
        roll = chance.random()
        if roll < 0.6:
            order_type = codes.MARKET if roll < 0.05 else codes.LIMIT
            time_in_force = chance.choice((codes.GTC, codes.GTC, codes.GTC, codes.IOC, codes.FOK))
            price_e8 = 0 if order_type == codes.MARKET else price * E8
            quantity_e8 = chance.randint(1, 9) * E8
            desk.send(
                NewOrder(
                    account, account, f"c{number}", instrument, side, order_type, time_in_force, price_e8, quantity_e8
                )
            )
        elif roll < 0.8:
            desk.send(CancelOrder(account, account, 0, some_id))
        elif roll < 0.95:
            desk.send(AmendOrder(account, account, 0, some_id, price * E8, chance.randint(0, 12) * E8))
        elif roll < 0.98:
            desk.send(MassCancel(account, account))
        else:
            phase = chance.choice((codes.CONTINUOUS, codes.CONTINUOUS, codes.HALTED))
            desk.send(SetPhase(instrument, phase, "test"))
    return rows_of(desk), desk.exchange


def rows_of(desk: Desk) -> list[Row]:
    """All that a desk has sent, with what it did."""
    return [
        (each.seq, each.time_ns, each.command, events) for each, events in zip(desk.history, desk.results, strict=True)
    ]
