"""What the rules look at: one order, or one transfer."""

from __future__ import annotations

from typing import Any, Final

from compliance.ledger.ledger import Ledger
from compliance.ledger.open_orders import BY_FUNDS, OpenOrder, worth
from compliance.ledger.purchases import in_kopecks, rate_of
from compliance.registry.classes import class_name, is_retail
from compliance.registry.listings import FUTURES, AssetRecord
from compliance.registry.records import Client, Investor, Registry
from engine.state.hook import Leaving
from engine.vocabulary.codes import (
    ASSET_KINDS,
    CROSS_BORDER,
    CRYPTO,
    DOMESTIC_STABLECOIN,
    FOREIGN_STABLECOIN,
    MOVEMENT_KINDS,
    PURPOSES,
    REDEMPTION,
    WITHDRAWAL,
)
from engine.vocabulary.codes import TRANSFER as TRANSFER_OUT
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import RedeemAsset, Transfer

CURRENCY_VALUES: Final = (CRYPTO, FOREIGN_STABLECOIN, DOMESTIC_STABLECOIN)
"""What the concept of 23.12.2025 calls currency values: bought and sold, never a means of payment inside Russia."""


# What an order adds that adds no amount of kopecks.
UNKNOWN: Final = -1
"""It is priced in something of which no rouble value is known."""
NOTHING: Final = -2
"""It takes on nothing that counts."""
UNBOUNDED: Final = -3
"""It is a sale for another asset, and nothing says what it brings in at most: its book has no static band."""


_FLAGS: Final = 128
"""What the flags of a profile leave room for."""


class Profile:
    """What of a client is the same for every order, until a command changes it. Clients of one profile share a table."""

    def __init__(
        self,
        investor_class: int,
        *,
        financial: bool = False,
        blocked: bool = False,
        barred: bool = False,
        warned: bool = False,
        bank: bool = False,
        through_bank: bool = False,
        identified: bool = False,
    ) -> None:
        self.investor_class: Final = investor_class
        self.retail: Final[bool] = is_retail(investor_class)
        self.financial: Final = financial
        self.blocked: Final = blocked
        """Whether the investor or a beneficial owner is on the list."""
        self.barred: Final = barred
        """Whether the intermediary is suspended or unlicensed."""
        self.warned: Final = warned
        """Whether the risk warning in force was acknowledged."""
        self.bank: Final = bank
        """Whether it is a bank itself, which is always a financial firm."""
        self.through_bank: Final = through_bank
        """Whether the account is held through a bank."""
        self.identified: Final = identified
        """Whether the documents that the rule in force requires of anybody are on record."""
        flags = 1 * financial + 2 * blocked + 4 * barred + 8 * warned + 16 * bank + 32 * through_bank + 64 * identified
        self.key: Final[int] = investor_class * _FLAGS + flags


def profile_of(key: int) -> Profile:
    """The profile that has a key."""
    investor_class, flags = divmod(key, _FLAGS)
    return Profile(
        investor_class,
        financial=flags & 1 != 0,
        blocked=flags & 2 != 0,
        barred=flags & 4 != 0,
        warned=flags & 8 != 0,
        bank=flags & 16 != 0,
        through_bank=flags & 32 != 0,
        identified=flags & 64 != 0,
    )


class Case:
    """One order before the rules, the sums of the ledger without the order's own reservation."""

    def __init__(
        self,
        order: OpenOrder,
        side: int,
        time_ns: int,
        registry: Registry,
        ledger: Ledger,
        *,
        closes: bool = False,
    ) -> None:
        client, listing, price_ticks, leaves_lots = order
        self.client: Final = client
        self.investor: Final = client.investor
        self.listing: Final = listing
        self.side: Final = side
        self.closes: Final = closes
        """Of a future: whether it can only make a position smaller."""
        self.value: Final[int] = worth(listing, price_ticks, leaves_lots)
        """At the worst price, in minor units of the quote asset."""
        self.lots: Final[int] = 0 if price_ticks == BY_FUNDS else leaves_lots
        """Open; 0: the order is by funds."""
        self.kopecks: int = self.value
        """What it is worth in roubles: for an order priced in another asset its value at the rate, -1 if that is not known."""
        self.unbounded: bool = False
        """Whether nothing says what the order brings in at most: a sale for another asset in a book without a static band."""
        self.is_spared: bool = False
        """Whether a rule found something against it that counts for nothing, since the order only lowers an exposure."""
        self.explained: bool = False
        """Whether a rule is asked why the order passes, too; if not, it may answer such an order with the bare PASSED."""
        self.time_ns: Final = time_ns
        self.registry: Final = registry
        self.ledger: Final = ledger
        self._adds: int = -1

    def adds(self) -> int:
        """What the order adds to the exposure of its account in its instrument; 0 for one that only closes."""
        if self._adds < 0:
            position = self.ledger.exposures.position(self.client, self.listing)
            self._adds = position.worth(self.side, self.lots, self.value) - position.exposure
        return self._adds

    def adds_of(self, parts: int) -> int:
        """What the order adds to what its investor has of some parts, in kopecks; NOTHING, UNKNOWN or UNBOUNDED.

        0: it takes on what counts, and pays for it with as much that counts.
        """
        listing = self.listing
        if not listing.shortable:
            portfolio = self.ledger.portfolios.of(self.investor)
            if not portfolio.takes_on(listing, self.side, parts):
                return NOTHING
            if self.unbounded:
                return UNBOUNDED
            return self.kopecks if self.kopecks < 0 or portfolio.adds(listing, self.side, parts) else 0
        if not parts & FUTURES or not listing.derivative:
            return NOTHING
        position = self.ledger.exposures.position(self.client, listing)
        more = position.marked(self.side, self.lots, self.value) - position.marked()
        if listing.in_roubles or not more:
            return more or NOTHING
        rate = rate_of(self.registry, listing.quote)
        return in_kopecks(more, rate) if rate[0] else UNKNOWN

    def lowers(self) -> bool:
        """Whether the order can only lower an exposure: a sale of what is held, or what closes a position in a future."""
        listing = self.listing
        return self.closes if listing.shortable else not listing.opens(self.side)


