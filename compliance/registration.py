"""Commands into records: registrations, authorisations, tests, blocked owners, assets; and who else carries out a command.

A command is refused as a whole, with words that say why, or carried out as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from compliance.cases import add_evidence, suspect
from compliance.custody import account_problem, own_investor_problem, set_custody
from compliance.disclosures import publish_disclosure
from compliance.doors import arrest, deposit, freeze, issue, lift_arrest, take_out
from compliance.identity import about, identify, identity_problem, on_record
from compliance.intake import Intake, class_event
from compliance.investors import changed_investor, figure_problem, investor_problem, take_over
from compliance.outcomes import changed as _changed
from compliance.outcomes import problem as _problem
from compliance.outcomes import refused as _refused
from compliance.papers import publish_warning, record_acknowledgement, register_contract
from compliance.putting_in_force import put_in_force
from compliance.registry.calendar import moscow_year
from compliance.registry.listings import ROUBLE, ROUBLE_SCALE, AssetRecord, Listing
from compliance.registry.records import KNOWLEDGE, RISK, Authorisation, Client, Intermediary, Investor
from compliance.rules.suit_1 import PRODUCTS
from compliance.rules.tiers import put_in_tiers
from engine.book.assets import Asset
from engine.book.entities import Instrument
from engine.state.hook import Outcome
from engine.state.listing import name_problem
from engine.vocabulary.codes import FIAT
from engine.vocabulary.messages.commands import (
    AddAsset,
    AddEvidence,
    Arrest,
    AuthoriseClient,
    Command,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    ListInstrument,
    LoadRulebook,
    OpenAccount,
    OpenCase,
    PublishDisclosure,
    PublishWarning,
    RaiseAlert,
    RecordAcknowledgement,
    RecordTest,
    RedeemAsset,
    RegisterContract,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetCustody,
    SetParameter,
    UpdateAsset,
    Withdraw,
)
from engine.vocabulary.messages.events import Event, RegistryChanged
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said, listed, said
from engine.vocabulary.stated import stated, stated_flag, stated_text

TESTS: Final = (KNOWLEDGE, RISK, *PRODUCTS)


def _register_investor(intake: Intake, command: RegisterInvestor, time_ns: int) -> Outcome:
    investor = intake.registry.investors.get(command.investor)
    known = investor or Investor(command.investor)
    after = changed_investor(command, known)
    problem = investor_problem(after)
    if problem is None and known.blocked and command.blocked is False:
        problem = said("investor.blocked", command.investor)
    if problem is None and command.class_override and not command.reason.strip():
        problem = said("class.reason")
    problem = problem or identity_problem(intake, command, known)
    if problem is not None:
        return _refused(problem)
    if investor is None:
        investor = intake.registry.investors[command.investor] = known
    regrouped = investor.financial != after.financial
    take_over(investor, after)
    says_who = (
        bool(command.identity_keys) or command.owner_keys is not None or (command.replace and len(investor.owners) > 0)
    )
    links = identify(intake, command, investor)
    intake.registry.note_financial(investor)
    regrouped = intake.classify(investor) or regrouped
    if regrouped and investor.clients:
        intake.ledger.rebuild()
    events: list[Event] = [class_event(investor)]
    if says_who:
        found = on_record(investor)
        events.append(RegistryChanged("identity", investor.investor, "", found.template, found.values))
    # Two persons who turn out to be one may have an owner of other firms be a blocked one.
    concerned = _clients_of(list(about(investor).values()) if says_who else investor.with_firms)
    intake.refresh(concerned)
    return Outcome(events, None, intake.recheck(concerned), links=links)


def _clients_of(investors: list[Investor]) -> list[Client]:
    return [client for each in investors for client in each.clients]


def _register_intermediary(intake: Intake, command: RegisterIntermediary, time_ns: int) -> Outcome:
    unnamed = name_problem("intermediary", command.intermediary)
    if unnamed is not None:
        return _refused(unnamed.said)
    found = intake.registry.intermediaries.get(command.intermediary)
    before = Intermediary(command.intermediary) if found is None or command.replace else found
    capital_rub = stated(command.capital_rub, before.capital_rub)
    own_investor = stated_text(command.own_investor, before.own_investor)
    problem = figure_problem("capital_rub", capital_rub) or own_investor_problem(
        intake, found, command.intermediary, own_investor
    )
    if problem is not None:
        return _refused(problem)
    if found is None:
        found = intake.registry.intermediaries[command.intermediary] = before
    found.licensed = stated_flag(command.licensed, before.licensed)
    found.licence = stated_text(command.licence, before.licence)
    found.bank = stated_flag(command.bank, before.bank)
    found.suspended = stated_flag(command.suspended, before.suspended)
    found.capital_rub = capital_rub
    found.own_investor = own_investor
    found.reason = command.reason
    found.by = command.by
    intake.refresh(found.clients)
    how = said("intermediary.licensed") if found.licensed else said("intermediary.unlicensed")
    if found.suspended:
        how = said("intermediary.suspended", how)
    # All accounts of who has one there: whether an intermediary may be left matters to the others (RET-4).
    owners = {client.investor.investor: client.investor for client in found.clients}
    concerned = [client for owner in owners.values() for client in owner.clients]
    return _changed("intermediary", found.intermediary, how, intake.recheck(concerned))


def _open_account(intake: Intake, command: OpenAccount, time_ns: int) -> Outcome:
    investor = intake.registry.investors.get(command.investor)
    if investor is None:
        return _refused(said("investor.register_first", command.investor))
    intermediary: Intermediary | None = None
    if command.intermediary:
        intermediary = intake.registry.intermediaries.get(command.intermediary)
        if intermediary is None:
            return _refused(said("intermediary.register_first", command.intermediary))
    problem = account_problem(intake, investor, intermediary, command.custody)
    if problem is not None:
        return _refused(problem)
    client = intake.registry.open_client(command.account, investor, intermediary)
    client.custody = command.custody
    intake.refresh([client])
    return Outcome([])


def _record_test(intake: Intake, command: RecordTest, time_ns: int) -> Outcome:
    investor = intake.registry.investors.get(command.investor)
    if investor is None:
        return _refused(said("investor.unregistered", command.investor))
    if command.test not in TESTS:
        return _refused(said("test.unknown", command.test, listed(TESTS)))
    if not 0 <= command.score <= 100:
        return _refused(said("test.score"))
    if not 0 < command.taken_ns <= time_ns:
        return _refused(said("test.taken"))
    test = investor.test(command.test)
    if test.score >= 0 and command.taken_ns < test.taken_ns:
        return _refused(said("test.later", command.test))
    if command.test == KNOWLEDGE and intake.table is not None and intake.table.knowledge is not None:
        problem = intake.table.knowledge.retest_problem(test, command.taken_ns)
        if problem is not None:
            return _refused(problem)
    if command.test in PRODUCTS:
        investor.products[command.test] = test
    test.score = command.score
    test.taken_ns = command.taken_ns
    how = said("test.result", command.test, command.score)
    return _changed("test", investor.investor, how, intake.recheck(investor.clients))


def _set_blocked(intake: Intake, command: SetBlocked, time_ns: int) -> Outcome:
    investor = intake.registry.investors.get(command.investor)
    if investor is None:
        return _refused(said("investor.unregistered", command.investor))
    investor.blocked = command.blocked
    # What blocks an owner blocks the firms that name it.
    clients = _clients_of(investor.with_firms)
    intake.refresh(clients)
    how = said("investor.listed") if command.blocked else said("investor.not_listed")
    return _changed("blocked", investor.investor, how, intake.recheck(clients))


def _authorise_client(intake: Intake, command: AuthoriseClient, time_ns: int) -> Outcome:
    """Authorise an investor for a Moscow year, the current one or the next, or withdraw that."""
    name, year = command.intermediary, command.year
    investor = intake.registry.investors.get(command.investor)
    if investor is None:
        return _refused(said("investor.unregistered", command.investor))
    if name not in intake.registry.intermediaries:
        return _refused(said("intermediary.unregistered", name))
    this_year = moscow_year(time_ns)
    if not this_year <= year <= this_year + 1:
        return _refused(said("authorisation.year", this_year, this_year + 1))
    first = investor.authorisations.get(year)
    if command.authorised:
        bought = _bought_elsewhere(intake, investor, name, year)
        if bought is not None:
            return _refused(bought)
        if first is not None and first.intermediary != name and not _may_leave(intake, first.intermediary):
            return _refused(said("RET-4.taken", investor.investor, first.intermediary, year))
        investor.authorisations[year] = Authorisation(name)
    elif investor.authorised_through(year) != name:
        return _refused(said("authorisation.none", investor.investor, name, year))
    else:
        investor.authorisations[year].stands = False
    how = said("authorisation.given", name, year) if command.authorised else said("authorisation.withdrawn", name, year)
    return _changed("authorisation", investor.investor, how, intake.recheck(investor.clients))


def _bought_elsewhere(intake: Intake, investor: Investor, name: str, year: int) -> Said | None:
    """That purchases of a year bind a retail investor to another intermediary than one, under RET-4; None: they don't."""
    rule = None if intake.table is None else intake.table.one_intermediary
    sums = intake.ledger.investors.get(investor.investor)
    if rule is None or not investor.retail or sums is None or sums.bound.year != year:
        return None
    bound = sums.bound.name
    if bound == name or rule.may_leave(intake.registry, bound):
        return None
    if not bound:
        return said("RET-4.bought_directly", investor.investor, year)
    return said("RET-4.bought", investor.investor, year, bound)


