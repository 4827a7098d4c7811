"""What the rules on transfers say in words, and how the hook hands their verdicts to the core. The tables are in
tests/scenarios/compliance_transfers.toml."""

from __future__ import annotations

import pytest

from compliance import VENUE, ComplianceHook
from engine.vocabulary.codes import (
    BY_RULE,
    COMPLIANCE,
    CONTINUOUS,
    CROSS_BORDER,
    DOMESTIC_PAYMENT,
    NOTE,
    OWN_ACCOUNT,
    PERMISSION,
    UNSUPPORTED,
)
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Deposit,
    FreezeAsset,
    IssueAsset,
    ListInstrument,
    OpenAccount,
    RedeemAsset,
    RegisterContract,
    RegisterInvestor,
    RequestDelivery,
    SetBlocked,
    SetPhase,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    AssetIssued,
    CommandRejected,
    HoldingFrozen,
    OrderAccepted,
    OrderCancelled,
    RequestRejected,
    Transferred,
    TransferStatus,
)
from tests.support.compliance.identities import identified
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, Venue, rules_of


def transfer(venue: Venue, amount: int, asset: str, to: str, purpose: int, *, reference: str = "") -> Transfer:
    return Transfer(PARTICIPANT, "importer", f"t{venue.exchange.seq}", to, asset, amount, purpose, reference)


def refused(venue: Venue, command: Transfer) -> RequestRejected:
    (event,) = venue.apply(command)
    assert isinstance(event, RequestRejected), event
    assert (event.code, event.order_id, event.client_order_id) == (COMPLIANCE, 0, command.client_order_id)
    return event


def test_a_refused_transfer_names_the_rule_and_all_that_fail() -> None:
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
            "USDT is digital currency, never a means of payment inside Russia: pay in RUB",
            "PAY-1",
            "",
            ("PAY-1", "CUR-1", "ELR-4"),
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
    assert refused(venue, transfer(venue, 1, asset, to, purpose, reference=reference)).detail == words


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
            "",
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
    venue.do(identified(RegisterInvestor("late", 1, resident=False, foreign_trade=True)))
    venue.do(OpenAccount("late", PARTICIPANT, "late"))
    venue.do(RegisterContract("7", "importer", "late", "USDT", 1, "2026-05-01", "machines"))
    assert isinstance(venue.apply(transfer(venue, 1, "USDT", "late", CROSS_BORDER, reference="7"))[0], Transferred)
    stranger = Transfer("nobody", "late", "t", "firm", "USDT", 1, CROSS_BORDER, "7")
    (event,) = venue.apply(stranger)
    assert isinstance(event, RequestRejected)
    assert (event.code, event.report_seq) == (PERMISSION, 0)


def exposure(venue: Venue, investor: str, intermediary: str = "") -> tuple[int, int]:
    """Of an investor, and through an intermediary."""
    exposures = venue.hook.intake.ledger.exposures
    return exposures.by_investor.get(investor, 0), exposures.through(intermediary)


def bought_notes(venue: Venue) -> None:
    """Let firm@alfa buy three lots of notes, two at 10 000 and one at 10 100 RUB a note: 3.01 RUB."""
    for lots, price in (("0.0002", "10000"), ("0.0001", "10100")):
        venue.sell("dealer", lots, "BTC-NOTE", price)
        venue.buy("firm@alfa", lots, "BTC-NOTE", price)


def test_a_transferred_note_takes_its_exposure_along_at_average_entry_value() -> None:
    venue = Venue()
    bought_notes(venue)
    assert exposure(venue, "firm", "alfa") == (301, 301)
    # A third of the position, rounded down: what remains is rounded up, and nothing is lost between the two.
    (event,) = venue.apply(Transfer(PARTICIPANT, "firm@alfa", "a", "qualified@credit", "BTC-NOTE", 1, DOMESTIC_PAYMENT))
    assert isinstance(event, Transferred)
    assert exposure(venue, "firm", "alfa") == (201, 201)
    assert exposure(venue, "qualified", "credit") == (100, 100)
    # Between own accounts the investor's exposure stays, that of the intermediary goes.
    venue.apply(Transfer(PARTICIPANT, "firm@alfa", "b", "firm", "BTC-NOTE", 2, OWN_ACCOUNT))
    assert exposure(venue, "firm", "alfa") == (201, 0)
    # What was never bought here is no exposure, wherever it goes.
    venue.apply(Transfer(PARTICIPANT, "firm@alfa", "c", "firm", "BTC-NOTE", 5, OWN_ACCOUNT))
    assert exposure(venue, "firm", "alfa") == (201, 0)


