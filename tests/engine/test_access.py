"""Who may log in: participants, keys, who may decide about them, and when they end."""

from __future__ import annotations

from typing import Any

import pytest

from engine.exchange import restore_exchange
from engine.snapshot.encoding import state_digest
from engine.state.hook import PreTradeHook
from engine.vocabulary import access, codes
from engine.vocabulary.limits import MAX_TEXT_CHARS, NS_PER_SECOND
from engine.vocabulary.messages import events
from engine.vocabulary.messages.commands import RegisterKey, RegisterParticipant, RevokeKey, SetApproval, Tick
from tests.support.engine.desks.desk import Desk

SECOND = NS_PER_SECOND
ALL = ("read", "trade", "drop_copy")
OPERATOR = {"by": "op", "by_role": "operator", "by_key": "main"}
SUPERVISOR = {"by": "sup", "by_role": "supervisor", "by_key": "main"}


def public(number: int) -> str:
    return f"{number:064x}"


def own(name: str, key: str = "main", role: str = "participant") -> dict[str, Any]:
    return {"by": name, "by_role": role, "by_key": key}


def stand() -> Desk:
    """A venue whose file named an operator, a supervisor, and participants `a` and `b`."""
    desk = Desk()
    people = (("op", "operator"), ("sup", "supervisor"), ("a", "participant"), ("b", "participant"))
    for number, (name, role) in enumerate(people):
        desk.send(RegisterParticipant(name, role, public(number)))
    return desk


def refused(desk: Desk, command: Any) -> str:
    """The template of the one refusal."""
    desk.send(command)
    (rejected,) = desk.results[-1]
    assert isinstance(rejected, events.CommandRejected)
    return rejected.template


def ends(happened: list[events.Event]) -> list[tuple[str, str, str]]:
    return [
        (each.participant, each.key, codes.KEY_OUTCOMES[each.outcome])
        for each in happened
        if isinstance(each, events.KeyEnded)
    ]


def test_a_participant_comes_with_a_key() -> None:
    desk = stand()
    assert desk.send(RegisterParticipant("c", "participant", public(9), reason="invited", **OPERATOR)) == [
        events.ParticipantRegistered("c", "participant", "invited", "op"),
        events.KeyRegistered("c", "main", public(9), ALL, (), 0, "", 0, "invited", "op"),
    ]
    key = desk.exchange.access.of["c"].keys["main"]
    assert (key.scopes, key.by, key.since_ns) == (ALL, "op", desk.time_ns)
    assert desk.exchange.access.by_public[public(9)] is key
    desk.exchange.check()


