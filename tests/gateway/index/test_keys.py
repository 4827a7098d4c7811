"""What a row can be found by: no field of a command or event is forgotten, and what names a thing by two fields is found."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from engine.vocabulary import codes
from engine.vocabulary.messages import commands, events
from gateway.index import keys
from gateway.index.keys import Postings

CLASSES = (*get_args(commands.AnyCommand), *get_args(events.AnyEvent))
PARTS = {*keys.OWN_IDS, *keys.REPORTS, *keys.ORDERS_IN, "change", "key"}
"""What makes a key together with another field, or holds a command."""
NO_KEYS = {
    # Names that nobody looks for by themselves: of an index, a rulebook, a test, and what an asset is said to follow.
    *("index", "underlying", "name", "digest", "follows", "what", "test", "licence", "documents"),
    # How persons are told apart, and what they are.
    *("identity_keys", "owner_keys", "investor_class", "class_override", "risk_level"),
    # Words and settings.
    *("reason", "detail", "title", "template", "values", "text", "terms", "source", "origin", "subject", "concluded"),
    "destination",
    # Of alerts and cases: what is suspected and by what means; a row that is evidence is found by its own number.
    *("term", "detector", "version", "figures", "note", "seqs", "first_seq", "last_seq", "until"),
    *("authority", "dated", "seed", "value", "old", "new", "bids", "asks", "steps", "second", "role"),
    # Of keys: an index finds whose they are.
    *("key", "public_key", "scopes", "addresses", "replaces", "by_role", "by_key"),
}


def posted(command: commands.AnyCommand, *found: events.AnyEvent) -> dict[str, list[Any]]:
    """What a row with these can be found by, reports with their first number."""
    postings = Postings()
    encode = msgspec.msgpack.encode
    postings.add(7, 1_000, msgspec.Raw(encode(command)), msgspec.Raw(encode(found)))
    for kind, table in postings.tables.items():
        assert all(rows == [7] or (kind == keys.REPORT and rows[0] == 7) for rows in table.values())
    return {
        kind: [(key, rows[1]) if kind == keys.REPORT else key for key, rows in table.items()]
        for kind, table in postings.tables.items()
        if table
    }


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_name_and_every_id_is_a_key_or_said_to_be_none(kind: type[msgspec.Struct]) -> None:
    for name, hint in get_type_hints(kind).items():
        may_be_a_key = not set(get_args(hint) or (hint,)) <= {int, bool, type(None)}
        if may_be_a_key or name.endswith(("_id", "_seq", "change")):
            assert name in {*keys.FIELDS, *PARTS, *NO_KEYS}, (
                f"{kind.__name__}.{name}: is that looked for? Then it belongs into gateway/index/keys.py, else into NO_KEYS"
            )


PAST = {kind for entries in keys.PAST.values() for kind, _, _ in entries}


def test_no_name_stands_in_a_table_for_nothing() -> None:
    fields = {name for kind in CLASSES for name in kind.__struct_fields__}
    assert {*keys.FIELDS, *PARTS, *NO_KEYS} <= fields
    others = {keys.CLIENT_ORDER, keys.CHANGE, keys.MESSAGE, keys.REPORT, keys.CANDLES}
    assert {*keys.FIELDS.values(), *others, *PAST} == set(keys.KINDS)
    assert set(keys.EVERYDAY) <= set(CLASSES)


def test_a_trade_is_about_both_sides() -> None:
    trade = events.Trade(5, "BTC/RUB", 1, 2, 0, 11, "m", 3, "m1", 0, 0, 0, 12, "t", 4, "t1", 0, 0, 0)
    assert posted(commands.NewOrder("p", "t", "t1", "BTC/RUB", 0, 0, 0, 1, 1), trade) == {
        keys.TRADE: [5],
        keys.INSTRUMENT: ["BTC/RUB"],
        keys.ORDER: [11, 12],
        keys.ACCOUNT: ["t", "m"],
        keys.PARTICIPANT: ["p"],
        keys.CLIENT_ORDER: [("t", "t1"), ("m", "m1")],
        keys.REPORT: [("m", 3), ("t", 4)],
        keys.FILL: ["m", "t"],
        keys.ENDED: ["m", "t"],
    }
    half = msgspec.structs.replace(trade, maker_leaves_lots=1)
    assert posted(commands.Tick(), half)[keys.ENDED] == ["t"]


def test_a_row_has_the_first_of_an_accounts_reports() -> None:
    ended = [events.OrderCancelled(n, "a", 40 + n, f"c{n}", "I", 0, 1, 0, 1, 1, 0) for n in (1, 2)]
    found = posted(commands.MassCancel("p", "a"), *ended, events.MassCancelled("a", 43, 2))
    assert found[keys.REPORT] == [("a", 41)]
    assert found[keys.CLIENT_ORDER] == [("a", "c1"), ("a", "c2")]


def test_orders_in_a_command_count_as_orders() -> None:
    limit, stop = (commands.NewOrder("p", "a", name, "I", 0, 0, 0, 1, 1) for name in ("l", "s"))
    assert posted(commands.NewOrderPair("p", "a", limit, stop))[keys.CLIENT_ORDER] == [("a", "l"), ("a", "s")]


def test_a_transfer_has_the_senders_id() -> None:
    moved = events.Transferred(9, "a", 1, "b", 2, "t-1", "RUB", 5, 0, "K", 0, 0)
    found = posted(commands.Transfer("p", "a", "t-1", "b", "RUB", 5, 0, "K"), moved)
    assert found[keys.CLIENT_ORDER] == [("a", "t-1")]
    assert (found[keys.ACCOUNT], found[keys.TRANSFER], found[keys.CONTRACT]) == (["a", "b"], [9], ["K"])


@pytest.mark.parametrize("scope", codes.SCOPES)
def test_a_kill_switch_is_about_what_it_stops(scope: str) -> None:
    key = "" if scope == "venue" else "x"
    found = posted(commands.SetKillSwitch(codes.SCOPES.index(scope), key, True))
    assert {kind: names for kind, names in found.items() if kind != keys.MESSAGE} == ({scope: ["x"]} if key else {})


def test_a_change_with_a_date_is_about_what_it_changes() -> None:
    change = commands.EffectiveFrom(1, commands.SetBlocked("carl", True, "r", "s"))
    found = posted(change, events.ChangeScheduled(7, 1, "block list"))
    assert found[keys.INVESTOR] == ["carl"]
    assert found[keys.CHANGE] == [7]
    assert found[keys.MESSAGE] == ["EffectiveFrom", "SetBlocked", "ChangeScheduled"]
    found = posted(commands.Tick(), events.ChangeEffective(5), events.RegistryChanged("blocked", "carl"))
    assert (found[keys.CHANGE], found[keys.INVESTOR]) == ([5], ["carl"])


def test_a_proposal_is_found_by_its_number_and_by_both_names() -> None:
    found = posted(commands.Approve(7, "seen", "eve", "supervisor"), events.ProposalEnded(7, 0, "sue", "eve", "seen"))
    assert (found[keys.CHANGE], found[keys.PARTICIPANT]) == ([7], ["eve", "sue"])
    assert found[keys.MESSAGE] == ["Approve", "ProposalEnded"]


def test_every_rule_that_failed_is_named() -> None:
    refused = events.OrderRejected(3, "a", 1, "c", "I", 1, rule="RET-1", rules=("RET-1", "SAN-1"))
    assert posted(commands.Tick(), refused)[keys.RULE] == ["RET-1", "SAN-1"]
