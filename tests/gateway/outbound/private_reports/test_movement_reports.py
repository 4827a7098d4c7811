"""What waits to leave an account, as the account is told of it."""

from __future__ import annotations

import pytest

from engine.vocabulary.messages.events import FundsMoved, MovementEnded, MovementHeld, TransferStatus
from gateway.outbound.private_reports.report import PrivateReport
from tests.gateway.outbound.private_reports.test_private_reports import FORMATS_ROWS, fed, plain


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            FundsMoved("ann", 9, "RUB", -300, 700, 0, "by letter", 7, "c", "bank"),
            {
                "type": "funds",
                "account": "ann",
                "seq": 9,
                "asset": "RUB",
                "amount": "-3.00",
                "available": "7.00",
                "reserved": "0.00",
                "reason": "by letter",
                "movement": 7,
                "client_order_id": "c",
                "destination": "bank",
            },
        ),
        (TransferStatus("ann", "c", 7, 0, 4), {"type": "transfer_status", "status": "waiting"}),
        (
            MovementHeld(7, "ann", 9, "c", 1, "RUB", 300, "ben", 0, "7", "", 5, True, "A-1", ("A-1", "B-2"), 700, 300),
            {
                "type": "movement_held",
                "account": "ann",
                "seq": 9,
                "movement": 7,
                "kind": "transfer",
                "asset": "RUB",
                "amount": "3.00",
                "waits_for_word": True,
                "rule": "A-1",
                "rules": ["A-1", "B-2"],
                "available": "7.00",
                "held": "3.00",
                "client_order_id": "c",
                "until": 5,
                "to_account": "ben",
                "purpose": "own_account",
                "contract_reference": "7",
            },
        ),
        (
            MovementHeld(7, "ann", 9, "", 0, "RUB", 300, "", -1, "", "bank", 0, True, "A-1", ("A-1",), 700, 300),
            {"type": "movement_held", "kind": "withdrawal", "destination": "bank", "rules": ["A-1"]},
        ),
        (
            MovementEnded(7, "ann", 9, 3, "RUB", 300, "sue", "no", "movement.loss", ("BTC-FUT",), "S-1", 1_000, 0, "c"),
            {
                "type": "movement_ended",
                "account": "ann",
                "seq": 9,
                "movement": 7,
                "outcome": "failed",
                "asset": "RUB",
                "amount": "3.00",
                "available": "10.00",
                "held": "0.00",
                "client_order_id": "c",
                "reason": "no",
                "detail": "a loss in BTC-FUT was paid with it",
                "rule": "S-1",
                "template": "movement.loss",
                "values": ["BTC-FUT"],
            },
        ),
    ],
)
def test_events_as_messages(event, expected):
    reports, _ = fed(FORMATS_ROWS)
    report = PrivateReport("ann", getattr(event, "report_seq", 0), event, (123, 456), 1)
    message = plain(reports.message(report, 55))
    assert {key: message[key] for key in expected} == expected
    assert message["id"] == 55


def test_the_operators_withdrawal_that_waited_for_nothing_names_no_movement():
    reports, _ = fed(FORMATS_ROWS)
    event = FundsMoved("ann", 9, "RUB", -300, 700, 0, "")
    message = plain(reports.message(PrivateReport("ann", 9, event, (123, 456), 1)))
    assert not {"movement", "client_order_id", "destination", "id"} & {*message}
