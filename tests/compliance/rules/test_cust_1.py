"""CUST-1: what an explanation says, and what outlasts a restart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from compliance import ComplianceHook
from compliance.explain import DECIDED, PASSED
from compliance.registry.records import Client
from engine.build import is_compiled
from engine.exchange import restore_exchange
from engine.snapshot.encoding import state_digest
from engine.vocabulary.codes import CROSS_BORDER, DOMESTIC_PAYMENT, OWN_ADDRESS, SELF_CUSTODY
from engine.vocabulary.messages.commands import (
    EffectiveFrom,
    IssueAsset,
    OpenAccount,
    RegisterIntermediary,
    RequestWithdrawal,
    SetCustody,
    Transfer,
)
from engine.vocabulary.messages.events import RegistryChanged, RequestRejected, Transferred
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


class Counted(list[Client]):
    """The accounts of an investor, and how many of them were looked at."""

    looked = 0

    def __iter__(self) -> Iterator[Client]:
        for each in super().__iter__():
            self.looked += 1
            yield each


@pytest.mark.skipif(is_compiled(), reason="a compiled class lets nobody replace its list")
def test_a_destination_with_many_accounts_costs_no_more_than_one_with_few() -> None:
    desk = venue()
    for number in range(50):
        desk.do(OpenAccount(f"dealer@{number}", PARTICIPANT, "dealer", ""))
    registry = desk.hook.intake.registry
    named = registry.investors["dealer"]
    named.clients = counted = Counted(named.clients)  # type: ignore[misc]
    # Neither who asks is an intermediary, nor who is named. Then the intermediary itself asks, and one of its clients.
    for account, to, rules in (
        ("importer", "dealer", ()),
        ("firm", "dealer", ()),
        ("firm", "retail", ("CUST-1",)),
        ("retail@beta", "firm", ("CUST-1",)),
        ("retail@beta", "dealer", ()),
    ):
        (event,) = desk.apply(RequestWithdrawal(PARTICIPANT, account, f"to {to}", "RUB", 1, to))
        assert (event.rules if isinstance(event, RequestRejected) else ()) == rules, (account, to)
    assert counted.looked == 0
    desk.do(OpenAccount("dealer@beta", PARTICIPANT, "dealer", "beta"))
    (event,) = desk.apply(RequestWithdrawal(PARTICIPANT, "firm", "again", "RUB", 1, "dealer"))
    assert isinstance(event, RequestRejected) and "dealer@beta" in event.detail
