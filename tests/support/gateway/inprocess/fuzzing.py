"""Random requests through decoder, session and engine: noise, sound requests, and sound requests with something wrong in them.

Everything is drawn from a seed. What raises is told with the seed, the number of the input and its bytes.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from copy import deepcopy
from typing import Any, Final

import msgspec

from engine.exchange import Exchange
from engine.record.rows import decode_command, decode_rows, encode_batch
from engine.vocabulary.access import SCOPES_OF
from engine.vocabulary.messages.commands import AnyCommand, Sequenced, Tick
from engine.vocabulary.messages.events import OrderAccepted, Trade
from gateway.core import new_exchange
from gateway.inbound.admin import ALLOWED, argument_names
from gateway.inbound.context import VenueContext
from gateway.inbound.keyholders import Proven
from gateway.inbound.queries import Answers
from gateway.inbound.session import Session
from gateway.inbound.translate import Known
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.protocol.wire import CODECS, Codec
from tests.support.gateway.protocol.sound_requests import FULL, KINDS, optional
from tests.support.gateway.venues.small_venue import small_venue

START_NS: Final = 1_780_300_800_000_000_000
INPUTS_A_VENUE: Final = 20_000
"""After so many the venue is a new one: what an operator did by chance, closes most of it."""
PEOPLE: Final = ("alice", "bob", "sue", "otto", "")
"""Two participants, the supervisor, the operator, and somebody who did not log in."""
SENDERS: Final = (*PEOPLE[:1] * 8, *PEOPLE[1:4] * 2, PEOPLE[4])
"""Who sends: mostly a participant, rarely nobody."""
DOCUMENTED: Final = ("malformed", "not_logged_in", "login_failed", "not_allowed", "unknown", "too_many")
"""Codes of errors, as docs/PROTOCOL.md has them."""

NAMES: Final = (
    "alice",
    "bob",
    "BTC/RUB",
    "RUB",
    "BTC",
    "RET-1",
    "nobody",
    "c1",
    "c2",
    "c3",
    "continuous",
    "halted",
    "x" * 64,
)
FIGURES: Final = ("1", "0.5", "100", "100.5", "99", "1000000", "0.1", "12.5")
PRICES: Final = ("98", "99.5", "100", "100.5", "101", "250")
ODD: Final[tuple[Any, ...]] = (
    "", "-1", "1e5", "0", "0.0000000001", "9" * 30, "1_0", "\u0663", "\u202e", "\x1b[2J", "\0", "[/x]", "x" * 65, "=1+1",
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), 0.5, 1e300,
    [], {}, [[]], {"a": {"a": {}}}, ["1", "2"], [["1", "2"]], [["1", "2", "3"]], "buy", "sell", "limit", "stop", "gtc", "fok",
)  # fmt: skip


_NEW_ORDER: Final = next(request for request in FULL if request["type"] == "new_order")


class Outcome(Counter[str]):
    """How many inputs came to what."""


class FuzzedVenue:
    """A venue without sockets and disk, and sessions of everybody in it, all of one codec."""

    def __init__(self, codec: Codec, outcome: Outcome) -> None:
        self._codec: Final = codec
        self._outcome: Final = outcome
        self._venue: Final = small_venue()
        self.exchange: Final[Exchange] = new_exchange()
        self._fanout: Final = Fanout()
        self._time_ns = START_NS
        for command in self._venue.genesis():
            self._carry_out(command, None, 0)
        self._counters: Final = Counters()
        known = Known(self.exchange.instruments, self.exchange.assets)
        self._context: Final = VenueContext(
            self._venue.venue_id,
            "fsync",
            self._venue.participants,
            known,
            self._fanout,
            counters=self._counters,
            tip=lambda: (self._fanout.seq, bytes(32)),
        )
        self._answers: Final = Answers(self.exchange, self._fanout, self._counters)
        self._sessions: Final = {name: self._log_in(name) for name in PEOPLE}

    def _log_in(self, name: str) -> Session:
        """A session of somebody, whose signature is taken for granted."""
        session = Session(self._context, self._codec, "nonce")
        if name:
            participant = self._venue.participants[name]
            session.act_as(Proven(participant, None, SCOPES_OF[participant.role]))
        return session

    def send(self, name: str, payload: bytes) -> None:
        """One input, and all that it sets off."""
        session = self._sessions[name]
        session.receive(payload)
        while session.inbox:
            request_id, command, _ = session.inbox.popleft()
            self._outcome["commands"] += 1
            self._tick()
            self._carry_out(command, session, request_id)
        while session.questions:
            self._outcome["questions"] += 1
            answer = self._answers.begin(session, session.questions.popleft()[0])
            for _ in answer if not isinstance(answer, int) else ():
                pass
        self._fanout.end_turn()
        for each in (session, *self._fanout.dirty):
            each.frames.clear()
            each.answered_ns.clear()
        self._fanout.dirty.clear()
        if session.closing is not None:
            session.end()
            self._sessions[name] = self._log_in(name)

    def _tick(self) -> None:
        self._time_ns += 1_000_000
        while 0 < self.exchange.next_due_ns() <= self._time_ns:
            self._carry_out(Tick(), None, 0)

    def _carry_out(self, command: AnyCommand, session: Session | None, request_id: int) -> None:
        seq = self.exchange.seq + 1
        events = self.exchange.apply(Sequenced(seq, self._time_ns, command))
        self._outcome["orders accepted"] += sum(type(event) is OrderAccepted for event in events)
        self._outcome["trades"] += sum(type(event) is Trade for event in events)
        row = (seq, self._time_ns, command, events)
        # What the journal keeps is what was meant.
        assert decode_command(decode_rows(encode_batch([row]))[0][2]) == command
        if session is None:
            self._fanout.replay(row)
        else:
            self._fanout.publish(row, session, request_id, self.exchange.due_events)

    def check(self) -> None:
        """Everything is sound, and every error was one of those that are documented."""
        self.exchange.check()
        unknown = self._counters.errors.keys() - set(DOCUMENTED)
        assert not unknown, unknown
        self._outcome.update(self._counters.errors)


class Inputs:
    """Draws payloads of one codec."""

    def __init__(self, chance: random.Random, codec: Codec) -> None:
        self._chance: Final = chance
        self._is_text: Final = codec.opcode == 1
        self._sound: Final = [self._encoded(self._request()) for _ in range(1_500)]
        self._wrong: Final = [self._encoded(self._mistaken(self._request())) for _ in range(1_500)]

    def draw(self) -> bytes:
        """The next one."""
        chance = self._chance
        way = chance.random()
        if way < 0.05:
            return chance.randbytes(chance.randrange(40))
        if way < 0.15:
            return self._encoded(self._request())
        if way < 0.2:
            return self._encoded(self._mistaken(self._request()))
        if way < 0.3:
            return chance.choice(self._wrong)
        if way < 0.4:
            return chance.choice(self._sound)
        content = bytearray(chance.choice(self._sound))
        for _ in range(1 if way < 0.8 else 3):
            self._spoil(content)
        return bytes(content)

    def _spoil(self, content: bytearray) -> None:
        """Change, drop, double or put in some bytes."""
        chance = self._chance
        at = int(chance.random() * (len(content) + 1))
        way = int(chance.random() * 6)
        if way == 0 and at < len(content):
            content[at] ^= 1 << int(chance.random() * 8)
        elif way == 1:
            content[at : at + 1] = b""
        elif way == 2:
            content[at:at] = content[at : at + int(chance.random() * 20)]
        elif way == 3:
            del content[at:]
        elif way == 4:
            other = chance.choice(self._sound)
            content[at:] = other[int(chance.random() * len(other)) :]
        else:
            content[at : at + int(chance.random() * 3)] = chance.choice(_PIECES)

    def _request(self) -> dict[str, Any]:
        """A sound request, or one that is sound but for its sense."""
        chance = self._chance
        if chance.random() < 0.15:
            return self._admin()
        drawn = _NEW_ORDER if chance.random() < 0.4 else chance.choice(FULL)
        request = {name: dict(each) if isinstance(each, dict) else each for name, each in drawn.items()}
        kind = request["type"]
        for name in optional(KINDS[kind]):
            if name in request and chance.random() < 0.95:
                del request[name]
        mine = {"client_order_id": f"o{chance.randrange(2_000)}"}
        if kind == "new_order":
            request |= {"quantity": chance.choice(FIGURES), "price": chance.choice(PRICES), **mine}
            request["side"] = chance.choice(["buy", "sell"])
        elif kind in {"cancel_order", "amend_order"}:
            request |= mine if "order_id" not in request else {}
            request |= {"quantity": chance.choice(FIGURES)} if kind == "amend_order" else {}
        if "account" in request:
            request["account"] = NAMES[chance.random() < 0.2]
        return request

    def _admin(self) -> dict[str, Any]:
        """Any command of any role, with arguments that might fit."""
        chance = self._chance
        row = chance.choice(list(ALLOWED[chance.choice(list(ALLOWED))].values()))
        needed, others = argument_names(row)
        names = [*needed, *(name for name in others if chance.random() < 0.3)]
        arguments = {name: chance.choice([chance.choice(NAMES), chance.choice(FIGURES), 1, 0, True]) for name in names}
        return {"type": "admin", "id": 1, "command": row.name, "arguments": arguments}

    def _mistaken(self, request: dict[str, Any]) -> dict[str, Any]:
        """A request with an odd value, a field too much or too few."""
        chance = self._chance
        for _ in range(chance.choice([1, 1, 2])):
            into = request
            inner = [each for each in request.values() if isinstance(each, dict) and each]
            if inner and chance.random() < 0.6:
                into = chance.choice(inner)
            name = chance.choice([*into, chance.choice(NAMES)])
            if chance.random() < 0.2:
                into.pop(name, None)
            else:
                into[name] = deepcopy(chance.choice(ODD))
        return request

    def _encoded(self, request: dict[str, Any]) -> bytes:
        if not self._is_text:
            return msgspec.msgpack.encode(request)
        if self._chance.random() < 0.3:
            return json.dumps(request).encode()
        return msgspec.json.encode(request)


_PIECES: Final = (
    b'"', b"\\", b"\\ud800", b"\\u0000", b"{", b"}", b"[", b"]", b":", b",", b"null", b"1e999", b"-", b"9" * 30, b"9" * 5_000,
    b"\xc0", b"\xc1", b"\xde\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xd9\xff", b"\xcb", b"\xcf", b"\xc7\x01\x05",
    b"\x81" * 3_000, b"[" * 3_000, b'{"a":' * 2_000, b"\xff\xfe", b"\xed\xa0\x80", b"\xe2\x80\xae", b'"id":7,', b'"type":"login",',
)  # fmt: skip


def fuzz(seed: int, inputs: int) -> Outcome:
    """Send so many inputs, half of them in each codec. Raises what is not a documented error, with where it came from."""
    outcome = Outcome()
    for name in sorted(CODECS):
        codec = CODECS[name]
        chance = random.Random(f"{seed} {name}")
        drawn = Inputs(chance, codec)
        done = 0
        while done < inputs // 2:
            venue = FuzzedVenue(codec, outcome)
            for _ in range(min(INPUTS_A_VENUE, inputs // 2 - done)):
                payload = drawn.draw()
                try:
                    venue.send(SENDERS[int(chance.random() * len(SENDERS))], payload)
                except BaseException as error:
                    error.add_note(f"seed {seed}, {name}, input {done}: {payload[:500]!r}")
                    raise
                done += 1
            venue.check()
        outcome["inputs"] += done
    return outcome
