"""Contracts of foreign trade and texts of the risk warning as records: what is refused, what is said, what a snapshot keeps.

The tables of what they do are in tests/scenarios/compliance_transfers.toml and compliance_persons.toml.
"""

from __future__ import annotations

import msgspec
import pytest

from compliance import ComplianceHook, digest_of
from engine.vocabulary.codes import CONTINUOUS, CROSS_BORDER
from engine.vocabulary.limits import MAX_CONTRACTS_PER_INVESTOR, MAX_KNOWN_TEXTS
from engine.vocabulary.messages.commands import (
    AnyCommand,
    LoadRulebook,
    MarkFuture,
    PublishWarning,
    RecordAcknowledgement,
    RegisterContract,
    RegisterInvestor,
    Sequenced,
    SetBlocked,
    SetPhase,
    SetTradingRules,
    Tick,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    CommandRejected,
    OrderCancelled,
    RegistryChanged,
    RequestRejected,
    Transferred,
    VariationMargin,
)
from tests.support.compliance.answers import set_parameter
from tests.support.compliance.venue import PARTICIPANT, WARNING, WARNING_DIGEST, Venue, changed, documents, e8, rules_of


def contract(**stated: str | int) -> RegisterContract:
    command = RegisterContract("7", "importer", "abroad", "USDT", 100_000_000, "2026-06-01", "machines")
    return msgspec.structs.replace(command, **stated)


def digest(hook: ComplianceHook) -> bytes:
    return hook.snapshot()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (RecordAcknowledgement("nobody", digest=WARNING_DIGEST), "investor nobody is not registered"),
        (RecordAcknowledgement("retail", 1), "names the digest of the text: a version says nothing"),
        (RecordAcknowledgement("retail", 0), "names the digest of the text: a version says nothing"),
        (RecordAcknowledgement("retail", digest="0" * 64), "no text of the risk warning has this digest"),
        (RecordAcknowledgement("retail", digest=WARNING_DIGEST.upper()), "no text of the risk warning has this digest"),
        (PublishWarning(" "), "text must be one of at most 4096 characters"),
        (PublishWarning("x" * 4_097), "text must be one of at most 4096 characters"),
        (PublishWarning(WARNING), "is known already"),
        (contract(contract=" 7"), "contract must have no spaces around it"),
        (contract(contract=""), "contract must be 1 to"),
        (contract(payee="nobody"), "investor nobody is not registered"),
        (contract(payer="abroad"), "a contract has two parties"),
        (contract(asset="EUR"), "unknown asset EUR"),
        (
            contract(asset="BTC-NOTE"),
            "BTC-NOTE is a security: the currency of a contract is money, or a currency value",
        ),
        (contract(amount=0), "amount must be positive"),
        (contract(amount=2**63), "amount must be positive, and not above"),
        (contract(concluded="2026-06-02"), "concluded must be a date YYYY-MM-DD, 2026-06-01 at the latest"),
        (contract(concluded="May"), "concluded must be a date YYYY-MM-DD"),
        (contract(subject=" "), "subject must be a text of at most 512 characters"),
        (contract(subject="x" * 513), "subject must be a text of at most 512 characters"),
        (contract(payer="firm", payee="importer"), "SET-1: one of the two parties must be a resident and one not"),
        (contract(payer="retail"), "SET-1: retail is retail, and not registered as a foreign-trade party"),
    ],
)
def test_a_paper_that_makes_no_sense_is_refused_and_changes_nothing(command: AnyCommand, why: str) -> None:
    venue = Venue()
    before = digest(venue.hook)
    (event,) = venue.apply(command)
    assert isinstance(event, CommandRejected)
    assert why in event.detail
    assert digest(venue.hook) == before


def test_papers_are_reported() -> None:
    venue = Venue()
    assert venue.do(RecordAcknowledgement("retail", digest=WARNING_DIGEST)) == [
        RegistryChanged("acknowledgement", "retail", WARNING_DIGEST)
    ]
    assert venue.do(PublishWarning("second")) == [RegistryChanged("warning", digest_of("second"))]
    assert venue.do(contract()) == [
        RegistryChanged("contract", "7", "importer owes abroad 100.000000 USDT, of 2026-06-01: machines")
    ]


