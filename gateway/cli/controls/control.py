"""`sbx control`: what supervisors and operators do to a running venue. Its rules, and what stands; the rest is in the files beside."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import click
import msgspec

from compliance import RulebookError, load_rulebook
from gateway.cli.controls import (
    approval,
    arrests,
    cases,
    holdings,
    keys,
    listing,
    market_settings,
    markets,
    movements,
    parties,
    registry,
    terms,
    time,
    trading,
)
from gateway.cli.controls.options import acts, carry_dated, dated, names_of, target_of
from gateway.cli.controls.running import Target, ask, standing
from gateway.cli.sections import SectionedGroup
from gateway.cli.terminal import Terminal
from gateway.client import Client
from gateway.control import actions
from gateway.control.names import look_up
from gateway.control.waiting import in_order, waiting_for
from gateway.printable import json_text, printable
from gateway.protocol.messages import RecordInfo, RecordKind
from gateway.venue.venue import VenueError, built_in_rulebooks, load_rulebook_documents
from gateway.words.chosen import chosen, tr


@click.group(cls=SectionedGroup)
@click.option(
    "--venue",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The directory of a venue that runs on this machine: its address, before SBX_URL, and the key of its supervisor.",
)
@click.option("--url", metavar="URL", envvar="SBX_URL", help="The venue, or SBX_URL.  [default: ws://127.0.0.1:8765]")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SBX_KEY",
    help="Your private key, or SBX_KEY.",
)
@click.option("--participant", metavar="NAME", help="Who logs in.  [default: the key file's name without .pem]")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates, PEM, that vouch for a venue with TLS.  [default: those that the machine trusts]",
)
@click.pass_context
def command(ctx: click.Context, /, **_: Any) -> None:
    """Control a running venue, as its supervisor or operator.

    Each command looks up in the venue what you name, and offers the nearest names where it knows none. It says in one line what
    it will do, in which venue, and to how many accounts and open orders. It asks why and whether to go on; scripts give --reason and --yes. Then
    it says what came of it. `sbx history` shows each command afterwards, with who asked for it and why, refused ones too.

    \b
    Exit status:
      0  done, or waiting for its date or for a second approval
      1  the venue refused or can't be reached; nothing changed
      2  nothing was sent: usage, an unknown name, no reason, not confirmed
      3  sent, but no answer came

    \b
    Examples:
      sbx control --venue venue halt BTC/RUB
      sbx control --url ws://127.0.0.1:8765 --key venue/keys/supervisor.pem block daria --reason "court order 17"
      export SBX_KEY=venue/keys/supervisor.pem
      sbx control set RET-1.retail_cap_rub=500000.00 --from 2027-01-01
      sbx control show investor daria
    """
    ctx.obj = target_of(ctx)


@click.command("set")
@click.argument("setting", metavar="RULE.KEY=VALUE")
@dated
@acts
def set_parameter(setting: str, since: str | None, **asked: Any) -> None:
    """Set a parameter of a rule in force, until it is set again or a rulebook is loaded.

    VALUE is written as in a rulebook, without quotes. `sbx control show parameter` lists all with their values.

    \b
    Examples:
      sbx control set RET-1.retail_cap_rub=500000.00 --reason "decision of 12 May"
      sbx control set RET-1.enabled=false --from 2027-01-01 --reason "the pilot ends"
    """
    parameter, equals, value = setting.partition("=")
    if not equals:
        raise click.UsageError(f"{setting!r} is no setting: write RULE.key=value")
    carry_dated(partial(actions.set_parameter, parameter=parameter, value=value), asked, since)


@click.command()
@click.argument("book", shell_complete=lambda ctx, param, incomplete: [*built_in_rulebooks()])
@dated
@acts
def rulebook(book: str, since: str | None, **asked: Any) -> None:
    """Put the rulebook BOOK in force: the name of one that comes with the venue, or a file that ends in .toml.

    `sbx rulebook check` looks a file over first; `sbx rulebook diff` says what changes.

    \b
    Examples:
      sbx control rulebook general-2026 --reason "the law is in force"
      sbx control rulebook my-rules.toml --from 2027-01-01 --reason "a trial"
    """
    try:
        name, documents = load_rulebook_documents(book)
        loaded = load_rulebook(name, documents)
    except VenueError as error:
        raise click.UsageError(str(error)) from error
    except RulebookError as error:
        raise click.UsageError(f"{error}\nEverything that is wrong with it: sbx rulebook check {book}") from error
    carry_dated(partial(actions.load_rulebook, rulebook=loaded, documents=documents), asked, since)


@click.command()
@click.argument("kind", type=click.Choice(get_args(RecordKind)))
@click.argument("name", required=False, shell_complete=names_of())
@click.option(
    "--settings",
    is_flag=True,
    help="List all that is set of NAME, too, by the names that a venue file has; lengths of time are in seconds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def show(target: Target, kind: Any, name: str | None, settings: bool, as_json: bool) -> None:
    """Show how one NAME of a KIND stands, with its accounts and open orders and what waits for its date, or list all names of the kind.

    A change is a command that waits for its date, by its number. Of a rule, as a parameter, all its parameters are listed.

    \b
    Examples:
      sbx control show investor daria
      sbx control show instrument BTC/RUB --settings
      sbx control show venue venue --settings
      sbx control show parameter RET-1
      sbx control show change
      sbx control show trade 4711
    """
    if kind == "trade" and name is None:
        raise click.UsageError("name the trade by its number")
    if settings and name is None:
        raise click.UsageError("--settings is of one NAME")

    async def found(client: Client) -> tuple[list[RecordInfo], list[RecordInfo]]:
        if kind == "parameter" and name is not None and "." not in name:
            listed = await client.records(kind)
            of_rule = [each for each in listed.values() if each.name.startswith(f"{name}.")]
            return of_rule or [await look_up(client, kind, name)], []
        if name is not None:
            return [await look_up(client, kind, name)], await waiting_for(client, kind, name)
        listed = await client.records(kind)
        return in_order(listed.values()), []

    records, waiting = ask(target, found)
    if as_json:
        click.echo(json_text(msgspec.to_builtins(records)))
        return
    console = Terminal(wraps=False)
    for record in records:
        console.print(standing(kind, record))
        widest = max(map(len, record.settings), default=0)
        for field, value in record.settings.items() if settings else ():
            console.print(printable(f"  {field.ljust(widest)}  {value}"))
    for change in waiting:
        console.print(f"  {standing('change', change)}")
    if not records:
        console.print(
            "nothing waits for its date"
            if kind == "change"
            else tr("the venue has none: {kind}", kind=chosen().story(kind))
        )


SECTIONS: Final[dict[str, tuple[click.Command, ...]]] = {
    "What stands": (show, movements.movements, approval.proposals),
    "Trading": (
        markets.halt,
        markets.resume,
        markets.auction,
        markets.phase,
        markets.kill,
        markets.bust,
        markets.reprice,
        holdings.mark,
        holdings.close_out,
    ),
    "How it trades": (
        terms.terms,
        trading.trading_rules,
        trading.schedule,
        market_settings.venue_rules,
        market_settings.market_halt,
        market_settings.margin_rules,
        market_settings.limits,
        terms.rates,
        listing.add_asset,
        listing.list_instrument,
    ),
    "Rules": (set_parameter, rulebook, parties.figures, cases.disclose),
    "Investors": (
        registry.register_investor,
        registry.change_investor,
        parties.set_class,
        movements.risk,
        parties.block,
        parties.unblock,
        registry.record_test,
        registry.record_acknowledgement,
        registry.publish_warning,
    ),
    "Intermediaries": (
        registry.register_intermediary,
        registry.change_intermediary,
        parties.suspend,
        parties.reinstate,
        registry.authorise_client,
    ),
    "Accounts and what they hold": (
        holdings.open_account,
        parties.custody,
        holdings.deposit,
        holdings.withdraw,
        movements.release_movement,
        movements.refuse_movement,
        holdings.issue,
        holdings.redeem,
        registry.register_contract,
    ),
    "Courts and investigators": (parties.freeze, arrests.arrest, arrests.lift_arrest),
    "Abuse": (cases.open_case, cases.add_evidence, cases.close_case, cases.dismiss_alert),
    "Who may log in": (keys.register_participant, keys.register_key, keys.revoke_key),
    "A second approval": (approval.approval, approval.approve, approval.decline),
    "A venue for tests": (time.advance,),
}
for _title, _commands in SECTIONS.items():
    command.add_section(_title, *_commands)
