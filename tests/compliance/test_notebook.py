"""What makes up `used`, what a class follows from, and what came in beside the market: against the ledger and the core."""

from __future__ import annotations

import random
from itertools import product

import pytest

from compliance.explain import DECIDED, PASSED
from compliance.notebook import Notebook
from compliance.rules.ret_1 import AnnualCap
from engine.vocabulary.codes import FIRM, INDIVIDUAL
from engine.vocabulary.messages.commands import (
    BustTrade,
    Deposit,
    IssueAsset,
    RegisterInvestor,
    RepriceTrade,
    SetBlocked,
    SetParameter,
)
from engine.vocabulary.messages.events import AssetIssued, CommandRejected, Event, FundsMoved, Trade
from tests.support.compliance.venue import ACCOUNTS, e8
from tests.support.compliance.watched_venue import WatchedVenue


class NotedVenue(WatchedVenue):
    """A venue whose hook takes all notes, purchases from the first trade on."""

    hook_type = Notebook

    def __init__(self, rulebook: str = "general-2026", changes: tuple[tuple[str, str, str], ...] = ()) -> None:
        super().__init__(rulebook, changes)
        self.notes.core = self.exchange

    @property
    def notes(self) -> Notebook:
        assert isinstance(self.hook, Notebook)
        return self.hook

    def cap(self) -> AnnualCap:
        table = self.notes.intake.table
        assert table is not None
        return next(rule for rule in table.rules if isinstance(rule, AnnualCap))


# ── what makes up `used` ───────────────────────────────────────────────────────────────────────────────────────────

PARAMETERS = list(
    product(
        ("aggregate", "per_intermediary"),
        ("gross_purchases", "net_of_sales"),
        ("calendar_year", "rolling_year"),
        ("true", "false"),
    )
)


def lively(seed: int) -> NotedVenue:
    """A year and more in which retail buys and sells for roubles and for another asset, through two intermediaries."""
    chance = random.Random(seed)
    venue = NotedVenue("general-2026", (("RET-1", "retail_cap_rub", '"3000000.00"'), ("RET-4", "enabled", "false")))
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.buy("firm", "0.001", "BTC/RUB", "8000000")
    venue.sell("dealer", "1", "ETH/RUB", "250000")
    venue.buy("firm", "0.001", "ETH/RUB", "250000")
    days = [f"2026-{month:02}-{day:02} 12:00:00" for month, day in ((6, 1), (6, 2), (9, 9), (12, 31))]
    days += ["2027-01-01 00:00:00", "2027-03-03 12:00:00", "2027-06-02 12:00:00"]
    for day in days:
        venue.at(max(day, days[0]))
        for _ in range(12):
            account = chance.choice(("retail", "retail@beta"))
            instrument, price = chance.choice((("BTC/RUB", "8000000"), ("ETH/RUB", "250000"), ("ETH/BTC", "0.04")))
            quantity = chance.choice(("0.01", "0.02", "0.05"))
            # Whoever stands on the other side has no cap.
            if chance.random() < 0.6:
                venue.sell("dealer", quantity, instrument, price)
                venue.buy(account, quantity, instrument, price)
            else:
                venue.buy("dealer", quantity, instrument, price)
                venue.sell(account, quantity, instrument, price)
            if chance.random() < 0.25:
                trade_id = venue.exchange.trades - chance.randrange(2)
                moved = e8(str(int(e8(price) * chance.choice((97, 103)) / 100 / 10**10) * 100)) if price > "1" else 0
                reason = "erroneous"
                venue.apply(RepriceTrade(trade_id, moved, reason) if moved else BustTrade(trade_id, reason))
    return venue


@pytest.mark.parametrize("seed", range(3))
def test_the_trades_that_are_told_make_up_what_the_ledger_has_used(seed: int) -> None:
    venue = lively(seed)
    ledger = venue.notes.intake.ledger
    told = 0
    for scope, basis, window, crypto in PARAMETERS:
        for key, value in (
            ("cap_scope", scope),
            ("cap_basis", basis),
            ("cap_window", window),
            ("crypto_for_crypto_counted", crypto),
        ):
            venue.apply(SetParameter("RET-1", key, value, "try", "sue"))
        rule = venue.cap()
        for intermediary in ("alfa", "beta"):
            used = venue.notes._notes.used(rule, ledger, "retail", intermediary, venue.time_ns)
            name = intermediary if scope == "per_intermediary" else None
            assert (used.used, used.reserved) == rule.usage(ledger, ledger.investors["retail"], venue.time_ns, name)
            assert used.used == max(used.listed, 0)
            assert used.before == 0
            assert used.listed == sum(each.counts for each in used.purchases)
            assert all(each.why or each.counts for each in used.purchases)
            told += len(used.purchases)
    assert told > 100
    assert any(isinstance(event, Trade) for event in venue.log)