def pay(venue: Venue, sender: str, receiver: str, asset: str, amount: int, *, reference: str = "7") -> object:
    command = Transfer(PARTICIPANT, sender, f"t{venue.exchange.seq}", receiver, asset, amount, CROSS_BORDER, reference)
    return venue.apply(command)[0]


def paid(venue: Venue) -> int:
    return venue.hook.intake.registry.contracts["7"].paid


def detail(event: object) -> str:
    assert isinstance(event, RequestRejected), event
    return event.detail


def test_a_refusal_names_the_figures() -> None:
    venue = Venue()
    venue.do(contract())
    assert detail(pay(venue, "importer", "abroad", "USDT", 100_000_001)) == (
        "worth 100.000001 USDT; left of contract 7: 100.000000 USDT of 100.000000 USDT"
    )
    assert isinstance(pay(venue, "importer", "abroad", "USDT", 60_000_000), Transferred)
    assert detail(pay(venue, "abroad", "importer", "USDT", 60_000_001)) == (
        "a refund worth 60.000001 USDT; of what was paid under contract 7 may go back: 60.000000 USDT"
    )
    assert detail(pay(venue, "firm", "overseas", "USDT", 1)) == "contract 7 is between importer and abroad"
    assert detail(pay(venue, "importer", "abroad", "USDT", 1, reference="gift")) == "contract gift is not registered"
    assert detail(pay(venue, "importer", "abroad", "BTC", 1)) == (
        "what BTC is worth in USDT, the currency of contract 7, can't be told here"
    )


def test_another_asset_is_worth_its_last_trade_in_the_currency_of_the_contract() -> None:
    venue = Venue()
    # A contract of 10 000 roubles, paid in USDT at 200 roubles, then at 100, and a refund at 200.
    venue.do(contract(asset="RUB", amount=10_000_00))
    for price in ("200", "100"):
        venue.sell("dealer", "1", "USDT/RUB", price)
        venue.buy("firm", "1", "USDT/RUB", price)
        # A millionth of a USDT is worth 0.02 or 0.01 of a kopeck: a kopeck, rounded up.
        assert isinstance(pay(venue, "importer", "abroad", "USDT", 1), Transferred)
    assert paid(venue) == 2
    assert isinstance(pay(venue, "importer", "abroad", "USDT", 99_000_000), Transferred)
    assert paid(venue) == 9_900_02
    venue.sell("dealer", "1", "USDT/RUB", "200")
    venue.buy("firm", "1", "USDT/RUB", "200")
    # 99 USDT are worth 19 800 now, more than was paid; 49.5001 are worth exactly what was.
    assert detail(pay(venue, "abroad", "importer", "USDT", 99_000_000)).startswith("a refund worth 19800.00 RUB; of")
    assert isinstance(pay(venue, "abroad", "importer", "USDT", 49_500_050), Transferred)
    # 9 900.01 came back, rounded down to the kopeck.
    assert paid(venue) == 1


def test_between_two_assets_both_prices_count() -> None:
    venue = Venue()
    venue.do(contract(asset="USDT", amount=1_000_000_000))
    for instrument, quantity, price in (("USDT/RUB", "1", "100"), ("BTC/RUB", "0.001", "8000000")):
        venue.sell("dealer", quantity, instrument, price)
        venue.buy("firm", quantity, instrument, price)
    # A satoshi is 8 kopecks, 0.0008 USDT.
    assert isinstance(pay(venue, "importer", "abroad", "BTC", 1), Transferred)
    assert paid(venue) == 800
    # 0.0125 BTC are 1 000 USDT: 0.0008 more than are left.
    assert "worth 1000.000000 USDT; left of contract 7: 999.999200" in detail(
        pay(venue, "importer", "abroad", "BTC", 1_250_000)
    )
    assert isinstance(pay(venue, "importer", "abroad", "BTC", 1_249_999), Transferred)
    assert paid(venue) == 1_000_000_000


