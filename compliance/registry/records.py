"""Who trades, and through whom: investors, intermediaries and accounts, beside the assets and instruments.

The records hold what commands said and what the rulebook made of it; `compliance.intake` changes them. Nothing is ever
removed, so everything is found by name, in the order in which it came.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import UNCLASSIFIED, is_retail
from compliance.registry.listings import SECURITIES, AssetRecord, Decision, Listing
from engine.book.entities import Account
from engine.vocabulary.codes import DEPOSITARY, INDIVIDUAL

RISK_LEVELS: Final = ("low", "medium", "high")
"""Of a client, from the lowest (AML-2)."""
KNOWLEDGE: Final = "knowledge"
"""The test of retail (RET-3)."""
RISK: Final = "risk"
"""The test of qualified individuals (QUAL-1)."""


class RecordedTest:
    """The latest result of one test."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.score: int = -1
        """Percent, 0 to 100; -1: none is recorded."""
        self.taken_ns: int = 0
        """Nanoseconds since the epoch, UTC."""


class Authorisation:
    """That an investor may buy through an intermediary in one Moscow year (RET-4)."""

    def __init__(self, intermediary: str) -> None:
        self.intermediary: Final = intermediary
        self.stands: bool = True
        """False once withdrawn: the year's choice stays known."""


class Investor:
    """One investor: the evidence, the class that it proves, and what the investor has done. Money in whole roubles."""

    def __init__(self, investor: str) -> None:
        self.investor: Final = investor
        self.kind: int = INDIVIDUAL
        self.resident: bool = True
        self.assets_rub: int = 0
        self.income_rub: int = 0
        self.earlier_income_rub: int = 0
        """Of the year before last."""
        self.certified: bool = False
        """Whether education or a certificate speaks for an individual (QUAL-0)."""
        self.foreign_trade: bool = False
        """Whether the investor is registered as a foreign-trade party (SET-1)."""
        self.financial: bool = False
        self.capital_rub: int = 0
        self.bank: bool = False
        """A credit institution (DER-3)."""
        self.blocked: bool = False
        self.class_override: str = ""
        self.risk_level: str = ""
        """One of `RISK_LEVELS` (AML-2); empty: not assessed."""
        self.reason: str = ""
        """Of the latest registration, as is `by`."""
        self.by: str = ""
        self.investor_class: int = UNCLASSIFIED
        self.retail: bool = False
        """Whether the class is one that the retail rules bind."""
        self.acknowledged: Final[dict[str, bool]] = {}
        """Texts of the risk warning that were acknowledged, by digest, in that order."""
        self.knowledge: Final = RecordedTest(KNOWLEDGE)
        self.risk: Final = RecordedTest(RISK)
        self.products: Final[dict[str, RecordedTest]] = {}
        """Tests by product (SUIT-1), those that were sat."""
        self.authorisations: Final[dict[int, Authorisation]] = {}
        """By Moscow year."""
        self.clients: Final[list[Client]] = []
        """The investor's accounts, in order of opening."""
        self.contracts: Final[list[Contract]] = []
        """Of foreign trade, to which the investor is a party, in order of registration."""
        self.person: Person | None = None
        """Whose documents are on record; None: no document is (ID-1)."""
        self.owners: list[Person] = []
        """A firm's beneficial owners, as it names them."""
        self.shares_owner_with: list[str] = []
        """What the core was told of: `sharing_owners`."""
        self.issues_as: Final[dict[str, bool]] = {investor: True}
        """Under which names assets are issued that are the investor's own: its own, and those of the participants who enter
        orders for its accounts that are held directly."""

    def authorised_through(self, year: int) -> str:
        """The intermediary through whom the investor is authorised to buy in a Moscow year; empty: none."""
        found = self.authorisations.get(year)
        return found.intermediary if found is not None and found.stands else ""

    @property
    def listed(self) -> Investor | None:
        """Who of the investor and its beneficial owners is on the list of blocked owners, the first by name; None: nobody."""
        if self.blocked:
            return self
        found: Investor | None = None
        for person in self.owners:
            owner = person.investor
            if owner is not None and owner.blocked and (found is None or owner.investor < found.investor):
                found = owner
        return found

    @property
    def with_firms(self) -> list[Investor]:
        """The investor, and the firms that name it as beneficial owner."""
        if self.person is None:
            return [self]
        return [self, *self.person.firms.values()]

    def test(self, name: str) -> RecordedTest:
        """The latest result of a test; of one that was not sat one without a score."""
        if name == KNOWLEDGE:
            return self.knowledge
        return self.risk if name == RISK else self.products.get(name) or RecordedTest(name)

    def put_in_class(self, investor_class: int) -> None:
        """Set the class, and whether it is a retail one."""
        self.investor_class = investor_class
        self.retail = is_retail(investor_class)


