"""What may not be bought may not be received or issued either, rule by rule; and what an asset says it follows."""

from __future__ import annotations

import pytest

from compliance.rules.case import DEPOSIT, ISSUE, SETTLEMENT, TRANSFER, Arrival, Case
from compliance.rules.rule import OrderRule
from engine.vocabulary.codes import BUY, CONTINUOUS, CRYPTO, FIAT, FUTURE, NOTE, SECURITY, SPOT
from engine.vocabulary.messages.commands import (
    AddAsset,
    Deposit,
    IssueAsset,
    ListInstrument,
    MarkFuture,
    RegisterInvestor,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import CommandRejected, OrderCancelled
from tests.support.compliance.venue import ACCOUNTS, ROUBLE, Venue, disclosure_of, rules_of

BOOKS = ("general-2026", "elr-2025", "derivatives-2025")
# Of these the answer hangs on asset and investor alone. ANON-1, SAN-1: rules on transfers. RET-1, RET-4, OPS-1, DER-2 to 4: amounts.
SAME = ("INT-1", "DER-1", "SET-2", "DISC-1", "SUIT-1", "RET-2", "RISK-1", "RET-3", "QUAL-1", "ELR-1", "ELR-2", "ELR-3")


def bought_in_roubles(venue: Venue) -> dict[str, str]:
    """By asset, the instrument in which it is bought for roubles; of what rules on crypto concern."""
    registry = venue.hook.intake.registry
    return {
        listing.base.asset: listing.instrument
        for listing in registry.listings.values()
        if listing.in_roubles and not listing.shortable and listing.base.concerned
    }


def refuses_purchase(venue: Venue, rule: OrderRule, account: str, instrument: str) -> bool:
    intake = venue.hook.intake
    assert intake.table is not None
    client, listing = intake.registry.clients[account], intake.registry.listings[instrument]
    profile = intake.table.profile(client)
    if rule.spares(profile, listing, BUY) or rule.excused(listing, BUY):
        return False
    case = Case((client, listing, 1, 1), BUY, venue.time_ns, intake.registry, intake.ledger)
    return not rule.examine(case).passed


@pytest.mark.parametrize("rulebook", BOOKS)
def test_a_door_asks_what_an_order_is_asked(rulebook: str) -> None:
    # Under derivatives-2025 DER-1 refuses all spot trading: that is about the instrument, so only notes are compared there.
    changes = () if rulebook != "elr-2025" else (("ELR-3", "classes", '["retail"]'),)
    venue = Venue(rulebook, changes)
    venue.do(RegisterInvestor("earner", 0, assets_rub=5_999_999, income_rub=1))
    intake = venue.hook.intake
    assert intake.table is not None
    refused = 0
    for account in ACCOUNTS:
        client = intake.registry.clients[account]
        for name, instrument in bought_in_roubles(venue).items():
            if rulebook == "derivatives-2025" and name != "BTC-NOTE":
                continue
            for rule in intake.table.rules:
                if rule.rule not in SAME:
                    continue
                finding = rule.at_door(Arrival(client, intake.registry.assets[name], TRANSFER, venue.time_ns))
                at_door = finding is not None and not finding.passed
                assert at_door == refuses_purchase(venue, rule, account, instrument), (rule.rule, account, name)
                refused += at_door
    assert refused


def test_each_rule_speaks_at_its_doors() -> None:
    """The table of docs/RULES.md, of those that can refuse a retail investor."""
    venue = Venue("general-2026")
    intake = venue.hook.intake
    assert intake.table is not None
    newcomer = intake.registry.clients["newcomer"]
    said = {
        door: [
            rule.rule
            for rule in intake.table.rules
            if any(
                rule.at_door(Arrival(newcomer, asset, door, venue.time_ns)) is not None
                for asset in intake.registry.assets.values()
            )
        ]
        for door in (TRANSFER, SETTLEMENT, ISSUE, DEPOSIT)
    }
    as_bought = ["INT-1", "DER-1", "SET-2", "DISC-1", "RET-2", "ID-1", "RISK-1", "RET-3", "RET-1"]
    assert said == {
        TRANSFER: as_bought,
        SETTLEMENT: ["DER-1"],
        ISSUE: as_bought,
        DEPOSIT: ["ANON-1", "DER-1", "SET-2", "RET-2"],
    }


def refusal(venue: Venue, command: AddAsset | ListInstrument | Deposit | IssueAsset) -> str:
    (event,) = venue.apply(command)
    assert isinstance(event, CommandRejected)
    return event.detail


def test_what_an_asset_follows_is_said_once() -> None:
    venue = Venue("general-2026")
    assert refusal(venue, AddAsset("GOLD", CRYPTO, 2, follows="gold")) == "only a security follows something"
    assert refusal(venue, AddAsset("palladium", CRYPTO, 2)) == (
        "palladium is what METAL follows, and was said to be no asset here"
    )
    note = ListInstrument("METAL-NOTE", NOTE, "METAL", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000)
    said_otherwise = ListInstrument(
        "METAL-NOTE", NOTE, "METAL", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000, underlying="BTC"
    )
    assert refusal(venue, said_otherwise) == "METAL-NOTE: METAL follows palladium, not BTC"
    venue.do(note)
    venue.do(SetPhase("METAL-NOTE", CONTINUOUS))
    assert rules_of(venue.buy("retail", "1", "METAL-NOTE", "100")) == ()
    backwards = ListInstrument("RUB/USDT", SPOT, "RUB", "USDT", 10**6, 10**8, 10**8, 10**16, 10**15, 100_000)
    assert refusal(venue, backwards) == "RUB/USDT: roubles are what is paid: list USDT/RUB"


def test_a_security_on_a_security_follows_what_that_one_follows() -> None:
    venue = Venue("general-2026")
    for name, follows in (("ON-METAL", "METAL"), ("ON-SOL", "SOL-DFA"), ("ON-RIDDLE", "RIDDLE"), ("ON-YUAN", "CNY")):
        if name == "ON-YUAN":
            venue.do(AddAsset("CNY", FIAT, 2))
        venue.do(AddAsset(name, SECURITY, 2, follows=follows))
        venue.do(disclosure_of(name))
        book = ListInstrument(f"{name}/RUB", SPOT, name, "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000)
        venue.do(book)
        venue.do(SetPhase(f"{name}/RUB", CONTINUOUS))
    assert rules_of(venue.buy("retail", "1", "ON-METAL/RUB", "100")) == ()
    assert rules_of(venue.buy("retail", "1", "ON-YUAN/RUB", "100")) == ()
    assert rules_of(venue.buy("retail", "1", "ON-SOL/RUB", "100")) == ("DER-1", "RET-2", "DER-4")
    assert rules_of(venue.buy("retail", "1", "ON-RIDDLE/RUB", "100")) == ("DER-1", "RET-2", "DER-4")


def test_a_future_follows_its_underlying() -> None:
    """Where DER-1 lets retail trade futures, RET-2 asks of what they follow."""
    venue = Venue("general-2026", (("DER-1", "enabled", "false"), ("DER-4", "enabled", "false")))
    venue.do(AddAsset("PALL-FUT", SECURITY, 4, follows="palladium"))
    for name, base, underlying in (
        ("SOL-FUT", "SOL", "SOL"),
        ("ETH-FUT", "ETH", "ETH"),
        ("BASKET-FUT", "BTC", "basket"),
        ("PALL-FUT", "PALL-FUT", "palladium"),
    ):
        series = ListInstrument(
            name, FUTURE, base, "RUB", 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000, underlying=underlying,
            expiry_ns=4_102_444_800 * 10**9,
        )  # fmt: skip
        venue.do(series)
        venue.do(SetTradingRules(name, 400_000))
        venue.do(MarkFuture(name, 1_000 * ROUBLE, "start"))
        venue.do(SetPhase(name, CONTINUOUS))
    for side in (venue.buy, venue.sell):
        assert rules_of(side("retail", "1", "SOL-FUT", "1000")) == ("RET-2",)
        assert rules_of(side("retail", "1", "ETH-FUT", "1000")) == ()
        # An index that is no asset here may well be one of crypto: nobody has said that it is none.
        assert rules_of(side("retail", "1", "BASKET-FUT", "1000")) == ("RET-2",)
        assert rules_of(side("newcomer", "1", "PALL-FUT", "1000")) == ()


def test_what_can_not_be_sold_for_roubles_may_be_sold_for_another_asset_until_it_can() -> None:
    venue = Venue("general-2026")
    venue.do(AddAsset("LOST", CRYPTO, 8))
    venue.do(Deposit("retail", "LOST", 10**12, origin="a wallet"))
    venue.do(ListInstrument("LOST/BTC", SPOT, "LOST", "BTC", 10**4, 10**6, 10**6, 10**12, 10**15, 100_000))
    venue.do(SetPhase("LOST/BTC", CONTINUOUS))
    assert rules_of(venue.sell("retail", "1", "LOST/BTC", "0.01")) == ()
    resting = venue.exchange.seq
    # A rouble market makes the sale for bitcoin a choice: it is refused, and what rests goes with the next recheck.
    venue.do(ListInstrument("LOST/RUB", SPOT, "LOST", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000))
    assert rules_of(venue.sell("retail", "1", "LOST/BTC", "0.01")) == ("RET-2", "RET-1")
    events = venue.do(RegisterInvestor("overseas", 1, resident=False, assets_rub=1_000_000_000))
    assert [(event.order_id, event.rule) for event in events if isinstance(event, OrderCancelled)] == [
        (resting, "RET-2")
    ]


def test_a_deposit_without_an_origin_is_refused_in_words() -> None:
    venue = Venue("general-2026")
    assert refusal(venue, Deposit("retail", "SOL", 1)) == (
        "RET-2: SOL is not highly liquid: listed are BTC, ETH, USDT (LIQ-2); to bring it in, state its origin"
    )
    assert refusal(venue, Deposit("retail", "SOL", 1, origin=" ")).endswith("state its origin")
    assert refusal(venue, Deposit("firm", "XMR", 1, origin="a wallet")) == (
        "ANON-1: XMR is a coin with default privacy; banned: default, optional; it may leave the venue, not come in"
    )
    assert refusal(venue, Deposit("retail", "SOL", 1, origin="x" * 2_000)).startswith("the origin must be at most")
    assert refusal(venue, IssueAsset("BTC-DFA", "retail", 1, "smelter")) == (
        "DER-1: BTC-DFA is for qualified investors; investor retail is retail"
    )
