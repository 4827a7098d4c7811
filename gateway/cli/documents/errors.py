"""`sbx errors`: every code that a venue may say no with, what it means, and what to do."""

from __future__ import annotations

import click

from gateway.cli.known import no_such
from gateway.cli.saying import say
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from gateway.published.errors import KINDS, Entry, Kind, found_codes
from gateway.published.errors_document import errors_document
from gateway.words.chosen import chosen, tr


@click.command()
@click.argument("code", required=False)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/ERRORS.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, one for each code.")
def command(code: str | None, as_markdown: bool, as_json: bool) -> None:
    """Say what a CODE of the protocol means, and what to do; without one, list all of them.

    A code is that of an `error`, of a reject, the reason why an order ended, a close code of the WebSocket, or the status of
    a handshake that failed.

    \b
    Examples:
      sbx errors
      sbx errors rate_limited
      sbx errors 1008
      sbx errors --json | jq -r .code
    """
    if as_markdown:
        if code is not None or as_json:
            raise click.UsageError("--markdown prints the whole page: give nothing beside it")
        click.echo(errors_document(), nl=False)
        return
    chosen = [(kind, entry) for kind in KINDS for entry in kind.entries] if code is None else found_codes(code)
    if code is not None and not chosen:
        known = dict.fromkeys(entry.code for kind in KINDS for entry in kind.entries)
        raise no_such("code", code, known, "the protocol")
    if as_json:
        for kind, entry in chosen:
            click.echo(json_text({"kind": kind.name, **entry._asdict()}))
    elif code is None:
        _list()
    else:
        for kind, entry in chosen:
            _show(kind, entry)


def _list() -> None:
    """All codes with their meanings, kind by kind."""
    console = Terminal()
    for kind in KINDS:
        console.tell((chosen().text(kind.title), "bold"))
        rows = [(entry.code, chosen().text(entry.means)) for entry in kind.entries]
        show_small(console, ("code", "what it means"), rows)
    say("`sbx errors CODE` says what to do.")


def _show(kind: Kind, entry: Entry) -> None:
    console = Terminal()
    title = chosen().text(kind.title)
    console.tell((entry.code, "bold"), f" ({title[0].lower()}{title[1:]})")
    say(f"{tr('Means')}:  {chosen().text(entry.means)}")
    say(f"{tr('To do')}:  {chosen().text(entry.to_do)}")
