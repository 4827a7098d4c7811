"""One account as its client knows it: its reports in order, and what is asked when some are missing. Without I/O.

After each login the last report that came is asked for again. If it is the same, all before it are: a journal only grows. If it is
another, or the venue's numbers went back, the venue has lost its last moments (durability `os`): what was reported is void, and
the orders are built anew from the reports that there are now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

from msgspec.structs import replace

from engine.vocabulary.limits import MAX_RECENT_REPORTS
from gateway.client.accounts.known_orders import KnownOrders
from gateway.client.accounts.orders import Order
from gateway.client.accounts.portfolio import Portfolio
from gateway.protocol import messages as m

PrivateReport = m.AnyReport | m.Resumed
"""What a private report stream carries. `Resumed` with `snapshot` true: reports are lost, or what the last ones said is void;
ask for orders and balances."""

_REFETCHED: Final = MAX_RECENT_REPORTS * 9 // 10
"""So many reports are asked for again: what a venue keeps, less what it may forget before it answers."""
_SAMPLED_EVERY: Final = 100
"""Of each so many reports one is kept, to see after a rewind how far back all is still so."""


class Desk(Protocol):
    """What an account needs of its client."""

    gaps: int

    def next_id(self) -> int:
        """A request id that was not used yet."""

    def ask(self, request: m.AnyRequest, done: Callable[[m.AnyMessage], None]) -> None:
        """Send a request of the client's own; `done` is called with the reply, unless the link is lost before."""

    def tell(self, account: str, report: PrivateReport, missed: int = 0) -> None:
        """Hand a report to who follows the account."""

    def caught_up(self, account: str) -> None:
        """Nothing of the account is missing any more."""


