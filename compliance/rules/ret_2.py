"""RET-2: retail buys highly liquid assets (23.12.2025), by the list of LIQ-2, the criteria of LIQ-1, or either.

It asks of the asset that comes in, whichever side brings it, and of what a security or future follows.
What the parameter `on_tier_loss` says holds for an asset that was highly liquid once: see `compliance.rules.tiers`.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from compliance.registry.listings import AssetRecord, Listing
from compliance.registry.records import Registry
from compliance.rulebook.declaration import COUNT, FLAG, ONE, ORDER_ENTRY, STARTS, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import SETTLEMENT, Arrival, Case, Profile
from compliance.rules.finding import Finding, may
from compliance.rules.liq_1 import Criteria
from compliance.rules.liq_2 import PublishedList
from compliance.rules.rule import DEPENDS, FAILS, FOR_RETAIL, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import ASSET_KINDS, BUY, FOREIGN_STABLECOIN
from engine.vocabulary.days import moscow_day
from engine.vocabulary.said import Said, said


class HighlyLiquidOnly(OrderRule):
    """A retail purchase of what is not highly liquid, or follows it, is refused; sells too of what is halted."""

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

    def crypto_only(self) -> bool:
        """What is halted for retail is not sold either."""
        return False

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
        """All but retail orders that take on crypto, or something on its price; both sides of what is halted for retail."""
        if not profile.retail:
            return FOR_RETAIL
        if self.halted(listing) is not None or self.asked_of(listing, side).bears or not listing.opens(side):
            return ""
        return "it is for crypto, and securities and futures on its price"

    def holds_anyway(self, listing: Listing) -> bool:
        """For what is halted for retail: its book is shut."""
        return self.halted(listing) is not None

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for what retail may not buy, and for both sides of what is halted; depends on the time in a grace period."""
        if self.halted(listing) is not None:
            return FAILS
        asked = self.asked_of(listing, side)
        return FAILS if asked.bears and self.unpaid(listing, side) else self.standing(asked)

    def asked_of(self, listing: Listing, side: int) -> Asked:
        """What an order of a side takes on: the asset that comes in, or what a future follows."""
        if listing.shortable:
            return (
                Asked(listing.base, listing.followed) if listing.derivative else Asked(listing.base, None, bears=False)
            )
        acquired = listing.acquired(side)
        if acquired is None:
            return Asked(listing.base, None, bears=False)
        return asked_about(acquired)

    def standing(self, asked: Asked) -> int:
        """What the tier of an asset decides of a retail purchase: PASSES, DEPENDS (on the time) or FAILS."""
        asset = asked.judged
        if not asked.bears:
            return PASSES
        if asset is None or self.unsettled(asset):
            return FAILS
        if asset.highly_liquid:
            return PASSES
        return DEPENDS if self.graced(asset) else FAILS

    def examine(self, case: Case) -> Finding:
        """The asset against the list, the criteria or both, and the day against the end of a grace period."""
        listing = case.listing
        paid = listing.quote if case.side == BUY else listing.base
        asked = self.asked_of(listing, case.side)
        swap = paid if self.unpaid(listing, case.side) or listing.crypto_for_crypto else None
        return TierFinding(self, asked, case.time_ns, halted=self.halted(listing), paid=swap)

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of what comes to a retail investor; what settles a contract is SET-1's."""
        asked = asked_about(arrival.asset)
        if arrival.door == SETTLEMENT or not arrival.investor.retail or not asked.bears:
            return None
        return TierFinding(self, asked, arrival.time_ns, halted=None, paid=None)

    def unpaid(self, listing: Listing, side: int) -> bool:
        """Whether what is paid is crypto, which retail may not pay for crypto."""
        return listing.crypto_for_crypto and not self.crypto_for_crypto

    def halted(self, listing: Listing) -> AssetRecord | None:
        """The asset of an instrument that retail may neither buy nor sell: to pay with it is to sell it."""
        if self.on_tier_loss == "halt":
            for asset in (listing.base, listing.quote):
                if asset.lost:
                    return asset
        return None

    def unsettled(self, asset: AssetRecord) -> bool:
        """Whether it is a foreign stablecoin, and retail may not buy those."""
        return asset.kind == FOREIGN_STABLECOIN and not self.foreign_stablecoins


class Asked:
    """What a retail purchase takes on, and the crypto whose tier is asked for."""

    def __init__(self, asset: AssetRecord, judged: AssetRecord | None, *, bears: bool = True) -> None:
        self.asset: Final = asset
        """What comes in; of a future its base."""
        self.judged: Final = judged
        """It, or what it follows; None: that is not on record."""
        self.bears: Final = bears
        """Whether the rule looks at it at all."""


def asked_about(asset: AssetRecord) -> Asked:
    """What a tier is asked of where an asset comes in."""
    return Asked(asset, asset.judged, bears=asset.crypto or asset.on_crypto)


