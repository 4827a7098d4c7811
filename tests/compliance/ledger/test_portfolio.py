"""What a bank has, where the tables can't show it: banks with two records, issuers by other names, documents of before."""

from __future__ import annotations

import msgspec
import pytest

from compliance import load_rulebook
from compliance.ledger.portfolio import HELD
from compliance.registry.listings import ISSUED, SECURITIES
from engine.vocabulary import codes
from engine.vocabulary.codes import FIRM, SECURITY
from engine.vocabulary.messages.commands import (
    AddAsset,
    Deposit,
    IssueAsset,
    ListInstrument,
    OpenAccount,
    RecordAcknowledgement,
    RegisterIntermediary,
    RegisterInvestor,
    SetParameter,
    SetPhase,
)
from engine.vocabulary.messages.events import CommandRejected, ParameterChanged
from tests.support.compliance.venue import (
    INSTRUMENTS,
    PARTICIPANT,
    WARNING_DIGEST,
    Venue,
    disclosure_of,
    documents,
    rules_of,
)

ALL = (("DER-3", "counts", '["spot", "notes", "issued", "futures", "as_intermediary"]'),)


def note_of(venue: Venue, issuer: str) -> str:
    """A note that somebody issues, at a reference price of 10 000 RUB."""
    name = f"{issuer.upper()}-DFA2"
    listing = next(each for each in INSTRUMENTS if each.instrument == "BANK-DFA")
    venue.do(AddAsset(name, SECURITY, 4, issuer=issuer))
    venue.do(disclosure_of(name))
    venue.do(msgspec.structs.replace(listing, instrument=name, base=name))
    venue.do(SetPhase(name, codes.CONTINUOUS))
    return name


def test_a_bank_that_is_investor_and_intermediary_counts_once_together_against_its_smaller_capital() -> None:
    venue = Venue("general-2026", ALL)
    venue.do(RegisterInvestor("credit", FIRM, assets_rub=10**9, bank=True, capital_rub=2_000_000_000))
    venue.do(RecordAcknowledgement("credit", digest=WARNING_DIGEST))
    for account, through in (("credit", ""), ("credit@credit", "credit")):
        venue.do(OpenAccount(account, PARTICIPANT, "credit", through))
        venue.do(Deposit(account, "RUB", 10**12))
    # 1 % of 1 000 000 000 as intermediary: 4 000 000 of clients, 3 000 000 of its own through itself.
    assert rules_of(venue.buy("firm@credit", "400", "BTC-NOTE", "10000")) == ()
    assert rules_of(venue.buy("credit@credit", "300", "BTC-NOTE", "10000")) == ()
    exposures = venue.hook.intake.ledger.exposures
    assert (exposures.through("credit"), exposures.for_others("credit")) == (7_000_000_00, 4_000_000_00)
    assert rules_of(venue.buy("credit", "0.3001", "BTC/RUB", "10000000")) == ("DER-3",)
    assert rules_of(venue.buy("credit", "0.3", "BTC/RUB", "10000000")) == ()
    assert rules_of(venue.buy("qualified@credit", "0.0001", "BTC-NOTE", "100")) == ("DER-3",)
    venue.do(RegisterIntermediary("credit", capital_rub=3_000_000_000, bank=True))
    assert rules_of(venue.buy("qualified@credit", "1000", "BTC-NOTE", "10000")) == ()


@pytest.mark.parametrize("issuer", [PARTICIPANT, "credit"])
def test_a_bank_issues_no_more_under_another_name(issuer: str) -> None:
    """As the participant who enters its orders, or as an intermediary that is no investor here."""
    venue = Venue()
    name = note_of(venue, issuer)
    (refused,) = venue.apply(IssueAsset(name, "dealer", 1_000_0001))
    assert isinstance(refused, CommandRejected) and refused.detail.startswith("DER-3: with it ")
    venue.do(IssueAsset(name, "dealer", 1_000_0000))
    worth = venue.hook.intake.ledger.worth("bank" if issuer == PARTICIPANT else issuer, SECURITIES | ISSUED)
    assert (worth.issued, worth.total) == (10_000_000_00, 10_000_000_00)
    bank_buys = venue.buy("bank", "0.0001", "BTC/RUB", "100")
    assert rules_of(bank_buys) == (("DER-3",) if issuer == PARTICIPANT else ())


def test_who_is_no_bank_issues_what_it_likes() -> None:
    venue = Venue()
    name = note_of(venue, "smelter")
    venue.do(IssueAsset(name, "dealer", 10**9))
    assert venue.hook.intake.ledger.worth("bank", HELD | ISSUED).total == 0


def test_a_bank_may_always_buy_its_own_issue_back() -> None:
    venue = Venue()
    venue.do(IssueAsset("BANK-DFA", "dealer", 1_000_0000))
    venue.do(RegisterInvestor("bank", FIRM, capital_rub=500_000_000))
    assert rules_of(venue.buy("bank", "0.0001", "BTC/RUB", "100")) == ("DER-3",)
    assert rules_of(venue.buy("bank", "500", "BANK-DFA", "10000")) == ()


def test_documents_of_before_mean_what_they_said() -> None:
    texts = documents("general-2026")
    texts["derivatives-2025"] = texts["derivatives-2025"].replace(
        'counts = ["spot", "notes", "issued", "futures"]\n', ""
    )
    assert texts != documents("general-2026")
    parameters = load_rulebook("general-2026", texts).rules["DER-3"].parameters
    assert parameters.names("counts") == ("spot", "notes", "issued", "futures")
    key, before = "financial_firm_percent_of_capital", "financial_firm_order_percent_of_capital"
    texts = documents("elr-2025")
    texts["elr-2025"] = texts["elr-2025"].replace(f'{key} = "1"', f'{before} = "2"')
    assert load_rulebook("elr-2025", texts).rules["ELR-2"].parameters.number(key) == 2_00
    overrides = {("ELR-2", before): "3"}
    assert load_rulebook("elr-2025", texts, overrides).rules["ELR-2"].parameters.number(key) == 3_00
    venue = Venue("elr-2025")
    changed, *_ = venue.do(SetParameter("ELR-2", before, "4", "trial", "ann"))
    assert changed == ParameterChanged("ELR-2", key, "1.00", "4.00", "trial", "ann")


def test_a_future_that_is_settled_counts_no_more() -> None:
    venue = Venue()
    one = 10**8
    listing = ListInstrument(
        "SHORT-LIVED", codes.FUTURE, "BTC", "RUB", one, one, one, 10**6 * one, 10**12, 100_000, 100 * one,
        underlying="BTC", expiry_ns=venue.time_ns + 86_400 * 10**9,
    )  # fmt: skip
    venue.do(listing)
    client, future = venue.hook.intake.registry.clients["bank"], venue.hook.intake.registry.listings["SHORT-LIVED"]
    ledger = venue.hook.intake.ledger
    ledger.exposures.position(client, future).fill(codes.SELL, 7, 90)
    assert ledger.worth("bank", HELD).futures == 7 * 100_00
    ledger.exposures.settle("SHORT-LIVED")
    assert ledger.worth("bank", HELD).futures == 0 and ledger.exposures.futures == {"bank": []}
