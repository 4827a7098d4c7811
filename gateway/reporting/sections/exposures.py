"""Exposures against their limits, with capital and share, over every kind of holding: by the sums that the rules compare."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from compliance.intake import Intake
from compliance.registry.classes import class_name
from compliance.registry.records import Investor
from compliance.rules.der_2 import IntermediaryCover
from compliance.rules.der_3 import BankExposure
from compliance.rules.der_4 import ExposureLimit
from compliance.rules.elr_2 import QualifiedFirmsOnly
from compliance.rules.share import Share
from engine.exchange import Exchange
from engine.vocabulary.decimals import decimal
from gateway.reporting.part import END, Frame, Part
from gateway.reporting.steps.standing import Standing
from gateway.reporting.tables.figures import WHOLE, percent, roubles
from gateway.reporting.tables.tables import AMOUNT, PERCENT, Cells, Column, Table

INVESTOR: Final = "investor"
INTERMEDIARY: Final = "intermediary"
BANK: Final = "bank"
FIRM: Final = "financial_firm"

EXPOSURE: Final = "exposure"
COVER: Final = "capital cover"
HOLDINGS: Final = "all that it has"
HELD: Final = "positions"
OPEN: Final = "open orders"
YES: Final = "yes"


class Exposures(Part):
    """Who is exposed to what, and how far from the limit."""

    name = "exposures"
    title = "Exposures and limits"
    purpose = "Who is exposed how much, against limit and capital, over every kind of holding."
    need = END

    LIMITS_TITLE: Final = "Exposures against limits, by the rule that compares them"
    PARTS_TITLE: Final = "What the exposures are made of"
    POSITIONS_TITLE: Final = "Positions in derivatives and securities on crypto prices"
    LIMITS: Final = (
        Column("rule"),
        Column("kind"),
        Column("name"),
        Column("investor_class"),
        Column("compared"),
        Column("exposure_rub", AMOUNT),
        Column("limit_rub", AMOUNT),
        Column("remaining_rub", AMOUNT),
        Column("used_percent", PERCENT),
        Column("capital_rub", AMOUNT),
        Column("of_capital_percent", PERCENT),
        Column("beyond"),
        Column("without_value"),
    )
    PARTS: Final = (Column("rule"), Column("kind"), Column("name"), Column("part"), Column("amount_rub", AMOUNT))
    POSITIONS: Final = (
        Column("investor"),
        Column("account"),
        Column("intermediary"),
        Column("instrument"),
        Column("quantity", AMOUNT),
        Column("asset"),
        Column("entry_value", AMOUNT),
        Column("exposure", AMOUNT),
        Column("value_asset"),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._limits: Final[list[tuple[tuple[str, int, str], Cells]]] = []
        """Each with what it is sorted by: the rule, the share of the limit that is used, the greatest first, and the name."""
        self._parts: Final[list[tuple[str, ...]]] = []
        self._positions: Final[list[tuple[str, ...]]] = []
        self._is_known = False

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """Read the ledger."""
        if standing is None:
            return
        self._is_known = True
        hook = exchange.hook
        assert isinstance(hook, ComplianceHook)
        intake = hook.intake
        assert intake.table is not None
        for rule in intake.table.rules:
            if isinstance(rule, ExposureLimit):
                self._investors(intake, standing, rule)
            elif isinstance(rule, IntermediaryCover):
                self._intermediaries(intake, standing, rule)
            elif isinstance(rule, BankExposure):
                self._shares("DER-3", BANK, intake, rule.shares(intake.registry, intake.ledger))
            elif isinstance(rule, QualifiedFirmsOnly):
                self._shares("ELR-2", FIRM, intake, rule.shares(intake.registry, intake.ledger))
        self._read_positions(intake)

    def tables(self) -> list[Table]:
        """Limits, what there is against them, and the positions; none where the state is not known."""
        if not self._is_known:
            return []
        limits = [row for _, row in sorted(self._limits, key=lambda each: each[0])]
        return [
            Table("exposure_limits", self.LIMITS_TITLE, self.LIMITS, limits),
            Table("exposure_parts", self.PARTS_TITLE, self.PARTS, sorted(self._parts, key=lambda row: row[:3])),
            Table("exposure_positions", self.POSITIONS_TITLE, self.POSITIONS, sorted(self._positions)),
        ]

    # ── by rule ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _investors(self, intake: Intake, standing: Standing, rule: ExposureLimit) -> None:
        held = _held(standing)
        for name, exposure in intake.ledger.exposures.by_investor.items():
            if exposure:
                investor = intake.registry.investors[name]
                whose = _Whose("DER-4", INVESTOR, name, investor)
                self._compare(whose, EXPOSURE, exposure, rule.limits[investor.investor_class])
                self._split(whose, held[name, False])

    def _intermediaries(self, intake: Intake, standing: Standing, rule: IntermediaryCover) -> None:
        held = _held(standing)
        for name, exposure in intake.ledger.exposures.by_intermediary.items():
            # What is held directly is nobody's to cover.
            if exposure and name:
                whose = _Whose("DER-2", INTERMEDIARY, name, None, intake.registry.intermediaries[name].capital_rub)
                self._compare(whose, EXPOSURE, exposure, rule.limit)
                self._compare(whose, COVER, rule.needed(exposure), whose.capital_rub * 100)
                self._split(whose, held[name, True])

    def _shares(self, rule: str, kind: str, intake: Intake, shares: list[Share]) -> None:
        for share in shares:
            whose = _Whose(rule, kind, share.name, intake.registry.investors.get(share.name), share.capital_rub)
            unpriced = share.worth.unpriced
            self._compare(whose, HOLDINGS, None if unpriced else share.has, share.limit, unpriced)
            self._parts.extend((*whose.named, part, roubles(amount)) for part, amount in share.parts())

    def _compare(self, whose: _Whose, compared: str, exposure: int | None, limit: int, without_value: str = "") -> None:
        """One exposure against one limit, both in kopecks; None: there is something without a rouble value."""
        known = exposure is not None
        amount = exposure or 0
        # What has no value known comes first, and so does what there is beyond a limit of nothing.
        used = -(amount * WHOLE // limit) if known and limit else -WHOLE * WHOLE
        self._limits.append(
            (
                (whose.named[0], used, whose.named[2]),
                (
                    *whose.named,
                    whose.investor_class,
                    compared,
                    roubles(amount) if known else None,
                    roubles(limit),
                    roubles(max(limit - amount, 0)) if known else None,
                    percent(amount, limit) if known else None,
                    f"{whose.capital_rub}.00" if whose.capital_rub else None,
                    percent(amount, whose.capital_rub * 100) if known else None,
                    "" if known and amount <= limit else YES,
                    without_value,
                ),
            )
        )

    def _split(self, whose: _Whose, parts: tuple[int, int]) -> None:
        for name, amount in zip((HELD, OPEN), parts, strict=True):
            if amount:
                self._parts.append((*whose.named, name, roubles(amount)))

    def _read_positions(self, intake: Intake) -> None:
        for account, by_instrument in intake.ledger.exposures.positions.items():
            for instrument, position in by_instrument.items():
                if not (position.units or position.exposure):
                    continue
                listing, client = position.listing, position.client
                scale = listing.quote.scale
                self._positions.append(
                    (
                        client.investor.investor,
                        account,
                        client.intermediary_name,
                        instrument,
                        decimal(position.units, listing.base.scale),
                        listing.base.asset,
                        decimal(position.value, scale),
                        decimal(position.exposure, scale),
                        listing.quote.asset,
                    )
                )


class _Whose:
    """Whose exposure a rule compares."""

    def __init__(self, rule: str, kind: str, name: str, investor: Investor | None, capital_rub: int = 0) -> None:
        self.named: Final = (rule, kind, name)
        self.investor_class: Final = "" if investor is None else class_name(investor.investor_class)
        self.capital_rub: Final = capital_rub or (0 if investor is None else investor.capital_rub)
        """In whole roubles; 0: none is stated."""


def _held(standing: Standing) -> dict[tuple[str, bool], tuple[int, int]]:
    """What is held, and what open orders could add, by name and whether it is that of an intermediary's clients. Kopecks."""
    return {(each.name, each.through): (each.held, each.reserved) for each in standing.exposures}