def test_roubles_paid_under_a_contract_use_it_up_too() -> None:
    venue = Venue()
    venue.do(contract(asset="RUB", amount=100_00))
    assert detail(pay(venue, "importer", "abroad", "RUB", 150_00)) == (
        "worth 150.00 RUB; left of contract 7: 100.00 RUB of 100.00 RUB"
    )
    assert isinstance(pay(venue, "importer", "abroad", "RUB", 100_00), Transferred)
    venue.sell("dealer", "1", "USDT/RUB", "100")
    venue.buy("firm", "1", "USDT/RUB", "100")
    assert "left of contract 7: 0.00 RUB of 100.00 RUB" in detail(pay(venue, "importer", "abroad", "USDT", 1))


def test_a_refund_of_less_than_a_minor_unit_cannot_be_repeated_without_end() -> None:
    venue = Venue()
    venue.do(contract(asset="RUB", amount=100_00))
    venue.sell("dealer", "1", "USDT/RUB", "100")
    venue.buy("firm", "1", "USDT/RUB", "100")
    assert isinstance(pay(venue, "importer", "abroad", "RUB", 3), Transferred)
    for _ in range(3):
        # Worth 0.01 of a kopeck: it takes a kopeck of what may go back, and makes no room for another payment.
        assert isinstance(pay(venue, "abroad", "importer", "USDT", 1), Transferred)
    assert paid(venue) == 3
    assert detail(pay(venue, "abroad", "importer", "USDT", 1)) == (
        "a refund worth 0.01 RUB; of what was paid under contract 7 may go back: 0.00 RUB"
    )
    twin = ComplianceHook()
    exchange = venue.exchange
    twin.restore(digest(venue.hook), exchange.assets, exchange.instruments, exchange.accounts)
    assert [each.refundable for each in twin.intake.registry.contracts.values()] == [0]
    assert digest(twin) == digest(venue.hook)


def test_a_snapshot_keeps_contracts_texts_and_the_day_of_the_rulebook() -> None:
    venue = Venue()
    venue.do(contract())
    venue.do(PublishWarning("second"))
    venue.do(RecordAcknowledgement("retail", digest=digest_of("second")))
    venue.do(RegisterInvestor("earner", 0, earlier_income_rub=12_000_000, income_rub=12_000_000, foreign_trade=True))
    pay(venue, "importer", "abroad", "USDT", 60_000_000)
    venue.do(set_parameter("RET-1", "starts", "2027-07-01"))
    twin = ComplianceHook()
    exchange = venue.exchange
    twin.restore(digest(venue.hook), exchange.assets, exchange.instruments, exchange.accounts)
    assert digest(twin) == digest(venue.hook)
    assert twin.intake.table is not None and twin.intake.table.rulebook.active("RET-1") is None
    for hook in (venue.hook, twin):
        (kept,) = hook.intake.registry.contracts.values()
        assert (kept.paid, kept.refundable) == (60_000_000, 60_000_000)
    investor = twin.intake.registry.investors["importer"]
    assert [(each.contract, each.paid, each.left) for each in investor.contracts] == [("7", 60_000_000, 40_000_000)]


def test_an_investor_has_no_more_contracts_than_the_bound_and_others_still_may() -> None:
    venue = Venue()
    for number in range(MAX_CONTRACTS_PER_INVESTOR):
        venue.exchange.apply(Sequenced(venue.exchange.seq + 1, venue.time_ns, contract(contract=f"c{number}")))
    (event,) = venue.apply(contract())
    assert isinstance(event, CommandRejected)
    assert event.detail == "importer has 10000 contracts, and may have no more"
    # An amendment is no further one.
    venue.do(contract(contract="c0", amount=1))
    venue.do(contract(payer="firm", payee="overseas"))


