"""The state of the hook as plain data.

Only what commands and events said is kept; classes, tables and sums of open orders follow from it and are made anew.
"""

from __future__ import annotations

from typing import Final

import msgspec

from compliance.intake import Intake
from compliance.ledger.snapshot import LedgerState, restore_ledger, take_ledger
from compliance.registry.listings import AssetRecord, Listing
from compliance.registry.persons import sharing_owners
from compliance.registry.records import Authorisation, Contract, Intermediary, Investor, Person, RecordedTest, Registry
from compliance.rulebook.rulebook import Overrides
from compliance.rules.catalogue import load_rulebook
from compliance.rules.risk_1 import digest_of
from compliance.rules.table import RuleTable
from engine.book.assets import Asset
from engine.book.entities import Instrument

_Test = tuple[int, int]
_Authorisation = tuple[int, str, bool]
_Investor = tuple[
    str,
    int,
    bool,
    int,
    int,
    bool,
    bool,
    int,
    bool,
    str,
    str,
    str,
    list[str],
    _Test,
    _Test,
    list[_Authorisation],
    tuple[int, bool, bool],
]
_Contract = tuple[str, str, str, str, int, int, str, str, str, str, int]
_Intermediary = tuple[str, bool, str, bool, bool, int, str, str]
_Person = tuple[list[str], str, list[str]]
_STATE: Final = tuple[
    tuple[str, dict[str, str], list[tuple[str, str, str]], int],
    list[tuple[str, int, int, int, int, int, int, bool, int]],
    list[tuple[str, int, str, str, int, int, int]],
    list[_Investor],
    list[_Intermediary],
    list[tuple[str, str, str]],
    LedgerState,
    list[str],
    list[_Contract],
    list[_Person],
    list[int],
]


def take_snapshot(intake: Intake) -> object:
    """Rulebook, assets, instruments, investors, intermediaries, accounts, ledger, texts of the warning, contracts, persons. O(state)."""
    registry = intake.registry
    return [
        _rulebook(intake),
        [
            [
                asset.asset,
                asset.kind,
                asset.scale,
                asset.privacy,
                asset.market_cap_rub,
                asset.turnover_rub,
                asset.history_years,
                asset.highly_liquid,
                asset.lost_ns,
            ]
            for asset in registry.assets.values()
        ],
        [
            [
                listing.instrument,
                listing.kind,
                listing.base.asset,
                listing.quote.asset,
                listing.unit,
                listing.lot_base,
                listing.last_ticks,
            ]
            for listing in registry.listings.values()
        ],
        [_investor(investor) for investor in registry.investors.values()],
        [_intermediary(each) for each in registry.intermediaries.values()],
        [[each.account, each.investor.investor, each.intermediary_name] for each in registry.clients.values()],
        take_ledger(intake.ledger),
        list(registry.texts.values()),
        [_contract(contract) for contract in registry.contracts.values()],
        [_person(person) for person in intake.persons.all()],
        intake.closers.orders(),
    ]


def restore(
    intake: Intake, snapshot: object, core_assets: dict[str, Asset], core_instruments: dict[str, Instrument]
) -> None:
    """Fill an empty intake from what `take_snapshot` returned, as it was or decoded from MessagePack.

    The assets and instruments of the core, by name, are those of the time of the snapshot.

    Raises:
        msgspec.ValidationError: it is no such snapshot.
        RulebookError: its rulebook is one that this version can't use.
    """
    registry = intake.registry
    assert not registry.assets and not registry.investors, "only a new hook can be restored"
    book, assets, listings, investors, intermediaries, clients, ledger, texts, contracts, persons, closers = (
        msgspec.convert(snapshot, _STATE)
    )
    for asset, kind, scale, privacy, market_cap_rub, turnover_rub, history_years, highly_liquid, lost_ns in assets:
        core = core_assets[asset]
        followed = registry.assets.get(core.follows)
        record = AssetRecord(core, privacy, market_cap_rub, turnover_rub, history_years, followed=followed)
        assert (record.kind, record.scale) == (kind, scale), "the core has another asset of this name"
        record.highly_liquid = highly_liquid
        record.lost_ns = lost_ns
        registry.add_asset(record)
    for instrument, kind, base, quote, unit, lot_base, last_ticks in listings:
        listing = Listing(core_instruments[instrument], registry.assets[base], registry.assets[quote])
        same = (listing.kind, listing.unit, listing.lot_base) == (kind, unit, lot_base)
        assert same, "the core has another instrument of this name"
        listing.last_ticks = last_ticks
        registry.add_listing(listing)
    for row in investors:
        _restore_investor(registry, row)
    for person in persons:
        _restore_person(intake, person)
    for investor in registry.investors.values():
        investor.shares_owner_with = sharing_owners(investor)
    for each in intermediaries:
        _restore_intermediary(registry, each)
    for account, investor_name, intermediary_name in clients:
        through = registry.intermediaries[intermediary_name] if intermediary_name else None
        registry.open_client(account, registry.investors[investor_name], through)
    for text in texts:
        registry.texts[digest_of(text)] = text
    for contract in contracts:
        _restore_contract(registry, contract)
    if book[0]:
        overrides: Overrides = {(rule, key): value for rule, key, value in book[2]}
        # The tiers are as this book left them, so no time but the day of the rulebook is needed.
        intake.install(RuleTable(load_rulebook(book[0], book[1], overrides, book[3])), 0)
    # After the classes, which say what reserves: a load would value anew what has no rate yet.
    restore_ledger(registry, intake.ledger, ledger)
    for order_id in closers:
        entry = intake.ledger.open_orders.get(order_id) or intake.ledger.open_sells[order_id]
        intake.closers.note(order_id, entry[0].account)
    intake.all_doubtful = True


