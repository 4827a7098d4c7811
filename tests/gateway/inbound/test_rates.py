"""Rates by cost, on a clock that a test turns: buckets, what requests cost, and what a session answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.vocabulary.limits import (
    BYTES_PER_UNIT,
    MAX_MALFORMED_MESSAGES,
    MAX_MESSAGE_BYTES,
    MAX_QUOTES_PER_SIDE,
    MAX_RATED_ADDRESSES,
    NS_PER_SECOND,
)
from gateway.inbound.frames import PING, PONG
from gateway.inbound.rates import Bucket, Meter, Rates, cost_of, network_of
from gateway.inbound.session import Session
from gateway.protocol import messages as m
from gateway.protocol.wire import JSON
from gateway.venue.file import LimitsSection, RateEntry
from tests.gateway.inbound.test_session import ORDER, new_context
from tests.support.gateway.inprocess.session_words import heard, log_in, said

LARGEST = 1 + 2 * MAX_QUOTES_PER_SIDE + MAX_MESSAGE_BYTES // BYTES_PER_UNIT
"""No request costs more."""
PARTICIPANT = RateEntry(rate=200, burst=1_000)
ADDRESS = RateEntry(rate=100, burst=400)


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ns = 10**15

    def __call__(self) -> int:
        return self.ns


def new_rates(**limits: Any) -> tuple[Rates, Hands]:
    hands = Hands()
    return Rates(LimitsSection(participant=PARTICIPANT, address=ADDRESS, **limits), hands), hands


def trader(rates: Rates, name: str = "alice", address: str = "10.0.0.1") -> Session:
    """A connection that is logged in, and limited."""
    session = Session(new_context(rates), JSON, "abcd")
    session.came_from(address)
    assert said(session, log_in(session, name))[0]["type"] == "welcome"
    return session


def spend(meter: Meter, units: int = 1, most: int = 10**6) -> int:
    """Spend as much as is admitted."""
    spent = 0
    while spent < most and meter.admit():
        meter.charge(units)
        spent += units
    return spent


# ── buckets ────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=300)
@given(
    st.integers(100, 5_000),
    st.integers(100, 20_000),
    st.lists(st.tuples(st.integers(0, 3 * NS_PER_SECOND), st.integers(1, LARGEST), st.integers(1, 50)), max_size=30),
)
def test_never_more_is_spent_than_the_burst_and_what_came_back_a_second_of_debt_and_one_request(rate, burst, steps):
    """From any moment on, not only from the first."""
    hands = Hands()
    rates = Rates(LimitsSection(participant=RateEntry(rate=rate, burst=burst)), hands)
    meter = rates.meter("a")
    meter.log_in("p")
    spends = []
    for passes_ns, cost, times in steps:
        hands.ns += passes_ns
        for _ in range(times):
            if meter.admit():
                meter.charge(cost)
                spends.append((hands.ns, cost))
    own_rate, own_burst = rate // 2, burst // 2
    for first, (began_ns, _) in enumerate(spends):
        total = 0
        for now_ns, cost in spends[first:]:
            total += cost
            came_back = own_rate * (now_ns - began_ns) // NS_PER_SECOND + 1
            assert total <= own_burst + came_back + own_rate + 1 + LARGEST


@given(st.lists(st.tuples(st.integers(-(10**15), NS_PER_SECOND), st.integers(0, 300)), max_size=40))
def test_a_clock_that_goes_back_starves_nobody(steps):
    bucket = Bucket(RateEntry(rate=100, burst=200), 10**15)
    now_ns = 10**15
    for passes_ns, cost in steps:
        now_ns += passes_ns
        before = bucket.left_ns
        bucket.fill(now_ns)
        assert bucket.left_ns >= before
        if bucket.left_ns >= -NS_PER_SECOND:
            bucket.left_ns -= cost * bucket.ns_per_unit
        # From wherever the clock stands now, all is paid for in this time.
        wait_ns = max(-bucket.left_ns, 0)
        assert wait_ns <= NS_PER_SECOND + 300 * bucket.ns_per_unit
    bucket.fill(now_ns + max(-bucket.left_ns, 0))
    assert bucket.left_ns >= 0


def test_a_bucket_is_full_again_after_the_time_that_its_rate_says():
    rates, hands = new_rates()
    meter = rates.meter("a")
    meter.log_in("p")
    # A connection has the half of its participant: 500 at once, 100 a second, and owes a second's worth.
    assert spend(meter) == 500 + 100 + 1
    assert meter.is_overdrawn
    assert meter.wait_ns() == 101 * 10**7
    hands.ns += meter.wait_ns()
    assert meter.wait_ns() == 0
    assert meter.stated()[0].left == 0
    hands.ns += 5 * NS_PER_SECOND
    assert [(rate.scope, rate.left, rate.burst) for rate in meter.stated()] == [
        ("connection", 500, 500),
        ("participant", 1_000, 1_000),
    ]
    hands.ns += 5 * NS_PER_SECOND
    assert [rate.left for rate in meter.stated()] == [500, 1_000]


def test_connections_share_what_their_participant_may_and_one_leaves_the_others_half():
    rates, _ = new_rates()
    meters = [rates.meter("a") for _ in range(20)]
    for meter in meters:
        meter.log_in("p")
    assert spend(meters[0]) == 601
    assert meters[1].admit() and meters[1].wait_ns() == 0
    assert sum(spend(meter) for meter in meters[1:]) == 1_000 + 200 + 1 - 601
    other = rates.meter("a")
    other.log_in("q")
    assert spend(other) == 601
    # Who comes again finds what he left.
    again = rates.meter("a")
    again.log_in("p")
    assert again.is_overdrawn
    assert not again.admit()


def test_all_who_only_look_on_have_what_one_connection_has():
    rates, hands = new_rates()
    eyes = [rates.meter("a") for _ in range(20)]
    for meter in eyes:
        meter.log_in("p", acts=False)
    # 500 at once, 100 a second, and a second's debt, over all of them.
    assert sum(spend(meter) for meter in eyes) == 601
    again = rates.meter("a")
    again.log_in("p", acts=False)
    assert again.is_overdrawn and not again.admit()
    # So there is always room for one that acts.
    hand = rates.meter("a")
    hand.log_in("p")
    assert not hand.is_overdrawn and spend(hand) > 300
    for _ in range(100):
        hands.ns += NS_PER_SECOND // 10
        for meter in eyes:
            spend(meter)
        assert spend(hand, most=9) == 9
    # Another rate holds for them as for others, whoever is there when it is set.
    rates.follow({"participant:p": (2_000, 4_000)})
    late = rates.meter("a")
    late.log_in("p", acts=False)
    assert {(each.stated()[0].units_per_second, each.stated()[0].burst) for each in [late, *eyes]} == {(1_000, 2_000)}


def test_before_the_login_an_address_shares_and_the_first_message_passes_all_the_same():
    rates, _ = new_rates()
    assert spend(rates.meter("10.0.0.1")) == 200 + 50 + 1
    assert sum(spend(rates.meter("10.0.0.1")) for _ in range(20)) < 400 + 100 + 1 + 20
    late = rates.meter("10.0.0.1")
    assert late.admit()
    late.charge(5)
    assert not late.admit()
    assert spend(rates.meter("10.0.0.2")) == 251


def test_first_messages_of_any_number_of_connections_make_nobody_wait_longer():
    rates, _ = new_rates()
    for _ in range(1_024):
        meter = rates.meter("10.0.0.1")
        assert meter.admit()
        meter.charge(LARGEST)
    assert rates.meter("10.0.0.1").wait_ns() <= NS_PER_SECOND + LARGEST * NS_PER_SECOND // ADDRESS.rate


def test_buckets_of_addresses_are_bounded():
    rates, _ = new_rates()
    spend(rates.meter("0"))
    for number in range(1, MAX_RATED_ADDRESSES):
        rates.meter(str(number))
    rates.meter("0")
    for number in range(MAX_RATED_ADDRESSES):
        rates.meter(f"x{number}")
        assert len(rates._addresses) == MAX_RATED_ADDRESSES


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_address_of_ipv6_is_its_network(address, network):
    assert network_of(address) == network


# ── costs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

TERMS = m.OrderTerms(client_order_id="c", instrument="BTC/RUB", side="buy")


@pytest.mark.parametrize(
    ("request_", "units"),
    [
        (m.CancelOrder(id=1, account="a", order_id=1), 1),
        (m.AmendOrder(id=1, account="a", order_id=1), 1),
        (m.Instruments(id=1), 1),
        (m.Rates(id=1), 1),
        (m.NewOrderPair(id=1, account="a", limit=TERMS, stop=TERMS), 2),
        (m.NewBracket(id=1, account="a", entry=TERMS, take_profit=TERMS, stop=TERMS), 3),
        (m.MassCancel(id=1, account="a"), 10),
        (m.MassQuote(id=1, account="a", quote_id="q", instrument="i", bids=[], asks=[]), 1),
        (m.MassQuote(id=1, account="a", quote_id="q", instrument="i", bids=[("1", "1")] * 64, asks=[("1", "1")]), 66),
        (m.Admin(id=1, command="x"), 5),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, int) else str(value),
)
def test_what_requests_cost(request_, units):
    assert cost_of(request_, 200) == units
    assert cost_of(request_, BYTES_PER_UNIT) == units + 1
    assert cost_of(request_, MAX_MESSAGE_BYTES) == units + MAX_MESSAGE_BYTES // BYTES_PER_UNIT <= LARGEST


# ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_welcome_states_the_rates_and_a_question_what_is_left():
    rates, _ = new_rates(participants={"bob": RateEntry(rate=5_000, burst=50_000)})
    session = Session(new_context(rates), JSON, "abcd")
    session.came_from("10.0.0.1")
    assert said(session, {"type": "rates", "id": 3})[0]["rates"] == [
        {"scope": "connection", "units_per_second": 50, "burst": 200, "left": 199},
        {"scope": "address", "units_per_second": 100, "burst": 400, "left": 399},
    ]
    stated = said(session, log_in(session, "bob"))[0]["rates"]
    assert stated == [
        {"scope": "connection", "units_per_second": 2_500, "burst": 25_000, "left": 25_000},
        {"scope": "participant", "units_per_second": 5_000, "burst": 50_000, "left": 50_000},
    ]
    said(session, {**ORDER, "account": "bob"})
    assert said(session, {"type": "rates", "id": 3})[0]["rates"][1]["left"] == 49_998


def test_where_nobody_is_limited_none_are_stated():
    session = Session(new_context(), JSON, "abcd")
    session.came_from("10.0.0.1")
    assert "rates" not in said(session, log_in(session, "alice"))[0]
    assert said(session, {"type": "rates", "id": 3}) == [{"type": "rates", "id": 3, "rates": []}]


def test_who_owes_too_much_is_refused_before_decoding_and_nothing_is_sequenced():
    rates, hands = new_rates()
    session = trader(rates)
    cancel = {"type": "cancel_order", "id": 8, "account": "alice", "order_id": 1}
    assert said(session, *[cancel] * 601) == []
    assert len(session.inbox) == 601
    (error,) = said(session, cancel)
    assert error.pop("detail")
    assert error == {"type": "error", "code": "rate_limited", "id": 8, "retry_after": 1_010_000_000}
    session.receive(b"no JSON at all")
    assert heard(session)[0]["code"] == "rate_limited"
    assert len(session.inbox) == 601
    assert session._context.counters.errors == {"rate_limited": 2}
    hands.ns += error["retry_after"]
    assert said(session, cancel) == []
    assert len(session.inbox) == 602


def test_mistakes_cost_more_than_requests():
    rates, _ = new_rates()
    session = trader(rates)
    meter = session.meter
    assert meter is not None
    for payload, units in ((b"?", 5), (json.dumps({**ORDER, "price": "x"}).encode(), 6), (b"?" * 60_000, 5 + 58)):
        before = meter.stated()[1].left
        session.receive(payload)
        assert before - meter.stated()[1].left == units
    assert all(error["code"] == "malformed" for error in heard(session))


def test_the_bound_on_mistakes_is_reached_before_the_rate_refuses():
    rates = Rates(LimitsSection(), Hands())
    session = Session(new_context(rates), JSON, "abcd")
    session.came_from("10.0.0.1")
    for _ in range(MAX_MALFORMED_MESSAGES):
        assert session.closing is None
        session.receive(b"?")
    assert session.closing is not None
    assert {error["code"] for error in heard(session)} == {"malformed"}


def test_frames_that_are_no_messages_cost_too_and_run_up_no_debt():
    rates, _ = new_rates()
    session = trader(rates)
    for _ in range(5_000):
        session.receive_frame(PING, True, False, b"", 0)
        session.receive_frame(PONG, True, False, b"", 0)
    assert session.meter is not None
    assert session.meter.is_overdrawn
    assert session.meter.wait_ns() <= NS_PER_SECOND + 10**7
