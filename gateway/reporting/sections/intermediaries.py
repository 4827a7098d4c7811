"""By intermediary: clients by class, orders, refusals, turnover, holdings, capital, exposure and limit."""

from __future__ import annotations

from collections import Counter
from typing import Final

from compliance.hook import ComplianceHook
from compliance.intake import Intake
from compliance.registry.classes import class_name
from compliance.registry.records import Intermediary
from compliance.rules.der_2 import IntermediaryCover
from engine.exchange import Exchange
from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.events import Event, OrderAccepted, OrderRejected, RequestRejected
from gateway.reporting.part import END, Frame, Part
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import Standing
from gateway.reporting.sums.flows import TRADES, Flow, sides
from gateway.reporting.sums.held import PARTS, Held, balances_of
from gateway.reporting.sums.segregation import segregation_table
from gateway.reporting.tables.figures import percent, roubles
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, Cells, Column, Table

THROUGH: Final = "intermediary"
DIRECT: Final = "direct"
STRANGER: Final = "stranger"
"""Of requests that name an account which is not the sender's: nobody's clients'."""
YES: Final = "yes"
Key = tuple[str, str]
"""Kind and name; the name is empty of what is held directly and of strangers."""


class Intermediaries(Part):
    """What the clients of each intermediary did and hold."""

    name = "intermediaries"
    title = "Intermediaries"
    purpose = "By intermediary: clients, orders, refusals, turnover, holdings kept apart, capital, exposure, limit."
    need = END
    kinds = (*TRADES, OrderAccepted, OrderRejected, RequestRejected)

    TITLE: Final = "Intermediaries"
    CLIENTS_TITLE: Final = "Clients by intermediary and class"
    REFUSALS_TITLE: Final = "Refusals by intermediary and rule, or code where no rule decided"
    TURNOVER_TITLE: Final = "Turnover by intermediary and instrument (both sides of each trade, corrections taken off)"
    HOLDINGS_TITLE: Final = "Holdings by intermediary and asset"
    COLUMNS: Final = (
        Column("kind"),
        Column("intermediary"),
        Column("licensed"),
        Column("suspended"),
        Column("bank"),
        Column("own_investor"),
        Column("investors", COUNT),
        Column("accounts", COUNT),
        Column("orders", COUNT, adds=True),
        Column("orders_refused", COUNT, adds=True),
        Column("requests_refused", COUNT, adds=True),
        Column("capital_rub", AMOUNT),
        Column("exposure_rub", AMOUNT),
        Column("exposure_limit_rub", AMOUNT),
        Column("limit_used_percent", PERCENT),
        Column("cover_needed_rub", AMOUNT),
        Column("of_capital_percent", PERCENT),
    )
    CLIENTS: Final = (
        Column("kind"),
        Column("intermediary"),
        Column("investor_class"),
        Column("investors", COUNT),
        Column("accounts", COUNT),
    )
    REFUSALS: Final = (
        Column("kind"),
        Column("intermediary"),
        Column("rule"),
        Column("code"),
        Column("orders", COUNT, adds=True),
        Column("requests", COUNT, adds=True),
    )
    TURNOVER: Final = (
        Column("kind"),
        Column("intermediary"),
        Column("instrument"),
        Column("bought_quantity", AMOUNT, adds=True),
        Column("sold_quantity", AMOUNT, adds=True),
        Column("bought", AMOUNT, adds=True),
        Column("sold", AMOUNT, adds=True),
        Column("turnover", AMOUNT, adds=True),
        Column("net_bought", AMOUNT, adds=True),
        Column("value_asset"),
    )
    HOLDINGS: Final = (Column("kind"), Column("intermediary"), Column("asset"), Column("accounts", COUNT), *PARTS)

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._orders: Final[Counter[Key]] = Counter()
        self._refusals: Final[dict[tuple[Key, str, str], list[int]]] = {}
        """By whose they are, rule and code: orders, and other requests."""
        self._flows: Final[dict[tuple[Key, str], Flow]] = {}
        self._held: Final[dict[tuple[Key, str], list[Held]]] = {}
        """One for each account that has some."""
        self._clients: Final[dict[tuple[Key, str], _Clients]] = {}
        self._stated: Final[dict[Key, Cells]] = {}
        """What is on record of each, and its capital, exposure and limit; those of no record are left out."""
        self._apart: Table | None = None
        """Clients' assets and the intermediary's own; None: the state is not known."""
        self._is_known = False

    # ── what happened ──────────────────────────────────────────────────────────────────────────────────────────────

    def event(self, step: Step, event: Event) -> None:
        """An order, a refusal or a trade."""
        if not self.frame.is_wanted:
            return
        if isinstance(event, OrderAccepted):
            self._orders[self._whose(event.account)] += 1
        elif isinstance(event, OrderRejected):
            whose = self._whose(event.account, event.report_seq == 0)
            self._orders[whose] += 1
            self._refused(whose, event.rule, event.code)[0] += 1
        elif isinstance(event, RequestRejected):
            whose = self._whose(event.account, event.report_seq == 0)
            self._refused(whose, event.rule, event.code)[1] += 1
        elif isinstance(event, TRADES):
            instrument = event.instrument
            for account, side, lots, ticks in sides(event):
                key = (self._whose(account), instrument)
                flow = self._flows.get(key)
                if flow is None:
                    flow = self._flows[key] = Flow()
                flow.add(side, lots, ticks)

    def _whose(self, account: str, is_stranger: bool = False) -> Key:
        holder = None if is_stranger else self.frame.reference.holders.get(account)
        if holder is None:
            return (STRANGER, "")
        return (THROUGH, holder.intermediary) if holder.intermediary else (DIRECT, "")

    def _refused(self, whose: Key, rule: str, code: int) -> list[int]:
        return self._refusals.setdefault((whose, rule, "" if rule else REJECT_CODES[code]), [0, 0])

    # ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """Read clients, balances, capital and exposure."""
        self._is_known = True
        for account, asset, balance, scale in balances_of(exchange):
            held = Held(scale)
            held.add(balance)
            self._held.setdefault((self._whose(account), asset), []).append(held)
        self._apart = segregation_table(exchange, self.frame.reference.formats)
        hook = exchange.hook
        if not isinstance(hook, ComplianceHook):
            return
        for client in hook.intake.registry.clients.values():
            through = client.intermediary_name
            key: Key = (THROUGH, through) if through else (DIRECT, "")
            found = self._clients.setdefault((key, class_name(client.investor.investor_class)), _Clients())
            found.accounts += 1
            found.investors[client.investor.investor] = None
        for intermediary in hook.intake.registry.intermediaries.values():
            self._stated[(THROUGH, intermediary.intermediary)] = _stated(hook.intake, intermediary)

    # ── as tables ──────────────────────────────────────────────────────────────────────────────────────────────────

    def tables(self) -> list[Table]:
        """Each with its record, then clients, refusals, turnover and holdings."""
        refusals: list[Cells] = [
            (*whose, rule, code, *counts) for (whose, rule, code), counts in sorted(self._refusals.items())
        ]
        found = [Table("intermediaries", self.TITLE, self.COLUMNS, self._rows())]
        if self._is_known:
            clients: list[Cells] = [
                (*whose, investor_class, len(each.investors), each.accounts)
                for (whose, investor_class), each in sorted(self._clients.items(), key=lambda item: item[0])
            ]
            found.append(Table("intermediary_clients", self.CLIENTS_TITLE, self.CLIENTS, clients))
        found.append(Table("intermediary_refusals", self.REFUSALS_TITLE, self.REFUSALS, refusals))
        found.append(Table("intermediary_turnover", self.TURNOVER_TITLE, self.TURNOVER, self._turnover()))
        if self._is_known:
            found.append(Table("intermediary_holdings", self.HOLDINGS_TITLE, self.HOLDINGS, self._holdings()))
        if self._apart is not None:
            found.append(self._apart)
        return found

    def _rows(self) -> list[Cells]:
        refused: dict[Key, list[int]] = {}
        for (whose, _, _), counts in self._refusals.items():
            sums = refused.setdefault(whose, [0, 0])
            sums[0] += counts[0]
            sums[1] += counts[1]
        clients: dict[Key, list[_Clients]] = {}
        for (whose, _), each in self._clients.items():
            clients.setdefault(whose, []).append(each)
        rows: list[Cells] = []
        for whose in sorted({*self._orders, *refused, *clients, *self._stated}):
            stated = self._stated.get(whose, ("", "", "", "", *[None] * 6))
            known = self._is_known and whose[0] != STRANGER
            investors = {name: None for each in clients.get(whose, ()) for name in each.investors}
            rows.append(
                (
                    *whose,
                    *stated[:4],
                    len(investors) if known else None,
                    sum(each.accounts for each in clients.get(whose, ())) if known else None,
                    self._orders[whose],
                    *refused.get(whose, (0, 0)),
                    *stated[4:],
                )
            )
        return rows

    def _turnover(self) -> list[Cells]:
        reference = self.frame.reference
        rows: list[Cells] = []
        for key in sorted(self._flows):
            whose, instrument = key
            flow = self._flows[key]
            figures = (*flow.quantities(reference, instrument), *flow.values(reference, instrument))
            rows.append((*whose, instrument, *figures, reference.instruments[instrument].quote))
        return rows

    def _holdings(self) -> list[Cells]:
        rows: list[Cells] = []
        for key in sorted(self._held):
            whose, asset = key
            together = Held(self._held[key][0].scale)
            for held in self._held[key]:
                together.add_all(held)
            rows.append((*whose, asset, len(self._held[key]), *together.amounts()))
        return rows


class _Clients:
    """Clients of one class."""

    def __init__(self) -> None:
        self.accounts = 0
        self.investors: Final[dict[str, None]] = {}


def _stated(intake: Intake, intermediary: Intermediary) -> Cells:
    """Licence, suspension, whether it is a bank; capital, exposure, limit and what of both is used (DER-2)."""
    exposure = intake.ledger.exposures.through(intermediary.intermediary)
    capital = intermediary.capital_rub
    rules = [] if intake.table is None else intake.table.rules
    cover = next((rule for rule in rules if isinstance(rule, IntermediaryCover)), None)
    limited: Cells = (None, None, None)
    if cover is not None:
        limited = (roubles(cover.limit), percent(exposure, cover.limit), roubles(cover.needed(exposure)))
    return (
        YES if intermediary.licensed else "",
        YES if intermediary.suspended else "",
        YES if intermediary.bank else "",
        intermediary.own_investor,
        f"{capital}.00",
        roubles(exposure),
        *limited,
        percent(exposure, capital * 100),
    )
