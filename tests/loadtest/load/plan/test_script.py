from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from gateway.protocol.messages import (
    AmendOrder,
    Balances,
    CancelOrder,
    CandleHistory,
    MassQuote,
    NewOrder,
    OpenOrders,
)
from gateway.protocol.wire import JSON
from loadtest.load.plan.mixes import Mix, load_mix, mix_names, parse_mix
from loadtest.load.plan.script import Listed, Script, Seat
from tests.loadtest.load.plan.seated import Seated

SECONDS = 10.0
BTC = Listed("BTC/RUB", "spot", "BTC", "RUB", *map(Decimal, ("100", "0.0001", "0.0001", "100", "8000000")))
ETH = Listed("ETH/RUB", "spot", "ETH", "RUB", *map(Decimal, ("10", "0.001", "0.001", "2000", "250000")))


def seat_of(number: int = 0, instruments: tuple[Listed, ...] = (BTC, ETH)) -> Seat:
    return Seat(number, "p", ("p.main", "p.c1"), instruments, f"x{number}-")


def mix_of(parts: str, head: str = "") -> Mix:
    """A mix of parts that are TOML of one line each."""
    rows = "\n".join(f"[[part]]\n{part.replace('; ', chr(10))}" for part in parts.splitlines())
    return parse_mix(f'title = "t"\nabout = "a"\n{head}\n{rows}')


def sent(script: Script, requests: int, seconds: float = SECONDS) -> list[tuple[str, bytes]]:
    return [script.next(number, number * seconds / requests) for number in range(requests)]


def decoded(mix: Mix, requests: int, seat: Seat | None = None) -> list[Any]:
    return [JSON.decode(payload) for _, payload in sent(Script(mix, seat or seat_of(), 1, SECONDS), requests)]


def run(mix: Mix, requests: int, participants: int = 3) -> Seated:
    """Send a mix to an exchange from several seats in turn, with what the operator does meanwhile."""
    venue = Seated(participants)
    seats = [venue.seat(number) for number in range(participants)]
    scripts = [Script(mix, seat, 1, SECONDS) for seat in seats]
    controls = mix.controls(SECONDS, venue.listed())
    for number in range(requests):
        at_s = number * SECONDS / requests
        while controls and controls[0].at_s <= at_s:
            venue.control(controls.pop(0))
        turn = number % participants
        venue.send(seats[turn], scripts[turn].next(number, at_s)[1], at_s)
    return venue


# ── the form of what is sent ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", mix_names())
def test_every_payload_is_a_request_of_the_protocol_with_its_id_and_kind(name: str):
    venue = Seated()
    seat = venue.seat()
    accounts: Counter[str] = Counter()
    ids: set[str] = set()
    for number, (kind, payload) in enumerate(sent(Script(load_mix(name), seat, 3, SECONDS), 3_000)):
        request = JSON.decode(payload)
        assert request.id == number
        assert request.__struct_config__.tag == kind
        accounts[request.account] += 1
        if isinstance(request, NewOrder | MassQuote):
            own = request.client_order_id if isinstance(request, NewOrder) else request.quote_id
            assert own.startswith(seat.prefix)
            assert own not in ids
            ids.add(own)
    assert set(accounts) <= set(seat.accounts)


def test_all_order_types_and_times_in_force_that_need_no_clock_are_sent():
    orders = [
        each
        for name in mix_names()
        for each in decoded(load_mix(name), 3_000, Seated().seat())
        if isinstance(each, NewOrder)
    ]
    assert {each.order_type for each in orders} == {
        "limit",
        "market",
        "stop",
        "stop_limit",
        "trailing_stop",
        "iceberg",
        "pegged",
    }
    assert {each.time_in_force for each in orders} == {"gtc", "day", "ioc", "fok", "at_open"}
    assert any(each.funds for each in orders)
    assert any(each.min_quantity for each in orders)
    assert any(each.post_only == "reprice" for each in orders)


# ── what it depends on ─────────────────────────────────────────────────────────────────────────────────────────────


def digest(seed: int, number: int = 0) -> str:
    found = hashlib.sha256()
    for name in mix_names():
        for kind, payload in sent(Script(load_mix(name), seat_of(number), seed, SECONDS), 1_500):
            found.update(kind.encode() + payload)
    return found.hexdigest()


def test_the_same_seed_sends_the_same_in_any_process():
    program = "from tests.loadtest.load.plan.test_script import digest\nprint(digest(5))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert printed == {digest(5)}
    assert len({digest(5), digest(6), digest(5, number=1)}) == 3


