"""The state of the hook as plain data.

Only what commands and events said is kept; classes, tables and sums of open orders follow from it and are made anew.
"""

from __future__ import annotations

from typing import Final

import msgspec

from compliance.intake import Intake
from compliance.ledger.snapshot import restore_ledger, take_ledger
from compliance.messages.hook_state import (
    AssetState,
    ContractState,
    DisclosureState,
    HookState,
    IntermediaryState,
    InvestorState,
    ListingState,
    PersonState,
    RulebookState,
    TestState,
)
from compliance.registry.listings import AssetRecord, Disclosure, Listing
from compliance.registry.persons import sharing_owners
from compliance.registry.records import Authorisation, Contract, Intermediary, Investor, Person, RecordedTest, Registry
from compliance.rulebook.rulebook import Overrides, Rulebook
from compliance.rules.catalogue import load_rulebook
from compliance.rules.risk_1 import digest_of
from compliance.rules.table import RuleTable
from engine.book.assets import Asset
from engine.book.entities import Account, Instrument
from engine.vocabulary.wide import wide

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(HookState).decode


def take_snapshot(intake: Intake) -> bytes:
    """Rulebook, assets, instruments, investors, intermediaries, accounts, ledger, texts of the warning, contracts, persons. O(state)."""
    registry = intake.registry
    state = HookState(
        rulebook=_rulebook(intake),
        assets=[_asset(asset) for asset in registry.numbered],
        listings=[_listing(listing) for listing in registry.listings.values()],
        investors=[_investor(investor) for investor in registry.investors.values()],
        persons=[_person(person) for person in intake.persons.all()],
        intermediaries=[_intermediary(each) for each in registry.intermediaries.values()],
        clients=[(each.account, each.investor.investor, each.intermediary_name) for each in registry.clients.values()],
        texts=list(registry.texts.values()),
        contracts=[_contract(contract) for contract in registry.contracts.values()],
        decided=[] if intake.table is None else intake.table.decided(),
        former_profiles=[],
        ledger=take_ledger(intake.ledger),
        closers=list(intake.closers.accounts.items()),
        moved=list(intake.closers.changed),
        custodies=[(each.account, each.custody) for each in registry.clients.values() if each.custody],
    )
    encoded: bytes = _encode(state)
    return encoded


def restore(
    intake: Intake,
    snapshot: bytes,
    assets: dict[str, Asset],
    instruments: dict[str, Instrument],
    accounts: dict[str, Account],
) -> None:
    """Fill an empty intake from what `take_snapshot` returned.

    Assets, instruments and accounts of the core, by name, are those of the time of the snapshot.

    Raises:
        msgspec.MsgspecError: it is no such snapshot.
        RulebookError: its rulebook is one that this version can't use.
    """
    registry = intake.registry
    assert not registry.assets and not registry.investors, "only a new hook can be restored"
    saved: HookState = _decode(snapshot)
    _restore_listed(registry, saved, list(assets.values()), list(instruments.values()))
    for row in saved.investors:
        _restore_investor(registry, row)
    for person in saved.persons:
        _restore_person(intake, person)
    for investor in registry.investors.values():
        investor.shares_owner_with = sharing_owners(investor)
    for each in saved.intermediaries:
        _restore_intermediary(registry, each)
    for account, investor_name, intermediary_name in saved.clients:
        through = registry.intermediaries[intermediary_name] if intermediary_name else None
        client = registry.open_client(account, registry.investors[investor_name], through)
        client.opened(accounts[account])
    for account, custody in saved.custodies:
        registry.clients[account].custody = custody
    for text in saved.texts:
        registry.texts[digest_of(text)] = text
    for contract in saved.contracts:
        _restore_contract(registry, contract)
    if saved.rulebook.name:
        table = RuleTable(_load(saved.rulebook))
        for profile, decided in saved.decided:
            table.decide_again(profile, decided, list(registry.listings.values()))
        intake.take_over(table)
    # After the classes, which say whose orders count for what.
    restore_ledger(registry, intake.ledger, saved.ledger)
    for order_id, account in saved.closers:
        intake.closers.note(order_id, account)
    for account in saved.moved:
        intake.closers.changed[account] = registry.clients[account]


