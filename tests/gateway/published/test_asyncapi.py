"""The AsyncAPI document: it is the one in docs/, names everything, and hangs together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from engine.trading_rows import TRADING
from engine.vocabulary.messages import events
from gateway.inbound.admin import ALLOWED
from gateway.outbound.given import FAUCET
from gateway.protocol import messages as m
from gateway.protocol.channel_messages import ChannelName
from gateway.protocol.wire import CODECS
from gateway.published.asyncapi import asyncapi, asyncapi_text
from gateway.published.fields import DECIMAL_FIELDS, words_of
from gateway.published.operations import REQUESTS, UNASKED, channels, wire_name
from gateway.published.schemas import field_docs, structs_in
from tests.support.gateway.protocol.contract import document
from tests.support.places import ROOT


def test_the_document_in_docs_is_the_one_that_is_made():
    written = (ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8")
    assert written == asyncapi_text(), "run `sbx protocol --asyncapi --out docs/asyncapi.json`"


def test_every_request_is_listed_once_with_its_replies():
    assert [asked.request for asked in REQUESTS] == sorted(get_args(m.AnyRequest), key=_place)
    operations = document()["operations"]
    for asked in REQUESTS:
        operation = operations[wire_name(asked.request)]
        assert operation["action"] == "receive"
        names = [reference["$ref"].rpartition("/")[2] for reference in operation["reply"]["messages"]]
        assert names == [*(reply.__name__ for reply in asked.replies), "Error"]


def _place(kind: type) -> int:
    return [asked.request for asked in REQUESTS].index(kind)


def test_the_replies_to_commands_are_those_that_the_core_gives():
    reports = {
        events.OrderAccepted: m.ExecutionReport,
        events.OrderRejected: m.ExecutionReport,
        events.OrderStatus: m.ExecutionReport,
        events.OrderAmended: m.ExecutionReport,
        events.OrderCancelled: m.ExecutionReport,
        events.MassCancelled: m.MassCancelled,
        events.DeadManSet: m.DeadMan,
        events.MassQuoted: m.MassQuoted,
        events.RequestRejected: m.RequestRejected,
        events.Transferred: m.Transferred,
        events.TransferStatus: m.TransferStatus,
        events.FundsMoved: m.Funds,
        events.MovementHeld: m.MovementHeld,
        events.MovementEnded: m.MovementEnded,
    }
    replies = {wire_name(asked.request): set(asked.replies) for asked in REQUESTS}
    for row in TRADING:
        assert replies[row.name] == {reports[event] for event in row.answers}, row.name


def test_every_message_of_the_venue_is_a_reply_or_comes_unasked():
    told = {kind for asked in REQUESTS for kind in asked.replies} | {m.Error}
    told |= {kind for each in UNASKED for kind in each.messages} | {
        kind for each in channels() for kind in each.messages
    }
    assert told == set(get_args(m.AnyMessage))
    assert document()["components"]["messages"].keys() == {kind.__name__ for kind in (*get_args(m.AnyRequest), *told)}


def test_every_channel_says_what_it_carries_and_who_gets_it():
    found = document()["channels"]
    assert {channel.name for channel in channels()} == set(get_args(ChannelName))
    for channel in channels():
        subscribe = found[channel.name]["x-subscribe"]
        assert subscribe == {"channel": channel.name, "instrument": channel.has_key, "roles": list(channel.roles)}
        assert f"send_{channel.name}" in document()["operations"]
    public = [channel.name for channel in channels() if not channel.roles]
    assert sorted(set(get_args(ChannelName)) - set(public)) == ["changes", "drop_copy"]


def test_the_codecs_the_login_and_the_commands_are_there():
    found = document()
    assert found["x-subprotocols"].keys() == CODECS.keys()
    assert {each["frames"] for each in found["x-subprotocols"].values()} == {"text", "binary"}
    assert found["components"]["securitySchemes"]["ed25519"]["x-challenge"][0] == "sbx.v1 login"
    assert m.login_challenge("v", "p", "n").decode().split("\n")[0] == "sbx.v1 login"
    secured = {name for name, each in found["operations"].items() if "security" in each}
    assert secured >= {"new_order", "admin", "send_reports", "send_drop_copy"}
    assert not secured & {"login", "rates", "instruments", "subscribe", "send_hello", "send_book"}
    assert found["x-commands"].keys() == {FAUCET} | {name for commands in ALLOWED.values() for name in commands}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_reference_leads_somewhere():
    found = set(references(document()))
    assert len(found) > 100
    for reference in found:
        target: Any = document()
        for part in reference.removeprefix("#/").split("/"):
            assert part in target, reference
            target = target[part]


SENT = sorted(set(structs_in(get_args(m.AnyMessage))), key=lambda kind: kind.__name__)
NAMES = (
    "account arrest asset authority base buyer by channel class_override client_order_id command concluded contract "
    "contract_reference cursor dated destination detail digest disclosure exec_id fee_asset fingerprint follows from_account in_force index instrument intermediary "
    "investor investor_class issuer key kind link name nonce own_investor participant payee payer public_key quote quote_id "
    "reason rule rulebook seller source speed subject template terms text through title to_account trading_day "
    "underlying value venue what type"
)
"""Texts that are names, digests, or words for people."""


@pytest.mark.parametrize("kind", SENT, ids=lambda kind: kind.__name__)
def test_every_text_of_the_venue_is_a_decimal_a_word_or_a_name(kind):
    properties = document()["components"]["schemas"][kind.__name__].get("properties", {})
    for name, field in properties.items():
        if field.get("type") != "string":
            continue
        kinds = (
            name in DECIMAL_FIELDS and "pattern" in field,
            bool(words_of(kind.__name__, name)),
            name in NAMES.split(),
        )
        assert any(kinds), f"{kind.__name__}.{name}: say in gateway/published/fields.py what it is"
        assert field.get("x-values", []) == list(words_of(kind.__name__, name))


def test_what_structs_say_of_their_fields_is_in_the_schemas():
    schemas = document()["components"]["schemas"]
    assert field_docs(m.Subscribed) == {}
    assert field_docs(m.Holding) == {
        "frozen": "Can't be sold or moved (FRZ-1).",
        "held": "Set aside for withdrawals and transfers that wait (AML-2, COOL-1).",
        "arrested": "By papers of courts and investigators (ARR-1).",
    }
    assert schemas["Holding"]["properties"]["frozen"]["description"] == "Can't be sold or moved (FRZ-1)."
    # A Struct that extends another has what that says.
    assert schemas["NewOrder"]["properties"]["post_only"]["description"] == "`true` is `reject`."
    described = sum(
        "description" in field for each in schemas.values() for field in each.get("properties", {}).values()
    )
    assert described > 60
    for name, schema in schemas.items():
        assert len(schema["description"]) > 8, name


def test_requests_are_strict_and_what_the_venue_sends_is_open_and_never_null():
    schemas = document()["components"]["schemas"]
    read = {kind.__name__ for kind in structs_in(get_args(m.AnyRequest))}
    assert len(read) == len(get_args(m.AnyRequest)) + 2
    for name, schema in schemas.items():
        assert (schema.get("additionalProperties") is False) == (name in read), name
        assert name in read or '"null"' not in str(schema).replace("'", '"'), name


def test_it_is_the_same_each_time():
    assert asyncapi() == asyncapi()
