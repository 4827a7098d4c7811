"""Refusals by investor and rule: who was refused what, who tried again, who most often.

Of orders, amends, cancels, quotes, transfers and withdrawals, and of what operators and supervisors ask for on an investor's
behalf. Memory follows investors, rules and instruments, and the open orders.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.vocabulary.codes import (
    MOVEMENT_FAILED,
    MOVEMENT_KINDS,
    MOVEMENT_REFUSED,
    MOVEMENT_STATUSES,
    REJECT_CODES,
    SIDES,
)
from engine.vocabulary.messages.events import (
    CommandRejected,
    Event,
    FundsMoved,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
    Transferred,
)
from gateway.reporting.part import EVENTS, Frame, Part
from gateway.reporting.searches.attempts import Attempts
from gateway.reporting.steps.asked import request_of
from gateway.reporting.steps.source import Step
from gateway.reporting.tables.figures import percent
from gateway.reporting.tables.tables import COUNT, PERCENT, SEQ, TIME, Cells, Column, Table
from gateway.reporting.tables.times import utc

MAX_OFFENDERS: Final = 20
ORDER: Final = "order"
MOVEMENT: Final = "movement"
"""What had waited since before the day that is asked for."""
_RULE: Final = re.compile(r"[A-Z]+-[0-9]+\Z")
_BY_DOOR: Final = "holding."
"""What templates begin with that name in their first value the rule that decided."""


class Refused(NamedTuple):
    """Refusals that are counted together."""

    investor: str
    """Empty: the account is unknown, or not the participant's."""
    investor_class: str
    """At that time."""
    participant: str
    request: str
    rule: str
    """That decided; empty: none did, `code` says why."""
    code: str
    about: str
    """The instrument or asset."""


class Count:
    """How often, and when first and last."""

    __slots__ = ("count", "first_ns", "first_seq", "last_ns", "last_seq")

    def __init__(self, step: Step) -> None:
        self.count: int = 0
        self.first_seq: Final = step.seq
        self.first_ns: Final = step.time_ns
        self.last_seq: int = step.seq
        self.last_ns: int = step.time_ns

    def add(self, step: Step) -> None:
        """Count one more."""
        self.count += 1
        self.last_seq = step.seq
        self.last_ns = step.time_ns


class Tally(Count):
    """All that was refused to one investor."""

    __slots__ = ("by_why", "orders")

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.by_why: Final[dict[str, int]] = {}
        """By the rule that decided, or the code where none did."""
        self.orders: int = 0


