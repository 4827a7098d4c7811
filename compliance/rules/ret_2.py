"""RET-2: retail buys highly liquid assets (23.12.2025), by the list of LIQ-2, the criteria of LIQ-1, or either.

What the parameter `on_tier_loss` says holds for an asset that was highly liquid once: see `compliance.rules.tiers`.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from compliance.registry.listings import AssetRecord, Listing
from compliance.registry.records import Registry
from compliance.rulebook.declaration import COUNT, FLAG, ONE, ORDER_ENTRY, STARTS, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding, may
from compliance.rules.liq_1 import Criteria
from compliance.rules.liq_2 import PublishedList
from compliance.rules.rule import DEPENDS, FAILS, FOR_RETAIL, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import ASSET_KINDS, FOREIGN_STABLECOIN, SPOT
from engine.vocabulary.days import moscow_day
from engine.vocabulary.said import Said, said


class HighlyLiquidOnly(OrderRule):
    """A retail purchase, in the spot market, of what is not highly liquid is refused; sells too of what is halted."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        basis = data.parameters.word("highly_liquid_by")
        self.listed: Final[PublishedList | None] = (
            None if basis == "criteria" else PublishedList(rulebook.rules["LIQ-2"].parameters)
        )
        """None: the list does not matter."""
        self.criteria: Final[Criteria | None] = (
            None if basis == "list" else Criteria(rulebook.rules["LIQ-1"].parameters)
        )
        """None: the criteria do not matter."""
        self.foreign_stablecoins: Final = data.parameters.flag("foreign_stablecoins")
        self.crypto_for_crypto: Final = data.parameters.flag("crypto_for_crypto")
        self.on_tier_loss: Final = data.parameters.word("on_tier_loss")
        self.grace_days: Final = data.parameters.number("grace_days")

    def highly_liquid(self, asset: AssetRecord) -> bool:
        """Whether an asset is of the tier that retail may buy, by what is on record now."""
        if self.listed is not None and self.listed.has(asset):
            return True
        return self.criteria is not None and self.criteria.met_by(asset)

    def graced(self, asset: AssetRecord) -> bool:
        """Whether an asset that is highly liquid no more has a grace period, whether that has ended or not."""
        return self.on_tier_loss == "grace" and asset.lost

    def last_day(self, asset: AssetRecord) -> int:
        """The Moscow day with which the grace period of an asset ends, in days since 1970-01-01."""
        return moscow_day(asset.lost_ns) + self.grace_days

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether a grace period ended. O(assets)."""
        return any(self.graced(asset) and self.last_day(asset) + 1 == day for asset in registry.assets.values())

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but retail purchases of crypto in the spot market; sells too of what is halted for retail."""
        if not profile.retail:
            return FOR_RETAIL
        if listing.kind != SPOT:
            return "it is for the spot market"
        if self.halted(listing) is not None:
            return ""
        return self.spared_sell(listing, side) if listing.base.crypto else "it is for crypto"

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for what retail may not buy, and for both sides of what is halted; depends on the time in a grace period."""
        return self.standing(listing)

    def standing(self, listing: Listing) -> int:
        """What an instrument's assets decide of retail orders: PASSES, DEPENDS (on the time) or FAILS."""
        if self.halted(listing) is not None or self.unsettled(listing) is not None:
            return FAILS
        if listing.base.highly_liquid:
            return PASSES
        return DEPENDS if self.graced(listing.base) else FAILS

    def examine(self, case: Case) -> Finding:
        """The asset against the list, the criteria or both, and the day against the end of a grace period."""
        return TierFinding(self, case)

    def halted(self, listing: Listing) -> AssetRecord | None:
        """The asset of an instrument that retail may neither buy nor sell: to pay with it is to sell it."""
        if self.on_tier_loss == "halt":
            for asset in (listing.base, listing.quote):
                if asset.lost:
                    return asset
        return None

    def unsettled(self, listing: Listing) -> Said | None:
        """What the parameters on stablecoins and on crypto for crypto object to; None: nothing."""
        if listing.crypto_for_crypto and not self.crypto_for_crypto:
            return said("RET-2.crypto_for_crypto", listing.instrument, listing.quote.asset)
        if listing.base.kind == FOREIGN_STABLECOIN and not self.foreign_stablecoins:
            return said("RET-2.foreign_stablecoin", listing.base.asset)
        return None


