"""A trading connection of a generator: sends what its script says, matches each reply, counts each report."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec

from gateway.protocol.messages import MassCancel
from loadtest.load.drive.connections import Line
from loadtest.load.drive.notes import Notes, keep
from loadtest.load.drive.pipe import SeatPlan
from loadtest.load.plan.script import Script

OUTCOMES: Final = {"new": "accepted"}
"""What an execution report that answers a request says, where the protocol's word is not the best one here."""
ERROR: Final = "error"
REFUSALS: Final = frozenset(("rejected", "request_rejected", ERROR))
"""Outcomes that count as refused."""
NOT_REPORTS: Final = frozenset(("open_orders", "balances", "positions", "candle_history", "resumed"))
"""They name an account and the number of its last report, but are none."""
CLEARING: Final = "(leaving)"


class Heard(msgspec.Struct, gc=False):
    """What matters of a message."""

    type: str
    id: int | None = None
    seq: int | None = None
    account: str | None = None
    exec_type: str | None = None
    order_id: int | None = None
    transact_time: int | None = None
    code: str | None = None
    rule: str | None = None


_decode: Final = msgspec.json.Decoder(Heard).decode
_now: Final = time.perf_counter_ns


class Trader(Line):
    """One connection of one participant."""

    def __init__(self, plan: SeatPlan, script: Script, notes: Notes) -> None:
        super().__init__()
        self.plan: Final = plan
        self.pending: Final[dict[int, tuple[int, str]]] = {}
        """Requests without a reply: their intended time, by the steady clock, and their type."""
        self.last_seqs: dict[str, int] = {}
        """By account, of the last report."""
        self.sequenced = 0
        self.doubled = 0
        self.unsent = 0
        self.answered_one: Callable[[], None] | None = None
        """Called after each reply, in a closed loop."""
        self._script: Final = script
        self._notes: Final = notes
        self._next_id = 1
        self._acknowledged: tuple[int | None, int | None] = 0, 0
        """The order that was acknowledged last, and the venue's time of it."""
        self._acknowledged_ns = 0

    @property
    def is_idle(self) -> bool:
        """Whether everything sent is answered, or will never be."""
        return self.is_lost or not self.pending

    async def join(self, url: str) -> None:
        """Connect and log in. Raises `Refused`."""
        hello = await self.open(url, self.plan.address)
        self.last_seqs = await self.log_in(hello, self.plan.participant, self.plan.key)
        self.is_up = True

    def send(self, intended_ns: int, at_s: float) -> None:
        """Send the next request of the script.

        Args:
            intended_ns: when it was due, by the steady clock.
            at_s: the same, as seconds of the run, for the script.
        """
        notes = self._notes
        if self.is_lost:
            self.unsent += 1
            return
        request_id = self._next_id
        self._next_id = request_id + 1
        request, payload = self._script.next(request_id, at_s)
        self.pending[request_id] = intended_ns, request
        notes.lag.append(_now() - intended_ns)
        notes.lag_due.append(intended_ns - notes.start_ns)
        notes.sent += 1
        self.send_text(payload)

    def clear(self) -> None:
        """Cancel all orders of all accounts."""
        for account in self.plan.accounts:
            request_id = self._next_id
            self._next_id += 1
            self.pending[request_id] = _now(), CLEARING
            self.send_text(msgspec.json.encode(MassCancel(id=request_id, account=account)))

    def heard(self, payload: bytes) -> None:
        """Match a reply, count a report."""
        now_ns = _now()
        message = _decode(payload)
        if message.seq is not None and message.account is not None and message.type not in NOT_REPORTS:
            self._count(message, now_ns)
        if message.id is not None:
            self._answer(message, now_ns)
        elif message.exec_type == "trade":
            self._notes.fills += 1
            # An order that trades at once does so in the command that enters it.
            if (message.order_id, message.transact_time) == self._acknowledged:
                self._notes.fill.append(now_ns - self._acknowledged_ns)
                self._acknowledged = 0, 0

    def gone(self) -> None:
        """Note the loss."""
        if self.is_up:
            self._notes.lost += 1

    def _count(self, message: Heard, now_ns: int) -> None:
        """Check that a report is the next one of its account."""
        account, seq = message.account, message.seq
        assert account is not None and seq is not None
        last = self.last_seqs.get(account, 0)
        if seq != last + 1:
            where = f"connection {self.plan.number}, {account}"
            keep(self._notes.report_gaps, f"{where}: report {seq} came after {last}")
        self.last_seqs[account] = seq
        if message.transact_time is not None:
            self._notes.report.append(now_ns + self._notes.wall_offset_ns - message.transact_time)

    def _answer(self, message: Heard, now_ns: int) -> None:
        """Take the reply to a request."""
        notes = self._notes
        assert message.id is not None
        known = self.pending.pop(message.id, None)
        if known is None:
            self.doubled += 1
            return
        intended_ns, request = known
        outcome = message.type
        if outcome == "execution_report":
            assert message.exec_type is not None
            outcome = OUTCOMES.get(message.exec_type, message.exec_type)
            if outcome == "accepted":
                self._acknowledged, self._acknowledged_ns = (message.order_id, message.transact_time), now_ns
        if outcome != ERROR and outcome not in NOT_REPORTS:
            self.sequenced += 1
        if request is CLEARING:
            return
        notes.due.append(intended_ns - notes.start_ns)
        notes.latency.append(now_ns - intended_ns)
        notes.kind.append(notes.kind_of(request, outcome, message.rule or message.code or ""))
        notes.answered += 1
        if outcome in REFUSALS:
            notes.refused += 1
        if self.answered_one is not None:
            self.answered_one()