def _may_leave(intake: Intake, intermediary: str) -> bool:
    """Whether an intermediary is barred and RET-4 in force lets its clients choose another."""
    rule = None if intake.table is None else intake.table.one_intermediary
    return rule is not None and rule.may_leave(intake.registry, intermediary)


def add_asset(intake: Intake, asset: Asset, command: AddAsset, time_ns: int) -> Problem | None:
    """Take note of an asset that the core is about to add, or say why it may not."""
    if asset.asset == ROUBLE and (asset.scale != ROUBLE_SCALE or asset.kind != FIAT):
        return _problem(said("asset.rouble", ROUBLE, ROUBLE_SCALE))
    unfit = _liquidity_problem(command.market_cap_rub, command.turnover_rub, command.history_years)
    if unfit is not None:
        return _problem(unfit)
    for each in intake.registry.assets.values():
        if each.core.follows == asset.asset:
            return _problem(said("asset.followed_word", asset.asset, each.asset))
    record = AssetRecord(
        asset,
        command.privacy,
        command.market_cap_rub,
        command.turnover_rub,
        command.history_years,
        followed=intake.registry.assets.get(asset.follows),
    )
    intake.registry.add_asset(record)
    # The tier it begins in is no change to report.
    put_in_tiers([record], None if intake.table is None else intake.table.tiers, time_ns)
    return None


