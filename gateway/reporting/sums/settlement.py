"""The settlement of each Moscow day: what everything that happened to an account nets to, asset by asset.

Made from the events alone. Every amount has two ends, so that each asset's column adds up to zero over all parties of a day: the
accounts, the venue (fees), the outside world (deposits, withdrawals) and the issuers. `compare` then holds the sums against the
balances of the replayed exchange.

A correction counts on the day on which it is made, with everything it moves, fees too: under `corrections`.
"""

from __future__ import annotations

from array import array
from typing import Final

from compliance.registry.calendar import iso_date
from engine.vocabulary.codes import BUY
from engine.vocabulary.messages.events import (
    AssetIssued,
    Event,
    FundsMoved,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)
from gateway.reporting.steps.reference import Reference
from gateway.reporting.tables.tables import Cells, Table, columns_of

TRADES: Final = 0
FEES: Final = 1
VARIATION_MARGIN: Final = 2
TRANSFERS: Final = 3
ISSUANCE: Final = 4
DEPOSITS: Final = 5
WITHDRAWALS: Final = 6
CORRECTIONS: Final = 7
SOURCES: Final = (
    "trades",
    "fees",
    "variation_margin",
    "transfers",
    "issuance",
    "deposits",
    "withdrawals",
    "corrections",
)
"""What an amount came from: the columns."""

ACCOUNT: Final = "account"
VENUE: Final = "venue"
OUTSIDE: Final = "outside"
ISSUER: Final = "issuer"
Key = tuple[str, str, str]
"""Kind, name, asset: `account` with its name, or one of the others."""


class SettlementDay:
    """One day's flows."""

    def __init__(self, day: int) -> None:
        self.day: Final = day
        """From 1970-01-01, Moscow."""
        self.flows: Final[dict[Key, list[int]]] = {}
        """By party and asset: minor units by source, positive where the party receives."""
        self.closing: Final[dict[Key, int]] = {}
        """What each party of `flows` had in all at the end, by the events: negative for the outside world and issuers."""
        self.differences: dict[Key, int] | None = None
        """By how much the replayed balances differ from `closing`, where they do; None: not compared."""

    @property
    def status(self) -> str:
        """`equal`, `different` or `not compared`."""
        return "not compared" if self.differences is None else "different" if self.differences else "equal"


