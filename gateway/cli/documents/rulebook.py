"""`sbx rulebook`: rulebooks listed, checked, compared and explained. Reads files only; nothing is put in force here."""

from __future__ import annotations

import tomllib
from typing import Final

import click

from compliance.lint import ERROR, Remark, lint
from compliance.rulebook.diff import compare
from compliance.rulebook.faults import Fault, RulebookError
from compliance.rulebook.format import NOT_TOML
from compliance.rulebook.rulebook import BUILT_IN_RULEBOOKS, Rulebook
from compliance.rules.catalogue import RULES, load_rulebook
from gateway.cli.documents import rulebook_show as show
from gateway.cli.documents.rulebook_document import rules_document
from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from gateway.venue.venue import VenueError, load_rulebook_documents
from gateway.words.chosen import tr

SOUND: Final = 0
FAULTY: Final = 1
EQUAL: Final = 0
DIFFERENT: Final = 1


def read(name_or_path: str) -> Rulebook:
    """Load a rulebook by its name or its file.

    Raises:
        click.UsageError: there is no such rulebook, or it has faults.
    """
    try:
        return load_rulebook(*load_rulebook_documents(name_or_path))
    except VenueError as error:
        raise click.UsageError(str(error)) from error
    except RulebookError as error:
        raise click.UsageError(
            f"{error}\nEverything that is wrong with it: sbx rulebook check {name_or_path}"
        ) from error


def built_in() -> list[Rulebook]:
    """The rulebooks of this distribution, in the order of their dates."""
    return [read(name) for name in BUILT_IN_RULEBOOKS]


@click.group()
def command() -> None:
    """List, check, compare and explain rulebooks.

    A BOOK is the name of one that comes with the venue (elr-2025, derivatives-2025, general-2026) or a file that ends in
    .toml. To make your own, copy one, change a number, check it, and serve with --rulebook my-rules.toml.

    \b
    Examples:
      sbx rulebook list
      sbx rulebook explain RET-1
      sbx rulebook check my-rules.toml
      sbx rulebook diff general-2026 my-rules.toml
    """


@command.command("list")
@click.argument("book", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_rules(book: str | None, as_json: bool) -> None:
    """List every rule of all rulebooks that come with the venue, or those of BOOK.

    With title, whom it binds, source, status, date, what enforces it, parameters, and the books in which it stands. A
    rule of whose versions in different books some differ is listed once for each version.

    \b
    Examples:
      sbx rulebook list
      sbx rulebook list general-2026
      sbx rulebook list --json
    """
    rows = show.rows(built_in() if book is None else [read(book)])
    if as_json:
        click.echo(json_text([show.row_report(row) for row in rows]))
    else:
        show.print_rows(Terminal(), rows)


@command.command()
@click.argument("book")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(book: str, strict: bool, as_json: bool) -> None:
    """Look for everything that is wrong with BOOK, or looks wrong.

    Errors are what no venue loads (unknown keys, missing sources, wrong values, rules without a place in the order) and
    figures that contradict each other. Warnings are for you to judge: values that undo their rule, rules that are
    switched off or never decide. They are looked for in a book that loads.

    \b
    Exit status:
      0  no errors (with --strict: no warnings either)
      1  errors (with --strict: or warnings)
      2  usage: there is no such book

    \b
    Examples:
      sbx rulebook check general-2026
      sbx rulebook check my-rules.toml --strict
      sbx rulebook check my-rules.toml --json
    """
    try:
        name, documents = load_rulebook_documents(book, partial=True)
    except VenueError as error:
        raise click.UsageError(str(error)) from error
    remarks = [_explained(remark, documents) for remark in lint(name, documents)]
    errors = sum(remark.severity == ERROR for remark in remarks)
    if as_json:
        click.echo(json_text(show.remarks_report(name, remarks)))
    else:
        show.print_remarks(Terminal(wraps=False), name, list(documents), remarks)
    raise SystemExit(FAULTY if errors or (strict and remarks) else SOUND)


def _explained(remark: Remark, documents: dict[str, str]) -> Remark:
    """A remark, with the words of the parser where a document is no TOML: events have none, but whoever mends a file needs them."""
    if remark.text != NOT_TOML:
        return remark
    try:
        tomllib.loads(documents[remark.document])
    except (ValueError, RecursionError) as error:
        fault = Fault(remark.document, remark.rule, remark.key, f"{NOT_TOML}: {error}")
        return Remark(remark.severity, fault)
    return remark


@command.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(before: str, after: str, as_json: bool) -> None:
    """Say in words what changes from rulebook A to rulebook B.

    Rules added, removed, switched on or off, parameters, sources, statuses and dates, the order of decision, and the
    kinds of instruments admitted. Names of files and comments make no difference.

    \b
    Exit status:
      0  the two say the same
      1  they differ
      2  usage: there is no such book, or it has faults

    \b
    Examples:
      sbx rulebook diff elr-2025 general-2026
      sbx rulebook diff general-2026 my-rules.toml
      sbx rulebook diff general-2026 my-rules.toml --json
    """
    old, new = read(before), read(after)
    changes = compare(old, new)
    if as_json:
        click.echo(json_text(show.changes_report(old, new, changes)))
    else:
        show.print_changes(Terminal(wraps=False), old, new, changes)
    raise SystemExit(DIFFERENT if changes else EQUAL)


@command.command()
@click.argument("rule")
@click.option(
    "--rulebook", "book", metavar="BOOK", help="As this book has it. Default: the first that comes with the venue."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def explain(rule: str, book: str | None, as_json: bool) -> None:
    """Explain one RULE in full: source and status, each parameter, what is compared, who is exempt, what else was reported.

    \b
    Examples:
      sbx rulebook explain RET-1
      sbx rulebook explain ELR-1 --rulebook elr-2025
      sbx rulebook explain RET-1 --rulebook my-rules.toml --json
    """
    wanted = rule.upper()
    if wanted not in RULES:
        raise click.UsageError(f"there is no rule {rule}; there are {', '.join(RULES)}")
    rulebooks = built_in()
    rows = [row for row in show.rows(rulebooks if book is None else [read(book)]) if row.data.rule == wanted]
    if not rows:
        lacking = (
            tr("no rulebook that comes with the venue has rule {rule}", rule=wanted)
            if book is None
            else tr("rulebook {book} has no rule {rule}", book=book, rule=wanted)
        )
        having = ", ".join(each.name for each in rulebooks if wanted in each.rules)
        hint = tr("it stands in {books}", books=having) if having else tr("name a book that has it with --rulebook")
        raise click.UsageError(f"{lacking}; {hint}")
    if as_json:
        click.echo(json_text(show.rule_report(rows[0])))
        return
    console = Terminal()
    show.print_rule(console, rows[0])
    for other in rows[1:]:
        console.print()
        console.tell(f"Other values stand in {', '.join(other.rulebooks)}: see --rulebook {other.rulebooks[0]}.")


@command.command()
def docs() -> None:
    """Write all rules of the rulebooks that come with the venue as Markdown: docs/RULES.md.

    \b
    Example:
      sbx rulebook docs > docs/RULES.md
    """
    click.echo(rules_document(built_in()), nl=False)