def test_another_script_in_the_process_changes_nothing():
    mix = load_mix("day")
    alone = sent(Script(mix, seat_of(), 1, SECONDS), 1_000)
    one, other = Script(mix, seat_of(), 1, SECONDS), Script(mix, seat_of(1), 1, SECONDS)
    beside = []
    for number in range(1_000):
        beside.append(one.next(number, number / 100))
        other.next(number, number / 90)
    assert beside == alone


# ── how it behaves ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_parts_have_their_shares_and_their_windows():
    mix = mix_of(
        'behaviour = "takers"; weight = 3\nbehaviour = "questions"; weight = 1\n'
        'behaviour = "quotes"; weight = 4; from = 0.5; to = 0.75'
    )
    kinds = [kind for kind, _ in sent(Script(mix, seat_of(), 1, SECONDS), 8_000)]
    before, within, after = (Counter(kinds[a:b]) for a, b in ((0, 4_000), (4_000, 6_000), (6_000, 8_000)))
    assert before["new_order"] / 4_000 == pytest.approx(0.75, abs=0.03)
    assert within["mass_quote"] / 2_000 == pytest.approx(0.5, abs=0.04)
    assert within["new_order"] / 2_000 == pytest.approx(3 / 8, abs=0.04)
    assert before["mass_quote"] == after["mass_quote"] == 0
    assert after["new_order"] / 2_000 == pytest.approx(0.75, abs=0.04)


def test_questions_are_about_candles_as_often_as_is_said():
    mix = mix_of('behaviour = "questions"; weight = 1; candles_share = 0.25; interval = "5m"; limit = 7')
    asked = decoded(mix, 4_000)
    candles = [each for each in asked if isinstance(each, CandleHistory)]
    assert len(candles) / 4_000 == pytest.approx(0.25, abs=0.03)
    assert {(each.interval, each.limit, each.sort) for each in candles} == {("5m", 7, "newest")}
    # The second instrument half as often as the first, as they are traded.
    counts = Counter(each.instrument for each in candles)
    assert counts["ETH/RUB"] / len(candles) == pytest.approx(1 / 3, abs=0.06)
    others = Counter(type(each) for each in asked if not isinstance(each, CandleHistory))
    assert set(others) == {OpenOrders, Balances}
    without = decoded(mix_of('behaviour = "questions"; weight = 1'), 1_000)
    assert {type(each) for each in without} == {OpenOrders, Balances}


@pytest.mark.parametrize("behaviour", ["makers", "cancels", "amends", "stops"])
def test_no_more_rests_than_was_said_and_only_own_orders_are_named(behaviour: str):
    live: set[str] = set()
    most = 0
    for request in decoded(mix_of(f'behaviour = "{behaviour}"; weight = 1', "resting = 20"), 2_000):
        if isinstance(request, NewOrder):
            live.add(request.client_order_id)
        elif isinstance(request, CancelOrder):
            assert request.client_order_id is not None
            live.remove(request.client_order_id)
        elif isinstance(request, AmendOrder):
            assert request.client_order_id in live
        most = max(most, len(live))
    assert most == {"makers": 20, "stops": 20, "cancels": 10, "amends": 10}[behaviour]


def test_the_oldest_order_is_cancelled_first():
    requests = decoded(mix_of('behaviour = "makers"; weight = 1', "resting = 5"), 200)
    entered = [each.client_order_id for each in requests if isinstance(each, NewOrder)]
    cancelled = [each.client_order_id for each in requests if isinstance(each, CancelOrder)]
    assert len(cancelled) > 90
    assert cancelled == entered[: len(cancelled)]


def test_a_mass_cancel_is_all_that_is_cancelled():
    live: set[str] = set()
    kinds: Counter[str] = Counter()
    for request in decoded(load_mix("cancels"), 20_000):
        kinds[request.__struct_config__.tag] += 1
        if isinstance(request, NewOrder):
            live.add(request.client_order_id)
        elif isinstance(request, CancelOrder):
            live.remove(str(request.client_order_id))
        else:
            live.clear()
    assert kinds["mass_cancel"] > 20