# By which door beside the market something comes to an investor.
TRANSFER: Final = 0
"""From another investor."""
SETTLEMENT: Final = 1
"""From another investor, a currency value that settles a cross-border contract: SET-1 decides."""
ISSUE: Final = 2
"""From its issuer."""
DEPOSIT: Final = 3
"""From outside the venue, where it was the investor's already."""


class Arrival:
    """What would come to be held on an account by another door than an order: a transfer, an issue, a deposit."""

    def __init__(self, client: Client, asset: AssetRecord, door: int, time_ns: int) -> None:
        self.client: Final = client
        self.investor: Final[Investor] = client.investor
        self.asset: Final = asset
        self.door: Final = door
        self.time_ns: Final = time_ns
        self.bought: Final[bool] = door in (TRANSFER, ISSUE) and asset.concerned
        """Whether it is as good as a purchase of crypto: somebody else gives it up, beside the market."""
        self.enters: Final[bool] = door != SETTLEMENT and asset.concerned
        """Whether it is crypto that would be held here; what settles a contract is another matter."""

    def inputs(self) -> list[tuple[str, str]]:
        """What would come to be held, and by which class of investor."""
        return [
            ("asset", f"{self.asset.asset}, {ASSET_KINDS[self.asset.kind]}"),
            ("class", class_name(self.investor.investor_class)),
        ]


class LeavingCase:
    """What is about to leave an account before the rules that can have it wait: a withdrawal, a transfer, a redemption."""

    def __init__(self, command: Transfer | Leaving, time_ns: int, registry: Registry) -> None:
        asked: Any = command
        self.command: Final[Any] = asked
        self.investor: Final[Investor] = registry.clients[asked.account].investor
        self.asset: Final[AssetRecord] = registry.assets[asked.asset]
        self.amount: Final[int] = asked.amount
        self.kind: int = WITHDRAWAL
        if isinstance(asked, Transfer):
            self.kind = TRANSFER_OUT
        elif isinstance(asked, RedeemAsset):
            self.kind = REDEMPTION
        self.time_ns: Final = time_ns
        self.registry: Final = registry

    def matter(self) -> list[tuple[str, str]]:
        """What leaves, of whom."""
        amount = f"{decimal(self.amount, self.asset.scale)} {self.asset.asset}"
        return [("investor", self.investor.investor), (MOVEMENT_KINDS[self.kind], amount)]


class TransferCase:
    """One transfer before the rules: who owns the two accounts, and what is moved."""

    def __init__(self, transfer: Transfer, time_ns: int, registry: Registry, ledger: Ledger) -> None:
        self.transfer: Final = transfer
        self.purpose: Final[int] = transfer.purpose
        self.sender: Final[Investor] = registry.clients[transfer.account].investor
        self.receiver: Final[Investor] = registry.clients[transfer.to_account].investor
        self.asset: Final[AssetRecord] = registry.assets[transfer.asset]
        self.currency_value: Final[bool] = self.asset.kind in CURRENCY_VALUES
        door = SETTLEMENT if self.currency_value and transfer.purpose == CROSS_BORDER else TRANSFER
        self.arrival: Final[Arrival | None] = (
            None
            if self.sender is self.receiver
            else Arrival(registry.clients[transfer.to_account], self.asset, door, time_ns)
        )
        """What the receiver would come to hold; None: it is the sender's own."""
        self.time_ns: Final = time_ns
        self.registry: Final = registry
        self.ledger: Final = ledger

    def matter(self) -> list[tuple[str, str]]:
        """What is moved and what for, as people read it."""
        return [("purpose", PURPOSES[self.purpose]), (f"kind of {self.asset.asset}", ASSET_KINDS[self.asset.kind])]

    def parties(self) -> list[tuple[str, str]]:
        """Who sends and who receives."""
        return [("sender", self.sender.investor), ("receiver", self.receiver.investor)]

    def residences(self) -> str:
        """Whether the two are residents."""
        return "; ".join(
            [
                f"{investor.investor} is a {'resident' if investor.resident else 'non-resident'}"
                for investor in (self.sender, self.receiver)
            ]
        )
