"""What an account has made of its trades: positions at average price, profit realised and unrealised. Without I/O.

A fill of quantity d (above zero bought, below zero sold) at price p meets a position q at average price a:

* q and d of one sign, or q zero: the average price is (q a + d p) / (q + d).
* Else c, the smaller of |q| and |d|, is closed: realised grows by c (p - a), of a short position by c (a - p). The average price stays;
  what d has beyond |q| opens a position at p.
* Unrealised is q (mark - a), profit is realised + unrealised - fees.

All is in the quote asset, fees apart. Each sum is exact; what is divided (an average price and, with it, realised and unrealised) is
handed out with 8 decimals, such that realised + unrealised is exact. A future's profit is that of its fills and marks, whatever of it
was settled as variation margin already. Deposits, withdrawals and transfers are no trades and don't count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from gateway.client.values.amounts import Amount, decimal_text
from gateway.client.values.values import Fill, fill_of
from gateway.protocol import messages as m

MAX_KEPT: Final = 20_000
"""So many fills are kept one by one, at least the last half: for when they are corrected, or void. A client asks again for 9 000 reports
at most."""
_EXACT: Final = Context(prec=120, rounding=ROUND_HALF_EVEN)
"""A quantity has up to 19 digits, a price as many; sums of 10^18 such products have less than 60."""
_STEP: Final = Decimal("1e-8")
_ZERO: Final = Decimal(0)


class Opening(NamedTuple):
    """A position that was there before: quantity, above zero long, and its average price."""

    quantity: Amount
    average_price: Amount


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A position of an account, as it was when it was asked for. Money is in the quote asset."""

    account: str
    instrument: str
    quantity: Decimal
    """Above zero long, below zero short."""
    average_price: Decimal | None
    """None without a position."""
    mark: Decimal | None
    """The price by which it is valued; None: none is known."""
    realised: Decimal
    """By what was closed, before fees."""
    unrealised: Decimal | None
    """None: there is a position, and no mark."""
    fees: Decimal
    """Below zero: rebates."""

    @property
    def profit(self) -> Decimal | None:
        """Realised and unrealised, less fees; None while there is a position without a mark."""
        return None if self.unrealised is None else self.realised + self.unrealised - self.fees


class _Running:
    """The sums of one instrument."""

    __slots__ = ("average", "cash", "fees", "quantity")

    def __init__(self) -> None:
        self.quantity = _ZERO
        self.average = _ZERO
        self.cash = _ZERO
        """What sales brought, less what purchases cost. With q x a it makes what is realised."""
        self.fees = _ZERO

    def copy(self) -> _Running:
        other = _Running()
        other.quantity, other.average, other.cash, other.fees = self.quantity, self.average, self.cash, self.fees
        return other

    def add(self, signed: Decimal, price: Decimal, fee: Decimal = _ZERO) -> None:
        """Take in a fill."""
        after = _EXACT.add(self.quantity, signed)
        if self.quantity * signed >= 0:
            cost = _EXACT.add(_EXACT.multiply(self.quantity, self.average), _EXACT.multiply(signed, price))
            self.average = _EXACT.divide(cost, after) if after else _ZERO
        elif after * signed > 0:
            self.average = price
        elif not after:
            self.average = _ZERO
        self.quantity = after
        self.cash = _EXACT.subtract(self.cash, _EXACT.multiply(signed, price))
        self.fees = _EXACT.add(self.fees, fee)

    def state(self, account: str, instrument: str, mark: Decimal | None) -> Position:
        """What is handed out."""
        realised = _rounded(_EXACT.add(self.cash, _EXACT.multiply(self.quantity, self.average)))
        unrealised: Decimal | None = _ZERO
        if self.quantity:
            total = None if mark is None else _EXACT.add(self.cash, _EXACT.multiply(self.quantity, mark))
            unrealised = None if total is None else _tidy(_EXACT.subtract(total, realised))
        return Position(
            account=account,
            instrument=instrument,
            quantity=self.quantity,
            average_price=_rounded(self.average) if self.quantity else None,
            mark=mark,
            realised=realised,
            unrealised=unrealised,
            fees=self.fees,
        )