def test_prices_are_near_the_reference_and_sides_do_not_cross():
    requests = decoded(mix_of('behaviour = "makers"; weight = 1; max_distance_bp = 100', "resting = 5000"), 4_000)
    for listed in (BTC, ETH):
        orders = [each for each in requests if isinstance(each, NewOrder) and each.instrument == listed.instrument]
        bids, asks = ([float(each.price or 0) for each in orders if each.side == side] for side in ("buy", "sell"))
        reference = float(listed.reference_price)
        assert max(bids) < min(asks)
        assert min(bids) > reference * (1 - 0.012)
        assert max(asks) < reference * (1 + 0.012)
        # Half of the recorded distances are below 79 basis points.
        assert sum(price > reference * (1 - 0.009) for price in bids) / len(bids) > 0.4
        assert len(bids) == pytest.approx(len(asks), rel=0.2)
    # The second is traded half as much.
    share = Counter(each.instrument for each in requests if isinstance(each, NewOrder))
    assert share["BTC/RUB"] / share["ETH/RUB"] == pytest.approx(2, rel=0.15)


def test_sizes_have_the_median_that_was_asked_for():
    requests = decoded(mix_of('behaviour = "makers"; weight = 1; value_rub = 800000', "resting = 5000"), 4_000)
    values = sorted(
        float(each.price or 0) * float(each.quantity or 0)
        for each in requests
        if isinstance(each, NewOrder) and each.instrument == "BTC/RUB"
    )
    assert values[len(values) // 2] == pytest.approx(800_000, rel=0.05)
    assert values[-1] <= 8 * 800_000 * 1.04


def test_a_drift_moves_the_price_that_all_believe_in():
    mix = mix_of('behaviour = "quotes"; weight = 1; levels = 1', "drift = [[0.2, 0], [0.6, -400]]\ninstruments = 1")
    best = [float(each.bids[0][0]) for each in decoded(mix, 1_000)]
    assert best[100] == pytest.approx(8_000_000, rel=0.003)
    assert best[400] == pytest.approx(8_000_000 * 0.98, rel=0.003)
    assert best[900] == pytest.approx(8_000_000 * 0.96, rel=0.003)


def test_a_seat_with_next_to_nothing_still_sends_what_is_well_formed():
    lonely = Seat(0, "x", ("x",), (BTC,), "x-")
    for name in mix_names():
        assert all(each.account == "x" for each in decoded(load_mix(name), 500, lonely))


# ── what a venue makes of it ───────────────────────────────────────────────────────────────────────────────────────


EXPECTED = {"new", "cancelled", "amended", "mass_cancelled", "mass_quoted"}
LATE = {"unknown_order", "fillability"}
"""What comes of waiting for no reply: an order was filled meanwhile, or the book had too little."""


@pytest.mark.parametrize("name", sorted(set(mix_names()) - {"rejects"}))
def test_a_mix_is_accepted_but_for_what_it_means_to_be_refused(name: str):
    venue = run(load_mix(name), 4_000)
    total = sum(venue.replies.values())
    meant = {"RET-1"} if name == "retail-day" else set()
    rejects = sum(part.weight for part in load_mix(name).part if part.behaviour == "rejects")
    unmeant = sum(count for reply, count in venue.replies.items() if reply not in EXPECTED | LATE | meant)
    assert unmeant / total == pytest.approx(rejects, abs=0.01)
    late = sum(count for reply, count in venue.replies.items() if reply in LATE)
    assert late / total < 0.08
    assert bool(venue.trades) == (name not in {"makers", "cancels", "amends"})
    venue.exchange.check()


def test_a_flash_crash_elects_stops_and_comes_after_the_half():
    venue = run(load_mix("flash-crash"), 6_000)
    assert venue.triggered > 50
    calm = run(msgspec.structs.replace(load_mix("flash-crash"), drift=(), part=load_mix("flash-crash").part[:3]), 6_000)
    assert calm.triggered < venue.triggered / 5


def test_opening_auctions_uncross():
    venue = run(load_mix("auction-open"), 4_000)
    assert venue.uncrossed >= 10
    assert venue.trades > 100


def test_futures_can_be_traded_too():
    mix = msgspec.structs.replace(load_mix("day"), kinds=("future",))
    venue = run(mix, 3_000)
    assert venue.trades > 50
    rejects = sum(part.weight for part in mix.part if part.behaviour == "rejects")
    refused = {reply: count for reply, count in venue.replies.items() if reply not in EXPECTED | LATE}
    assert sum(refused.values()) / 3_000 == pytest.approx(rejects, abs=0.015), refused


def test_it_is_quick():
    """A bound that only a mistake of kind would pass: it is about 2 us on an ordinary machine, and the sending waits for it."""
    script = Script(load_mix("day"), seat_of(), 1, SECONDS)
    best = min(_seconds(script) for _ in range(5))
    assert best / 5_000 < 20e-6


def _seconds(script: Script) -> float:
    started = time.perf_counter()
    for number in range(5_000):
        script.next(number, 5.0)
    return time.perf_counter() - started
