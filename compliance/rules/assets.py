"""Rules on what may be traded: privacy coins, stablecoins, tiers of liquidity. By asset, and for whom."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date, moscow_day
from compliance.registry.classes import class_name
from compliance.registry.listings import AssetRecord, Listing
from compliance.registry.records import Registry
from compliance.rulebook.format import Rulebook, RuleData
from compliance.rules.case import DEPENDS, FAILS, FOR_RETAIL, PASSES, Case, Figures, Profile, Rule
from engine.vocabulary.codes import (
    ASSET_KINDS,
    DOMESTIC_STABLECOIN,
    FOREIGN_STABLECOIN,
    PRIVACY_KINDS,
    SPOT,
)
from engine.vocabulary.decimals import decimal


class PrivacyBan(Rule):
    """ANON-1: privacy coins are refused to everyone (Bank of Russia, 23.12.2025). The ban is on the coin: sells too."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.banned: Final = data.parameters.names("banned_privacy")

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an instrument whose base or quote asset is of a banned kind of privacy."""
        return PASSES if self._banned_asset(listing) is None else FAILS

    def judge(self, case: Case) -> str:
        """Name the coin and its kind of privacy."""
        asset = self._banned_asset(case.listing)
        assert asset is not None
        banned = ", ".join(self.banned)
        return f"{asset.asset} is a coin with {PRIVACY_KINDS[asset.privacy]} privacy; banned: {banned}"

    def figures(self, case: Case) -> Figures:
        """The privacy of what is bought and of what is paid with."""
        asset = self._banned_asset(case.listing)
        found = "none of the two is" if asset is None else f"{PRIVACY_KINDS[asset.privacy]} of {asset.asset} is"
        inputs = [
            (f"privacy of {each.asset}", PRIVACY_KINDS[each.privacy])
            for each in (case.listing.base, case.listing.quote)
        ]
        return Figures(inputs, f"{found} among the banned: {', '.join(self.banned) or 'none'}")

    def _banned_asset(self, listing: Listing) -> AssetRecord | None:
        for asset in (listing.base, listing.quote):
            if PRIVACY_KINDS[asset.privacy] in self.banned:
                return asset
        return None


def may(allowed: bool) -> str:
    """Whether something is allowed, as a verb."""
    return "may" if allowed else "may not"


class Stablecoins(Rule):
    """SET-2: rouble stablecoins are for foreign trade: not for retail, or off the market as the mode says."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.rouble_mode: Final = data.parameters.word("stablecoin_mode")
        self.foreign_mode: Final = data.parameters.word("usdt_mode")
        self.retail: Final = data.parameters.flag("retail")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """What has no stablecoin; and, unless it only settles, sells of what is held with a rouble stablecoin in it."""
        if self._settles_only(listing) is not None:
            return ""
        stablecoins = (DOMESTIC_STABLECOIN, FOREIGN_STABLECOIN)
        if listing.base.kind not in stablecoins and listing.quote.kind not in stablecoins:
            return "neither bought nor paid with is a stablecoin"
        return self.spared_sell(listing, side) if _domestic(listing) is not None else ""

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for both sides of an asset that only settles; for a retail purchase of a rouble stablecoin, or with one."""
        if self.spares(profile, listing, side):
            return PASSES
        if self._settles_only(listing) is not None:
            return FAILS
        return FAILS if _domestic(listing) is not None and profile.retail and not self.retail else PASSES

    def judge(self, case: Case) -> str:
        """Say which asset, and what it is for."""
        asset = self._settles_only(case.listing)
        if asset is not None:
            return f"{asset.asset} is for settlement only: it can't be bought or sold here"
        stablecoin = _domestic(case.listing)
        assert stablecoin is not None
        verb = "buy it" if stablecoin is case.listing.base else "pay with it"
        return f"{stablecoin.asset} is for settling foreign trade: retail investors may not {verb}"

    def figures(self, case: Case) -> Figures:
        """The modes of the stablecoins, and the class of who trades a rouble stablecoin."""
        inputs = [(f"kind of {each.asset}", ASSET_KINDS[each.kind]) for each in (case.listing.base, case.listing.quote)]
        inputs.append(("class", class_name(case.investor.investor_class)))
        asset = self._settles_only(case.listing)
        if asset is not None:
            return Figures(inputs, f"{asset.asset} is settlement_only")
        stablecoin = _domestic(case.listing)
        if stablecoin is None or not case.investor.retail:
            return Figures(inputs, "tradable, and no retail purchase of a rouble stablecoin")
        verb = "buy it" if stablecoin is case.listing.base else "pay with it"
        return Figures(inputs, f"{stablecoin.asset} is tradable; retail {may(self.retail)} {verb}")

    def _settles_only(self, listing: Listing) -> AssetRecord | None:
        for asset in (listing.base, listing.quote):
            if asset.kind == DOMESTIC_STABLECOIN and self.rouble_mode == "settlement_only":
                return asset
            if asset.kind == FOREIGN_STABLECOIN and self.foreign_mode == "settlement_only":
                return asset
        return None


def _domestic(listing: Listing) -> AssetRecord | None:
    """The rouble stablecoin that is bought or paid with."""
    for asset in (listing.base, listing.quote):
        if asset.kind == DOMESTIC_STABLECOIN:
            return asset
    return None


class HighlyLiquidOnly(Rule):
    """RET-2: retail buys highly liquid assets (23.12.2025), by the list of LIQ-2, the criteria of LIQ-1, or either.

    What the parameter `on_tier_loss` says holds for an asset that was highly liquid once: see `compliance.rules.tiers`.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.basis: Final = data.parameters.word("highly_liquid_by")
        self.foreign_stablecoins: Final = data.parameters.flag("foreign_stablecoins")
        self.crypto_for_crypto: Final = data.parameters.flag("crypto_for_crypto")
        self.on_tier_loss: Final = data.parameters.word("on_tier_loss")
        self.grace_days: Final = data.parameters.number("grace_days")
        self.listed: tuple[str, ...] = ()
        self.market_cap_kopecks: int = 0
        self.turnover_kopecks: int = 0
        self.history_years: int = 0
        if "LIQ-2" in book.rules:
            self.listed = book.rules["LIQ-2"].parameters.names("assets")
        if "LIQ-1" in book.rules:
            criteria = book.rules["LIQ-1"].parameters
            self.market_cap_kopecks = criteria.number("market_cap_above_rub")
            self.turnover_kopecks = criteria.number("turnover_above_rub")
            self.history_years = criteria.number("history_years")

    def highly_liquid(self, asset: AssetRecord) -> bool:
        """Whether an asset is of the tier that retail may buy, by what is on record now."""
        if self.basis != "criteria" and asset.asset in self.listed:
            return True
        return self.basis != "list" and (
            asset.market_cap_rub * 100 > self.market_cap_kopecks
            and asset.turnover_rub * 100 > self.turnover_kopecks
            and asset.history_years >= self.history_years
        )

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
        if self._halted(listing) is not None:
            return ""
        return self.spared_sell(listing, side) if listing.base.crypto else "it is for crypto"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for a retail purchase, in the spot market, of what retail may not buy; depends on the time in a grace period.

        Fails for both sides of what is halted for retail.
        """
        if self.spares(profile, listing, side):
            return PASSES
        if self._halted(listing) is not None:
            return FAILS
        if self._unsettled(listing):
            return FAILS
        if listing.base.highly_liquid:
            return PASSES
        return DEPENDS if self.graced(listing.base) else FAILS

    def judge(self, case: Case) -> str:
        """Say why not, and what is allowed."""
        listing = case.listing
        halted = self._halted(listing)
        if halted is not None:
            return f"{self._shortcoming(halted)}; since {_lost_on(halted)} retail may neither buy nor sell it"
        unsettled = self._unsettled(listing)
        asset = listing.base
        if unsettled or asset.highly_liquid:
            return unsettled
        if not self.graced(asset):
            return self._shortcoming(asset)
        last_day = self.last_day(asset)
        if moscow_day(case.time_ns) <= last_day:
            return ""
        return (
            f"{self._shortcoming(asset)}; since {_lost_on(asset)}, and the grace period ended with {iso_date(last_day)}"
        )

    def figures(self, case: Case) -> Figures:
        """The asset against the list, the criteria or both."""
        listing = case.listing
        asset = listing.base
        compared: list[str] = []
        if listing.crypto_for_crypto:
            compared.append(
                f"paid with {listing.quote.asset}: retail {may(self.crypto_for_crypto)} pay crypto for crypto"
            )
        if asset.kind == FOREIGN_STABLECOIN:
            compared.append(f"a foreign stablecoin: retail {may(self.foreign_stablecoins)} buy it")
        if self.basis != "criteria":
            found = "is" if asset.asset in self.listed else "is not"
            compared.append(f"{asset.asset} {found} listed (LIQ-2)")
        if self.basis != "list":
            for figure_rub, least in (
                (asset.market_cap_rub, self.market_cap_kopecks),
                (asset.turnover_rub, self.turnover_kopecks),
            ):
                compared.append(f"{figure_rub}.00 {'>' if figure_rub * 100 > least else '<='} {decimal(least, 2)}")
            sign = ">=" if asset.history_years >= self.history_years else "<"
            compared.append(f"{asset.history_years} {sign} {self.history_years} years (LIQ-1)")
        inputs = [
            ("asset", f"{asset.asset}, {ASSET_KINDS[asset.kind]}"),
            ("priced in", listing.quote.asset),
            ("capitalisation", f"{asset.market_cap_rub}.00"),
            ("daily turnover", f"{asset.turnover_rub}.00"),
            ("history", f"{asset.history_years} years"),
        ]
        halted = self._halted(listing)
        if halted is not None:
            compared.append(f"{halted.asset} was highly liquid until {_lost_on(halted)}: halted for retail")
        elif self.graced(asset):
            today, last_day = moscow_day(case.time_ns), self.last_day(asset)
            sign = "<=" if today <= last_day else ">"
            compared.append(f"lost on {_lost_on(asset)}, grace: {iso_date(today)} {sign} {iso_date(last_day)}")
        return Figures(inputs, "; ".join(compared))

    def _halted(self, listing: Listing) -> AssetRecord | None:
        """The asset of an instrument that retail may neither buy nor sell: to pay with it is to sell it."""
        if self.on_tier_loss == "halt":
            for asset in (listing.base, listing.quote):
                if asset.lost:
                    return asset
        return None

    def _unsettled(self, listing: Listing) -> str:
        """What the parameters on stablecoins and on crypto for crypto object to; empty: nothing."""
        if listing.crypto_for_crypto and not self.crypto_for_crypto:
            return f"{listing.instrument} is priced in {listing.quote.asset}: retail may not pay crypto for crypto"
        if listing.base.kind == FOREIGN_STABLECOIN and not self.foreign_stablecoins:
            return f"{listing.base.asset} is a foreign stablecoin: retail may not buy it"
        return ""

    def _shortcoming(self, asset: AssetRecord) -> str:
        reasons: list[str] = []
        if self.basis != "criteria":
            reasons.append(f"listed are {', '.join(self.listed)} (LIQ-2)")
        if self.basis != "list":
            reasons.append(
                f"needed are a capitalisation above {decimal(self.market_cap_kopecks, 2)} RUB, a daily turnover above "
                f"{decimal(self.turnover_kopecks, 2)} RUB and {self.history_years} years of history (LIQ-1), on record "
                f"{asset.market_cap_rub}.00, {asset.turnover_rub}.00 and {asset.history_years}"
            )
        return f"{asset.asset} is not highly liquid: {'; '.join(reasons)}"


def _lost_on(asset: AssetRecord) -> str:
    return iso_date(moscow_day(asset.lost_ns))
