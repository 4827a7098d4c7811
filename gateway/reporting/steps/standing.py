"""Where investors stand: caps, exposures and balances, read from the state after a replay.

The one place that knows how the compliance ledger and the core keep them. Cap usage is read from the ledger and not counted
again from the trades: what counts for the cap follows from class, rulebook and their changes, and the ledger is what decided.
"""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from compliance.intake import Intake
from compliance.registry.calendar import moscow_year
from compliance.registry.classes import class_name
from compliance.rules.ret_1 import AnnualCap
from engine.exchange import Exchange
from gateway.core import capacity_multiple


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

    def __init__(self, kind: str, name: str, held: int, reserved: int, *, through: bool = False) -> None:
        self.kind: Final = kind
        self.name: Final = name
        self.through: Final = through
        """Whether it is that of an intermediary's clients."""
        self.held: Final = held
        self.reserved: Final = reserved


class Standing:
    """Caps and exposures at one time."""

    def __init__(
        self,
        *,
        year: int,
        cap_kopecks: int | None,
        cap_scope: str,
        usages: list[CapUsage],
        exposures: list[Exposure],
        capacity_multiple: int | None,
    ) -> None:
        self.year: Final = year
        """The Moscow year."""
        self.cap_kopecks: Final = cap_kopecks
        """None: no cap is in force."""
        self.cap_scope: Final = cap_scope
        self.usages: Final = usages
        """Of every registered retail investor, in order of registration; those who bought nothing too."""
        self.exposures: Final = exposures
        """Those that are not zero: investors first, then intermediaries, then those of the two that are banks."""
        self.capacity_multiple: Final = capacity_multiple
        """Of OPS-2; None: it is not in force."""


def read_standing(exchange: Exchange) -> Standing | None:
    """Read the state of an exchange behind the compliance rules; None before a rulebook is in force."""
    hook = exchange.hook
    assert isinstance(hook, ComplianceHook)
    intake = hook.intake
    if intake.table is None:
        return None
    rule = intake.table.rulebook.active("RET-1")
    cap = None if rule is None else rule.parameters.number("retail_cap_rub")
    scope = "" if rule is None else rule.parameters.word("cap_scope")
    usages = _usages(intake, exchange.time_ns)
    return Standing(
        year=moscow_year(exchange.time_ns),
        cap_kopecks=cap,
        cap_scope=scope,
        usages=usages,
        exposures=_exposures(intake),
        capacity_multiple=capacity_multiple(exchange),
    )


def _usages(intake: Intake, time_ns: int) -> list[CapUsage]:
    table = intake.table
    caps = [] if table is None else [rule for rule in table.rules if isinstance(rule, AnnualCap)]
    usages = []
    for cap in caps:
        for investor in intake.registry.investors.values():
            if not investor.retail:
                continue
            sums = intake.ledger.investors.get(investor.investor)
            used = reserved = 0
            if sums is not None:
                scopes: list[str | None] = [None] if cap.aggregate else list(sums.by_intermediary)
                found = [cap.usage(intake.ledger, sums, time_ns, name) for name in scopes]
                used, reserved = max(found, default=(0, 0))
            usages.append(CapUsage(investor.investor, class_name(investor.investor_class), used, reserved))
    return usages


def _exposures(intake: Intake) -> list[Exposure]:
    """Entry values of positions, and what open orders could add, by the sums that the rules compare."""
    ledger, held = intake.ledger.exposures, _entry_values(intake)
    found: list[Exposure] = []
    for kind, sums in (("investor", ledger.by_investor), ("intermediary", ledger.by_intermediary)):
        for name, exposure in sums.items():
            if exposure:
                known = held.get((kind, name), 0)
                is_bank = _is_bank(intake, kind, name)
                through = kind == "intermediary"
                found.append(Exposure("bank" if is_bank else kind, name, known, exposure - known, through=through))
    order = ["investor", "intermediary", "bank"]
    return sorted(found, key=lambda each: order.index(each.kind))


def _entry_values(intake: Intake) -> dict[tuple[str, str], int]:
    """What positions are worth at entry, by (`investor` or `intermediary`, name)."""
    held: dict[tuple[str, str], int] = {}
    for by_instrument in intake.ledger.exposures.positions.values():
        for position in by_instrument.values():
            if not position.listing.exposed:
                # A future priced in another asset than RUB is no part of the sums.
                continue
            client = position.client
            for key in (("investor", client.investor.investor), ("intermediary", client.intermediary_name)):
                held[key] = held.get(key, 0) + position.value
    return held


def _is_bank(intake: Intake, kind: str, name: str) -> bool:
    registry = intake.registry
    return registry.investors[name].bank if kind == "investor" else registry.intermediaries[name].bank


def balances(exchange: Exchange) -> dict[tuple[str, str], int]:
    """What every account has of every asset, frozen or not, by (account, asset) in minor units; zeros left out."""
    names = list(exchange.assets)
    found: dict[tuple[str, str], int] = {}
    for account in exchange.accounts.values():
        for place, balance in account.balances.items():
            if balance.owned:
                found[(account.account, names[place])] = balance.owned
    return found


def collected_fees(exchange: Exchange) -> dict[str, int]:
    """The venue's own balance of every asset, in minor units; zeros left out."""
    return {name: asset.fees for name, asset in exchange.assets.items() if asset.fees}
