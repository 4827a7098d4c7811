"""RET-1 twice: the ledger beside a recount from the events alone, equal after every step of random sessions.

Sessions trade for roubles and for crypto, amend, cancel, undo and reprice trades, change classes and the cap's parameters,
cross midnights and New Years, and restart. After every step, whatever the parameters in force:

* used and reserved are what the recount says, for every window, basis, scope, and with crypto counted or not;
* no order raises used and reserved together beyond the cap.

What may pass the cap: a trade repriced upwards; a class or cap that changes (then nothing that would pass it stays open);
and, net of sales, a sale that is undone, repriced downwards, or leaves a rolling window.
"""

from __future__ import annotations

import random
from itertools import product

import pytest

from compliance import ComplianceHook
from compliance.registry.calendar import days_from_civil, moscow_year
from compliance.rules.ret_1 import AnnualCap
from engine.exchange import Exchange
from engine.vocabulary.codes import BUY, CONTINUOUS, FOK, GTC, INDIVIDUAL, IOC, LIMIT, MARKET, SELL, SPOT
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages.commands import (
    AmendOrder,
    BustTrade,
    ListInstrument,
    MassCancel,
    NewOrder,
    RegisterInvestor,
    RepriceTrade,
    SetPhase,
    SetTradingRules,
    Tick,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    Event,
    Trade,
)
from tests.support.compliance.recount import Recount, RestartingVenue
from tests.support.compliance.venue import PARTICIPANT, moscow_ns
from tests.support.engine.streams import each_of

TRADERS = ("retail", "retail@beta", "small_firm", "qualified", "dealer")
INVESTORS = ("retail", "small_firm", "qualified")
SCOPES = (None, "alfa", "beta", "")
# Tick times lot: a kopeck; a kopeck; and one millionth of a USDT, so that rouble values are rounded.
MARKETS = {"BTC/RUB": 80_000, "USDT/RUB": 100, "ETH/USDT": 100_003}
ETH_USDT = ListInstrument(
    "ETH/USDT", SPOT, "ETH", "USDT", 10**4, 10**6, 10**6, 10**16, 10**15, 100_000, 100_003 * 10**4
)
# A hundred millionths of the reference: ten ticks each way, which no order is further away.
STATIC_PPM = 100
HIGHS = {"ETH/USDT": 100_013}

Parameters = tuple[str, str, str, str, str]
"""Cap, scope, basis, window, whether crypto counts."""
COMBINATIONS = list(
    product(
        ("aggregate", "per_intermediary"),
        ("gross_purchases", "net_of_sales"),
        ("calendar_year", "rolling_year"),
        ("false", "true"),
    )
)
# Each word of each parameter twice.
FEW_COMBINATIONS = COMBINATIONS[::5]


HOW = ("gtc", "gtc", "gtc", "gtc", "ioc", "fok", "post", "market", "funds")
WAITS = (1, 1, NS_PER_DAY, 40 * NS_PER_DAY, 183 * NS_PER_DAY)
STEPS = 250


def draw(chance: random.Random, changes: bool) -> tuple[object, ...]:
    """What happens next; `changes`: classes and parameters may change."""
    roll = chance.randrange(200 if changes else 190)
    if roll < 110:
        account, side = chance.choice(TRADERS), chance.choice((BUY, BUY, SELL))
        market = chance.choice(("BTC/RUB", "USDT/RUB", "ETH/USDT", "ETH/USDT"))
        return ("order", account, side, market, (chance.randint(1, 60), chance.randint(-3, 3)), chance.choice(HOW))
    if roll < 140:
        return ("amend", chance.randrange(12), chance.randint(1, 150), chance.randint(-3, 3))
    if roll < 150:
        return ("cancel", chance.randrange(12))
    if roll < 153:
        return ("mass_cancel", chance.choice(TRADERS))
    if roll < 160:
        return ("wait", chance.choice(WAITS))
    if roll < 163:
        return ("new_year", chance.randrange(2) == 0)
    if roll < 172:
        return ("bust", chance.randrange(6))
    if roll < 185:
        return ("reprice", chance.randrange(6), chance.randint(1, 130))
    if roll < 190:
        return ("restart",)
    if roll < 195:
        return ("class", chance.choice((0, 24_000_000)))
    return ("rules", chance.choice(("50000.00", "100000.00")), chance.choice(COMBINATIONS))


