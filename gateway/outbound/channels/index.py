"""Channel `index`: the prices of an index, by its name; `seq` counts them, without gaps."""

from __future__ import annotations

from msgspec.structs import replace

from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.messages.events import IndexPriceSet
from gateway.outbound.channels.channel import INDEX, Channel, Subject
from gateway.outbound.messages.mirrors import State
from gateway.protocol.messages import IndexPrice


class IndexPrices(Channel):
    """The prices of one index."""

    name = "index"
    kind = INDEX
    events = (IndexPriceSet,)

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._last: IndexPrice | None = None

    def first(self) -> IndexPrice | None:
        """The last one."""
        return None if self._last is None else replace(self._last, prev_seq=self._last.seq)

    def state(self) -> State:
        """The last one: with the first the channel opened."""
        last = self._last
        assert last is not None
        return last.seq, last.price, last.time, last.source

    def restore(self, state: State) -> None:
        """Have told it last."""
        self.seq, price, time, source = state
        self._last = IndexPrice(
            index=self.key, seq=self.seq, prev_seq=self.seq - 1, price=price, time=time, source=source
        )

    def follow(self, event: IndexPriceSet, command_seq: int, time_ns: int) -> IndexPrice:
        """Take in a price."""
        self.seq += 1
        self._last = IndexPrice(
            index=self.key,
            seq=self.seq,
            prev_seq=self.seq - 1,
            price=decimal_e8(event.price_e8),
            time=time_ns,
            source=event.source,
        )
        return self._last
