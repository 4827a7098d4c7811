"""A session that reads plain requests at once is, in all that can be seen of it, like one that does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final
from unittest.mock import patch

import msgspec
import pytest

from engine.vocabulary.access import READ, SCOPES_OF, TRADE
from gateway.inbound.frames import CONTINUATION, PING
from gateway.inbound.keyholders import Proven
from gateway.inbound.plain import SCANS
from gateway.inbound.session import Session
from gateway.protocol.wire import JSON, Codec
from tests.gateway.inbound.test_plain import AMEND, CANCEL, CODECS, NEW, needs_scan
from tests.gateway.inbound.test_rates import Hands, new_rates
from tests.gateway.inbound.test_session import VENUE, new_context
from tests.support.gateway.inprocess.session_words import log_in

Action = Callable[[Session], None]

STEPS: Final = 1_500
CHANGES: Final[list[dict[str, Any]]] = [
    {}, {}, {}, {"quantity": "1.00"}, {"price": "0"}, {"side": "up"}, {"account": "bob"}, {"account": "я"}, {"display_quantity": "0.1"},
    {"id": -1}, {"id": 2**53}, {"post_only": True}, {"order_type": "stop"}, {"order_id": 5}, {"type": "mass_cancel"},
]  # fmt: skip
SCOPES: Final = ((READ, TRADE), (TRADE,), (READ,))


class Side:
    """Sessions one after another on a clock of their own, with the fast way or without."""

    def __init__(self, codec: Codec, is_fast: bool, is_limited: bool) -> None:
        self._is_fast: Final = is_fast
        rates, self._hands = new_rates() if is_limited else (None, Hands())
        self._context: Final = new_context(rates)
        self._codec: Final = codec
        self._session = self._new()

    def _new(self) -> Session:
        session = Session(self._context, self._codec, "abcd")
        session.came_from("10.0.0.1")
        return session

    def does(self, action: Action, pause_ns: int) -> tuple[object, ...]:
        """Do something with its session after a pause; all that can be seen then."""
        self._hands.ns += pause_ns
        with ExitStack() as stack:
            if not self._is_fast:
                stack.enter_context(patch.dict(SCANS, clear=True))
            action(self._session)
        session, context = self._session, self._context
        seen = (
            *(session.frames.copy(), list(session.inbox), list(session.questions), session.waiting_requests),
            *(session.closing, session.is_ended, session.participant, session.takes_whole_messages),
            *(session.stated_rates(), session.is_owing, dict(context.counters.errors), dict(context.audit.noted)),
        )
        for heard in (session.frames, session.inbox, session.questions):
            heard.clear()
        if session.closing is not None or session.is_ended:
            session.end()
            self._session = self._new()
        return seen


def drawn(chance: random.Random, codec: Codec) -> Action:
    """What happens to a session next."""
    way = chance.random()
    name, scopes = chance.choice(["alice", "alice", "sue"]), chance.choice(SCOPES)
    if way < 0.02:
        return lambda session: session.receive(encoded(codec, log_in(session, name)))
    if way < 0.05:
        who = VENUE.participants[name]
        proven = Proven(who, None, SCOPES_OF[who.role] if name == "sue" else scopes)
        return lambda session: session.act_as(proven) if session.participant is None else None
    if way < 0.06:
        return gone_and_heard(encoded(codec, NEW))
    if way < 0.08:
        question = encoded(codec, {"type": chance.choice(["logout", "rates", "assets"]), "id": 3})
        return lambda session: session.receive(question)
    payload = encoded(codec, {**chance.choice([NEW, NEW, CANCEL, AMEND]), **chance.choice(CHANGES)})
    if codec is JSON and way < 0.15:
        payload += b" " * chance.choice([1, 1_000, 5_000])
    if way > 0.98:
        payload = payload[: chance.randrange(len(payload))]
    if way > 0.9:
        return in_pieces(codec, payload, chance.randrange(len(payload) + 1))
    return lambda session: session.receive_frame(codec.opcode, True, False, payload, 0)


def encoded(codec: Codec, request: dict[str, Any]) -> bytes:
    return msgspec.json.encode(request) if codec is JSON else msgspec.msgpack.encode(request)


def gone_and_heard(payload: bytes) -> Action:
    """The end of a connection, and a message that was read before it."""

    def act(session: Session) -> None:
        session.end()
        session.receive(payload)

    return act


def in_pieces(codec: Codec, payload: bytes, place: int) -> Action:
    """A message in two frames, with a ping between them."""

    def act(session: Session) -> None:
        session.receive_frame(codec.opcode, False, False, payload[:place], 0)
        session.receive_frame(PING, True, False, b"here", 0)
        session.receive_frame(CONTINUATION, True, False, payload[place:], 0)

    return act


@needs_scan
@CODECS
@pytest.mark.parametrize("is_limited", [False, True], ids=["unlimited", "limited"])
@pytest.mark.parametrize("seed", range(3))
def test_both_ways_are_one_to_who_looks_from_outside(codec: Codec, is_limited: bool, seed: int) -> None:
    chance = random.Random(f"{seed} {codec.name} {is_limited}")
    fast, slow = (Side(codec, is_fast, is_limited) for is_fast in (True, False))
    read = 0

    def counted(payload: bytes, participant: str) -> Any:
        nonlocal read
        found = scan(payload, participant)
        read += found is not None
        return found

    scan = SCANS[codec.name]
    with patch.dict(SCANS, {codec.name: counted}):
        for step in range(STEPS):
            action, pause_ns = drawn(chance, codec), chance.choice([0, 0, 10**6, 10**8])
            assert fast.does(action, pause_ns) == slow.does(action, pause_ns), step
    assert read > STEPS // 20
