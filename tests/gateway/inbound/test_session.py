"""Sessions without sockets: frames in, frames and requests out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.limits import MAX_CONNECTIONS_PER_PARTICIPANT, MAX_FRAGMENTS, MAX_PONGS_PER_SECOND, NS_PER_SECOND
from engine.vocabulary.messages.commands import CancelOrder, Deposit, NewOrder, Sequenced
from gateway.core import new_exchange
from gateway.inbound.context import VenueContext
from gateway.inbound.frames import CLOSE, CONTINUATION, PING, PONG
from gateway.inbound.rates import Rates
from gateway.inbound.session import Session
from gateway.inbound.translate import Known
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import AnyRequest, Instruments
from gateway.protocol.wire import BINARY, JSON, MSGPACK, TEXT
from tests.support.gateway.inprocess.session_words import log_in, said
from tests.support.gateway.venues.small_venue import small_venue

VENUE = small_venue()


def new_context(rates: Rates | None = None) -> VenueContext:
    exchange, fanout = new_exchange(), Fanout()
    for seq, command in enumerate(VENUE.genesis(), 1):
        fanout.replay((seq, 1, command, exchange.apply(Sequenced(seq, 1, command))))
    return VenueContext(
        VENUE.venue_id,
        "fsync",
        VENUE.participants,
        Known(exchange.instruments, exchange.assets),
        fanout,
        counters=Counters(),
        tip=lambda: (fanout.seq, bytes(32)),
        rates=rates,
    )


CONTEXT = new_context()


def new_session(participant: str = "", context: VenueContext | None = None) -> Session:
    session = Session(context or CONTEXT, JSON, "abcd")
    if participant:
        assert said(session, log_in(session, participant))[0]["type"] == "welcome"
    return session


ORDER = {
    "type": "new_order",
    "id": 5,
    "account": "alice",
    "client_order_id": "c",
    "instrument": "BTC/RUB",
    "side": "buy",
    "quantity": "1",
    "price": "100",
}


def test_the_greeting():
    session = new_session()
    session.greet(17)
    assert said(session) == [
        {
            "type": "hello",
            "venue": "small",
            "protocol": "sbx.v1",
            "core_version": CORE_VERSION,
            "nonce": "abcd",
            "durability": "fsync",
            "rulebook": "elr-2025",
            "time": 17,
        }
    ]


def test_sound_requests_wait_in_order():
    session = new_session("alice")
    assert said(session, ORDER, {"type": "instruments", "id": 6}, {**ORDER, "id": 7}) == []
    assert [(each[0], type(each[1])) for each in session.inbox] == [(5, NewOrder), (7, NewOrder)]
    assert list(session.questions) == [(Instruments(id=6), 1, 0)]
    assert session.waiting_requests == 3
    command = session.inbox[0][1]
    assert isinstance(command, NewOrder)
    assert command.participant == "alice"


def test_the_account_of_another_is_for_the_core_to_refuse():
    session = new_session("alice")
    assert said(session, {"type": "cancel_order", "id": 5, "account": "bob", "order_id": 1}) == []
    assert session.inbox[0][1] == CancelOrder("alice", "bob", 1, "")


@pytest.mark.parametrize(
    ("nonce", "key"), [("dcba", "alice"), ("abcd", "bob")], ids=["signed another nonce", "signed by another"]
)
def test_logins_that_fail(nonce, key):
    session = new_session()
    for attempt in range(3):
        assert session.closing is None, attempt
        assert said(session, log_in(session, "alice", nonce, key))[0]["code"] == "login_failed"
    assert session.closing == (1008, "too many login attempts")


def test_a_participant_has_so_many_connections():
    context = new_context()
    sessions = [new_session("alice", context) for _ in range(MAX_CONNECTIONS_PER_PARTICIPANT)]
    late = new_session(context=context)
    assert said(late, log_in(late, "alice"))[0]["code"] == "too_many"
    sessions[0].end()
    assert said(late, log_in(late, "alice"))[0]["type"] == "welcome"


def test_a_connection_that_left_commands_behind_counts_until_they_are_taken():
    """Or coming, sending and going in a loop would fill the venue."""
    context = new_context()
    for _ in range(MAX_CONNECTIONS_PER_PARTICIPANT):
        last = new_session("alice", context)
        assert said(last, ORDER, {"type": "instruments", "id": 6}) == []
        last.end()
        last.end()
        assert (len(last.inbox), len(last.questions)) == (1, 0)
    late = new_session(context=context)
    assert said(late, log_in(late, "alice"))[0]["code"] == "too_many"
    last.inbox.clear()
    last.all_taken()
    assert said(late, log_in(late, "alice"))[0]["type"] == "welcome"


def test_an_admin_command_is_translated_and_attributed():
    session = new_session("otto")
    arguments = {"account": "alice", "asset": "BTC", "amount": "0.00000001", "reason": "gift"}
    assert said(session, {"type": "admin", "id": 5, "command": "deposit", "arguments": arguments}) == []
    assert session.inbox[0][1] == Deposit("alice", "BTC", 1, "gift", "otto")


def test_a_closing_session_takes_nothing():
    session = new_session("alice")
    session.receive_frame(CLOSE, True, False, b"", 0)
    assert session.closing == (1000, "")
    assert said(session, ORDER) == []
    assert not session.inbox


def test_fragments_make_a_message():
    session = new_session("alice")
    payload = json.dumps(ORDER).encode()
    session.receive_frame(TEXT, False, False, payload[:10], 0)
    assert not session.takes_whole_messages
    session.receive_frame(PING, True, False, b"x", 0)
    session.receive_frame(CONTINUATION, False, False, b"", 0)
    session.receive_frame(CONTINUATION, True, False, payload[10:], 0)
    assert session.frames == [bytes([0x80 | PONG, 1]) + b"x"]
    assert len(session.inbox) == 1
    assert session.takes_whole_messages


def test_so_many_fragments_are_too_many():
    session = new_session()
    session.receive_frame(TEXT, False, False, b"", 0)
    for _ in range(MAX_FRAGMENTS - 2):
        session.receive_frame(CONTINUATION, False, False, b"", 0)
    assert session.closing is None
    session.receive_frame(CONTINUATION, False, False, b"", 0)
    assert session.closing is not None


def test_pongs_per_second():
    session = new_session()
    for now_ns in (0, NS_PER_SECOND // 2, NS_PER_SECOND):
        for _ in range(100):
            session.receive_frame(PING, True, False, b"", now_ns)
    assert len(session.frames) == 2 * MAX_PONGS_PER_SECOND


def test_a_session_that_ended_is_on_no_list():
    context = new_context()
    session = new_session("alice", context)
    assert context.fanout.connections_of("alice") == 1
    session.end()
    session.end()
    assert context.fanout.connections_of("alice") == 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = {
    "type": st.sampled_from([str(struct.__struct_config__.tag) for struct in AnyRequest.__args__]),
    "id": st.integers(-1, 3),
    "account": st.sampled_from(["alice", "bob", "x", ""]),
    "client_order_id": st.text(max_size=3),
    "order_id": st.integers(-1, 2**64),
    "instrument": st.sampled_from(["BTC/RUB", "x"]),
    "side": st.sampled_from(["buy", "sell", "x"]),
    "price": st.text("0123456789.-e", max_size=6),
    "quantity": st.text("0123456789.-e", max_size=6),
    "channel": st.sampled_from(["top", "ticker", "book", "trades", "status", "drop_copy", "x"]),
    "after_seq": st.integers(-1, 2**64),
    "participant": st.sampled_from(["alice", "x"]),
    "signature": st.sampled_from(["0" * 128, "x"]),
    "command": st.sampled_from(["deposit", "add_asset", "list_instrument", "load_rulebook", "record_test", "x"]),
    "arguments": st.dictionaries(
        st.sampled_from(["account", "asset", "amount", "kind", "scale", "name", "documents", "tick", "investor", "x"]),
        st.integers(-(2**70), 2**70)
        | st.text(max_size=8)
        | st.booleans()
        | st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
        max_size=5,
    ),
}


@settings(max_examples=300)
@given(
    st.sampled_from(["", "alice", "sue", "otto"]),
    st.lists(
        st.binary(max_size=40)
        | _JSON.map(lambda value: json.dumps(value).encode())
        | st.fixed_dictionaries({}, optional=_FIELDS).map(lambda value: json.dumps(value).encode()),
        max_size=8,
    ),
)
def test_no_input_breaks_a_session(participant, payloads):
    """Each message is answered at once or waits, or the session decides to close."""
    session = new_session(participant)
    for payload in payloads:
        before = session.waiting_requests + len(session.frames)
        session.receive(payload)
        assert session.waiting_requests + len(session.frames) == before + 1
    session.end()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG]),
            st.booleans(),
            st.sampled_from([False, False, False, True]),
            st.binary(max_size=20),
        ),
        max_size=12,
    )
)
def test_no_frames_break_a_session(frames):
    for codec in (JSON, MSGPACK):
        session = Session(CONTEXT, codec, "abcd")
        for opcode, is_final, has_reserved_bits, payload in frames:
            session.receive_frame(opcode, is_final, has_reserved_bits, payload, 0)
            if has_reserved_bits:
                assert session.closing is not None
