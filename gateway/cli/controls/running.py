"""How a command of `sbx control` runs: it looks names up, says what it will do, asks, sends, and says what came of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
import msgspec

from engine.vocabulary.limits import MAX_TEXT_CHARS, MOSCOW_OFFSET_NS
from gateway.cli.terminal import Terminal
from gateway.client import Client, ClientError, ConnectionLost, RequestFailed, connect
from gateway.control import cases
from gateway.control.actions import Action
from gateway.control.approval import effective_ns, in_words
from gateway.control.arrests import paper_in_words
from gateway.control.carrying import Outcome, carry_out
from gateway.control.names import ControlError
from gateway.keys import KeyFileError, read_private_key
from gateway.printable import json_text, printable
from gateway.protocol.messages import Change, RecordInfo, RecordKind
from gateway.reporting.tables.times import utc
from gateway.venue.running import running_url
from gateway.venue.venue import VenueError, load_venue
from gateway.words.chosen import chosen, tr, tr_count

REFUSED: Final = 1
NOT_SENT: Final = 2
UNKNOWN: Final = 3
DEFAULT_URL: Final = "ws://127.0.0.1:8765"
COMPLETION_SECONDS: Final = 2.0
"""How long a shell waits for names at the tabulator key."""
MAX_SHOWN_CHANGES: Final = 20

T = TypeVar("T")
Plan = Callable[[Client], Awaitable[Action]]


class NotSent(click.ClickException):
    """Nothing was sent, and why."""

    exit_code = NOT_SENT


class Unanswered(click.ClickException):
    """It was sent, and nobody said what came of it."""

    exit_code = UNKNOWN


class Target(msgspec.Struct):
    """Which venue, and who asks. What was left out follows from the directory of the venue."""

    url: str | None
    key: Path | None
    participant: str | None
    directory: Path | None
    ca_file: Path | None
    role: str = "supervisor"
    """Whose key of the directory it is."""

    def connect(self, *, may_be_public: bool = False, reconnect: bool = False) -> AbstractAsyncContextManager[Client]:
        """A connection.

        Args:
            may_be_public: without a key nobody logs in.
            reconnect: whether it is made again when it is lost.

        Raises:
            NotSent: the key, or the directory, is missing or wrong, or the venue in it is not running.
        """
        try:
            path = self._key_file()
            if path is None and not may_be_public:
                raise NotSent("name your private key: --key FILE or SBX_KEY, or --venue DIR where its keys are")
            key = None if path is None else read_private_key(path)
            url = self._address()
        except (VenueError, KeyFileError, OSError) as error:
            raise NotSent(str(error)) from error
        participant = None if path is None else self.participant or path.stem
        return connect(url, participant, key, reconnect=reconnect, ca_file=self.ca_file, lang=chosen().code)

    def _address(self) -> str:
        if self.url is not None or self.directory is None:
            return self.url or DEFAULT_URL
        # Not the venue file's: it may have been started elsewhere, and a copy of the directory has the same one.
        url = running_url(self.directory)
        if url is None:
            raise NotSent(f"the venue in {self.directory} is not running; --url names one that runs elsewhere")
        return url

    def _key_file(self) -> Path | None:
        key = self.key
        if key is None and self.directory is not None:
            people = load_venue(self.directory).participants.values()
            keys = [self.directory / "keys" / f"{each.participant}.pem" for each in people if each.role == self.role]
            key = next((path for path in keys if path.exists()), None)
        return key


class Asked(msgspec.Struct):
    """What each command is given beside what it is about."""

    reason: str | None
    yes: bool
    as_json: bool
    needs_reason: bool = True


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def ask(target: Target, question: Callable[[Client], Awaitable[T]]) -> T:
    """Ask the venue something on a connection of its own.

    Raises:
        click.ClickException: the venue can't be reached or refuses; NotSent: a name is wrong.
    """

    async def asking() -> T:
        async with target.connect() as client:
            try:
                return await question(client)
            except RequestFailed as error:
                if error.code != "not_allowed":
                    raise
                who = f"you are logged in as {client.participant}: --key names the key of another one"
                raise click.ClickException(f"{error}; {who}") from error

    try:
        return asyncio.run(asking())
    except ControlError as error:
        raise NotSent(str(error)) from error
    except ClientError as error:
        raise click.ClickException(str(error)) from error


def run(target: Target, plan: Plan, asked: Asked) -> NoReturn:
    """Plan an action, say it, ask for what is missing, carry it out, say what came of it, and exit."""
    if asked.reason is not None and not 0 < len(asked.reason.strip()) <= MAX_TEXT_CHARS:
        raise NotSent(f"--reason has 1 to {MAX_TEXT_CHARS} characters")
    if not is_terminal():
        if asked.reason is None and asked.needs_reason:
            raise NotSent("say why: --reason TEXT. It is journaled, and stands in `sbx history`")
        if not asked.yes:
            raise NotSent("there is no terminal to ask on: --yes does it without asking")

    async def planned(client: Client) -> tuple[Action, str]:
        return await plan(client), tr("venue {venue} at {url}", venue=client.hello.venue, url=client.url)

    action, where = ask(target, planned)
    console = Terminal(stderr=asked.as_json, wraps=False)
    console.tell(f"{where}: {sentence(action)}")
    reason = (asked.reason or "").strip()
    if asked.needs_reason and not reason:
        reason = click.prompt(tr("why?"), err=asked.as_json, value_proc=_reason)
    if not asked.yes and not click.confirm(tr("go on?"), err=asked.as_json):
        raise NotSent("nothing was sent")
    sys.exit(carried_out(target, action, reason, as_json=asked.as_json))


def _reason(text: str) -> str:
    if not 0 < len(text.strip()) <= MAX_TEXT_CHARS:
        raise click.BadParameter(f"a reason has 1 to {MAX_TEXT_CHARS} characters")
    return text.strip()


def carried_out(target: Target, action: Action, reason: str, *, as_json: bool) -> int:
    """Send it, and print what came of it; returns the exit status."""

    async def carrying() -> tuple[Outcome, str]:
        async with target.connect() as client:
            return await carry_out(client, action, reason), client.participant or ""

    report: dict[str, Any] = {
        "status": "done" if action.effective_ns is None else "scheduled",
        "command": action.command,
        "arguments": action.shown(),
        "reason": reason or None,
        "effective_utc": None if action.effective_ns is None else utc(action.effective_ns),
        "says": action.says,
        "concerns": {"accounts": action.accounts, "open_orders": action.open_orders},
    }
    try:
        outcome, by = asyncio.run(carrying())
    except RequestFailed as error:
        report |= {"status": "refused", "code": error.code, "detail": error.detail, "seq": error.seq}
        if as_json:
            click.echo(json_text(report))
            return REFUSED
        where = f"recorded as command {error.seq}" if error.seq else "the venue recorded nothing"
        if action.command == "approve":
            where += "; `sbx control proposals` says whether it still waits"
        raise click.ClickException(f"refused, {error}; nothing changed, {where}") from error
    except ConnectionLost as error:
        if not error.was_sent:
            raise click.ClickException(str(error)) from error
        raise Unanswered(f"{error}; `sbx control show` says, or `sbx history`") from error
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    if outcome.waits_until is not None:
        report |= {"status": "proposed", "until_utc": utc(outcome.waits_until)}
    if as_json:
        click.echo(json_text({**report, "by": by, **msgspec.to_builtins(outcome)}))
    else:
        tell(Terminal(wraps=False), action, outcome, by)
    return 0


# ── in words ───────────────────────────────────────────────────────────────────────────────────────────────────────


def sentence(action: Action) -> str:
    """What an action will do, from when, and to how many."""
    when = "" if action.effective_ns is None else f"{tr('from {time}', time=_moscow(action.effective_ns))}: "
    counts = _counts(action.accounts, action.open_orders)
    return f"{when}{chosen().doing(action.says)}" + (f" [{counts}]" if counts else "")


def _moscow(time_ns: int) -> str:
    return tr("{time} (Moscow)", time=utc(time_ns + MOSCOW_OFFSET_NS)[:19])


def _counts(accounts: int | None, open_orders: int | None) -> str:
    return ", ".join(
        [
            *([] if accounts is None else [_accounts(accounts)]),
            *([] if open_orders is None else [_open_orders(open_orders)]),
        ]
    )


def _accounts(count: int) -> str:
    return tr_count("{n} account", "{n} accounts", count)


def _open_orders(count: int) -> str:
    return tr_count("{n} open order", "{n} open orders", count)


def tell(console: Terminal, action: Action, outcome: Outcome, by: str) -> None:
    """Print what came of an action."""
    if outcome.waits_until is not None:
        console.tell(
            tr(
                "waits for a second approval: proposal {seq}, by {by}, until {time}",
                seq=outcome.seq,
                by=by,
                time=_moscow(outcome.waits_until),
            )
        )
        return
    done = tr("done") if action.effective_ns is None else tr("waits for its date")
    console.tell(f"{done}: {tr('command {seq}, by {by}', seq=outcome.seq, by=by)}")
    for change in outcome.changes[:MAX_SHOWN_CHANGES]:
        console.tell(f"  {_subject(change)}", f": {change.detail}" if change.detail else "")
    if len(outcome.changes) > MAX_SHOWN_CHANGES:
        console.tell(f"  ... {len(outcome.changes) - MAX_SHOWN_CHANGES:,} more changes: see --json, or `sbx history`")
    if outcome.trades:
        console.tell(f"  {tr_count('{n} trade made', '{n} trades made', outcome.trades)}")
    if outcome.corrected:
        told = tr_count("{n} account told of the correction", "{n} accounts told of the correction", outcome.corrected)
        console.tell(f"  {told}")
    if outcome.frozen:
        told = tr_count("{n} account told of what is frozen", "{n} accounts told of what is frozen", outcome.frozen)
        console.tell(f"  {told}")
    if outcome.arrested:
        told = tr_count(
            "{n} account told of what is arrested", "{n} accounts told of what is arrested", outcome.arrested
        )
        console.tell(f"  {told}")
    if outcome.cancelled:
        orders, whose = _open_orders(sum(outcome.cancelled.values())), _accounts(len(outcome.accounts))
        why = ", ".join(tr("{n} by {rule}", n=f"{n:,}", rule=rule) for rule, n in outcome.cancelled.items())
        console.tell(f"  {tr('cancelled {orders} of {accounts}: {why}', orders=orders, accounts=whose, why=why)}")
    elif action.effective_ns is None:
        console.tell("  no open order was cancelled")
    if not outcome.is_whole:
        console.tell(("  there may be more: not all that was told could be read", "yellow"))
    if outcome.record is not None:
        console.tell(f"  {tr('now')}: {standing(action.kind, outcome.record)}")


def _subject(change: Change) -> str:
    """What has changed."""
    if change.what == "kill_switch":
        scope, _, name = change.key.partition(":")
        return tr("kill switch for {scope} {name}", scope=chosen().story(scope), name=name).rstrip()
    what = change.what
    if not chosen().is_english:
        what = chosen().story("block list" if what == "blocked" else what.replace("_", " "))
    # The key of a rate that is everybody's ends with a colon.
    return f"{what} {change.key}".rstrip(" :")


def _key_parts(record: RecordInfo) -> list[str]:
    """What a key is for, from where, until when, and how many use it."""
    parts = [" ".join(record.scopes or ())]
    parts += [tr("from {addresses}", addresses=" ".join(record.addresses))] if record.addresses else []
    parts += [tr("until {time}", time=_moscow(record.until))] if record.until else []
    return [*parts, tr_count("{n} connection", "{n} connections", record.connections or 0)]


def standing(kind: RecordKind, record: RecordInfo) -> str:
    """How a record stands, in a line."""
    if kind == "proposal":
        takes_effect = effective_ns(record)
        when = "" if takes_effect is None else f"; {tr('would take effect {time}', time=_moscow(takes_effect))}"
        return printable(f"{in_words(record)}{when}; {tr('until {time}', time=_moscow(record.until or 0))}")
    if kind in ("alert", "case"):
        since = tr("since {time}", time=_moscow(record.since or 0))
        return printable(f"{chosen().doing(cases.in_words(kind, record))}; {since}")
    if kind == "change":
        return printable(f"{tr('from {time}', time=_moscow(record.effective or 0))}: {in_words(record, 'command')}")
    if kind == "arrest":
        since = tr("since {time}", time=_moscow(record.since or 0))
        paper = tr("paper {name}", name=record.name)
        return printable(f"{paper}: {chosen().doing(paper_in_words(record))}; {since}")
    parts = [record.name]
    if record.second:
        parts.append(tr("second approval of {kinds}", kinds=", ".join(record.second)))
    if kind == "key":
        parts += _key_parts(record)
    elif record.participant is not None:
        parts.append(tr("of investor {investor}, operated by {by}", investor=record.investor, by=record.participant))
        parts += [tr("held through {name}", name=record.intermediary)] if record.intermediary else []
        parts += [tr("by {custody}", custody=record.custody)] if record.custody else []
    if kind == "investor":
        parts.append(f"{record.kind}, {_class(record)}")
        parts.append(tr("blocked") if record.blocked else tr("not blocked"))
        parts += [tr("risk level {level}", level=record.risk_level)] if record.risk_level else []
    if kind == "intermediary":
        parts.append(tr("suspended") if record.suspended else tr("not suspended"))
        parts += [tr("itself investor {name}", name=record.own_investor)] if record.own_investor else []
    if record.phase is not None:
        parts.append(tr("phase {phase}", phase=record.phase))
    if record.value is not None:
        parts.append(record.value or tr("nothing"))
    if record.price is not None:
        parts.append(_traded(record))
        parts += [tr("undone")] if record.busted else []
    if record.killed:
        parts.append(tr("kill switch on"))
    parts += [tr("frozen {amount} {asset}", amount=amount, asset=asset) for asset, amount in record.frozen.items()]
    if record.frozen and record.frozen_accounts:
        parts.append(tr_count("in {n} account", "in {n} accounts", record.frozen_accounts))
    parts += [tr("arrested {amount} {asset}", amount=amount, asset=asset) for asset, amount in record.arrested.items()]
    if record.arrested and record.arrested_accounts:
        parts.append(tr_count("in {n} account", "in {n} accounts", record.arrested_accounts))
    parts += [tr("arrested by paper {names}", names=", ".join(record.arrests))] if record.arrests else []
    counts = _counts(record.accounts, record.open_orders)
    return printable(", ".join([*parts, *([counts] if counts else [])]))


def _class(record: RecordInfo) -> str:
    """The class of an investor, and whether it was set."""
    name = record.investor_class or tr("none yet")
    if record.class_override:
        return tr("class {name} set by a supervisor", name=name)
    return tr("class {name}", name=name)


def _traded(record: RecordInfo) -> str:
    """What was traded, and between whom."""
    return tr(
        "{quantity} {instrument} at {price}, {seller} to {buyer}",
        quantity=record.quantity,
        instrument=record.instrument,
        price=record.price,
        seller=record.seller,
        buyer=record.buyer,
    )
