"""Where investors stand: caps, exposures and balances, read from the state after a replay.

The one place that knows how the compliance ledger and the core keep them. Cap usage is read from the ledger and not counted
again from the trades: what counts for the cap follows from class, rulebook and their changes, and the ledger is what decided.
"""

from __future__ import annotations

from typing import Final

from compliance.calendar import moscow_year
from compliance.classes import class_name
from compliance.hook import ComplianceHook
from compliance.intake import Intake
from engine.exchange import Exchange
from engine.orders import Balance


class CapUsage:
    """What one retail investor has used of the annual cap (RET-1), in kopecks."""

    def __init__(self, investor: str, investor_class: str, used: int, reserved: int) -> None:
        self.investor: Final = investor
        self.investor_class: Final = investor_class
        self.used: Final = used
        """Bought in the window of the cap; where the cap is per intermediary, through the one most was bought through."""
        self.reserved: Final = reserved
        """What open buy orders can still cost, in the same scope."""


class Exposure:
    """The exposure of one investor, intermediary or bank in derivatives and securities on crypto prices, in kopecks."""

    def __init__(self, kind: str, name: str, held: int, reserved: int) -> None:
        self.kind: Final = kind
        self.name: Final = name
        self.held: Final = held
        self.reserved: Final = reserved


class Standing:
    """Caps and exposures at one time."""

    def __init__(
        self,
        year: int,
        titles: dict[str, str],
        cap_kopecks: int | None,
        cap_scope: str,
        usages: list[CapUsage],
        exposures: list[Exposure],
    ) -> None:
        self.year: Final = year
        """The Moscow year."""
        self.titles: Final = titles
        """Of every rule of the rulebook in force."""
        self.cap_kopecks: Final = cap_kopecks
        """None: no cap is in force."""
        self.cap_scope: Final = cap_scope
        self.usages: Final = usages
        """Of every registered retail investor, in order of registration; those who bought nothing too."""
        self.exposures: Final = exposures
        """Those that are not zero: investors first, then intermediaries, then banks."""


def read_standing(exchange: Exchange) -> Standing | None:
    """Read the state of an exchange behind the compliance rules; None before a rulebook is in force."""
    hook = exchange.hook
    assert isinstance(hook, ComplianceHook)
    intake = hook.intake
    if intake.table is None:
        return None
    year = moscow_year(exchange.time_ns)
    rule = intake.table.book.active("RET-1")
    cap = None if rule is None else rule.parameters.number("retail_cap_rub")
    scope = "" if rule is None else rule.parameters.word("cap_scope")
    usages = [] if cap is None else _usages(intake, year, scope)
    titles = {name: data.title for name, data in intake.table.book.rules.items()}
    return Standing(year, titles, cap, scope, usages, _exposures(intake))


def _usages(intake: Intake, year: int, scope: str) -> list[CapUsage]:
    usages = []
    for investor in intake.registry.investors.values():
        if not investor.retail:
            continue
        sums = intake.ledger.investors.get(investor.investor)
        used = reserved = 0
        if sums is not None:
            scopes: list[str | None] = [None] if scope == "aggregate" else list(sums.by_intermediary)
            used, reserved = max([(sums.used(year, name), sums.reserved(name)) for name in scopes], default=(0, 0))
        usages.append(CapUsage(investor.investor, class_name(investor.investor_class), used, reserved))
    return usages


def _exposures(intake: Intake) -> list[Exposure]:
    found = []
    for name, sums in intake.ledger.investors.items():
        if sums.held() or sums.exposure_reserved:
            found.append(Exposure("investor", name, sums.held(), sums.exposure_reserved))
    return found


def balances(exchange: Exchange) -> dict[tuple[str, str], int]:
    """What every account has of every asset, available or not, by (account, asset) in minor units; zeros left out."""
    names = list(exchange.assets)
    found: dict[tuple[str, str], int] = {}
    for account in exchange.accounts.values():
        for index, balance in account.balances.items():
            total = _total(balance)
            if total:
                found[(account.account, names[index])] = total
    return found


def collected_fees(exchange: Exchange) -> dict[str, int]:
    """The venue's own balance of every asset, in minor units; zeros left out."""
    return {name: asset.fees for name, asset in exchange.assets.items() if asset.fees}


def _total(balance: Balance) -> int:
    return balance.available + balance.reserved
