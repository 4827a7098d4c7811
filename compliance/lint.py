"""A rulebook looked over: everything that refuses to load, contradictions, and what is allowed but looks like a mistake.

An error is what no book should have: the venue refuses to load it, or two of its figures contradict each other. A warning
is for a person to judge. A book without errors can be put in force.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import CLASSES
from compliance.registry.listings import AssetRecord, Listing
from compliance.rulebook.format import Fault, Rulebook, RulebookError, load_rulebook
from compliance.rulebook.parameters import Parameters
from compliance.rulebook.schema import PARAMETERS
from compliance.rulebook.wording import grouped
from compliance.rules.case import FAILS, NO_LIMIT, PASSES, Profile, Rule
from compliance.rules.table import RuleTable
from engine.vocabulary.codes import (
    BUY,
    CRYPTO,
    DOMESTIC_STABLECOIN,
    FIAT,
    FOREIGN_STABLECOIN,
    FUTURE,
    NOTE,
    PRIVACY_KINDS,
    SECURITY,
    SELL,
    SPOT,
)

ERROR: Final = "error"
WARNING: Final = "warning"

# No more figures than an asset can have.
_PLENTY: Final = 10**15
_WHOLE: Final = 100_00


class Finding:
    """Something that is wrong with a rulebook, or looks wrong."""

    def __init__(self, severity: str, fault: Fault) -> None:
        self.severity: Final = severity
        """`error` or `warning`."""
        self.document: Final = fault.document
        self.rule: Final = fault.rule
        """Empty: the finding is about the document or the whole."""
        self.key: Final = fault.key
        self.text: Final = fault.text


class _Findings:
    """The findings about a book that loads."""

    def __init__(self, book: Rulebook) -> None:
        self.book: Final = book
        self.found: Final[list[Finding]] = []

    def add(self, severity: str, rule: str, key: str, text: str) -> None:
        """Take note of a finding about a rule of the book, or (empty) the whole."""
        document = self.book.rules[rule].document if rule else self.book.name
        self.found.append(Finding(severity, Fault(document, rule, key, text)))

    def of(self, rule: str) -> Parameters | None:
        """The parameters of a rule that is in the book and on."""
        data = self.book.active(rule)
        return None if data is None else data.parameters


def lint(name: str, documents: dict[str, str]) -> list[Finding]:
    """Look over the book `name`, given as for `load_rulebook`. Errors first, each in the order of the documents.

    What looks like a mistake is only looked for in a book that loads.
    """
    try:
        book = load_rulebook(name, documents)
    except RulebookError as error:
        return [Finding(ERROR, fault) for fault in error.faults]
    findings = _Findings(book)
    _contradictions(findings)
    _figures(findings)
    _switches(findings)
    _idle_rules(findings)
    order = [ERROR, WARNING]
    return sorted(findings.found, key=lambda finding: order.index(finding.severity))


def _contradictions(findings: _Findings) -> None:
    """Figures of two rules, or two of one, that can't both be meant."""
    cap, largest = findings.of("RET-1"), findings.of("OPS-1")
    if cap is not None and largest is not None:
        one, all_of_them = largest.number("retail_rub"), cap.number("retail_cap_rub")
        if all_of_them > one:
            text = (
                f"the cap of {grouped(all_of_them)} RUB is above the largest order of retail, "
                f"{grouped(one)} RUB (OPS-1): one order can't use it"
            )
            findings.add(ERROR, "RET-1", "retail_cap_rub", text)
    for rule, what in (("OPS-1", "largest order"), ("DER-4", "exposure limit")):
        limits = findings.of(rule)
        if limits is None:
            continue
        for lower, higher in (
            ("retail", "qualified"),
            ("qualified", "super_qualified"),
            ("unqualified_firm", "qualified_firm"),
        ):
            if limits.number(f"{lower}_rub") > limits.number(f"{higher}_rub"):
                text = f"the {what} of {higher} is below that of {lower}"
                findings.add(ERROR, rule, f"{higher}_rub", text)
    criteria = findings.of("LIQ-1")
    if criteria is not None and criteria.number("turnover_above_rub") > criteria.number("market_cap_above_rub"):
        text = "more is to be turned over in a day than the asset is worth (market_cap_above_rub)"
        findings.add(ERROR, "LIQ-1", "turnover_above_rub", text)


def _figures(findings: _Findings) -> None:
    """Single values that undo their rule, or that nobody would want."""
    for rule, keys in PARAMETERS.items():
        values = findings.of(rule)
        if values is None:
            continue
        for key, kind in keys.items():
            if kind in ("rub", "count", "score", "percent"):
                text = _zero(rule, key) if values.number(key) == 0 else ""
                if kind == "percent" and values.number(key) > _WHOLE and rule != "DER-2":
                    text = "more than the whole: the limit never binds"
                if text:
                    findings.add(WARNING, rule, key, text)
            elif (kind == "names" or kind.startswith("some:")) and not values.names(key):
                findings.add(WARNING, rule, key, "the list is empty")
    cover = findings.of("DER-2")
    if cover is not None and cover.number("cover_percent") < _WHOLE:
        text = "the cover is not full: the Bank of Russia recommends 100 %"
        findings.add(WARNING, "DER-2", "cover_percent", text)
    test = findings.of("RET-3")
    if test is not None and test.number("retest_delay_days") > test.number("validity_days"):
        text = "one who fails waits longer than a pass is valid (validity_days)"
        findings.add(WARNING, "RET-3", "retest_delay_days", text)


