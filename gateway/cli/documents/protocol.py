"""`sbx protocol`: what can be asked of a venue and what it tells, as a list, and as an AsyncAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import click

from engine.command_row import ROLES
from gateway.cli.known import no_such
from gateway.cli.saying import say
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from gateway.protocol import messages as m
from gateway.published.asyncapi import VERSION, asyncapi, asyncapi_text
from gateway.published.changes import NotADocument, changes
from gateway.published.commands import commands_of
from gateway.published.operations import REQUESTS, UNASKED, Asked, Channel, MessageKind, channels, wire_name
from gateway.published.shown import fields_of

FIELD_COLUMNS: Final = ("field", "type", "needed", "what it says")


@click.command()
@click.argument("message", required=False)
@click.option("--asyncapi", "as_asyncapi", is_flag=True, help="Print the AsyncAPI 3 document (JSON).")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare with an AsyncAPI document of another release.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(message: str | None, as_asyncapi: bool, against: Path | None, out: Path | None, as_json: bool) -> None:
    """List the requests, replies and channels of the protocol; with MESSAGE, the fields of one.

    MESSAGE is the `type` of a message, or a command of `admin`.

    The AsyncAPI document describes every message for other programs: generators of clients, validators, pages of
    documentation. With --against it is compared with that of another release: what is breaking may fail in a client that
    was written to it, what is added won't.

    \b
    Exit status:
      0  done; with --against: nothing is breaking
      1  with --against: something is breaking, or the file is no such document
      2  usage

    \b
    Examples:
      sbx protocol
      sbx protocol new_order
      sbx protocol set_phase
      sbx protocol --asyncapi --out asyncapi.json
      sbx protocol --against asyncapi-of-last-year.json
      sbx protocol execution_report --json | jq .properties.exec_type
    """
    if sum((message is not None, as_asyncapi, against is not None)) > 1:
        raise click.UsageError("give one of MESSAGE, --asyncapi and --against")
    if out is not None and not as_asyncapi:
        raise click.UsageError("--out goes with --asyncapi")
    if as_asyncapi:
        _put(out)
    elif against is not None:
        _compare(against, as_json)
    elif message is not None:
        _show(message, as_json)
    elif as_json:
        click.echo(json_text(_listed()))
    else:
        _list()


def _put(out: Path | None) -> None:
    """Print or write the document."""
    if out is None:
        click.echo(asyncapi_text(), nl=False)
        return
    try:
        out.write_text(asyncapi_text(), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error


# ── the list ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _list() -> None:
    """Three tables: requests with their replies, what comes unasked, channels."""
    console = Terminal()
    console.tell(
        f"Protocol sbx.v1, version {VERSION} of its contract. `sbx protocol NAME` shows the fields of a message."
    )
    asked = [(wire_name(each.request), ", ".join(_replies(each)), _who(each.roles)) for each in REQUESTS]
    show_small(console, ("request", "replies, beside error", "who may"), asked)
    told = [(each.name, ", ".join(map(wire_name, each.messages)), _who(each.roles)) for each in UNASKED]
    show_small(console, ("unasked", "messages", "who gets it"), told)
    rows = [(each.name, _carried(each.messages), _of(each), _who(each.roles)) for each in channels()]
    show_small(console, ("channel", "messages", "one for each", "who may"), rows)


def _carried(kinds: tuple[MessageKind, ...]) -> str:
    """What a channel carries; of the one of all reports that alone."""
    return "all reports" if len(kinds) > 2 else ", ".join(map(wire_name, kinds))


def _replies(asked: Asked) -> list[str]:
    return [wire_name(reply) for reply in asked.replies]


def _of(channel: Channel) -> str:
    """What `subscribe` names in `instrument`."""
    if not channel.has_key:
        return "venue"
    return "index" if channel.name == "index" else "instrument"


def _who(roles: tuple[str, ...]) -> str:
    return "who is logged in" if roles == ROLES else ", ".join(roles) or "anybody"


def _listed() -> dict[str, Any]:
    """The same for programs."""
    return {
        "protocol": "sbx.v1",
        "version": VERSION,
        "requests": [
            {"type": wire_name(each.request), "replies": [*_replies(each), "error"], "roles": list(each.roles)}
            for each in REQUESTS
        ],
        "unasked": [
            {"name": each.name, "messages": [wire_name(kind) for kind in each.messages], "roles": list(each.roles)}
            for each in UNASKED
        ],
        "channels": [
            {
                "channel": each.name,
                "messages": [wire_name(kind) for kind in each.messages],
                "instrument": each.has_key,
                "roles": list(each.roles),
            }
            for each in channels()
        ],
    }


# ── one message ────────────────────────────────────────────────────────────────────────────────────────────────────


def _kinds() -> Iterator[tuple[str, MessageKind]]:
    """Every message with which side sends it."""
    yield from (("a client", asked.request) for asked in REQUESTS)
    yield from (("the venue", kind) for kind in get_args(m.AnyMessage))


def _show(name: str, as_json: bool) -> None:
    """The fields of a message, or the arguments of a command of `admin`; a request and its reply may bear one name."""
    messages = [(sender, kind) for sender, kind in _kinds() if wire_name(kind) == name]
    commands = commands_of()
    if not messages and name not in commands:
        raise no_such(
            "message", name, dict.fromkeys([*(wire_name(kind) for _, kind in _kinds()), *commands]), "the protocol"
        )
    schemas = asyncapi()["components"]["schemas"]
    shown = [
        (f", sent by {sender}", schemas[kind.__name__]["description"], schemas[kind.__name__])
        for sender, kind in messages
    ]
    if name in commands:
        who = ", ".join(commands[name]["roles"])
        shown.append(
            (f", a command of `admin` ({who})", "What stands in its `arguments`.", commands[name]["arguments"])
        )
    console = Terminal()
    for what, said, schema in shown:
        if as_json:
            click.echo(json_text(schema))
            continue
        console.tell((name, "bold"), what)
        say(said)
        show_small(console, FIELD_COLUMNS, fields_of(schema, schemas))


# ── another release ────────────────────────────────────────────────────────────────────────────────────────────────


def _compare(path: Path, as_json: bool) -> None:
    """What changed since another document; exit 1 if it breaks clients."""
    try:
        before = json.loads(path.read_bytes())
        found = changes(before, asyncapi())
    except (OSError, ValueError, RecursionError) as error:
        raise click.ClickException(
            f"{path}: {error if isinstance(error, NotADocument) else 'no AsyncAPI document'}"
        ) from error
    if as_json:
        click.echo(json_text({"breaking": found.breaking, "added": found.added}))
    else:
        for what in found.breaking:
            say(f"breaking: {what}")
        for what in found.added:
            say(f"added: {what}")
        say(f"{len(found.breaking)} breaking, {len(found.added)} added")
    if found.breaking:
        raise SystemExit(1)
