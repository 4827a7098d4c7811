"""Whatever an operator or supervisor sends is refused or carried out; it never stops the venue."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.book.assets import Asset
from engine.command_row import CommandRow
from engine.record.rows import encode_batch
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import Sequenced
from gateway.core import new_exchange
from gateway.documents import invented_tax_number
from gateway.identity import Identities
from gateway.inbound.admin import ALLOWED, NotAllowed, Sender, admin_command, argument_names, check_approvers
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import Admin
from gateway.protocol.wire import JSON, MSGPACK, Malformed
from tests.support.gateway.venues.small_venue import small_venue

VENUE = small_venue()
IDENTITIES = Identities.seeded(1)
START_NS = 1_800_000_000 * 10**9
ASSETS = {"RUB": Asset("RUB", 0, codes.FIAT, 2)}
FIRM_DOCUMENTS = {"tax_number": invented_tax_number(1, firm=True)}
PERSON_DOCUMENTS = {"tax_number": invented_tax_number(1), "passport": "00 00 000001"}

_NAMES = st.sampled_from(["alice", "bob", "otto", "BTC", "RUB", "BTC/RUB", "NEW", "", "\x00", "é", "x" * 64])
_INTEGERS = st.integers(-(2**63), 2**63) | st.integers(-2, 120) | st.sampled_from([2**63 - 1, 10**15])
_DECIMALS = st.sampled_from(["0", "0.00000001", "1", "0.5", "100", "92233720368", "92233720368547758.07"])
_KINDS = st.sampled_from(["fiat", "crypto", "spot", "note", "future", "individual", "firm", "security"])
_ANYTHING = _NAMES | _INTEGERS | _DECIMALS | _KINDS | st.booleans() | st.dictionaries(_NAMES, _NAMES, max_size=2)


def likely(field: str, annotation: str) -> st.SearchStrategy[object]:
    """What a field usually holds."""
    if field.endswith("_e8") or field in ("amount", "max_notional", "issue_limit"):
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
def arguments_of(draw: st.DrawFn, row: CommandRow) -> dict[str, Any]:
    kind = row.kind
    annotations = {field.removesuffix("_e8"): field for field in kind.__struct_fields__}
    required, optional = argument_names(row)
    found: dict[str, Any] = {}
    for name in required + optional:
        field = annotations.get(name)
        if field is None or (name == "documents" and draw(st.booleans())):
            continue
        usual = likely(field, kind.__annotations__[field])
        found[name] = draw(st.one_of(usual, _ANYTHING) if draw(st.integers(0, 9)) == 0 else usual)
    return found


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, Admin]:
    role = draw(st.sampled_from(sorted(ALLOWED)))
    name = draw(st.sampled_from(sorted(ALLOWED[role])))
    row = ALLOWED[role][name]
    arguments = draw(arguments_of(row))
    if row.kind is commands.EffectiveFrom:
        change = draw(st.sampled_from(sorted(ALLOWED[role])))
        arguments |= {"command": change, "arguments": draw(arguments_of(ALLOWED[role][change]))}
    return role, Admin(id=1, command=name, arguments=arguments)


@settings(max_examples=150)
@given(st.lists(requests(), max_size=25))
def test_no_admin_request_stops_the_venue(sent):
    exchange, fanout, outbox = new_exchange(), Fanout(), Outbox(JSON)
    for seq, command in enumerate(VENUE.genesis(), 1):
        fanout.replay((seq, START_NS, command, exchange.apply(Sequenced(seq, START_NS, command))))
    for number, (role, request) in enumerate(sent):
        with suppress(Malformed, NotAllowed):
            command = admin_command(request, Sender(role, role), exchange.assets, IDENTITIES)
            seq, time_ns = exchange.seq + 1, START_NS + number * NS_PER_DAY // 2
            events = exchange.apply(Sequenced(seq, time_ns, command))
            encode_batch([(seq, time_ns, command, events)])
            fanout.publish((seq, time_ns, command, events), outbox, 1)
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
        ("supervisor", "load_rulebook", {"name": "x", "documents": {"x": 1}}, "arguments.documents: expected a table"),
        *(
            (
                "participant",
                "record_acknowledgement",
                {"investor": "alice", "digest": digest},
                "arguments.digest: expected the SHA-256 digest of a text: 64 hexadecimal digits in lower case",
            )
            for digest in ("", "4510123456", "A" * 64, "a" * 63, "a" * 64 + "\n")
        ),
        ("participant", "record_acknowledgement", {"investor": "alice", "digest": 1}, "digest: expected a string"),
        *(
            (role, command, arguments, "a name must not look as the number of a document does")
            for role, command, arguments in (
                ("operator", "open_account", {"account": "4510.123456", "participant": "alice", "investor": "alice"}),
                ("operator", "open_account", {"account": "٤٥١٠١٢٣٤٥٦", "participant": "alice", "investor": "alice"}),
                ("supervisor", "register_intermediary", {"intermediary": "77_07_08_38_93"}),
                ("supervisor", "register_investor", {"investor": "№ 4510/123456", "kind": "individual"}),
            )
        ),
        ("operator", "set_index_price", {"index": "BTC"}, "arguments.price: missing"),
        ("operator", "set_index_price", {"index": "BTC", "price": "-1"}, "arguments.price: not a decimal"),
        (
            "participant",
            "issue_asset",
            {"asset": "RUB", "account": "a", "amount": "1", "issuer": "you"},
            "arguments: unknown name 'issuer'; known: asset, account, amount, reason",
        ),
        (
            "participant",
            "issue_asset",
            {"asset": "ETH", "account": "a", "amount": "1"},
            "arguments.amount: unknown asset",
        ),
        (
            "operator",
            "issue_asset",
            {"asset": "RUB", "account": "a", "amount": "1.505"},
            "arguments.amount: more than 2 decimals",
        ),
        (
            "operator",
            "add_asset",
            {"asset": "D", "kind": "security", "scale": 0, "issue_limit": "1.5"},
            "arguments.issue_limit: more than 0 decimals",
        ),
        (
            "operator",
            "add_asset",
            {"asset": "D", "kind": "security", "scale": 99, "issue_limit": "1"},
            "arguments.issue_limit: needs a scale from 0 to 18",
        ),
        ("operator", "freeze_asset", {"asset": "RUB", "share_ppm": "half"}, "arguments.share_ppm: expected an integer"),
        ("supervisor", "set_parameter", {"rule": "RET-1", "key": "x"}, "arguments.value: missing"),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 1, "command": "set_blocked"},
            "arguments.arguments: missing",
        ),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 1, "command": "close_out", "arguments": {}},
            "arguments.command: expected one of authorise_client, load_rulebook",
        ),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 1, "command": "effective_from", "arguments": {}},
            "arguments.command: expected one of",
        ),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 1, "command": "set_blocked", "arguments": "x"},
            "arguments.arguments: expected a table of the command's arguments",
        ),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 1, "command": "set_blocked", "arguments": {"investor": "x", "blocked": 1}},
            "arguments.arguments.blocked: expected true or false",
        ),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 1, "command": "set_blocked", "arguments": {"investor": "x", "blocked": True, "by": "y"}},
            "arguments.arguments: unknown name 'by'; known: investor, blocked, reason",
        ),
    ],
)
def test_arguments_are_checked(role, command, arguments, problem):
    with pytest.raises(Malformed, match=problem):
        admin_command(Admin(id=1, command=command, arguments=arguments), Sender("me", role), ASSETS, IDENTITIES)


@pytest.mark.parametrize(
    ("role", "command", "arguments", "expected"),
    [
        (
            "operator",
            "add_asset",
            {"asset": "D", "kind": "security", "scale": 1, "issuer": "k", "terms": "pays", "issue_limit": "10.5"},
            commands.AddAsset("D", codes.SECURITY, 1, issuer="k", terms="pays", issue_limit=105, by="me"),
        ),
        (
            "operator",
            "set_index_price",
            {"index": "BTC", "price": "8000000.5", "source": "a file"},
            commands.SetIndexPrice("BTC", 800_000_050_000_000, "a file", "me"),
        ),
        ("operator", "set_margin_rules", {"grace_ns": 10**9}, commands.SetMarginRules(10**9, "me")),
        ("operator", "mark_future", {"instrument": "F"}, commands.MarkFuture("F", by="me")),
        ("supervisor", "mark_future", {"instrument": "F", "price": "7"}, commands.MarkFuture("F", 7 * 10**8, by="me")),
        (
            "supervisor",
            "close_out",
            {"account": "a", "instrument": "F", "reason": "why"},
            commands.CloseOut("a", "F", "why", "me"),
        ),
        # The venue acts on the issuer's behalf; an issuer is named by its login.
        (
            "operator",
            "issue_asset",
            {"asset": "RUB", "account": "a", "amount": "1.5"},
            commands.IssueAsset("RUB", "a", 150, by="me"),
        ),
        (
            "participant",
            "issue_asset",
            {"asset": "RUB", "account": "a", "amount": "1.5"},
            commands.IssueAsset("RUB", "a", 150, "me", "", "me"),
        ),
        (
            "participant",
            "redeem_asset",
            {"asset": "RUB", "account": "a", "amount": "2", "reason": "end"},
            commands.RedeemAsset("RUB", "a", 200, "me", "end", "me"),
        ),
        (
            "participant",
            "freeze_asset",
            {"asset": "RUB", "share_ppm": 250_000, "account": "a"},
            commands.FreezeAsset("RUB", 250_000, "a", "me", "", "me"),
        ),
        ("supervisor", "freeze_asset", {"asset": "RUB", "share_ppm": 0}, commands.FreezeAsset("RUB", 0, by="me")),
        (
            "supervisor",
            "authorise_client",
            {"intermediary": "north", "investor": "anna", "year": 2026},
            commands.AuthoriseClient("north", "anna", 2026, by="me"),
        ),
        (
            "supervisor",
            "update_asset",
            {"asset": "BTC", "market_cap_rub": 1, "turnover_rub": 2, "history_years": 3, "reason": "figures"},
            commands.UpdateAsset("BTC", 1, 2, 3, "figures", "me"),
        ),
        (
            "supervisor",
            "set_parameter",
            {"rule": "RET-1", "key": "retail_cap", "value": "500000.00"},
            commands.SetParameter("RET-1", "retail_cap", "500000.00", by="me"),
        ),
        (
            "supervisor",
            "register_intermediary",
            {"intermediary": "north", "licence": "077-1", "bank": True},
            commands.RegisterIntermediary("north", licence="077-1", bank=True, by="me"),
        ),
        (
            "supervisor",
            "register_investor",
            {"investor": "llc", "kind": "firm", "documents": FIRM_DOCUMENTS, "owners": [PERSON_DOCUMENTS]},
            commands.RegisterInvestor(
                "llc",
                codes.FIRM,
                by="me",
                identity_keys=IDENTITIES.keys(FIRM_DOCUMENTS, firm=True),
                owner_keys=(IDENTITIES.keys(PERSON_DOCUMENTS, firm=False),),
            ),
        ),
        (
            "supervisor",
            "effective_from",
            {
                "effective_ns": 9,
                "command": "register_investor",
                "arguments": {"investor": "anna", "kind": "individual", "documents": PERSON_DOCUMENTS, "owners": []},
            },
            commands.EffectiveFrom(
                9,
                commands.RegisterInvestor(
                    "anna",
                    codes.INDIVIDUAL,
                    by="me",
                    identity_keys=IDENTITIES.keys(PERSON_DOCUMENTS, firm=False),
                    owner_keys=(),
                ),
                "",
                "me",
            ),
        ),
        (
            "supervisor",
            "effective_from",
            {
                "effective_ns": 9,
                "command": "set_parameter",
                "arguments": {"rule": "RET-1", "key": "enabled", "value": "false"},
                "reason": "later",
            },
            commands.EffectiveFrom(9, commands.SetParameter("RET-1", "enabled", "false", by="me"), "later", "me"),
        ),
        (
            "supervisor",
            "effective_from",
            {"effective_ns": 9, "command": "load_rulebook", "arguments": {"name": "x", "documents": {"x": "text"}}},
            commands.EffectiveFrom(9, commands.LoadRulebook("x", {"x": "text"}, "me"), "", "me"),
        ),
        (
            "supervisor",
            "set_approval",
            {"second": ["rulebooks"], "reason": "four eyes"},
            commands.SetApproval(("rulebooks",), "four eyes", "me"),
        ),
        (
            "supervisor",
            "approve",
            {"proposal": 7, "reason": "seen"},
            commands.Approve(7, "seen", "me", "supervisor"),
        ),
        ("operator", "decline", {"proposal": 7}, commands.Decline(7, "", "me", "operator")),
    ],
)
def test_requests_as_commands(role, command, arguments, expected):
    request = Admin(id=1, command=command, arguments=arguments)
    for codec, encode in ((JSON, msgspec.json.encode), (MSGPACK, msgspec.msgpack.encode)):
        decoded = codec.decode(encode(request))
        assert isinstance(decoded, Admin)
        assert admin_command(decoded, Sender("me", role), ASSETS, IDENTITIES) == expected


def test_a_second_approval_is_not_asked_for_where_one_supervisor_is_alone():
    asks, none = commands.SetApproval(("rulebooks",)), commands.SetApproval(())
    alone, two = ["supervisor", "operator", "participant"], ["supervisor", "operator", "supervisor"]
    with pytest.raises(NotAllowed, match=r"nobody could give a second approval: .* role = \"supervisor\""):
        check_approvers(asks, alone)
    check_approvers(asks, two)
    check_approvers(none, alone)
    check_approvers(commands.SetKillSwitch(0, "", True), alone)


def test_every_command_of_an_admin_request_says_who_sent_it():
    kinds = {row.kind for allowed in ALLOWED.values() for row in allowed.values()}
    assert [kind.__name__ for kind in kinds if "by" not in kind.__struct_fields__] == []


@pytest.mark.parametrize(
    ("role", "command"),
    [
        ("participant", "add_asset"),
        ("participant", "close_out"),
        ("operator", "set_parameter"),
        ("operator", "close_out"),
        ("supervisor", "issue_asset"),
        ("supervisor", "set_index_price"),
    ],
)
def test_each_role_has_its_own_commands(role, command):
    with pytest.raises(NotAllowed, match=f"as {role} you may send: "):
        admin_command(Admin(id=1, command=command), Sender("me", role), ASSETS, IDENTITIES)