def _update_asset(intake: Intake, command: UpdateAsset, time_ns: int) -> Outcome:
    """Replace an asset's figures; its tier follows."""
    asset = intake.registry.assets.get(command.asset)
    if asset is None:
        return _refused(said("asset.unknown", command.asset))
    problem = _liquidity_problem(command.market_cap_rub, command.turnover_rub, command.history_years)
    if problem is not None:
        return _refused(problem)
    asset.market_cap_rub = command.market_cap_rub
    asset.turnover_rub = command.turnover_rub
    asset.history_years = command.history_years
    figures = said("asset.figures", asset.market_cap_rub, asset.turnover_rub, asset.history_years)
    events: list[Event] = [RegistryChanged("asset", asset.asset, "", figures.template, figures.values)]
    if intake.table is not None:
        events.extend(put_in_tiers([asset], intake.table.tiers, time_ns))
        intake.table.forget_decisions()
    # Only another tier can forbid what rests.
    return Outcome(events, None, intake.recheck_all() if len(events) > 1 else None)


def list_instrument(intake: Intake, instrument: Instrument, command: ListInstrument, time_ns: int) -> Problem | None:
    """Take note of an instrument that the core is about to list, or say why it may not.

    What it opens may make another sale a choice: the decisions of before are forgotten, and who has such a sale open is looked
    at with the next recheck.
    """
    registry, name = intake.registry, instrument.instrument
    base, quote = registry.assets[instrument.base.asset], registry.assets[instrument.quote.asset]
    follows = instrument.base.follows
    if base.asset == ROUBLE:
        return _problem(said("instrument.rouble_base", name, quote.asset, ROUBLE))
    if follows and command.underlying and command.underlying != follows:
        return _problem(said("instrument.follows", name, base.asset, follows, command.underlying))
    disclosed = None if intake.table is None else intake.table.disclosed
    # A future brings in nothing of what it is called after.
    if disclosed is not None and instrument.future is None:
        undisclosed = disclosed.listing_problem(base, time_ns)
        if undisclosed is not None:
            return _problem(undisclosed)
    listing = Listing(instrument, base, quote)
    listing.last_ticks = command.reference_price_e8 // command.tick_e8
    registry.add_listing(listing)
    if intake.table is not None:
        intake.table.forget_decisions()
        ledger = intake.ledger
        for client, sold, _, _ in ledger.open_sells.values():
            if sold.base is base:
                ledger.doubtful[client.investor.investor] = client.investor
        for client, bought, _, _ in ledger.open_orders.values():
            if bought.quote is base:
                ledger.doubtful[client.investor.investor] = client.investor
    return None


def _liquidity_problem(market_cap_rub: int, turnover_rub: int, history_years: int) -> Said | None:
    """Why an asset can't have these figures; None if it can."""
    return (
        figure_problem("market_cap_rub", market_cap_rub)
        or figure_problem("turnover_rub", turnover_rub)
        or figure_problem("history_years", history_years)
    )


Handler = Callable[[Intake, Any, int], Outcome]
"""Takes note of a command at a time in nanoseconds, UTC, or carries it out, or refuses it."""

HANDLERS: Final[dict[type[Command], Handler]] = {
    LoadRulebook: put_in_force,
    SetParameter: put_in_force,
    RegisterInvestor: _register_investor,
    RegisterIntermediary: _register_intermediary,
    OpenAccount: _open_account,
    RecordTest: _record_test,
    RecordAcknowledgement: record_acknowledgement,
    SetBlocked: _set_blocked,
    AuthoriseClient: _authorise_client,
    UpdateAsset: _update_asset,
    RegisterContract: register_contract,
    PublishWarning: publish_warning,
    SetCustody: set_custody,
    PublishDisclosure: publish_disclosure,
    OpenCase: suspect,
    RaiseAlert: suspect,
    AddEvidence: add_evidence,
    IssueAsset: issue,
    Deposit: deposit,
    RedeemAsset: take_out,
    Withdraw: take_out,
    FreezeAsset: freeze,
    Arrest: arrest,
    LiftArrest: lift_arrest,
}


def carry_out(intake: Intake, command: Command, time_ns: int) -> Outcome:
    """Take note of a configuration command, or carry out a compliance command, at a time in nanoseconds, UTC."""
    handler = HANDLERS.get(type(command))
    if handler is None:
        return _refused(said("command.unknown", type(command).__name__))
    return handler(intake, command, time_ns)