def _zero(rule: str, key: str) -> str:
    """What a figure of nothing does; empty where it is as good as any other."""
    if key == "pass_mark":
        return "a pass mark of 0: everyone who sat the test has passed it"
    if key == "validity_days":
        return "a validity of 0 days: a pass counts only on the day of the test"
    if key == "history_years":
        return "no history is needed: an asset is highly liquid from its first day"
    if key == "warning_version":
        return "version 0: nobody needs to acknowledge the warning"
    if rule in ("RET-1", "OPS-1"):
        return "a limit of nothing: every order that it looks at is refused"
    if rule == "DER-4":
        # Zero is how the books say that DER-1 keeps a class out.
        return "" if key in ("retail_rub", "unqualified_firm_rub") else "a limit of nothing: every purchase is refused"
    if rule in ("QUAL-0", "ELR-1"):
        return "a threshold of nothing: everyone with any evidence meets it"
    if rule == "LIQ-1":
        return "a threshold of nothing: any asset meets it"
    return "" if key == "retest_delay_days" else "a figure of nothing"


def _switches(findings: _Findings) -> None:
    """Rules that are off, and what is missed where RET-5 is."""
    book = findings.book
    for rule, data in book.rules.items():
        if not data.enabled:
            findings.add(WARNING, rule, "enabled", "the rule is switched off")
    if book.active("RET-5") is None:
        text = "RET-5 is not in force: who may no longer buy may not sell either what is held"
        findings.add(WARNING, "", "rules", text)


def _idle_rules(findings: _Findings) -> None:
    """Rules in the order of decision that never decide: for no class, asset and side do they refuse what reaches them."""
    table = RuleTable(findings.book)
    orders = [(listing, side) for listing in _listings(table) for side in (BUY, SELL)]
    profiles = [
        Profile(investor_class, bool(flags & 1), bool(flags & 2), bool(flags & 4), bool(flags & 8))
        for investor_class in range(len(CLASSES))
        for flags in range(16)
    ]
    refuses = [False] * len(table.rules)
    decides = [False] * len(table.rules)
    for profile in profiles:
        for listing, side in orders:
            refused = False
            for place, rule in enumerate(table.rules):
                if not _looks(rule, profile, listing, side):
                    continue
                refuses[place] = True
                decides[place] = decides[place] or not refused
                refused = refused or rule.bears(profile, listing, side) == FAILS
    for place, rule in enumerate(table.rules):
        if not refuses[place]:
            findings.add(WARNING, rule.rule, "", "with these parameters the rule refuses nothing")
        elif not decides[place]:
            text = "with these parameters the rule never decides: what it refuses, one before it in `order` refuses too"
            findings.add(WARNING, rule.rule, "", text)


def _looks(rule: Rule, profile: Profile, listing: Listing, side: int) -> bool:
    """Whether a rule may refuse an order of this kind."""
    return rule.bears(profile, listing, side) != PASSES or rule.allows_up_to(profile, listing) != NO_LIMIT


def _listings(table: RuleTable) -> list[Listing]:
    """An instrument of every sort that a rule tells apart: each kind of asset and privacy, liquid and not, in RUB and not."""
    rouble = _asset("RUB", FIAT)
    dollar = _asset("stablecoin", FOREIGN_STABLECOIN)
    listed = table.book.rules.get("LIQ-2")
    assets = [
        *[_asset(f"coin with {name} privacy", CRYPTO, privacy) for privacy, name in enumerate(PRIVACY_KINDS)],
        *[_asset(name, CRYPTO) for name in ([] if listed is None else listed.parameters.names("assets"))],
        AssetRecord("large coin", CRYPTO, 8, 0, _PLENTY, _PLENTY, 1_000),
        AssetRecord("large stablecoin", FOREIGN_STABLECOIN, 8, 0, _PLENTY, _PLENTY, 1_000),
        dollar,
        _asset("rouble stablecoin", DOMESTIC_STABLECOIN),
    ]
    for asset in assets:
        asset.highly_liquid = table.tiers is not None and asset.crypto and table.tiers.highly_liquid(asset)
    security = _asset("security", SECURITY)
    listings = [
        Listing(f"{asset.asset}/{quote.asset}", SPOT, asset, quote, 1, 1)
        for quote in (rouble, dollar)
        for asset in [*assets, security]
        if asset is not quote
    ]
    for kind in (NOTE, FUTURE):
        listings += [Listing("derivative", kind, security, quote, 1, 1) for quote in (rouble, dollar)]
    return listings


def _asset(name: str, kind: int, privacy: int = 0) -> AssetRecord:
    return AssetRecord(name, kind, 8, privacy, 0, 0, 0)
