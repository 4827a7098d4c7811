"""DISC-1: an issuer discloses what covers its asset, before it is listed and before more is issued (259-FZ of 31.07.2020)."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from compliance.registry.listings import NEVER, AssetRecord, Disclosure, Listing
from compliance.registry.records import Registry
from compliance.rulebook.declaration import ORDER_ENTRY, PERCENT, SOME, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import ISSUE, TRANSFER, Arrival, Case, Profile
from compliance.rules.finding import PASSED, Finding
from compliance.rules.rule import FOR_PURCHASES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import ASSET_KINDS
from engine.vocabulary.days import moscow_day
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said

_PPM_DECIMALS: Final = 4
"""Of a percentage in millionths of the whole."""
_PPM_PER_HUNDREDTH: Final = 100


class DisclosedOnly(OrderRule):
    """A purchase of an issued asset without a disclosure that counts, or with less cover than is needed, is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.kinds: Final = data.parameters.names("kinds")
        self.cover_ppm: Final[int] = data.parameters.number("min_cover") * _PPM_PER_HUNDREDTH

    def crypto_only(self) -> bool:
        """An issuer owes its disclosure whatever the asset follows."""
        return False

    def concerns(self, asset: AssetRecord) -> bool:
        """Whether an asset needs a disclosure."""
        return ASSET_KINDS[asset.kind] in self.kinds

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """What is no issued asset, and sells of what is held."""
        if not listing.opens(side):
            return FOR_PURCHASES
        asset = listing.acquired(side)
        return "" if asset is not None and self.concerns(asset) else "what it brings in needs no disclosure"

    def examine(self, case: Case) -> Finding:
        """The disclosure of what the order brings in."""
        asset = case.listing.acquired(case.side)
        assert asset is not None, "the rule spares what brings in no asset"
        if not case.explained and self.counts(asset.disclosure, moscow_day(case.time_ns)):
            return PASSED
        return DisclosureFinding(self, asset, moscow_day(case.time_ns))

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of what is issued, or comes from another holder."""
        if arrival.door not in (TRANSFER, ISSUE) or not self.concerns(arrival.asset):
            return None
        return DisclosureFinding(self, arrival.asset, moscow_day(arrival.time_ns))

    def listing_problem(self, asset: AssetRecord, time_ns: int) -> Said | None:
        """Why no instrument on an asset may be listed at a time in nanoseconds, UTC; None: one may."""
        finding = DisclosureFinding(self, asset, moscow_day(time_ns))
        return None if finding.passed or not self.concerns(asset) else finding.refusal()

    def counts(self, disclosure: Disclosure | None, day: int) -> bool:
        """Whether a disclosure is enough on a Moscow day."""
        if disclosure is None or disclosure.cover_ppm < self.cover_ppm:
            return False
        return disclosure.until_day == NEVER or day <= disclosure.until_day

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether a disclosure ceased to count with the day before a Moscow day. O(assets)."""
        return any(
            each.disclosure is not None and each.disclosure.until_day == day - 1 and self.concerns(each)
            for each in registry.numbered
        )


class DisclosureFinding(Finding):
    """Whether a disclosure is on record and counts today, and its cover against the least."""

    def __init__(self, rule: DisclosedOnly, asset: AssetRecord, day: int) -> None:
        self.rule: Final = rule
        self.asset: Final = asset
        self.disclosure: Final[Disclosure | None] = asset.disclosure
        self.day: Final = day
        super().__init__(rule.counts(asset.disclosure, day))

    def refusal(self) -> Said:
        """What is missing."""
        found, least = self.disclosure, percent(self.rule.cover_ppm)
        if found is None:
            return said("DISC-1.none", self.asset.asset, least)
        if found.cover_ppm < self.rule.cover_ppm:
            return said("DISC-1.cover", self.asset.asset, percent(found.cover_ppm), least)
        return said("DISC-1.expired", self.asset.asset, iso_date(found.until_day))

    def inputs(self) -> list[tuple[str, str]]:
        """The document and what it states."""
        asset, found = self.asset, self.disclosure
        kind = ("asset", f"{asset.asset}, {ASSET_KINDS[asset.kind]}")
        if found is None:
            return [kind, ("disclosure", "none")]
        until = "without end" if found.until_day == NEVER else iso_date(found.until_day)
        return [
            kind,
            ("disclosure", f"{found.title} ({found.digest[:12]})"),
            ("cover", f"{percent(found.cover_ppm)} %"),
            ("counts to", until),
            ("today", iso_date(self.day)),
        ]

    def arithmetic(self) -> str:
        """Both comparisons."""
        found = self.disclosure
        if found is None:
            return f"no disclosure of {self.asset.asset} on record"
        sign = ">=" if found.cover_ppm >= self.rule.cover_ppm else "<"
        cover = f"cover {percent(found.cover_ppm)} {sign} {percent(self.rule.cover_ppm)} %"
        if found.until_day == NEVER:
            return cover
        return (
            f"{cover}; {iso_date(self.day)} {'<=' if self.day <= found.until_day else '>'} {iso_date(found.until_day)}"
        )


def percent(ppm: int) -> str:
    """Millionths as a percentage, with two decimals or as many as it takes."""
    whole, point, fraction = decimal(ppm, _PPM_DECIMALS).partition(".")
    return f"{whole}{point}{fraction[:2]}{fraction[2:].rstrip('0')}"


RULE: Final[Rule] = Rule(
    "DISC-1",
    ORDER_ENTRY,
    {
        "kinds": Parameter(
            SOME,
            "what needs a disclosure",
            "The issued assets that need one.",
            words={
                "security": "notes and digital financial assets",
                "domestic_stablecoin": "rouble stablecoins, which are digital financial assets by the same law",
            },
        ),
        "min_cover": Parameter(
            PERCENT,
            "the least cover",
            "What covers the asset, as a share of what is outstanding, must be no less.",
            zero="a cover of nothing: any disclosure is enough",
            # To cover more than the whole is what careful issuers do.
            over_whole="",
        ),
    },
    compares="The cover that the latest disclosure states with the least cover, and the day with the last one on which it counts: "
    "before the asset is listed, before more is issued, before a purchase.",
    exempt=f"Assets of other kinds; deposits. {SELLS_OF_HOLDINGS}",
    orders=DisclosedOnly,
)
