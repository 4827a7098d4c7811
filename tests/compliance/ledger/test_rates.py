"""What is not priced in roubles: the rate it counts at, when that is taken, and what there is without one."""

from __future__ import annotations

import msgspec
import pytest

from compliance import ComplianceHook
from compliance.ledger.portfolio import HELD
from engine.vocabulary.codes import BUY, CONTINUOUS, FIAT, FOREIGN_STABLECOIN, GTC, NOTE, SPOT, STOP_LIMIT
from engine.vocabulary.messages.commands import (
    AddAsset,
    Deposit,
    ListInstrument,
    NewOrder,
    RegisterIntermediary,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import OrderCancelled, OrderRejected
from tests.support.compliance.answers import order_id, sums
from tests.support.compliance.venue import INVESTORS, PARTICIPANT, ROUBLE, Venue, e8, rules_of

CRYPTO_COUNTS = (("RET-2", "crypto_for_crypto", "true"),)
ROUBLES_COUNT = (*CRYPTO_COUNTS, ("RET-1", "crypto_for_crypto_counted", "false"))


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
    venue.do(Deposit("retail", "USDC", 10**12, origin="bought abroad"))
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
    venue = Venue("general-2026", ROUBLES_COUNT)
    venue.sell("dealer", "0.01", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    assert sums(venue, "retail").reserved(True) == 0
    trade_usdt(venue, "100")
    assert sums(venue, "retail").reserved(True) == 0
    venue.load("general-2026", CRYPTO_COUNTS)
    assert sums(venue, "retail").reserved(True) == 100_000_00
    # Where there is no rate even then, the order can't stay.
    venue = Venue("general-2026", ROUBLES_COUNT)
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    events = venue.load("general-2026", CRYPTO_COUNTS)
    cancelled = [event for event in events if isinstance(event, OrderCancelled)]
    assert [event.rule for event in cancelled] == ["RET-1"]
    assert cancelled[0].detail == (
        "BTC/USDT is priced in USDT, for which there is neither a trade for roubles here nor a reference price: "
        "the rouble value that counts for the cap is not known"
    )


def test_a_restored_order_that_has_no_rate_gets_none() -> None:
    venue = Venue("general-2026", ROUBLES_COUNT)
    venue.sell("dealer", "0.01", "BTC/USDT", "100000")
    venue.buy("retail", "0.02", "BTC/USDT", "100000")
    trade_usdt(venue, "100")
    packed = venue.hook.snapshot()
    twin = ComplianceHook()
    twin.restore(packed, venue.exchange.assets, venue.exchange.instruments, venue.exchange.accounts)
    assert twin.snapshot() == packed
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
    venue.do(Deposit("bank", "USDT", 100_000 * 10**6))
    # Nothing says what a USDT is worth, so nothing says that the limit is kept.
    assert rules_of(venue.buy("bank", "0.01", "BTC/USDT", "100")) == ("ELR-2",)
    trade_usdt(venue, "100")
    # 1 % of 1 000 000 000 RUB is 10 000 000, and 100 000 USDT. What pays is held already: nothing more may be bought for roubles.
    assert rules_of(venue.buy("bank", "0.0001", "BTC/RUB", "100")) == ("ELR-2",)
    assert rules_of(venue.buy("bank", "0.5", "BTC/USDT", "100000")) == ()
    # With more than the share in stablecoins none of it may be changed for anything but roubles.
    venue.do(Deposit("bank", "USDT", 1))
    assert rules_of(venue.buy("bank", "0.01", "BTC/USDT", "1")) == ("ELR-2",)
    assert rules_of(venue.sell("bank", "1", "USDT/RUB", "100")) == ()


def test_a_sale_for_another_asset_is_worth_the_upper_band() -> None:
    venue = Venue("elr-2025")
    trade_usdt(venue, "100")
    book = ListInstrument("ETH/USDT", SPOT, "ETH", "USDT", ROUBLE, 10**6, 10**6, 10**12, 10**15, 100_000, e8("100000"))
    venue.do(book)
    venue.do(SetTradingRules("ETH/USDT", 100_000))
    venue.do(SetPhase("ETH/USDT", CONTINUOUS))
    venue.sell("dealer", "1", "ETH/RUB", "1000")
    venue.buy("firm", "1", "ETH/RUB", "1000")
    venue.do(Deposit("bank", "ETH", 10**8))
    # 1 % of 1 000 000 000 RUB is 10 000 000. 1 ETH is held, worth 1 000 RUB. The band ends at 110 000 USDT: 0.91 ETH bring in
    # 100 100 at most, worth 10 010 000 RUB, 0.90 ETH 99 000, worth 9 900 000. What is sold is held until then.
    refused = venue.sell("bank", "0.91", "ETH/USDT", "90000")
    assert isinstance(refused, OrderRejected)
    assert refused.detail == (
        "financial firm bank may have 10000000.00 RUB, 1.00 % of its capital of 1000000000.00 RUB; "
        "it has 1000.00 (coins 1000.00), remaining 9999000.00; this order adds 10010000.00"
    )
    assert rules_of(venue.sell("bank", "0.90", "ETH/USDT", "90000")) == ()
    ledger = venue.hook.intake.ledger
    worth = ledger.worth("bank", HELD)
    assert (worth.coins, worth.open) == (1_000_00, 9_900_000_00)
    assert rules_of(venue.buy("bank", "1", "BTC/RUB", "99100")) == ("ELR-2",)
    # Sold: 0.10 ETH are left, and 81 000 USDT have come in.
    venue.buy("firm", "0.90", "ETH/USDT", "90000")
    worth = ledger.worth("bank", HELD)
    assert (worth.coins, worth.open) == (100_00 + 8_100_000_00, 0)
    assert not ledger.rated


def test_without_a_static_band_nothing_says_what_a_sale_brings_in() -> None:
    venue = Venue("elr-2025")
    trade_usdt(venue, "100")
    venue.sell("dealer", "1", "BTC/RUB", "1000")
    venue.buy("firm", "1", "BTC/RUB", "1000")
    venue.do(Deposit("bank", "BTC", 10**8))
    refused = venue.sell("bank", "0.01", "BTC/USDT", "110000")
    assert rules_of(refused) == ("ELR-2",)
    assert isinstance(refused, OrderRejected)
    assert refused.detail.endswith("; no static band says how much USDT this sale brings in at most")
    # For roubles it only lowers what there is.
    assert rules_of(venue.sell("bank", "0.01", "BTC/RUB", "900")) == ()


def test_a_resting_purchase_of_a_financial_firm_keeps_its_rate() -> None:
    venue = Venue("elr-2025")
    hold_yuan(venue, "bank", "dealer", "firm")
    venue.sell("dealer", "1", "BTC/RUB", "10000000")
    venue.buy("firm", "1", "BTC/RUB", "10000000")
    first = order_id(venue.buy("bank", "1", "BTC/CNY", "1000000"))
    venue.sell("dealer", "1", "CNY/RUB", "20")
    venue.buy("firm", "1", "CNY/RUB", "20")
    # A change of anybody's record looks at all that rests.
    venue.do(RegisterIntermediary("alfa", capital_rub=1))
    assert first in venue.exchange.accounts["bank"].open_orders
    # What is asked for anew is worth what it is worth now.
    assert rules_of(venue.amend("bank", first, "1", "1000100")[0]) == ("ELR-2",)
    venue.sell("dealer", "0.5", "BTC/CNY", "1000000")
    venue.do(RegisterIntermediary("alfa", capital_rub=2))
    assert first in venue.exchange.accounts["bank"].open_orders
    venue.sell("dealer", "0.5", "BTC/CNY", "1000000")
    assert not venue.hook.intake.ledger.rated
    # It is held now, and worth what a bitcoin is worth.
    worth = venue.hook.intake.ledger.worth("bank", HELD)
    assert (worth.coins, worth.open) == (10_000_000_00, 0)


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


def hold_yuan(venue: Venue, *accounts: str) -> None:
    """List BTC priced in yuan, of which these have many."""
    venue.do(AddAsset("CNY", FIAT, 2))
    for account in accounts:
        venue.do(Deposit(account, "CNY", 10**14))
    list_btc(venue, "CNY")
    venue.do(SetPhase("CNY/RUB", CONTINUOUS))


@pytest.mark.parametrize("instrument", ["BTC/CNY", "BTC-NOTE/CNY"])
def test_a_financial_firm_is_limited_in_what_it_buys_for_other_money(instrument: str) -> None:
    venue = Venue("elr-2025")
    hold_yuan(venue, "bank")
    # 1 % of 1 000 000 000 RUB is 10 000 000, and a million yuan at 10 RUB.
    assert rules_of(venue.buy("bank", "1", instrument, "1000100")) == ("ELR-2",)
    assert rules_of(venue.buy("bank", "1", instrument, "1000000")) == ()
    assert rules_of(venue.buy("bank", "0.0001", "BTC/RUB", "100")) == ("ELR-2",)


@pytest.mark.parametrize("instrument", ["BTC/A7A5", "BTC-NOTE/A7A5"])
def test_a_financial_firm_that_pays_with_rouble_stablecoins_holds_no_more_than_its_share_of_them(
    instrument: str,
) -> None:
    venue = Venue("elr-2025")
    list_btc(venue, "A7A5")
    venue.do(Deposit("bank", "A7A5", 10_000_000_00))
    assert rules_of(venue.buy("bank", "0.5", instrument, "10000000")) == ()
    venue.do(Deposit("bank", "A7A5", 1))
    assert rules_of(venue.buy("bank", "0.0001", instrument, "100")) == ("ELR-2",)


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
    # Nor is it known what A7A5 is worth.
    assert rules_of(refused) == ("SET-2", "RET-1")
    assert isinstance(refused, OrderRejected)
    assert refused.detail == "A7A5 is for settling foreign trade: retail investors may not pay with it"
    # To sell for it is to buy it, where BTC can be sold for roubles. Whom the cap does not bind may pay with it.
    refused = venue.sell("retail", "1", "BTC/A7A5", "9000000")
    assert rules_of(refused) == ("SET-2", "RET-1")
    assert isinstance(refused, OrderRejected)
    assert refused.detail == "A7A5 is for settling foreign trade: retail investors may not buy it"
    assert rules_of(venue.sell("retail", "0.1", "BTC/RUB", "9000000")) == ()
    assert rules_of(venue.buy("firm", "1", "BTC/A7A5", "8000000")) == ()


def test_a_firm_that_comes_to_be_a_financial_one_has_its_open_purchases_valued_at_the_rate_of_then() -> None:
    venue = Venue("elr-2025")
    hold_yuan(venue, "bank", "dealer", "firm")
    whole = next(each for each in INVESTORS if each.bank)
    venue.do(msgspec.structs.replace(whole, financial=False, bank=False, replace=True))
    # A million yuan, at 10 RUB when it is ordered, at 20 when it comes to count.
    resting = order_id(venue.buy("bank", "1", "BTC/CNY", "1000000"))
    ledger = venue.hook.intake.ledger
    assert not ledger.rated
    venue.sell("dealer", "1", "CNY/RUB", "20")
    venue.buy("firm", "1", "CNY/RUB", "20")
    venue.do(msgspec.structs.replace(whole, capital_rub=2_000_000_000, replace=True))
    assert ledger.worth("bank", HELD).open == 20_000_000_00
    cancelled = [event for event in venue.do(whole) if isinstance(event, OrderCancelled)]
    assert [(event.order_id, event.rule) for event in cancelled] == [(resting, "ELR-2")]
    assert not ledger.rated and ledger.worth("bank", HELD).open == 0
