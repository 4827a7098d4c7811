"""Turnover, net buying and holdings by class and asset, and how much of them a few have."""

from __future__ import annotations

from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.messages.events import Event
from gateway.reporting.part import END, Frame, Part
from gateway.reporting.sections.concentration import concentrations
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing
from gateway.reporting.sums.flows import TRADES, Flow, sides
from gateway.reporting.sums.held import PARTS, Held, balances_of
from gateway.reporting.tables.figures import percent
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, Cells, Column, Table

_FLOWS: Final = (
    Column("bought_quantity", AMOUNT, adds=True),
    Column("sold_quantity", AMOUNT, adds=True),
    Column("bought", AMOUNT, adds=True),
    Column("sold", AMOUNT, adds=True),
    Column("turnover", AMOUNT, adds=True),
    Column("net_bought", AMOUNT, adds=True),
    Column("value_asset"),
)


class Turnover(Part):
    """Who bought and sold what, and who holds what."""

    name = "turnover"
    title = "Turnover and holdings"
    purpose = "Turnover, net buying and holdings by class and asset; concentration: top 10, Herfindahl index."
    need = END
    kinds = TRADES

    CLASS_TITLE: Final = "Turnover by class and instrument (both sides of each trade, corrections taken off)"
    NET_TITLE: Final = "Net buying by class and asset"
    HOLDINGS_TITLE: Final = "Holdings by class and asset"
    INVESTOR_TITLE: Final = "Turnover by investor"
    HOLDERS_TITLE: Final = "Holdings by investor"
    BY_CLASS: Final = (Column("investor_class"), Column("instrument"), Column("investors", COUNT), *_FLOWS)
    BY_INVESTOR: Final = (Column("investor"), Column("investor_class"), Column("instrument"), *_FLOWS)
    NET: Final = (
        Column("investor_class"),
        Column("asset"),
        Column("bought", AMOUNT, adds=True),
        Column("sold", AMOUNT, adds=True),
        Column("net_bought", AMOUNT, adds=True),
    )
    HOLDINGS: Final = (
        Column("investor_class"),
        Column("asset"),
        Column("holders", COUNT),
        *PARTS,
        Column("share_percent", PERCENT),
    )
    HOLDERS: Final = (Column("investor"), Column("investor_class"), Column("asset"), *PARTS)

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._flows: Final[dict[tuple[str, str, str], Flow]] = {}
        """By investor, class and instrument."""
        self._held: Final[dict[tuple[str, str, str], Held]] = {}
        """By investor, class and asset."""
        self._is_known = False

    def event(self, step: Step, event: Event) -> None:
        """A trade or its correction."""
        if not (self.frame.is_wanted and isinstance(event, TRADES)):
            return
        reference = self.frame.reference
        instrument = event.instrument
        for account, side, lots, ticks in sides(event):
            holder = reference.holders[account]
            key = (holder.investor, reference.class_of(account), instrument)
            flow = self._flows.get(key)
            if flow is None:
                flow = self._flows[key] = Flow()
            flow.add(side, lots, ticks)

    def values(self) -> dict[str, int]:
        """What was traded, each trade once, in minor units by quote asset."""
        found: dict[str, int] = {}
        for (_, _, instrument), flow in self._flows.items():
            traded = self.frame.reference.instruments[instrument]
            found[traded.quote] = found.get(traded.quote, 0) + flow.bought_ticks * traded.unit
        return found

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """Read the balances."""
        self._is_known = True
        reference = self.frame.reference
        for account, asset, balance, scale in balances_of(exchange):
            key = (reference.holders[account].investor, reference.class_of(account), asset)
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = Held(scale)
            held.add(balance)

    def tables(self) -> list[Table]:
        """By class, then by investor; holdings where the state is known."""
        found = [
            Table("turnover_by_class", self.CLASS_TITLE, self.BY_CLASS, self._by_class()),
            Table("net_buying", self.NET_TITLE, self.NET, self._net()),
        ]
        if self._is_known:
            found.append(Table("holdings_by_class", self.HOLDINGS_TITLE, self.HOLDINGS, self._holdings()))
        reference = self.frame.reference
        found.append(
            Table(
                "turnover_by_investor",
                self.INVESTOR_TITLE,
                self.BY_INVESTOR,
                [
                    (*key, *_figures(self._flows[key], self.frame, key[2]), reference.instruments[key[2]].quote)
                    for key in sorted(self._flows)
                ],
            )
        )
        if self._is_known:
            rows: list[Cells] = [(*key, *self._held[key].amounts()) for key in sorted(self._held)]
            found.append(Table("holdings_by_investor", self.HOLDERS_TITLE, self.HOLDERS, rows))
        return found

    @classmethod
    def after(cls, tables: list[Table]) -> list[Table]:
        """How much of turnover and holdings a few have."""
        return concentrations(tables)

    def _by_class(self) -> list[Cells]:
        sums: dict[tuple[str, str], Flow] = {}
        investors: dict[tuple[str, str], int] = {}
        for (_, investor_class, instrument), flow in self._flows.items():
            key = (investor_class, instrument)
            sums.setdefault(key, Flow()).add_all(flow)
            investors[key] = investors.get(key, 0) + 1
        instruments = self.frame.reference.instruments
        return [
            (*key, investors[key], *_figures(sums[key], self.frame, key[1]), instruments[key[1]].quote)
            for key in sorted(sums)
        ]

    def _net(self) -> list[Cells]:
        """Of what trades deliver: a future delivers nothing."""
        reference = self.frame.reference
        sums: dict[tuple[str, str], list[int]] = {}
        for (_, investor_class, instrument), flow in self._flows.items():
            traded = reference.instruments[instrument]
            if traded.delivers:
                found = sums.setdefault((investor_class, traded.base), [0, 0])
                found[0] += flow.bought_lots * traded.lot_base
                found[1] += flow.sold_lots * traded.lot_base
        rows: list[Cells] = []
        for key, (bought, sold) in sorted(sums.items()):
            amounts = [reference.formats.amount(key[1], amount) for amount in (bought, sold, bought - sold)]
            rows.append((*key, *amounts))
        return rows

    def _holdings(self) -> list[Cells]:
        sums: dict[tuple[str, str], list[Held]] = {}
        totals: dict[str, int] = {}
        for (_, investor_class, asset), held in self._held.items():
            sums.setdefault((investor_class, asset), []).append(held)
            totals[asset] = totals.get(asset, 0) + held.total
        rows: list[Cells] = []
        for key in sorted(sums):
            together = Held(sums[key][0].scale)
            for held in sums[key]:
                together.add_all(held)
            rows.append((*key, len(sums[key]), *together.amounts(), percent(together.total, totals[key[1]])))
        return rows


def _figures(flow: Flow, frame: Frame, instrument: str) -> tuple[str, ...]:
    return (*flow.quantities(frame.reference, instrument), *flow.values(frame.reference, instrument))
