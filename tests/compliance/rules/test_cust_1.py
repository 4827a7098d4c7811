"""CUST-1: what an explanation says, what outlasts a restart, and what intermediaries hold for clients and of their own."""

from __future__ import annotations

from compliance import ComplianceHook
from compliance.explain import DECIDED, PASSED
from engine.exchange import restore_exchange
from engine.snapshot.encoding import state_digest
from engine.vocabulary.codes import CROSS_BORDER, DOMESTIC_PAYMENT, OWN_ADDRESS, SELF_CUSTODY
from engine.vocabulary.messages.commands import (
    EffectiveFrom,
    IssueAsset,
    RegisterIntermediary,
    SetCustody,
    Transfer,
)
from engine.vocabulary.messages.events import RegistryChanged, RequestRejected, Transferred
from gateway.protocol.formats import Formats
from gateway.reporting.segregation import COLUMNS, segregation, segregation_table
from tests.support.compliance.venue import PARTICIPANT
from tests.support.compliance.watched_venue import WatchedVenue, by_rule, check_sound

OWN = RegisterIntermediary("beta", own_investor="firm", by="supervisor")


def venue() -> WatchedVenue:
    found = WatchedVenue("general-2026")
    found.do(OWN)
    return found


def test_an_explanation_names_the_intermediary_and_what_may_pass() -> None:
    desk = venue()
    desk.do(IssueAsset("METAL", "firm", 1_00))
    (event,) = desk.apply(Transfer(PARTICIPANT, "firm", "t1", "retail@beta", "METAL", 1, DOMESTIC_PAYMENT))
    assert isinstance(event, RequestRejected) and "CUST-1" in event.rules
    check_sound(desk.notebook.transfers[-1])
    rule = by_rule(desk.notebook.transfers[-1])["CUST-1"]
    assert rule.outcome == DECIDED
    assert rule.inputs[:3] == [("intermediary", "beta"), ("sender", "firm"), ("receiver", "retail")]
    assert rule.arithmetic == (
        "METAL is no money, the purpose domestic_payment; between own and clients' accounts may pass: money for domestic_payment"
    )
    (event,) = desk.apply(Transfer(PARTICIPANT, "firm", "t2", "retail@beta", "RUB", 1, DOMESTIC_PAYMENT))
    assert isinstance(event, Transferred)
    assert by_rule(desk.notebook.transfers[-1])["CUST-1"].outcome == PASSED


def test_what_it_does_not_concern_it_spares() -> None:
    desk = venue()
    (event,) = desk.apply(Transfer(PARTICIPANT, "qualified", "t1", "firm", "RUB", 1, CROSS_BORDER))
    assert isinstance(event, Transferred)
    rule = by_rule(desk.notebook.transfers[-1])["CUST-1"]
    assert "between an intermediary's own accounts and its clients'" in rule.spared


def test_ways_and_own_investors_outlast_a_restart_and_a_change_may_wait_for_its_date() -> None:
    desk = venue()
    (event,) = desk.do(SetCustody("firm", SELF_CUSTODY, "asked for", "supervisor"))
    assert isinstance(event, RegistryChanged)
    assert (event.what, event.key, event.detail) == ("custody", "firm", "held by self_custody")
    later_ns = desk.exchange.time_ns + 10**9
    desk.do(EffectiveFrom(later_ns, SetCustody("qualified", OWN_ADDRESS), "a date", "supervisor"))
    hook = ComplianceHook()
    restored = restore_exchange(desk.exchange.snapshot(), hook)
    assert state_digest(restored) == state_digest(desk.exchange)
    registry = hook.intake.registry
    assert registry.clients["firm"].custody == SELF_CUSTODY and registry.intermediaries["beta"].own_investor == "firm"
    # A registration that says nothing of it leaves it.
    desk.do(RegisterIntermediary("beta", capital_rub=5, by="supervisor"))
    assert desk.hook.intake.registry.intermediaries["beta"].own_investor == "firm"
    desk.do(RegisterIntermediary("beta", replace=True, by="supervisor"))
    assert desk.hook.intake.registry.intermediaries["beta"].own_investor == ""


def test_what_intermediaries_hold_adds_up_to_what_accounts_hold() -> None:
    desk = venue()
    desk.do(SetCustody("firm", SELF_CUSTODY, "asked for", "supervisor"))
    desk.do(IssueAsset("METAL", "firm", 7_00))
    found = {(each.intermediary, each.asset, each.custody): each for each in segregation(desk.exchange)}
    own = found["beta", "METAL", SELF_CUSTODY]
    assert (own.own_investor, own.own, own.clients, own.client_accounts) == ("firm", 7_00, 0, 0)
    held = {
        name: account.balance(desk.exchange.assets["BTC"]).total for name, account in desk.exchange.accounts.items()
    }
    clients = found["beta", "BTC", 0]
    assert (clients.clients, clients.client_accounts, clients.own) == (
        held["retail@beta"],
        1,
        held["firm@alfa"] + held["firm@credit"],
    )
    # firm@alfa is a client's account of alfa, and beta's own.
    assert found["alfa", "BTC", 0].clients == sum(
        held[name] for name in ("retail", "newcomer", "nameless", "qualified", "small_firm", "firm@alfa")
    )
    table = segregation_table(desk.exchange, formats(desk))
    assert table.columns == COLUMNS
    assert ("beta", "firm", "METAL", "self_custody", "0.00", 0, "7.00") in table.rows
    assert table.rows[-1][0] == "", "those held through nobody come last"


def formats(desk: WatchedVenue) -> Formats:
    found = Formats()
    for asset in desk.exchange.assets.values():
        found.scales[asset.asset] = asset.scale
    return found
