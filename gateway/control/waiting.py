"""Changes that wait for their date: what each is about, and what holds of something at a time to come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gateway.client import Client
from gateway.protocol.messages import RecordInfo, RecordKind

_SUBJECTS: Final[dict[str, tuple[RecordKind, tuple[str, ...]]]] = {
    "authorise_client": ("investor", ("investor",)),
    "load_rulebook": ("venue", ()),
    "publish_disclosure": ("asset", ("asset",)),
    "publish_warning": ("venue", ()),
    "record_acknowledgement": ("investor", ("investor",)),
    "record_test": ("investor", ("investor",)),
    "register_contract": ("investor", ("payer", "payee")),
    "register_intermediary": ("intermediary", ("intermediary",)),
    "register_investor": ("investor", ("investor",)),
    "set_blocked": ("investor", ("investor",)),
    "set_custody": ("account", ("account",)),
    "set_parameter": ("parameter", ("rule",)),
    "update_asset": ("asset", ("asset",)),
}
"""By command: the kind of what it is about, and the arguments that name it."""


def is_about(change: RecordInfo, kind: RecordKind, name: str) -> bool:
    """Whether a change is about something; of a rule's parameters each, of a rulebook all."""
    its_kind, named = _SUBJECTS.get(change.command or "", ("venue", ()))
    if kind == "parameter" and change.command == "load_rulebook":
        return True
    if its_kind != kind:
        return False
    if kind == "parameter":
        return f"{change.arguments.get('rule')}.{change.arguments.get('key')}" == name
    return kind == "venue" or name in [change.arguments.get(each) for each in named]


async def waiting_for(client: Client, kind: RecordKind, name: str) -> list[RecordInfo]:
    """What waits for its date about something, in the order in which it takes effect."""
    return in_order(each for each in (await client.records("change")).values() if is_about(each, kind, name))


def in_order(changes: Iterable[RecordInfo]) -> list[RecordInfo]:
    """Changes as the venue lists them, by when they take effect; those of one time in the order in which they were asked for."""
    return sorted(changes, key=lambda change: change.effective or 0)


class Unknown(Exception):
    """What will hold by then can't be told: a whole rulebook or record replaces what there is, and nothing after it sets that."""


def value_at(changes: list[RecordInfo], argument: str, now: Any, effective_ns: int) -> Any:
    """What an argument of the changes about one thing will have set by a time, one asked for now and for that time coming last.

    Args:
        changes: as `waiting_for` returns them.
        argument: the name of the argument.
        now: what it is now; None: that may be something else by then without a change.
        effective_ns: the time, nanoseconds since the epoch, UTC.

    Raises:
        Unknown: a rulebook or a whole record is put in its place before, and nothing after that sets it.
    """
    found, is_known = now, now is not None
    for change in changes:
        if (change.effective or 0) > effective_ns:
            break
        if argument in change.arguments:
            found, is_known = change.arguments[argument], True
        elif change.command == "load_rulebook" or change.arguments.get("replace"):
            is_known = False
    if not is_known:
        raise Unknown
    return found
