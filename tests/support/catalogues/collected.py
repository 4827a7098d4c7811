"""What each catalogue must have: one function a domain."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from babel.messages.extract import extract_from_file

from compliance.rulebook.diff import PARTS
from compliance.surveillance.catalogue import DETECTORS
from compliance.worlds import fates
from engine.command_table import COMMANDS
from engine.vocabulary.codes import PROPOSAL_OUTCOMES
from gateway.cli.controls.control import SECTIONS as CONTROL_SECTIONS
from gateway.cli.main import BESIDE, SECTIONS, SUMMARIES, LazyGroup, group
from gateway.cli.speaking import paragraphs
from gateway.operating.page import HELP as KEYS_OF_TOP
from gateway.published.errors import KINDS
from gateway.reporting.sections.overview import ARRESTS, FIGURES, OPEN
from gateway.reporting.tables.workbook import HEADINGS
from gateway.session.investor import ORDERS
from gateway.watching.picture import FEW_KEYS, HELP, KEYS
from gateway.whatif.tables import EXPOSURE_FIGURES, MARKET_FIGURES, SHARE_FIGURES, WELFARE_FIGURES
from gateway.words.english import ENGLISH, TITLES
from gateway.words.explaining import FEW_OF_FIGURES
from gateway.words.language import LABEL, RULEBOOK
from gateway.words.words import COUNTED
from tests.support.catalogues.files import Collected, Text
from tests.support.catalogues.pieces import PIECES_OF_JOURNALS, PIECES_OF_TABLES
from tests.support.catalogues.spoken import (
    columns_of,
    keys_of,
    kinds_of,
    labels_of,
    pairs_of,
    shapes_of,
    shown_constants,
    translated_by_name,
)
from tests.support.places import ROOT

_TEMPLATES = "gateway/words/english.py"
CLICK = "click"
_CLICK_KEYWORDS = {"_": None, "ngettext": (1, 2)}

ERRORS = (
    "gateway/inbound",
    "gateway/protocol/wire.py",
    "gateway/outbound/channels",
    "gateway/server/peers/connection.py",
)
"""Where the errors of the wire are put together."""
OF_DECODERS = (
    *(
        "Object missing required field {0}",
        "Object contains unknown field {0}",
        "Expected {0}, got {1}",
        "Expected {0} >= {1}",
    ),
    *(
        "Expected {0} <= {1}",
        "Expected {0} of length >= {1}",
        "Expected {0} of length <= {1}",
        "Expected {0} matching regex {1}",
    ),
    *("Invalid enum value {0}", "Invalid value {0}", "Input data was truncated", "JSON is malformed: {0}"),
    *("MessagePack data is malformed: {0}", "the key {0} stands twice"),
)
"""What the decoders of the wire say of a payload, each alone or with the place where it is."""
RULES = (
    "compliance/rules",
    "compliance/rulebook",
    "compliance/explain.py",
    "compliance/lint.py",
)
"""Where explanations are, and the meanings of rules and parameters."""
PIECES = (
    *(
        "yes",
        "no",
        "none",
        "is",
        "is not",
        "may",
        "may not",
        "remaining",
        "used",
        "reserved",
        "exposure",
        "coins",
        "notes",
    ),
    *(
        "futures",
        "issued",
        "clients",
        "income",
        "revenue",
        "resident",
        "non-resident",
        "{0} is a resident",
        "{0} is a non-resident",
    ),
    *(
        "passes",
        "fails",
        "decides",
        "in force",
        "recommended",
        "proposed",
        "draft",
        "announced",
        "statement",
        "assumed",
    ),
    *("{0} is among the banned: {1}", "{0} is not among the banned: {1}", "none of the two is among the banned: {0}"),
    *("{0} of {1} is among the banned: {2}", "{0} of {1} is not among the banned: {2}"),
    *(
        f"{{0}} is a {who}, {one} non-resident is needed"
        for who in ("resident", "non-resident")
        for one in ("one", "no")
    ),
    *(
        "are",
        "both",
        "transfer",
        "withdrawal",
        "redemption",
        "no retail purchase of a rouble stablecoin",
        "a figure of nothing",
    ),
    "Individuals. {0}",
    *("{0} is licensed and not suspended", "{0} is suspended or without a licence", "or", "and", "assets"),
    *("a document is on record", "a document is not on record", "a document and a beneficial owner is on record"),
    *("a document and a beneficial owner is not on record", "{0} days", "{0} seconds", "{0} times", "left", "needed"),
    *("{0} test", "{0} years", "kind of {0}", "{0}, {1}", "{0} is {1}"),
    *(
        "Largest exposure in derivatives and securities on crypto prices of {0}.",
        "Largest value of one order, priced in RUB, of {0}.",
    ),
    *("the exposure limit for {0}", "the largest order for {0}"),
)
"""Words that rules put together with others: values, verbs, names of what was taken of a limit."""
CONTROL = ("gateway/control",)
"""What is about to be done to a venue, put together of clauses."""
CHANGED = (
    *("scheduled", "proposed", "refused", "effective", "identity", "rule", "tier", "day", "blocked", "approval"),
    *("custody", "live", "recorded", "connected", "paused", "participant", "venue", "waiting"),
    *("movement", "withdrawal", "redemption"),
)
"""What changes, and what becomes of it, beside what commands set."""
PIECES_OF_CHANGES = (
    *(
        "{0}: {1} rises from {2} to {3}",
        "{0}: {1} falls from {2} to {3}",
        "{0}: {1}: from no to yes",
        "{0}: {1}: from yes to no",
    ),
    *("{0}: {1} changes from {2} to {3}", "{0}: {1} changes from “{2}” to “{3}”", "{0}: is switched on: {1}"),
    *(
        "{0}: is switched off: {1}",
        "{0} added",
        "{0} removed",
        "{0} admitted",
        "{0} no longer admitted",
        "first",
        "earlier",
        "later",
    ),
)
"""Sentences of what changes between two rulebooks, whose verbs and names are put together there."""
PIECES_OF_CONTROL = ("not ", "participant {0}", "investor {0}", "instrument {0}", "asset {0}", "intermediary {0}")
FIGURES_OF_WHATIF = (
    *("difference", "directly", "followed"),
    *(each for group in (MARKET_FIGURES, WELFARE_FIGURES, SHARE_FIGURES, EXPOSURE_FIGURES) for each in group.values()),
    *(fates.LET_IN, fates.KEPT_OUT, fates.REFUSED_OTHERWISE, fates.ONLY_RECORDED, fates.ONLY_OTHER),
    *(fates.FILLED_MORE, fates.FILLED_LESS, fates.OTHER_PRICE, fates.ENDED_OTHERWISE, fates.OTHER_TRADES),
)
PIECES_OF_FINDINGS = ("a large", "session", "day", "buy", "sell", "levels of buy", "levels of sell")
TOLD = (
    "gateway/cli",
    "gateway/reporting",
    "gateway/whatif",
    "gateway/operating/status.py",
    "gateway/operating/asked.py",
    "gateway/near.py",
    "gateway/venue/lint.py",
    "gateway/session",
    "compliance/worlds/change.py",
)
"""What commands say."""
PAGES = ("gateway/cli/documents/rulebook_document.py", "gateway/cli/documents/rulebook_doors.py")
"""What writes pages of docs/, which are English."""
STORIES = (
    "gateway/session",
    "gateway/watching/recorded.py",
    "gateway/watching/live.py",
    "gateway/reporting/stories/history.py",
    "gateway/reporting/stories/history_tables.py",
    "gateway/reporting/stories/explaining.py",
)
"""Rows in words: what happened."""


def collected(domain: str) -> Collected:
    """The texts of a domain."""
    found: Collected = {}
    for text, where in _DOMAINS[domain]():
        found.setdefault(text, set()).add(where)
    return found


def _plain(text: str, context: str | None = None) -> Text:
    return Text(text, context, False, "")


def _words() -> Iterator[tuple[Text, str]]:
    for template, text in {**ENGLISH, **TITLES}.items():
        counted = template in COUNTED
        # A template that is nothing but a value is the same in each language.
        if any(letter.isalpha() for letter in text):
            yield Text(text, template, counted, text if counted else ""), _TEMPLATES
    for text, where in shapes_of(ERRORS):
        yield _plain(text), where
    for text in OF_DECODERS:
        yield _plain(text), "gateway/protocol/wire.py"
        yield _plain(f"{text} - at {{{text.count('{')}}}"), "gateway/protocol/wire.py"


def _help() -> Iterator[tuple[Text, str]]:
    context = click.Context(group)
    yield from _of_command("gateway/cli/main.py", group, context)
    for title in (*SECTIONS, BESIDE):
        yield _plain(title), "gateway/cli/main.py"
    for summary in SUMMARIES.values():
        yield _plain(summary), "gateway/cli/main.py"
    for title in CONTROL_SECTIONS:
        yield _plain(title), "gateway/cli/controls/control.py"
    folder = Path(click.__file__).parent
    for path in sorted(folder.glob("*.py")):
        if path.name == "testing.py":
            continue
        for _, message, _, _ in extract_from_file("python", path, keywords=_CLICK_KEYWORDS):
            if isinstance(message, tuple):
                yield Text(message[0], None, True, message[1]), CLICK
            else:
                yield _plain(message), CLICK
    for kind in KINDS:
        yield _plain(kind.title), "gateway/published/errors.py"
        for entry in kind.entries:
            yield _plain(entry.means), "gateway/published/errors.py"
            yield _plain(entry.to_do), "gateway/published/errors.py"
    # What is marked by no function there.
    yield _plain("required"), CLICK


def _of_command(where: str, command: click.Command, context: click.Context) -> Iterator[tuple[Text, str]]:
    """Help texts of a command, and of all below it."""
    texts = [command.help, command.short_help, command.epilog]
    for parameter in command.params:
        texts += [getattr(parameter, "help", None), getattr(parameter, "prompt", None)]
    for text in texts:
        if isinstance(text, str):
            for paragraph in paragraphs(text):
                yield _plain(paragraph), where
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            file = where
            if isinstance(command, LazyGroup):
                file = command.entry_points[name].module.replace(".", "/") + ".py"
            yield from _of_command(file, below, context)


def _rules() -> Iterator[tuple[Text, str]]:
    for text, where in shapes_of(RULES, FEW_OF_FIGURES):
        yield _plain(text), where
    for text, where in labels_of(RULES):
        yield _plain(text, LABEL), where
    for text in PIECES:
        yield _plain(text), "compliance/rules/finding.py"
    for path in sorted((ROOT / "compliance" / "rulebooks").glob("*.toml")):
        for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rules"]:
            for part in ("who", "source", "note"):
                if part in rule:
                    yield _plain(rule[part], RULEBOOK), f"compliance/rulebooks/{path.name}"
    for part in PARTS.values():
        for what in ("is reworded", "is new", "is gone", "changes from “{1}” to “{2}”"):
            yield _plain(f"{{0}}: {part} {what}"), "compliance/rulebook/diff.py"
    for text in PIECES_OF_CHANGES:
        yield _plain(text), "compliance/rulebook/diff.py"


def _stories() -> Iterator[tuple[Text, str]]:
    for text, where in (*shapes_of(STORIES, FEW_OF_FIGURES), *labels_of(STORIES), *kinds_of(STORIES)):
        yield _plain(text), where
    for text in PIECES_OF_FINDINGS:
        yield _plain(text), "compliance/surveillance/detectors"
    about = {text for row in DETECTORS.values() for text in (row.title, row.definition, row.source)}
    for text, where in shapes_of(("compliance/surveillance/detectors",), FEW_OF_FIGURES):
        # What ends with a full stop is of a page of docs/, which is English.
        if text not in about and not text.endswith("."):
            yield _plain(text), where
    for row in COMMANDS.values():
        for word in (row.name.replace("_", " "), row.word):
            if word:
                yield _plain(word), "engine/command_table.py"
    for word in (*ORDERS, *PROPOSAL_OUTCOMES, *CHANGED):
        yield _plain(word.replace("_", " ")), "gateway/reporting/stories/history.py"


def _told() -> Iterator[tuple[Text, str]]:
    elsewhere = {text.text for text, _ in (*_help(), *_stories())}
    for text, where in shown_constants(
        ("gateway/reporting", "gateway/whatif", "gateway/cli/supervision/report_show.py")
    ):
        if text not in elsewhere:
            yield _plain(text), where
    for text, where in (*shapes_of(TOLD), *shapes_of(CONTROL, FEW_OF_FIGURES)):
        if text not in elsewhere and where not in PAGES:
            yield _plain(text), where
    for row in DETECTORS.values():
        for text in (row.title, " ".join(row.definition.split()), row.source, row.misses):
            if text not in elsewhere:
                yield _plain(text), f"compliance/surveillance/detectors/{row.name}.py"
    yield _plain("Markets"), "gateway/whatif/tables.py"
    for text in ("runs", *KEYS_OF_TOP):
        yield _plain(text), "gateway/operating/page.py"
    for text in (KEYS, FEW_KEYS, *filter(None, HELP)):
        yield _plain(text), "gateway/watching/picture.py"
    for text in PIECES_OF_CONTROL:
        yield _plain(text), "gateway/control/actions.py"
    for text in PIECES_OF_JOURNALS:
        yield _plain(text), "gateway/journal/files.py"
    for text in PIECES_OF_TABLES:
        if text not in elsewhere:
            yield _plain(text), "gateway/reporting/tables/spoken.py"
    for text, plural, where in translated_by_name(("gateway", "loadtest")):
        yield Text(text, None, bool(plural), plural), where


FIGURES_OF_ACTIVITY = (
    *("commands", "events", "messages", "highest_messages_a_second", "highest_second_ended_moscow", "trades"),
    *("capacity_asked_for_a_second", "trades_corrected", "first_seq", "last_seq", "first_moscow", "last_moscow"),
    *("moscow_days", "settlement_adds_up", "turnover", "first", "last"),
)


def _reports() -> Iterator[tuple[Text, str]]:
    for name in ("quote", "fees", "turnover", *FIGURES, *OPEN, ARRESTS, *FIGURES_OF_ACTIVITY, *HEADINGS):
        yield _plain(name.replace("_", " "), "column"), "gateway/reporting/sections/overview.py"
    for name in FIGURES_OF_WHATIF:
        yield _plain(name, "column"), "gateway/whatif/tables.py"
    for name, where in keys_of("figures", ("compliance/surveillance/detectors",)):
        yield _plain(name.replace("_", " "), "column"), where
    for heading, where in pairs_of(
        {
            "gateway/whatif/tables.py": "flow_table",
            "gateway/operating/page.py": "page",
            "gateway/cli/live/status.py": "_lines",
        }
    ):
        yield _plain(heading, "column"), where
    for heading, where in columns_of():
        yield _plain(heading, "column"), where


_DOMAINS: dict[str, Callable[[], Iterator[tuple[Text, str]]]] = {
    "words": _words,
    "help": _help,
    "told": _told,
    "rules": _rules,
    "stories": _stories,
    "reports": _reports,
}
