"""Rulebooks for people and for machines: what the subcommands of `sbx rulebook` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from compliance.lint import ERROR, Remark
from compliance.rulebook.diff import Change
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rulebook.wording import plain_value, status_text, value_text
from compliance.rules.catalogue import RULES
from gateway.cli.terminal import Terminal, styled
from gateway.printable import printable
from gateway.words.chosen import chosen, tr, tr_count
from gateway.words.rules import rule_text

ENFORCED: Final = {
    "order_entry": "before an order can match",
    "transfer": "before a transfer between accounts",
    "classification": "when investors and assets are classified",
    "clearing": "in clearing",
    "lifecycle": "in an asset's life",
    "venue": "by the venue as a whole",
}
"""What a book's `applies_to` is called."""


NO_BREAK: Final = "\u00a0"


class Row:
    """One version of a rule, and the books in which it stands."""

    def __init__(self, data: RuleData, rulebook: str) -> None:
        self.data: Final = data
        self.rulebooks: Final = [rulebook]


def rows(rulebooks: Sequence[Rulebook]) -> list[Row]:
    """Every rule of some books in the order of the catalogue; a rule that reads the same in several books once."""
    found: list[Row] = []
    for rule in RULES:
        versions: list[Row] = []
        for rulebook in rulebooks:
            data = rulebook.rules.get(rule)
            if data is None:
                continue
            for row in versions:
                if facts(row.data) == facts(data):
                    row.rulebooks.append(rulebook.name)
                    break
            else:
                versions.append(Row(data, rulebook.name))
        found += versions
    return found


def facts(data: RuleData) -> dict[str, object]:
    """A rule as data, wherever it stands."""
    return {
        "rule": data.rule,
        "title": data.title,
        "who": data.who,
        "source": data.source,
        "status": data.status,
        "effective_from": data.effective_from,
        "enforced_by": data.applies_to,
        "enabled": data.enabled,
        "note": data.note,
        "parameters": {key: plain_value(data, key) for key in data.declared.parameters},
    }


def row_report(row: Row) -> dict[str, object]:
    """A rule in a list, for machines."""
    return {**facts(row.data), "books": row.rulebooks}


def parameter_texts(data: RuleData) -> list[str]:
    """A rule's parameters with their values, for people; figures don't break between their thousands."""
    texts: list[str] = []
    for key, parameter in data.declared.parameters.items():
        value = printable(chosen().explained(value_text(data, key)))
        texts.append(f"{key} = {value.replace(' ', NO_BREAK) if parameter.is_figure else value}")
    return texts


def print_rows(console: Terminal, found: Sequence[Row]) -> None:
    """Rules in a table."""
    table = Table(
        Column(tr("rule"), no_wrap=True), tr("title, who, parameters"), tr("source, status, from, enforced, in")
    )
    table.show_lines = True
    for row in found:
        data = row.data
        language = chosen()
        off = "" if data.enabled else f" ({tr('switched off')})"
        title, who = rule_text(data, "title", language), rule_text(data, "who", language)
        lines = [styled((title, "bold"), (off, "yellow")), styled(who)]
        lines += [Text(text, "cyan") for text in parameter_texts(data)]
        status = f"{language.explained(status_text(data))}, {data.effective_from}"
        enforced = language.explained(data.applies_to.replace("_", " "))
        origin = [rule_text(data, "source", language), status, enforced]
        origin.append(", ".join(row.rulebooks))
        table.add_row(data.rule, Text("\n").join(lines), "\n".join(map(printable, origin)))
    console.print(table)
    console.tell(tr_count("{n} rule", "{n} rules", len({row.data.rule for row in found})))


def remarks_report(name: str, remarks: Sequence[Remark]) -> dict[str, object]:
    """What a check found, for machines."""
    errors = [remark for remark in remarks if remark.severity == ERROR]
    return {
        "book": name,
        "errors": len(errors),
        "warnings": len(remarks) - len(errors),
        "findings": [
            {
                "severity": remark.severity,
                "document": remark.document,
                "rule": remark.rule or None,
                "key": remark.key or None,
                "text": remark.text,
            }
            for remark in remarks
        ],
    }


