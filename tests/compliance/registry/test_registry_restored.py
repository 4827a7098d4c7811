"""Whatever a supervisor changed: a hook restored from a snapshot decides the same, and goes on alike."""

from __future__ import annotations

import pytest

from compliance import ComplianceHook
from engine.exchange import restore_exchange
from engine.state.hook import Outcome
from engine.vocabulary.codes import BUY, FIRM, INDIVIDUAL, SELL
from engine.vocabulary.messages.commands import (
    AnyCommand,
    AuthoriseClient,
    Deposit,
    LoadRulebook,
    PublishDisclosure,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetParameter,
    UpdateAsset,
)
from tests.support.compliance.venue import Venue, changed, documents, moscow_ns, rules_of


def said(outcome: Outcome) -> tuple[int, str] | None:
    """What a refusal says; None: there was none."""
    return None if outcome.problem is None else (outcome.problem.code, outcome.problem.said)


def set_parameter(rule: str, key: str, value: str) -> SetParameter:
    return SetParameter(rule, key, value, "trial", "ann")


PROBES = [
    (account, side, instrument)
    for account in ("retail", "retail@beta", "newcomer", "qualified", "super", "firm", "bank")
    for side in (BUY, SELL)
    for instrument in ("BTC/RUB", "ETH/RUB", "USDT/RUB", "OVER/RUB", "SOL/RUB", "ZEC/RUB", "BTC/USDT", "BTC-NOTE")
]
DAYS = (
    "2026-06-01 12:00:00",
    "2026-06-04 23:59:59",
    "2026-06-05 00:00:00",
    "2027-01-01 00:00:00",
    "2027-06-02 00:00:00",
)

CHANGES: dict[str, list[AnyCommand]] = {
    "parameters": [
        set_parameter("RET-1", "retail_cap_rub", "10.00"),
        set_parameter("QUAL-0", "individual_assets_rub", "7000000.00"),
        set_parameter("RET-3", "enabled", "false"),
        set_parameter("ANON-1", "banned_privacy", "default"),
    ],
    "sell only": [set_parameter("LIQ-2", "assets", "BTC")],
    "grace": [
        set_parameter("RET-2", "on_tier_loss", "grace"),
        set_parameter("RET-2", "grace_days", "3"),
        set_parameter("LIQ-2", "assets", "BTC"),
    ],
    "halt": [set_parameter("RET-2", "on_tier_loss", "halt"), set_parameter("LIQ-2", "assets", "BTC")],
    "criteria": [
        set_parameter("RET-2", "highly_liquid_by", "criteria"),
        UpdateAsset("OVER", 1, 1, 1),
        UpdateAsset("SOL", 10**13, 10**13, 10),
    ],
    "authorisations": [
        set_parameter("RET-4", "authorisation_required", "true"),
        AuthoriseClient("alfa", "retail", 2026),
        AuthoriseClient("beta", "retail", 2027),
        AuthoriseClient("alfa", "newcomer", 2026),
        AuthoriseClient("alfa", "newcomer", 2026, False),
    ],
    "records": [
        RegisterInvestor("bank", FIRM, income_rub=2 * 10**9, capital_rub=5, bank=True, reason="r", by="ann"),
        RegisterIntermediary("alfa", licence="045-1", bank=True, suspended=True, by="bob"),
        RecordTest("qualified", "risk", 0, moscow_ns("2026-06-01 12:00:00")),
        SetBlocked("firm", True, "list", "ann"),
    ],
    "product tests": [
        set_parameter("SUIT-1", "products", "crypto"),
        set_parameter("SUIT-1", "enabled", "true"),
        RecordTest("retail", "crypto", 70, moscow_ns("2026-06-01 12:00:00")),
    ],
    "disclosures": [
        set_parameter("DISC-1", "kinds", "security"),
        PublishDisclosure("BTC-NOTE", "a" * 64, "terms", 1_000_000, "2026-06-04", by="ann"),
        PublishDisclosure("METAL", "b" * 64, "terms", 1, by="ann"),
    ],
    "a later book": [
        LoadRulebook("elr-2025", documents("elr-2025")),
        LoadRulebook("general-2026", changed(documents("general-2026"), "LIQ-2", "assets", '["BTC"]')),
    ],
    "a book without tiers": [set_parameter("LIQ-2", "assets", "BTC"), LoadRulebook("elr-2025", documents("elr-2025"))],
}


def decisions(hook: ComplianceHook, venue: Venue) -> list[object]:
    """What a hook makes of an order of every kind on days that matter, and of the midnights between."""
    made: list[object] = []
    for moment in DAYS:
        time_ns = moscow_ns(moment)
        ended = hook.day_ended(time_ns)
        made.append((ended.events, ended.recheck is not None))
        for account, side, instrument in PROBES:
            order = venue.order(account, side, instrument)
            verdict = hook.recheck(order, time_ns)
            made.append(None if verdict is None else [(each.rule, each.said) for each in verdict.failures])
    return made


@pytest.mark.parametrize("name", CHANGES)
def test_a_restored_hook_decides_the_same(name: str) -> None:
    venue = Venue()
    plain = decisions(venue.hook, venue)
    for account in ("retail", "qualified", "firm"):
        assert rules_of(venue.buy(account, "0.001", "ETH/RUB", "100")) == ()
    for command in CHANGES[name]:
        venue.do(command)
    packed = venue.hook.snapshot()
    twin = ComplianceHook()
    twin.restore(packed, venue.exchange.assets, venue.exchange.instruments, venue.exchange.accounts)
    assert twin.snapshot() == packed
    made = decisions(venue.hook, venue)
    assert decisions(twin, venue) == made
    assert made != plain, "the change makes no difference to any probe"
    # They go on alike, too.
    for command in (
        set_parameter("RET-3" if name != "a book without tiers" else "ELR-3", "enabled", "true"),
        UpdateAsset("BTC", 1, 1, 1),
        RegisterInvestor("retail", INDIVIDUAL, assets_rub=10**9),
        LoadRulebook("general-2026", documents("general-2026")),
    ):
        first, second = venue.hook.apply(command, venue.time_ns), twin.apply(command, venue.time_ns)
        assert (first.events, said(first)) == (second.events, said(second))
        assert (first.recheck is None) == (second.recheck is None)
        assert twin.snapshot() == venue.hook.snapshot()


def test_who_is_to_be_looked_at_and_what_was_read_is_kept() -> None:
    venue = Venue()
    for asset in ("ETH", "BTC"):
        venue.do(Deposit("bank", asset, 10**8))
        # What a firm holds is read in the order in which it was first seen: so is told what has no price.
        venue.hook.intake.ledger.portfolios.of(venue.hook.intake.registry.investors["bank"]).held()
    intake = venue.hook.intake
    intake.closers.note(7, "firm")
    intake.closers.moved(intake.registry.clients["firm"])
    intake.closers.forget(7)
    intake.ledger.portfolios.touch(intake.registry.clients["bank"])
    hook = ComplianceHook()
    restore_exchange(venue.exchange.snapshot(), hook)
    assert list(hook.intake.closers.changed) == ["firm"] and not hook.intake.closers.accounts
    (live,), (again,) = intake.ledger.portfolios.all(), hook.intake.ledger.portfolios.all()
    assert list(live.units) == list(again.units) != sorted(live.units)
    assert (live.read, list(live.changed)) == (again.read, list(again.changed)) and "bank" in live.changed
