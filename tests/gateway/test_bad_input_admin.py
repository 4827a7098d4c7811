"""Whatever an operator or supervisor sends is refused or carried out; it never stops the venue."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import LoadRulebook, Sequenced
from engine.limits import NS_PER_DAY
from engine.record import encode_batch
from gateway.admin import ALLOWED, NotAllowed, admin_command
from gateway.core import new_exchange
from gateway.fanout import Fanout
from gateway.messages import Admin
from gateway.wire import JSON, Malformed, Outlet
from tests.gateway.small_venue import small_venue

VENUE = small_venue()
START_NS = 1_800_000_000 * 10**9

_NAMES = st.sampled_from(["alice", "bob", "otto", "BTC", "RUB", "BTC/RUB", "NEW", "", "\x00", "é", "x" * 64])
_INTEGERS = st.integers(-(2**63), 2**63) | st.integers(-2, 120) | st.sampled_from([2**63 - 1, 10**15])
_DECIMALS = st.sampled_from(["0", "0.00000001", "1", "0.5", "100", "92233720368", "92233720368547758.07"])
_KINDS = st.sampled_from(["fiat", "crypto", "spot", "note", "future", "individual", "firm", "security"])
_ANYTHING = _NAMES | _INTEGERS | _DECIMALS | _KINDS | st.booleans() | st.dictionaries(_NAMES, _NAMES, max_size=2)


def likely(field: str, annotation: str) -> st.SearchStrategy[object]:
    """What a field usually holds."""
    if field.endswith("_e8") or field in ("amount", "max_notional"):
        return _DECIMALS
    if field == "kind":
        return _KINDS
    if field == "phase":
        return st.sampled_from(["closed", "continuous", "halted", "volatility_auction"])
    if field == "privacy":
        return st.sampled_from(["none", "default"])
    plain = {"int": _INTEGERS, "bool": st.booleans(), "str": _NAMES}
    return plain.get(annotation, _ANYTHING)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, Admin]:
    role = draw(st.sampled_from(sorted(ALLOWED)))
    name = draw(st.sampled_from(sorted(ALLOWED[role])))
    kind = ALLOWED[role][name]
    arguments = {
        field.removesuffix("_e8"): draw(st.one_of(likely(field, kind.__annotations__[field]), _ANYTHING))
        if draw(st.integers(0, 9)) == 0
        else draw(likely(field, kind.__annotations__[field]))
        for field in kind.__struct_fields__
        if field != "by" and (kind is not LoadRulebook or field != "documents" or draw(st.booleans()))
    }
    return role, Admin(id=1, command=name, arguments=arguments)


@settings(max_examples=150)
@given(st.lists(requests(), max_size=25))
def test_no_admin_request_stops_the_venue(sent):
    exchange, fanout, outlet = new_exchange(), Fanout(), Outlet(JSON)
    for seq, command in enumerate(VENUE.genesis(), 1):
        fanout.replay(command, seq, START_NS, exchange.apply(Sequenced(seq, START_NS, command)))
    for number, (role, request) in enumerate(sent):
        with suppress(Malformed, NotAllowed):
            command = admin_command(request, role, role, exchange.assets)
            seq, time_ns = exchange.seq + 1, START_NS + number * NS_PER_DAY // 2
            events = exchange.apply(Sequenced(seq, time_ns, command))
            encode_batch([(seq, time_ns, command, events)])
            fanout.publish(command, seq, time_ns, events, outlet, 1)
            fanout.end_turn()
    exchange.check()


@pytest.mark.parametrize(
    ("role", "command", "arguments", "problem"),
    [
        ("operator", "add_asset", {"asset": "ETH", "kind": "coin", "scale": 8}, "arguments.kind: expected one of fiat"),
        (
            "operator",
            "add_asset",
            {"asset": "ETH", "kind": "crypto", "scale": True},
            "arguments.scale: expected an integer",
        ),
        (
            "operator",
            "add_asset",
            {"asset": "ETH", "kind": "crypto", "scale": 2**63},
            "arguments.scale: outside 64 bits",
        ),
        ("operator", "set_phase", {"instrument": "X", "phase": "open"}, "arguments.phase: expected one of closed"),
        ("supervisor", "set_blocked", {"investor": "x", "blocked": 1}, "arguments.blocked: expected true or false"),
        (
            "supervisor",
            "set_blocked",
            {"investor": "x", "blocked": True, "reason": "r" * 513},
            "arguments.reason: too long",
        ),
        ("supervisor", "load_rulebook", {"name": "x", "documents": "y"}, "arguments.documents: expected a table"),
        ("supervisor", "load_rulebook", {"name": "x", "by": "y", "documents": {}}, "arguments: unknown name 'by'"),
    ],
)
def test_arguments_are_checked(role, command, arguments, problem):
    with pytest.raises(Malformed, match=problem):
        admin_command(Admin(id=1, command=command, arguments=arguments), role, "me", {})
