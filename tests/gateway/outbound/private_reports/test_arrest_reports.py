"""What an account is told of papers that arrest its holdings."""

from __future__ import annotations

from engine.vocabulary.messages.events import AssetAdded, HoldingArrested
from gateway.outbound.private_reports.holdings import holding_arrested
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol.formats import Formats
from gateway.protocol.messages import HoldingArrested as Message


def told(event: HoldingArrested) -> Message:
    formats = Formats()
    formats.learn(AssetAdded("RUB", 0, 2))
    return holding_arrested(formats, PrivateReport("ann", event.report_seq, event, (123, 456), 1), event, None)


def test_a_paper_on_everything_says_what_it_has_and_not_how_much_it_claims() -> None:
    event = HoldingArrested("ann", 9, "RUB", "1-7", "the court", "2026-01-02", -1, True, 300, 700, 0, 5, "case 12")
    assert told(event) == Message(
        account="ann", seq=9, asset="RUB", arrest="1-7", authority="the court", dated="2026-01-02", sales_allowed=True,
        arrested="3.00", available="7.00", reserved="0.00", frozen="0.05", claimed=None, reason="case 12",
    )  # fmt: skip


def test_a_claim_is_an_amount_and_a_lifted_one_is_nothing() -> None:
    event = HoldingArrested("ann", 9, "RUB", "1-7", "the court", "2026-01-02", 250, False, 250, 700, 0, 0, "")
    assert told(event).claimed == "2.50"
    lifted = HoldingArrested("ann", 10, "RUB", "1-7", "the court", "2026-01-02", 0, False, 0, 950, 0, 0, "")
    assert (told(lifted).claimed, told(lifted).arrested) == ("0.00", "0.00")
