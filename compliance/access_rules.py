"""Rules on who may trade what: bans, access by class, asset tiers. All are known before an order comes."""

from __future__ import annotations

from typing import Final

from compliance.calendar import iso_date, moscow_day
from compliance.case import DEPENDS, FAILS, PASSES, Case, Profile, Rule
from compliance.classes import QUALIFIED, UNQUALIFIED_FIRM, class_name, is_firm
from compliance.listings import AssetRecord, Listing
from compliance.registry import Registry
from compliance.rulebook import Rulebook, RuleData
from engine.codes import (
    BUY,
    DOMESTIC_STABLECOIN,
    FOREIGN_STABLECOIN,
    INSTRUMENT_KINDS,
    PRIVACY_KINDS,
    SPOT,
)
from engine.problem import decimal


class BlockedOwner(Rule):
    """SAN-1: a blocked owner may not trade at all."""

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for a blocked investor, both sides."""
        return FAILS if profile.blocked else PASSES

    def judge(self, case: Case) -> str:
        """Say who is blocked."""
        return f"investor {case.investor.investor} is on the list of blocked owners: may cancel, not trade"


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

    def _banned_asset(self, listing: Listing) -> AssetRecord | None:
        for asset in (listing.base, listing.quote):
            if PRIVACY_KINDS[asset.privacy] in self.banned:
                return asset
        return None


class BarredIntermediary(Rule):
    """INT-1: clients of a suspended or unlicensed intermediary may cancel and sell (RET-5), not buy."""

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for what is bought through a barred intermediary."""
        return FAILS if profile.barred and not self.exempt(listing, side) else PASSES

    def judge(self, case: Case) -> str:
        """Say what the intermediary lacks."""
        intermediary = case.client.intermediary
        assert intermediary is not None
        lacks = "is suspended" if intermediary.suspended else "has no licence"
        return f"intermediary {intermediary.intermediary} {lacks}: its clients may sell what they hold and cancel"


class SuperQualifiedOnly(Rule):
    """ELR-1: of the qualified individuals only the super-qualified trade (Bank of Russia, 12.03.2025).

    Individuals without any qualified status are answered by ELR-3 alone.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.assets_kopecks: Final = data.parameters.number("assets_above_rub")
        self.income_kopecks: Final = data.parameters.number("income_above_rub")
        self.combine: Final = data.parameters.word("combine")

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an individual of the ordinary qualified class."""
        return FAILS if profile.investor_class == QUALIFIED and not self.exempt(listing, side) else PASSES

    def judge(self, case: Case) -> str:
        """Say what is needed and what the evidence shows."""
        investor = case.investor
        return (
            f"super-qualified: securities and deposits above {decimal(self.assets_kopecks, 2)} RUB {self.combine} "
            f"last year's income above {decimal(self.income_kopecks, 2)} RUB; "
            f"on record {investor.assets_rub}.00 and {investor.income_rub}.00"
        )


class QualifiedFirmsOnly(Rule):
    """ELR-2: firms that are qualified investors trade, financial firms within a limit (Bank of Russia, 12.03.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.hundredths_of_percent: Final = data.parameters.number("financial_firm_order_percent_of_capital")

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for firms that are not qualified; depends on the value for a financial firm's purchase in RUB."""
        if not is_firm(profile.investor_class) or self.exempt(listing, side):
            return PASSES
        if profile.investor_class == UNQUALIFIED_FIRM:
            return FAILS
        return DEPENDS if profile.financial and side == BUY and listing.in_roubles else PASSES

    def judge(self, case: Case) -> str:
        """Compare a financial firm's purchase with its share of capital."""
        investor = case.investor
        if investor.investor_class == UNQUALIFIED_FIRM:
            return (
                f"firm {investor.investor} is not a qualified investor (QUAL-0): on record net assets of "
                f"{investor.assets_rub}.00 RUB and revenue of {investor.income_rub}.00 RUB"
            )
        # Kopecks of capital times hundredths of a percent: rounded down, to the stricter side.
        limit = investor.capital_rub * 100 * self.hundredths_of_percent // 10_000
        if case.value <= limit:
            return ""
        return (
            f"a financial firm's purchase may be worth {decimal(limit, 2)} RUB, {decimal(self.hundredths_of_percent, 2)} % "
            f"of its capital of {investor.capital_rub}.00 RUB; this order {decimal(case.value, 2)}"
        )


