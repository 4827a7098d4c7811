"""Rules on who may trade: blocked owners, barred intermediaries, access by class. All are known before an order comes."""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import QUALIFIED, RETAIL, UNQUALIFIED_FIRM, class_name, is_firm
from compliance.registry.listings import Listing
from compliance.rulebook.format import Rulebook, RuleData
from compliance.rules.case import DEPENDS, FAILS, PASSES, Case, Figures, Profile, Rule, opens, yes_no
from engine.vocabulary.codes import INSTRUMENT_KINDS
from engine.vocabulary.decimals import decimal


class BlockedOwner(Rule):
    """SAN-1: a blocked owner may not trade at all."""

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for a blocked investor, both sides."""
        return FAILS if profile.blocked else PASSES

    def judge(self, case: Case) -> str:
        """Say who is blocked."""
        return f"investor {case.investor.investor} is on the list of blocked owners: may cancel, not trade"

    def figures(self, case: Case) -> Figures:
        """Whether the investor is on the list."""
        investor = case.investor
        found = "is" if investor.blocked else "is not"
        return Figures([("investor", investor.investor)], f"{investor.investor} {found} on the list of blocked owners")


class BarredIntermediary(Rule):
    """INT-1: clients of a suspended or unlicensed intermediary may cancel and sell (RET-5), not buy."""

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return self.spared_sell(listing, side)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for what is bought through a barred intermediary."""
        return FAILS if profile.barred and not self.spares(profile, listing, side) else PASSES

    def judge(self, case: Case) -> str:
        """Say what the intermediary lacks."""
        intermediary = case.client.intermediary
        assert intermediary is not None
        lacks = "is suspended" if intermediary.suspended else "has no licence"
        return f"intermediary {intermediary.intermediary} {lacks}: its clients may sell what they hold and cancel"

    def figures(self, case: Case) -> Figures:
        """The intermediary's licence, and whether it is suspended."""
        intermediary = case.client.intermediary
        if intermediary is None:
            return Figures([("intermediary", "none")], "held directly: there is no intermediary to look at")
        inputs = [
            ("intermediary", intermediary.intermediary),
            ("licensed", yes_no(intermediary.licensed)),
            ("suspended", yes_no(intermediary.suspended)),
        ]
        state = "suspended or without a licence" if intermediary.barred else "licensed and not suspended"
        return Figures(inputs, f"{intermediary.intermediary} is {state}")


