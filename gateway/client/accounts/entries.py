"""Orders that are being entered: by one request each, or two and three together, each of which has an answer of its own. Without I/O.

The venue answers a pair or bracket with a report for each of its orders, one right after the other; the first bears the id of the
request. All have come when the last one has. One that is sent again is answered by the status of its first order alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from gateway.client.accounts.known_orders import KnownOrders
from gateway.client.accounts.orders import Order
from gateway.client.values.errors import ClientError, RequestFailed
from gateway.protocol import messages as m

AnyEntry = m.NewOrder | m.NewOrderPair | m.NewBracket
"""The requests that enter orders."""
Entered = Callable[[Any], None]
"""Called once: with the list of orders, in order; with the report that refuses them; or with what went wrong."""

_ANSWERS: Final = ("new", "rejected")
_NEXT_OF_LIST: Final = 2**40
"""From the number of an order to that of the next one of its pair or bracket."""
_FAULTLESS: Final = "hangs_together.refused"
"""The template of a reject that only says that another order of the list was refused."""


class Entry:
    """One request that enters orders."""

    def __init__(self, known: KnownOrders, number: int, orders: Sequence[Order], answered: Entered) -> None:
        self.number: Final = number
        """The id of the request."""
        self.account: Final = orders[0].account
        self._known: Final = known
        self._orders: Final = [known.entering(order) for order in orders]
        self._answered: Final = answered
        self._reports: Final[list[m.ExecutionReport]] = []
        """The answers that came, in order."""
        self._found: list[Order] = []
        self._is_passed = False
        """Whether the reply may be handed over: all reports before it are taken in."""
        self._is_over = False

    @property
    def is_begun(self) -> bool:
        """Whether some of its answers have come, and more will."""
        return 0 < len(self._reports) < len(self._orders) and not self._is_over and not self._is_again

    def see(self, report: m.AnyReport) -> None:
        """Look at a report of the account, as it comes."""
        if self._is_over or not isinstance(report, m.ExecutionReport) or len(self._reports) == len(self._orders):
            return
        is_reply = report.id == self.number
        # After a status nothing follows: what comes under the name of the next order is an old report, fetched again.
        is_next = self.is_begun and report.client_order_id == self._orders[len(self._reports)].client_order_id
        if is_reply or (is_next and report.account == self.account and report.exec_type in _ANSWERS):
            self._reports.append(report)
            self._try()

    def replied(self, reply: m.AnyMessage | ClientError) -> None:
        """The reply may be handed over; or there is none, or it is an error."""
        if isinstance(reply, m.ExecutionReport):
            self._is_passed = True
            self._try()
        else:
            self.fail(reply)

    def fail(self, reply: m.AnyMessage | ClientError) -> None:
        """There is no answer, or none that speaks of the orders."""
        if self._is_over:
            return
        self._is_over = True
        error = reply if isinstance(reply, ClientError) else None
        if isinstance(reply, m.Error):
            error = RequestFailed.of(reply)
        for order in self._orders:
            self._known.failed(order, error or ClientError(f"the venue sent {type(reply).__name__}"))
        self._answered(reply)

    @property
    def _is_again(self) -> bool:
        """Whether the orders were entered by an earlier request."""
        return bool(self._reports) and self._reports[0].exec_type == "status"

    def _try(self) -> None:
        if not self._is_passed or (len(self._reports) < len(self._orders) and not self._is_again):
            return
        self._is_over = True
        first = self._reports[0]
        for place, order in enumerate(self._orders):
            if place < len(self._reports):
                self._found.append(self._known.answered(order, self._reports[place]))
            else:
                self._found.append(self._known.sent_again(order, first.order_id + place * _NEXT_OF_LIST))
        refusals = [report for report in self._reports if report.order_status == "rejected"]
        at_fault = [report for report in refusals if report.template != _FAULTLESS]
        if refusals:
            self._answered((at_fault or refusals)[0])
        else:
            self._answered(self._found)

    def unfilled(self) -> list[Order]:
        """Those that were entered before, and of which something is not known here: their fills, or how they stand."""
        if not self._is_again:
            return []
        return [order for order in self._found if order.status == "pending" or not order.has_all_fills]