def test_the_limit_counts_what_came_by_transfer() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"1.00"'),))
    bought_notes(venue)
    venue.apply(Transfer(PARTICIPANT, "firm@alfa", "a", "qualified", "BTC-NOTE", 1, DOMESTIC_PAYMENT))
    assert rules_of(venue.buy("qualified", "0.0001", "BTC-NOTE", "100")) == ("DER-4",)


def test_parts_of_a_lot_take_their_part_of_the_exposure_along() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"1.00"'),))
    # A lot is a hundredth of a note, which is 100 minor units of it; it is bought for 1.00 RUB.
    venue.do(ListInstrument("WIDE", NOTE, "BTC-NOTE", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000))
    venue.do(SetPhase("WIDE", CONTINUOUS))
    for owner, price in (("firm", "100"), ("firm@alfa", "200")):
        venue.sell("dealer", "0.01", "WIDE", price)
        venue.buy(owner, "0.01", "WIDE", price)
    for number, (sender, units) in enumerate((("firm", 50), ("firm@alfa", 25), ("firm@alfa", 1))):
        command = Transfer(PARTICIPANT, sender, f"part{number}", "qualified", "BTC-NOTE", units, DOMESTIC_PAYMENT)
        venue.apply(command)
    # Half of 1.00, a quarter of 2.00, a hundredth of 2.00.
    assert exposure(venue, "qualified", "alfa") == (1_02, 1_02 + 1_48)
    assert exposure(venue, "firm") == (1_98, 0)
    twin = ComplianceHook()
    twin.restore(venue.hook.snapshot(), venue.exchange.assets, venue.exchange.instruments, venue.exchange.accounts)
    assert twin.intake.ledger.exposures.by_investor == venue.hook.intake.ledger.exposures.by_investor
    assert rules_of(venue.buy("qualified", "0.01", "WIDE", "1")) == ("DER-4",)
    # A sale of a lot is more than what came: nothing is left of it.
    venue.sell("qualified", "0.01", "WIDE", "1")
    venue.buy("dealer", "0.01", "WIDE", "1")
    assert exposure(venue, "qualified", "alfa") == (0, 1_48)


@pytest.mark.parametrize("asset", ["BTC-NOTE", "BTC-DFA"])
def test_what_is_withdrawn_or_redeemed_is_exposure_no_more(asset: str) -> None:
    venue = Venue()
    instrument = asset if asset == "BTC-NOTE" else "BTC-DFA/RUB"
    leave: AnyCommand = Withdraw("firm", asset, 1)
    if asset == "BTC-DFA":
        venue.do(IssueAsset("BTC-DFA", "dealer", 100))
        leave = RedeemAsset("BTC-DFA", "firm", 1)
    quantity, price = ("0.0002", "10000") if asset == "BTC-NOTE" else ("0.02", "100")
    venue.sell("dealer", quantity, instrument, price)
    venue.buy("firm", quantity, instrument, price)
    assert exposure(venue, "firm") == (200, 0)
    venue.do(leave)
    assert exposure(venue, "firm") == (100, 0)


def test_nothing_is_redeemed_or_withdrawn_from_a_blocked_owner_until_the_block_is_lifted() -> None:
    venue = Venue()
    venue.do(IssueAsset("METAL", "firm", 100))
    venue.do(SetBlocked("firm", True, "list", "ann"))
    refusal = CommandRejected(COMPLIANCE, "SAN-1: investor firm is on the list of blocked owners")
    for command in (RedeemAsset("METAL", "firm", 1), Withdraw("firm", "RUB", 1), Withdraw("firm@alfa", "BTC", 1)):
        assert venue.apply(command) == [refusal]
    venue.do(Deposit("firm", "RUB", 1))
    venue.do(SetBlocked("firm", False, "list", "ann"))
    for command in (RedeemAsset("METAL", "firm", 1), Withdraw("firm", "RUB", 1)):
        venue.do(command)
