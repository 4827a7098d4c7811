"""AML-1: what is to be reported, and what an explanation says of it."""

from __future__ import annotations

import pytest

from compliance.explain import PASSED, RuleExplanation
from compliance.lint import lint
from compliance.rules.aml_1 import UNKNOWN as UNKNOWN_WORTH
from compliance.rules.aml_1 import worth_of
from engine.vocabulary.codes import CROSS_BORDER, DOMESTIC_PAYMENT, FIAT, OWN_ACCOUNT, SPOT
from engine.vocabulary.messages.commands import AddAsset, Deposit, IssueAsset, ListInstrument, Transfer
from engine.vocabulary.messages.events import RequestRejected, Transferred
from tests.support.compliance.venue import PARTICIPANT, ROUBLE, changed, documents
from tests.support.compliance.watched_venue import WatchedVenue, by_rule, check_sound

BOOK = "general-2026"


@pytest.fixture(scope="module")
def venue() -> WatchedVenue:
    """One where BTC traded at 8 000 000 RUB, USDT and notes at 100, and a listing states 25 for a dollar."""
    venue = WatchedVenue(BOOK)
    for instrument, quantity, price in (
        ("BTC/RUB", "0.001", "8000000"),
        ("USDT/RUB", "1", "100"),
        ("BTC-NOTE", "1", "100"),
    ):
        venue.sell("dealer", quantity, instrument, price)
        venue.buy("firm", quantity, instrument, price)
    for asset in ("USD", "EUR"):
        venue.do(AddAsset(asset, FIAT, 2))
        venue.do(Deposit("importer", asset, 10**12))
    reference = 25 * ROUBLE
    venue.do(ListInstrument("USD/RUB", SPOT, "USD", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000, reference))
    venue.do(IssueAsset("METAL", "importer", 1_00))
    return venue


def explained(venue: WatchedVenue, asset: str, amount: int) -> RuleExplanation:
    """What the rule makes of a transfer between own accounts, which goes through."""
    number = f"t{venue.exchange.seq}"
    (event,) = venue.apply(Transfer(PARTICIPANT, "importer", number, "importer@2", asset, amount, OWN_ACCOUNT))
    assert isinstance(event, Transferred)
    check_sound(venue.notebook.transfers[-1])
    rule = by_rule(venue.notebook.transfers[-1])["AML-1"]
    assert rule.outcome == PASSED
    assert rule.inputs[:2] == [("sender", "importer"), ("receiver", "importer")]
    return rule


BELOW = "worth {} RUB < 1000000.00, below the threshold: not to be reported"
ABOVE = "worth {} RUB >= 1000000.00, at or above the threshold: to be reported"
UNKNOWN = "worth unknown: taken for at or above the threshold of 1000000.00 RUB: to be reported"

# In minor units of the asset.
TRANSFERS = [
    ("RUB", 99_999_999, "999999.99 RUB", "at face", BELOW.format("999999.99")),
    ("RUB", 100_000_000, "1000000.00 RUB", "at face", ABOVE.format("1000000.00")),
    ("RUB", 100_000_001, "1000000.01 RUB", "at face", ABOVE.format("1000000.01")),
    ("BTC", 1, "0.00000001 BTC", "8000000 in BTC/RUB", BELOW.format("0.08")),
    ("BTC", 12_499_999, "0.12499999 BTC", "8000000 in BTC/RUB", BELOW.format("999999.92")),
    ("BTC", 12_500_000, "0.12500000 BTC", "8000000 in BTC/RUB", ABOVE.format("1000000.00")),
    # The hundredth part of a kopeck is rounded up to the kopeck, which makes the difference.
    ("USDT", 9_999_999_900, "9999.999900 USDT", "100 in USDT/RUB", BELOW.format("999999.99")),
    ("USDT", 9_999_999_901, "9999.999901 USDT", "100 in USDT/RUB", ABOVE.format("1000000.00")),
    ("BTC-NOTE", 99_999_999, "9999.9999 BTC-NOTE", "100 in BTC-NOTE", BELOW.format("999999.99")),
    # Nothing traded yet: the reference price.
    ("USD", 3_999_999, "39999.99 USD", "25 in USD/RUB", BELOW.format("999999.75")),
    ("USD", 4_000_000, "40000.00 USD", "25 in USD/RUB", ABOVE.format("1000000.00")),
    ("METAL", 1, "0.01 METAL", "unknown: METAL/RUB has neither a trade nor a reference price", UNKNOWN),
    ("EUR", 1, "0.01 EUR", "unknown: EUR is not traded for RUB here", UNKNOWN),
    # A future's price is nobody's worth.
    ("BTC-FUT", 1, "0.0001 BTC-FUT", "unknown: BTC-FUT is not traded for RUB here", UNKNOWN),
]