class Session:
    """One random session: a venue, the recount beside it, and what must hold after every step."""

    def __init__(self, combination: tuple[str, str, str, str]) -> None:
        self.parameters: Parameters = ("100000.00", *combination)
        self.venue = RestartingVenue("general-2026", self.changes())
        self.venue.do(ETH_USDT)
        self.venue.do(SetTradingRules("ETH/USDT", STATIC_PPM))
        self.venue.do(SetPhase("ETH/USDT", CONTINUOUS))
        # So that funds run out, too, after compliance has passed an order or an amend.
        self.venue.do(Withdraw("retail@beta", "USDT", 10**16 - 4_000_000))
        self.venue.do(Withdraw("small_firm", "USDT", 10**16 - 2_000_000))
        self.venue.do(Withdraw("small_firm", "RUB", 10**16 - 60_000_00))
        # The first trade of USDT makes it known what USDT is worth.
        self.venue.sell("dealer", "1", "USDT/RUB", "10000")
        self.venue.buy("firm", "1", "USDT/RUB", "10000")
        self.recount = Recount(HIGHS)
        for event in self.venue.log:
            self.recount.add(event, self.venue.time_ns)
        self.entered: list[tuple[str, int, str]] = []
        self.trade_ids: list[tuple[int, str]] = []
        self.totals = self.read_totals()

    def changes(self) -> tuple[tuple[str, str, str], ...]:
        cap, scope, basis, window, crypto = self.parameters
        return (
            ("RET-4", "enabled", "false"),
            ("RET-3", "validity_days", "1000000"),
            ("QUAL-1", "risk_test_required", "false"),
            ("RET-2", "crypto_for_crypto", "true"),
            ("RET-1", "retail_cap_rub", f'"{cap}"'),
            ("RET-1", "cap_scope", f'"{scope}"'),
            ("RET-1", "cap_basis", f'"{basis}"'),
            ("RET-1", "cap_window", f'"{window}"'),
            ("RET-1", "crypto_for_crypto_counted", crypto),
        )

    @property
    def cap(self) -> int:
        return int(self.parameters[0].replace(".", ""))

    @property
    def net(self) -> bool:
        return self.parameters[2] == "net_of_sales"

    def step(self, action: tuple[object, ...]) -> None:
        before = len(self.venue.log)
        getattr(self, f"do_{action[0]}")(*action[1:])
        for event in self.venue.log[before:]:
            self.recount.add(event, self.venue.time_ns)
            if isinstance(event, Trade):
                self.trade_ids.append((event.trade_id, event.instrument))
        if len(self.venue.commands) % 8 == 0:
            self.venue.exchange.check()
        self.compare()
        self.hold_the_cap(str(action[0]))

    def do_order(
        self, account: str, side: int, instrument: str, size: tuple[int, int], how: str = "gtc"
    ) -> list[Event]:
        """Enter so many lots, so many ticks away from where the market is."""
        lots, ticks_away = size
        exchange = self.venue.exchange
        instruments = exchange.instruments[instrument]
        price_ticks = MARKETS[instrument] + ticks_away * (20 if instrument == "USDT/RUB" else 1)
        market = how in ("market", "funds")
        funds = price_ticks * lots * instruments.unit if how == "funds" else 0
        self.entered.append((account, exchange.seq + 1, instrument))
        return self.venue.apply(
            NewOrder(
                PARTICIPANT,
                account,
                f"c{exchange.seq + 1}",
                instrument,
                side,
                MARKET if market else LIMIT,
                {"ioc": IOC, "fok": FOK}.get(how, IOC if market else GTC),
                0 if market else price_ticks * instruments.tick_e8,
                0 if funds else lots * instruments.lot_e8,
                int(how == "post"),
                funds=funds,
            )
        )

    def do_amend(self, pick: int, lots: int, ticks_away: int) -> None:
        if self.entered:
            account, order_id, instrument = self.entered[-1 - pick % len(self.entered)]
            found = self.venue.exchange.instruments[instrument]
            price_e8 = (MARKETS[instrument] + ticks_away) * found.tick_e8
            self.venue.apply(AmendOrder(PARTICIPANT, account, order_id, "", price_e8, lots * found.lot_e8))

    def do_cancel(self, pick: int) -> None:
        if self.entered:
            account, order_id, _ = self.entered[-1 - pick % len(self.entered)]
            self.venue.cancel(account, order_id)

    def do_mass_cancel(self, account: str) -> None:
        self.venue.apply(MassCancel(PARTICIPANT, account))

    def do_wait(self, duration_ns: int) -> None:
        self.venue.time_ns += duration_ns
        self.venue.apply(Tick())

    def do_new_year(self, arrived: bool) -> None:
        self.venue.time_ns = moscow_ns(f"{moscow_year(self.venue.time_ns) + 1}-01-01 00:00:00") - (not arrived)
        self.venue.apply(Tick())

    def do_bust(self, pick: int) -> None:
        if self.trade_ids:
            self.venue.apply(BustTrade(self.trade_ids[-1 - pick % len(self.trade_ids)][0], "error"))

    def do_reprice(self, pick: int, percent: int) -> None:
        if self.trade_ids:
            trade_id, instrument = self.trade_ids[-1 - pick % len(self.trade_ids)]
            price_ticks = MARKETS[instrument] * percent // 100 or 1
            tick_e8 = self.venue.exchange.instruments[instrument].tick_e8
            self.venue.apply(RepriceTrade(trade_id, price_ticks * tick_e8, "error"))

    def do_restart(self) -> None:
        self.venue.restart()

    def do_class(self, assets_rub: int) -> None:
        self.venue.do(RegisterInvestor("retail", INDIVIDUAL, assets_rub=assets_rub))

    def do_rules(self, cap: str, combination: tuple[str, str, str, str]) -> None:
        self.parameters = (cap, *combination)
        self.venue.load("general-2026", self.changes())

    def compare(self) -> None:
        """The ledger and the recount agree, whatever the rule in force reads of them."""
        ledger, recount, now = self.venue.hook.intake.ledger, self.recount, self.venue.time_ns
        today, first_day = moscow_day(now), days_from_civil(moscow_year(now), 1, 1)
        kept = {**ledger.open_orders, **ledger.open_sells}
        assert {order_id: list(entry[2:]) for order_id, entry in kept.items()} == {
            order_id: [order["price"], order["leaves"]] for order_id, order in recount.open.items()
        }
        for investor in INVESTORS:
            sums = ledger.look(self.venue.hook.intake.registry.clients[investor])
            for scope, crypto in product(SCOPES, (False, True)):
                assert sums.reserved(crypto, scope) == recount.reserved(investor, scope, crypto)
                for rolling, net in product((False, True), repeat=2):
                    used = sums.used(today, first_day, rolling=rolling, net=net, crypto=crypto, intermediary=scope)
                    expected = recount.used(investor, scope, now, rolling=rolling, net=net, crypto=crypto)
                    assert used == expected, (investor, scope, rolling, net)

    def read_totals(self) -> dict[tuple[str, str | None], tuple[int, int]]:
        """Used and reserved by investor and scope, as the rule in force counts."""
        intake = self.venue.hook.intake
        assert intake.table is not None
        rule = next(rule for rule in intake.table.rules if isinstance(rule, AnnualCap))
        scopes = (None,) if rule.aggregate else SCOPES[1:]
        return {
            (investor, scope): rule.usage(
                intake.ledger, intake.ledger.look(intake.registry.clients[investor]), self.venue.time_ns, scope
            )
            for investor in INVESTORS
            for scope in scopes
        }

    def hold_the_cap(self, action: str) -> None:
        before, self.totals = self.totals, self.read_totals()
        for key, (used, reserved) in self.totals.items():
            if action in ("rules", "class"):
                # What was bought stays bought; but then nothing is open that would add to it.
                assert used + reserved <= self.cap or not reserved
                continue
            earlier = sum(before[key])
            if action == "reprice" or (self.net and action in ("bust", "wait", "new_year")):
                continue
            if action in ("bust", "wait", "new_year", "restart"):
                assert used + reserved <= earlier
            else:
                assert used + reserved <= max(self.cap, earlier)

    def close(self) -> None:
        """With no open orders nothing is reserved; and the journal alone makes the same state."""
        for account in TRADERS:
            self.step(("mass_cancel", account))
        ledger = self.venue.hook.intake.ledger
        assert not ledger.open_orders and not ledger.open_sells
        assert not ledger.rated
        for sums in ledger.investors.values():
            for line in sums.by_intermediary.values():
                assert (line.reserved, line.reserved_for_crypto, line.open_purchases) == (0, 0, 0)
                assert len(line.days) <= 366
        again = Exchange(ComplianceHook())
        for sequenced in self.venue.commands:
            again.apply(sequenced)
        assert again.snapshot() == self.venue.exchange.snapshot()


