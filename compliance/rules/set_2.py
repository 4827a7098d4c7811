"""SET-2: rouble stablecoins are for foreign trade: not for retail, or off the market as the mode says."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import class_name
from compliance.registry.listings import AssetRecord, Listing
from compliance.rulebook.declaration import FLAG, ONE, ORDER_ENTRY, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import DEPOSIT, SETTLEMENT, Arrival, Case, Profile
from compliance.rules.finding import Finding, may
from compliance.rules.rule import FAILS, PASSES, OrderRule, Rule
from engine.vocabulary.codes import ASSET_KINDS, DOMESTIC_STABLECOIN, FOREIGN_STABLECOIN
from engine.vocabulary.said import Said, said


class Stablecoins(OrderRule):
    """Both sides of an asset that only settles are refused; so is a retail purchase of a rouble stablecoin, or with one."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.rouble_mode: Final = data.parameters.word("stablecoin_mode")
        self.foreign_mode: Final = data.parameters.word("usdt_mode")
        self.retail: Final = data.parameters.flag("retail")

    def crypto_only(self) -> bool:
        """A stablecoin is no means of payment for what is no crypto either."""
        return False

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """What has no stablecoin."""
        stablecoins = (DOMESTIC_STABLECOIN, FOREIGN_STABLECOIN)
        if listing.base.kind not in stablecoins and listing.quote.kind not in stablecoins:
            return "neither bought nor paid with is a stablecoin"
        return ""

    def holds_anyway(self, listing: Listing) -> bool:
        """For an asset that only settles: its book is shut."""
        return self.settles_only(listing) is not None

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an asset that only settles; for a retail purchase of a rouble stablecoin, or with one."""
        if self.settles_only(listing) is not None or self.shuts_out(profile.retail, domestic(listing)):
            return FAILS
        return PASSES

    def at_door(self, arrival: Arrival) -> Finding | None:
        """A rouble stablecoin that comes to a retail investor, and what only settles, so that nobody could buy it here.

        What settles a contract is SET-1's.
        """
        asset = arrival.asset
        if arrival.door == SETTLEMENT or not (asset.kind == DOMESTIC_STABLECOIN or self.only_settles(asset)):
            return None
        return StablecoinAtDoorFinding(self, arrival)

    def examine(self, case: Case) -> Finding:
        """The modes of the stablecoins, and the class of who trades a rouble stablecoin."""
        return ModeFinding(self, case)

    def settles_only(self, listing: Listing) -> AssetRecord | None:
        """The asset of an instrument that can't be bought or sold here."""
        for asset in (listing.base, listing.quote):
            if self.only_settles(asset):
                return asset
        return None

    def only_settles(self, asset: AssetRecord) -> bool:
        """Whether an asset can't be bought or sold here, by the mode of its kind."""
        if asset.kind == DOMESTIC_STABLECOIN:
            return self.rouble_mode == "settlement_only"
        return asset.kind == FOREIGN_STABLECOIN and self.foreign_mode == "settlement_only"

    def shuts_out(self, retail: bool, stablecoin: AssetRecord | None) -> bool:
        """Whether who trades a rouble stablecoin is retail, which may not."""
        return stablecoin is not None and retail and not self.retail


def domestic(listing: Listing) -> AssetRecord | None:
    """The rouble stablecoin that is bought or paid with."""
    for asset in (listing.base, listing.quote):
        if asset.kind == DOMESTIC_STABLECOIN:
            return asset
    return None


class ModeFinding(Finding):
    """The asset that only settles, and the rouble stablecoin, of an instrument; None: it has none."""

    def __init__(self, rule: Stablecoins, case: Case) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.settles_only: Final[AssetRecord | None] = rule.settles_only(case.listing)
        self.stablecoin: Final[AssetRecord | None] = domestic(case.listing)
        shut_out = rule.shuts_out(case.investor.retail, self.stablecoin)
        super().__init__(self.settles_only is None and not shut_out)

    def refusal(self) -> Said:
        """Which asset, and what it is for."""
        if self.settles_only is not None:
            return said("SET-2.settles_only", self.settles_only.asset)
        assert self.stablecoin is not None
        if self._comes_in(self.stablecoin):
            return said("SET-2.retail_buys", self.stablecoin.asset)
        return said("SET-2.retail_pays", self.stablecoin.asset)

    def inputs(self) -> list[tuple[str, str]]:
        """Kinds and class."""
        listing = self.case.listing
        kinds = [(f"kind of {each.asset}", ASSET_KINDS[each.kind]) for each in (listing.base, listing.quote)]
        return [*kinds, ("class", class_name(self.case.investor.investor_class))]

    def arithmetic(self) -> str:
        """The mode, and what retail may do."""
        if self.settles_only is not None:
            return f"{self.settles_only.asset} is settlement_only"
        stablecoin = self.stablecoin
        if stablecoin is None or not self.case.investor.retail:
            return "tradable, and no retail purchase of a rouble stablecoin"
        return f"{stablecoin.asset} is tradable; retail {may(self.passed)} {self._verb(stablecoin)}"

    def _verb(self, stablecoin: AssetRecord) -> str:
        """What is done with it."""
        return "buy it" if self._comes_in(stablecoin) else "pay with it"

    def _comes_in(self, stablecoin: AssetRecord) -> bool:
        """Whether it is what the order brings in; if not, it is what is paid."""
        return stablecoin is self.case.listing.acquired(self.case.side)


class StablecoinAtDoorFinding(Finding):
    """Whether who would come to hold a stablecoin could buy it: not if it only settles, nor retail a rouble stablecoin.

    Transfers of what only settles go on.
    """

    def __init__(self, rule: Stablecoins, arrival: Arrival) -> None:
        self.arrival: Final = arrival
        asset = arrival.asset
        self.only_settles: Final[bool] = arrival.door == DEPOSIT and rule.only_settles(asset)
        shut_out = asset.kind == DOMESTIC_STABLECOIN and rule.shuts_out(arrival.investor.retail, asset)
        super().__init__(not shut_out and not self.only_settles)

    def refusal(self) -> Said:
        """What it is for."""
        if self.only_settles:
            return said("SET-2.settles_only", self.arrival.asset.asset)
        return said("SET-2.retail_holds", self.arrival.asset.asset)

    def inputs(self) -> list[tuple[str, str]]:
        """Kind and class."""
        return self.arrival.inputs()

    def arithmetic(self) -> str:
        """What the class may do."""
        name = class_name(self.arrival.investor.investor_class)
        return f"{name} {may(self.passed)} come to hold {self.arrival.asset.asset}, a rouble stablecoin"


_USES: Final = {"tradable": "bought and sold here", "settlement_only": "never bought or sold here"}

RULE: Final[Rule] = Rule(
    "SET-2",
    ORDER_ENTRY,
    {
        "stablecoin_mode": Parameter(ONE, "what rouble stablecoins are for", "Use of rouble stablecoins.", words=_USES),
        "usdt_mode": Parameter(ONE, "what foreign stablecoins are for", "Use of foreign stablecoins.", words=_USES),
        "retail": Parameter(
            FLAG, "retail purchases of rouble stablecoins", "Whether retail may buy rouble stablecoins."
        ),
    },
    compares="A stablecoin's mode with tradable; a retail purchase of a rouble stablecoin with what retail may do.",
    exempt="Assets that are no stablecoin. Of retail's limit: qualified investors and sells (RET-5).",
    reported=("for foreign trade settlement only",),
    orders=Stablecoins,
)
