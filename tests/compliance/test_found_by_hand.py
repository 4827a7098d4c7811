"""Cases that were computed by hand from the rules' sources and came out otherwise once, each with its arithmetic."""

from __future__ import annotations

import pytest

from engine.vocabulary.codes import (
    BUY,
    CONTINUOUS,
    CRYPTO,
    DOMESTIC_PAYMENT,
    INDIVIDUAL,
    IOC,
    LIMIT,
    MARKET,
    NOTE,
    SELL,
    SPOT,
    STOP,
)
from engine.vocabulary.codes import FUTURE as FUTURE_KIND
from engine.vocabulary.messages.commands import (
    AddAsset,
    CloseOut,
    Deposit,
    IssueAsset,
    ListInstrument,
    MarkFuture,
    NewOrder,
    NewOrderPair,
    RegisterIntermediary,
    RegisterInvestor,
    SetKillSwitch,
    SetPhase,
    SetTradingRules,
    Transfer,
)
from engine.vocabulary.messages.events import (
    AssetIssued,
    CommandRejected,
    Event,
    FundsMoved,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
)
from tests.support.compliance.answers import sums
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, e8, rules_of

FUTURE = "BTC-FUT"


class Case(Venue):
    """A venue with short words for orders that the others do not know."""

    number = 0

    def new(
        self, account: str, side: int, quantity: str, price: str, instrument: str = FUTURE, **terms: object
    ) -> NewOrder:
        self.number += 1
        kind, tif = terms.pop("order_type", LIMIT), terms.pop("tif", 0)
        return NewOrder(
            PARTICIPANT, account, f"h{self.number}", instrument, side, kind, tif,  # type: ignore[arg-type]
            e8(price) if price else 0, e8(quantity) if quantity else 0, **terms,  # type: ignore[arg-type]
        )  # fmt: skip

    def order(self, *arguments: str | int, **terms: object) -> list[Event]:
        return self.apply(self.new(*arguments, **terms))  # type: ignore[arg-type]

    def trade(self, instrument: str, quantity: str, price: str) -> None:
        self.order("dealer", SELL, quantity, price, instrument)
        self.order("firm", BUY, quantity, price, instrument)

    def list_spot(self, name: str, reference: str, *, tick: int = 10**4, kind: int = SPOT, band: bool = True) -> None:
        base, _, quote = name.partition("/")
        underlying = "BTC" if kind == NOTE else ""
        self.do(
            ListInstrument(
                name,
                kind,
                base,
                quote,
                tick,
                10**6,
                10**6,
                10**16,
                10**15,
                100_000,
                e8(reference),
                underlying=underlying,
            )
        )
        if band:
            self.do(SetTradingRules(name, 100_000))
        self.do(SetPhase(name, CONTINUOUS))

    def open_future(self) -> None:
        """`qualified` is long 0.05 at 5 000 000."""
        self.do(SetTradingRules(FUTURE, 300_000))
        self.do(MarkFuture(FUTURE, e8("5000000"), "open"))
        self.do(SetPhase(FUTURE, CONTINUOUS))
        self.order("dealer", SELL, "0.05", "5000000")
        assert any(type(event) is Trade for event in self.order("qualified", BUY, "0.05", "5000000"))

    def position(self, account: str) -> int:
        core = self.exchange.accounts[account]
        found = core.positions.get(self.exchange.instruments[FUTURE].number)
        return 0 if found is None else found.lots


def gone(events: list[Event]) -> list[tuple[int, str]]:
    return [(event.order_id, event.rule) for event in events if isinstance(event, OrderCancelled)]


@pytest.mark.parametrize("band", [True, False])
def test_a_sale_by_funds_is_worth_its_funds(band: bool) -> None:
    """At 100 RUB 10 000 USDT are 1 000 000 RUB, above the cap; 10 USDT are 1 000 RUB, within. The band says nothing of either."""
    venue = Case("general-2026")
    venue.trade("USDT/RUB", "1", "100")
    venue.list_spot("METAL/USDT", "10", band=band)
    venue.do(IssueAsset("METAL", "retail", 10**6, "smelter"))
    venue.order("firm", BUY, "3000", "10", "METAL/USDT")
    large, small = (
        venue.order("retail", SELL, "", "", "METAL/USDT", order_type=MARKET, tif=IOC, funds=usdt * 10**6)
        for usdt in (10_000, 10)
    )
    assert rules_of(large[0]) == ("RET-1",)
    assert any(type(event) is Trade for event in small)
    line = sums(venue, "retail").by_intermediary["alfa"]
    assert sum(each.bought_for_crypto for each in line.days.values()) == 1_000_00