def _rulebook(intake: Intake) -> list[object]:
    if intake.table is None:
        return ["", {}, [], 0]
    book = intake.table.rulebook
    overrides = [[rule, key, value] for (rule, key), value in book.overrides.items()]
    return [book.name, dict(book.documents), overrides, book.day]


def _intermediary(intermediary: Intermediary) -> list[object]:
    return [
        intermediary.intermediary,
        intermediary.licensed,
        intermediary.licence,
        intermediary.bank,
        intermediary.suspended,
        intermediary.capital_rub,
        intermediary.reason,
        intermediary.by,
    ]


def _restore_intermediary(registry: Registry, row: _Intermediary) -> None:
    intermediary = Intermediary(row[0])
    intermediary.licensed = row[1]
    intermediary.licence = row[2]
    intermediary.bank = row[3]
    intermediary.suspended = row[4]
    intermediary.capital_rub = row[5]
    intermediary.reason = row[6]
    intermediary.by = row[7]
    registry.intermediaries[row[0]] = intermediary


def _contract(contract: Contract) -> list[object]:
    return [
        contract.contract,
        contract.payer.investor,
        contract.payee.investor,
        contract.asset.asset,
        contract.amount,
        contract.paid,
        contract.concluded,
        contract.subject,
        contract.reason,
        contract.by,
        contract.refundable,
    ]


def _restore_contract(registry: Registry, row: _Contract) -> None:
    contract = Contract(row[0], registry.investors[row[1]], registry.investors[row[2]], registry.assets[row[3]])
    contract.amount, contract.paid, contract.concluded, contract.subject, contract.reason, contract.by = row[4:10]
    contract.refundable = row[10]
    registry.add_contract(contract)


def _investor(investor: Investor) -> list[object]:
    return [
        investor.investor,
        investor.kind,
        investor.resident,
        investor.assets_rub,
        investor.income_rub,
        investor.financial,
        investor.bank,
        investor.capital_rub,
        investor.blocked,
        investor.class_override,
        investor.reason,
        investor.by,
        list(investor.acknowledged),
        [investor.knowledge.score, investor.knowledge.taken_ns],
        [investor.risk.score, investor.risk.taken_ns],
        [[year, each.intermediary, each.stands] for year, each in investor.authorisations.items()],
        [investor.earlier_income_rub, investor.certified, investor.foreign_trade],
    ]


def _restore_investor(registry: Registry, row: _Investor) -> None:
    investor = Investor(row[0])
    investor.kind = row[1]
    investor.resident = row[2]
    investor.assets_rub = row[3]
    investor.income_rub = row[4]
    investor.financial = row[5]
    investor.bank = row[6]
    investor.capital_rub = row[7]
    investor.blocked = row[8]
    investor.class_override = row[9]
    investor.reason = row[10]
    investor.by = row[11]
    for digest in row[12]:
        investor.acknowledged[digest] = True
    _restore_test(investor.knowledge, row[13])
    _restore_test(investor.risk, row[14])
    for year, intermediary, stands in row[15]:
        authorisation = Authorisation(intermediary)
        authorisation.stands = stands
        investor.authorisations[year] = authorisation
    investor.earlier_income_rub, investor.certified, investor.foreign_trade = row[16]
    registry.investors[row[0]] = investor
    registry.note_financial(investor)


def _person(person: Person) -> list[object]:
    investor = person.investor
    return [list(person.keys), "" if investor is None else investor.investor, list(person.firms)]


def _restore_person(intake: Intake, row: _Person) -> None:
    keys, investor, firms = row
    person = intake.persons.one(tuple(keys))
    if investor:
        person.investor = intake.registry.investors[investor]
        person.investor.person = person
    for name in firms:
        firm = person.firms[name] = intake.registry.investors[name]
        firm.owners.append(person)


def _restore_test(test: RecordedTest, row: _Test) -> None:
    test.score, test.taken_ns = row