def test_an_order_that_the_cap_looks_at_has_them_beside_it() -> None:
    venue = NotedVenue()
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.buy("retail", "0.001", "BTC/RUB", "8000000")
    bought = venue.exchange.seq
    venue.buy("retail", "0.05", "BTC/RUB", "8000000")
    place = len(venue.notes.explanations) - 1
    used = venue.notes.used[place]
    (one,) = used.purchases
    assert (one.purchase.seq, one.purchase.price_ticks, one.counts, one.why) == (bought, 80_000, 8_000_00, "")
    # Of one whom no cap binds there is nothing to tell.
    venue.buy("firm", "0.001", "BTC/RUB", "8000000")
    assert len(venue.notes.explanations) - 1 not in venue.notes.used


# ── classes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "investor_class", "derived", "makes"),
    [
        (RegisterInvestor("firm", FIRM, assets_rub=200_000_000), "qualified_firm", "qualified_firm", "qualified_firm"),
        (RegisterInvestor("firm", FIRM, assets_rub=1), "unqualified_firm", "unqualified_firm", "not qualified_firm"),
        (
            RegisterInvestor("firm", FIRM, class_override="unqualified_firm", reason="papers forged", by="sue"),
            "unqualified_firm",
            "qualified_firm",
            "qualified_firm",
        ),
    ],
)
def test_why_a_firm_is_of_its_class(change: RegisterInvestor, investor_class: str, derived: str, makes: str) -> None:
    venue = NotedVenue()
    venue.do(change)
    venue.buy("firm", "0.001", "BTC/RUB", "8000000")
    standing = venue.notes.standings["firm"]
    assert (standing.investor_class, standing.derived) == (investor_class, derived)
    assert standing.is_set == bool(change.class_override)
    ((rule, arithmetic, made),) = standing.evidence
    assert (rule, made) == ("QUAL-0", makes)
    assert "200000000.00" in arithmetic
    if standing.is_set:
        assert (standing.reason, standing.by) == ("papers forged", "sue")


def test_an_individual_is_held_against_both_thresholds() -> None:
    venue = NotedVenue("elr-2025")
    venue.do(RegisterInvestor("super", INDIVIDUAL, assets_rub=100_000_000, income_rub=50_000_001))
    venue.buy("super", "0.001", "BTC/RUB", "8000000")
    evidence = venue.notes.standings["super"].evidence
    assert [(rule, made) for rule, _, made in evidence] == [("QUAL-0", "qualified"), ("ELR-1", "super_qualified")]
    assert evidence[1][1] == (
        "securities and deposits 100000000.00 <= 100000000.00 or last year's income 50000001.00 > 50000000.00"
    )


# ── what comes in beside the market ────────────────────────────────────────────────────────────────────────────────


def arrived(venue: NotedVenue, command: Deposit | IssueAsset) -> tuple[list[Event], list[tuple[str, str]]]:
    """What happened, and what each rule made of it."""
    events = venue.apply(command)
    explanation = venue.notes.arrivals[-1]
    assert explanation.account == command.account
    assert explanation.investor == ACCOUNTS[command.account][0]
    return events, [(rule.data.rule, rule.outcome) for rule in explanation.rules]


def test_a_deposit_names_the_rules_that_were_asked() -> None:
    venue = NotedVenue()
    ((refused,), rules) = arrived(venue, Deposit("retail", "SOL", 1, "mine", "otto"))
    assert isinstance(refused, CommandRejected)
    assert ("RET-2", DECIDED) in rules
    ((moved,), rules) = arrived(venue, Deposit("retail", "SOL", 1, "mine", "otto", "a wallet of mine"))
    assert isinstance(moved, FundsMoved)
    assert ("RET-2", PASSED) in rules
    (stated,) = [rule for rule in venue.notes.arrivals[-1].rules if rule.data.rule == "RET-2"]
    assert "its origin is stated" in stated.spared
    ((refused,), rules) = arrived(venue, Deposit("retail", "XMR", 1, "mine", "otto", "a wallet of mine"))
    assert isinstance(refused, CommandRejected)
    assert ("ANON-1", DECIDED) in rules


def test_an_issue_asks_for_the_owner_what_may_be_held_and_the_share_of_the_bank() -> None:
    venue = NotedVenue("derivatives-2025")
    ((issued,), rules) = arrived(venue, IssueAsset("BANK-DFA", "firm", 1_0000, "", "subscribed", "otto"))
    assert isinstance(issued, AssetIssued)
    assert ("SAN-1", PASSED) in rules
    venue.do(SetBlocked("firm", True, "list", "sue"))
    ((refused,), rules) = arrived(venue, IssueAsset("BANK-DFA", "firm", 1_0000, "", "subscribed", "otto"))
    assert isinstance(refused, CommandRejected)
    assert rules[0] == ("SAN-1", DECIDED)
    shares = [rule for rule in venue.notes.arrivals[-1].rules if rule.data.rule == "DER-3"]
    assert all("with this issue" in share.arithmetic for share in shares)
    assert shares
