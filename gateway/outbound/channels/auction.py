"""Channel `auction`: what a call would uncross to, and did; `seq` counts the messages, without gaps."""

from __future__ import annotations

from msgspec.structs import replace

from engine.vocabulary.messages.events import Indicative, Uncrossed
from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.public_book import BookChannel
from gateway.outbound.messages.mirrors import State
from gateway.protocol import messages


class Auction(BookChannel):
    """The calls of one instrument."""

    name = "auction"
    events = (Indicative, Uncrossed)

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._last = messages.Auction(instrument=self.key, seq=0, prev_seq=0, volume=self.format.quantity[0], time=0)

    def first(self) -> messages.Auction:
        """What a call would uncross to, as last published."""
        return replace(self._last, prev_seq=self._last.seq)

    def state(self) -> State:
        """All that was published last."""
        last = self._last
        return last.seq, last.volume, last.time, last.price, last.imbalance, last.final

    def restore(self, state: State) -> None:
        """Have published it last."""
        self.seq, volume, time, price, imbalance, final = state
        self._last = messages.Auction(
            instrument=self.key,
            seq=self.seq,
            prev_seq=self.seq - 1,
            volume=volume,
            time=time,
            price=price,
            imbalance=imbalance,
            final=final,
        )

    def follow(self, event: Indicative | Uncrossed, command_seq: int, time_ns: int) -> messages.Auction:
        """A call would uncross elsewhere now, or was uncrossed."""
        self.seq += 1
        volume, quantity = event.volume_lots, self.format.quantity
        imbalance: str | None = None
        if volume and type(event) is Indicative:
            sign = "-" if event.imbalance_lots < 0 else ""
            imbalance = f"{sign}{quantity[abs(event.imbalance_lots)]}"
        self._last = messages.Auction(
            instrument=self.key,
            seq=self.seq,
            prev_seq=self.seq - 1,
            price=self.format.price[event.price_ticks] if volume else None,
            volume=quantity[volume],
            imbalance=imbalance,
            time=time_ns,
            final=type(event) is Uncrossed,
        )
        return self._last
