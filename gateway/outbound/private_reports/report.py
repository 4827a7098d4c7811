"""One private report: an event as one account sees it."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from engine.vocabulary.messages.events import Event


@mypyc_attr(acyclic=True)
class PrivateReport:
    """Enough to make an account's message of an event, now or when the account resumes.

    Args:
        account: whose it is.
        seq: the account's own number; 0: it belongs to no account of the sender, and only the sender is told.
        event: what happened.
        moment: sequence number and time of the command that made it happen.
        place: of the event among those of its command.
        as_first: of an event with two sides: this is for the maker of a trade, the buyer of a correction, the sender of a transfer.
    """

    __slots__ = ("account", "as_first", "command_seq", "event", "place", "seq", "time_ns", "title", "title_ru")

    def __init__(
        self, account: str, seq: int, event: Event, moment: tuple[int, int], place: int, *, as_first: bool = False
    ) -> None:
        self.account: Final = account
        self.seq: Final = seq
        self.event: Final = event
        self.command_seq: Final = moment[0]
        self.time_ns: Final = moment[1]
        self.place: Final = place
        self.as_first: Final = as_first
        self.title = ""
        """Of a refusal by a rule: the rule's title at that time."""
        self.title_ru = ""
        """The same in Russian; empty: its rulebook does not say."""

    @property
    def exec_id(self) -> str:
        """Unique over the venue: the command's sequence number, the event's place, and `m` on the maker's side of a trade."""
        return f"{self.command_seq}-{self.place}m" if self.as_first else f"{self.command_seq}-{self.place}"


@mypyc_attr(acyclic=True)
class MarginReport(PrivateReport):
    """Of variation margin: which mark of the future it is from, too."""

    __slots__ = ("is_final",)

    def __init__(self, account: str, seq: int, event: Event, moment: tuple[int, int], place: int) -> None:
        super().__init__(account, seq, event, moment, place)
        self.is_final: bool | None = None
        """Whether the future expired by it; None: the mark is among the events of an earlier command."""
