"""The rules of all built-in rulebooks as one Markdown document: `docs/RULES.md`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compliance.rulebook.rulebook import Rulebook
from compliance.rulebook.wording import status_text, value_text
from gateway.cli.documents.rulebook_doors import DOORS
from gateway.cli.documents.rulebook_show import ENFORCED, Row, rows
from gateway.markdown import prose

INTRODUCTION = """\
# The rules

Written by `sbx rulebook docs` from the rulebooks in `compliance/rulebooks/`: change those, not this page.

It is a simulation and no legal advice: the rules come from public reports, many of them proposals.

Status and date say where a rule comes from. They don't gate it: a book in force applies whole, so that a rule can be
tried before it is law. Status `assumed` means that no act was found, and that the rule is a working assumption of the
venue.
"""


def rules_document(rulebooks: Sequence[Rulebook]) -> str:
    """The whole document, with a newline at the end."""
    return "\n".join(_lines(rulebooks)) + "\n"


def _lines(rulebooks: Sequence[Rulebook]) -> Iterator[str]:
    found = rows(rulebooks)
    yield INTRODUCTION
    yield "| rulebook | what it is | may be traded | order of decision on orders | on transfers |"
    yield "|---|---|---|---|---|"
    for rulebook in rulebooks:
        orders, transfers = ", ".join(rulebook.order), ", ".join(rulebook.transfer_order) or "none is asked"
        yield f"| `{rulebook.name}` | {_cell(rulebook.title)} | {', '.join(rulebook.kinds)} | {orders} | {transfers} |"
    yield ""
    yield "| rule | title | binds | status | from | enforced | in |"
    yield "|---|---|---|---|---|---|---|"
    for row in found:
        data = row.data
        anchor = data.rule.lower()
        cells = (
            f"[{data.rule}](#{anchor})",
            data.title,
            data.who,
            status_text(data),
            data.effective_from,
            data.applies_to.replace("_", " "),
            ", ".join(row.rulebooks),
        )
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
    yield DOORS.rstrip("\n")
    rule = ""
    for row in found:
        if row.data.rule != rule:
            rule = row.data.rule
            yield ""
            yield f"## {rule}"
        yield from _rule(row)


def _rule(row: Row) -> Iterator[str]:
    """One rule in full."""
    data = row.data
    declared = data.declared
    off = "" if data.enabled else " *Switched off.*"
    yield ""
    yield f"**{data.title}.** Binds {data.who}.{off}"
    yield ""
    said = [
        f"Source: {data.source}; status {status_text(data)}, from {data.effective_from}.",
        f"Enforced {ENFORCED[data.applies_to]}; stands in {', '.join(f'`{name}`' for name in row.rulebooks)}.",
        f"Compares: {declared.compares}",
        f"Exempt: {declared.exempt}",
        f"Reported too: {'; '.join(declared.reported)}." if declared.reported else "",
        data.note,
    ]
    for text in filter(None, said):
        yield from prose(text, "* ", "  ")
    if declared.parameters:
        yield ""
        yield "| parameter | value | what it sets |"
        yield "|---|---|---|"
    for key, parameter in declared.parameters.items():
        words = [f"`{word}`: {meaning}" for word, meaning in parameter.words.items()]
        text = " ".join([parameter.text, f"Of {'; '.join(words)}." if words else ""]).strip()
        yield f"| `{key}` | {_cell(value_text(data, key))} | {_cell(text)} |"


def _cell(text: str) -> str:
    """A text that stays in its cell."""
    return text.replace("|", "\\|")
