"""A second approval: what waits for one in a venue, yes or no to it, and what a venue asks one for."""

from __future__ import annotations

from typing import Any, Final

from gateway.client import Client
from gateway.control.actions import Action
from gateway.control.names import look_up
from gateway.protocol.messages import RecordInfo, RecordKind

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
        effective_ns=_effective_ns(found),
    )


async def decline(client: Client, proposal: str) -> Action:
    """Refuse a proposal of somebody else, or take back one's own."""
    found = await look_up(client, "proposal", proposal)
    says = f"{'take back' if found.by == client.participant else 'decline'} {in_words(found)}"
    return Action(command="decline", arguments={"proposal": int(proposal)}, says=says, kind=_VENUE, name=_VENUE)


async def ask_for(client: Client, second: tuple[str, ...]) -> Action:
    """Set what a venue asks a second approval for."""
    found = await look_up(client, _VENUE, _VENUE)
    before, after = (", ".join(each) or "nothing" for each in (found.second, second))
    return Action(
        command="set_approval",
        arguments={"second": list(second)},
        says=f"ask for a second approval of {after} instead of {before}",
        kind=_VENUE,
        name=_VENUE,
    )


def in_words(proposal: RecordInfo) -> str:
    """What a proposal would do, who asks for it, and why."""
    by = proposal.by or "the venue file"
    digest = f", digest {proposal.digest}" if proposal.digest else ""
    reason = proposal.arguments.get("reason") or _asked(proposal)[1].get("reason") or "not said"
    return f"proposal {proposal.name} by {by}, {_command(proposal)}{digest}, because: {reason}"


def _asked(proposal: RecordInfo) -> tuple[str, dict[str, Any]]:
    """The command that is meant, and its arguments: of one with a date the change."""
    command, arguments = proposal.command or "", proposal.arguments
    change, inner = arguments.get("command"), arguments.get("arguments")
    return (change, inner) if isinstance(change, str) and isinstance(inner, dict) else (command, arguments)


def _command(proposal: RecordInfo) -> str:
    command, arguments = _asked(proposal)
    parts = [
        f"{name.replace('_', ' ')} {', '.join(value) if isinstance(value, list) else value}".rstrip()
        for name, value in arguments.items()
        if name != "reason"
    ]
    return f"{command.replace('_', ' ')} ({', '.join(parts)})"


def _effective_ns(proposal: RecordInfo) -> int | None:
    effective_ns = proposal.arguments.get("effective_ns")
    return effective_ns if isinstance(effective_ns, int) else None


def _subject(proposal: RecordInfo) -> tuple[RecordKind, str]:
    """What is looked at when it is done."""
    _, arguments = _asked(proposal)
    if "trade_id" in arguments:
        return "trade", str(arguments["trade_id"])
    if "rule" in arguments:
        return "parameter", f"{arguments['rule']}.{arguments['key']}"
    return _VENUE, _VENUE