def print_remarks(console: Terminal, name: str, documents: Sequence[str], remarks: Sequence[Remark]) -> None:
    """What a check found, for people: one line each, as a compiler would."""
    for remark in remarks:
        colour = "red" if remark.severity == ERROR else "yellow"
        place = ": ".join(part for part in (remark.document, remark.rule) if part)
        key = f"{remark.key}: " if remark.key and remark.key not in remark.text else ""
        severity = tr("error") if remark.severity == ERROR else tr("warning")
        console.tell((severity, colour), f" {place}: {key}{chosen().explained(remark.text)}")
    errors = sum(remark.severity == ERROR for remark in remarks)
    warnings = tr_count("{n} warning", "{n} warnings", len(remarks) - errors)
    counts = f"{tr_count('{n} error', '{n} errors', errors)}, {warnings}"
    verdict = (tr("a venue should not run it"), "red") if errors else (tr("it can be put in force"), "green")
    console.tell(f"{tr('rulebook {name}', name=name)} ({', '.join(documents)}): {counts}: ", verdict)


def changes_report(before: Rulebook, after: Rulebook, changes: Sequence[Change]) -> dict[str, object]:
    """Two books compared, for machines."""
    return {
        "before": {"book": before.name, "digest": before.digest},
        "after": {"book": after.name, "digest": after.digest},
        "equal": not changes,
        "changes": [
            {
                "what": change.what,
                "rule": change.rule or None,
                "key": change.key or None,
                "before": change.before,
                "after": change.after,
                "text": change.text,
            }
            for change in changes
        ],
    }


def print_changes(console: Terminal, before: Rulebook, after: Rulebook, changes: Sequence[Change]) -> None:
    """Two books compared, for people: one sentence a line."""
    for change in changes:
        head, colon, rest = _spoken_change(change, before, after).partition(":")
        console.tell((head, "bold" if change.rule else ""), colon, rest)
    if not changes:
        console.tell((f"{before.name} and {after.name} say the same", "green"))


def _spoken_change(change: Change, before: Rulebook, after: Rulebook) -> str:
    """A change in the chosen language, with the title that the rule has in it."""
    text, language = change.text, chosen()
    data = after.rules.get(change.rule) or before.rules.get(change.rule)
    if data is not None:
        text = text.replace(data.title, rule_text(data, "title", language))
    return language.change(text)


def rule_report(row: Row) -> dict[str, object]:
    """One rule in full, for machines."""
    data = row.data
    declared = data.declared
    report = row_report(row)
    report["document"] = data.document
    report["parameters"] = [
        {
            "key": key,
            "value": plain_value(data, key),
            "unit": parameter.unit or None,
            "text": value_text(data, key),
            "meaning": parameter.text,
            "choices": parameter.words,
        }
        for key, parameter in declared.parameters.items()
    ]
    report["compares"] = declared.compares
    report["exempt"] = declared.exempt
    report["reported"] = list(declared.reported)
    return report


def print_rule(console: Terminal, row: Row) -> None:
    """One rule in full, for people."""
    data = row.data
    declared = data.declared
    language = chosen()
    explained = language.explained
    title = rule_text(data, "title", language)
    off = "" if data.enabled else f"  {tr('switched off')}"
    console.tell((f"{data.rule}  {title}", "bold"), (off, "yellow"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    lines = [
        (tr("binds"), rule_text(data, "who", language)),
        (tr("source"), rule_text(data, "source", language)),
        (tr("status"), explained(status_text(data))),
        (tr("from"), data.effective_from),
        (tr("enforced"), language.text(ENFORCED[data.applies_to])),
        (tr("compares"), explained(declared.compares)),
        (tr("exempt"), explained(declared.exempt)),
        (tr("reported too"), "; ".join(map(explained, declared.reported))),
        (tr("note"), rule_text(data, "note", language)),
        (tr("stands in"), ", ".join(row.rulebooks)),
    ]
    for name, text in lines:
        if text:
            grid.add_row(styled((name, "dim")), printable(text))
    console.print(grid)
    if not declared.parameters:
        return
    table = Table(Column(tr("parameter"), no_wrap=True), Column(tr("value")), tr("what it sets"))
    for key, parameter in declared.parameters.items():
        words = "".join(f"\n{word}: {explained(meaning)}" for word, meaning in parameter.words.items())
        table.add_row(key, printable(explained(value_text(data, key))), explained(parameter.text) + words)
    console.print(table)
