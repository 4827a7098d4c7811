"""What is not priced in roubles: the rate it counts at, when that is taken, and what there is without one."""

from __future__ import annotations

import msgspec
import pytest

from compliance import ComplianceHook
from engine.vocabulary.codes import BUY, CONTINUOUS, FIAT, FOREIGN_STABLECOIN, GTC, NOTE, SPOT, STOP_LIMIT
from engine.vocabulary.messages.commands import (
    AddAsset,
    Deposit,
    ListInstrument,
    NewOrder,
    RegisterIntermediary,
    SetPhase,
)
from engine.vocabulary.messages.events import OrderCancelled, OrderRejected
from tests.support.compliance.answers import order_id, sums
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, e8, rules_of

CRYPTO_COUNTS = (("RET-2", "crypto_for_crypto", "true"), ("RET-1", "crypto_for_crypto_counted", "true"))


def trade_usdt(venue: Venue, price: str) -> None:
    """Let USDT trade for roubles, which sets its rate."""
    venue.sell("dealer", "1", "USDT/RUB", price)
    venue.buy("firm", "1", "USDT/RUB", price)


def test_a_reference_price_is_the_rate_until_the_first_trade() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS)
    venue.do(AddAsset("USDC", FOREIGN_STABLECOIN, 6))
    for name, base, quote, reference in (("USDC/RUB", "USDC", "RUB", "80"), ("ETH/USDC", "ETH", "USDC", "0")):
        tick = ROUBLE if quote == "RUB" else 10**4
        venue.do(ListInstrument(name, SPOT, base, quote, tick, 10**6, 10**6, 10**16, 10**15, 100_000, e8(reference)))
        venue.do(SetPhase(name, CONTINUOUS))
    venue.do(Deposit("retail", "USDC", 10**12))
    # 0.01 ETH at 0.0001 USDC is a millionth of a USDC, and 0.00008 roubles: a kopeck, rounded up.
    venue.buy("retail", "0.01", "ETH/USDC", "0.0001")
    assert sums(venue, "retail").reserved(True) == 1
    venue.buy("retail", "1", "ETH/USDC", "2000")
    assert sums(venue, "retail").reserved(True) == 1 + 160_000_00
    assert sums(venue, "retail").reserved(False) == 0
    for side, account in ((venue.sell, "dealer"), (venue.buy, "firm")):
        venue.do(Deposit(account, "USDC", 10**12))
        side(account, "1", "USDC/RUB", "90")
    venue.buy("retail", "0.01", "ETH/USDC", "2000")
    assert sums(venue, "retail").reserved(True) == 1 + 160_000_00 + 1_800_00