class Refusals(Part):
    """Counts refusals."""

    name = "refusals"
    title = "Refusals"
    purpose = "Refusals by investor and rule, repeated attempts, and who was refused most often."
    need = EVENTS
    kinds = (
        OrderAccepted,
        OrderAmended,
        OrderCancelled,
        OrderRejected,
        RequestRejected,
        CommandRejected,
        Trade,
        Transferred,
        FundsMoved,
        MovementHeld,
        MovementEnded,
    )

    TITLE: Final = "Refusals by investor and rule"
    COLUMNS: Final = (
        Column("investor"),
        Column("investor_class"),
        Column("participant"),
        Column("request"),
        Column("rule"),
        Column("title"),
        Column("code"),
        Column("about"),
        Column("count", COUNT, adds=True),
        Column("first_seq", SEQ),
        Column("first_utc", TIME),
        Column("last_seq", SEQ),
        Column("last_utc", TIME),
    )
    ALSO_TITLE: Final = "Rules that failed while another decided"
    ALSO_COLUMNS: Final = (Column("investor"), Column("rule"), Column("title"), Column("count", COUNT, adds=True))
    REPEATED_TITLE: Final = "Repeated attempts"
    REPEATED_COLUMNS: Final = (
        Column("investor"),
        Column("request"),
        Column("about"),
        Column("side"),
        Column("rule"),
        Column("code"),
        Column("runs", COUNT, adds=True),
        Column("attempts", COUNT, adds=True),
        Column("longest", COUNT),
        Column("longest_seconds", COUNT),
        Column("longest_first_seq", SEQ),
        Column("longest_last_seq", SEQ),
        Column("then_passed", COUNT, adds=True),
        Column("passed_seq", SEQ),
    )
    OFFENDERS_TITLE: Final = "Who was refused most often"
    OFFENDERS_COLUMNS: Final = (
        Column("investor"),
        Column("investor_class"),
        Column("refused", COUNT, adds=True),
        Column("orders_refused", COUNT, adds=True),
        Column("orders_let_in", COUNT, adds=True),
        Column("orders_refused_percent", PERCENT),
        Column("rules", COUNT),
        Column("most_by"),
        Column("first_seq", SEQ),
        Column("last_seq", SEQ),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._counts: Final[dict[Refused, Count]] = {}
        self._also: Final[dict[tuple[str, str], int]] = {}
        self._tallies: Final[dict[str, Tally]] = {}
        """By investor, of strangers by participant."""
        self._let_in: Final[dict[str, int]] = {}
        self._attempts: Final = Attempts(frame.settings.repeat_seconds)
        self._open: Final[dict[int, tuple[str, int]]] = {}
        """Instrument and side of open orders."""
        self._kinds: Final[dict[int, int]] = {}
        """Of what waits, by the number of the movement."""

    def event(self, step: Step, event: Event) -> None:
        """What was refused, and what was let through."""
        if isinstance(event, OrderAccepted):
            self._open[event.order_id] = (event.instrument, event.side)
            if self.frame.is_wanted:
                investor = self._investor(event.account)
                self._let_in[investor] = self._let_in.get(investor, 0) + 1
                self._attempts.passed(step, (investor, ORDER, event.instrument, SIDES[event.side]))
        elif isinstance(event, Trade):
            if not event.maker_leaves_lots:
                self._open.pop(event.maker_order_id, None)
            if not event.taker_leaves_lots:
                self._open.pop(event.taker_order_id, None)
        elif isinstance(event, OrderCancelled):
            self._open.pop(event.order_id, None)
        elif self.frame.is_wanted:
            self._other(step, event)

    def finish(self, *_: object) -> None:
        """Runs end."""
        self._attempts.finish()

    def tables(self) -> list[Table]:
        """Offenders first, then by rule, repeated attempts, and rules that failed beside another."""
        return [self._offenders(), self._by_rule(), self._repeated(), self._also_failed()]

    # ── what happened ──────────────────────────────────────────────────────────────────────────────────────────────

    def _other(self, step: Step, event: Event) -> None:
        if isinstance(event, OrderRejected):
            self._refused(step, event, ORDER, event.instrument, event.side)
        elif isinstance(event, RequestRejected):
            about, side = self._open.get(event.order_id, ("", -1))
            about = about or _subject(step)
            self._refused(step, event, request_of(step.command), about, side)
        elif isinstance(event, CommandRejected):
            self._command(step, event)
        elif isinstance(event, MovementEnded):
            self._movement(step, event)
        elif isinstance(event, MovementHeld):
            # It was let through, as far as it could be by then.
            tried = (self._investor(event.account), MOVEMENT_KINDS[event.kind], event.asset, "")
            self._attempts.passed(step, tried)
            self._kinds[event.movement] = event.kind
        elif isinstance(event, OrderAmended):
            tried = (self._investor(event.account), "amend", event.instrument, SIDES[event.side])
            self._attempts.passed(step, tried)
        elif isinstance(event, Transferred):
            self._attempts.passed(step, (self._investor(event.from_account), "transfer", event.asset, ""))
        elif isinstance(event, FundsMoved):
            tried = (self._investor(event.account), request_of(step.command), event.asset, "")
            self._attempts.passed(step, tried)

    def _refused(self, step: Step, event: OrderRejected | RequestRejected, request: str, about: str, side: int) -> None:
        """What a participant is told."""
        # Of a stranger nobody but the sender is told: the account is not the participant's.
        holder = self.frame.reference.holders.get(event.account) if event.report_seq else None
        participant = str(getattr(step.command, "participant", "")) if holder is None else holder.participant
        investor = "" if holder is None else holder.investor
        for rule in event.rules:
            if rule != event.rule:
                beside = (investor or participant, rule)
                self._also[beside] = self._also.get(beside, 0) + 1
        shown = SIDES[side] if 0 <= side < len(SIDES) else ""
        key = self._key(investor, participant, request, about)
        self._count(step, key._replace(rule=event.rule, code=REJECT_CODES[event.code]), shown)

    def _command(self, step: Step, event: CommandRejected) -> None:
        """What an operator or supervisor asked for on an investor's behalf."""
        account = str(getattr(step.command, "account", ""))
        holder = self.frame.reference.holders.get(account)
        investor = str(getattr(step.command, "investor", "")) or ("" if holder is None else holder.investor)
        if investor:
            participant = "" if holder is None else holder.participant
            key = self._key(investor, participant, request_of(step.command), _subject(step))
            self._count(step, key._replace(rule=_rule_of(event), code=REJECT_CODES[event.code]), "")

    def _movement(self, step: Step, event: MovementEnded) -> None:
        """What had waited, and was refused by a supervisor or failed when its time came."""
        kind = self._kinds.pop(event.movement, -1)
        if event.outcome not in (MOVEMENT_REFUSED, MOVEMENT_FAILED):
            return
        holder = self.frame.reference.holders.get(event.account)
        if holder is not None:
            request = MOVEMENT_KINDS[kind] if kind >= 0 else MOVEMENT
            key = self._key(holder.investor, holder.participant, request, event.asset)
            self._count(step, key._replace(rule=event.rule, code=MOVEMENT_STATUSES[event.outcome]), "")

    def _key(self, investor: str, participant: str, request: str, about: str) -> Refused:
        investor_class = self.frame.reference.classes.get(investor, "")
        return Refused(investor, investor_class, participant, request, "", "", about)

    def _count(self, step: Step, key: Refused, side: str) -> None:
        why = key.rule or key.code
        if key.rule:
            key = key._replace(code="")
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = Count(step)
        count.add(step)
        whom = key.investor or key.participant
        tally = self._tallies.get(whom)
        if tally is None:
            tally = self._tallies[whom] = Tally(step)
        tally.add(step)
        tally.orders += key.request == ORDER
        tally.by_why[why] = tally.by_why.get(why, 0) + 1
        self._attempts.refused(step, (whom, key.request, key.about, side), why)

    def _investor(self, account: str) -> str:
        holder = self.frame.reference.holders.get(account)
        return "" if holder is None else holder.investor

    # ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _title(self, rule: str) -> str:
        reference = self.frame.reference
        return reference.titles.get(rule) or reference.rules.of(rule)

    def _offenders(self) -> Table:
        rows: list[Cells] = []
        most = sorted(self._tallies.items(), key=lambda item: (-item[1].count, item[0]))
        for investor, tally in most[:MAX_OFFENDERS]:
            let_in = self._let_in.get(investor, 0)
            asked = tally.orders + let_in
            why = min(tally.by_why, key=lambda each: (-tally.by_why[each], each))
            rows.append(
                (
                    investor,
                    self.frame.reference.classes.get(investor, ""),
                    tally.count,
                    tally.orders,
                    let_in,
                    percent(tally.orders, asked),
                    len(tally.by_why),
                    why,
                    tally.first_seq,
                    tally.last_seq,
                )
            )
        return Table("refused_most", self.OFFENDERS_TITLE, self.OFFENDERS_COLUMNS, rows)

    def _by_rule(self) -> Table:
        rows: list[Cells] = [
            (
                *(key.investor, key.investor_class, key.participant, key.request),
                *(key.rule, self._title(key.rule) if key.rule else "", key.code, key.about, count.count),
                *(count.first_seq, utc(count.first_ns), count.last_seq, utc(count.last_ns)),
            )
            for key, count in sorted(self._counts.items(), key=lambda item: (item[0].investor, -item[1].count, item[0]))
        ]
        return Table("refusals", self.TITLE, self.COLUMNS, rows)

    def _repeated(self) -> Table:
        rows: list[Cells] = []
        found = sorted(self._attempts.repeats.items(), key=lambda item: (-item[1].longest.attempts, item[0]))
        for (tried, why), each in found:
            longest = each.longest
            is_rule = _RULE.match(why) is not None
            rows.append(
                (
                    *tried,
                    *((why, "") if is_rule else ("", why)),
                    *(each.runs, each.attempts, longest.attempts),
                    (longest.last_ns - longest.first_ns) // 10**9,
                    *(longest.first_seq, longest.last_seq, each.passed, each.passed_seq or None),
                )
            )
        return Table("repeated_attempts", self.REPEATED_TITLE, self.REPEATED_COLUMNS, rows)

    def _also_failed(self) -> Table:
        rows: list[Cells] = [
            (investor, rule, self._title(rule), count) for (investor, rule), count in sorted(self._also.items())
        ]
        return Table("refusals_also_failed", self.ALSO_TITLE, self.ALSO_COLUMNS, rows)


def _subject(step: Step) -> str:
    """The asset or instrument that a command names."""
    return str(getattr(step.command, "asset", "") or getattr(step.command, "instrument", "") or "")


def _rule_of(event: CommandRejected) -> str:
    """The rule that a refusal of a command names; empty: none decided."""
    if event.template.startswith(_BY_DOOR) and event.values:
        return str(event.values[0])
    found = event.template.partition(".")[0]
    return found if _RULE.match(found) else ""
