"""An action sent, and what came of it: what changed, which orders were cancelled by which rule, how the record stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec

from gateway.client import Client, ClientError, Stream
from gateway.control.actions import Action
from gateway.protocol import messages as m

_BY_CHANGES: Final = ("compliance", "kill_switch")
"""Why orders are cancelled by a change alone: in pieces, too, each under the number of a tick that follows."""


class Outcome(msgspec.Struct, kw_only=True):
    """What an action did, as the venue told it."""

    seq: int
    """The number of the command."""
    waits_until: int | None = None
    """It was not carried out, but waits for a second approval until then; None: it was."""
    changes: list[m.Change] = []
    cancelled: dict[str, int] = {}
    """Open orders by the rule that cancelled them, else by the reason."""
    accounts: list[str] = []
    """Whose orders were cancelled, in that order."""
    trades: int = 0
    """Made by it, in an uncross."""
    corrected: int = 0
    """Accounts that were told of a corrected trade."""
    frozen: int = 0
    """Accounts that were told of a frozen holding."""
    arrested: int = 0
    """Accounts that were told what a paper arrests, or no longer does."""
    is_whole: bool = True
    """False: more was told than could be read, so that there may be more of all this."""
    record: m.RecordInfo | None = None
    """How what it is about stands afterwards."""


async def carry_out(client: Client, action: Action, reason: str) -> Outcome:
    """Send an action with its reason, if it takes one, and gather what came of it.

    The reply comes when everything is done that the command sets off, and whoever asks for a record after it hears of that
    first. So all that was told until then is what there is to tell.

    Raises:
        RequestFailed: the venue refused; its `seq` says whether that stands in the journal.
        ConnectionLost: no reply came; `was_sent` says what is known.
    """
    told: list[Any] = []
    streams: list[Stream[Any]] = [client.changes(), client.drop_copy()]
    readers = []
    try:
        for stream in streams:
            await stream.start()
            readers.append(asyncio.ensure_future(_read(stream, told.append)))
        arguments = {**action.arguments, **({action.reason_is: reason} if action.reason_is else {})}
        reply = await client.request(m.Admin(id=client.next_id(), command=action.command, arguments=arguments), m.Done)
        outcome = Outcome(seq=reply.seq, waits_until=reply.waits_until)
        try:
            outcome.record = (await client.records(action.kind, action.name)).get(action.name)
        except ClientError:
            # It is done, and how things stand is not known.
            outcome.is_whole = False
    finally:
        for stream in streams:
            await stream.aclose()
        whole = await asyncio.gather(*readers)
    outcome.is_whole &= all(whole)
    _add_up(outcome, told, action)
    return outcome


async def _read(stream: Stream[Any], take: Callable[[Any], None]) -> bool:
    """Read a stream to its end; whether that is where it was closed, and nothing of it was dropped."""
    try:
        async for message in stream:
            take(message)
    except ClientError:
        return False
    return True


def _add_up(outcome: Outcome, told: list[Any], action: Action) -> None:
    """Pick what the command did out of all that was told since before it was sent."""
    accounts: dict[str, bool] = {}
    trades: dict[int | None, bool] = {}
    arrested: dict[str, bool] = {}
    for message in told:
        if isinstance(message, m.Change):
            if message.command_seq == outcome.seq:
                outcome.changes.append(message)
        elif isinstance(message, m.ExecutionReport):
            seq = int(message.exec_id.partition("-")[0])
            if message.exec_type == "trade" and seq == outcome.seq:
                trades[message.trade_id] = True
            elif message.exec_type == "cancelled" and (
                seq == outcome.seq or (seq > outcome.seq and message.reason in _BY_CHANGES)
            ):
                why = message.rule or message.reason or ""
                outcome.cancelled[why] = outcome.cancelled.get(why, 0) + 1
                accounts[message.account] = True
        elif isinstance(message, m.TradeCorrected):
            outcome.corrected += str(message.trade_id) == action.name
        elif isinstance(message, m.HoldingFrozen):
            outcome.frozen += message.asset == action.arguments.get("asset")
        elif isinstance(message, m.HoldingArrested) and message.arrest == action.arguments.get("arrest"):
            arrested[message.account] = True
    outcome.accounts, outcome.trades, outcome.arrested = list(accounts), len(trades), len(arrested)
