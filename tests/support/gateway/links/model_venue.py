"""A venue with one account and no sockets, as small as a client's protocol can be tried against: messages lie on the way
until they are carried, links are cut, and the last reports may be lost."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from gateway.client.links.protocol import ClientProtocol
from gateway.protocol import messages as m

ACCOUNT = "main"
PIECE = 2
"""Reports of an answer that come in one go."""


FIRST_OF_PAIR = ".limit"
"""How the names of the first orders of pairs end."""
NEXT_OF_LIST = 2**40
"""From the number of an order to that of the next one of its pair."""


class ModelVenue:
    """What is reported is all there is: orders and numbers follow from the list of reports."""

    def __init__(self, keeps: int) -> None:
        self.keeps = keeps
        """So many last reports are kept."""
        self.reports: list[m.ExecutionReport] = []
        self.time = 0
        self.questions: deque[Any] = deque()
        self.down: deque[m.AnyMessage] = deque()
        """On the way to the client."""
        self.is_linked = False
        self.is_logged_in = False
        self._resumed_to: int | None = None

    # ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────

    def last(self, client_order_id: str) -> m.ExecutionReport | None:
        """The last report of an order."""
        return next((each for each in reversed(self.reports) if each.client_order_id == client_order_id), None)

    def fills(self, client_order_id: str) -> list[tuple[str, str | None]]:
        own = [each for each in self.reports if each.client_order_id == client_order_id]
        return [(each.exec_id, each.last_quantity) for each in own if each.exec_type == "trade"]

    def open_orders(self) -> list[m.ExecutionReport]:
        last = {each.client_order_id: each for each in self.reports}
        found = [each for each in last.values() if each.order_status in {"new", "partially_filled"}]
        return sorted(found, key=lambda each: each.order_id)

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def report(self, exec_type: str, order_id: int, request: int | None = None, **fields: Any) -> None:
        self.time += 1
        seq = len(self.reports) + 1
        report = m.ExecutionReport(
            exec_type=exec_type,
            account=ACCOUNT,
            order_id=order_id or 1_000 + seq,
            instrument="A/B",
            exec_id=f"{1_000 + seq}-0",
            transact_time=self.time,
            seq=seq,
            id=request,
            **fields,
        )
        self.reports.append(replace(report, id=None))
        self.tell(report)

    def tell(self, message: m.AnyMessage) -> None:
        if self.is_logged_in:
            self.down.append(message)

    def fill(self, order: m.ExecutionReport, quantity: int) -> None:
        """Somebody trades with an open order."""
        filled = Decimal(order.filled_quantity or 0) + quantity
        leaves = Decimal(order.quantity or 0) - filled
        self.report(
            "trade",
            order.order_id,
            client_order_id=order.client_order_id,
            order_status="partially_filled" if leaves else "filled",
            quantity=order.quantity,
            filled_quantity=str(filled),
            leaves_quantity=str(leaves),
            last_quantity=str(quantity),
            last_price=str(5 + len(self.reports) % 3),
            side="buy",
            liquidity="maker",
            trade_id=len(self.reports),
            fee="0.01",
        )

    def cancel(self, order: m.ExecutionReport, request: int | None) -> None:
        self.report(
            "cancelled",
            order.order_id,
            request,
            client_order_id=order.client_order_id,
            order_status="cancelled",
            quantity=order.quantity,
            filled_quantity=order.filled_quantity,
            leaves_quantity="0",
        )

    def enter(self, request: m.NewOrder) -> None:
        known = self.last(request.client_order_id)
        if known is not None:
            status = {"exec_type": "status", "seq": None, "exec_id": "", "id": request.id, "last_quantity": None}
            self.tell(replace(known, **status))
            return
        terms = {"client_order_id": request.client_order_id, "quantity": request.quantity}
        self.report(
            "new", 0, request.id, order_status="new", filled_quantity="0", leaves_quantity=request.quantity, **terms
        )

    def enter_pair(self, request: m.NewOrderPair) -> None:
        """Two orders by one command; sent again, the first one's status says all that is said."""
        if (known := self.last(request.limit.client_order_id)) is not None:
            status = {"exec_type": "status", "seq": None, "exec_id": "", "id": request.id, "last_quantity": None}
            self.tell(replace(known, **status))
            return
        first = 1_000 + len(self.reports) + 1
        legs = ((first, request.id, request.limit), (first + NEXT_OF_LIST, None, request.stop))
        for order_id, number, leg in legs:
            terms = {"client_order_id": leg.client_order_id, "quantity": leg.quantity, "leaves_quantity": leg.quantity}
            self.report("new", order_id, number, order_status="new", filled_quantity="0", **terms)

    def take(self, request: m.AnyRequest) -> None:
        """A request came. Commands are carried out at once, questions in their turn."""
        if isinstance(request, m.Login):
            self.is_logged_in = True
            accounts = {ACCOUNT: len(self.reports)}
            self.tell(m.Welcome(id=request.id, participant="p", role="participant", accounts=accounts, seq=0, link=""))
        elif isinstance(request, m.NewOrder):
            self.enter(request)
        elif isinstance(request, m.NewOrderPair):
            self.enter_pair(request)
        elif isinstance(request, m.CancelOrder):
            order = next((each for each in self.open_orders() if each.client_order_id == request.client_order_id), None)
            if order is not None:
                self.cancel(order, request.id)
            else:
                self.tell(m.RequestRejected(id=request.id, account="other", code="unknown_order", detail=""))
        else:
            self.questions.append(request)

    def answer(self) -> bool:
        """Answer a piece of the first question; whether there was one."""
        if not self.questions:
            return False
        question = self.questions[0]
        seq = len(self.reports)
        if isinstance(question, m.OpenOrders):
            orders = [_listed(each) for each in self.open_orders()]
            self.tell(m.OpenOrdersReply(id=question.id, account=ACCOUNT, seq=seq, orders=orders))
        else:
            after = question.after_seq if self._resumed_to is None else self._resumed_to
            if 0 <= seq - after <= min(self.keeps, seq):
                piece = self.reports[after : after + PIECE]
                for report in piece:
                    self.tell(report)
                if len(piece) == PIECE:
                    self._resumed_to = after + PIECE
                    return True
                self.tell(m.Resumed(id=question.id, account=ACCOUNT, seq=seq, snapshot=False))
            else:
                self.tell(m.Resumed(id=question.id, account=ACCOUNT, seq=seq, snapshot=True))
        self._resumed_to = None
        self.questions.popleft()
        return True

    # ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def link(self) -> None:
        self.is_linked = True
        hello = {"venue": "v", "protocol": "sbx.v1", "core_version": 1, "nonce": "0", "durability": "os"}
        self.down.append(m.Hello(rulebook="r", time=self.time, **hello))  # type: ignore[arg-type]

    def cut(self, lost_reports: int = 0) -> None:
        """The link is gone with all that was on the way down; a crash loses the last reports, too."""
        self.is_linked = self.is_logged_in = False
        self.down.clear()
        self.questions.clear()
        self._resumed_to = None
        if lost_reports:
            del self.reports[-lost_reports:]
            if (
                self.reports
                and self.reports[-1].client_order_id.endswith(FIRST_OF_PAIR)
                and self.reports[-1].exec_type == "new"
            ):
                # A command is lost as a whole.
                self.reports.pop()