class Settlement:
    """Follows events from the first on, and closes a day at each Moscow midnight."""

    def __init__(self, reference: Reference) -> None:
        self._reference: Final = reference
        self.days: Final[list[SettlementDay]] = []
        """All days so far; the last one goes on."""
        self.holdings: Final[dict[Key, int]] = {}
        """What each party has now, by the events."""
        self._compared: int = 0
        # Fees of the trades of the day by place: what a correction is the difference to. Two numbers a trade, no objects.
        self._first_trade: int = 0
        self._buy_fees: array[int] = array("q")
        self._sell_fees: array[int] = array("q")

    def begin(self, day: int) -> None:
        """Begin a Moscow day, and close the one before."""
        self._close()
        self.days.append(SettlementDay(day))
        self._first_trade = 0
        self._buy_fees = array("q")
        self._sell_fees = array("q")

    def take(self, event: Event) -> None:
        """Book an event of the day."""
        kind = type(event)
        if kind is Trade:
            assert isinstance(event, Trade)
            self._trade(event)
        elif kind is FundsMoved:
            assert isinstance(event, FundsMoved)
            source = DEPOSITS if event.amount > 0 else WITHDRAWALS
            self._move((OUTSIDE, ""), (ACCOUNT, event.account), event.asset, event.amount, source)
        elif kind is VariationMargin:
            assert isinstance(event, VariationMargin)
            # Gains and losses of a mark add up to zero: what the losers pay is what the winners get.
            asset = self._reference.instruments[event.instrument].quote
            self._book((ACCOUNT, event.account, asset), VARIATION_MARGIN, event.amount)
        elif kind is Transferred:
            assert isinstance(event, Transferred)
            sender, receiver = (ACCOUNT, event.from_account), (ACCOUNT, event.to_account)
            self._move(sender, receiver, event.asset, event.amount, TRANSFERS)
        elif kind is AssetIssued:
            assert isinstance(event, AssetIssued)
            self._move((ISSUER, event.issuer), (ACCOUNT, event.account), event.asset, event.amount, ISSUANCE)
        elif kind is TradeCorrected:
            assert isinstance(event, TradeCorrected)
            self._correct(event)

    def compare(self, balances: dict[tuple[str, str], int], fees: dict[str, int]) -> None:
        """Hold what the parties have by the events against what they have in the replayed exchange now.

        A difference is one of every day that closed since the last comparison, and of the day that goes on.
        """
        replayed: dict[Key, int] = {(ACCOUNT, account, asset): amount for (account, asset), amount in balances.items()}
        replayed |= {(VENUE, "", asset): amount for asset, amount in fees.items()}
        kept = {key: amount for key, amount in self.holdings.items() if amount and key[0] in (ACCOUNT, VENUE)}
        differences = {
            key: replayed.get(key, 0) - kept.get(key, 0)
            for key in replayed | kept
            if replayed.get(key, 0) != kept.get(key, 0)
        }
        for each in self.days[self._compared :]:
            each.differences = differences
        # The day that goes on is compared again.
        self._compared = len(self.days) - 1

    def finish(self) -> None:
        """Close the last day."""
        self._close()

    # ── booking ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _close(self) -> None:
        if self.days:
            last = self.days[-1]
            last.closing.update({key: self.holdings[key] for key in last.flows})

    def _book(self, key: Key, source: int, amount: int) -> None:
        if not amount:
            return
        flows = self.days[-1].flows
        found = flows.get(key)
        if found is None:
            found = [0] * len(SOURCES)
            flows[key] = found
        found[source] += amount
        self.holdings[key] = self.holdings.get(key, 0) + amount

    def _move(self, giver: tuple[str, str], taker: tuple[str, str], asset: str, amount: int, source: int) -> None:
        self._book((*giver, asset), source, -amount)
        self._book((*taker, asset), source, amount)

    def _trade(self, trade: Trade) -> None:
        if not self._first_trade:
            self._first_trade = trade.trade_id
        assert trade.trade_id == self._first_trade + len(self._buy_fees), "trade ids are dense"
        buys = trade.taker_side == BUY
        buyer, seller = trade.taker_account, trade.maker_account
        buy_fee, sell_fee = trade.taker_fee, trade.maker_fee
        if not buys:
            buyer, seller = seller, buyer
            buy_fee, sell_fee = sell_fee, buy_fee
        self._buy_fees.append(buy_fee)
        self._sell_fees.append(sell_fee)
        traded = self._reference.instruments[trade.instrument]
        if traded.delivers:
            lots = trade.quantity_lots
            self._move((ACCOUNT, seller), (ACCOUNT, buyer), traded.base, lots * traded.lot_base, TRADES)
            value = trade.price_ticks * lots * traded.unit
            self._move((ACCOUNT, buyer), (ACCOUNT, seller), traded.quote, value, TRADES)
        self._move((ACCOUNT, buyer), (VENUE, ""), traded.quote, buy_fee, FEES)
        self._move((ACCOUNT, seller), (VENUE, ""), traded.quote, sell_fee, FEES)

    def _correct(self, event: TradeCorrected) -> None:
        place = event.trade_id - self._first_trade
        traded = self._reference.instruments[event.instrument]
        buyer, seller = (ACCOUNT, event.buy_account), (ACCOUNT, event.sell_account)
        if traded.delivers:
            value = (event.new_price_ticks - event.price_ticks) * event.quantity_lots * traded.unit
            self._move(buyer, seller, traded.quote, value, CORRECTIONS)
            if not event.new_price_ticks:
                self._move(buyer, seller, traded.base, event.quantity_lots * traded.lot_base, CORRECTIONS)
        for party, fees, fee in ((buyer, self._buy_fees, event.buy_fee), (seller, self._sell_fees, event.sell_fee)):
            self._move(party, (VENUE, ""), traded.quote, fee - fees[place], CORRECTIONS)
            fees[place] = fee


