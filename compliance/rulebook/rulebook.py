"""A rulebook as it stands after it was read: rules with their data, and the orders in which they decide."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import Declaration, Declarations
from compliance.rulebook.parameters import Parameters

BUILT_IN_RULEBOOKS: Final = ("elr-2025", "derivatives-2025", "general-2026")

Overrides = dict[tuple[str, str], str]
"""Settings of a supervisor on top of a rulebook: by rule and key, as texts."""


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
        parameters: Parameters,
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
        self.enabled: Final = enabled
        self.parameters: Final = parameters

    def changed(self, enabled: bool, parameters: Parameters) -> RuleData:
        """The same rule with other settings."""
        return RuleData(
            self.declared, self.document, self._texts, note=self.note, enabled=enabled, parameters=parameters
        )


class Rulebook:
    """A validated rulebook with all it includes."""

    def __init__(
        self,
        name: str,
        title: str,
        digest: str,
        documents: dict[str, str],
        rules: dict[str, RuleData],
        *,
        order: tuple[str, ...],
        transfer_order: tuple[str, ...],
        kinds: tuple[str, ...],
        overrides: Overrides,
        declared: Declarations,
    ) -> None:
        self.name: Final = name
        self.title: Final = title
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

    def active(self, rule: str) -> RuleData | None:
        """The rule of this id, if the rulebook has it and it is not switched off."""
        found = self.rules.get(rule)
        return found if found is not None and found.enabled else None
