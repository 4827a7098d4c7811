"""What a venue file has otherwise than the venue that began with it, and how to have it so."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from engine.command_table import COMMANDS
from engine.exchange import Exchange
from engine.vocabulary.messages.commands import AnyCommand, Deposit, IssueAsset, Sequenced, SetApproval
from gateway.core import new_exchange
from gateway.filed.difference import Difference
from gateway.filed.people import participant_differences
from gateway.filed.settings import Settings, Subject, settings_of
from gateway.venue.settable import FIGURES, INVESTOR, LENGTHS, RULES, TERMS
from gateway.venue.venue import Venue

APPROVAL: Final[Subject] = ("approval", "")
MAX_NOTED: Final = 20
"""Differences that a start says; `sbx lint --journal` lists all."""


def differences(venue: Venue, exchange: Exchange, subjects: Iterable[Subject] | None = None) -> list[Difference]:
    """Everything that a venue file sets otherwise than it is now, in the order of the file.

    The file's commands are carried out by an empty core, and what comes of them is compared with what is there: so whatever way it
    was set, by the file or by a command since. Money is not compared: an account opened with it once.

    Args:
        venue: as the file describes it.
        exchange: the venue's core as it is.
        subjects: what is compared; None: all that the file sets.
    """
    filed = set_up(venue, exchange.time_ns)
    asked = dict.fromkeys(_subjects(venue) if subjects is None else subjects)
    people = [] if subjects is not None else list(participant_differences(venue.participants, exchange.access))
    found = people + [each for kind, name in asked for each in _of(filed, exchange, kind, name)]
    return found if subjects is not None else [_before_a_start(each) for each in found]


def _before_a_start(found: Difference) -> Difference:
    """A difference as a venue has it that may be started again: what nobody has asked for yet, a start takes from the file."""
    if (found.kind, "") != APPROVAL or found.venue:
        return found
    how = f"the next start does it where nobody has set it before, else {found.apply}"
    return msgspec.structs.replace(found, apply=how)


def approval_taken(to_do: Iterable[AnyCommand], exchange: Exchange) -> list[str]:
    """What a start says of a second approval that it takes from the file; a line, or none.

    Args:
        to_do: what the file has beyond the journal.
        exchange: before that is carried out.
    """
    if not exchange.seq:
        return []
    return [
        f"approval: {', '.join(each.second)} need a second approval from now on: the venue file asks for it, and nobody had set it"
        for each in to_do
        if isinstance(each, SetApproval)
    ]


def approval_left_out(venue: Venue, exchange: Exchange) -> list[Subject]:
    """The subject of a second approval that a venue asks for and its file does not; the file says by that that nothing waits."""
    is_asked = any(isinstance(command, SetApproval) for command in venue.genesis())
    return [APPROVAL] if exchange.second and not is_asked else []


def set_up(venue: Venue, time_ns: int) -> Exchange:
    """The core that a file would begin with, at a time; what it refuses, such as a series that has expired, is not there."""
    exchange = new_exchange()
    for seq, command in enumerate(venue.genesis(), 1):
        exchange.apply(Sequenced(seq, time_ns, command))
    return exchange


def noted(found: list[Difference], changed: Iterable[Subject]) -> list[str]:
    """What a start says of differences: a line each, some of them, and how many more there are; then what was booked once.

    Args:
        found: of what the file has changed.
        changed: all that it has changed.
    """
    lines = [each.said() for each in found[:MAX_NOTED]]
    if len(found) > MAX_NOTED:
        lines.append(f"and {len(found) - MAX_NOTED} more differences: `sbx lint DIRECTORY --journal` lists them")
    said = {(each.kind, each.name) for each in found}
    once = [name for kind, name in changed if kind == "account" and (kind, name) not in said]
    if once:
        more = f" and {len(once) - MAX_NOTED} more" if len(once) > MAX_NOTED else ""
        lines.append(f"what accounts open with was booked once, and stays: {', '.join(once[:MAX_NOTED])}{more}")
    return lines


def _subjects(venue: Venue) -> Iterator[Subject]:
    """What a file sets, each once."""
    for command in venue.genesis():
        if not isinstance(command, (Deposit, IssueAsset)):
            yield subject_of(command)
    # A file without [approval] says that nothing waits.
    yield APPROVAL


def subject_of(command: AnyCommand) -> Subject:
    """What a command of a venue file sets."""
    row = COMMANDS[type(command)]
    return row.sets_up, "" if row.is_single else getattr(command, row.about[0])


def _of(filed: Exchange, exchange: Exchange, kind: str, name: str) -> Iterator[Difference]:
    """The differences of one thing; one that either of the two lacks has none."""
    wanted, there = settings_of(filed, kind, name), settings_of(exchange, kind, name)
    if wanted is None or there is None:
        return
    for field, value in wanted.items():
        if value != there.get(field, ""):
            yield Difference(kind, name, field, value, there.get(field, ""), _apply(kind, name, field, wanted))


def _apply(kind: str, name: str, field: str, wanted: Settings) -> str:
    """What brings a value of the file in force; empty: nothing does."""
    value = wanted[field]
    if kind == "instrument":
        if field in TERMS:
            return f"sbx control terms {name} {field}={value}"
        if field in RULES:
            return f"sbx control trading-rules {name} {field}={value}{'s' if field in LENGTHS else ''}"
        return f"sbx control schedule {name} {_steps(value)}" if field == "schedule" else ""
    if kind == "asset":
        if field in FIGURES:
            return f"sbx control figures {name} {' '.join(f'{each}={wanted[each]}' for each in FIGURES)}"
        return f"sbx control disclose {name} DOCUMENT" if field == "disclosure" else ""
    if kind == "account":
        return f"sbx control custody {name} {value}" if field == "custody" else ""
    if kind == "investor":
        return _of_investor(name, field, value)
    if kind == "intermediary":
        if field == "suspended":
            return f"sbx control {'suspend' if value == 'true' else 'reinstate'} {name}"
        return f"sbx control intermediary {name} {_given(field, value)}"
    alone = {
        "rulebook": f"sbx control rulebook {wanted.get('name', '')}",
        "approval": f"sbx control approval {wanted.get('second') or 'none'}",
        "margin rules": f"sbx control margin-rules {wanted.get('margin_grace', '')}s",
    }
    return alone.get(kind, "")


def _steps(day: str) -> str:
    """A schedule as `sbx control schedule` takes it: times and phases follow one another in `day`."""
    words = day.split()
    return " ".join(f"{at}={phase}" for at, phase in zip(words[::2], words[1::2], strict=True)) or "--none"


def _of_investor(name: str, field: str, value: str) -> str:
    if field == "blocked":
        return f"sbx control {'block' if value == 'true' else 'unblock'} {name}"
    if field == "risk_level":
        return f"sbx control risk {name} {value or 'none'}"
    if field in INVESTOR:
        return f"sbx control investor {name} {_given(field, value)}"
    if field == "acknowledged":
        return f"sbx control record-acknowledgement {name} --text FILE"
    if field == "authorisations":
        years = [each.partition(":") for each in value.split()]
        through = [f"sbx control authorise-client {whom} {name} {year}" for year, _, whom in years]
        return "; ".join(through) or f"sbx control authorise-client INTERMEDIARY {name} YEAR --withdraw"
    # A result that is on record stays so: another takes its place.
    scores = [f"{field}:{value}"] if field != "products" and value else value.split()
    return "; ".join(f"sbx control record-test {name} {each.replace(':', ' ')}" for each in scores)


def _given(field: str, value: str) -> str:
    """A field as a shell takes it."""
    return shlex.quote(f"{field}={value}")
