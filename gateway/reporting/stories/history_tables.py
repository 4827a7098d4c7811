"""The history of registry, rulebook and parameters as a table, and what is in force at its end."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.messages.events import Event, ParameterChanged, RulebookLoaded
from gateway.reporting.steps.source import Step
from gateway.reporting.stories.history import Entry
from gateway.reporting.tables.tables import Cells, Table
from gateway.reporting.tables.times import utc

COLUMNS: Final = (
    "seq",
    "time_utc",
    "what",
    "subjects",
    "by",
    "reason",
    "effective_utc",
    "outcome",
    "why",
    "said",
    "effects",
    "orders_cancelled",
    "change",
    "second",
    "second_reason",
)
MAX_TOLD: Final = 5
"""Accounts whose holdings one change froze or arrested, that are told one by one: an asset may have a hundred thousand holders."""


def history_table(entries: list[Entry], name: str = "") -> Table:
    """The entries, or those that are about `name` or did something to it: then only what they did to it.

    Orders are those of an account, or of all that an investor or intermediary has; or those that a rule cancelled.
    """
    accounts = {entry.subjects[0] for entry in entries if entry.what == "account" and name in entry.subjects}
    rows: list[Cells] = []
    for entry in entries:
        effects, cancelled = entry.effects, entry.cancelled
        if name and name not in entry.subjects:
            effects = [effect for effect in effects if effect[0] == name]
            effects += [effect for effect in entry.of_accounts if effect[0] in accounts]
            cancelled = {key: count for key, count in cancelled.items() if key[0] in accounts or key[1] == name}
            if not effects and not cancelled:
                continue
        else:
            effects = _with_accounts(entry)
        rows.append(
            (
                entry.seq,
                utc(entry.time_ns),
                entry.what,
                " ".join(entry.subjects),
                entry.by,
                entry.reason,
                utc(entry.effective_ns),
                entry.outcome,
                entry.why,
                entry.said,
                _told(effects, cancelled),
                sum(cancelled.values()),
                entry.change or None,
                entry.second,
                entry.second_reason,
            )
        )
    title = f"History of {name}" if name else "History of registry, rulebook and parameters"
    return Table("history", title, COLUMNS, rows)


def told_effects(entry: Entry) -> str:
    """All that a change did, in one line."""
    return _told(_with_accounts(entry), entry.cancelled)


def _with_accounts(entry: Entry) -> list[tuple[str, str]]:
    """What a change did, with what it did to holdings and trades: of many accounts how many they were."""
    if len(entry.of_accounts) > MAX_TOLD:
        return [*entry.effects, (f"{len(entry.of_accounts):,} accounts", "frozen, arrested or let go")]
    return entry.effects + entry.of_accounts


def _told(effects: list[tuple[str, str]], cancelled: dict[tuple[str, str], int]) -> str:
    told = [f"{whom}: {words}" for whom, words in effects]
    told += [f"{account}: {count} cancelled by {rule}" for (account, rule), count in cancelled.items()]
    return "; ".join(told)


class RulesInForce:
    """The rulebook in force and the parameters changed since it was loaded."""

    def __init__(self) -> None:
        self._rulebook: Cells | None = None
        self._parameters: Final[dict[tuple[str, str], Cells]] = {}

    def take(self, step: Step, event: Event) -> None:
        """Follow an event."""
        if isinstance(event, RulebookLoaded):
            # A rulebook brings its own values.
            self._parameters.clear()
            self._rulebook = (step.seq, utc(step.time_ns), "rulebook", event.name, "", event.digest, "", "")
        elif isinstance(event, ParameterChanged):
            self._parameters[(event.rule, event.key)] = (
                step.seq,
                utc(step.time_ns),
                event.rule,
                event.key,
                event.old,
                event.new,
                event.by,
                event.reason,
            )

    def table(self) -> Table:
        """What is in force now."""
        rows = [] if self._rulebook is None else [self._rulebook]
        columns = ("seq", "time_utc", "rule", "key", "old", "value", "by", "reason")
        return Table(
            "rules_in_force",
            "Rulebook in force, and parameters changed since",
            columns,
            [*rows, *self._parameters.values()],
        )
