"""Commands of a second approval: which commands need one, and what a second participant says of a proposal.

Values as in `engine.vocabulary.messages.commands`, which exports these too; `by` is who sent it, in which `role`.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class SetApproval(Command, tag=70, frozen=True):
    """Say which kinds of commands need a second approval; while any does, this command needs it, too."""

    second: tuple[str, ...]
    reason: str = ""
    by: str = ""


class Approve(Command, tag=71, frozen=True):
    """Let a proposal be carried out. Not by who proposed it, but by somebody who could have."""

    proposal: int
    """The sequence number of the command that waits."""
    reason: str = ""
    by: str = ""
    role: str = ""


class Decline(Command, tag=72, frozen=True):
    """Refuse a proposal, or take back one's own."""

    proposal: int
    reason: str = ""
    by: str = ""
    """Empty: the venue itself, of a proposal by somebody who may no longer make it."""
    role: str = ""