class TierFinding(Finding):
    """What the asset's tier decides and, in a grace period, the time."""

    def __init__(self, rule: HighlyLiquidOnly, case: Case) -> None:
        self.rule: Final = rule
        self.listing: Final = case.listing
        self.standing: Final[int] = rule.standing(case.listing)
        self.graced: Final[bool] = rule.graced(case.listing.base)
        self.day: Final[int] = moscow_day(case.time_ns)
        self.last_day: Final[int] = rule.last_day(case.listing.base) if self.graced else -1
        self.in_time: Final[bool] = self.day <= self.last_day
        super().__init__(self.standing == PASSES or (self.standing == DEPENDS and self.in_time))

    def refusal(self) -> Said:
        """Why not, and what is allowed."""
        rule, asset = self.rule, self.listing.base
        halted = rule.halted(self.listing)
        if halted is not None:
            return said("RET-2.halted", self._shortcoming(halted), lost_on(halted))
        unsettled = rule.unsettled(self.listing)
        if unsettled is not None:
            return unsettled
        if self.standing == FAILS:
            return self._shortcoming(asset)
        return said("RET-2.grace_ended", self._shortcoming(asset), lost_on(asset), iso_date(self.last_day))

    def inputs(self) -> list[tuple[str, str]]:
        """The asset's figures."""
        asset = self.listing.base
        return [
            ("asset", f"{asset.asset}, {ASSET_KINDS[asset.kind]}"),
            ("priced in", self.listing.quote.asset),
            ("capitalisation", f"{asset.market_cap_rub}.00"),
            ("daily turnover", f"{asset.turnover_rub}.00"),
            ("history", f"{asset.history_years} years"),
        ]

    def arithmetic(self) -> str:
        """All comparisons."""
        rule, listing, asset = self.rule, self.listing, self.listing.base
        compared: list[str] = []
        if listing.crypto_for_crypto:
            verb = f"{may(rule.crypto_for_crypto)} pay crypto for crypto"
            compared.append(f"paid with {listing.quote.asset}: retail {verb}")
        if asset.kind == FOREIGN_STABLECOIN:
            compared.append(f"a foreign stablecoin: retail {may(rule.foreign_stablecoins)} buy it")
        if rule.listed is not None:
            compared.append(rule.listed.comparison(asset))
        if rule.criteria is not None:
            compared += rule.criteria.comparisons(asset)
        halted = rule.halted(listing)
        if halted is not None:
            compared.append(f"{halted.asset} was highly liquid until {lost_on(halted)}: halted for retail")
        elif self.graced:
            sign = "<=" if self.in_time else ">"
            days = f"{iso_date(self.day)} {sign} {iso_date(self.last_day)}"
            compared.append(f"lost on {lost_on(asset)}, grace: {days}")
        return "; ".join(compared)

    def _shortcoming(self, asset: AssetRecord) -> Said:
        """Why an asset is not highly liquid."""
        reasons: list[Said] = []
        if self.rule.listed is not None:
            reasons.append(self.rule.listed.needed())
        if self.rule.criteria is not None:
            reasons.append(self.rule.criteria.needed(asset))
        return said("RET-2.not_liquid", asset.asset, said("list.reasons", *reasons))


def lost_on(asset: AssetRecord) -> str:
    """The Moscow date on which an asset lost high liquidity."""
    return iso_date(moscow_day(asset.lost_ns))


RULE: Final[Rule] = Rule(
    "RET-2",
    ORDER_ENTRY,
    {
        "highly_liquid_by": Parameter(
            ONE,
            "what makes an asset highly liquid",
            "Which rule says that an asset is highly liquid.",
            words={
                "list": "the list of LIQ-2",
                "criteria": "the criteria of LIQ-1",
                "list_or_criteria": "either of the two",
            },
        ),
        "foreign_stablecoins": Parameter(
            FLAG,
            "retail purchases of foreign stablecoins",
            "Whether retail may buy a highly liquid foreign stablecoin.",
        ),
        "crypto_for_crypto": Parameter(
            FLAG, "retail purchases paid in crypto", "Whether retail may buy crypto that is priced in crypto."
        ),
        "on_tier_loss": Parameter(
            ONE,
            "the loss of high liquidity",
            "What happens to retail when an asset is highly liquid no more.",
            words={
                "sell_only": "buys are refused at once, those that rest are cancelled",
                "grace": "buys are refused once the grace period has ended",
                "halt": "retail may neither buy nor sell it",
            },
        ),
        "grace_days": Parameter(COUNT, "the grace period", "How long retail may still buy, with `grace`.", unit="days"),
        STARTS: starts(),
    },
    compares="The asset's liquidity tier with highly liquid.",
    exempt=f"Qualified investors; assets that are no crypto; derivatives (DER-1). {SELLS_OF_HOLDINGS}",
    reported=("a list, or criteria (LIQ-1, LIQ-2)",),
    orders=HighlyLiquidOnly,
)
