"""Random commands on a small venue under rules, most orders near a limit: so that what rests comes to be forbidden by itself.

Corrections, transfers, marks, pegs that follow the market, children of brackets and rates all do that, and rechecks of people
whom none of it concerns stand between them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import msgspec

from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, SELL
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand
from tests.support.compliance.venue import ACCOUNTS, INTERMEDIARIES, INVESTORS, PARTICIPANT, Venue, documents, e8

BOOKS: Final = ("BTC/RUB", "BTC/RUB", "BTC/USDT", "BTC-NOTE", "BTC-FUT", "BTC-FUT", "USDT/RUB")
TRADERS: Final = tuple(account for account in ACCOUNTS if account not in ("newcomer", "abroad", "overseas"))
QUALIFIED: Final = ("firm", "firm@alfa", "firm@credit", "qualified", "qualified@credit", "dealer", "bank")
# An order is worth up to 10 000 RUB. Of each figure now this, now that.
FIGURES: Final = (
    *[
        ("OPS-1", f"{name}_rub", f"{most}.00")
        for name in ("retail", "qualified", "qualified_firm")
        for most in (7000, 9000)
    ],
    *[("DER-2", "exposure_limit_rub", f"{most}.00") for most in (15_000, 40_000)],
    *[("DER-3", "exposure_percent_of_capital", share) for share in ("0.1", "0.4")],
    *[("DER-4", f"{name}_rub", f"{most}.00") for name in ("qualified", "qualified_firm") for most in (15_000, 40_000)],
    *[("RET-1", "retail_cap_rub", f"{most}.00") for most in (15_000, 40_000)],
    *[("RET-1", "crypto_for_crypto_counted", flag) for flag in ("false", "true")],
    *[("RET-1", "cap_basis", basis) for basis in ("net_of_sales", "gross_purchases")],
    *[("RET-1", "cap_window", window) for window in ("rolling_year", "calendar_year")],
    ("RET-2", "crypto_for_crypto", "true"),
    *[("ELR-2", "financial_firm_percent_of_capital", share) for share in ("0.05", "0.1")],
)
CAPITAL_RUB: Final = 10_000_000


class Drifting:
    """Draws commands for a venue that is set up; what it is aimed at is read from the venue."""

    def __init__(self, seed: int, venue: Venue) -> None:
        self.chance: Final = random.Random(seed)
        self.venue: Final = venue
        self.number = 0

    def setup(self) -> list[AnyCommand]:
        """Begin the future, take everybody's capital down to where it matters, and set each figure."""
        bank = next(each for each in INVESTORS if each.bank)
        return [
            commands.SetTradingRules("BTC-FUT", 400_000),
            commands.MarkFuture("BTC-FUT", e8("100000"), "start"),
            commands.SetPhase("BTC-FUT", codes.CONTINUOUS),
            msgspec.structs.replace(bank, capital_rub=CAPITAL_RUB),
            *[msgspec.structs.replace(each, capital_rub=CAPITAL_RUB) for each in INTERMEDIARIES],
            *[commands.SetParameter(*each, "drawn", "ann") for each in FIGURES[::2] if each[0] != "ELR-2"],
        ]

    def draw(self) -> AnyCommand:
        """The next command; some time passes before it."""
        chance = self.chance
        self.venue.time_ns += chance.choice((1, 10**6, 10**9))
        if chance.random() < 0.004:
            self.venue.time_ns += chance.choice((1, 30, 200)) * 86_400 * 10**9
        kinds: tuple[tuple[float, Callable[[], AnyCommand]], ...] = (
            (40, self.order),
            (8, self.peg),
            (6, self.bracket),
            (4, self.pair),
            (10, self.amend),
            (8, self.cancel),
            (8, self.correction),
            (4, lambda: commands.MarkFuture("BTC-FUT", chance.randint(850, 1250) * 100 * 10**8, "drawn")),
            (5, self.transfer),
            (20, self.harmless),
            (1.5, lambda: commands.SetParameter(*chance.choice(FIGURES), "drawn", "ann")),
            (0.8, self.rulebook),
            (1.5, self.intermediary),
        )
        return chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]()

    def harmless(self) -> AnyCommand:
        """A command about somebody that forbids nothing: what it cancels had come to be forbidden before."""
        chance = self.chance
        investor = chance.choice(("abroad", "overseas", *[each.investor for each in INVESTORS]))
        roll = chance.random()
        if roll < 0.8:
            return commands.SetBlocked(investor, False, "drawn", "ann")
        if roll < 0.9:
            return commands.RecordTest(investor, chance.choice(("risk", "knowledge")), 100, self.venue.time_ns)
        return msgspec.structs.replace(chance.choice(INTERMEDIARIES), capital_rub=CAPITAL_RUB)

    def rulebook(self) -> AnyCommand:
        name = self.chance.choice(("general-2026", "general-2026", "elr-2025"))
        return commands.LoadRulebook(name, documents(name), "ann", "drawn")

    def trader(self, name: str) -> str:
        return self.chance.choice(TRADERS if "/" in name else QUALIFIED)

    def ticks(self, name: str) -> int:
        chance = self.chance
        return chance.choice((1, 2, 3)) if name == "USDT/RUB" else 1000 + chance.randint(-25, 25)

    def new(self, account: str, name: str, side: int, kind: int, **terms: int) -> commands.NewOrder:
        """An order worth up to 10 000 RUB, at a price that follows its ticks or none."""
        self.number += 1
        instrument = self.venue.exchange.instruments[name]
        most = {"BTC/USDT": 10, "USDT/RUB": 300_000}.get(name, 1_000)
        lots = terms.pop("lots", 0) or self.chance.choice((most, most // 2, self.chance.randint(1, most)))
        return commands.NewOrder(
            PARTICIPANT, account, f"d{self.number}", name, side, kind, codes.GTC,
            terms.pop("ticks", 0) * instrument.tick_e8, lots * instrument.lot_e8, **terms,
        )  # fmt: skip

    def order(self) -> AnyCommand:
        name = self.chance.choice(BOOKS)
        reprice = codes.POST_ONLY_REPRICE if self.chance.random() < 0.2 else codes.POST_ONLY_OFF
        side = self.chance.randrange(2)
        account = self.trader(name)
        order = self.new(account, name, side, codes.LIMIT, ticks=self.ticks(name), post_only=reprice)
        reduces = name == "BTC-FUT" and self.chance.random() < 0.3
        return msgspec.structs.replace(order, reduce_only=reduces) if reduces else order

    def peg(self) -> AnyCommand:
        name = self.chance.choice(("BTC/RUB", "BTC-NOTE", "BTC-FUT"))
        account = self.trader(name)
        side = self.chance.choice((SELL, SELL, BUY))
        worst = 1000 + self.chance.randint(0, 100) * (1 if side == BUY else -1)
        return self.new(account, name, side, codes.PEGGED, ticks=worst, peg=codes.PEG_OWN)

    def bracket(self) -> AnyCommand:
        account, name = self.chance.choice(TRADERS), self.chance.choice(("BTC/RUB", "BTC-FUT"))
        side, lots = self.chance.randrange(2), self.chance.choice((300, 600, 1_000))
        away = 60 if side == BUY else -60
        tick_e8 = self.venue.exchange.instruments[name].tick_e8
        entry = self.new(account, name, side, codes.LIMIT, ticks=1000 - away // 2, lots=lots)
        profit = self.new(account, name, 1 - side, codes.LIMIT, ticks=1000 + away, lots=lots)
        stop = self.new(account, name, 1 - side, codes.STOP, stop_price_e8=(1000 - away) * tick_e8, lots=lots)
        return commands.NewBracket(PARTICIPANT, account, entry, profit, stop)

    def pair(self) -> AnyCommand:
        account, name = self.chance.choice(TRADERS), self.chance.choice(("BTC/RUB", "BTC-FUT"))
        side, lots = self.chance.randrange(2), self.chance.choice((300, 600, 1_000))
        away = self.chance.randint(5, 60) * (1 if side == BUY else -1)
        tick_e8 = self.venue.exchange.instruments[name].tick_e8
        limit = self.new(account, name, side, codes.LIMIT, ticks=1000 - away, lots=lots)
        stop = self.new(account, name, side, codes.STOP, stop_price_e8=(1000 + away) * tick_e8, lots=lots)
        return commands.NewOrderPair(PARTICIPANT, account, limit, stop)

    def intermediary(self) -> AnyCommand:
        """Suspend an intermediary, or let it go on: whoever holds a future through it may close that only."""
        each = self.chance.choice(INTERMEDIARIES)
        return msgspec.structs.replace(each, capital_rub=CAPITAL_RUB, suspended=self.chance.random() < 0.4)

    def resting(self) -> tuple[str, int]:
        """An account and one of its open orders; 0: it has none."""
        account = self.chance.choice(TRADERS)
        orders = list(self.venue.exchange.accounts[account].open_orders)
        return account, self.chance.choice(orders) if orders else 0

    def amend(self) -> AnyCommand:
        account, order_id = self.resting()
        order = self.venue.exchange.accounts[account].open_orders.get(order_id)
        quantity_e8 = 0 if order is None else self.chance.randint(1, order.quantity_lots) * order.instrument.lot_e8
        return commands.AmendOrder(PARTICIPANT, account, order_id, "", 0, quantity_e8)

    def cancel(self) -> AnyCommand:
        account, order_id = self.resting()
        return commands.CancelOrder(PARTICIPANT, account, order_id, "")

    def correction(self) -> AnyCommand:
        chance = self.chance
        trade_id = max(self.venue.exchange.trades - chance.randrange(12), 1)
        if chance.random() < 0.4:
            return commands.BustTrade(trade_id, "drawn")
        place = trade_id - self.venue.exchange.first_trade
        today = self.venue.exchange.day_trades
        ticks = chance.choice((400, 1_600))
        tick_e8 = today[place].instrument.tick_e8 if 0 <= place < len(today) else 10**10
        return commands.RepriceTrade(trade_id, ticks * tick_e8, "drawn")

    def transfer(self) -> AnyCommand:
        self.number += 1
        sender, receiver = self.chance.sample(QUALIFIED, 2)
        amount = self.chance.choice((1, 5_000, 30_000))
        return commands.Transfer(
            PARTICIPANT, sender, f"d{self.number}", receiver, "BTC-NOTE", amount, codes.DOMESTIC_PAYMENT, "contract"
        )
