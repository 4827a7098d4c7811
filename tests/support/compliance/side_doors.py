"""A retail investor who wants more crypto than the cap allows, with everybody's help: random commands by every door there is.

Rates stand still: what books are priced in trades for roubles at one price. So what was paid is counted from the trades alone,
and the cap can be held against it to the kopeck.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Final

from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, GTC, IOC, LIMIT, MARKET, NOTE, SELL, SPOT
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import AnyCommand, ListInstrument
from engine.vocabulary.messages.events import Event
from tests.support.compliance.venue import ACCOUNTS, PARTICIPANT, ROUBLE, Venue, e8

OWNER: Final = "retail"
OWN: Final = tuple(account for account, (investor, _) in ACCOUNTS.items() if investor == OWNER)
HELPERS: Final = ("dealer", "firm", "importer", "abroad")
# Roubles for what books are priced in. Nobody trades these for roubles at another price.
RATES: Final = {"RUB": "1", "USDT": "100", "BTC": "8000000", "A7A5": "1"}


def listing(name: str, kind: int, *, tick: int, reference: str) -> ListInstrument:
    base, _, quote = name.partition("/")
    underlying = "BTC" if kind == NOTE else ""
    return ListInstrument(
        name, kind, base, quote, tick, 10**6, 10**6, 10**16, 10**15, 100_000, e8(reference), underlying=underlying
    )


MORE: Final = (
    listing("ETH/USDT", SPOT, tick=10 * ROUBLE, reference="3200"),
    listing("METAL/USDT", SPOT, tick=ROUBLE, reference="50"),
    listing("BTC/A7A5", SPOT, tick=1000 * ROUBLE, reference="8000000"),
    listing("BTC-NOTE/USDT", NOTE, tick=10 * ROUBLE, reference="3200"),
)
# Prices in the middle, in ticks; the spread a price may have around it, in ticks; how many lots are worth some 100 000 RUB.
BOOKS: Final = {
    "BTC/RUB": (80_000, 0, 125),
    "USDT/RUB": (1, 0, 10_000_000),
    "A7A5/RUB": (1, 0, 10_000_000),
    "ETH/RUB": (3_200, 160, 3_000),
    "ETH/BTC": (400, 30, 31),
    "ETH/USDT": (320, 25, 31),
    "METAL/USDT": (50, 4, 2_000),
    "BTC/A7A5": (8_000, 700, 1),
    "BTC-NOTE": (3_200, 100, 3_000),
    "BTC-NOTE/USDT": (320, 20, 31),
    "BTC-DFA/RUB": (1_000, 90, 1_000),
    "SOL-DFA/RUB": (1_000, 90, 1_000),
    "METAL/RUB": (5_000, 90, 2_000),
}
CONCERNED: Final = ("BTC", "ETH", "USDT", "A7A5", "SOL", "BTC-NOTE", "BTC-DFA", "SOL-DFA", "RIDDLE", "RUBX")
CHOICES: Final = (
    (("RET-2", "crypto_for_crypto", "true"),),
    (("RET-2", "crypto_for_crypto", "false"),),
    (("RET-1", "cap_basis", '"net_of_sales"'),),
    (("RET-4", "enabled", "false"),),
    (("DER-1", "enabled", "false"), ("DER-4", "enabled", "false")),
    (("SET-2", "retail", "true"),),
    (("RET-2", "enabled", "false"),),
    (("CUR-1", "enabled", "false"),),
)


class SideDoors:
    """One search: a venue, what it did, and what retail has paid for crypto."""

    def __init__(self, seed: int) -> None:
        self.chance: Final = random.Random(seed)
        chosen = [change for choice in CHOICES if self.chance.random() < 0.5 for change in choice]
        # Of two that set the same key the last one counts.
        changes = {(rule, key): value for rule, key, value in chosen}
        self.net: Final = ("RET-1", "cap_basis") in changes
        self.venue: Final = Venue("", ())
        for instrument in MORE:
            self.venue.do(instrument)
            self.venue.do(commands.SetTradingRules(instrument.instrument, 100_000))
        self.venue.load("general-2026", tuple((rule, key, value) for (rule, key), value in changes.items()))
        for name in [each.instrument for each in MORE]:
            self.venue.do(commands.SetPhase(name, codes.CONTINUOUS))
        if self.chance.random() < 0.5:
            # A door that stays open, to a foreign-trade party with a contract of its own.
            self.venue.do(commands.RegisterInvestor(OWNER, codes.INDIVIDUAL, foreign_trade=True))
            self.venue.do(commands.RegisterContract("seven", "abroad", OWNER, "RUB", 10**9, "2026-05-01", "machines"))
        self.seen: Final[Counter[str]] = Counter()
        self.bought = 0
        self.sold = 0
        self.number = 0
        self.trades: Final[dict[int, events.Trade]] = {}
        self.orders: Final[list[tuple[str, int, str]]] = []
        self.held: Final = {asset: self.holding(asset) for asset in CONCERNED}
        for asset, price in (("USDT", "100"), ("BTC", "8000000"), ("A7A5", "1")):
            for side, account in ((SELL, "dealer"), (BUY, "firm")):
                self.follow(self.venue.enter(account, side, "0.01" if asset == "BTC" else "1", f"{asset}/RUB", price))

    def holding(self, asset: str) -> int:
        """What retail holds of an asset on all accounts, in minor units."""
        core = self.venue.exchange.assets[asset]
        balances = [self.venue.exchange.accounts[account].balances.get(core.number) for account in OWN]
        return sum(each.owned for each in balances if each is not None)

    def step(self) -> None:
        """Draw a command, apply it, and count what came of it."""
        self.venue.time_ns += self.chance.choice((1, 10**9, 3600 * 10**9))
        self.number += 1
        kinds: tuple[tuple[int, Callable[[], AnyCommand]], ...] = (
            (30, lambda: self.order(self.chance.choice(HELPERS))),
            (40, lambda: self.order(self.chance.choice(OWN))),
            (8, self.special),
            (6, self.pair),
            (4, self.quotes),
            (8, self.amend),
            (6, self.cancel),
            (8, self.transfer),
            (5, self.issue),
            (5, self.deposit),
            (2, self.withdraw),
            (40, self.meet),
            (2, self.bust),
        )
        draw = self.chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        self.follow(self.venue.apply(draw()))

    def follow(self, happened: list[Event]) -> None:
        """Count purchases, sales and arrivals; what comes in by no door that is open fails."""
        for event in happened:
            self.seen[type(event).__name__] += 1
            if isinstance(event, events.OrderRejected | events.RequestRejected):
                self.seen.update(event.rules)
            elif isinstance(event, events.OrderAccepted):
                self.orders.append((event.account, event.order_id, event.instrument))
            elif isinstance(event, events.Trade):
                for account, side in (
                    (event.taker_account, event.taker_side),
                    (event.maker_account, 1 - event.taker_side),
                ):
                    if account in OWN:
                        self.traded(event, side, 1)
                self.trades[event.trade_id] = event
            elif isinstance(event, events.TradeCorrected):
                trade = self.trades.pop(event.trade_id)
                for account, side in ((event.buy_account, BUY), (event.sell_account, SELL)):
                    if account in OWN:
                        self.traded(trade, side, -1)
            elif isinstance(event, events.Transferred):
                self.transferred(event)
            elif isinstance(event, events.AssetIssued) and event.account in OWN:
                assert event.asset not in CONCERNED, event
            elif isinstance(event, events.FundsMoved) and event.account in OWN and event.asset in self.held:
                self.held[event.asset] += event.amount
        for asset, held in self.held.items():
            assert self.holding(asset) == held, asset

    def traded(self, trade: events.Trade, side: int, sign: int) -> None:
        """Count a trade of retail, or (sign -1) that it was undone, at the one rate of what the book is priced in."""
        instrument = self.venue.exchange.instruments[trade.instrument]
        base, quote = instrument.base, instrument.quote
        value = trade.price_ticks * trade.quantity_lots * instrument.unit
        kopecks = -(-value * e8(RATES[quote.asset]) * 100 // (10**quote.scale * 10**8))
        gained, given = (base.asset, quote.asset) if side == BUY else (quote.asset, base.asset)
        if gained in CONCERNED:
            self.bought += kopecks * sign
        if given in CONCERNED:
            self.sold += kopecks * sign
            if gained in CONCERNED:
                self.seen[f"swap {side}"] += 1
        lots = trade.quantity_lots * instrument.lot_base
        for asset, amount in ((base.asset, lots), (quote.asset, -value)):
            if asset in self.held:
                self.held[asset] += (amount if side == BUY else -amount) * sign

    def transferred(self, event: events.Transferred) -> None:
        """A transfer from somebody else brings retail nothing but what settles a contract: SET-1's door."""
        into, out_of = event.to_account in OWN, event.from_account in OWN
        if event.asset in self.held and into != out_of:
            settles = event.purpose == codes.CROSS_BORDER and event.asset in (
                "BTC",
                "ETH",
                "USDT",
                "SOL",
                "A7A5",
                "RUBX",
            )
            assert not into or settles, event
            self.seen["settled" if into else "given"] += 1
            self.held[event.asset] += event.amount if into else -event.amount

    def check(self, cap_kopecks: int) -> None:
        """What retail has paid for crypto is within the cap. A kopeck for each fill: what a sale brings in is rounded up here."""
        paid = self.bought - self.sold if self.net else self.bought
        assert paid <= cap_kopecks + self.seen["Trade"] * self.net, (paid, cap_kopecks)

    # What is drawn.

    def price(self, name: str) -> int:
        middle, spread, _ = BOOKS[name]
        return middle + self.chance.randint(-spread, spread)

    def lots(self, name: str) -> int:
        most = BOOKS[name][2]
        return max(self.chance.choice((most, most // 2, most // 10, self.chance.randint(1, 2 * most))), 1)

    def new(
        self, account: str, name: str, side: int, *, kind: int = LIMIT, tif: int = GTC, **terms: int
    ) -> commands.NewOrder:
        self.number += 1
        instrument = self.venue.exchange.instruments[name]
        lots, ticks = terms.pop("lots", self.lots(name)), terms.pop("ticks", self.price(name))
        return commands.NewOrder(
            PARTICIPANT, account, f"s{self.number}", name, side, kind, tif,
            ticks * instrument.tick_e8, lots * instrument.lot_e8, **terms,
        )  # fmt: skip

    def order(self, account: str) -> AnyCommand:
        name = self.chance.choice(list(BOOKS))
        return self.new(account, name, self.chance.randrange(2), tif=self.chance.choice((GTC, GTC, IOC)))

    def special(self) -> AnyCommand:
        """An order by funds, at the market, a stop, an iceberg or a peg."""
        name, side, account = self.chance.choice(list(BOOKS)), self.chance.randrange(2), self.chance.choice(OWN)
        instrument = self.venue.exchange.instruments[name]
        roll = self.chance.randrange(5)
        if roll == 0:
            funds = self.lots(name) * self.price(name) * instrument.unit
            return self.new(account, name, side, kind=MARKET, tif=IOC, ticks=0, lots=0, funds=funds)
        if roll == 1:
            return self.new(account, name, side, kind=MARKET, tif=IOC, ticks=0)
        if roll == 2:
            return self.new(account, name, side, kind=codes.ICEBERG, display_e8=instrument.lot_e8)
        if roll == 3:
            return self.new(account, name, side, kind=codes.PEGGED, peg=codes.PEG_OWN)
        return self.new(account, name, side, kind=codes.STOP_LIMIT, stop_price_e8=self.price(name) * instrument.tick_e8)

    def pair(self) -> AnyCommand:
        """Two orders of which one cancels the other, or an entry with its two legs."""
        name, side, account = self.chance.choice(list(BOOKS)), self.chance.randrange(2), self.chance.choice(OWN)
        tick_e8 = self.venue.exchange.instruments[name].tick_e8
        middle, spread, _ = BOOKS[name]
        lots, away = self.lots(name), max(spread, 1)
        up, down = middle + away, middle - away
        if self.chance.random() < 0.5:
            limit, stop = (down, up) if side == BUY else (up, down)
            first = self.new(account, name, side, lots=lots, ticks=limit)
            second = self.new(account, name, side, kind=codes.STOP, lots=lots, ticks=0, stop_price_e8=stop * tick_e8)
            return commands.NewOrderPair(PARTICIPANT, account, first, second)
        profit, stop = (up, down) if side == BUY else (down, up)
        entry = self.new(account, name, side, lots=lots, ticks=middle)
        leg = self.new(account, name, 1 - side, lots=lots, ticks=profit)
        other = self.new(account, name, 1 - side, kind=codes.STOP, lots=lots, ticks=0, stop_price_e8=stop * tick_e8)
        return commands.NewBracket(PARTICIPANT, account, entry, leg, other)

    def quotes(self) -> AnyCommand:
        name, account = self.chance.choice(list(BOOKS)), self.chance.choice(OWN)
        self.number += 1
        instrument = self.venue.exchange.instruments[name]
        middle, spread, most = BOOKS[name]
        if not spread:
            name = "ETH/BTC"
            instrument = self.venue.exchange.instruments[name]
            middle, spread, most = BOOKS[name]
        lots_e8 = max(most // 4, 1) * instrument.lot_e8
        bids = tuple(((middle - away) * instrument.tick_e8, lots_e8) for away in (1, 2))
        asks = tuple(((middle + away) * instrument.tick_e8, lots_e8) for away in (1, 2))
        return commands.MassQuote(PARTICIPANT, account, f"q{self.number}", name, bids, asks)

    def picked(self) -> tuple[str, int, str]:
        return self.chance.choice(self.orders[-40:])

    def amend(self) -> AnyCommand:
        account, order_id, name = self.picked()
        instrument = self.venue.exchange.instruments[name]
        price_e8 = self.price(name) * instrument.tick_e8
        return commands.AmendOrder(PARTICIPANT, account, order_id, "", price_e8, self.lots(name) * instrument.lot_e8)

    def cancel(self) -> AnyCommand:
        account, order_id, _ = self.picked()
        return commands.CancelOrder(PARTICIPANT, account, order_id, "")

    def transfer(self) -> AnyCommand:
        sender = self.chance.choice((*HELPERS, *OWN))
        receiver = self.chance.choice([account for account in (*OWN, "importer") if account != sender])
        asset, purpose = self.chance.choice((*CONCERNED, "METAL", "RUB")), self.chance.randrange(len(codes.PURPOSES))
        if self.chance.random() < 0.3:
            sender, purpose = "abroad", codes.CROSS_BORDER
        amount = self.chance.choice((1, 10**4, 10**6))
        return commands.Transfer(PARTICIPANT, sender, f"t{self.number}", receiver, asset, amount, purpose, "seven")

    def issue(self) -> AnyCommand:
        asset = self.chance.choice(("BTC-DFA", "SOL-DFA", "RIDDLE", "RUBX", "METAL"))
        issuer = "mint" if asset == "RUBX" else "smelter"
        account = self.chance.choice((*OWN, "dealer", "firm"))
        return commands.IssueAsset(asset, account, self.chance.choice((10**2, 10**4)), issuer)

    def deposit(self) -> AnyCommand:
        asset = self.chance.choice(CONCERNED)
        return commands.Deposit(self.chance.choice(OWN), asset, 10**4, origin=self.chance.choice(("", "a wallet")))

    def withdraw(self) -> AnyCommand:
        return commands.Withdraw(self.chance.choice(OWN), self.chance.choice(CONCERNED), 10**4)

    def meet(self) -> AnyCommand:
        """A helper takes the other side of what retail has open."""
        accounts = [self.venue.exchange.accounts[account] for account in OWN]
        resting = [order for account in accounts for order in account.open_orders.values() if order.price_ticks > 0]
        if not resting:
            return commands.Tick()
        order = self.chance.choice(resting)
        terms = {"ticks": order.price_ticks, "lots": order.leaves_lots}
        return self.new(self.chance.choice(HELPERS), order.instrument_name, 1 - order.side, tif=IOC, **terms)

    def bust(self) -> AnyCommand:
        """Undo a trade. Not of net sums, where it may take a sale out: that door stays open."""
        if self.net or not self.trades:
            return commands.Tick()
        return commands.BustTrade(self.chance.choice(list(self.trades)), "error")
