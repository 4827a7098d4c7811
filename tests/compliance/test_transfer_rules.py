"""What the rules on transfers say in words, and how the hook hands their verdicts to the core. The tables are in
tests/scenarios/compliance_transfers.toml."""

from __future__ import annotations

import pytest

from compliance import VENUE
from engine.codes import BY_RULE, COMPLIANCE, CROSS_BORDER, DOMESTIC_PAYMENT, PERMISSION, UNSUPPORTED
from engine.commands import FreezeAsset, IssueAsset, OpenAccount, RegisterInvestor, RequestDelivery, Transfer
from engine.events import (
    AssetIssued,
    CommandRejected,
    HoldingFrozen,
    OrderAccepted,
    OrderCancelled,
    RequestRejected,
    Transferred,
    TransferStatus,
)
from tests.compliance.venue import PARTICIPANT, Venue


def transfer(venue: Venue, amount: int, asset: str, to: str, purpose: int, reference: str = "") -> Transfer:
    return Transfer(PARTICIPANT, "importer", f"t{venue.exchange.seq}", to, asset, amount, purpose, reference)


def refused(venue: Venue, command: Transfer) -> RequestRejected:
    (event,) = venue.apply(command)
    assert isinstance(event, RequestRejected), event
    assert (event.code, event.order_id, event.client_order_id) == (COMPLIANCE, 0, command.client_order_id)
    return event


def test_a_refused_transfer_names_the_rule_its_title_and_all_that_fail() -> None:
    venue = Venue("elr-2025")
    command = transfer(venue, 5_000_000, "USDT", "firm", DOMESTIC_PAYMENT)
    seq = venue.exchange.accounts["importer"].report_seq
    assert venue.apply(command) == [
        RequestRejected(
            "importer",
            seq + 1,
            0,
            command.client_order_id,
            COMPLIANCE,
            "USDT is a currency value, not a means of payment inside Russia: pay in RUB",
            "CUR-1",
            "Digital currencies are currency values, never a means of payment inside Russia",
            ("CUR-1", "ELR-4"),
        )
    ]
    assert venue.apply(command) == [
        TransferStatus("importer", command.client_order_id, venue.exchange.seq - 1, COMPLIANCE)
    ]


@pytest.mark.parametrize(
    ("asset", "to", "purpose", "reference", "words"),
    [
        ("USDT", "abroad", CROSS_BORDER, " ", "a contract reference is needed"),
        (
            "USDT",
            "firm",
            CROSS_BORDER,
            "",
            (
                "a contract reference is needed; one of the two parties must be a resident and one not; "
                "importer and firm are both residents"
            ),
        ),
        (
            "XMR",
            "abroad",
            CROSS_BORDER,
            "7",
            (
                "XMR is a coin with default privacy; banned: default, optional; "
                "it moves between accounts of one investor only"
            ),
        ),
    ],
)
def test_the_words_of_a_refusal(asset: str, to: str, purpose: int, reference: str, words: str) -> None:
    venue = Venue()
    assert refused(venue, transfer(venue, 1, asset, to, purpose, reference)).detail == words


def test_the_words_on_two_non_residents() -> None:
    venue = Venue()
    command = Transfer(PARTICIPANT, "abroad", "t", "overseas", "USDT", 1, CROSS_BORDER, "7")
    assert refused(venue, command).detail.endswith("abroad and overseas are both non-residents")


def test_the_words_of_elr_4() -> None:
    venue = Venue("elr-2025", (("SET-1", "enabled", "false"),))
    assert refused(venue, transfer(venue, 1, "BTC", "firm", CROSS_BORDER)).detail == (
        "importer and firm are residents: they settle nothing in BTC with each other, but may trade it on the exchange"
    )


def test_the_blocked_party_is_named_the_sender_first() -> None:
    venue = Venue()
    for investor in ("importer", "firm"):
        venue.do(RegisterInvestor(investor, 1, assets_rub=1_000_000_000, blocked=True))
    detail = refused(venue, transfer(venue, 1, "RUB", "firm", DOMESTIC_PAYMENT)).detail
    assert detail == "investor importer is on the list of blocked owners: may not move assets"


def test_before_a_rulebook_nothing_moves_and_nothing_is_frozen() -> None:
    venue = Venue(rulebook="")
    event = refused(venue, transfer(venue, 1, "RUB", "firm", DOMESTIC_PAYMENT))
    assert (event.rule, event.rules) == (VENUE, (VENUE,))
    assert event.detail == "no transfer is allowed before a rulebook is loaded"
    assert venue.apply(FreezeAsset("USDT", 1)) == [
        CommandRejected(COMPLIANCE, "no rulebook is in force: nothing can be frozen")
    ]
    (reply,) = venue.apply(RequestDelivery(PARTICIPANT, "firm", "BTC-FUT", 1))
    assert isinstance(reply, RequestRejected)
    assert (reply.code, reply.detail) == (UNSUPPORTED, "BTC-FUT is cash-settled only")


