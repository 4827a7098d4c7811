"""Events of compliance: rulebooks, records, parameters, effective dates.

Values as in `engine.vocabulary.messages.events`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.said import Values
from engine.vocabulary.messages.structs import Event


class RulebookLoaded(Event, tag=40):
    """A rulebook is in force. `digest` is the SHA-256 of its documents, in hexadecimal."""

    name: str
    digest: str


class InvestorRegistered(Event, tag=41):
    """An investor's record is new or changed; `investor_class` is what the rulebook makes of it."""

    investor: str
    investor_class: str


class RegistryChanged(Event, tag=42):
    """Another registry record is new or changed: `what` names its kind, `key` which one."""

    what: str
    key: str
    detail: str = ""
    """Of journals before core version 6: the words that are made at the edge now."""
    template: str = ""
    values: Values = ()


class ParameterChanged(Event, tag=43):
    """A supervisor changed a parameter of a rule in force."""

    rule: str
    key: str
    old: str
    new: str
    reason: str
    by: str


class ChangeScheduled(Event, tag=44):
    """A compliance command waits for its effective date; `change` is the number of the one that brought it."""

    change: int
    effective_ns: int
    what: str


class ChangeEffective(Event, tag=45):
    """The effective date of a compliance command has come; what it does follows."""

    change: int
