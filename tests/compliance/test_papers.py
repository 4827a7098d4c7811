"""Contracts of foreign trade and texts of the risk warning as records: what is refused, what is said, what a snapshot keeps.

The tables of what they do are in tests/scenarios/compliance_transfers.toml and compliance_persons.toml.
"""

from __future__ import annotations

import msgspec
import pytest

from compliance import ComplianceHook, digest_of
from engine.vocabulary.codes import CROSS_BORDER
from engine.vocabulary.messages.commands import (
    AnyCommand,
    PublishWarning,
    RecordAcknowledgement,
    RegisterContract,
    RegisterInvestor,
    Transfer,
)
from engine.vocabulary.messages.events import CommandRejected, RegistryChanged, RequestRejected, Transferred
from tests.support.compliance.answers import set_parameter
from tests.support.compliance.venue import PARTICIPANT, WARNING, WARNING_DIGEST, Venue


def contract(**stated: str | int) -> RegisterContract:
    command = RegisterContract("7", "importer", "abroad", "USDT", 100_000_000, "2026-06-01", "machines")
    return msgspec.structs.replace(command, **stated)


def digest(hook: ComplianceHook) -> bytes:
    return msgspec.msgpack.encode(hook.snapshot())


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
        "a refund worth 60.000001 USDT; paid so far under contract 7: 60.000000 USDT"
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
    assert detail(pay(venue, "abroad", "importer", "USDT", 99_000_000)).startswith("a refund worth 19800.00 RUB; paid")
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
    assert isinstance(pay(venue, "importer", "abroad", "RUB", 150_00), Transferred)
    venue.sell("dealer", "1", "USDT/RUB", "100")
    venue.buy("firm", "1", "USDT/RUB", "100")
    assert "left of contract 7: 0.00 RUB of 100.00 RUB" in detail(pay(venue, "importer", "abroad", "USDT", 1))


def test_a_snapshot_keeps_contracts_texts_and_the_day_of_the_rulebook() -> None:
    venue = Venue()
    venue.do(contract())
    venue.do(PublishWarning("second"))
    venue.do(RecordAcknowledgement("retail", digest=digest_of("second")))
    venue.do(RegisterInvestor("earner", 0, earlier_income_rub=12_000_000, income_rub=12_000_000, foreign_trade=True))
    pay(venue, "importer", "abroad", "USDT", 60_000_000)
    venue.do(set_parameter("RET-1", "starts", "2027-07-01"))
    twin = ComplianceHook()
    twin.restore(msgspec.msgpack.decode(digest(venue.hook)), venue.exchange.assets, venue.exchange.instruments)
    assert digest(twin) == digest(venue.hook)
    assert twin.intake.table is not None and twin.intake.table.rulebook.active("RET-1") is None
    investor = twin.intake.registry.investors["importer"]
    assert [(each.contract, each.paid, each.left) for each in investor.contracts] == [("7", 60_000_000, 40_000_000)]
