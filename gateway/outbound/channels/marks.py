"""Channel `marks`: the marks of a future; `seq` counts them, without gaps."""

from __future__ import annotations

from msgspec.structs import replace

from engine.vocabulary.messages.events import FutureMarked
from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.public_book import BookChannel
from gateway.outbound.messages.mirrors import State
from gateway.protocol.messages import Mark


class Marks(BookChannel):
    """The marks of one instrument."""

    name = "marks"
    events = (FutureMarked,)

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._last: Mark | None = None

    def first(self) -> Mark | None:
        """The last one."""
        return None if self._last is None else replace(self._last, prev_seq=self._last.seq)

    def state(self) -> State:
        """The last one, if there is one."""
        last = self._last
        return () if last is None else (last.seq, last.price, last.open_interest, last.time, last.final)

    def restore(self, state: State) -> None:
        """Have told it last."""
        if state:
            self.seq, price, open_interest, time, final = state
            self._last = Mark(
                instrument=self.key,
                seq=self.seq,
                prev_seq=self.seq - 1,
                price=price,
                open_interest=open_interest,
                time=time,
                final=final,
            )

    def follow(self, event: FutureMarked, command_seq: int, time_ns: int) -> Mark:
        """Take in a mark."""
        self.seq += 1
        self._last = Mark(
            instrument=self.key,
            seq=self.seq,
            prev_seq=self.seq - 1,
            price=self.format.price[event.price_ticks],
            open_interest=self.format.quantity[event.open_interest_lots],
            time=time_ns,
            final=event.final,
        )
        return self._last