# ── the rulebook, and what is listed ───────────────────────────────────────────────────────────────────────────────


def _rulebook(intake: Intake) -> RulebookState:
    if intake.table is None:
        return RulebookState("", {}, [], 0)
    book = intake.table.rulebook
    overrides = [(rule, key, value) for (rule, key), value in book.overrides.items()]
    return RulebookState(book.name, dict(book.documents), overrides, book.day)


def _load(saved: RulebookState) -> Rulebook:
    overrides: Overrides = {(rule, key): value for rule, key, value in saved.overrides}
    return load_rulebook(saved.name, saved.documents, overrides, saved.day)


def _asset(asset: AssetRecord) -> AssetState:
    return AssetState(
        privacy=asset.privacy,
        market_cap_rub=asset.market_cap_rub,
        turnover_rub=asset.turnover_rub,
        history_years=asset.history_years,
        highly_liquid=asset.highly_liquid,
        lost_ns=asset.lost_ns,
        followed=_name(asset.followed),
        disclosure=_disclosure(asset.disclosure),
    )


def _disclosure(found: Disclosure | None) -> DisclosureState | None:
    if found is None:
        return None
    return DisclosureState(found.digest, found.title, found.cover_ppm, found.until_day, found.published_ns, found.by)


def _listing(listing: Listing) -> ListingState:
    return ListingState(listing.last_ticks, listing.asked_ticks, _name(listing.followed))


def _name(asset: AssetRecord | None) -> str:
    return "" if asset is None else asset.asset


def _restore_listed(registry: Registry, saved: HookState, assets: list[Asset], instruments: list[Instrument]) -> None:
    """Put assets and instruments on record, in the order in which the core has them."""
    for core, row in zip(assets, saved.assets, strict=True):
        # What it says it follows stood before it, or is not on record.
        record = AssetRecord(
            core,
            row.privacy,
            row.market_cap_rub,
            row.turnover_rub,
            row.history_years,
            followed=registry.assets.get(core.follows),
        )
        record.highly_liquid = row.highly_liquid
        record.lost_ns = row.lost_ns
        told = row.disclosure
        if told is not None:
            record.disclosure = Disclosure(
                told.digest,
                told.title,
                cover_ppm=told.cover_ppm,
                until_day=told.until_day,
                published_ns=told.published_ns,
                by=told.by,
            )
        registry.add_asset(record)
    for instrument, state in zip(instruments, saved.listings, strict=True):
        base, quote = registry.assets[instrument.base.asset], registry.assets[instrument.quote.asset]
        listing = Listing(instrument, base, quote)
        listing.last_ticks = state.last_ticks
        listing.asked_ticks = state.asked_ticks
        registry.add_listing(listing)
        # An asset of the name of what it follows may have come after it, and is not followed then.
        listing.followed = registry.assets.get(state.followed)
    for record, row in zip(registry.numbered, saved.assets, strict=True):
        record.followed = registry.assets.get(row.followed)


# ── who trades ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _intermediary(each: Intermediary) -> IntermediaryState:
    return IntermediaryState(
        intermediary=each.intermediary,
        licensed=each.licensed,
        licence=each.licence,
        suspended=each.suspended,
        capital_rub=each.capital_rub,
        bank=each.bank,
        reason=each.reason,
        by=each.by,
        own_investor=each.own_investor,
    )


def _restore_intermediary(registry: Registry, saved: IntermediaryState) -> None:
    intermediary = registry.intermediaries[saved.intermediary] = Intermediary(saved.intermediary)
    intermediary.licensed = saved.licensed
    intermediary.licence = saved.licence
    intermediary.suspended = saved.suspended
    intermediary.capital_rub = saved.capital_rub
    intermediary.bank = saved.bank
    intermediary.own_investor = saved.own_investor
    intermediary.reason = saved.reason
    intermediary.by = saved.by


