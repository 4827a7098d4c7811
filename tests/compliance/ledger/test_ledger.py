"""The annual cap in one market: random sessions, shrunk when they fail. `test_cap_recount.py` has all markets and variants."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.registry.calendar import days_from_civil, moscow_year
from engine.build import is_compiled
from engine.vocabulary.codes import (
    BUY,
    FOK,
    GTC,
    INDIVIDUAL,
    IOC,
    LIMIT,
    MARKET,
    SELL,
)
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages.commands import (
    MassCancel,
    NewOrder,
    RegisterInvestor,
    SetBlocked,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    Event,
    InvestorRegistered,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
)
from tests.support.compliance.venue import ACCOUNTS, PARTICIPANT, Venue

RETAIL_ACCOUNTS = ("retail", "retail@beta", "small_firm")
TRADERS = (*RETAIL_ACCOUNTS, "dealer")
INVESTORS = ("retail", "small_firm")
INTERMEDIARIES = ("alfa", "beta", "")
# A tick times a lot of BTC/RUB is one kopeck, so a value is price_ticks * quantity_lots kopecks.
CAPS = {"100000.00": 100_000_00, "300000.00": 300_000_00, "1000000.00": 1_000_000_00}


class Recount:
    """Purchases recounted from the events alone, by what a reader of the journal would do."""

    def __init__(self) -> None:
        self.orders: dict[int, list[int]] = {}
        """Open buy orders: limit and leaves."""
        self.owner: dict[int, str] = {}
        self.bought: dict[tuple[str, str, int], int] = {}
        """By investor, intermediary and year."""
        self.retail: dict[str, bool] = {}

    def add(self, event: Event, time_ns: int) -> None:
        if isinstance(event, InvestorRegistered):
            self.retail[event.investor] = event.investor_class in ("retail", "unqualified_firm")
        elif isinstance(event, OrderAccepted) and event.side == BUY:
            self.orders[event.order_id] = [event.price_ticks, event.quantity_lots]
            self.owner[event.order_id] = event.account
        elif isinstance(event, OrderAmended) and event.side == BUY:
            self.orders[event.order_id] = [event.price_ticks, event.leaves_lots]
        elif isinstance(event, OrderCancelled):
            self.orders.pop(event.order_id, None)
        elif isinstance(event, Trade):
            taker = event.taker_side == BUY
            order_id = event.taker_order_id if taker else event.maker_order_id
            leaves = event.taker_leaves_lots if taker else event.maker_leaves_lots
            self.orders[order_id][1] = leaves
            if leaves == 0:
                del self.orders[order_id]
            investor, intermediary = ACCOUNTS[self.owner[order_id]]
            if self.retail[investor]:
                key = (investor, intermediary, moscow_year(time_ns))
                value = event.price_ticks * event.quantity_lots
                self.bought[key] = self.bought.get(key, 0) + value

    def used(self, investor: str, intermediary: str, year: int) -> int:
        return self.bought.get((investor, intermediary, year), 0)

    def reserved(self, investor: str, intermediary: str) -> int:
        if not self.retail[investor]:
            return 0
        return sum(
            price * leaves
            for order_id, (price, leaves) in self.orders.items()
            if ACCOUNTS[self.owner[order_id]] == (investor, intermediary)
        )


ORDER = st.tuples(
    st.just("order"),
    st.sampled_from(TRADERS),
    st.sampled_from((BUY, BUY, SELL)),
    st.integers(1, 160),
    st.integers(79_990, 80_010),
    st.sampled_from(("gtc", "gtc", "gtc", "ioc", "fok", "post", "market")),
)
PICK = st.integers(0, 30)
ACTION = st.one_of(
    ORDER,
    ORDER,
    ORDER,
    st.tuples(st.just("amend"), PICK, st.integers(1, 400), st.integers(79_980, 80_020)),
    st.tuples(st.just("cancel"), PICK),
    st.tuples(st.just("mass_cancel"), st.sampled_from(TRADERS)),
    st.tuples(st.just("wait"), st.sampled_from((1, NS_PER_DAY // 2, 100 * NS_PER_DAY))),
    st.tuples(st.just("class"), st.sampled_from((0, 24_000_000))),
    st.tuples(st.just("block"), st.booleans()),
    st.tuples(st.just("cap"), st.sampled_from(sorted(CAPS))),
)


class Session:
    """One random session: a venue, the recount beside it, and what must hold after every step."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.cap = "300000.00"
        self.venue = Venue("general-2026", self.changes())
        # So that funds run out, too, after compliance has passed an order.
        for account in ("retail@beta", "small_firm"):
            self.venue.do(Withdraw(account, "RUB", 10**16 - 150_000_00))
        self.recount = Recount()
        for event in self.venue.log:
            self.recount.add(event, self.venue.time_ns)
        self.entered: list[tuple[str, int]] = []

    def changes(self) -> tuple[tuple[str, str, str], ...]:
        return (
            ("RET-4", "enabled", "false"),
            ("RET-3", "validity_days", "1000000"),
            ("RET-1", "cap_scope", f'"{self.scope}"'),
            ("RET-1", "retail_cap_rub", f'"{self.cap}"'),
        )

    def step(self, action: tuple[object, ...]) -> None:
        before = len(self.venue.log)
        getattr(self, f"do_{action[0]}")(*action[1:])
        for event in self.venue.log[before:]:
            self.recount.add(event, self.venue.time_ns)
        self.verify()

    def do_order(self, account: str, side: int, lots: int, price_ticks: int, how: str) -> None:
        self.entered.append((account, self.venue.exchange.seq + 1))
        market = how == "market"
        self.venue.apply(
            NewOrder(
                PARTICIPANT,
                account,
                f"c{self.venue.exchange.seq + 1}",
                "BTC/RUB",
                side,
                MARKET if market else LIMIT,
                {"ioc": IOC, "fok": FOK}.get(how, GTC),
                0 if market else price_ticks * 10**10,
                lots * 10**4,
                how == "post",
            )
        )

    def do_amend(self, pick: int, lots: int, price_ticks: int) -> None:
        if self.entered:
            account, order_id = self.entered[-1 - pick % len(self.entered)]
            self.venue.amend(account, order_id, f"{lots / 10_000:.4f}", f"{price_ticks * 100}")

    def do_cancel(self, pick: int) -> None:
        if self.entered:
            account, order_id = self.entered[-1 - pick % len(self.entered)]
            self.venue.cancel(account, order_id)

    def do_mass_cancel(self, account: str) -> None:
        self.venue.apply(MassCancel(PARTICIPANT, account))

    def do_wait(self, duration_ns: int) -> None:
        self.venue.time_ns += duration_ns

    def do_class(self, assets_rub: int) -> None:
        self.venue.do(RegisterInvestor("retail", INDIVIDUAL, assets_rub=assets_rub))

    def do_block(self, blocked: bool) -> None:
        self.venue.do(SetBlocked("small_firm", blocked))

    def do_cap(self, cap: str) -> None:
        self.cap = cap
        self.venue.load("general-2026", self.changes())

    def verify(self) -> None:
        ledger = self.venue.hook.intake.ledger
        day, year = moscow_day(self.venue.time_ns), moscow_year(self.venue.time_ns)
        first_day = days_from_civil(year, 1, 1)
        assert {order: [entry[2], entry[3]] for order, entry in ledger.open_orders.items()} == self.recount.orders
        for investor in INVESTORS:
            sums = ledger.investors.get(investor)
            lines = []
            for intermediary in INTERMEDIARIES:
                used = (
                    0
                    if sums is None
                    else sums.used(day, first_day, rolling=False, net=False, crypto=False, intermediary=intermediary)
                )
                reserved = 0 if sums is None else sums.reserved(False, intermediary)
                assert used == self.recount.used(investor, intermediary, year)
                assert reserved == self.recount.reserved(investor, intermediary)
                lines.append((used, reserved))
            if self.scope == "aggregate":
                lines = [(sum(used for used, _ in lines), sum(reserved for _, reserved in lines))]
            for used, reserved in lines:
                # A cap that was lowered may be passed by what was bought before, but then nothing may be open.
                assert used + reserved <= CAPS[self.cap] or reserved == 0

    def close(self) -> None:
        for account in TRADERS:
            self.step(("mass_cancel", account))
        for sums in self.venue.hook.intake.ledger.investors.values():
            assert sums.reserved(True) == 0
            assert all(line.open_purchases == 0 for line in sums.by_intermediary.values())
        self.venue.exchange.check()


