"""The titles of rules, from the rulebooks that commands bring: events name a rule by its id alone."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.faults import RulebookError
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.catalogue import load_rulebook
from engine.vocabulary.messages.commands import Command, EffectiveFrom, LoadRulebook
from engine.vocabulary.messages.events import RulebookLoaded
from gateway.words.english import TITLES
from gateway.words.language import ENGLISH, RUSSIAN_CODE, Language

Titles = dict[str, dict[str, str]]
"""By the digest of a rulebook and the id of a rule."""


def _titled(rulebook: Rulebook) -> dict[str, str]:
    """The titles that a rulebook has in Russian."""
    return {rule: data.russian["title"] for rule, data in rulebook.rules.items() if data.russian["title"]}


class RuleTitles:
    """A mirror of the rulebook in force, of its titles only. Shown every command before its events, and every event."""

    def __init__(self) -> None:
        self._brought: Final[Titles] = {}
        """Of each rulebook that was brought: it may come in force much later, or again."""
        self._russian: Final[Titles] = {}
        """The same in Russian, of the rules whose documents say it."""
        self._digest = ""
        """Of the rulebook in force."""

    def state(self) -> tuple[Titles, Titles]:
        """What a snapshot keeps of it: the titles, and those in Russian. To read: nothing is copied."""
        return self._brought, self._russian

    def restore(self, state: tuple[Titles, Titles], digest: str) -> None:
        """Know these rulebooks; the one of a digest is in force, if it is not empty."""
        self._brought.update(state[0])
        self._russian.update(state[1])
        self._digest = digest

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
        self._russian[rulebook.digest] = _titled(rulebook)

    def follow(self, event: RulebookLoaded) -> None:
        """A rulebook is in force."""
        self._digest = event.digest

    def rules(self) -> list[str]:
        """The rules of all rulebooks that were brought, each once."""
        return list(dict.fromkeys(rule for titles in self._brought.values() for rule in titles))

    def of(self, rule: str, language: Language = ENGLISH) -> str:
        """The title of a rule in force, or of a refusal of the venue's own; empty: there is no such rule."""
        return self.once(rule, self._digest, language)

    def once(self, rule: str, digest: str, language: Language = ENGLISH) -> str:
        """The title of a rule while the rulebook of a digest was in force; else like `of`.

        In another language than English it is what the rulebook says in it, else in English.
        """
        own = TITLES.get(rule)
        if own is not None:
            return language.text_of(rule, own)
        if language.code == RUSSIAN_CODE:
            title = self._russian.get(digest, {}).get(rule, "")
            if title:
                return title
        return self._brought.get(digest, {}).get(rule, "")