class NoAccess(Rule):
    """ELR-3: retail and ordinary qualified investors have no access to the exchange (announced 23.04.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.classes: Final = data.parameters.names("classes")

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for the classes without access; `retail` covers firms that are not qualified."""
        name = "retail" if profile.retail else class_name(profile.investor_class)
        return FAILS if name in self.classes and not self.exempt(listing, side) else PASSES

    def judge(self, case: Case) -> str:
        """Name the class."""
        name = class_name(case.investor.investor_class)
        return f"investor {case.investor.investor} is {name}; this exchange is for super_qualified and qualified_firm"


class QualifiedDerivatives(Rule):
    """DER-1: crypto derivatives and securities are for qualified investors, cash-settled (Bank of Russia, 28.05.2025).

    Where the rulebook admits no spot trading, this rule refuses it: it would deliver crypto.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.kinds: Final = book.kinds

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for kinds that the book leaves out, and for derivatives of retail investors."""
        if self.exempt(listing, side):
            return PASSES
        admitted = INSTRUMENT_KINDS[listing.kind] in self.kinds
        return FAILS if not admitted or (listing.derivative and profile.retail) else PASSES

    def judge(self, case: Case) -> str:
        """Say which of the two it is."""
        kind = INSTRUMENT_KINDS[case.listing.kind]
        if kind not in self.kinds:
            return f"{case.listing.instrument} is {kind}; this rulebook admits only {', '.join(self.kinds)}"
        name = class_name(case.investor.investor_class)
        return f"{case.listing.instrument} is for qualified investors; investor {case.investor.investor} is {name}"


class Stablecoins(Rule):
    """SET-2: rouble stablecoins are for foreign trade: not for retail, or off the market as the mode says."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.rouble_mode: Final = data.parameters.word("stablecoin_mode")
        self.foreign_mode: Final = data.parameters.word("usdt_mode")
        self.retail: Final = data.parameters.flag("retail")

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for both sides of an asset that only settles; for a retail purchase of a rouble stablecoin."""
        if self._settles_only(listing) is not None:
            return FAILS
        if listing.base.kind != DOMESTIC_STABLECOIN or self.exempt(listing, side):
            return PASSES
        return FAILS if profile.retail and not self.retail else PASSES

    def judge(self, case: Case) -> str:
        """Say which asset, and what it is for."""
        asset = self._settles_only(case.listing)
        if asset is not None:
            return f"{asset.asset} is for settlement only: it can't be bought or sold here"
        return f"{case.listing.base.asset} is for settling foreign trade: retail investors may not buy it"

    def _settles_only(self, listing: Listing) -> AssetRecord | None:
        for asset in (listing.base, listing.quote):
            if asset.kind == DOMESTIC_STABLECOIN and self.rouble_mode == "settlement_only":
                return asset
            if asset.kind == FOREIGN_STABLECOIN and self.foreign_mode == "settlement_only":
                return asset
        return None


class HighlyLiquidOnly(Rule):
    """RET-2: retail buys highly liquid assets (23.12.2025), by the list of LIQ-2, the criteria of LIQ-1, or either.

    What the parameter `on_tier_loss` says holds for an asset that was highly liquid once: see `compliance.tiers`.
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

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for a retail purchase, in the spot market, of what retail may not buy; depends on the time in a grace period.

        Fails for both sides of what is halted for retail.
        """
        if not profile.retail or listing.kind != SPOT:
            return PASSES
        if self._halted(listing) is not None:
            return FAILS
        if not listing.base.crypto or self.exempt(listing, side):
            return PASSES
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