class Person:
    """Somebody with documents: an investor, a beneficial owner of firms, or both."""

    def __init__(self) -> None:
        self.keys: Final[list[str]] = []
        """In the order in which they came."""
        self.investor: Investor | None = None
        """As whom the person is registered; of a firm's own documents the firm."""
        self.firms: Final[dict[str, Investor]] = {}
        """Those that name the person as beneficial owner, by name."""


class Intermediary:
    """A broker or other intermediary through whom accounts are held."""

    def __init__(self, intermediary: str) -> None:
        self.intermediary: Final = intermediary
        self.licensed: bool = True
        self.licence: str = ""
        """Its number, for people."""
        self.suspended: bool = False
        self.capital_rub: int = 0
        self.bank: bool = False
        """A credit institution (DER-3)."""
        self.own_investor: str = ""
        """Who the intermediary itself is, as an investor (CUST-1); empty: it was not stated."""
        self.reason: str = ""
        """Of the latest registration, as is `by`."""
        self.by: str = ""
        self.clients: Final[list[Client]] = []
        """Accounts held through it, in order of opening."""

    @property
    def barred(self) -> bool:
        """Whether its clients may not buy (INT-1)."""
        return self.suspended or not self.licensed


class Client:
    """An account as the rules see it: an investor, through an intermediary or directly."""

    def __init__(self, account: str, investor: Investor, intermediary: Intermediary | None) -> None:
        self.account: Final = account
        self.investor: Final = investor
        self.intermediary: Final = intermediary
        self.decisions: dict[int, Decision] = {}
        """By instrument number times two plus side; shared by all clients of the same profile."""
        self.custody: int = DEPOSITARY
        """How it is held (CUST-1)."""
        self.core: Account | None = None
        """The account of the core, whose balances are what is held; None until it is opened."""

    @property
    def intermediary_name(self) -> str:
        """The intermediary's name; empty for an account held directly."""
        return "" if self.intermediary is None else self.intermediary.intermediary

    def opened(self, core: Account) -> None:
        """Be the account that the core has opened."""
        self.core = core
        if self.intermediary is None:
            self.investor.issues_as[core.participant] = True

    def held(self) -> dict[int, int]:
        """What the account holds, set aside for something or not, by the asset's number. O(assets that it has held)."""
        if self.core is None:
            return {}
        return {number: each.owned for number, each in self.core.balances.items()}


class Contract:
    """A contract of foreign trade: what one party owes the other, and what of it was paid by transfers (SET-1).

    Amounts are in minor units of the contract's currency.
    """

    def __init__(self, contract: str, payer: Investor, payee: Investor, asset: AssetRecord) -> None:
        self.contract: Final = contract
        """Its number."""
        self.payer: Final = payer
        self.payee: Final = payee
        self.asset: Final = asset
        """Its currency."""
        self.amount: int = 0
        self.paid: int = 0
        """Less what was refunded."""
        self.refundable: int = 0
        """What may go back of it: no more than was paid."""
        self.concluded: str = ""
        """Its date, YYYY-MM-DD."""
        self.subject: str = ""
        self.reason: str = ""
        """Of the latest registration, as is `by`."""
        self.by: str = ""

    @property
    def left(self) -> int:
        """What may still be paid."""
        return max(self.amount - self.paid, 0)


