"""Commands into records: registrations, tests, acknowledgements, the list of blocked owners, rulebooks.

A command is refused as a whole, with words that say why, or carried out as a whole.
"""

from __future__ import annotations

from typing import Final

from compliance.classes import UNCLASSIFIED, class_name
from compliance.ledger import Ledger
from compliance.listings import ROUBLE, ROUBLE_SCALE, AssetRecord, Listing
from compliance.registry import Client, Intermediary, Investor, Registry
from compliance.rulebook import RulebookError, load_rulebook
from compliance.rules import RuleTable, override_problem
from engine.codes import FIAT, INVESTOR_KINDS
from engine.commands import (
    AddAsset,
    Command,
    ListInstrument,
    LoadRulebook,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
)
from engine.configuration import money_unit, name_problem
from engine.events import Event, InvestorRegistered, RegistryChanged, RulebookLoaded
from engine.hook import Outcome
from engine.limits import DECIMALS, MAX_SUPPLY

TESTS: Final = ("knowledge", "risk")


class Intake:
    """The records, the ledger and the rules in force, and the commands that change them."""

    def __init__(self) -> None:
        self.registry: Final = Registry()
        self.ledger: Final = Ledger(self.registry)
        self.table: RuleTable | None = None
        """The rules in force; None before the first rulebook."""

    def apply(self, command: Command, time_ns: int) -> Outcome:
        """Take note of a configuration command, or carry out a compliance command, at a time in nanoseconds, UTC."""
        if isinstance(command, RegisterInvestor):
            return self._register_investor(command)
        if isinstance(command, OpenAccount):
            return self._open_account(command)
        if isinstance(command, RecordTest):
            return self._record_test(command, time_ns)
        if isinstance(command, RecordAcknowledgement):
            return self._record_acknowledgement(command)
        if isinstance(command, SetBlocked):
            return self._set_blocked(command)
        if isinstance(command, RegisterIntermediary):
            return self._register_intermediary(command)
        if isinstance(command, LoadRulebook):
            return self._load_rulebook(command)
        if isinstance(command, AddAsset):
            return self._add_asset(command)
        if isinstance(command, ListInstrument):
            return self._list_instrument(command)
        return _refused(f"compliance does not know the command {type(command).__name__}")

    def put_in_force(self, name: str, documents: dict[str, str]) -> list[Investor]:
        """Load a rulebook and make everything anew that depends on it; the investors whose class it changed.

        Raises:
            RulebookError: it can't be used, and nothing changed.
        """
        table = RuleTable(load_rulebook(name, documents))
        self.table = table
        changed = [investor for investor in self.registry.investors.values() if self._classify(investor)]
        self.ledger.rebuild()
        self._refresh(list(self.registry.clients.values()))
        return changed

    def _load_rulebook(self, command: LoadRulebook) -> Outcome:
        try:
            changed = self.put_in_force(command.name, command.documents)
        except RulebookError as error:
            return _refused(str(error))
        assert self.table is not None
        events: list[Event] = [RulebookLoaded(command.name, self.table.book.digest)]
        events.extend([_registered(investor) for investor in changed])
        return Outcome(events, "", True)

    def _classify(self, investor: Investor) -> bool:
        """Put an investor in the class of the evidence; whether that changed it."""
        investor_class = UNCLASSIFIED if self.table is None else self.table.classify(investor)
        changed = investor_class != investor.investor_class
        investor.put_in_class(investor_class)
        return changed

    def _refresh(self, clients: list[Client]) -> None:
        """Give clients the decisions of what they are now."""
        if self.table is not None:
            for client in clients:
                client.decisions = self.table.decisions(client)

    def _register_investor(self, command: RegisterInvestor) -> Outcome:
        problem = investor_problem(command)
        if problem:
            return _refused(problem)
        investor = self.registry.investors.get(command.investor)
        if investor is None:
            investor = Investor(command.investor)
            self.registry.investors[command.investor] = investor
        investor.kind = command.kind
        investor.resident = command.resident
        investor.assets_rub = command.assets_rub
        investor.income_rub = command.income_rub
        investor.financial = command.financial
        investor.capital_rub = command.capital_rub
        investor.bank = command.bank
        # Only SetBlocked takes an owner off the list: a renewed record must not do it by leaving the field out.
        investor.blocked = investor.blocked or command.blocked
        investor.class_override = command.class_override
        investor.reason = command.reason
        if self._classify(investor) and investor.clients:
            self.ledger.rebuild()
        self._refresh(investor.clients)
        return Outcome([_registered(investor)], "", bool(investor.clients))

    def _register_intermediary(self, command: RegisterIntermediary) -> Outcome:
        problem = name_problem("intermediary", command.intermediary)
        if problem:
            return _refused(problem)
        problem = figure_problem("capital_rub", command.capital_rub)
        if problem:
            return _refused(problem)
        found = self.registry.intermediaries.get(command.intermediary)
        if found is None:
            found = Intermediary(command.intermediary)
            self.registry.intermediaries[command.intermediary] = found
        found.licensed = command.licensed
        found.suspended = command.suspended
        found.capital_rub = command.capital_rub
        found.bank = command.bank
        found.reason = command.reason
        self._refresh(found.clients)
        licence = "licensed" if found.licensed else "unlicensed"
        detail = f"{licence}, suspended" if found.suspended else licence
        return _changed("intermediary", found.intermediary, detail, bool(found.clients))

    def _open_account(self, command: OpenAccount) -> Outcome:
        investor = self.registry.investors.get(command.investor)
        if investor is None:
            return _refused(f"investor {command.investor} is not registered: register it first")
        intermediary: Intermediary | None = None
        if command.intermediary:
            intermediary = self.registry.intermediaries.get(command.intermediary)
            if intermediary is None:
                return _refused(f"intermediary {command.intermediary} is not registered: register it first")
        self._refresh([self.registry.open_client(command.account, investor, intermediary)])
        return Outcome([])

    def _record_test(self, command: RecordTest, time_ns: int) -> Outcome:
        investor = self.registry.investors.get(command.investor)
        if investor is None:
            return _refused(f"investor {command.investor} is not registered")
        if command.test not in TESTS:
            return _refused(f"unknown test {command.test}; known: {', '.join(TESTS)}")
        if not 0 <= command.score <= 100:
            return _refused("score must be 0 to 100 percent")
        if not 0 < command.taken_ns <= time_ns:
            return _refused("taken_ns must be a time that has passed")
        test = investor.knowledge if command.test == "knowledge" else investor.risk
        if test.score >= 0 and command.taken_ns < test.taken_ns:
            return _refused(f"a later result of the {command.test} test is on record")
        test.score = command.score
        test.taken_ns = command.taken_ns
        detail = f"{command.test} test {command.score} %"
        return _changed("test", investor.investor, detail, bool(investor.clients))

    def _record_acknowledgement(self, command: RecordAcknowledgement) -> Outcome:
        investor = self.registry.investors.get(command.investor)
        if investor is None:
            return _refused(f"investor {command.investor} is not registered")
        if not 1 <= command.version <= MAX_SUPPLY:
            return _refused(f"version must be from 1 to {MAX_SUPPLY}")
        # An acknowledgement can't be taken back, so nothing that rests can become forbidden by one.
        investor.acknowledged_version = max(investor.acknowledged_version, command.version)
        self._refresh(investor.clients)
        return _changed("acknowledgement", investor.investor, f"version {command.version}", False)

    def _set_blocked(self, command: SetBlocked) -> Outcome:
        investor = self.registry.investors.get(command.investor)
        if investor is None:
            return _refused(f"investor {command.investor} is not registered")
        investor.blocked = command.blocked
        self._refresh(investor.clients)
        detail = "blocked" if command.blocked else "not blocked"
        return _changed("blocked", investor.investor, detail, bool(investor.clients))

    def _add_asset(self, command: AddAsset) -> Outcome:
        if command.asset == ROUBLE and (command.scale != ROUBLE_SCALE or command.kind != FIAT):
            return _refused(f"{ROUBLE} must be fiat with scale {ROUBLE_SCALE}: caps and limits are in kopecks")
        for name, figure in (
            ("market_cap_rub", command.market_cap_rub),
            ("turnover_rub", command.turnover_rub),
            ("history_years", command.history_years),
        ):
            problem = figure_problem(name, figure)
            if problem:
                return _refused(problem)
        self.registry.assets[command.asset] = AssetRecord(
            command.asset,
            command.kind,
            command.scale,
            command.privacy,
            command.market_cap_rub,
            command.turnover_rub,
            command.history_years,
        )
        return Outcome([])

    def _list_instrument(self, command: ListInstrument) -> Outcome:
        base, quote = self.registry.assets[command.base], self.registry.assets[command.quote]
        unit = money_unit(command, quote.scale)
        assert unit > 0, "the core lists no instrument whose notional would be rounded"
        lot_base = command.lot_e8 * 10**base.scale // 10**DECIMALS
        listing = Listing(command.instrument, command.kind, base, quote, unit, lot_base)
        listing.last_ticks = command.reference_price_e8 // command.tick_e8
        self.registry.add_listing(listing)
        return Outcome([])


def investor_problem(command: RegisterInvestor) -> str:
    """Why an investor can't be registered so; empty if it can."""
    problem = name_problem("investor", command.investor)
    if problem:
        return problem
    if not 0 <= command.kind < len(INVESTOR_KINDS):
        return "unknown kind of investor"
    for name, figure in (
        ("assets_rub", command.assets_rub),
        ("income_rub", command.income_rub),
        ("capital_rub", command.capital_rub),
    ):
        problem = figure_problem(name, figure)
        if problem:
            return problem
    return override_problem(command.kind, command.class_override, command.reason) if command.class_override else ""


def figure_problem(name: str, figure: int) -> str:
    """Why a figure can't be kept; empty if it can. What a record holds stays within 64 bits, as money does."""
    return "" if 0 <= figure <= MAX_SUPPLY else f"{name} must not be negative, nor above {MAX_SUPPLY}"


def _refused(why: str) -> Outcome:
    return Outcome([], why)


def _registered(investor: Investor) -> InvestorRegistered:
    return InvestorRegistered(investor.investor, class_name(investor.investor_class))


def _changed(what: str, key: str, detail: str, recheck: bool) -> Outcome:
    events: list[Event] = [RegistryChanged(what, key, detail)]
    return Outcome(events, "", recheck)