class Carried:
    """A client's protocol, and what is on the way from it to the venue."""

    def __init__(self, venue: ModelVenue, protocol: ClientProtocol) -> None:
        self.venue = venue
        self.protocol = protocol
        self.up: deque[m.AnyRequest] = deque()

    def link(self) -> None:
        if not self.venue.is_linked:
            self.protocol.link_up()
            self.venue.link()

    def cut(self, carried: int, lost_reports: int = 0) -> None:
        """So many requests still reach the venue, though nobody hears of it."""
        self.venue.down.clear()
        self.venue.is_logged_in = False
        for _ in range(min(carried, len(self.up))):
            request = self.up.popleft()
            if not isinstance(request, m.Login):
                self.venue.take(request)
        self.up.clear()
        self.venue.cut(lost_reports)
        self.protocol.lost("cut")

    def send(self) -> bool:
        """Whether anything was sent."""
        found = False
        while self.venue.is_linked and (message := self.protocol.next_message()) is not None:
            self.up.append(message)
            found = True
        return found

    def carry_up(self) -> bool:
        if self.up:
            self.venue.take(self.up.popleft())
            return True
        return False

    def carry_down(self) -> bool:
        if self.venue.down:
            self.protocol.receive(self.venue.down.popleft())
            return True
        return False

    def settle(self) -> None:
        """Carry all there is, on a link."""
        self.link()
        while any([self.carry_down(), self.send(), self.carry_up(), self.venue.answer()]):
            pass


def _listed(order: m.ExecutionReport) -> m.OpenOrder:
    return m.OpenOrder(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        instrument=order.instrument,
        side="buy",
        order_type="limit",
        time_in_force="gtc",
        quantity=order.quantity or "",
        filled_quantity=order.filled_quantity or "",
        leaves_quantity=order.leaves_quantity or "",
    )