def test_no_more_texts_are_known_than_the_bound_whoever_brings_them() -> None:
    venue = Venue()
    for number in range(MAX_KNOWN_TEXTS - 1):
        venue.do(PublishWarning(f"text {number}"))
        venue.do(RecordAcknowledgement("retail", digest=digest_of(f"text {number}")))
    words = f"no more than {MAX_KNOWN_TEXTS} texts of the warning"
    for command in (
        PublishWarning("one more"),
        set_parameter("RISK-1", "warning_text", "one more"),
        LoadRulebook("general-2026", changed(documents("general-2026"), "RISK-1", "warning_text", '"one more"')),
    ):
        (event,) = venue.apply(command)
        assert isinstance(event, CommandRejected) and event.detail == words
    assert venue.hook.intake.table is not None and venue.hook.intake.table.warning is not None
    assert venue.hook.intake.table.warning.digest == WARNING_DIGEST
    venue.do(set_parameter("RISK-1", "warning_text", "text 7"))


def test_the_oldest_text_that_nobody_needs_makes_room_for_another() -> None:
    venue = Venue()
    known = venue.hook.intake.registry.texts
    for number in range(MAX_KNOWN_TEXTS - 1):
        venue.do(PublishWarning(f"text {number}"))
    venue.do(RecordAcknowledgement("retail", digest=digest_of("text 0")))
    # The text in force stays, and one that somebody acknowledged; text 1 is the oldest that does neither.
    venue.do(PublishWarning("another"))
    assert len(known) == MAX_KNOWN_TEXTS
    assert digest_of("text 1") not in known
    for kept in (WARNING, "text 0", "text 2", "another"):
        assert digest_of(kept) in known
    (event,) = venue.apply(RecordAcknowledgement("retail", digest=digest_of("text 1")))
    assert isinstance(event, CommandRejected) and "no text of the risk warning has this digest" in event.detail
    # The text of a rulebook that comes makes room likewise, and what was in force stays: somebody acknowledged it.
    venue.do(set_parameter("RISK-1", "warning_text", "first"))
    venue.do(PublishWarning("one more"))
    assert len(known) == MAX_KNOWN_TEXTS
    texts = ("text 2", "text 3", "text 4", "first", WARNING, "text 0", "another", "one more")
    assert [digest_of(text) in known for text in texts] == [False] * 2 + [True] * 6
    twin = ComplianceHook()
    exchange = venue.exchange
    twin.restore(digest(venue.hook), exchange.assets, exchange.instruments, exchange.accounts)
    assert list(twin.intake.registry.texts) == list(known)


def test_a_text_of_a_later_date_is_known_when_the_rulebook_comes() -> None:
    text = '{ before = "first", 2026-06-02 = "second" }'
    venue = Venue("general-2026", (("RISK-1", "warning_text", text),))
    for name in ("first", "second"):
        venue.do(RecordAcknowledgement("super", digest=digest_of(name)))
    venue.do(RecordAcknowledgement("qualified", digest=digest_of("first")))
    for account in ("super", "qualified"):
        assert rules_of(venue.buy(account, "1", "BTC/RUB", "100")) == ()
    venue.at("2026-06-02 00:00")
    cancelled = [event for event in venue.apply(Tick()) if isinstance(event, OrderCancelled)]
    assert [(event.account, event.rule) for event in cancelled] == [("qualified", "RISK-1")]
    assert rules_of(venue.buy("super", "1", "BTC/RUB", "100")) == ()


def test_a_blocked_owner_pays_and_receives_variation_margin_which_stays_on_the_account() -> None:
    venue = Venue("elr-2025")
    venue.do(SetTradingRules("BTC-FUT", 400_000))
    venue.do(MarkFuture("BTC-FUT", e8("100000"), "start"))
    venue.do(SetPhase("BTC-FUT", CONTINUOUS))
    venue.sell("dealer", "0.1", "BTC-FUT", "100000")
    venue.buy("firm", "0.1", "BTC-FUT", "100000")
    venue.do(SetBlocked("firm", True, "list", "ann"))
    margins = [
        event for event in venue.do(MarkFuture("BTC-FUT", e8("110000"), "up")) if isinstance(event, VariationMargin)
    ]
    assert {event.account: event.amount for event in margins} == {"firm": 1_000_00, "dealer": -1_000_00}
    (refused,) = venue.apply(Withdraw("firm", "RUB", 1))
    assert isinstance(refused, CommandRejected) and "is on the list of blocked owners" in refused.detail