class Account:
    """The reports of one account. `begin` after each login, `lost` with each link."""

    def __init__(self, name: str, seq: int, orders: KnownOrders, desk: Desk) -> None:
        self.name: Final = name
        self.seq = seq
        """Of the last report taken in."""
        self.time_ns = 0
        """Of the last report that says a time."""
        self.portfolios: Final[list[Portfolio]] = []
        self._last: m.AnyReport | None = None
        self._orders: Final = orders
        self._desk: Final = desk
        self._doing: Literal["", "away", "resuming", "refetching", "listing"] = ""
        self._check: m.AnyReport | None = None
        """The report that is asked for again, until it has come."""
        self._check_seq = 0
        self._is_rewound = False
        """Whether what was reported is void, from some report on."""
        self._has_gap = False
        self._has_given_up = False
        """Whether it went on without some reports."""
        self._doubt: int | None = None
        """Orders without a report after this one are to be compared with a list of the open ones."""
        self._samples: Final[deque[tuple[int, m.AnyReport]]] = deque(maxlen=_REFETCHED // _SAMPLED_EVERY + 1)
        """Reports that were taken in, and their numbers."""
        self._unfilled: Final[list[Order]] = []
        """Orders whose fills are to be looked for."""
        self._after = 0
        self._collected: Final[list[m.AnyReport]] = []
        """The reports after `_after`, as they come again."""
        self._found: Final[list[m.OpenOrder]] = []

    @property
    def is_behind(self) -> bool:
        """Whether reports are missing that may say more than a reply."""
        return self._doing != ""

    # ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def lost(self) -> None:
        """The link is lost, with all that was asked."""
        self._doing = "away"

    def begin(self, seq: int) -> None:
        """There is a new link; `seq` is that of the account's last report, as the venue says."""
        if self._is_rewound or seq < self.seq or (self._has_given_up and self._last is None):
            # The last: with no report to compare, nothing says that all is still so.
            self._is_rewound = True
            self._refetch(seq)
        else:
            self._check, self._check_seq = self._last, self.seq
            self._resume()

    def close(self) -> None:
        """The account is not the participant's any more."""
        self._doing = ""
        self._orders.close_account(self.name)
        for portfolio in self.portfolios:
            portfolio.is_complete = False
        self._desk.caught_up(self.name)

    # ── reports ────────────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, report: Any, seq: int) -> None:
        """Take in a report, as it comes."""
        if self._doing == "refetching" and seq == self._after + len(self._collected) + 1:
            self._collected.append(report)
        if self._is_rewound:
            return
        # Others may come between the login and the one that was asked for again.
        if self._check is not None and seq == self._check_seq:
            self._is_rewound = _plain(report) != self._check
            self._check = None
        elif seq == self.seq + 1:
            self.seq = seq
            self._last = _plain(report)
            if seq % _SAMPLED_EVERY == 0:
                self._samples.append((seq, self._last))
            if isinstance(report, m.ExecutionReport):
                self.time_ns = report.transact_time
                self._orders.apply(report)
            for portfolio in self.portfolios:
                portfolio.take(report)
            self._desk.tell(self.name, report)
        elif seq > self.seq and self._doing in {"", "listing"}:
            # Dropped: resuming brings it again, in its place.
            self._has_gap = True
            if not self._doing:
                self._next()

    def fill_in(self, order: Order) -> None:
        """Look for the fills of an order that is known only by how it stands."""
        self._unfilled.append(order)
        if not self._doing:
            self._next()

    def _next(self) -> None:
        """Ask for what is missing next, or be done."""
        if self._is_rewound:
            self._refetch(self.seq)
        elif self._doubt is not None:
            self._doing = "listing"
            self._found.clear()
            self._list()
        elif self._has_gap:
            self._desk.gaps += 1
            self._resume()
        elif self._unfilled:
            self._refetch(self.seq)
        else:
            self._doing = ""
            self._desk.caught_up(self.name)

    # ── resuming ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _resume(self) -> None:
        """Fetch the reports after the last one taken in; on a new link that one, too, to see that it is still so."""
        self._doing = "resuming"
        self._has_gap = False
        after = self.seq if self._check is None else self.seq - 1
        self._desk.ask(m.Resume(id=self._desk.next_id(), account=self.name, after_seq=after), self._resumed)

    def _resumed(self, reply: m.AnyMessage) -> None:
        if not isinstance(reply, m.Resumed):
            self.close()
            return
        if reply.snapshot or (self.seq < reply.seq and not self._is_rewound):
            self._check = None
            self._give_up(reply)
            for portfolio in self.portfolios:
                portfolio.is_complete = False
        elif self._is_rewound or self._check is not None or reply.seq < self.seq:
            self._is_rewound = True
            self._check = None
            self._refetch(reply.seq)
            return
        self._next()

    def _give_up(self, reply: m.Resumed) -> None:
        """Go on from here: what was before is lost for good."""
        missed = max(reply.seq - self.seq, 0)
        self.seq = reply.seq
        self._last = None
        self._has_given_up = True
        self._doubt = reply.seq
        self._desk.tell(self.name, replace(reply, snapshot=True), missed)

    # ── asking again ───────────────────────────────────────────────────────────────────────────────────────────────

    def _refetch(self, seq: int) -> None:
        """Fetch the last reports once more: for all orders after a rewind, else for those whose fills are missing."""
        self._doing = "refetching"
        self._check = None
        self._collected.clear()
        self._after = max(seq - _REFETCHED, 0)
        request = m.Resume(id=self._desk.next_id(), account=self.name, after_seq=self._after)
        self._desk.ask(request, self._refetched)

    def _refetched(self, reply: m.AnyMessage) -> None:
        if not isinstance(reply, m.Resumed):
            self.close()
            return
        is_whole = not reply.snapshot and self._after + len(self._collected) == reply.seq
        if self._is_rewound:
            self._is_rewound = False
            self._give_up(reply)
            is_sure = is_whole and self._is_as_before()
            self._samples.clear()
            for portfolio in self.portfolios:
                if is_whole:
                    portfolio.rebuild(self._after, self._collected, reply.seq)
                portfolio.is_complete = portfolio.is_complete and is_sure
            if is_whole:
                self._last = _plain(self._collected[-1]) if self._collected else None
                if not self._orders.rebuild(self.name, self._after, self._collected) and is_sure:
                    self._doubt = None
            else:
                self._orders.rebuild(self.name, reply.seq, ())
        elif is_whole:
            for order in self._unfilled:
                self._orders.fill_in(order, self._after, self._collected)
        if any(order.status == "pending" for order in self._unfilled):
            # Its reports are too old; whether it is open, a list says.
            self._doubt = self.seq
        self._unfilled.clear()
        self._collected.clear()
        self._next()

    def _is_as_before(self) -> bool:
        """Whether the reports before those that came again are surely still so: there are none, or one after them is."""
        last = self._after + len(self._collected)
        return self._after == 0 or any(
            self._after < seq <= last and _plain(self._collected[seq - self._after - 1]) == sample
            for seq, sample in self._samples
        )

    # ── listing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _list(self) -> None:
        after = self._found[-1].order_id if self._found else 0
        request = m.OpenOrders(id=self._desk.next_id(), account=self.name, after_order_id=after)
        self._desk.ask(request, self._listed)

    def _listed(self, reply: m.AnyMessage) -> None:
        if not isinstance(reply, m.OpenOrdersReply):
            self.close()
            return
        self._found.extend(reply.orders)
        if reply.more:
            self._list()
            return
        assert self._doubt is not None, "a list that nobody asked for"
        self._orders.compare(self.name, self._doubt, self._found)
        self._doubt = None
        self._next()


def _plain(report: Any) -> Any:
    """A report as it comes to everybody: without the id of the request that it answers."""
    return replace(report, id=None) if getattr(report, "id", None) is not None else report