@pytest.mark.parametrize("combination", each_of(COMBINATIONS, FEW_COMBINATIONS), ids="-".join)
def test_under_fixed_parameters_no_order_passes_the_cap(combination: tuple[str, str, str, str]) -> None:
    seed = COMBINATIONS.index(combination)
    chance = random.Random(seed)
    session = Session(combination)
    corrected = False
    for _ in range(STEPS):
        action = draw(chance, False)
        session.step(action)
        corrected = corrected or action[0] == "reprice"
        if not session.net and not corrected:
            assert all(used + reserved <= session.cap for used, reserved in session.totals.values())
    session.close()


@pytest.mark.parametrize("seed", each_of(range(100, 108), range(100, 102)))
def test_parameters_and_classes_may_change_at_any_moment(seed: int) -> None:
    chance = random.Random(seed)
    session = Session(chance.choice(COMBINATIONS))
    for _ in range(STEPS):
        session.step(draw(chance, True))
    session.close()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1_000, 1_200))
def test_many_more_sessions(seed: int) -> None:
    chance = random.Random(seed)
    session = Session(chance.choice(COMBINATIONS))
    for _ in range(4 * STEPS):
        session.step(draw(chance, seed % 2 == 0))
    session.close()


def test_the_sessions_do_what_they_are_meant_to() -> None:
    """The properties would hold for sessions in which nothing happens; this one is a sample of what they do."""
    session = Session(("aggregate", "gross_purchases", "calendar_year", "true"))
    session.step(("order", "dealer", SELL, "BTC/RUB", (100, 0)))
    session.step(("order", "retail", BUY, "BTC/RUB", (60, 1)))
    session.step(("order", "dealer", SELL, "ETH/USDT", (30, 0)))
    session.step(("order", "retail@beta", BUY, "ETH/USDT", (7, 0)))
    session.step(("order", "retail@beta", BUY, "ETH/USDT", (120, 3)))
    session.step(("restart",))
    session.step(("order", "retail", BUY, "ETH/USDT", (40, -1)))
    session.step(("order", "dealer", SELL, "USDT/RUB", (1, 1)))
    session.step(("order", "firm", BUY, "USDT/RUB", (1, 1)))
    session.step(("order", "dealer", SELL, "ETH/USDT", (9, -1)))
    session.step(("amend", 3, 20, -2))
    session.step(("bust", 3))
    names = [type(event).__name__ for event in session.venue.log]
    assert names.count("Trade") == 5
    assert names.count("OrderRejected") == 1
    assert names.count("TradeCorrected") == 1
    crypto = [row["kopecks"] for row in session.recount.trades if row["crypto"]]
    # Each is a purchase of ether and a sale of USDT.
    assert crypto == [7 * 100_003, 7 * 100_003, 9 * 100_002, 9 * 100_002]
    session.close()