def _contract(contract: Contract) -> ContractState:
    return ContractState(
        contract=contract.contract,
        payer=contract.payer.investor,
        payee=contract.payee.investor,
        asset=contract.asset.asset,
        amount=contract.amount,
        paid=wide(contract.paid),
        refundable=wide(contract.refundable),
        concluded=contract.concluded,
        subject=contract.subject,
        reason=contract.reason,
        by=contract.by,
    )


def _restore_contract(registry: Registry, saved: ContractState) -> None:
    payer, payee = registry.investors[saved.payer], registry.investors[saved.payee]
    contract = Contract(saved.contract, payer, payee, registry.assets[saved.asset])
    contract.amount = saved.amount
    contract.paid = int(saved.paid)
    contract.refundable = int(saved.refundable)
    contract.concluded = saved.concluded
    contract.subject = saved.subject
    contract.reason = saved.reason
    contract.by = saved.by
    registry.add_contract(contract)


def _investor(investor: Investor) -> InvestorState:
    return InvestorState(
        investor=investor.investor,
        kind=investor.kind,
        resident=investor.resident,
        assets_rub=investor.assets_rub,
        income_rub=investor.income_rub,
        earlier_income_rub=investor.earlier_income_rub,
        certified=investor.certified,
        foreign_trade=investor.foreign_trade,
        financial=investor.financial,
        capital_rub=investor.capital_rub,
        bank=investor.bank,
        blocked=investor.blocked,
        class_override=investor.class_override,
        reason=investor.reason,
        by=investor.by,
        acknowledged=list(investor.acknowledged),
        knowledge=_test(investor.knowledge),
        risk=_test(investor.risk),
        authorisations=[(year, each.intermediary, each.stands) for year, each in investor.authorisations.items()],
        risk_level=investor.risk_level,
        products=[(name, _test(test)) for name, test in investor.products.items()],
    )


def _restore_investor(registry: Registry, saved: InvestorState) -> None:
    investor = registry.investors[saved.investor] = Investor(saved.investor)
    investor.kind = saved.kind
    investor.resident = saved.resident
    investor.assets_rub = saved.assets_rub
    investor.income_rub = saved.income_rub
    investor.earlier_income_rub = saved.earlier_income_rub
    investor.certified = saved.certified
    investor.foreign_trade = saved.foreign_trade
    investor.financial = saved.financial
    investor.capital_rub = saved.capital_rub
    investor.bank = saved.bank
    investor.blocked = saved.blocked
    investor.class_override = saved.class_override
    investor.risk_level = saved.risk_level
    investor.reason = saved.reason
    investor.by = saved.by
    for digest in saved.acknowledged:
        investor.acknowledged[digest] = True
    _restore_test(investor.knowledge, saved.knowledge)
    _restore_test(investor.risk, saved.risk)
    for name, test in saved.products:
        investor.products[name] = RecordedTest(name)
        _restore_test(investor.products[name], test)
    for year, intermediary, stands in saved.authorisations:
        authorisation = Authorisation(intermediary)
        authorisation.stands = stands
        investor.authorisations[year] = authorisation
    registry.note_financial(investor)


def _test(test: RecordedTest) -> TestState:
    return TestState(test.score, test.taken_ns)


def _restore_test(test: RecordedTest, saved: TestState) -> None:
    test.score = saved.score
    test.taken_ns = saved.taken_ns


def _person(person: Person) -> PersonState:
    investor = person.investor
    return PersonState(list(person.keys), "" if investor is None else investor.investor, list(person.firms))


def _restore_person(intake: Intake, saved: PersonState) -> None:
    person = intake.persons.one(tuple(saved.keys))
    if saved.investor:
        person.investor = intake.registry.investors[saved.investor]
        person.investor.person = person
    for name in saved.firms:
        firm = person.firms[name] = intake.registry.investors[name]
        firm.owners.append(person)
