"""What a snapshot holds of the ledger: what was bought and is open. Sums of open orders follow from them and are made anew."""

from __future__ import annotations

from compliance.messages.part import Part
from engine.vocabulary.wide import Wide


class OpenOrderState(Part):
    """An open order that the ledger keeps."""

    order_id: int
    account: str
    instrument: str
    price_ticks: int
    leaves_lots: int


class RatedState(Part):
    """The rate of an open order priced in another asset than RUB."""

    order_id: int
    kopecks: Wide
    units: Wide
    spent: Wide


class DayState(Part):
    """Purchases and sale proceeds of a Moscow day."""

    day: int
    bought: Wide
    bought_for_crypto: Wide
    sold: Wide
    sold_for_crypto: Wide


class BoundState(Part):
    """The intermediary through which an investor bought in a Moscow year."""

    year: int
    name: str
    day: int
    earlier_year: int
    earlier_name: str
    purchases: list[tuple[int, str]]


class SumsState(Part):
    """One investor's purchases."""

    investor: str
    bound: BoundState
    lines: list[tuple[str, list[DayState]]]
    """By intermediary."""


class PositionState(Part):
    """A position as the rules see it, a flat one too: in which order they were begun decides what is named first."""

    account: str
    instrument: str
    units: Wide
    value: Wide


class CountedState(Part):
    """What one side of a trade counted for."""

    investor: str
    intermediary: str
    for_crypto: bool
    kopecks: Wide
    units: Wide
    bought: Wide
    sold: Wide


class PortfolioState(Part):
    """What a financial firm held when it was last looked at. Amounts by the asset's number."""

    investor: str
    changed: list[str]
    """Accounts that are to be read again."""
    read: list[tuple[str, list[tuple[int, int]]]]
    """By account."""
    units: list[tuple[int, int]]
    """Over all of them, in the order in which assets are looked at."""


class LedgerState(Part):
    """The whole ledger."""

    buys: list[OpenOrderState]
    sells: list[OpenOrderState]
    pairs: list[tuple[int, int]]
    rates: list[RatedState]
    investors: list[SumsState]
    positions: list[PositionState]
    futures: list[tuple[str, list[tuple[str, str]]]]
    """By investor: account and instrument of each position in a future that is not settled."""
    portfolios: list[PortfolioState]
    counted_day: int
    counted: list[tuple[int, CountedState | None, CountedState | None]]
    """By trade id: buyer's and seller's side."""
    doubtful: list[str]
