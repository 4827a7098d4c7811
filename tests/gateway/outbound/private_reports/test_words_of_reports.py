"""What a refusal says on the wire: in words, and for programs by template and values."""

from __future__ import annotations

import msgspec
import pytest

from engine.vocabulary.messages.events import Event, OrderRejected, RequestRejected
from engine.vocabulary.said import Said
from gateway.outbound.private_reports.report import PrivateReport
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.formats import Formats
from gateway.protocol.messages import AnyReport
from gateway.words.titles import RuleTitles

COIN = Said("ANON-1.coin", ("XMR", "default", Said("list.names", ("default",))))


@pytest.mark.parametrize(
    ("event", "detail", "template", "values"),
    [
        (
            OrderRejected(7, "ann", 9, "c", "XMR/RUB", 12, rule="ANON-1", template="ANON-1.moved", values=(COIN,)),
            "XMR is a coin with default privacy; banned: default; it moves between accounts of one investor only",
            "ANON-1.moved",
            [["ANON-1.coin", ["XMR", "default", ["list.names", ["default"]]]]],
        ),
        (
            RequestRejected("ann", 9, 0, "c", 1, template="participant.not_operator", values=("bob", "ann")),
            "participant bob does not operate account ann",
            "participant.not_operator",
            ["bob", "ann"],
        ),
        (RequestRejected("ann", 9, 0, "c", 1, template="id.twice"), "one client order id twice", "id.twice", []),
        # Of a journal before core version 6.
        (OrderRejected(7, "ann", 9, "c", "XMR/RUB", 12, "no", "ANON-1", "privacy"), "no", None, []),
    ],
)
def test_a_refusal_says_the_same_to_people_and_to_programs(
    event: Event, detail: str, template: str | None, values: list[object]
) -> None:
    reports = PrivateReports(Formats(), RuleTitles())
    message = reports.message(PrivateReport("ann", 9, event, (123, 456), 1), 55)
    for codec in (msgspec.json, msgspec.msgpack):
        told = codec.decode(codec.encode(message))
        assert (told["detail"], told.get("template"), told.get("values", [])) == (detail, template, values)
        again = codec.decode(codec.encode(message), type=AnyReport)
        assert again == message