@pytest.mark.parametrize(("asset", "amount", "moved", "price", "arithmetic"), TRANSFERS)
def test_worth_against_the_threshold(
    venue: WatchedVenue, asset: str, amount: int, moved: str, price: str, arithmetic: str
) -> None:
    rule = explained(venue, asset, amount)
    assert rule.inputs[2:] == [("amount", moved), ("price in RUB", price), ("on record by a document", "both")]
    assert rule.arithmetic == f"{arithmetic}; both parties must be on record, and are"


def test_a_transfer_that_another_rule_refuses_is_looked_at_too(venue: WatchedVenue) -> None:
    venue.apply(Transfer(PARTICIPANT, "importer", "refused", "firm", "BTC", 12_500_000, CROSS_BORDER))
    explanation = venue.notebook.transfers[-1]
    assert explanation.failed == ("SET-1",)
    found = by_rule(explanation)["AML-1"]
    assert found.inputs[:2] == [("sender", "importer"), ("receiver", "firm")]
    assert found.arithmetic == ABOVE.format("1000000.00") + "; both parties must be on record, and are"


@pytest.mark.parametrize(
    ("required", "kopecks", "refused"),
    [
        ("off", 10**9, False),
        ("from_threshold", 99_999_999, False),
        ("from_threshold", 100_000_000, True),
        ("always", 1, True),
    ],
)
def test_the_parties_are_on_record_where_that_is_required(required: str, kopecks: int, refused: bool) -> None:
    venue = WatchedVenue(BOOK, (("AML-1", "names_required", f'"{required}"'),))
    for sender, receiver in (("importer", "nameless"), ("nameless", "importer")):
        number = f"t{venue.exchange.seq}"
        (event,) = venue.apply(Transfer(PARTICIPANT, sender, number, receiver, "RUB", kopecks, DOMESTIC_PAYMENT))
        check_sound(venue.notebook.transfers[-1])
        found = by_rule(venue.notebook.transfers[-1])["AML-1"]
        if not refused:
            assert isinstance(event, Transferred) and found.outcome == PASSED
            continue
        assert isinstance(event, RequestRejected)
        assert (event.rule, event.rules) == ("AML-1", ("AML-1",))
        assert event.detail.startswith("no document of nameless is on record: ")
        assert ("on record by a document", "not nameless") in found.inputs
        assert found.arithmetic.endswith("; both parties must be on record, and are not")


def test_what_others_ask_of_the_rule() -> None:
    """A report on withdrawals and deposits asks it for the worth of any amount, and whether that is reported."""
    venue = WatchedVenue(BOOK)
    table = venue.hook.intake.table
    assert table is not None and table.transfers.large is not None
    registry, large = venue.hook.intake.registry, table.transfers.large
    assert worth_of(registry, registry.assets["RUB"], 100_000_000) == 100_000_000
    assert worth_of(registry, registry.assets["METAL"], 1) == UNKNOWN_WORTH
    assert [large.is_reported(kopecks) for kopecks in (99_999_999, 100_000_000, UNKNOWN_WORTH)] == [False, True, True]


def test_another_threshold() -> None:
    venue = WatchedVenue(BOOK, (("AML-1", "report_from_rub", '"600000.00"'),))
    assert explained(venue, "RUB", 59_999_999).arithmetic.startswith("worth 599999.99 RUB < 600000.00, below")
    assert explained(venue, "RUB", 60_000_000).arithmetic.startswith("worth 600000.00 RUB >= 600000.00, at or above")


def test_the_lint_finds_nothing_but_a_threshold_of_nothing() -> None:
    texts = documents(BOOK)
    # Beside the ban of coins, whose books it shuts, and rules that are off.
    assert [remark.rule for remark in lint(BOOK, texts)] == ["COOL-1", "SUIT-1", "ANON-1"]
    (remark, *_) = lint(BOOK, changed(texts, "AML-1", "report_from_rub", '"0"'))
    assert (remark.rule, remark.key, remark.text) == (
        "AML-1",
        "report_from_rub",
        "a threshold of nothing: every transfer is reported",
    )
