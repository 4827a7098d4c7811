"""The annual cap of retail (RET-1): who is near it, what open orders reserve counted, and through whom it is used."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from compliance.intake import Intake
from compliance.registry.classes import class_name
from compliance.rules.ret_1 import AnnualCap
from engine.exchange import Exchange
from gateway.reporting.part import END, Frame, Part
from gateway.reporting.steps.standing import Standing
from gateway.reporting.tables.figures import percent, roubles
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, Cells, Column, Table

NEAR: Final = 80
"""Percent of the cap, used or reserved, from which on somebody is near it."""
ALL_TOGETHER: Final = "all"
"""The scope of a cap that counts purchases through all intermediaries together."""


class Caps(Part):
    """Who is near the cap, and where it is used."""

    name = "caps"
    title = "Annual cap"
    purpose = "Who is near the annual cap, what is reserved counted; use of the cap by intermediary."
    need = END

    NEAR_TITLE: Final = "Annual cap (RET-1): who has taken 80 % or more, what is reserved counted"
    TAKEN_TITLE: Final = "Annual cap (RET-1): all who have taken some"
    THROUGH_TITLE: Final = "Annual cap (RET-1): use by intermediary"
    TAKEN: Final = (
        Column("investor"),
        Column("investor_class"),
        Column("scope"),
        Column("cap_rub", AMOUNT),
        Column("used_rub", AMOUNT),
        Column("reserved_rub", AMOUNT),
        Column("taken_rub", AMOUNT),
        Column("remaining_rub", AMOUNT),
        Column("taken_percent", PERCENT),
    )
    THROUGH: Final = (
        Column("intermediary"),
        Column("retail_investors", COUNT),
        Column("investors_using", COUNT),
        Column("investors_near", COUNT),
        Column("used_rub", AMOUNT),
        Column("reserved_rub", AMOUNT),
        Column("used_percent", PERCENT),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._taken: Final[list[tuple[int, tuple[str | None, ...]]]] = []
        """What was taken, in kopecks, and the row."""
        self._cap = 0
        self._through: Final[dict[str, _Through]] = {}
        self._is_known = False

    def look(self, exchange: Exchange, standing: Standing | None) -> None:
        """Read the ledger."""
        if standing is None:
            return
        self._is_known = True
        hook = exchange.hook
        assert isinstance(hook, ComplianceHook)
        table = hook.intake.table
        assert table is not None
        for rule in table.rules:
            if isinstance(rule, AnnualCap):
                self._cap = rule.cap_kopecks
                self._read(hook.intake, rule, exchange.time_ns)

    def tables(self) -> list[Table]:
        """Those who are near, all who have taken some, and by intermediary; none where the state is not known."""
        if not self._is_known:
            return []
        ordered = sorted(self._taken, key=lambda each: (-each[0], each[1][:3]))
        near = [row for taken, row in ordered if self._is_near(taken)]
        return [
            Table("cap_near", self.NEAR_TITLE, self.TAKEN, near),
            Table("cap_taken", self.TAKEN_TITLE, self.TAKEN, [row for _, row in ordered]),
            Table("cap_by_intermediary", self.THROUGH_TITLE, self.THROUGH, self._by_intermediary()),
        ]

    def _is_near(self, taken: int) -> bool:
        return taken > 0 and taken * 100 >= self._cap * NEAR

    def _read(self, intake: Intake, rule: AnnualCap, time_ns: int) -> None:
        ledger = intake.ledger
        for name, each in intake.registry.investors.items():
            if not each.retail:
                continue
            near: dict[str, bool] = {}
            sums = ledger.investors.get(name)
            lines = [] if sums is None else list(sums.by_intermediary)
            if sums is not None:
                for scope in [None] if rule.aggregate else lines:
                    used, reserved = rule.usage(ledger, sums, time_ns, scope)
                    taken = used + reserved
                    is_near = self._is_near(taken)
                    near.update(dict.fromkeys(lines if scope is None else [scope], is_near))
                    if taken:
                        self._note(
                            name,
                            class_name(each.investor_class),
                            ALL_TOGETHER if scope is None else scope,
                            (used, reserved),
                        )
            # Who has an account through an intermediary can use the cap there, used or not.
            for through in dict.fromkeys([*(client.intermediary_name for client in each.clients), *lines]):
                use = (0, 0) if sums is None or through not in lines else rule.usage(ledger, sums, time_ns, through)
                self._through.setdefault(through, _Through()).count(use, near.get(through, False))

    def _note(self, investor: str, investor_class: str, scope: str, use: tuple[int, int]) -> None:
        taken = sum(use)
        amounts = (self._cap, *use, taken, max(self._cap - taken, 0))
        row = (investor, investor_class, scope, *map(roubles, amounts), percent(taken, self._cap))
        self._taken.append((taken, row))

    def _by_intermediary(self) -> list[Cells]:
        total = sum(each.used for each in self._through.values())
        return [
            (
                name,
                each.retail,
                each.using,
                each.near,
                roubles(each.used),
                roubles(each.reserved),
                percent(each.used, total),
            )
            for name, each in sorted(self._through.items())
        ]


class _Through:
    """What is used of the cap through one intermediary. Kopecks."""

    def __init__(self) -> None:
        self.retail = 0
        self.using = 0
        self.near = 0
        self.used = 0
        self.reserved = 0

    def count(self, use: tuple[int, int], is_near: bool) -> None:
        """One retail investor who can buy through it, and has used and reserved so much there."""
        self.retail += 1
        self.using += sum(use) > 0
        self.near += is_near and sum(use) > 0
        self.used += use[0]
        self.reserved += use[1]
