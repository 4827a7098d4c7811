"""Events of a second approval.

Values as in `engine.vocabulary.messages.events`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Event


class CommandProposed(Event, tag=70):
    """A command was found sound and waits for a second approval; nothing of it was carried out."""

    proposal: int
    """The sequence number of the command."""
    what: str
    by: str
    reason: str
    until_ns: int
    """When it expires."""
    effective_ns: int = 0
    """When it would take effect; 0: once it is approved."""


class ProposalEnded(Event, tag=71):
    """A command waits no longer. If it was approved, what it does follows, or why it was refused by then."""

    proposal: int
    outcome: int
    proposed_by: str
    by: str = ""
    """Who approved or declined it; empty: nobody, the clock or the venue itself did."""
    reason: str = ""
