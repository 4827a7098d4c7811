"""Commands into records: registrations, authorisations, tests, acknowledgements, blocked owners, assets, rulebooks.

A command is refused as a whole, with words that say why, or carried out as a whole.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.calendar import moscow_day, moscow_year
from compliance.registry.classes import UNCLASSIFIED, class_name
from compliance.registry.listings import ROUBLE, ROUBLE_SCALE, AssetRecord, Listing
from compliance.registry.records import Authorisation, Client, Intermediary, Investor, Registry
from compliance.rulebook.format import Overrides, RulebookError, load_rulebook
from compliance.rulebook.wording import setting_text
from compliance.rules.table import RuleTable, override_problem
from compliance.rules.tiers import end_graces, put_in_tiers
from compliance.rules.transfers import FREEZE
from engine.state.hook import Outcome
from engine.state.listing import money_unit, name_problem
from engine.vocabulary.codes import COMPLIANCE, FIAT, FIRM, INVESTOR_KINDS
from engine.vocabulary.limits import DECIMALS, MAX_SUPPLY
from engine.vocabulary.messages.commands import (
    AddAsset,
    AuthoriseClient,
    Command,
    FreezeAsset,
    IssueAsset,
    ListInstrument,
    LoadRulebook,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RedeemAsset,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetParameter,
    UpdateAsset,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    Event,
    InvestorRegistered,
    ParameterChanged,
    RegistryChanged,
    RulebookLoaded,
)
from engine.vocabulary.problem import Problem

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
        if isinstance(command, AuthoriseClient):
            return self._authorise_client(command, time_ns)
        if isinstance(command, LoadRulebook):
            return self._load_rulebook(command, time_ns)
        if isinstance(command, SetParameter):
            return self._set_parameter(command, time_ns)
        if isinstance(command, AddAsset):
            return self._add_asset(command, time_ns)
        if isinstance(command, UpdateAsset):
            return self._update_asset(command, time_ns)
        if isinstance(command, ListInstrument):
            return self._list_instrument(command)
        if isinstance(command, (IssueAsset, RedeemAsset, Withdraw)):
            return self._move(command.account)
        if isinstance(command, FreezeAsset):
            return self._freeze(command)
        return _refused(f"compliance does not know the command {type(command).__name__}")

    def put_in_force(self, name: str, documents: dict[str, str], overrides: Overrides, time_ns: int) -> list[Event]:
        """Load a rulebook, with a supervisor's settings on top, and make everything anew that depends on it.

        Returns InvestorRegistered for each investor whose class it changed, then RegistryChanged for each asset whose
        tier it changed.

        Raises:
            RulebookError: it can't be used, and nothing changed.
        """
        return self._put_in_force(RuleTable(load_rulebook(name, documents, overrides)), time_ns)

    def _put_in_force(self, table: RuleTable, time_ns: int) -> list[Event]:
        self.table = table
        changed = [investor for investor in self.registry.investors.values() if self._classify(investor)]
        events: list[Event] = [_registered(investor) for investor in changed]
        events.extend(put_in_tiers(list(self.registry.assets.values()), table.tiers, time_ns))
        self.ledger.rebuild()
        self._refresh(list(self.registry.clients.values()))
        return events

    def day_ended(self, time_ns: int) -> Outcome:
        """At Moscow midnight: a recheck if something that lets orders pass ended with the day. O(investors + assets)."""
        if self.table is None:
            return Outcome([])
        day = moscow_day(time_ns)
        events = end_graces(list(self.registry.assets.values()), self.table.tiers, day)
        return Outcome(events, None, self.table.lapses(self.registry, day))

    def _load_rulebook(self, command: LoadRulebook, time_ns: int) -> Outcome:
        """Put a rulebook in force; what was set on top of the one before goes with it."""
        try:
            changes = self.put_in_force(command.name, command.documents, {}, time_ns)
        except RulebookError as error:
            return _refused(str(error))
        assert self.table is not None
        return Outcome([RulebookLoaded(command.name, self.table.book.digest), *changes], None, True)

    def _set_parameter(self, command: SetParameter, time_ns: int) -> Outcome:
        """Set one parameter on top of the rulebook in force, which is validated and put in force as a whole.

        A value that is in force is refused: whoever sets it is mistaken about what holds, and a change that changes
        nothing has no place in the history.
        """
        if self.table is None:
            return _refused("no rulebook is in force: load one first")
        if not command.reason.strip():
            return _refused("a parameter is changed for a reason: reason is missing")
        before, rule, key = self.table.book, command.rule, command.key
        overrides = dict(before.overrides)
        overrides[rule, key] = command.value
        try:
            table = RuleTable(load_rulebook(before.name, before.documents, overrides))
        except RulebookError as error:
            return _refused(str(error))
        old, new = setting_text(before.rules[rule], key), setting_text(table.book.rules[rule], key)
        if old == new:
            return _refused(f"{rule} {key} is {old} already")
        changes = self._put_in_force(table, time_ns)
        return Outcome([ParameterChanged(rule, key, old, new, command.reason, command.by), *changes], None, True)

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
        # A bank is a financial firm, whether the record says so twice or not.
        investor.financial = command.financial or command.bank
        investor.bank = command.bank
        investor.capital_rub = command.capital_rub
        # Only SetBlocked takes an owner off the list: a renewed record must not do it by leaving the field out.
        investor.blocked = investor.blocked or command.blocked
        investor.class_override = command.class_override
        investor.reason = command.reason
        investor.by = command.by
        if self._classify(investor) and investor.clients:
            self.ledger.rebuild()
        self._refresh(investor.clients)
        return Outcome([_registered(investor)], None, bool(investor.clients))

    def _register_intermediary(self, command: RegisterIntermediary) -> Outcome:
        unnamed = name_problem("intermediary", command.intermediary)
        if unnamed is not None:
            return _refused(unnamed.detail)
        problem = figure_problem("capital_rub", command.capital_rub)
        if problem:
            return _refused(problem)
        found = self.registry.intermediaries.get(command.intermediary)
        if found is None:
            found = Intermediary(command.intermediary)
            self.registry.intermediaries[command.intermediary] = found
        found.licensed = command.licensed
        found.licence = command.licence
        found.bank = command.bank
        found.suspended = command.suspended
        found.capital_rub = command.capital_rub
        found.reason = command.reason
        found.by = command.by
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
        if command.test == "knowledge" and self.table is not None and self.table.knowledge is not None:
            problem = self.table.knowledge.retest_problem(test, command.taken_ns)
            if problem:
                return _refused(problem)
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

    def _authorise_client(self, command: AuthoriseClient, time_ns: int) -> Outcome:
        """Authorise an investor for a Moscow year, the current one or the next, or withdraw that."""
        name, year = command.intermediary, command.year
        investor = self.registry.investors.get(command.investor)
        if investor is None:
            return _refused(f"investor {command.investor} is not registered")
        if name not in self.registry.intermediaries:
            return _refused(f"intermediary {name} is not registered")
        this_year = moscow_year(time_ns)
        if not this_year <= year <= this_year + 1:
            return _refused(f"year must be {this_year} or {this_year + 1}")
        first = investor.authorisations.get(year)
        if command.authorised:
            if first is not None and first.intermediary != name and not self._may_leave(first.intermediary):
                taken = f"{investor.investor} was authorised through {first.intermediary} for {year}"
                return _refused(f"RET-4: {taken}: one intermediary in a year")
            investor.authorisations[year] = Authorisation(name)
        elif investor.authorised_through(year) != name:
            return _refused(f"{investor.investor} is not authorised through {name} for {year}")
        else:
            investor.authorisations[year].stands = False
        detail = f"{name} {year}" if command.authorised else f"{name} {year} withdrawn"
        return _changed("authorisation", investor.investor, detail, bool(investor.clients))

    def _may_leave(self, intermediary: str) -> bool:
        """Whether an intermediary is barred and RET-4 in force lets its clients choose another."""
        rule = None if self.table is None else self.table.one_intermediary
        return rule is not None and rule.may_leave(self.registry, intermediary)

    def _add_asset(self, command: AddAsset, time_ns: int) -> Outcome:
        if command.asset == ROUBLE and (command.scale != ROUBLE_SCALE or command.kind != FIAT):
            return _refused(f"{ROUBLE} must be fiat with scale {ROUBLE_SCALE}: caps and limits are in kopecks")
        problem = _liquidity_problem(command.market_cap_rub, command.turnover_rub, command.history_years)
        if problem:
            return _refused(problem)
        asset = AssetRecord(
            command.asset,
            command.kind,
            command.scale,
            command.privacy,
            command.market_cap_rub,
            command.turnover_rub,
            command.history_years,
        )
        self.registry.assets[command.asset] = asset
        # The tier it begins in is no change to report.
        put_in_tiers([asset], None if self.table is None else self.table.tiers, time_ns)
        return Outcome([])

    def _update_asset(self, command: UpdateAsset, time_ns: int) -> Outcome:
        """Replace an asset's figures; its tier follows."""
        asset = self.registry.assets.get(command.asset)
        if asset is None:
            return _refused(f"unknown asset {command.asset}")
        problem = _liquidity_problem(command.market_cap_rub, command.turnover_rub, command.history_years)
        if problem:
            return _refused(problem)
        asset.market_cap_rub = command.market_cap_rub
        asset.turnover_rub = command.turnover_rub
        asset.history_years = command.history_years
        figures = (
            f"capitalisation {asset.market_cap_rub} RUB, turnover {asset.turnover_rub} RUB, {asset.history_years} years"
        )
        events: list[Event] = [RegistryChanged("asset", asset.asset, figures)]
        if self.table is not None:
            events.extend(put_in_tiers([asset], self.table.tiers, time_ns))
            self.table.forget_decisions()
        # Only another tier can forbid what rests.
        return Outcome(events, None, len(events) > 1)

    def _list_instrument(self, command: ListInstrument) -> Outcome:
        base, quote = self.registry.assets[command.base], self.registry.assets[command.quote]
        unit = money_unit(command, quote.scale)
        assert unit > 0, "the core lists no instrument whose notional would be rounded"
        lot_base = command.lot_e8 * 10**base.scale // 10**DECIMALS
        listing = Listing(command.instrument, command.kind, base, quote, unit, lot_base)
        listing.last_ticks = command.reference_price_e8 // command.tick_e8
        self.registry.add_listing(listing)
        return Outcome([])

    def _move(self, account: str) -> Outcome:
        """Look at the owner of an account to which something is issued, or from which it is redeemed or withdrawn."""
        investor = self.registry.clients[account].investor
        problem = "" if self.table is None else self.table.transfers.owner_problem(investor)
        return _refused(problem) if problem else Outcome([])

    def _freeze(self, command: FreezeAsset) -> Outcome:
        if not command.share_ppm:
            # Whatever the book says now, what was frozen under another can be let go.
            return Outcome([])
        if self.table is None:
            return _refused("no rulebook is in force: nothing can be frozen")
        problem = self.table.transfers.freeze_problem(self.registry.assets[command.asset])
        return _refused(problem) if problem else Outcome([], None, False, FREEZE)


