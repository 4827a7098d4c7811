"""What supervisors and operators are told beside the reports of accounts: rules, records and settings that changed.

Made from events alone, so that a change is told whoever asked for it, and when its effective date has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.events import (
    ChangeEffective,
    ChangeScheduled,
    CommandRejected,
    Event,
    InvestorRegistered,
    ParameterChanged,
    RegistryChanged,
    RulebookLoaded,
    RulesChanged,
)
from gateway.outbound.outbox import Outbox
from gateway.protocol.messages import Change

# What each event says of `what`, `key` and the rest.
_SAYS: Final[dict[type[Event], Callable[[Any], dict[str, Any]]]] = {
    RulebookLoaded: lambda event: {"what": "rulebook", "key": event.name, "detail": event.digest},
    InvestorRegistered: lambda event: {"what": "investor", "key": event.investor, "detail": event.investor_class},
    RegistryChanged: lambda event: {"what": event.what, "key": event.key, "detail": event.detail},
    RulesChanged: lambda event: {
        "what": event.what,
        "key": event.key,
        "detail": event.detail,
        "reason": event.reason,
        "by": event.by,
    },
    ParameterChanged: lambda event: {
        "what": "parameter",
        "key": f"{event.rule} {event.key}",
        "detail": f"{event.old} -> {event.new}",
        "reason": event.reason,
        "by": event.by,
    },
    ChangeScheduled: lambda event: {
        "what": "scheduled",
        "key": str(event.change),
        "detail": event.what,
        "effective": event.effective_ns,
    },
    ChangeEffective: lambda event: {"what": "effective", "key": str(event.change)},
    CommandRejected: lambda event: {"what": "refused", "key": REJECT_CODES[event.code], "detail": event.detail},
}


class Supervision:
    """The channel `changes`: who gets it, and how many messages there were."""

    def __init__(self) -> None:
        self.subscribers: Final[list[Outbox]] = []
        self.seq = 0

    def follow(self, command_seq: int, time_ns: int, events: Iterable[Event]) -> list[Change]:
        """The messages of the events of a command."""
        found: list[Change] = []
        for event in events:
            says = _SAYS.get(type(event))
            if says is not None:
                self.seq += 1
                found.append(Change(seq=self.seq, command_seq=command_seq, time=time_ns, **says(event)))
        return found
