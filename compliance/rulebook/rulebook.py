"""A rulebook as it stands after it was read: rules with their data, and the orders in which they decide."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import ALWAYS, STARTS, Declaration, Declarations
from compliance.rulebook.parameters import Parameters, Stage

BUILT_IN_RULEBOOKS: Final = ("elr-2025", "derivatives-2025", "general-2026")

RUSSIAN_PARTS: Final = ("title", "who", "source", "note")
"""What a document may say of a rule in Russian beside English, in a key that ends in `_ru`."""

Overrides = dict[tuple[str, str], str]
"""Settings of a supervisor on top of a rulebook: by rule and key, as texts."""

AT_LAST: Final = 10**7
"""The day on which all dates of a rulebook have come: after every date that can be written."""


class RuleData:
    """One rule as its document states it."""

    def __init__(
        self,
        declared: Declaration,
        document: str,
        texts: dict[str, str],
        *,
        note: str,
        enabled: bool,
        stages: list[Stage],
        day: int = AT_LAST,
    ) -> None:
        self._texts: Final = texts
        self.declared: Final = declared
        """What there is to say of the rule whatever a rulebook states."""
        self.document: Final = document
        self.rule: Final[str] = declared.rule
        self.title: Final = texts["title"]
        self.who: Final = texts["who"]
        self.source: Final = texts["source"]
        self.status: Final = texts["status"]
        self.effective_from: Final = texts["effective_from"]
        self.applies_to: Final = texts["applies_to"]
        self.note: Final = note
        """What other sources report, or how the venue reads the rule."""
        self.russian: Final[dict[str, str]] = {part: texts.get(f"{part}_ru", "") for part in RUSSIAN_PARTS}
        """What its document says in Russian, too: of `RUSSIAN_PARTS` each, empty where it does not."""
        self.enabled: Final = enabled
        self.stages: Final = stages
        """Its parameters by the day from which on they hold, the earliest first."""
        in_force = [stage.parameters for stage in stages if stage.first_day <= day]
        self.parameters: Final[Parameters] = in_force[-1]
        """Those of the day."""
        self.starts: Final[int] = self.parameters.numbers.get(STARTS, ALWAYS)
        """The Moscow day from which on it binds, in days since 1970-01-01; ALWAYS: at once."""
        self.waits: Final[bool] = day < self.starts
        """Whether that is still to come."""

    @property
    def days(self) -> list[int]:
        """The days on which something of it changes."""
        found = [stage.first_day for stage in self.stages]
        found.append(self.starts)
        return [day for day in found if day != ALWAYS]

    def changed(self, enabled: bool, stages: list[Stage]) -> RuleData:
        """The same rule with other settings."""
        return RuleData(self.declared, self.document, self._texts, note=self.note, enabled=enabled, stages=stages)

    def on(self, day: int) -> RuleData:
        """The same rule as it is on a Moscow day, in days since 1970-01-01."""
        return RuleData(
            self.declared,
            self.document,
            self._texts,
            note=self.note,
            enabled=self.enabled,
            stages=self.stages,
            day=day,
        )


class Rulebook:
    """A validated rulebook with all it includes."""

    def __init__(
        self,
        name: str,
        titles: tuple[str, str],
        digest: str,
        documents: dict[str, str],
        rules: dict[str, RuleData],
        *,
        order: tuple[str, ...],
        transfer_order: tuple[str, ...],
        kinds: tuple[str, ...],
        overrides: Overrides,
        declared: Declarations,
        day: int = AT_LAST,
    ) -> None:
        self.name: Final = name
        self.title: Final = titles[0]
        self.title_ru: Final = titles[1]
        """In Russian; empty: its document does not say."""
        self.digest: Final = digest
        """SHA-256 of the name and the documents, in hexadecimal; overrides are not in it."""
        self.documents: Final = documents
        self.rules: Final = rules
        """By id, the included documents' first, in the order of the documents."""
        self.order: Final = order
        """The rules that can refuse an order, the deciding one first."""
        self.transfer_order: Final = transfer_order
        """The rules that look at a transfer, the deciding one first; empty: none is asked."""
        self.kinds: Final = kinds
        """Instrument kinds that may be traded."""
        self.overrides: Final = overrides
        """What a supervisor set on top of the documents; `rules` has it already."""
        self.declared: Final = declared
        """All rules that a rulebook may state."""
        self.day: Final = day
        """The Moscow day of which it is, in days since 1970-01-01; AT_LAST: as if all its dates had come."""

    def active(self, rule: str) -> RuleData | None:
        """The rule of this id, if the rulebook has it, it is not switched off, and it has started."""
        found = self.rules.get(rule)
        return found if found is not None and found.enabled and not found.waits else None

    def on(self, day: int) -> Rulebook:
        """The same rulebook as it is on a Moscow day, in days since 1970-01-01. O(rules)."""
        return Rulebook(
            self.name,
            (self.title, self.title_ru),
            self.digest,
            self.documents,
            {rule: data.on(day) for rule, data in self.rules.items()},
            order=self.order,
            transfer_order=self.transfer_order,
            kinds=self.kinds,
            overrides=self.overrides,
            declared=self.declared,
            day=day,
        )

    def changes_by(self, day: int) -> bool:
        """Whether something in it changes after its own day, on or before another one. O(rules)."""
        return any(self.day < each <= day for data in self.rules.values() for each in data.days)
