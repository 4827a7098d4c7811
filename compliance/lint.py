"""A rulebook looked over: everything that refuses to load, contradictions, and what is allowed but looks like a mistake.

An error is what no rulebook should have: the venue refuses to load it, or two of its figures contradict each other. A warning
is for a person to judge. A rulebook without errors can be put in force.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import CLASSES
from compliance.registry.listings import AssetRecord, Listing
from compliance.rulebook.declaration import PERCENT
from compliance.rulebook.faults import Fault, RulebookError
from compliance.rulebook.parameters import Parameters
from compliance.rulebook.rulebook import Rulebook
from compliance.rulebook.wording import grouped
from compliance.rules.case import Profile
from compliance.rules.catalogue import load_rulebook
from compliance.rules.rule import FAILS, NO_LIMIT, PASSES
from compliance.rules.table import RuleTable
from engine.book.assets import Asset
from engine.book.entities import Instrument
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
from engine.vocabulary.limits import DECIMALS, ONE_E8
from engine.vocabulary.messages.commands import ListInstrument

ERROR: Final = "error"
WARNING: Final = "warning"

# No more figures than an asset can have.
_PLENTY: Final = 10**15
_WHOLE: Final = 100_00
_LOCKED_IN: Final = "who holds one can't sell it here, only withdraw it"


class Remark:
    """Something that is wrong with a rulebook, or looks wrong."""

    def __init__(self, severity: str, fault: Fault) -> None:
        self.severity: Final = severity
        """`error` or `warning`."""
        self.document: Final = fault.document
        self.rule: Final = fault.rule
        """Empty: the remark is on the document or the whole."""
        self.key: Final = fault.key
        self.text: Final = fault.text


class _Remarks:
    """The remarks on a rulebook that loads."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook: Final = rulebook
        self.found: Final[list[Remark]] = []

    def add(self, severity: str, rule: str, key: str, text: str) -> None:
        """Take note of a remark on a rule of the rulebook, or (empty) the whole."""
        document = self.rulebook.rules[rule].document if rule else self.rulebook.name
        self.found.append(Remark(severity, Fault(document, rule, key, text)))

    def of(self, rule: str) -> Parameters | None:
        """The parameters of a rule that is in the rulebook and on."""
        data = self.rulebook.active(rule)
        return None if data is None else data.parameters


def lint(name: str, documents: dict[str, str]) -> list[Remark]:
    """Look over the rulebook `name`, given as for `load_rulebook`. Errors first, each in the order of the documents.

    What looks like a mistake is only looked for in a rulebook that loads.
    """
    try:
        rulebook = load_rulebook(name, documents)
    except RulebookError as error:
        return [Remark(ERROR, fault) for fault in error.faults]
    remarks = _Remarks(rulebook)
    _contradictions(remarks)
    _figures(remarks)
    _switches(remarks)
    _scope(remarks)
    _shut_books(remarks)
    _idle_rules(remarks)
    order = [ERROR, WARNING]
    return sorted(remarks.found, key=lambda remark: order.index(remark.severity))


def _contradictions(remarks: _Remarks) -> None:
    """Figures of two rules, or two of one, that can't both be meant."""
    cap, largest = remarks.of("RET-1"), remarks.of("OPS-1")
    if cap is not None and largest is not None:
        one, all_of_them = largest.number("retail_rub"), cap.number("retail_cap_rub")
        if all_of_them > one:
            text = (
                f"the cap of {grouped(all_of_them)} RUB is above the largest order of retail, "
                f"{grouped(one)} RUB (OPS-1): one order can't use it"
            )
            remarks.add(ERROR, "RET-1", "retail_cap_rub", text)
    for rule, what in (("OPS-1", "largest order"), ("DER-4", "exposure limit")):
        limits = remarks.of(rule)
        if limits is None:
            continue
        for lower, higher in (
            ("retail", "qualified"),
            ("qualified", "super_qualified"),
            ("unqualified_firm", "qualified_firm"),
        ):
            if limits.number(f"{lower}_rub") > limits.number(f"{higher}_rub"):
                text = f"the {what} of {higher} is below that of {lower}"
                remarks.add(ERROR, rule, f"{higher}_rub", text)
    criteria = remarks.of("LIQ-1")
    if criteria is not None and criteria.number("turnover_above_rub") > criteria.number("market_cap_above_rub"):
        text = "more is to be turned over in a day than the asset is worth (market_cap_above_rub)"
        remarks.add(ERROR, "LIQ-1", "turnover_above_rub", text)


def _figures(remarks: _Remarks) -> None:
    """Single values that undo their rule, or that nobody would want."""
    for rule, declared in remarks.rulebook.declared.items():
        values = remarks.of(rule)
        if values is None:
            continue
        for key, parameter in declared.parameters.items():
            if parameter.is_figure:
                text = parameter.zero if values.number(key) == 0 else ""
                if parameter.kind == PERCENT and values.number(key) > _WHOLE:
                    text = parameter.over_whole
                if text:
                    remarks.add(WARNING, rule, key, text)
            elif parameter.is_list and not values.names(key):
                remarks.add(WARNING, rule, key, "the list is empty")
    cover = remarks.of("DER-2")
    if cover is not None and cover.number("cover_percent") < _WHOLE:
        text = "the cover is not full: the Bank of Russia recommends 100 %"
        remarks.add(WARNING, "DER-2", "cover_percent", text)
    test = remarks.of("RET-3")
    if test is not None and test.number("retest_delay_days") > test.number("validity_days"):
        text = "one who fails waits longer than a pass is valid (validity_days)"
        remarks.add(WARNING, "RET-3", "retest_delay_days", text)