def _rounded(value: Decimal) -> Decimal:
    """With at most 8 decimals, and none that say nothing."""
    return _tidy(value.quantize(_STEP, context=_EXACT))


def _tidy(value: Decimal) -> Decimal:
    """Without decimals that say nothing."""
    short = value.normalize(_EXACT)
    return short.quantize(Decimal(1), context=_EXACT) if short == short.to_integral_value() else short


class Portfolio:
    """The positions of one account, kept from its reports. Made by `Client.portfolio`."""

    def __init__(
        self,
        account: str,
        *,
        since_seq: int = 0,
        since_ns: int = 0,
        met: Callable[[str], None] = lambda instrument: None,
        closed: Callable[[Portfolio], None] = lambda portfolio: None,
    ) -> None:
        """Begin.

        Args:
            account: whose.
            since_seq: the account's last report before it.
            since_ns: the venue's clock by then: a fill that is not later does not count.
            met: called with each instrument of which it has a position for the first time.
            closed: called when it is closed.
        """
        self.account: Final = account
        self.is_complete = True
        """Whether it has every report since it began. False: reports were lost for good, and positions may be wrong: make another."""
        self._since_seq = since_seq
        self._since_ns: Final = since_ns
        self._opened_seq = 0
        """The last report that an opening stands on."""
        self._met: Final = met
        self._closed: Final = closed
        self._base: Final[dict[str, _Running]] = {}
        """Without the fills that are kept one by one."""
        self._fills: Final[dict[int, Fill]] = {}
        """The last ones, by the `seq` of their reports, in order."""
        self._corrections: Final[dict[int, m.TradeCorrected]] = {}
        self._now: Final[dict[str, _Running]] = {}
        self._marks: Final[dict[str, Decimal]] = {}
        self._own_marks: Final[dict[str, Decimal]] = {}
        self._settled: Final[dict[str, Decimal]] = {}
        """Final prices of futures that have expired."""

    # ── what it says ───────────────────────────────────────────────────────────────────────────────────────────────

    def __repr__(self) -> str:
        held = ", ".join(f"{each.quantity:f} {each.instrument}" for each in self if each.quantity)
        return f"<Portfolio of {self.account}: {held or 'nothing held'}>"

    def __getitem__(self, instrument: str) -> Position:
        """The position in an instrument; a flat one if it never traded."""
        running = self._now.get(instrument) or _Running()
        if instrument in self._settled and running.quantity:
            running = running.copy()
            running.add(-running.quantity, self._settled[instrument])
        mark = self._own_marks.get(instrument, self._marks.get(instrument))
        return running.state(self.account, instrument, self._settled.get(instrument, mark))

    def __iter__(self) -> Iterator[Position]:
        """The positions in all instruments that traded or were opened, by name."""
        return (self[instrument] for instrument in sorted(self._now))

    @property
    def instruments(self) -> list[str]:
        """The instruments that traded or were opened, by name."""
        return sorted(self._now)

    def mark(self, instrument: str, price: Amount) -> None:
        """Value an instrument by a price of your own from now on, instead of the venue's."""
        self._own_marks[instrument] = Decimal(decimal_text(price, "price"))

    def close(self) -> None:
        """Keep it no longer: what it says stays as it is."""
        self._closed(self)

    # ── for the client ─────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, instrument: str, opening: Opening) -> None:
        """Note a position that was there before the first report.

        Raises:
            TypeError: an amount is a float, or no number.
            ValueError: it is no decimal.
        """
        quantity = Decimal(decimal_text(opening.quantity, "quantity"))
        price = Decimal(decimal_text(opening.average_price, "average_price"))
        self.carry(instrument, quantity, _EXACT.multiply(quantity, price), 0)

    def carry(self, instrument: str, quantity: Decimal, cost: Decimal, seq: int) -> None:
        """Note a position that was there after report `seq`, and what it cost; what filled up to that report is in it."""
        for fill in [each for each in self._fills.values() if each.instrument == instrument and each.seq <= seq]:
            del self._fills[fill.seq]
        self._opened_seq = max(self._opened_seq, seq)
        running = self._base[instrument] = _Running()
        running.quantity, running.cash = quantity, -cost
        running.average = _EXACT.divide(cost, quantity) if quantity else _ZERO
        self._work_out(instrument)

    def see_mark(self, instrument: str, price: Decimal, *, final: bool = False) -> None:
        """The venue has valued an instrument; `final`: it has expired, and every position with it."""
        self._marks[instrument] = price
        if final:
            self._settled[instrument] = price

    def take(self, report: Any) -> None:
        """Take in a report, in its place."""
        if isinstance(report, m.TradeCorrected):
            if report.seq > self._since_seq:
                self._correct(report)
        elif (fill := fill_of(report)) is not None and fill.time > self._since_ns:
            self._fills[fill.seq] = fill
            # Until the venue's own prices come, it is worth what it has just cost.
            self._marks.setdefault(fill.instrument, fill.price)
            _add(self._running(fill.instrument), fill)
            if len(self._fills) > MAX_KEPT:
                self._fold()

    def rebuild(self, after_seq: int, reports: Iterable[Any], last_seq: int) -> None:
        """What was reported after `after_seq` is void; `reports`, to `last_seq`, is what is so instead."""
        if self._opened_seq > after_seq:
            # What the venue said of its positions may be void, too.
            self.is_complete = False
        for kept in (self._fills, self._corrections):
            for seq in [each for each in kept if each > after_seq]:
                del kept[seq]
        for instrument in self._now:
            self._work_out(instrument)
        for report in reports:
            self.take(report)
        self._since_seq = min(self._since_seq, last_seq)

    # ── keeping ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _running(self, instrument: str) -> _Running:
        """The sums of an instrument, which may be new."""
        running = self._now.get(instrument)
        if running is None:
            running = self._now[instrument] = _Running()
            self._met(instrument)
        return running

    def _correct(self, report: m.TradeCorrected) -> None:
        """A trade was undone, or has another price: as if it had been so from the beginning."""
        if any(fill.trade_id == report.trade_id for fill in self._fills.values()):
            self._corrections[report.seq] = report
            self._work_out(report.instrument)
            return
        if report.instrument not in self._base:
            # From before the portfolio began: it knows nothing of it.
            return
        # It is older than what is kept one by one: undone at its price, and done again at the other.
        signed = Decimal(report.quantity) * (1 if report.side == "buy" else -1)
        for running in (self._base.setdefault(report.instrument, _Running()), self._running(report.instrument)):
            running.add(-signed, Decimal(report.price))
            if report.new_price is not None:
                running.add(signed, Decimal(report.new_price))

    def _work_out(self, instrument: str) -> None:
        """Go through the fills of an instrument again."""
        running = self._base[instrument].copy() if instrument in self._base else _Running()
        corrections = {each.trade_id: each for each in self._corrections.values() if each.instrument == instrument}
        for fill in self._fills.values():
            if fill.instrument == instrument:
                _add(running, fill, corrections.get(fill.trade_id))
        self._running(instrument)
        self._now[instrument] = running

    def _fold(self) -> None:
        """Keep the older half of the fills as sums alone."""
        corrections = {each.trade_id: each for each in self._corrections.values()}
        older = list(islice(self._fills.values(), len(self._fills) // 2))
        for fill in older:
            del self._fills[fill.seq]
            _add(self._base.setdefault(fill.instrument, _Running()), fill, corrections.get(fill.trade_id))
        gone = {fill.trade_id for fill in older}
        for seq in [seq for seq, each in self._corrections.items() if each.trade_id in gone]:
            del self._corrections[seq]


def _add(running: _Running, fill: Fill, correction: m.TradeCorrected | None = None) -> None:
    """Take in a fill as it is by now."""
    price, fee = fill.price, fill.fee
    if correction is not None:
        fee = Decimal(correction.fee)
        if correction.new_price is None:
            running.add(_ZERO, _ZERO, fee)
            return
        price = Decimal(correction.new_price)
    running.add(fill.quantity if fill.side == "buy" else -fill.quantity, price, fee)
