"""DER-3: what a bank has is at most 1 % of its capital (TASS, 25.08.2025).

All that it has in one sum: crypto, notes and digital financial assets bought and issued, futures and, if the rulebook counts them, the
positions of its clients. A bank is whoever is registered as one, as an investor, as an intermediary or as both under one name.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.listings import COINS, FUTURES, ISSUED, SECURITIES, AssetRecord, Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, PERCENT, SOME, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import NOTHING, Case, Profile
from compliance.rules.finding import PASSED, Finding
from compliance.rules.rule import SELLS_OF_HOLDINGS, OrderRule, Rule
from compliance.rules.share import Share
from engine.vocabulary.said import Said, said

_PARTS: Final = {"spot": COINS, "notes": SECURITIES, "issued": ISSUED, "futures": FUTURES}
_CLIENTS: Final = "as_intermediary"


class BankExposure(OrderRule):
    """What makes a bank have more than a share of its capital is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.share: Final = data.parameters.number("exposure_percent_of_capital")
        counts = data.parameters.names("counts")
        self.parts: Final[int] = sum([_PARTS[name] for name in counts if name != _CLIENTS])
        self.clients: Final[bool] = _CLIENTS in counts

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but what a bank, or a client whose positions count for one, takes on of what counts."""
        through = self.clients and profile.through_bank
        if not (profile.bank or through):
            return "it is for banks"
        acquired = listing.acquired(side)
        part = FUTURES if acquired is None else acquired.part
        counted = self.parts & part
        if (profile.bank and counted) or (through and listing.exposed):
            return ""
        return "the rulebook counts no such instrument"

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """Banks beyond their share, and the clients of such banks if those count. O(what banks hold, intermediaries, such clients)."""
        found = [
            bank
            for bank in registry.financial.values()
            if bank.bank and self._is_beyond(registry, ledger, bank.investor)
        ]
        if self.clients:
            for name, intermediary in registry.intermediaries.items():
                if intermediary.bank and self._is_beyond(registry, ledger, name):
                    found += [client.investor for client in intermediary.clients]
        return found

    def outside(self, registry: Registry, ledger: Ledger) -> list[tuple[str, Said]]:
        """Banks that have more than their share, or something without a rouble value."""
        return [(each.name, each.standing()) for each in self.shares(registry, ledger) if each.is_beyond]

    def shares(self, registry: Registry, ledger: Ledger) -> list[Share]:
        """What each bank has of its share, investors first. O(what banks hold)."""
        names = [bank.investor for bank in registry.financial.values() if bank.bank]
        names += [name for name, each in registry.intermediaries.items() if each.bank and name not in names]
        return [self._share(registry, ledger, name) for name in names]

    def examine(self, case: Case) -> Finding:
        """Add what the order adds to what the bank has, then to what the bank has through which it is held."""
        investor, intermediary = case.investor, case.client.intermediary
        own: Share | None = None
        through: Share | None = None
        if investor.bank:
            own = self._looked_at(case, investor.investor, case.adds_of(self.parts))
        if self.clients and intermediary is not None and intermediary.bank:
            name = intermediary.intermediary
            if not investor.bank or name != investor.investor:
                adds = case.adds() if case.listing.exposed else 0
                through = self._looked_at(case, name, adds or NOTHING)
        if own is None and through is None and not case.explained:
            return PASSED
        return BankFinding(own, through)

    def issue_problem(self, registry: Registry, ledger: Ledger, asset: AssetRecord, amount: int) -> Said | None:
        """Why so much of an asset may not be issued besides; None if it may."""
        for after in self.issue_shares(registry, ledger, asset, amount):
            if after.is_beyond:
                return said("DER-3.issue", after.standing())
        return None

    def issue_shares(self, registry: Registry, ledger: Ledger, asset: AssetRecord, amount: int) -> list[Share]:
        """What each bank that issues an asset would have of its share, were so much issued besides; none: no bank's share counts it."""
        if not self.parts & ISSUED or asset.part != SECURITIES:
            return []
        issuer = asset.core.issuer
        banks = [bank.investor for bank in registry.financial.values() if bank.bank and issuer in bank.issues_as]
        intermediary = registry.intermediaries.get(issuer)
        if intermediary is not None and intermediary.bank and issuer not in banks:
            banks.append(issuer)
        return [self._share(registry, ledger, name, more=(asset.asset, amount)) for name in banks]

    def _looked_at(self, case: Case, name: str, adds: int) -> Share | None:
        """A bank's share and an order; None if the order passes and nobody asks why."""
        share = self._share(case.registry, case.ledger, name, adds=adds, quote=case.listing.quote.asset)
        return share if case.explained or not share.fits else None

    def _share(
        self,
        registry: Registry,
        ledger: Ledger,
        name: str,
        *,
        adds: int = NOTHING,
        quote: str = "",
        more: tuple[str, int] = ("", 0),
    ) -> Share:
        worth = ledger.worth(name, self.parts, more)
        clients = ledger.exposures.for_others(name) if self.clients and name in registry.intermediaries else 0
        capital_rub = self._capital_rub(registry, name)
        return Share(name, capital_rub, self.share, worth, clients=clients, adds=adds, quote=quote)

    def _is_beyond(self, registry: Registry, ledger: Ledger, name: str) -> bool:
        return self._share(registry, ledger, name).is_beyond

    def _capital_rub(self, registry: Registry, name: str) -> int:
        """A bank's capital; of one with two records the smaller figure."""
        investor, intermediary = registry.investors.get(name), registry.intermediaries.get(name)
        found = [] if investor is None or not investor.bank else [investor.capital_rub]
        if intermediary is not None and intermediary.bank:
            found.append(intermediary.capital_rub)
        return min(found)