def test_delivery_is_refused_by_der_1_in_words() -> None:
    venue = Venue()
    seq = venue.exchange.accounts["firm"].report_seq
    assert venue.apply(RequestDelivery(PARTICIPANT, "firm", "BTC-FUT", 1)) == [
        RequestRejected(
            "firm",
            seq + 1,
            0,
            "",
            COMPLIANCE,
            "BTC-FUT is settled in money; what it follows is never delivered",
            "DER-1",
            "Crypto derivatives and securities only for qualified investors, cash-settled",
            ("DER-1",),
        )
    ]


def test_a_freeze_names_frz_1_in_what_it_cancels() -> None:
    venue = Venue("elr-2025")
    venue.do(IssueAsset("METAL", "firm", 100_00, "smelter"))
    (accepted, *_) = venue.enter("firm", 1, "60", "METAL/RUB", "100")
    assert isinstance(accepted, OrderAccepted)
    cancelled, frozen = venue.do(FreezeAsset("METAL", 500_000, "", "smelter", "court order 7"))
    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.order_id, cancelled.reason, cancelled.rule, cancelled.detail) == (
        accepted.order_id,
        BY_RULE,
        "FRZ-1",
        "50.00 of 100.00 METAL held are frozen",
    )
    assert frozen == HoldingFrozen("firm", cancelled.report_seq + 1, "METAL", 50_00, 50_00, 0, "court order 7")
    venue.exchange.check()


@pytest.mark.parametrize(
    ("rulebook", "changes", "words"),
    [
        ("derivatives-2025", (), "rulebook derivatives-2025 has no rule FRZ-1 in force: nothing can be frozen"),
        (
            "elr-2025",
            (("FRZ-1", "enabled", "false"),),
            "rulebook elr-2025 has no rule FRZ-1 in force: nothing can be frozen",
        ),
    ],
)
def test_without_frz_1_a_freeze_is_refused_in_words(
    rulebook: str, changes: tuple[tuple[str, str, str], ...], words: str
) -> None:
    venue = Venue(rulebook, changes)
    assert venue.apply(FreezeAsset("USDT", 1)) == [CommandRejected(COMPLIANCE, words)]
    assert venue.exchange.accounts["firm"].balance(venue.exchange.assets["USDT"]).frozen == 0


def test_what_was_frozen_is_let_go_under_a_book_without_frz_1() -> None:
    venue = Venue("elr-2025")
    venue.do(FreezeAsset("A7A5", 1_000_000, "firm"))
    assert venue.exchange.accounts["firm"].balance(venue.exchange.assets["A7A5"]).available == 0
    venue.load("derivatives-2025")
    (event,) = venue.do(FreezeAsset("A7A5", 0, "firm"))
    assert isinstance(event, HoldingFrozen)
    assert (event.frozen, event.available) == (0, 10**16)


def test_crypto_is_not_frozen() -> None:
    venue = Venue("elr-2025")
    assert venue.apply(FreezeAsset("BTC", 1)) == [
        CommandRejected(COMPLIANCE, "FRZ-1 is about what an issuer controls: stablecoins and securities; BTC is crypto")
    ]


def test_nothing_is_issued_to_a_blocked_owner() -> None:
    venue = Venue("elr-2025")
    venue.do(RegisterInvestor("abroad", 1, resident=False, assets_rub=1_000_000_000, blocked=True))
    assert venue.apply(IssueAsset("METAL", "abroad", 1)) == [
        CommandRejected(COMPLIANCE, "SAN-1: investor abroad is on the list of blocked owners")
    ]
    assert isinstance(venue.apply(IssueAsset("METAL", "firm", 1))[0], AssetIssued)


def test_the_owner_of_an_account_opened_later_is_known() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("late", 1, resident=False))
    venue.do(OpenAccount("late", PARTICIPANT, "late"))
    assert isinstance(venue.apply(transfer(venue, 1, "USDT", "late", CROSS_BORDER, "7"))[0], Transferred)
    stranger = Transfer("nobody", "late", "t", "firm", "USDT", 1, CROSS_BORDER, "7")
    (event,) = venue.apply(stranger)
    assert isinstance(event, RequestRejected)
    assert (event.code, event.report_seq) == (PERMISSION, 0)
