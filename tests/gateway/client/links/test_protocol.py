"""The client's protocol against a model of a venue, over links that are cut at any moment, and a venue that loses its last reports."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.client.accounts import account
from gateway.client.accounts.orders import Order
from gateway.client.accounts.portfolio import Portfolio
from gateway.client.copies.streams import Stream
from gateway.client.links.link_states import ConnectionEvent
from gateway.client.links.protocol import ClientProtocol
from gateway.client.values.errors import ClientError, ConnectionLost, RequestFailed, RequestTimedOut
from gateway.protocol import messages as m
from tests.support.gateway.links.model_venue import ACCOUNT, Carried, ModelVenue

LIMIT = 10.0


async def nothing(**_: object) -> None:
    return None


class Program:
    """A program that trades: it keeps every order it has made, and sends again what was not answered."""

    def __init__(self, keeps: int, venue: ModelVenue | None = None) -> None:
        self.venue = venue or ModelVenue(keeps)
        self.events: list[ConnectionEvent | ClientError | None] = []
        self.protocol = ClientProtocol("p", lambda _: "", LIMIT, self.events.append)
        self.carried = Carried(self.venue, self.protocol)
        self.orders: dict[str, Order] = {}
        self.unknown: dict[str, None] = {}
        self.reports: Stream[Any] = Stream(nothing, nothing)
        self.protocol.report_streams.append((None, self.reports))
        self.portfolio: Portfolio | None = None
        self.now = 0.0
        self.voids = 0
        """How often it was told that reports are lost or void, as far as `seqs` has read."""

    def enter(self, client_order_id: str) -> None:
        terms = {"account": ACCOUNT, "client_order_id": client_order_id, "instrument": "A/B", "side": "buy"}
        order = Order(amend=nothing, cancel=nothing, quantity="4", price=None, **terms)
        order.since_ns = self.protocol.since_ns(ACCOUNT)
        request = m.NewOrder(id=self.protocol.next_id(), quantity="4", **terms)  # type: ignore[arg-type]

        def answered(outcome: Any) -> None:
            if isinstance(outcome, list):
                (self.orders[client_order_id],) = outcome
                self.unknown.pop(client_order_id, None)
            else:
                assert isinstance(outcome, ConnectionLost), outcome
                self.unknown[client_order_id] = None

        self.protocol.enter([order], request, answered, self.now)

    def enter_pair(self, name: str) -> None:
        """Two orders by one request, of which the second is known by the first where it is sent again."""
        terms = {"instrument": "A/B", "side": "buy"}
        names = [f"{name}.limit", f"{name}.stop"]
        orders = [
            Order(
                amend=nothing,
                cancel=nothing,
                account=ACCOUNT,
                client_order_id=each,
                quantity="4",
                price=None,
                since_ns=self.protocol.since_ns(ACCOUNT),
                **terms,  # type: ignore[arg-type]
            )
            for each in names
        ]
        limit, stop = (m.OrderTerms(client_order_id=each, quantity="4", **terms) for each in names)  # type: ignore[arg-type]
        request = m.NewOrderPair(id=self.protocol.next_id(), account=ACCOUNT, limit=limit, stop=stop)

        def answered(outcome: Any) -> None:
            if isinstance(outcome, list):
                self.orders.update(zip(names, outcome, strict=True))
                self.unknown.pop(name, None)
            else:
                assert isinstance(outcome, ConnectionLost), outcome
                self.unknown[name] = None

        self.protocol.enter(orders, request, answered, self.now)

    def cancel(self, client_order_id: str) -> None:
        request = m.CancelOrder(id=self.protocol.next_id(), account=ACCOUNT, client_order_id=client_order_id)
        self.protocol.request(request, lambda _: None, self.now)

    def do(self, action: str, number: int) -> None:
        """One thing happens; `number` says to what, or how much of it."""
        if self.portfolio is None and ACCOUNT in self.protocol.accounts:
            self.portfolio = Portfolio(ACCOUNT)
            self.protocol.account(ACCOUNT).portfolios.append(self.portfolio)
        venue, carried = self.venue, self.carried
        names = list(self.orders) or [""]
        resting = venue.open_orders()
        if action == "enter":
            self.enter(f"o{number % 6}")
        elif action == "pair":
            self.enter_pair(f"p{number % 4}")
        elif action == "cancel":
            self.cancel(names[number % len(names)])
        elif action == "fill" and resting:
            order = resting[number % len(resting)]
            venue.fill(order, 1 + number % int(order.leaves_quantity or 1))
        elif action == "cut" and venue.is_linked:
            carried.cut(number)
        elif action == "crash" and venue.is_linked:
            carried.cut(number, min(number, len(venue.reports)))
        elif action == "link":
            carried.link()
        elif action == "settle" and number < 5:
            carried.settle()
        elif action == "wait":
            self.now += number
            self.protocol.tick(self.now)
        else:
            steps = {"send": carried.send, "up": carried.carry_up, "down": carried.carry_down, "answer": venue.answer}
            for _ in range(number + 1 if action in steps else 0):
                steps[action]()

    def finish(self) -> None:
        """Come back, send again what was not answered, and hear all there is."""
        self.carried.settle()
        while self.unknown:
            for name in list(self.unknown):
                del self.unknown[name]
                enter = self.enter_pair if name.startswith("p") else self.enter
                enter(name)
            self.carried.settle()
        assert self.protocol.ended is None
        assert self.protocol.state == "resumed"
        assert self.protocol.next_limit is None, "somebody still waits"

    def seqs(self) -> list[int]:
        """Of the reports after the last one that said that some are lost or void."""
        found: list[int] = []
        while not self.reports._queue.empty():
            report = self.reports._queue.get_nowait()
            if isinstance(report, m.Resumed):
                assert report.snapshot
                self.voids += 1
                found = [report.seq]
            elif report.seq is not None:
                found.append(report.seq)
        return found


ACTIONS = (
    "enter",
    "enter",
    "pair",
    "cancel",
    "fill",
    "fill",
    "cut",
    "crash",
    "link",
    "wait",
    "send",
    "up",
    "down",
    "answer",
    "settle",
)
happenings = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 7)), min_size=20, max_size=80)


def spelt(text: str) -> list[tuple[str, int]]:
    """Happenings, as `cancel0 crash1`."""
    return [(word.rstrip("01234567"), int(word[-1])) for word in text.split()]


@example(spelt("enter0 settle0 cancel0 settle0 enter0 cancel0 crash1")).via("open once more, and sent again meanwhile")
@example(spelt("enter0 settle0 cancel0 settle0 enter0 crash2")).via("gone, and sent again meanwhile")
@example(spelt("enter0 enter1 settle0 cancel0 enter2 settle0 cancel2 settle0 enter2 cancel2 crash2 link0 crash1")).via(
    "entered again under its old number"
)
@example(spelt("enter0 settle0 cut0 link0 down0 send0 up0 fill0 settle0")).via("filled between login and resuming")
@given(happenings)
def test_the_client_knows_what_the_venue_knows(actions: list[tuple[str, int]]) -> None:
    program = Program(keeps=10_000)
    for action, number in [("link", 0), *actions]:
        program.do(action, number)
    program.finish()
    venue = program.venue
    for name, order in program.orders.items():
        last = venue.last(name)
        if last is None:
            assert order.status == "lost", order
            assert (order.filled_quantity, order.fills) == (0, [])
            continue
        assert (order.order_id, order.status) == (last.order_id, last.order_status)
        assert (str(order.filled_quantity), str(order.leaves_quantity)) == (last.filled_quantity, last.leaves_quantity)
        assert [(fill.exec_id, str(fill.quantity)) for fill in order.fills] == venue.fills(name)
        assert order.has_all_fills
        assert order.is_open == (last in venue.open_orders())
    compare_portfolio(program)
    compare_newcomer(program)
    seqs = program.seqs()
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) if seqs else True
    assert not seqs or seqs[-1] == len(venue.reports)
    assert not program.voids or ("crash" in dict(actions)), "nothing was lost"


def compare_portfolio(program: Program) -> None:
    """The position, its cost and its profit are those of all fills that there are, in whatever way they were heard of."""
    portfolio = program.portfolio
    if portfolio is None:
        return
    assert portfolio.is_complete
    fills = [each for each in program.venue.reports if each.exec_type == "trade"]
    portfolio.mark("A/B", 7)
    found = portfolio["A/B"]
    assert found.quantity == sum(Decimal(each.last_quantity or 0) for each in fills)
    worth = sum(Decimal(each.last_quantity or 0) * (7 - Decimal(each.last_price or 0)) for each in fills)
    assert found.fees == sum(Decimal(each.fee or 0) for each in fills)
    assert (found.realised, found.unrealised, found.profit) == (0, worth, worth - found.fees)


def compare_newcomer(program: Program) -> None:
    """Another run of the program sends everything again: nothing acts twice, and it comes to know the same."""
    before = len(program.venue.reports)
    program.carried.cut(0)
    other = Program(keeps=10_000, venue=program.venue)
    for name, order in program.orders.items():
        if order.status != "lost":
            other.unknown[name.partition(".")[0]] = None
    other.finish()
    assert len(program.venue.reports) == before
    for name, order in other.orders.items():
        known = program.orders[name]
        assert (order.order_id, order.status, order.fills) == (known.order_id, known.status, known.fills)


@given(happenings)
def test_where_reports_are_gone_what_rests_is_known_all_the_same(actions: list[tuple[str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(account, "_REFETCHED", 4)
        patched.setattr(account, "_SAMPLED_EVERY", 2)
        program = Program(keeps=5)
        for action, number in [("link", 0), *actions]:
            program.do(action, number)
        program.finish()
    if program.portfolio is not None and program.portfolio.is_complete:
        # Where it can't be known, it is said.
        compare_portfolio(program)
    for name, order in program.orders.items():
        last = program.venue.last(name)
        if last is not None and last.order_status in {"new", "partially_filled"}:
            assert (order.order_id, order.status) == (last.order_id, last.order_status)
            assert (str(order.filled_quantity), str(order.leaves_quantity)) == (
                last.filled_quantity,
                last.leaves_quantity,
            )
        else:
            assert not order.is_open, order


def test_what_waits_too_long_for_a_link_makes_room_and_is_never_sent() -> None:
    program = Program(keeps=10_000)
    program.carried.settle()
    program.carried.cut(0)
    failed: list[Any] = []
    for name in ("a", "b"):
        request = m.CancelOrder(id=program.protocol.next_id(), account=ACCOUNT, client_order_id=name)
        program.protocol.request(request, failed.append, program.now)
        program.now += LIMIT / 2
    assert (program.protocol.unsent, program.protocol.next_limit) == (2, LIMIT)
    program.protocol.tick(LIMIT)
    assert [(type(error), error.was_sent) for error in failed] == [(RequestTimedOut, False)]
    assert program.protocol.unsent == 1
    program.carried.settle()
    # The other one came to the venue, and was refused there.
    assert [type(outcome) for outcome in failed] == [RequestTimedOut, m.RequestRejected]


def test_an_account_that_the_venue_lost_with_its_last_moments_leaves_its_orders_unknown() -> None:
    program = Program(keeps=10_000)
    program.enter("o")
    program.carried.settle()
    order = program.orders["o"]
    program.carried.cut(0)
    program.protocol.link_up()
    hello = {"venue": "v", "protocol": "sbx.v1", "core_version": 1, "nonce": "0", "durability": "os", "rulebook": "r"}
    program.protocol.receive(m.Hello(time=1, **hello))  # type: ignore[arg-type]
    program.protocol.receive(m.Welcome(id=1, participant="p", role="participant", accounts={}, seq=0, link=""))
    assert (order.status, order.is_open, program.protocol.accounts) == ("unknown", False, [])
    assert program.protocol.state == "resumed"


@pytest.mark.parametrize(
    ("code", "returns", "ends"),
    [
        ("too_many", True, False),
        ("too_many", False, True),
        ("rate_limited", True, False),
        ("rate_limited", False, True),
        ("login_failed", True, True),
        ("login_failed", False, True),
    ],
)
def test_which_refused_logins_end_the_client(code: str, returns: bool, ends: bool) -> None:
    program = Program(keeps=10_000)
    if returns:
        program.carried.settle()
        program.carried.cut(0)
    program.protocol.link_up()
    hello = {"venue": "v", "protocol": "sbx.v1", "core_version": 1, "nonce": "0", "durability": "os", "rulebook": "r"}
    program.protocol.receive(m.Hello(time=1, **hello))  # type: ignore[arg-type]
    program.protocol.receive(m.Error(id=1, code=code, detail=""))
    assert isinstance(program.protocol.refusal, RequestFailed)
    assert (program.protocol.ended is not None) == ends
    if not ends:
        program.carried.settle()
        assert program.protocol.state == "resumed"


def test_another_venue_at_the_same_address_is_not_taken_for_this_one() -> None:
    program = Program(keeps=10_000)
    program.carried.settle()
    program.carried.cut(0)
    program.protocol.link_up()
    hello = {"venue": "w", "protocol": "sbx.v1", "core_version": 1, "nonce": "0", "durability": "os", "rulebook": "r"}
    program.protocol.receive(m.Hello(time=1, **hello))  # type: ignore[arg-type]
    assert str(program.protocol.ended) == "another venue answers: w, not v"
    assert program.protocol.next_message() is None


def test_what_the_venue_tells_of_its_journal_is_kept() -> None:
    protocol = ClientProtocol("p", lambda _: "", LIMIT, lambda _: None)
    assert protocol.tip is None
    protocol.link_up()
    hello = {"venue": "v", "protocol": "sbx.v1", "core_version": 1, "nonce": "0", "durability": "os", "rulebook": "r"}
    protocol.receive(m.Hello(time=1, **hello))  # type: ignore[arg-type]
    protocol.receive(m.Welcome(id=1, participant="p", role="participant", accounts={}, seq=7, link="aa"))
    assert protocol.tip == (7, "aa")
    protocol.receive(m.JournalTip(seq=9, link="bb", time=2))
    assert protocol.tip == (9, "bb")
    protocol.lost("a test")
    assert protocol.tip == (9, "bb")


def test_an_account_of_others_is_named_as_such() -> None:
    program = Program(keeps=10_000)
    program.carried.settle()
    assert program.protocol.account(ACCOUNT).name == ACCOUNT
    with pytest.raises(ClientError, match=f"b is none of your accounts: {ACCOUNT}"):
        program.protocol.account("b")