class BankFinding(Finding):
    """What a bank has, then what the bank has through which the order is held, against a share of capital; None: no bank, or it passes."""

    def __init__(self, own: Share | None, through: Share | None) -> None:
        self.own: Final = own
        self.through: Final = through
        super().__init__((own is None or own.fits) and (through is None or through.fits))

    def refusal(self) -> Said:
        """What is beyond its share, the bank that gives the order first."""
        own, through = self.own, self.through
        if own is not None and not own.fits:
            return own.refusal(said("DER-3.bank", own.name))
        assert through is not None
        return through.refusal(said("DER-3.intermediary", through.name))

    def inputs(self) -> list[tuple[str, str]]:
        """Banks, capital and what there is."""
        own, through = self.own, self.through
        if own is None and through is None:
            return [("bank", "none")]
        inputs: list[tuple[str, str]] = []
        if own is not None:
            inputs += [("bank", own.name), *own.inputs()]
        if through is not None:
            inputs += [("through bank", through.name)]
            inputs += [(f"{name}, of {through.name}", value) for name, value in through.inputs()]
        return inputs

    def arithmetic(self) -> str:
        """Both comparisons, as far as there are banks."""
        compared = [each.arithmetic() for each in (self.own, self.through) if each is not None]
        return "; ".join(compared) or "neither the investor nor the intermediary is a bank"


RULE: Final[Rule] = Rule(
    "DER-3",
    ORDER_ENTRY,
    {
        "exposure_percent_of_capital": Parameter(
            PERCENT,
            "a bank's largest exposure",
            "Largest sum of what counts, as a share of the bank's capital.",
        ),
        "counts": Parameter(
            SOME,
            "what counts as a bank's exposure",
            "What a bank has that counts, in one sum.",
            words={
                "spot": "cryptocurrencies and foreign stablecoins, held and to be bought",
                "notes": "notes and digital financial assets, held and to be bought",
                "issued": "what of these the bank has issued and not redeemed",
                "futures": "positions in futures, and what open orders can make of them",
                _CLIENTS: "positions and open orders of its clients, as under DER-2",
            },
            left_out=["spot", "notes", "issued", "futures"],
        ),
    },
    compares="All that a bank has, its open purchases at their worst price, and this order with a share of its capital.",
    exempt=f"Who is no bank; clients of one, unless they count. {SELLS_OF_HOLDINGS}",
    reported=("1 % in the bill of 2026 too", "the positions of a bank's clients counted for it"),
    orders=BankExposure,
)
