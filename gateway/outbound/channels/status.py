"""Channel `status`: the phase; `seq` counts its changes, without gaps."""

from __future__ import annotations

from engine.vocabulary.codes import CLOSED, PHASES
from engine.vocabulary.messages.events import PhaseChanged
from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.public_book import BookChannel
from gateway.outbound.messages.mirrors import State
from gateway.protocol import messages


class Status(BookChannel):
    """The phases of one instrument."""

    name = "status"
    events = (PhaseChanged,)

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._phase = CLOSED, "", 0, 0
        """With the reason given for it, when it ends by itself (0: not known), and when it began (0: with the listing)."""

    def first(self) -> messages.Status:
        """The current phase."""
        phase, reason, until_ns, since_ns = self._phase
        return messages.Status(
            instrument=self.key,
            seq=self.seq,
            prev_seq=self.seq,
            phase=PHASES[phase],
            reason=reason,
            time=since_ns or self.book.listed_ns,
            until=until_ns or None,
        )

    def state(self) -> State:
        """The phase, and how many there were."""
        return self.seq, *self._phase

    def restore(self, state: State) -> None:
        """Be in it."""
        self.seq, phase, reason, until_ns, since_ns = state
        self._phase = phase, reason, until_ns, since_ns

    def follow(self, event: PhaseChanged, command_seq: int, time_ns: int) -> messages.Status | None:
        """The instrument is in another phase."""
        self.seq += 1
        self._phase = event.phase, event.reason, event.until_ns, time_ns
        if not self.subscribers:
            return None
        message = self.first()
        message.prev_seq = self.seq - 1
        return message