def test_what_was_bought_before_there_was_a_rate_counts_as_nothing_and_open_orders_get_one() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS[:1])
    venue.sell("dealer", "0.01", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    assert sums(venue, "retail").reserved(True) == 0
    trade_usdt(venue, "100")
    assert sums(venue, "retail").reserved(True) == 0
    venue.load("general-2026", CRYPTO_COUNTS)
    assert sums(venue, "retail").reserved(True) == 100_000_00
    # Where there is no rate even then, the order can't stay.
    venue = Venue("general-2026", CRYPTO_COUNTS[:1])
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    events = venue.load("general-2026", CRYPTO_COUNTS)
    cancelled = [event for event in events if isinstance(event, OrderCancelled)]
    assert [event.rule for event in cancelled] == ["RET-1"]
    assert cancelled[0].detail == (
        "BTC/USDT is priced in USDT, for which there is neither a trade for roubles here nor a reference price: "
        "the rouble value that counts for the cap is not known"
    )


def test_a_restored_order_that_has_no_rate_gets_none() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS[:1])
    venue.sell("dealer", "0.01", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    trade_usdt(venue, "100")
    packed = msgspec.msgpack.encode(venue.hook.snapshot())
    twin = ComplianceHook()
    twin.restore(
        msgspec.msgpack.decode(packed), venue.exchange.assets, venue.exchange.instruments, venue.exchange.accounts
    )
    assert msgspec.msgpack.encode(twin.snapshot()) == packed
    for hook in (venue.hook, twin):
        assert hook.intake.ledger.investors["retail"].reserved(True) == 0


def test_a_stop_that_triggers_takes_the_rate_of_then_and_keeps_it() -> None:
    venue = Venue("general-2026", CRYPTO_COUNTS)
    trade_usdt(venue, "100")
    stop = NewOrder(
        PARTICIPANT,
        "retail",
        "stop",
        "BTC/USDT",
        BUY,
        STOP_LIMIT,
        GTC,
        e8("50000"),
        e8("0.02"),
        stop_price_e8=e8("50001"),
    )
    stop_id = order_id(venue.apply(stop)[0])
    assert sums(venue, "retail").reserved(True) == 100_000_00
    trade_usdt(venue, "200")
    assert sums(venue, "retail").reserved(True) == 100_000_00
    venue.sell("dealer", "0.01", "BTC/USDT", "50001")
    venue.buy("firm", "0.01", "BTC/USDT", "50001")
    assert sums(venue, "retail").reserved(True) == 200_000_00
    venue.amend("retail", stop_id, "0.01", "50000")
    assert sums(venue, "retail").reserved(True) == 100_000_00


def test_a_financial_firm_pays_no_more_in_stablecoins_than_in_roubles() -> None:
    venue = Venue("elr-2025")
    # Nothing says what a USDT is worth, so nothing says that the limit is kept.
    assert rules_of(venue.buy("bank", "0.01", "BTC/USDT", "100")) == ("ELR-2",)
    trade_usdt(venue, "100")
    # 1 % of 1 000 000 000 RUB is 10 000 000, and 100 000 USDT.
    assert rules_of(venue.buy("bank", "1.01", "BTC/USDT", "100000")) == ("ELR-2",)
    assert rules_of(venue.buy("bank", "1", "BTC/USDT", "100000")) == ()
    assert rules_of(venue.sell("bank", "2", "BTC/USDT", "110000")) == ()


def test_a_resting_purchase_of_a_financial_firm_keeps_its_rate() -> None:
    venue = Venue("elr-2025")
    trade_usdt(venue, "100")
    first = order_id(venue.buy("bank", "1", "BTC/USDT", "100000"))
    trade_usdt(venue, "200")
    # A change of anybody's record looks at all that rests.
    venue.do(RegisterIntermediary("alfa", capital_rub=1))
    assert first in venue.exchange.accounts["bank"].open_orders
    # What is asked for anew is worth what it is worth now.
    assert rules_of(venue.amend("bank", first, "1", "100001")[0]) == ("ELR-2",)
    venue.sell("dealer", "0.5", "BTC/USDT", "100000")
    venue.do(RegisterIntermediary("alfa", capital_rub=2))
    assert first in venue.exchange.accounts["bank"].open_orders
    venue.sell("dealer", "0.5", "BTC/USDT", "100000")
    assert not venue.hook.intake.ledger.rated


def list_btc(venue: Venue, quote: str) -> None:
    """List BTC priced in an asset, and a note on it; roubles buy the asset at par."""
    for name, kind, base in ((f"BTC/{quote}", SPOT, "BTC"), (f"BTC-NOTE/{quote}", NOTE, "BTC-NOTE")):
        underlying = "BTC" if kind == NOTE else ""
        listing = ListInstrument(name, kind, base, quote, 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000)
        venue.do(msgspec.structs.replace(listing, underlying=underlying))
        venue.do(SetPhase(name, CONTINUOUS))
    if quote == "CNY":
        market = ListInstrument("CNY/RUB", SPOT, "CNY", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000)
        venue.do(msgspec.structs.replace(market, reference_price_e8=e8("10")))
    else:
        venue.sell("dealer", "1", f"{quote}/RUB", "1")
        venue.buy("firm", "1", f"{quote}/RUB", "1")


@pytest.mark.parametrize(("quote", "most", "more"), [("A7A5", "10000000", "10000100"), ("CNY", "1000000", "1000100")])
def test_a_financial_firm_is_limited_whatever_it_pays_with(quote: str, most: str, more: str) -> None:
    venue = Venue("elr-2025")
    venue.do(AddAsset("CNY", FIAT, 2))
    venue.do(Deposit("bank", "CNY", 10**16))
    list_btc(venue, quote)
    # 1 % of 1 000 000 000 RUB is 10 000 000, and a million yuan at 10 RUB.
    for instrument in (f"BTC/{quote}", f"BTC-NOTE/{quote}"):
        assert rules_of(venue.buy("bank", "1", instrument, more)) == ("ELR-2",)
        assert rules_of(venue.buy("bank", "1", instrument, most)) == ()


@pytest.mark.parametrize(("quote", "most", "more"), [("A7A5", "300000", "100"), ("CNY", "30000", "100")])
def test_what_is_not_priced_in_roubles_counts_if_the_rulebook_counts_it(quote: str, most: str, more: str) -> None:
    for counts, last in (("true", ("RET-1",)), ("false", ())):
        changes = (("SET-2", "retail", "true"), ("RET-1", "crypto_for_crypto_counted", counts))
        venue = Venue("general-2026", changes)
        venue.do(AddAsset("CNY", FIAT, 2))
        venue.do(Deposit("retail", "CNY", 10**16))
        list_btc(venue, quote)
        assert rules_of(venue.buy("retail", "1", f"BTC/{quote}", most)) == ()
        assert rules_of(venue.buy("retail", "1", f"BTC/{quote}", more)) == last
        assert sums(venue, "retail").reserved(True) >= 300_000_00


def test_retail_does_not_pass_the_cap_by_paying_with_a_rouble_stablecoin() -> None:
    venue = Venue()
    venue.do(ListInstrument("BTC/A7A5", SPOT, "BTC", "A7A5", 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000))
    venue.do(SetPhase("BTC/A7A5", CONTINUOUS))
    refused = venue.buy("retail", "1", "BTC/A7A5", "8000000")
    assert rules_of(refused) == ("SET-2",)
    assert isinstance(refused, OrderRejected)
    assert refused.detail == "A7A5 is for settling foreign trade: retail investors may not pay with it"
    # What is held can be sold (RET-5), and whom the cap does not bind may pay with it.
    assert rules_of(venue.sell("retail", "1", "BTC/A7A5", "9000000")) == ()
    assert rules_of(venue.buy("firm", "1", "BTC/A7A5", "8000000")) == ()


@pytest.mark.parametrize(("earlier", "stays"), [(False, True), (True, False)])
def test_a_firm_keeps_the_rate_of_an_order_that_rules_were_asked_about(earlier: bool, stays: bool) -> None:
    """The first order of its kind is asked about; those that the table then lets pass have no rate until a rule wants one."""
    venue = Venue("general-2026")
    trade_usdt(venue, "100")
    if earlier:
        venue.buy("bank", "0.01", "BTC/USDT", "100")
    # 8 000 000.00 RUB at 100, 16 000 000.00 at 200, where a hundredth of the bank's capital is 10 000 000.00.
    resting = order_id(venue.buy("bank", "1", "BTC/USDT", "80000"))
    trade_usdt(venue, "200")
    cancelled = [event for event in venue.load("elr-2025") if isinstance(event, OrderCancelled)]
    assert (resting in [event.order_id for event in cancelled if event.rule == "ELR-2"]) != stays
