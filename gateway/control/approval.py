"""A second approval: what waits for one in a venue, yes or no to it, and what a venue asks one for."""

from __future__ import annotations

from typing import Any, Final, Literal

from gateway.client import Client
from gateway.control.actions import Action
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import RecordInfo, RecordKind
from gateway.words.chosen import chosen, tr

_VENUE: Final = "venue"


async def approve(client: Client, proposal: str) -> Action:
    """Let a proposal of somebody else be carried out."""
    found = await look_up(client, "proposal", proposal)
    kind, name = _subject(found)
    counted = await look_up(client, kind, name)
    if kind == "parameter":
        counted = await look_up(client, _VENUE, _VENUE)
    return Action(
        command="approve",
        arguments={"proposal": int(proposal)},
        says=f"approve {in_words(found)}",
        kind=kind,
        name=name,
        accounts=counted.accounts,
        open_orders=counted.open_orders,
        effective_ns=effective_ns(found),
    )


async def decline(client: Client, proposal: str) -> Action:
    """Refuse a proposal of somebody else, or take back one's own."""
    found = await look_up(client, "proposal", proposal)
    says = f"{'take back' if found.by == client.participant else 'decline'} {in_words(found)}"
    return Action(command="decline", arguments={"proposal": int(proposal)}, says=says, kind=_VENUE, name=_VENUE)


async def ask_for(client: Client, second: tuple[str, ...]) -> Action:
    """Set what a venue asks a second approval for."""
    found = await look_up(client, _VENUE, _VENUE)
    before, after = (", ".join(each) for each in (found.second, second))
    if sorted(found.second) == sorted(second):
        needs = f"{after} need" if second else "nothing needs"
        raise ControlError(f"{needs} a second approval already: there is nothing to change")
    so_far = f"so far {before} did" if before else "so far nothing did"
    says = f"let {after or 'nothing'} need a second approval; {so_far}"
    return Action(
        command="set_approval",
        arguments={"second": list(second)},
        says=says,
        kind=_VENUE,
        name=_VENUE,
    )


def in_words(waits: RecordInfo, what: Literal["proposal", "command"] = "proposal") -> str:
    """What a proposal, or another command that waits, would do, who asks for it, and why."""
    by = waits.by or tr("the venue file")
    digest = f", {tr('digest {digest}', digest=waits.digest)}" if waits.digest else ""
    reason = waits.arguments.get("reason") or _asked(waits)[1].get("reason") or tr("not said")
    named = tr("proposal {name}", name=waits.name) if what == "proposal" else tr("command {name}", name=waits.name)
    return tr(
        "{named} by {by}, {asked}, because: {reason}",
        named=named,
        by=by,
        asked=f"{_command(waits)}{digest}",
        reason=reason,
    )


def effective_ns(proposal: RecordInfo) -> int | None:
    """When what is proposed would take effect, nanoseconds since the epoch, UTC; None: at once."""
    found = proposal.arguments.get("effective_ns")
    return found if isinstance(found, int) else None


def _asked(proposal: RecordInfo) -> tuple[str, dict[str, Any]]:
    """The command that is meant, and its arguments: of one with a date the change."""
    command, arguments = proposal.command or "", proposal.arguments
    change, inner = arguments.get("command"), arguments.get("arguments")
    return (change, inner) if isinstance(change, str) and isinstance(inner, dict) else (command, arguments)


def _command(proposal: RecordInfo) -> str:
    command, arguments = _asked(proposal)
    parts = [f"{name.replace('_', ' ')} {_value(value)}" for name, value in arguments.items() if name != "reason"]
    return f"{chosen().story(command.replace('_', ' '))} ({', '.join(parts)})"


def _value(value: Any) -> str:
    """An argument as a supervisor types it."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text.lower() if isinstance(value, bool) else text or tr("nothing")


def _subject(proposal: RecordInfo) -> tuple[RecordKind, str]:
    """What is looked at when it is done."""
    _, arguments = _asked(proposal)
    if "trade_id" in arguments:
        return "trade", str(arguments["trade_id"])
    if "rule" in arguments:
        return "parameter", f"{arguments['rule']}.{arguments['key']}"
    return _VENUE, _VENUE