@pytest.mark.parametrize("change", ["class", "intermediary", "close_out"])
def test_an_order_that_was_let_in_because_it_closes_never_opens(change: str) -> None:
    """Long 500 lots, 500 rest to be sold. Closed by something else, they would open a short of 500: they go at once."""
    venue = Case("general-2026")
    venue.open_future()
    if change == "intermediary":
        venue.do(RegisterIntermediary("alfa", suspended=True))
    else:
        venue.do(RegisterInvestor("qualified", INDIVIDUAL, assets_rub=0))
    (resting, *_) = venue.order("qualified", SELL, "0.05", "5500000")
    assert isinstance(resting, OrderAccepted)
    venue.order("dealer", BUY, "0.05", "5000000")
    if change == "close_out":
        events = venue.apply(CloseOut("qualified", FUTURE, "test"))
    else:
        events = venue.order("qualified", SELL, "0.05", "5000000", reduce_only=True)
    assert venue.position("qualified") == 0
    rule = "INT-1" if change == "intermediary" else "DER-1"
    assert gone(events) == [(resting.order_id, rule)]
    venue.order("dealer", BUY, "0.05", "5500000")
    assert venue.position("qualified") == 0
    venue.exchange.check()


def test_one_that_still_closes_stays() -> None:
    """Long 500, 200 rest. 300 are closed by something else: the 200 still close what is left."""
    venue = Case("general-2026")
    venue.open_future()
    venue.do(RegisterInvestor("qualified", INDIVIDUAL, assets_rub=0))
    (resting, *_) = venue.order("qualified", SELL, "0.02", "5500000")
    venue.order("dealer", BUY, "0.03", "5000000")
    assert gone(venue.order("qualified", SELL, "0.03", "5000000", reduce_only=True)) == []
    venue.order("dealer", BUY, "0.02", "5500000")
    assert isinstance(resting, OrderAccepted) and venue.position("qualified") == 0


@pytest.mark.parametrize("pair_first", [True, False])
def test_a_pair_beside_counts_once(pair_first: bool) -> None:
    """Long 0.05: of a closing pair of 0.02 one order can fill, so 0.03 beside it still close, whichever comes first."""
    venue = Case("general-2026")
    venue.open_future()
    pair = NewOrderPair(
        PARTICIPANT, "qualified", venue.new("qualified", SELL, "0.02", "6000000"),
        venue.new("qualified", SELL, "0.02", "", order_type=STOP, stop_price_e8=e8("4000000")),
    )  # fmt: skip
    plain = venue.new("qualified", SELL, "0.03", "5900000")
    if pair_first:
        venue.do(RegisterIntermediary("alfa", suspended=True))
    for command in (pair, plain) if pair_first else (plain, pair):
        assert not any(isinstance(event, OrderRejected) for event in venue.apply(command))
    if not pair_first:
        assert gone(venue.do(RegisterIntermediary("alfa", suspended=True))) == []
    assert rules_of(venue.order("qualified", SELL, "0.0001", "5900000")[0]) == ("INT-1",)


def test_a_pair_that_closes_a_future_on_no_crypto_counts_once_too() -> None:
    """Long 5 of palladium: each order of the pair may be 5, since one of the two can fill. A second pair can close no more."""
    venue = Case("general-2026")
    expiry_ns = 4_102_444_800 * 10**9
    venue.do(
        ListInstrument(
            "PD-FUT", FUTURE_KIND, "METAL", "RUB", ROUBLE, 10**8, 10**8, 10**16, 10**15, 100_000,
            underlying="palladium", expiry_ns=expiry_ns,
        )
    )  # fmt: skip
    venue.do(SetTradingRules("PD-FUT", 300_000))
    venue.do(MarkFuture("PD-FUT", e8("5000"), "open"))
    venue.do(SetPhase("PD-FUT", CONTINUOUS))
    venue.order("dealer", SELL, "5", "5000", "PD-FUT")
    venue.order("qualified", BUY, "5", "5000", "PD-FUT")
    venue.do(RegisterIntermediary("alfa", suspended=True))

    def pair() -> list[Event]:
        limit = venue.new("qualified", SELL, "5", "6000", "PD-FUT")
        stop = venue.new("qualified", SELL, "5", "", "PD-FUT", order_type=STOP, stop_price_e8=e8("4000"))
        return venue.apply(NewOrderPair(PARTICIPANT, "qualified", limit, stop))

    assert not any(isinstance(event, OrderRejected) for event in pair())
    refused = next(event for event in pair() if isinstance(event, OrderRejected))
    assert refused.rules == ("INT-1",)