SCOPE = st.sampled_from(("aggregate", "per_intermediary"))
ACTIONS = st.lists(ACTION, min_size=10, max_size=80)
PURCHASES = st.lists(
    st.one_of(ORDER, st.tuples(st.just("cancel"), PICK), st.tuples(st.just("wait"), st.just(20 * NS_PER_DAY))),
    min_size=10,
)


def compare_with_recount(scope: str, actions: list[tuple[object, ...]]) -> None:
    session = Session(scope)
    for action in actions:
        session.step(action)
    session.close()


def keep_below_cap(actions: list[tuple[object, ...]]) -> None:
    session = Session("aggregate")
    for action in actions:
        session.step(action)
        totals: dict[tuple[str, int], int] = {}
        for (investor, _, year), value in session.recount.bought.items():
            totals[investor, year] = totals.get((investor, year), 0) + value
        assert all(total <= 300_000_00 for total in totals.values())


@settings(max_examples=120 if is_compiled() else 24)
@given(SCOPE, ACTIONS)
def test_the_ledger_equals_the_recount_and_the_cap_holds(scope: str, actions: list[tuple[object, ...]]) -> None:
    compare_with_recount(scope, actions)


@settings(max_examples=60 if is_compiled() else 12)
@given(PURCHASES)
def test_under_a_fixed_cap_purchases_of_a_year_never_exceed_it(actions: list[tuple[object, ...]]) -> None:
    keep_below_cap(actions)


@pytest.mark.soak
@settings(max_examples=1_200)
@given(SCOPE, ACTIONS, PURCHASES)
def test_both_hold_for_long(scope: str, actions: list[tuple[object, ...]], purchases: list[tuple[object, ...]]) -> None:
    compare_with_recount(scope, actions)
    keep_below_cap(purchases)


def test_the_random_sessions_reach_the_cap_and_trade() -> None:
    """The property would hold for a session in which nothing happens; this one is a sample of what they do."""
    session = Session("aggregate")
    session.step(("order", "dealer", SELL, 160, 80_000, "gtc"))
    session.step(("order", "dealer", SELL, 160, 80_000, "gtc"))
    session.step(("order", "retail", BUY, 150, 80_010, "gtc"))
    session.step(("order", "retail@beta", BUY, 150, 80_000, "gtc"))
    session.step(("order", "retail", BUY, 150, 80_000, "gtc"))
    session.step(("class", 24_000_000))
    session.step(("order", "retail", BUY, 150, 70_000, "gtc"))
    session.step(("class", 0))
    names = [type(event).__name__ for event in session.venue.log]
    assert names.count("Trade") == 3
    assert names.count("OrderRejected") == 1
    session.close()
