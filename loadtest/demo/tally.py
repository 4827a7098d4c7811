"""What a session of simulated participants adds up to: orders, rejects by rule, trades, latency from the intended send time."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from hdrh.histogram import HdrHistogram

from gateway.client import OrderRejected, RequestFailed, Trade

# Microseconds: from 1 to one minute, three significant digits.
LOWEST_US: Final = 1
HIGHEST_US: Final = 60_000_000
DIGITS: Final = 3
NS_PER_US: Final = 1_000
MAX_REFUSED: Final = 20
"""Refused orders of one rule that are remembered: evidence of a case."""
PERCENTILES: Final = (50.0, 99.0, 99.9)


@dataclass
class Reject:
    """All orders of which one thing decided: a rule's id, or the reject code where no rule did."""

    reason: str
    title: str
    is_rule: bool
    count: int = 0
    example: str = ""
    """Who tried what, and the venue's answer."""


@dataclass
class Traded:
    """Public trades of one instrument."""

    trades: int = 0
    quantity: Decimal = Decimal(0)
    turnover: Decimal = Decimal(0)
    first: Decimal = Decimal(0)
    """Price of the first trade."""
    last: Decimal = Decimal(0)


@dataclass
class Tally:
    """Counts of one session; one for all participants, which share an event loop."""

    entered: int = 0
    accepted: int = 0
    rejected: int = 0
    amended: int = 0
    cancelled: int = 0
    too_late: int = 0
    """Amends and cancels of orders that had traded away in the meantime."""
    failed: Counter[str] = field(default_factory=Counter)
    """Requests that were not even sequenced, by code."""
    rejects: dict[str, Reject] = field(default_factory=dict)
    named: Counter[str] = field(default_factory=Counter)
    """By rule: rejected orders that failed it, whether it decided or not."""
    overruled: dict[str, str] = field(default_factory=dict)
    """By rule: the first order that failed it where another rule decided."""
    refused: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """By rule that decided: the first orders that it refused, each by account and sequence number."""
    supervised: Counter[str] = field(default_factory=Counter)
    """What supervisor and surveillance did, by command."""
    moved: int = 0
    """Transfers done."""
    moves_refused: dict[str, Reject] = field(default_factory=dict)
    moves_named: Counter[str] = field(default_factory=Counter)
    """By rule: refused transfers that failed it, whether it decided or not."""
    waited: dict[str, Reject] = field(default_factory=dict)
    """By rule: what had to wait before it left an account."""
    marks: int = 0
    """Marks of futures."""
    arrested: int = 0
    """Holdings of which a court's paper has arrested something."""
    lifted: int = 0
    """Papers lifted again."""
    permitted: dict[str, Reject] = field(default_factory=dict)
    """By rule that exempts: orders that passed because of it."""
    traded: dict[str, Traded] = field(default_factory=dict)
    latency: Any = field(default_factory=lambda: HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS))

    @property
    def trades(self) -> int:
        """Public trades of all instruments."""
        return sum(each.trades for each in self.traded.values())

    def replied(self, intended_ns: int, now_ns: int) -> None:
        """Record the time from when a request was meant to be sent to its reply."""
        self.latency.record_value(min(max((now_ns - intended_ns) // NS_PER_US, LOWEST_US), HIGHEST_US))

    def reject(self, attempt: str, error: OrderRejected) -> None:
        """Count a rejected order under what decided."""
        self.rejected += 1
        _count(self.rejects, attempt, error)
        self.named.update(error.rules)
        found = self.refused.setdefault(error.rule, [])
        if len(found) < MAX_REFUSED and error.seq is not None:
            found.append((error.message.account, error.seq))
        for rule in error.rules[1:]:
            self.overruled.setdefault(rule, f"{attempt}: {error.rule} decided")

    def refuse_move(self, attempt: str, error: OrderRejected) -> None:
        """Count a refused transfer under what decided."""
        _count(self.moves_refused, attempt, error)
        self.moves_named.update(error.rules)

    def waits(self, attempt: str, rules: list[str]) -> None:
        """Count something that has to wait, by each of the rules."""
        for rule in rules:
            found = self.waited.setdefault(rule, Reject(rule, "", True))
            found.count += 1
            found.example = found.example or f"{attempt}: waits"

    def permit(self, attempt: str, rule: str) -> None:
        """Count an order that passed because a rule exempts it from the others."""
        found = self.permitted.setdefault(rule, Reject(rule, "", True))
        found.count += 1
        found.example = found.example or f"{attempt}: accepted"

    def rules(self, titles: dict[str, str]) -> list[dict[str, Any]]:
        """What each rule (by id, with its title) did to orders, in the order given, as plain data."""
        found = []
        for rule, title in titles.items():
            reject, permitted = self.rejects.get(rule), self.permitted.get(rule)
            shown = reject or permitted
            found.append(
                {
                    "rule": rule,
                    "title": title,
                    "decided": 0 if reject is None else reject.count,
                    "named": self.named[rule],
                    "permitted": 0 if permitted is None else permitted.count,
                    "example": self.overruled.get(rule, "") if shown is None else shown.example,
                }
            )
        return found

    def fail(self, error: RequestFailed) -> None:
        """Count a request that was not sequenced."""
        self.failed[error.code] += 1

    def trade(self, trade: Trade) -> None:
        """Count a public trade."""
        traded = self.traded.setdefault(trade.instrument, Traded())
        traded.trades += 1
        traded.first = traded.first or trade.price
        traded.last = trade.price
        traded.quantity += trade.quantity
        traded.turnover += trade.quantity * trade.price

    def percentiles_us(self) -> dict[str, int]:
        """Latency in microseconds at the usual percentiles, and the largest."""
        found = {f"p{each:g}": int(self.latency.get_value_at_percentile(each)) for each in PERCENTILES}
        return {**found, "max": int(self.latency.get_max_value())}

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "orders": {
                "entered": self.entered,
                "accepted": self.accepted,
                "rejected": self.rejected,
                "amended": self.amended,
                "cancelled": self.cancelled,
                "too_late": self.too_late,
                "not_sequenced": dict(self.failed),
            },
            "rejects": _ranked(self.rejects),
            "supervised": dict(self.supervised),
            "transfers": {"done": self.moved, "refused": _ranked(self.moves_refused), "waited": _ranked(self.waited)},
            "marks": self.marks,
            "arrests": {"holdings": self.arrested, "lifted": self.lifted},
            "trades": {
                "count": self.trades,
                "instruments": {
                    name: {
                        "trades": each.trades,
                        "quantity": format(each.quantity, "f"),
                        "turnover": format(each.turnover, "f"),
                        "last": format(each.last, "f"),
                        "change": _percent(each.last, each.first) or "",
                    }
                    for name, each in sorted(self.traded.items())
                },
            },
            "latency_us": {"count": int(self.latency.get_total_count()), **self.percentiles_us()},
        }


def _percent(last: Decimal, first: Decimal) -> str | None:
    """How far a price has moved, with its sign; None: from nothing."""
    return f"{(last / first - 1) * 100:+.2f}%" if first else None


def _count(rejects: dict[str, Reject], attempt: str, error: OrderRejected) -> None:
    """Count a refusal under what decided."""
    reason = error.rule or error.code
    found = rejects.setdefault(reason, Reject(reason, error.title, bool(error.rule)))
    found.count += 1
    found.example = found.example or f"{attempt}: {error.detail}"


def _ranked(rejects: dict[str, Reject]) -> list[dict[str, Any]]:
    """Refusals as plain data: by rule first, the most frequent first."""
    ranked = sorted(rejects.values(), key=lambda reject: (not reject.is_rule, -reject.count, reject.reason))
    return [asdict(reject) for reject in ranked]
