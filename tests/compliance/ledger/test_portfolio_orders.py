"""What a financial firm's orders count for while they are open: pairs once, reduce-only orders not at all, crypto alone."""

from __future__ import annotations

from compliance.ledger.portfolio import HELD
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL, SPOT, STOP_LIMIT
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Deposit,
    IssueAsset,
    ListInstrument,
    MarkFuture,
    NewOrder,
    NewOrderPair,
    RegisterInvestor,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderRejected
from tests.support.compliance.recount import RestartingVenue
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, e8, rules_of


def traded(venue: Venue, instrument: str, price: str) -> None:
    """Let the dealer and the firm trade one."""
    venue.sell("dealer", "1", instrument, price)
    venue.buy("firm", "1", instrument, price)


def with_books(venue: Venue) -> Venue:
    """USDT at 100 RUB, BTC and ETH at 1 000; ETH/USDT up to 1 100 USDT."""
    for instrument, price in (("USDT/RUB", "100"), ("ETH/RUB", "1000"), ("BTC/RUB", "1000")):
        traded(venue, instrument, price)
    venue.do(ListInstrument("ETH/USDT", SPOT, "ETH", "USDT", ROUBLE, 10**6, 10**6, 10**12, 10**15, 100_000, e8("1000")))
    venue.do(SetTradingRules("ETH/USDT", 100_000))
    venue.do(SetPhase("ETH/USDT", codes.CONTINUOUS))
    return venue


def pair(side: int, lots: str, prices: tuple[str, str, str], market: str) -> AnyCommand:
    """A pair of the bank's by its limit, its stop price and the limit that the stop has then."""
    limit, stop, worst = prices
    orders = [
        NewOrder(PARTICIPANT, "bank", name, market, side, kind, GTC, e8(price), e8(lots), stop_price_e8=e8(at))
        for name, kind, price, at in (("limit", LIMIT, limit, "0"), ("stop", STOP_LIMIT, worst, stop))
    ]
    return NewOrderPair(PARTICIPANT, "bank", *orders)


def open_of(venue: Venue) -> int:
    """What the bank's open orders count for, in kopecks."""
    return venue.hook.intake.ledger.worth("bank", HELD).open


def ids(events: list[Event]) -> list[int]:
    return [event.order_id for event in events if isinstance(event, OrderAccepted)]


def test_a_pair_of_purchases_counts_as_its_dearer_leg() -> None:
    venue = with_books(RestartingVenue("elr-2025"))
    # 6 000 000 or 7 000 000, of 10 000 000.
    assert len(ids(venue.apply(pair(BUY, "1", ("6000000", "6900000", "7000000"), "BTC/RUB")))) == 2
    assert open_of(venue) == 7_000_000_00
    assert rules_of(venue.buy("bank", "1", "BTC/RUB", "3000100")) == ("ELR-2",)
    assert rules_of(venue.buy("bank", "1", "BTC/RUB", "3000000")) == ()
    venue.restart()
    assert open_of(venue) == 10_000_000_00
    # Who is no financial firm for a while has the same open afterwards.
    venue.do(RegisterInvestor("bank", codes.FIRM, financial=False, bank=False))
    venue.do(RegisterInvestor("bank", codes.FIRM, financial=True, bank=True))
    assert open_of(venue) == 10_000_000_00
    # One leg trades a part: what is left of it counts, the other is gone.
    venue.sell("dealer", "0.5", "BTC/RUB", "6000000")
    assert open_of(venue) == 3_000_000_00 + 3_000_000_00


def test_a_pair_of_sales_for_another_asset_counts_once_at_the_band_and_at_one_rate() -> None:
    venue = with_books(RestartingVenue("elr-2025"))
    venue.do(Deposit("bank", "ETH", 20 * 10**8))
    # Both bring in 11 000 USDT at the most: 1 100 000 RUB.
    _, second = ids(venue.apply(pair(SELL, "10", ("1050", "960", "950"), "ETH/USDT")))
    assert open_of(venue) == 1_100_000_00
    # The rate is that of the check, and by whichever leg the pair ends, nothing is left.
    traded(venue, "USDT/RUB", "200")
    assert open_of(venue) == 1_100_000_00
    venue.restart()
    assert open_of(venue) == 1_100_000_00
    venue.cancel("bank", second)
    ledger = venue.hook.intake.ledger
    assert open_of(venue) == 0
    assert not ledger.pairs and not ledger.rated


def test_a_reduce_only_order_adds_nothing_and_passes_however_much_there_is() -> None:
    venue = Venue("elr-2025")
    venue.do(SetTradingRules("BTC-FUT", 250_000))
    venue.do(MarkFuture("BTC-FUT", e8("1000000"), "start"))
    venue.do(SetPhase("BTC-FUT", codes.CONTINUOUS))
    venue.sell("dealer", "8", "BTC-FUT", "1000000")
    venue.buy("bank", "8", "BTC-FUT", "1000000")
    ledger = venue.hook.intake.ledger
    assert ledger.worth("bank", HELD).futures == 8_000_000_00
    venue.do(MarkFuture("BTC-FUT", e8("1500000"), "moved"))
    assert ledger.worth("bank", HELD).futures == 12_000_000_00
    assert rules_of(venue.buy("bank", "0.01", "BTC-FUT", "1500000")) == ("ELR-2",)
    closing = NewOrder(
        PARTICIPANT, "bank", "closing", "BTC-FUT", SELL, LIMIT, GTC, e8("1600000"), e8("8"), reduce_only=True
    )
    assert ids(venue.apply(closing))
    assert ledger.worth("bank", HELD).futures == 12_000_000_00
    venue.buy("firm", "8", "BTC-FUT", "1600000")
    assert ledger.worth("bank", HELD).total == 0


def test_what_follows_no_crypto_is_no_part_of_what_a_firm_has() -> None:
    for rulebook in ("general-2026", "elr-2025"):
        venue = Venue(rulebook)
        # All grams of palladium that there may be, and as much as all of the capital for more.
        venue.do(IssueAsset("METAL", "bank", 10**6, "smelter"))
        assert rules_of(venue.buy("bank", "1000", "METAL/RUB", "1000000")) == ()
        assert venue.hook.intake.ledger.worth("bank", HELD).total == 0
        assert rules_of(venue.buy("bank", "1", "BTC/RUB", "10000000")) == ()
        refused = venue.buy("bank", "0.0001", "BTC/RUB", "1000")
        assert isinstance(refused, OrderRejected) and refused.rule in ("DER-3", "ELR-2")