class SuperQualifiedOnly(Rule):
    """ELR-1: of the qualified individuals only the super-qualified trade (Bank of Russia, 12.03.2025).

    Individuals without any qualified status are answered by ELR-3 alone.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.assets_kopecks: Final = data.parameters.number("assets_above_rub")
        self.income_kopecks: Final = data.parameters.number("income_above_rub")
        self.combine: Final = data.parameters.word("combine")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Firms, individuals without qualified status, and sells of what is held."""
        if is_firm(profile.investor_class):
            return "it is for individuals: of firms ELR-2 decides"
        if profile.investor_class == RETAIL:
            return "of individuals without qualified status ELR-3 decides"
        return self.spared_sell(listing, side)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for an individual of the ordinary qualified class."""
        if self.spares(profile, listing, side):
            return PASSES
        return FAILS if profile.investor_class == QUALIFIED else PASSES

    def judge(self, case: Case) -> str:
        """Say what is needed and what the evidence shows."""
        investor = case.investor
        return (
            f"super-qualified: securities and deposits above {decimal(self.assets_kopecks, 2)} RUB {self.combine} "
            f"last year's income above {decimal(self.income_kopecks, 2)} RUB; "
            f"on record {investor.assets_rub}.00 and {investor.income_rub}.00"
        )

    def figures(self, case: Case) -> Figures:
        """The evidence against the thresholds, or the class that the supervisor has set."""
        investor = case.investor
        name = class_name(investor.investor_class)
        inputs = [
            ("class", name),
            ("securities and deposits", f"{investor.assets_rub}.00"),
            ("last year's income", f"{investor.income_rub}.00"),
        ]
        if investor.class_override:
            return Figures(inputs, f"{name}, set by the supervisor: {investor.reason}")
        comparisons = [
            f"{evidence_rub}.00 {'>' if evidence_rub * 100 > least else '<='} {decimal(least, 2)}"
            for evidence_rub, least in (
                (investor.assets_rub, self.assets_kopecks),
                (investor.income_rub, self.income_kopecks),
            )
        ]
        return Figures(inputs, f"{f' {self.combine} '.join(comparisons)}: {name}")


class QualifiedFirmsOnly(Rule):
    """ELR-2: firms that are qualified investors trade, financial firms within a limit (Bank of Russia, 12.03.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.hundredths_of_percent: Final = data.parameters.number("financial_firm_order_percent_of_capital")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Individuals, and sells of what is held."""
        if not is_firm(profile.investor_class):
            return "it is for firms"
        return self.spared_sell(listing, side)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for firms that are not qualified; depends on the rouble value of a financial firm's purchase, or future sold."""
        if self.spares(profile, listing, side):
            return PASSES
        if profile.investor_class == UNQUALIFIED_FIRM:
            return FAILS
        return DEPENDS if profile.financial and opens(listing, side) else PASSES

    def judge(self, case: Case) -> str:
        """Compare a financial firm's purchase with its share of capital."""
        investor = case.investor
        if investor.investor_class == UNQUALIFIED_FIRM:
            return (
                f"firm {investor.investor} is not a qualified investor (QUAL-0): on record net assets of "
                f"{investor.assets_rub}.00 RUB and revenue of {investor.income_rub}.00 RUB"
            )
        if case.kopecks < 0:
            quote = case.listing.quote.asset
            return f"{case.listing.instrument} is priced in {quote}, of which the value in RUB is not known"
        limit = self._limit(case)
        if case.kopecks <= limit:
            return ""
        return (
            f"a financial firm's purchase may be worth {decimal(limit, 2)} RUB, {decimal(self.hundredths_of_percent, 2)} % "
            f"of its capital of {investor.capital_rub}.00 RUB; this order {decimal(case.kopecks, 2)}"
        )

    def figures(self, case: Case) -> Figures:
        """The firm's class and, of a financial firm's purchase, its value against the share of capital."""
        investor = case.investor
        name = class_name(investor.investor_class)
        inputs = [("class", name), ("financial firm", yes_no(investor.financial))]
        if investor.investor_class == UNQUALIFIED_FIRM:
            inputs += [("net assets", f"{investor.assets_rub}.00"), ("revenue", f"{investor.income_rub}.00")]
            return Figures(inputs, f"{name} is not qualified_firm")
        if not investor.financial:
            return Figures(inputs, f"{name}, no financial firm: no limit")
        if not opens(case.listing, case.side):
            return Figures(inputs, f"{name}: the limit is on purchases")
        if case.kopecks < 0:
            return Figures(inputs, f"the value of {case.listing.quote.asset} in RUB is not known")
        limit = self._limit(case)
        inputs += [("capital", f"{investor.capital_rub}.00"), ("this order", decimal(case.kopecks, 2))]
        sign = "<=" if case.kopecks <= limit else ">"
        share = f"{decimal(self.hundredths_of_percent, 2)} % of {investor.capital_rub}.00"
        return Figures(inputs, f"{decimal(case.kopecks, 2)} {sign} {decimal(limit, 2)} = {share}")

    def _limit(self, case: Case) -> int:
        # Kopecks of capital times hundredths of a percent: rounded down, to the stricter side.
        return case.investor.capital_rub * 100 * self.hundredths_of_percent // 10_000


class NoAccess(Rule):
    """ELR-3: retail and ordinary qualified investors have no access to the exchange (announced 23.04.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.classes: Final = data.parameters.names("classes")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return self.spared_sell(listing, side)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for the classes without access; `retail` covers firms that are not qualified."""
        if self.spares(profile, listing, side):
            return PASSES
        return FAILS if _access_class(profile.retail, profile.investor_class) in self.classes else PASSES

    def judge(self, case: Case) -> str:
        """Name the class."""
        name = class_name(case.investor.investor_class)
        return f"investor {case.investor.investor} is {name}; this exchange is for super_qualified and qualified_firm"

    def figures(self, case: Case) -> Figures:
        """The class against those without access."""
        investor = case.investor
        name = _access_class(investor.retail, investor.investor_class)
        found = "is" if name in self.classes else "is not"
        inputs = [("class", class_name(investor.investor_class))]
        return Figures(inputs, f"{name} {found} among those without access: {', '.join(self.classes) or 'none'}")


def _access_class(retail: bool, investor_class: int) -> str:
    """What ELR-3 calls a class: `retail` covers firms that are not qualified."""
    return "retail" if retail else class_name(investor_class)


class QualifiedDerivatives(Rule):
    """DER-1: crypto derivatives and securities are for qualified investors, cash-settled (Bank of Russia, 28.05.2025).

    Where the rulebook admits no spot trading, this rule refuses it: it would deliver crypto.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.kinds: Final = book.kinds

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return self.spared_sell(listing, side)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for kinds that the book leaves out, and for derivatives of retail investors."""
        if self.spares(profile, listing, side):
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

    def figures(self, case: Case) -> Figures:
        """The kind against those admitted, and the class of who trades a derivative."""
        kind = INSTRUMENT_KINDS[case.listing.kind]
        name = class_name(case.investor.investor_class)
        inputs = [("kind", kind), ("derivative or security", yes_no(case.listing.derivative)), ("class", name)]
        if kind not in self.kinds:
            return Figures(inputs, f"{kind} is not among the admitted: {', '.join(self.kinds)}")
        if not case.listing.derivative:
            return Figures(inputs, f"{kind} is admitted, and no derivative")
        qualified = "is not" if case.investor.retail else "is"
        return Figures(inputs, f"{kind} is admitted; {name} {qualified} qualified")
