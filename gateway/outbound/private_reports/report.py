"""One private report: an event as one account sees it."""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.events import Event


class PrivateReport(msgspec.Struct, gc=False):
    """Enough to make an account's message of an event, now or when the account resumes."""

    account: str
    seq: int
    """The account's own; 0: it belongs to no account of the sender, and only the sender is told."""
    event: Event
    command_seq: int
    time_ns: int
    place: int
    """Place of the event among those of its command."""
    as_first: bool = False
    """Of an event with two sides: this is for the maker of a trade, the buyer of a correction, the sender of a transfer."""
    title: str = ""
    """Of a refusal by a rule: the rule's title at that time."""

    @property
    def exec_id(self) -> str:
        """Unique over the venue: the command's sequence number, the event's place, and `m` on the maker's side of a trade."""
        return f"{self.command_seq}-{self.place}m" if self.as_first else f"{self.command_seq}-{self.place}"