def investor_problem(command: RegisterInvestor) -> str:
    """Why an investor can't be registered so; empty if it can."""
    unnamed = name_problem("investor", command.investor)
    if unnamed is not None:
        return unnamed.detail
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
    if command.bank and command.kind != FIRM:
        return "bank: only a firm can be one"
    return override_problem(command.kind, command.class_override, command.reason) if command.class_override else ""


def figure_problem(name: str, figure: int) -> str:
    """Why a figure can't be kept; empty if it can. What a record holds stays within 64 bits, as money does."""
    return "" if 0 <= figure <= MAX_SUPPLY else f"{name} must not be negative, nor above {MAX_SUPPLY}"


def _liquidity_problem(market_cap_rub: int, turnover_rub: int, history_years: int) -> str:
    """Why an asset can't have these figures; empty if it can."""
    return (
        figure_problem("market_cap_rub", market_cap_rub)
        or figure_problem("turnover_rub", turnover_rub)
        or figure_problem("history_years", history_years)
    )


def _refused(why: str) -> Outcome:
    return Outcome([], Problem(COMPLIANCE, why))


def _registered(investor: Investor) -> InvestorRegistered:
    return InvestorRegistered(investor.investor, class_name(investor.investor_class))


def _changed(what: str, key: str, detail: str, recheck: bool) -> Outcome:
    events: list[Event] = [RegistryChanged(what, key, detail)]
    return Outcome(events, None, recheck)