def _switches(remarks: _Remarks) -> None:
    """Rules that are off."""
    rulebook = remarks.rulebook
    for rule, data in rulebook.rules.items():
        if not data.enabled:
            remarks.add(WARNING, rule, "enabled", "the rule is switched off")


def _shut_books(remarks: _Remarks) -> None:
    """Parameters that shut books, so that who holds something when they come into force can't sell it."""
    bans, tiers, stablecoins = remarks.of("ANON-1"), remarks.of("RET-2"), remarks.of("SET-2")
    if bans is not None and bans.names("banned_privacy"):
        remarks.add(WARNING, "ANON-1", "banned_privacy", f"the books of these coins are shut: {_LOCKED_IN}")
    if tiers is not None and tiers.word("on_tier_loss") == "halt":
        text = f"the books of an asset that loses its tier are shut for retail: {_LOCKED_IN}"
        remarks.add(WARNING, "RET-2", "on_tier_loss", text)
    for key in ("stablecoin_mode", "usdt_mode") if stablecoins is not None else ():
        if stablecoins is not None and stablecoins.word(key) == "settlement_only":
            remarks.add(WARNING, "SET-2", key, f"the books of these stablecoins are shut: {_LOCKED_IN}")


def _scope(remarks: _Remarks) -> None:
    """A cap for each intermediary where there is but one in a year."""
    cap, one = remarks.of("RET-1"), remarks.of("RET-4")
    if cap is None or one is None or cap.word("cap_scope") != "per_intermediary":
        return
    if one.flag("change_when_suspended") or cap.word("cap_window") != "calendar_year":
        text = "RET-4 allows one intermediary in a year: the scope matters only where another one follows it"
    else:
        text = "RET-4 allows one intermediary in a year: the scope has no effect"
    remarks.add(WARNING, "RET-1", "cap_scope", text)


def _idle_rules(remarks: _Remarks) -> None:
    """Rules in the order of decision that never decide: for no class, asset and side do they refuse what reaches them."""
    table = RuleTable(remarks.rulebook)
    orders = [(listing, side) for listing in _listings(table) for side in (BUY, SELL)]
    profiles = [
        Profile(
            investor_class,
            financial=firm > 0,
            blocked=bool(flags & 1),
            barred=bool(flags & 2),
            warned=bool(flags & 4),
            bank=firm > 1,
            through_bank=bool(flags & 8),
            identified=bool(flags & 16),
        )
        for investor_class in range(len(CLASSES))
        # No financial firm, one, a bank.
        for firm in range(3)
        for flags in range(32)
    ]
    refuses = [False] * len(table.rules)
    decides = [False] * len(table.rules)
    undecided = len(decides)
    """So many rules, from the first on, are to be asked: those after them all decide somewhere."""
    for profile in profiles:
        while undecided and decides[undecided - 1]:
            undecided -= 1
        for listing, side in orders:
            refused = False
            for place in range(undecided):
                # Of what was refused before it a rule only shows that it refuses anything.
                if refused and refuses[place]:
                    continue
                rule = table.rules[place]
                bears = rule.bears(profile, listing, side)
                if bears != PASSES or rule.allows_up_to(profile, listing) != NO_LIMIT:
                    refuses[place] = True
                    decides[place] = decides[place] or not refused
                    refused = refused or bears == FAILS
    for place, rule in enumerate(table.rules):
        if not refuses[place]:
            remarks.add(WARNING, rule.rule, "", "with these parameters the rule refuses nothing")
        elif not decides[place]:
            text = "with these parameters the rule never decides: what it refuses, one before it in `order` refuses too"
            remarks.add(WARNING, rule.rule, "", text)


def _listings(table: RuleTable) -> list[Listing]:
    """An instrument of every sort that a rule tells apart: each kind of asset and privacy, liquid and not, in RUB and not."""
    rouble = _asset("RUB", FIAT)
    dollar = _asset("stablecoin", FOREIGN_STABLECOIN)
    listed = table.rulebook.rules.get("LIQ-2")
    assets = [
        *[_asset(f"coin with {name} privacy", CRYPTO, privacy) for privacy, name in enumerate(PRIVACY_KINDS)],
        *[_asset(name, CRYPTO) for name in ([] if listed is None else listed.parameters.names("assets"))],
        _asset("large coin", CRYPTO, figures=_PLENTY),
        _asset("large stablecoin", FOREIGN_STABLECOIN, figures=_PLENTY),
        dollar,
        _asset("rouble stablecoin", DOMESTIC_STABLECOIN),
    ]
    for asset in assets:
        asset.highly_liquid = table.tiers is not None and asset.crypto and table.tiers.highly_liquid(asset)
    security = _asset("security", SECURITY)
    listings = [
        _listing(f"{asset.asset}/{quote.asset}", SPOT, asset, quote)
        for quote in (rouble, dollar)
        for asset in [*assets, security]
        if asset is not quote
    ]
    for kind in (NOTE, FUTURE):
        listings += [_listing("derivative", kind, security, quote) for quote in (rouble, dollar)]
    return listings


def _asset(name: str, kind: int, privacy: int = 0, figures: int = 0) -> AssetRecord:
    """An asset of eight decimals, its capitalisation and turnover, and its history, as large as `figures`."""
    return AssetRecord(Asset(name, 0, kind, DECIMALS), privacy, figures, figures, figures)


def _listing(name: str, kind: int, base: AssetRecord, quote: AssetRecord) -> Listing:
    """An instrument of which a lot is one minor unit, and a tick as many of the quote's as that makes one."""
    command = ListInstrument(name, kind, base.asset, quote.asset, ONE_E8, 1, 1, 1, 1, 1)
    return Listing(Instrument(command, 0, base.core, quote.core), base, quote)