class TierFinding(Finding):
    """What the asset's tier decides and, in a grace period, the time."""

    def __init__(
        self,
        rule: HighlyLiquidOnly,
        asked: Asked,
        time_ns: int,
        *,
        halted: AssetRecord | None,
        paid: AssetRecord | None,
    ) -> None:
        self.rule: Final = rule
        self.asked: Final = asked
        self.halted: Final = halted
        self.paid: Final = paid
        """The crypto that is paid for crypto; None: something else is paid."""
        judged = asked.judged
        self.standing: Final[int] = rule.standing(asked)
        self.graced: Final[bool] = judged is not None and rule.graced(judged)
        self.day: Final[int] = moscow_day(time_ns)
        self.last_day: Final[int] = rule.last_day(judged) if judged is not None and self.graced else -1
        self.in_time: Final[bool] = self.day <= self.last_day
        self.unpaid: Final[bool] = paid is not None and not rule.crypto_for_crypto
        tier = self.standing == PASSES or (self.standing == DEPENDS and self.in_time)
        super().__init__(halted is None and not self.unpaid and tier)

    def refusal(self) -> Said:
        """Why not, and what is allowed."""
        rule, halted, asset = self.rule, self.halted, self.asked.judged
        if halted is not None:
            return said("RET-2.halted", self._shortcoming(halted), lost_on(halted))
        if self.unpaid and self.paid is not None:
            return said("RET-2.crypto_for_crypto", self.asked.asset.asset, self.paid.asset)
        if asset is None:
            return said("RET-2.unknown", self.asked.asset.asset)
        if rule.unsettled(asset):
            return said("RET-2.foreign_stablecoin", self._named(asset))
        if self.standing == FAILS:
            return self._shortcoming(asset)
        return said("RET-2.grace_ended", self._shortcoming(asset), lost_on(asset), iso_date(self.last_day))

    def inputs(self) -> list[tuple[str, str]]:
        """What is acquired, what is paid, and the figures of the asset whose tier it is."""
        asset, acquired = self._looked_at(), self.asked.asset
        found: list[tuple[str, str]] = []
        if self.asked.bears:
            found.append(("acquires", f"{acquired.asset}, {ASSET_KINDS[acquired.kind]}"))
        if self.paid is not None:
            found.append(("paid with", self.paid.asset))
        if asset is None:
            return [*found, ("follows", "not on record")]
        if asset is not acquired:
            found.append(("tier of", asset.asset))
        return [
            *found,
            ("capitalisation", f"{asset.market_cap_rub}.00"),
            ("daily turnover", f"{asset.turnover_rub}.00"),
            ("history", f"{asset.history_years} years"),
        ]

    def arithmetic(self) -> str:
        """All comparisons."""
        rule, asset, acquired = self.rule, self._looked_at(), self.asked.asset
        compared: list[str] = []
        if self.paid is not None:
            compared.append(f"paid with {self.paid.asset}: retail {may(rule.crypto_for_crypto)} pay crypto for crypto")
        if asset is None:
            return "; ".join([*compared, f"what {acquired.asset} follows is not on record"])
        if asset is self.asked.judged and asset is not acquired:
            compared.append(f"{acquired.asset} follows {asset.asset}")
        if asset.kind == FOREIGN_STABLECOIN:
            compared.append(f"a foreign stablecoin: retail {may(rule.foreign_stablecoins)} buy it")
        if rule.listed is not None:
            compared.append(rule.listed.comparison(asset))
        if rule.criteria is not None:
            compared += rule.criteria.comparisons(asset)
        if self.halted is not None:
            compared.append(f"{asset.asset} was highly liquid until {lost_on(asset)}: halted for retail")
        elif self.graced:
            sign = "<=" if self.in_time else ">"
            days = f"{iso_date(self.day)} {sign} {iso_date(self.last_day)}"
            compared.append(f"lost on {lost_on(asset)}, grace: {days}")
        return "; ".join(compared)

    def _looked_at(self) -> AssetRecord | None:
        """The asset whose figures decide: what is halted, else what comes in or is followed; None: that is not on record."""
        return self.asked.judged if self.halted is None else self.halted

    def _named(self, asset: AssetRecord) -> str | Said:
        """The asset, and what follows it where that is what is bought."""
        acquired = self.asked.asset
        return asset.asset if asset is acquired else said("RET-2.follows", acquired.asset, asset.asset)

    def _shortcoming(self, asset: AssetRecord) -> Said:
        """Why an asset is not highly liquid."""
        reasons: list[Said] = []
        if self.rule.listed is not None:
            reasons.append(self.rule.listed.needed())
        if self.rule.criteria is not None:
            reasons.append(self.rule.criteria.needed(asset))
        named = asset.asset if asset is self.halted else self._named(asset)
        return said("RET-2.not_liquid", named, said("list.reasons", *reasons))


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
            FLAG, "retail purchases paid in crypto", "Whether retail may buy crypto and pay with crypto."
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
    compares="The liquidity tier of what comes in, or of what it follows, with highly liquid.",
    exempt=f"Qualified investors; what is no crypto and follows none. {SELLS_OF_HOLDINGS}",
    reported=("a list, or criteria (LIQ-1, LIQ-2)",),
    orders=HighlyLiquidOnly,
)