@pytest.mark.parametrize(
    ("command", "template"),
    [
        (RegisterParticipant("", "participant", public(9)), "name.form"),
        (RegisterParticipant("a", "participant", public(9)), "participant.exists"),
        (RegisterParticipant("c", "janitor", public(9)), "participant.role"),
        (RegisterParticipant("c", "participant", public(2)), "key.taken"),
        (RegisterParticipant("c", "participant", "A" * 64), "key.form"),
        (RegisterParticipant("c", "participant", "a" * 63), "key.form"),
        (RegisterParticipant("c", "participant", public(9), ""), "name.form"),
        (RegisterParticipant("c", "participant", public(9), "k 1"), "key.space"),
        (RegisterKey("a", "k 1", public(9)), "key.space"),
        (RegisterParticipant("c", "participant", public(9), scopes=("operate",)), "key.scopes"),
        (RegisterParticipant("c", "participant", public(9), scopes=("read", "read")), "key.scopes"),
        (RegisterParticipant("c", "participant", public(9), addresses=("::1", "::1")), "key.addresses"),
        (RegisterParticipant("c", "participant", public(9), addresses=tuple("123456789abcdefgh")), "key.addresses"),
        (RegisterParticipant("c", "participant", public(9), expires_ns=1), "key.expires"),
        (RegisterParticipant("c", "participant", public(9), reason="x" * (MAX_TEXT_CHARS + 1)), "key.reason"),
        (RegisterParticipant("c", "supervisor", public(9), **OPERATOR), "access.keeper"),
        (RegisterParticipant("c", "surveillance", public(9), **OPERATOR), "access.keeper"),
        (RegisterParticipant("c", "participant", public(9), **SUPERVISOR), "access.keeper"),
        (RegisterParticipant("c", "operator", public(9), **SUPERVISOR), "access.keeper"),
        (RegisterKey("c", "k", public(9)), "participant.unregistered"),
        (RegisterKey("a", "main", public(9)), "key.exists"),
        (RegisterKey("a", "k", public(9), replaces="nosuch"), "key.unknown"),
        (RegisterKey("a", "k", public(9), overlap_ns=1), "key.overlap"),
        (RegisterKey("a", "k", public(9), replaces="main", overlap_ns=access.MAX_OVERLAP_NS + 1), "key.overlap"),
        (RegisterKey("a", "k", public(9), **own("b")), "access.keeper"),
        (RegisterKey("a", "k", public(9), **own("a", "nosuch")), "key.unknown"),
        (RegisterKey("sup", "k", public(9), **OPERATOR), "access.keeper"),
        (RevokeKey("c"), "participant.unregistered"),
        (RevokeKey("a", "nosuch"), "key.unknown"),
        (RevokeKey("a", "main", **own("b")), "access.keeper"),
        (RevokeKey("op", "main", **SUPERVISOR), "access.keeper"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_what_is_refused(command: Any, template: str) -> None:
    desk = stand()
    assert refused(desk, command) == template
    access_of = {name: list(each.keys) for name, each in desk.exchange.access.of.items()}
    assert access_of == {name: ["main"] for name in ("op", "sup", "a", "b")}


def test_a_key_of_ones_own_may_do_no_more_than_the_one_it_is_made_with() -> None:
    desk = stand()
    until_ns = desk.time_ns + 3_600 * SECOND
    desk.send(RegisterKey("a", "bot", public(9), ("read", "trade"), ("10.0.0.1", "10.0.0.2"), until_ns, **own("a")))
    bot = own("a", "bot")
    assert refused(desk, RegisterKey("a", "x", public(10), ("drop_copy",), **bot)) == "key.scope"
    assert refused(desk, RegisterKey("a", "x", public(10), (), ("10.0.0.3",), **bot)) == "key.address"
    assert refused(desk, RegisterKey("a", "x", public(10), expires_ns=until_ns + 1, **bot)) == "key.longer"
    assert refused(desk, RegisterKey("a", "x", public(10), replaces="main", **bot)) == "key.above"
    assert refused(desk, RevokeKey("a", "main", **bot)) == "key.above"
    assert refused(desk, RevokeKey("a", **bot)) == "key.above"
    (made,) = desk.send(RegisterKey("a", "x", public(10), **bot))
    # What is left out is as that key has it.
    assert made == events.KeyRegistered(
        "a", "x", public(10), ("read", "trade"), ("10.0.0.1", "10.0.0.2"), until_ns, by="a"
    )
    assert ends(desk.send(RevokeKey("a", "bot", **own("a", "x")))) == [("a", "bot", "revoked")]
    desk.exchange.check()


@pytest.mark.parametrize(("name", "role"), [("op", "operator"), ("sup", "supervisor")])
def test_a_key_that_is_limited_makes_no_colleague_who_is_not(name: str, role: str) -> None:
    desk = stand()
    until_ns = desk.time_ns + 3_600 * SECOND
    scope = access.COMMANDING[role]
    desk.send(RegisterKey(name, "brief", public(9), (scope,), ("10.0.0.1",), until_ns, **own(name, "main", role)))
    brief = own(name, "brief", role)
    for wider, template in (
        ({"scopes": ("read", scope)}, "key.scope"),
        ({"addresses": ("10.0.0.2",)}, "key.address"),
        ({"expires_ns": until_ns + 1}, "key.longer"),
    ):
        more: dict[str, Any] = {**wider, **brief}
        assert refused(desk, RegisterParticipant("new", role, public(10), **more)) == template
    (_, made) = desk.send(RegisterParticipant("new", role, public(10), **brief))
    assert made == events.KeyRegistered("new", "main", public(10), (scope,), ("10.0.0.1",), until_ns, by=name)
    # Nor does it give more to a colleague whom it knows the name of.
    assert refused(desk, RegisterKey("new", "k", public(11), ("read",), **brief)) == "key.scope"
    (given,) = desk.send(RegisterKey("new", "k", public(11), **brief))
    assert given == events.KeyRegistered("new", "k", public(11), (scope,), ("10.0.0.1",), until_ns, by=name)
    assert refused(desk, RegisterKey("new", "x", public(12), **own(name, "nosuch", role))) == "key.unknown"
    # A venue in a program has no logins, and nothing limits who asks there.
    assert len(desk.send(RegisterParticipant("last", role, public(13), **own(name, "", role)))) == 2
    desk.exchange.check()


def test_those_who_trade_get_keys_that_are_not_limited_by_the_one_that_an_operator_has() -> None:
    desk = stand()
    desk.send(RegisterKey("op", "brief", public(9), ("operate",), ("10.0.0.1",), desk.time_ns + SECOND, **own("op")))
    (_, made) = desk.send(RegisterParticipant("new", "participant", public(10), **own("op", "brief", "operator")))
    assert made == events.KeyRegistered("new", "main", public(10), ALL, (), 0, by="op")


def test_a_key_ends_by_itself() -> None:
    desk = stand()
    first_ns = desk.time_ns + 5 * SECOND
    desk.send(RegisterKey("a", "k", public(9), expires_ns=first_ns))
    desk.send(RegisterKey("b", "k", public(10), expires_ns=first_ns))
    desk.send(RegisterKey("a", "late", public(11), expires_ns=first_ns + SECOND))
    held = desk.exchange.access.by_public[public(9)]
    assert ends(desk.send(Tick(), first_ns - desk.time_ns - 1)) == [] and not held.has_ended
    assert ends(desk.send(Tick(), 1)) == [("a", "k", "expired"), ("b", "k", "expired")] and held.has_ended
    assert ends(desk.send(Tick(), SECOND)) == [("a", "late", "expired")]
    assert desk.exchange.access.next_ns() == 0
    desk.exchange.check()


def test_many_ends_that_never_come_are_forgotten() -> None:
    desk = stand()
    for number in range(1_000):
        desk.send(RegisterKey("a", "k", public(100 + number), expires_ns=desk.time_ns + (2_000 - number) * SECOND))
        desk.send(RevokeKey("a", "k"))
    assert len(desk.exchange.access.alarm.entries) < 60
    assert len(desk.exchange.access.of["a"].ended) == access.MAX_ENDED_KEYS
    desk.exchange.check()


def test_one_key_comes_in_place_of_another() -> None:
    desk = stand()
    at_once = desk.send(RegisterKey("a", "k1", public(9), replaces="main", **own("a")))
    assert at_once == [
        events.KeyEnded("a", "main", codes.KEY_REPLACED, "", "a"),
        events.KeyRegistered("a", "k1", public(9), ALL, (), 0, "main", 0, "", "a"),
    ]
    (later,) = desk.send(RegisterKey("a", "k2", public(10), replaces="k1", overlap_ns=5 * SECOND, **own("a", "k1")))
    assert isinstance(later, events.KeyRegistered)
    assert (later.replaces, later.replaced_ns) == ("k1", desk.time_ns + 5 * SECOND)
    assert list(desk.exchange.access.of["a"].keys) == ["k1", "k2"]
    assert refused(desk, RegisterKey("a", "k3", public(11), replaces="k1", **own("a", "k1"))) == "key.replaced"
    assert ends(desk.send(Tick(), 6 * SECOND)) == [("a", "k1", "replaced")]
    # What has ended comes back for nobody.
    assert refused(desk, RegisterKey("a", "k3", public(2), **own("a", "k2"))) == "key.was_ended"
    desk.exchange.check()


@pytest.mark.parametrize(("name", "role"), [("op", "operator"), ("sup", "supervisor")])
def test_somebody_of_the_staff_can_always_log_in(name: str, role: str) -> None:
    desk = stand()
    me, scope = own(name, "main", role), access.COMMANDING[role]
    soon_ns = desk.time_ns + 9 * SECOND
    assert refused(desk, RevokeKey(name, "main", **me)) == "key.last"
    assert refused(desk, RevokeKey(name, **me)) == "key.last"
    for limited in ({"scopes": ("read",)}, {"expires_ns": soon_ns}):
        for overlap_ns in (0, SECOND):
            asked: Any = {**limited, "overlap_ns": overlap_ns}
            assert refused(desk, RegisterKey(name, "k", public(9), replaces="main", **asked, **me)) == "key.last"
    # Keys that end, or can't do all, are none to rely on.
    desk.send(RegisterKey(name, "weak", public(9), ("read",), **me))
    desk.send(RegisterKey(name, "soon", public(10), expires_ns=soon_ns, **me))
    assert refused(desk, RevokeKey(name, "main", **me)) == "key.last"
    desk.send(RegisterParticipant("other", role, public(11), scopes=(scope,), **me))
    assert ends(desk.send(RevokeKey(name, **me))) == [(name, each, "revoked") for each in ("main", "weak", "soon")]
    assert refused(desk, RevokeKey("other", "main", **own("other", "main", role))) == "key.last"
    desk.exchange.check()


def test_nobody_is_two_while_two_must_agree() -> None:
    desk = stand()
    desk.send(RegisterParticipant("sup2", "supervisor", public(9), **SUPERVISOR))
    desk.send(SetApproval(("rulebooks",), "", "sup"))
    assert refused(desk, RegisterParticipant("sup3", "supervisor", public(10), **SUPERVISOR)) == "access.second"
    assert refused(desk, RegisterKey("sup2", "k", public(10), **SUPERVISOR)) == "access.second"
    # Of one's own, of those who trade, and by the venue file: as ever.
    assert not ends(desk.send(RegisterKey("sup", "k", public(10), **SUPERVISOR)))
    assert len(desk.send(RegisterParticipant("c", "participant", public(11), **OPERATOR))) == 2
    assert len(desk.send(RegisterParticipant("sup3", "supervisor", public(12)))) == 2


def test_a_supervisor_may_shut_a_participant_out() -> None:
    desk = stand()
    assert ends(desk.send(RevokeKey("a", reason="stolen", **SUPERVISOR))) == [("a", "main", "revoked")]
    assert refused(desk, RevokeKey("a", **SUPERVISOR)) == "key.none"


def test_there_is_room_for_so_many_keys() -> None:
    desk = stand()
    for number in range(1, access.MAX_KEYS_PER_PARTICIPANT):
        desk.send(RegisterKey("a", f"k{number}", public(100 + number)))
    assert refused(desk, RegisterKey("a", "more", public(99))) == "key.most"
    assert refused(desk, RegisterKey("a", "more", public(99), replaces="main", overlap_ns=SECOND)) == "key.most"
    assert ends(desk.send(RegisterKey("a", "more", public(99), replaces="main"))) == [("a", "main", "replaced")]
    desk.exchange.check()


def test_what_the_venue_file_gave_is_known() -> None:
    desk = stand()
    assert desk.exchange.access.of["a"].filed == public(2)
    desk.send(RegisterKey("a", "k", public(9), replaces="main", **own("a")))
    assert desk.exchange.access.of["a"].filed == public(2)
    desk.send(RegisterKey("a", "main", public(10)))
    assert desk.exchange.access.of["a"].filed == public(10)


def test_a_snapshot_has_them() -> None:
    desk = stand()
    desk.send(RegisterKey("a", "k", public(9), ("read",), ("::1",), desk.time_ns + 9 * SECOND, **own("a")))
    desk.send(RegisterKey("b", "k", public(10), replaces="main", overlap_ns=5 * SECOND, **own("b")))
    desk.send(RegisterKey("b", "x", public(11), expires_ns=desk.time_ns + 3 * SECOND))
    desk.send(RevokeKey("b", "x"))
    again = restore_exchange(desk.exchange.snapshot(), PreTradeHook())
    again.check()
    assert state_digest(again) == state_digest(desk.exchange)
    desk.exchange = again
    assert ends(desk.send(Tick(), 60 * SECOND)) == [("b", "main", "replaced"), ("a", "k", "expired")]
    again.check()
