"""What intermediaries hold for clients and what is their own, read from the state: kept apart by CUST-1."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from compliance.registry.records import Client, Intermediary
from engine.exchange import Exchange
from engine.vocabulary.codes import CUSTODIES
from gateway.protocol.formats import Formats
from gateway.reporting.tables.tables import AMOUNT, COUNT, Cells, Column, Table


class Segregated:
    """What is held in one way of one asset, of one intermediary's clients and of itself, in minor units."""

    def __init__(self, intermediary: str, own_investor: str, asset: str, custody: int) -> None:
        self.intermediary: Final = intermediary
        """Empty: of accounts that are held through none."""
        self.own_investor: Final = own_investor
        """Who the intermediary itself is; empty: it was not stated, or there is none."""
        self.asset: Final = asset
        self.custody: Final = custody
        self.clients: int = 0
        self.own: int = 0
        self.client_accounts: int = 0
        """How many clients' accounts hold some of it."""


def segregation(exchange: Exchange) -> list[Segregated]:
    """What each intermediary holds for clients and of its own; nothing without compliance rules.

    An intermediary's own account that is held through another one counts with both: each row is of one intermediary.
    By intermediary as registered, those held through none last; then asset as added, and way of holding. All that is held counts,
    whatever it is set aside for. O(accounts and their assets).
    """
    hook = exchange.hook
    if not isinstance(hook, ComplianceHook):
        return []
    registry = hook.intake.registry
    own = {each.own_investor: each for each in registry.intermediaries.values() if each.own_investor}
    found: dict[tuple[str, str, int], Segregated] = {}
    for client in registry.clients.values():
        itself = own.get(client.investor.investor)
        if itself is not None:
            _add(found, exchange, client, itself, is_own=True)
        if client.intermediary is not None and client.intermediary is not itself:
            _add(found, exchange, client, client.intermediary, is_own=False)
        if client.intermediary is None and itself is None:
            _add(found, exchange, client, None, is_own=False)
    names = {name: place for place, name in enumerate([*registry.intermediaries, ""])}
    assets = {name: place for place, name in enumerate(exchange.assets)}
    return [found[key] for key in sorted(found, key=lambda key: (names[key[0]], assets[key[1]], key[2]))]


def _add(
    found: dict[tuple[str, str, int], Segregated],
    exchange: Exchange,
    client: Client,
    intermediary: Intermediary | None,
    *,
    is_own: bool,
) -> None:
    """Count what an account holds as an intermediary's own, or as its client's."""
    assets = list(exchange.assets)
    name, itself = ("", "") if intermediary is None else (intermediary.intermediary, intermediary.own_investor)
    for number, amount in client.held().items():
        if not amount:
            continue
        key = (name, assets[number], client.custody)
        row = found.get(key)
        if row is None:
            row = found[key] = Segregated(name, itself, assets[number], client.custody)
        if is_own:
            row.own += amount
        else:
            row.clients += amount
            row.client_accounts += 1


TITLE: Final = "What intermediaries hold for clients, and of their own"
COLUMNS: Final = (
    Column("intermediary"),
    Column("own_investor"),
    Column("asset"),
    Column("custody"),
    Column("clients", AMOUNT),
    Column("client_accounts", COUNT),
    Column("own", AMOUNT),
)


def segregation_table(exchange: Exchange, formats: Formats) -> Table:
    """The same as a table, amounts as decimals. Empty cells: held through no intermediary; who it itself is was not stated."""
    rows: list[Cells] = [
        (
            each.intermediary,
            each.own_investor,
            each.asset,
            CUSTODIES[each.custody],
            formats.amount(each.asset, each.clients),
            each.client_accounts,
            formats.amount(each.asset, each.own),
        )
        for each in segregation(exchange)
    ]
    return Table("segregation", TITLE, COLUMNS, rows)
