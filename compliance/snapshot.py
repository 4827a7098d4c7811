"""The state of the hook as plain data.

Only what commands and events said is kept; classes, tables and sums of open orders follow from it and are made anew.
"""

from __future__ import annotations

from typing import Final

import msgspec

from compliance.intake import Intake
from compliance.ledger_snapshot import LedgerState, restore_ledger, take_ledger
from compliance.listings import AssetRecord, Listing
from compliance.registry import Intermediary, Investor, RecordedTest, Registry

_Test = tuple[int, int]
_Investor = tuple[str, int, bool, int, int, bool, int, bool, str, str, int, _Test, _Test, bool]
_STATE: Final = tuple[
    tuple[str, dict[str, str]],
    list[tuple[str, int, int, int, int, int, int]],
    list[tuple[str, int, str, str, int, int, int]],
    list[_Investor],
    list[tuple[str, bool, bool, int, str, bool]],
    list[tuple[str, str, str]],
    LedgerState,
]


def take_snapshot(intake: Intake) -> object:
    """Rulebook, assets, instruments, investors, intermediaries, accounts, ledger. O(state)."""
    registry, table = intake.registry, intake.table
    return [
        ["", {}] if table is None else [table.book.name, dict(table.book.documents)],
        [
            [
                asset.asset,
                asset.kind,
                asset.scale,
                asset.privacy,
                asset.market_cap_rub,
                asset.turnover_rub,
                asset.history_years,
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
        [
            [each.intermediary, each.licensed, each.suspended, each.capital_rub, each.reason, each.bank]
            for each in registry.intermediaries.values()
        ],
        [[each.account, each.investor.investor, each.intermediary_name] for each in registry.clients.values()],
        take_ledger(intake.ledger),
    ]


def restore(intake: Intake, snapshot: object) -> None:
    """Fill an empty intake from what `take_snapshot` returned, as it was or decoded from MessagePack.

    Raises:
        msgspec.ValidationError: it is no such snapshot.
        RulebookError: its rulebook is one that this version can't use.
    """
    registry = intake.registry
    assert not registry.assets and not registry.investors, "only a new hook can be restored"
    book, assets, listings, investors, intermediaries, clients, ledger = msgspec.convert(snapshot, _STATE)
    for asset in assets:
        registry.assets[asset[0]] = AssetRecord(*asset)
    for instrument, kind, base, quote, unit, lot_base, last_ticks in listings:
        listing = Listing(instrument, kind, registry.assets[base], registry.assets[quote], unit, lot_base)
        listing.last_ticks = last_ticks
        registry.add_listing(listing)
    for row in investors:
        _restore_investor(registry, row)
    for name, licensed, suspended, capital_rub, reason, bank in intermediaries:
        intermediary = Intermediary(name)
        intermediary.licensed = licensed
        intermediary.suspended = suspended
        intermediary.capital_rub = capital_rub
        intermediary.reason = reason
        intermediary.bank = bank
        registry.intermediaries[name] = intermediary
    for account, investor_name, intermediary_name in clients:
        through = registry.intermediaries[intermediary_name] if intermediary_name else None
        registry.open_client(account, registry.investors[investor_name], through)
    restore_ledger(registry, intake.ledger, ledger)
    if book[0]:
        intake.put_in_force(book[0], book[1])


def _investor(investor: Investor) -> list[object]:
    return [
        investor.investor,
        investor.kind,
        investor.resident,
        investor.assets_rub,
        investor.income_rub,
        investor.financial,
        investor.capital_rub,
        investor.blocked,
        investor.class_override,
        investor.reason,
        investor.acknowledged_version,
        [investor.knowledge.score, investor.knowledge.taken_ns],
        [investor.risk.score, investor.risk.taken_ns],
        investor.bank,
    ]


def _restore_investor(registry: Registry, row: _Investor) -> None:
    investor = Investor(row[0])
    investor.kind = row[1]
    investor.resident = row[2]
    investor.assets_rub = row[3]
    investor.income_rub = row[4]
    investor.financial = row[5]
    investor.capital_rub = row[6]
    investor.blocked = row[7]
    investor.class_override = row[8]
    investor.reason = row[9]
    investor.acknowledged_version = row[10]
    _restore_test(investor.knowledge, row[11])
    _restore_test(investor.risk, row[12])
    investor.bank = row[13]
    registry.investors[row[0]] = investor


def _restore_test(test: RecordedTest, row: _Test) -> None:
    test.score, test.taken_ns = row
