"""ANON-1: privacy coins are refused to everyone (Bank of Russia, 23.12.2025). The ban is on the coin: sells too.

They go to nobody else either; who has some may gather them.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.listings import AssetRecord, Listing
from compliance.rulebook.declaration import ORDER_ENTRY, SOME, STARTS, Parameter, starts
from compliance.rulebook.parameters import Parameters
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile, TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import FAILS, OWN, PASSES, OrderRule, Rule, TransferRule
from engine.vocabulary.codes import OWN_ACCOUNT, PRIVACY_KINDS
from engine.vocabulary.said import Said, listed, said


class Banned:
    """The kinds of privacy that are banned."""

    def __init__(self, parameters: Parameters) -> None:
        self.kinds: Final[tuple[str, ...]] = parameters.names("banned_privacy")

    def first_of(self, assets: list[AssetRecord]) -> AssetRecord | None:
        """The first asset that is of one of them; None: none is."""
        for asset in assets:
            if PRIVACY_KINDS[asset.privacy] in self.kinds:
                return asset
        return None

    def refusal(self, asset: AssetRecord) -> Said:
        """The coin and its kind of privacy."""
        return said("ANON-1.coin", asset.asset, PRIVACY_KINDS[asset.privacy], listed(self.kinds))

    def words(self) -> str:
        """What is banned, at the end of a comparison."""
        return f"among the banned: {', '.join(self.kinds) or 'none'}"


class PrivacyBan(OrderRule):
    """An instrument whose base or quote asset is of a banned kind of privacy is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.banned: Final = Banned(data.parameters)

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an instrument whose base or quote asset is of a banned kind of privacy."""
        return PASSES if self.banned.first_of([listing.base, listing.quote]) is None else FAILS

    def examine(self, case: Case) -> Finding:
        """The privacy of what is bought and of what is paid with."""
        return TradedCoinFinding(self.banned, case.listing)


class NoPrivacyCoins(TransferRule):
    """A banned coin that goes to somebody else is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.banned: Final = Banned(data.parameters)

    def spares(self, case: TransferCase) -> str:
        """Transfers between accounts of one investor."""
        return OWN if case.purpose == OWN_ACCOUNT else ""

    def examine(self, case: TransferCase) -> Finding:
        """The asset's kind of privacy."""
        return MovedCoinFinding(self.banned, case.asset)


class TradedCoinFinding(Finding):
    """Whether what is bought or paid with is a banned coin."""

    def __init__(self, banned: Banned, listing: Listing) -> None:
        self.banned: Final = banned
        self.assets: Final = [listing.base, listing.quote]
        self.coin: Final[AssetRecord | None] = banned.first_of(self.assets)
        super().__init__(self.coin is None)

    def refusal(self) -> Said:
        """The coin and its kind of privacy."""
        assert self.coin is not None
        return self.banned.refusal(self.coin)

    def inputs(self) -> list[tuple[str, str]]:
        """The privacy of both."""
        return [(f"privacy of {each.asset}", PRIVACY_KINDS[each.privacy]) for each in self.assets]

    def arithmetic(self) -> str:
        """Which of the two is banned."""
        coin = self.coin
        found = "none of the two" if coin is None else f"{PRIVACY_KINDS[coin.privacy]} of {coin.asset}"
        return f"{found} is {self.banned.words()}"


class MovedCoinFinding(Finding):
    """Whether what is moved is a banned coin."""

    def __init__(self, banned: Banned, asset: AssetRecord) -> None:
        self.banned: Final = banned
        self.asset: Final = asset
        super().__init__(banned.first_of([asset]) is None)

    def refusal(self) -> Said:
        """The coin, its kind of privacy, and what is allowed."""
        return said("ANON-1.moved", self.banned.refusal(self.asset))

    def inputs(self) -> list[tuple[str, str]]:
        """The privacy of the asset."""
        return [(f"privacy of {self.asset.asset}", PRIVACY_KINDS[self.asset.privacy])]

    def arithmetic(self) -> str:
        """Whether it is banned."""
        found = "is not" if self.passed else "is"
        return f"{PRIVACY_KINDS[self.asset.privacy]} {found} {self.banned.words()}"


RULE: Final[Rule] = Rule(
    "ANON-1",
    ORDER_ENTRY,
    {
        "banned_privacy": Parameter(
            SOME,
            "the banned kinds of privacy",
            "Which privacy coins are refused.",
            words={"default": "coins that are always private", "optional": "coins that can be private"},
        ),
        STARTS: starts(),
    },
    compares="The kind of privacy of what is bought or paid with, with those that are banned.",
    exempt="Nobody; sells are refused too.",
    orders=PrivacyBan,
    transfers=NoPrivacyCoins,
)
