"""The titles of rules, from the rulebooks that commands bring: events name a rule by its id alone."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.faults import RulebookError
from compliance.rules.catalogue import load_rulebook
from engine.vocabulary.messages.commands import Command, EffectiveFrom, LoadRulebook
from engine.vocabulary.messages.events import RulebookLoaded
from gateway.words.english import TITLES


class RuleTitles:
    """A mirror of the rulebook in force, of its titles only. Shown every command before its events, and every event."""

    def __init__(self) -> None:
        self._brought: Final[dict[str, dict[str, str]]] = {}
        """Titles by the digest of each rulebook that was brought, by rule: it may come in force much later, or again."""
        self._in_force: dict[str, str] = {}

    def state(self) -> dict[str, dict[str, str]]:
        """What a snapshot keeps of it: the titles by the digest of each rulebook that was brought, by rule."""
        return self._brought

    def restore(self, state: dict[str, dict[str, str]], digest: str) -> None:
        """Know these rulebooks; the one of a digest is in force, if it is not empty."""
        self._brought.update(state)
        self._in_force = state.get(digest, {})

    def note(self, command: Command) -> None:
        """Take note of a rulebook that a command brings, at once or for a later date. O(rulebook), else O(1)."""
        change = command.change if type(command) is EffectiveFrom else command
        if type(change) is not LoadRulebook:
            return
        try:
            rulebook = load_rulebook(change.name, change.documents, {})
        except RulebookError:
            # The core refuses it too; or a journal has one of another version, which has titles in its events.
            return
        self._brought[rulebook.digest] = {rule: data.title for rule, data in rulebook.rules.items()}

    def follow(self, event: RulebookLoaded) -> None:
        """A rulebook is in force."""
        self._in_force = self._brought.get(event.digest, {})

    def rules(self) -> list[str]:
        """The rules of all rulebooks that were brought, each once."""
        return list(dict.fromkeys(rule for titles in self._brought.values() for rule in titles))

    def of(self, rule: str) -> str:
        """The title of a rule in force, or of a refusal of the venue's own; empty: there is no such rule."""
        return TITLES.get(rule) or self._in_force.get(rule, "")

    def once(self, rule: str, digest: str) -> str:
        """The title of a rule while the rulebook of a digest was in force; else like `of`."""
        return TITLES.get(rule) or self._brought.get(digest, {}).get(rule, "")