class Registry:
    """All records, by name, in the order in which they came."""

    def __init__(self) -> None:
        self.assets: Final[dict[str, AssetRecord]] = {}
        self.numbered: Final[list[AssetRecord]] = []
        """The same by the asset's number."""
        self.issued_by: Final[dict[str, list[AssetRecord]]] = {}
        """Securities by the name of their issuer."""
        self.listings: Final[dict[str, Listing]] = {}
        self.rouble_markets: Final[dict[str, list[Listing]]] = {}
        """By base asset: all instruments, futures apart, in which it is itself traded for roubles, in order of listing."""
        self.investors: Final[dict[str, Investor]] = {}
        self.financial: Final[dict[str, Investor]] = {}
        """Financial firms."""
        self.intermediaries: Final[dict[str, Intermediary]] = {}
        self.clients: Final[dict[str, Client]] = {}
        """By account."""
        self.contracts: Final[dict[str, Contract]] = {}
        """Of foreign trade, by number."""
        self.texts: Final[dict[str, str]] = {}
        """Texts of the risk warning that have been in force or were made known, by digest."""

    def add_asset(self, asset: AssetRecord) -> None:
        """Add an asset to the records."""
        assert asset.core.number == len(self.numbered), "the core counts its assets otherwise"
        self.assets[asset.asset] = asset
        self.numbered.append(asset)
        if asset.part == SECURITIES and asset.core.issuer:
            self.issued_by.setdefault(asset.core.issuer, []).append(asset)

    def add_listing(self, listing: Listing) -> None:
        """Add an instrument to the records. O(instruments) for the first rouble market of an asset.

        A security that does not say what it follows follows what the first note on it does.
        """
        self.listings[listing.instrument] = listing
        asset = listing.base.asset
        underlying = self.assets.get(listing.underlying)
        if underlying is not None and listing.derivative:
            listing.followed = underlying.judged
            if listing.base.followed is None and listing.base.on_crypto:
                listing.base.followed = underlying.judged
        elif not listing.underlying:
            listing.followed = listing.base.judged
        if listing.in_roubles and not listing.shortable:
            if asset not in self.rouble_markets:
                self.rouble_markets[asset] = []
                for each in self.listings.values():
                    if each.base.asset == asset:
                        each.has_rouble_market = True
                    if each.quote.asset == asset:
                        each.quote_has_rouble_market = True
            self.rouble_markets[asset].append(listing)
        listing.has_rouble_market = asset in self.rouble_markets
        listing.quote_has_rouble_market = listing.quote.asset in self.rouble_markets

    def named(self, text: str) -> list[Investor]:
        """Whom a destination names here, if anybody: whose account is called so, and the investor of that name."""
        name = text.strip()
        client, investor = self.clients.get(name), self.investors.get(name)
        found = [] if client is None else [client.investor]
        return found if investor is None or investor in found else [*found, investor]

    def rouble_market(self, asset: str) -> Listing | None:
        """Where an asset is priced in roubles here, None: nowhere.

        It is the first instrument that has a trade or a reference price; while none has, the first.
        """
        markets = self.rouble_markets.get(asset)
        if markets is None:
            return None
        for listing in markets:
            if listing.last_ticks:
                return listing
        return markets[0]

    def add_contract(self, contract: Contract) -> None:
        """Add a contract to the records."""
        self.contracts[contract.contract] = contract
        contract.payer.contracts.append(contract)
        contract.payee.contracts.append(contract)

    def note_financial(self, investor: Investor) -> None:
        """Keep financial firms at hand, after an investor's record is new or changed."""
        if investor.financial:
            self.financial[investor.investor] = investor
        else:
            self.financial.pop(investor.investor, None)

    def open_client(self, account: str, investor: Investor, intermediary: Intermediary | None) -> Client:
        """Add an account to the records."""
        client = Client(account, investor, intermediary)
        self.clients[account] = client
        investor.clients.append(client)
        if intermediary is not None:
            intermediary.clients.append(client)
        return client