# ── as tables ──────────────────────────────────────────────────────────────────────────────────────────────────────


def account_table(days: list[SettlementDay], reference: Reference) -> Table:
    """By day, account and asset, the other parties too."""
    rows: list[Cells] = []
    for each in days:
        for key in sorted(each.flows, key=_place):
            kind, name, asset = key
            holder = reference.holders.get(name) if kind == ACCOUNT else None
            flows = each.flows[key]
            closing = each.closing[key]
            amounts = [*flows, sum(flows), closing - sum(flows), closing]
            checked = each.differences is not None and kind in (ACCOUNT, VENUE)
            rows.append(
                (
                    iso_date(each.day),
                    asset,
                    kind,
                    "" if holder is None else holder.participant,
                    "" if holder is None else holder.investor,
                    name,
                    *[reference.formats.amount(asset, amount) for amount in amounts],
                    reference.formats.amount(asset, closing + (each.differences or {}).get(key, 0)) if checked else "",
                )
            )
    names = ("day", "asset", "party", "participant", "investor", "name")
    figures = (*SOURCES, "net", "opening", "closing", "replayed_closing")
    columns = columns_of(*names, *figures, amounts=figures)
    return Table("settlement_accounts", "Settlement by account", columns, rows)


def participant_table(days: list[SettlementDay], reference: Reference) -> Table:
    """By day, participant and asset, the other parties too: each asset of a day adds up to zero."""
    rows: list[Cells] = []
    for each in days:
        sums: dict[Key, list[int]] = {}
        for (kind, name, asset), flows in each.flows.items():
            key = (kind, name, asset)
            if kind == ACCOUNT:
                key = ("participant", reference.holders[name].participant, asset)
            found = sums.setdefault(key, [0] * len(SOURCES))
            for source, amount in enumerate(flows):
                found[source] += amount
        for key in sorted(sums, key=_place):
            kind, name, asset = key
            amounts = [*sums[key], sum(sums[key])]
            texts = [reference.formats.amount(asset, amount) for amount in amounts]
            rows.append((iso_date(each.day), asset, kind, name, *texts))
    figures = (*SOURCES, "net")
    columns = columns_of("day", "asset", "party", "name", *figures, amounts=figures, adds=True)
    return Table("settlement", "Net obligations", columns, rows)


def check_table(days: list[SettlementDay]) -> Table:
    """By day: whether each asset adds up to zero in every column, and whether the replayed balances say the same."""
    rows: list[Cells] = []
    for each in days:
        sums: dict[str, list[int]] = {}
        for (_, _, asset), flows in each.flows.items():
            found = sums.setdefault(asset, [0] * len(SOURCES))
            for source, amount in enumerate(flows):
                found[source] += amount
        off = " ".join(asset for asset, totals in sums.items() if any(totals))
        wrong = " ".join(":".join(part for part in key if part) for key in each.differences or {})
        rows.append((iso_date(each.day), len(sums), off or "zero", each.status, wrong))
    columns = columns_of("day", "assets", "adds_up_to", "replayed_balances", "which", counts=("assets",))
    return Table("settlement_check", "Settlement: what it was checked against", columns, rows)


def is_sound(days: list[SettlementDay]) -> bool:
    """Whether every asset adds up to zero on every day, and no replayed balance differs."""
    return all(each.status != "different" for each in days) and not any(
        row[2] != "zero" for row in check_table(days).rows
    )


_KINDS: Final = ("participant", ACCOUNT, ISSUER, OUTSIDE, VENUE)


def _place(key: Key) -> tuple[str, int, str]:
    kind, name, asset = key
    return asset, _KINDS.index(kind), name
