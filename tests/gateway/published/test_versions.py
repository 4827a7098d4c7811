"""What may change under `sbx.v1`, and what not: this release's contract against the kept one, and against planted changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.published.asyncapi import VERSION, asyncapi
from gateway.published.changes import Changes, NotADocument, changes
from tests.support.gateway.protocol.contract import document
from tests.support.places import GOLDEN

KEPT = GOLDEN / "protocol" / "asyncapi.json"


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_clients_of_the_kept_release_hold():
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    found = changes(kept, asyncapi())
    assert found.breaking == [], "what was promised must stay: docs/PROTOCOL.md, Versions"
    before, now = number(kept["info"]["version"]), number(VERSION)
    assert now[0] == before[0]
    if found.added:
        assert now > before, f"raise VERSION in gateway/published/asyncapi.py: {found.added}"


def changed(change: Callable[[dict[str, Any]], object]) -> Changes:
    after = copy.deepcopy(document())
    change(after)
    return changes(document(), after)


def fields(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]["properties"]
    return found


def new_message(document: dict[str, Any]) -> None:
    """A report that there was none of."""
    schemas, components = document["components"]["schemas"], document["components"]["messages"]
    schemas["Dividend"] = copy.deepcopy(schemas["Funds"])
    schemas["Dividend"]["properties"]["type"] = {"type": "string", "const": "dividend"}
    components["Dividend"] = {"name": "dividend", "payload": {"$ref": "#/components/schemas/Dividend"}}
    document["channels"]["reports"]["messages"]["Dividend"] = {"$ref": "#/components/messages/Dividend"}
    document["operations"]["send_reports"]["messages"].append({"$ref": "#/channels/reports/messages/Dividend"})


def new_request(document: dict[str, Any]) -> None:
    schemas, components = document["components"]["schemas"], document["components"]["messages"]
    schemas["Weather"] = copy.deepcopy(schemas["Balances"])
    components["Weather"] = {"name": "weather", "payload": {"$ref": "#/components/schemas/Weather"}}
    document["channels"]["account"]["messages"]["Weather"] = {"$ref": "#/components/messages/Weather"}
    operation = copy.deepcopy(document["operations"]["balances"])
    operation["messages"] = [{"$ref": "#/channels/account/messages/Weather"}]
    document["operations"]["weather"] = operation


def renamed_schema(document: dict[str, Any]) -> None:
    """How a schema is called is nothing on the wire."""
    text = json.dumps(document).replace('schemas/Holding"', 'schemas/Held"').replace('"Holding": {', '"Held": {')
    after = json.loads(text)
    document.clear()
    document.update(after)


ADDITIONS: dict[str, tuple[Callable[[dict[str, Any]], object], list[str]]] = {
    "nothing": (lambda _: None, []),
    "a field of the venue's": (
        lambda d: fields(d, "ExecutionReport").update(venue_time={"type": "integer"}),
        ["message execution_report.venue_time: new"],
    ),
    "an optional field of a request": (
        lambda d: fields(d, "NewOrder").update(note={"type": "string"}),
        ["request new_order.note: new"],
    ),
    "a field within": (lambda d: fields(d, "Position").update(since={"type": "integer"}), ["message positions.positions.since: new"]),
    "a depth": (
        lambda d: d["channels"]["book"]["x-options"]["depth"].append(2),
        ["option book depth 2: new"],
    ),
    "a report": (new_message, ["message dividend: new"]),
    "a request": (new_request, ["request weather: new", "operation weather: new"]),
    "a word of the venue's": (
        lambda d: fields(d, "ExecutionReport")["exec_type"]["x-values"].append("expired"),
        ["message execution_report.exec_type: 'expired' is new"],
    ),
    "a word of a request": (lambda d: fields(d, "NewOrder")["time_in_force"]["enum"].append("gtx"), []),
    "a code": (lambda d: d["x-codes"]["error"].update(asleep="The venue sleeps."), ["code error asleep: new"]),
    "a wider bound": (lambda d: fields(d, "NewOrder")["account"].update(maxLength=128), []),
    "a field of the venue's that was optional is always there": (
        lambda d: d["components"]["schemas"]["Hello"]["required"].append("heartbeat_interval"), []
    ),
    "a field that was needed may be left out of a request": (
        lambda d: d["components"]["schemas"]["MassQuote"]["required"].remove("asks"), []
    ),
    "a command": (
        lambda d: d["x-commands"].update(pay={"roles": ["operator"], "arguments": {"type": "object"}}), ["command pay: new"]
    ),
    "an argument": (lambda d: d["x-commands"]["deposit"]["arguments"]["properties"].update(memo={"type": "string"}), ["command deposit.memo: new"]),
    "one more role": (lambda d: d["x-commands"]["deposit"]["roles"].append("supervisor"), ["command deposit: is for operator, supervisor, too"]),
    "other words for people": (lambda d: d["components"]["schemas"]["Hello"].update(description="Welcome."), []),
    "another meaning in words": (lambda d: d["x-codes"]["error"].update(malformed="It can't be read."), []),
    "another name of a schema": (renamed_schema, []),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDITIONS)
def test_additions_pass(name):
    change, told = ADDITIONS[name]
    found = changed(change)
    assert found.breaking == []
    assert sorted(found.added) == sorted(told)


def renamed_field(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["ExecutionReport"]
    schema["properties"]["order_number"] = schema["properties"].pop("order_id")
    schema["required"] = ["order_number" if name == "order_id" else name for name in schema["required"]]


def another_reply(document: dict[str, Any]) -> None:
    reply = document["operations"]["cancel_order"]["reply"]["messages"]
    reply.append({"$ref": "#/channels/trading/messages/MassCancelled"})


BREAKING: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a request gone": (lambda d: d["operations"].pop("rates"), "request rates: removed"),
    "a depth gone": (
        lambda d: d["channels"]["book"]["x-options"]["depth"].remove(10),
        "option book depth 10: removed",
    ),
    "a request renamed": (
        lambda d: d["components"]["messages"]["NewOrder"].update(name="order"), "request new_order: removed"
    ),
    "a message renamed": (lambda d: d["components"]["messages"]["Hello"].update(name="greeting"), "message hello: removed"),
    "a field renamed": (renamed_field, "message execution_report.order_id: removed"),
    "an optional field gone": (
        lambda d: fields(d, "ExecutionReport").pop("fee"), "message execution_report.fee: removed"
    ),
    "a field within gone": (lambda d: fields(d, "Holding").pop("frozen"), "message balances.balances.frozen: removed"),
    "a field of a request gone": (lambda d: fields(d, "NewOrder").pop("funds"), "request new_order.funds: removed"),
    "a field of an order within gone": (
        lambda d: fields(d, "OrderTerms").pop("funds"), "request new_order_pair.limit.funds: removed"
    ),
    "another type": (
        lambda d: fields(d, "TradePrint").update(price={"type": "number"}), "message trade.price: number where string is expected"
    ),
    "another type within": (
        lambda d: fields(d, "BookSnapshot")["bids"]["items"]["items"].__setitem__(0, {"type": "number"}),
        "message book_snapshot.bids[][0]: number where string is expected",
    ),
    "null": (
        lambda d: fields(d, "ExecutionReport").update(seq={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        "message execution_report.seq: null where integer is expected",
    ),
    "null taken no more": (
        lambda d: fields(d, "AmendOrder").update(order_id={"type": "integer", "minimum": 0, "maximum": 2**63 - 1}),
        "request amend_order.order_id: null where integer is expected",
    ),
    "a field that may be missing now": (
        lambda d: d["components"]["schemas"]["TradePrint"]["required"].remove("time"),
        "message trade.time: may be missing where it is expected",
    ),
    "a field that is needed now": (
        lambda d: d["components"]["schemas"]["NewOrder"]["required"].append("price"),
        "request new_order.price: may be missing where it is expected",
    ),
    "a new field that is needed": (
        lambda d: (
            fields(d, "Login").update(code={"type": "string"}), d["components"]["schemas"]["Login"]["required"].append("code")
        ),
        "request login.code: may be missing where it is expected",
    ),
    "a word of a request gone": (
        lambda d: fields(d, "NewOrder")["time_in_force"]["enum"].remove("fok"),
        "request new_order.time_in_force: 'fok' where another word is expected",
    ),
    "a word of the venue's gone": (
        lambda d: fields(d, "ExecutionReport")["exec_type"]["x-values"].remove("status"),
        "message execution_report.exec_type: 'status' is gone",
    ),
    "a tighter bound": (
        lambda d: fields(d, "NewOrder")["account"].update(maxLength=32),
        "request new_order.account: maxLength 64 where 32 is expected",
    ),
    "decimals that look otherwise": (
        lambda d: fields(d, "TradePrint")["price"].update(pattern="^.*$"),
        "message trade.price: pattern ^.*$ where ^-?[0-9]+(\\.[0-9]+)?$ is expected",
    ),
    "another reply": (another_reply, "operation cancel_order: may be answered by mass_cancelled, which nobody waits for"),
    "a reply gone": (
        lambda d: d["operations"]["transfer"]["reply"]["messages"].pop(1),
        "operation transfer: is not answered by transfer_status any more",
    ),
    "a channel gone": (
        lambda d: (d["channels"].pop("reports"), d["operations"].pop("send_reports")), "operation send_reports: removed"
    ),
    "a channel that needs a name": (
        lambda d: d["channels"]["changes"]["x-subscribe"].update(instrument=True), "channel changes: changed"
    ),
    "a channel that is closed to some": (
        lambda d: d["operations"]["send_book"].update({"x-roles": ["operator"]}),
        "operation send_book: was for anybody, is for operator",
    ),
    "a code gone": (lambda d: d["x-codes"]["reject"].pop("tick"), "code reject tick: removed"),
    "a command gone": (lambda d: d["x-commands"].pop("deposit"), "command deposit: removed"),
    "an argument that is needed now": (
        lambda d: d["x-commands"]["deposit"]["arguments"]["required"].append("origin"), "command deposit.origin: may be missing where it is expected"
    ),
    "an argument gone": (
        lambda d: d["x-commands"]["deposit"]["arguments"]["properties"].pop("reason"), "command deposit.reason: removed"
    ),
    "an argument of another type": (
        lambda d: d["x-commands"]["deposit"]["arguments"]["properties"].update(amount={"type": "integer"}),
        "command deposit.amount: string where integer is expected",
    ),
    "a codec gone": (lambda d: d["x-subprotocols"].pop("sbx.v1.msgpack"), "subprotocol sbx.v1.msgpack: removed"),
    "another challenge": (
        lambda d: d["components"]["securitySchemes"]["ed25519"].update({"x-challenge": ["sbx login"]}),
        "security scheme ed25519: changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_clients_is_found(name):
    change, told = BREAKING[name]
    assert told in changed(change).breaking


def test_something_else_is_no_document():
    for strange in ({}, {"info": {"version": "1"}}, [], {"asyncapi": "3.0.0", "operations": 7}):
        with pytest.raises(NotADocument):
            changes(strange, asyncapi())