def test_where_no_spot_is_admitted_coins_come_by_no_other_door() -> None:
    venue = Case("derivatives-2025")
    for asset in ("BTC", "XMR"):
        (refused,) = venue.apply(Transfer(PARTICIPANT, "firm", f"t-{asset}", "retail", asset, 10**6, 2))
        assert isinstance(refused, RequestRejected) and refused.rules == ("DER-1",)
        assert isinstance(venue.apply(Deposit("retail", asset, 10**6))[0], CommandRejected)
        assert isinstance(venue.apply(Deposit("retail", asset, 10**6, origin="a wallet"))[0], FundsMoved)


def test_what_only_settles_comes_in_with_its_origin() -> None:
    venue = Case("general-2026", (("SET-2", "usdt_mode", '"settlement_only"'),))
    for account in ("retail", "qualified"):
        assert isinstance(venue.apply(Deposit(account, "USDT", 10**6))[0], CommandRejected)
        assert isinstance(venue.apply(Deposit(account, "USDT", 10**6, origin="a wallet"))[0], FundsMoved)


def test_int_1_looks_at_what_is_no_crypto_too() -> None:
    venue = Case("general-2026")
    assert isinstance(venue.apply(IssueAsset("METAL", "qualified@credit", 100_000, "smelter"))[0], AssetIssued)
    venue.do(RegisterIntermediary("alfa", suspended=True))
    assert isinstance(venue.apply(IssueAsset("METAL", "retail", 500, "smelter"))[0], CommandRejected)
    move = Transfer(PARTICIPANT, "qualified@credit", "t", "retail", "METAL", 500, DOMESTIC_PAYMENT)
    (refused,) = venue.apply(move)
    assert isinstance(refused, RequestRejected) and refused.rules == ("INT-1",)


def test_who_sells_a_note_for_a_stablecoin_is_asked_about_the_stablecoin() -> None:
    """0.01 notes at 1 000 USDT, at the upper band 1 100: 11 USDT, 1 100 RUB. Retail may buy USDT."""
    venue = Case("general-2026", (("RET-2", "crypto_for_crypto", "true"),))
    venue.trade("USDT/RUB", "1", "100")
    venue.list_spot("BTC-NOTE/USDT", "1000", tick=ROUBLE, kind=NOTE)
    assert isinstance(venue.order("retail", SELL, "0.01", "1000", "BTC-NOTE/USDT")[0], OrderAccepted)
    assert sums(venue, "retail").reserved(True) == 1_100_00
    assert rules_of(venue.order("retail", BUY, "0.01", "1000", "BTC-NOTE/USDT")[0]) == ("DER-1",)


def test_what_has_no_rouble_market_may_be_paid_away() -> None:
    """The only book of FOO prices bitcoin in it: to buy there is the way out, until FOO can be sold for roubles."""
    venue = Case("general-2026")
    venue.do(AddAsset("FOO", CRYPTO, 8))
    venue.do(Deposit("retail", "FOO", 10**12, origin="a wallet"))
    venue.list_spot("BTC/FOO", "10")
    (resting, *_) = venue.order("retail", BUY, "0.01", "10", "BTC/FOO")
    assert isinstance(resting, OrderAccepted)
    venue.list_spot("FOO/RUB", "100", tick=ROUBLE)
    assert "RET-2" in rules_of(venue.order("retail", BUY, "0.01", "10", "BTC/FOO")[0])
    # Who has one open is looked at with the next command about anybody.
    assert [order_id for order_id, _ in gone(venue.do(RegisterIntermediary("beta", capital_rub=1)))] == [
        resting.order_id
    ]


def test_a_kill_switch_says_who_may_close() -> None:
    venue = Case("general-2026")
    venue.open_future()
    venue.do(SetKillSwitch(1, "qualified", True))
    (refused, *_) = venue.order("qualified", SELL, "0.05", "5000000", reduce_only=True)
    assert isinstance(refused, OrderRejected) and "close_out" in refused.detail
