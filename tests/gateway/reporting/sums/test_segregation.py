"""What intermediaries hold for clients and of their own: it adds up to what their accounts hold."""

from __future__ import annotations

from engine.vocabulary.codes import SELF_CUSTODY
from engine.vocabulary.messages.commands import Arrest, IssueAsset, RegisterIntermediary, SetCustody
from gateway.protocol.formats import Formats
from gateway.reporting.sums.segregation import COLUMNS, segregation, segregation_table
from tests.support.compliance.venue import Venue


def test_what_intermediaries_hold_adds_up_to_what_accounts_hold() -> None:
    desk = Venue("general-2026")
    desk.do(RegisterIntermediary("beta", own_investor="firm", by="supervisor"))
    desk.do(SetCustody("firm", SELF_CUSTODY, "asked for", "supervisor"))
    desk.do(IssueAsset("METAL", "firm", 7_00))
    # What is set aside counts too.
    desk.do(Arrest("1", "court", "2026-01-01", account="firm", asset="METAL", share_ppm=500_000))
    found = {(each.intermediary, each.asset, each.custody): each for each in segregation(desk.exchange)}
    own = found["beta", "METAL", SELF_CUSTODY]
    assert (own.own_investor, own.own, own.clients, own.client_accounts) == ("firm", 7_00, 0, 0)
    held = {
        name: account.balance(desk.exchange.assets["BTC"]).owned for name, account in desk.exchange.accounts.items()
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
    assert table.kinds == COLUMNS
    assert ("beta", "firm", "METAL", "self_custody", "0.00", 0, "7.00") in table.rows
    assert table.rows[-1][0] == "", "those held through nobody come last"


def formats(desk: Venue) -> Formats:
    found = Formats()
    for asset in desk.exchange.assets.values():
        found.scales[asset.asset] = asset.scale
    return found
