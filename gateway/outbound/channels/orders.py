"""Channel `orders`: the book order by order, anonymous: a snapshot, then one update a turn. `seq` is that of channel `book`."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import SIDES
from engine.vocabulary.limits import ANSWER_PIECE_STEPS, BYTES_PER_STEP, COPIED_PER_STEP, QUEUED_STEPS
from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.public_book import BookChannel
from gateway.outbound.channels.queue_watch import QueueCopy, QueueWatch, checksum_part, rows_of
from gateway.protocol.messages import OrdersSnapshot, OrdersUpdate
from gateway.protocol.wire import Codec, Rows

_PIECE_ORDERS: Final = ANSWER_PIECE_STEPS // QUEUED_STEPS


class Orders(BookChannel):
    """The queue of one instrument. Who subscribes waits until it is summed (`QueueSum`), and is told a `QueueInPieces` first."""

    name = "orders"
    sums_up = True

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._holders = 0
        """Who wants it to be watched, beside its subscribers."""

    @property
    def watch(self) -> QueueWatch:
        """What is gathered; somebody holds it, or subscribes."""
        watch = self.book.watch
        assert watch is not None, "nobody watches"
        return watch

    def hold(self) -> QueueWatch:
        """Have it watched until `release`. To be called between two turns."""
        self._holders += 1
        if self.book.watch is None:
            self.book.watch = QueueWatch(self.format)
            self.seq = self.book.shown_seq
        return self.book.watch

    def release(self) -> None:
        """Hold it no longer. What is not summed by then is of no use."""
        self._holders -= 1
        if not self._holders and not self.watch.is_summed:
            self.book.watch = None

    def end_turn(self) -> OrdersUpdate | None:
        """What changed in the queue since it was told.

        None if nothing has; then the next update follows the last one that was told.
        """
        watch = self.book.watch
        if watch is None or not self.subscribers:
            if watch is not None:
                watch.take_changes()
                if not self._holders:
                    # Of the last one who heard it, who has left.
                    self.book.watch = None
            self.seq = self.book.shown_seq
            return None
        changes = watch.take_changes()
        if not changes:
            return None
        previous, self.seq = self.seq, self.book.shown_seq
        return OrdersUpdate(
            instrument=self.key,
            seq=self.seq,
            prev_seq=previous,
            time=self.book.shown_ns,
            changes=changes,
            checksum=watch.checksum,
        )


class QueueSum:
    """The checksum of a queue that nobody has heard yet, found bit by bit while the book goes on."""

    def __init__(self, orders: Orders) -> None:
        self.readers = 0
        """How many wait for it. Whoever counts ends it with the last."""
        self._orders: Final = orders
        self._watch: Final = orders.hold()
        self._sum = 0
        self._copied = 0
        self._copy: QueueCopy | None = None
        if not self._watch.is_summed:
            self._copy = QueueCopy(orders.book.queue())
            self._copied = len(self._copy)
            self._watch.copies[self._copy] = None

    @property
    def is_done(self) -> bool:
        """Whether the sum is known."""
        return self._watch.is_summed

    @property
    def is_stale(self) -> bool:
        """It goes on with the book."""
        return False

    def make(self) -> int:
        """Sum the next piece; returns the steps it took."""
        copy = self._copy
        if self.is_done or copy is None:
            return 0
        steps, self._copied = self._copied // COPIED_PER_STEP, 0
        format_ = self._orders.format
        taken = copy.take(_PIECE_ORDERS)
        for order, lots in taken:
            price, quantity = format_.price[order.price_ticks], format_.quantity[lots]
            self._sum += checksum_part(SIDES[order.side], order.public_id, price, quantity)
        if not len(copy):
            del self._watch.copies[copy]
            self._watch.add_sum(self._sum)
        return steps + len(taken) * QUEUED_STEPS

    def end(self) -> None:
        """Nobody waits for it any more."""
        if self._copy is not None:
            self._watch.copies.pop(self._copy, None)
        self._orders.release()


class QueueInPieces(Outbox):
    """A snapshot of a queue for one codec: copied at once, encoded bit by bit. What the queue tells meanwhile waits in `frames`."""

    def __init__(self, orders: Orders, codec: Codec) -> None:
        """Copy the queue, which is summed, between two turns. O(orders), at the speed of a copy."""
        super().__init__(codec)
        self.seq: Final = orders.seq
        self.frame = b""
        """The whole message, when it is done."""
        self.readers = 0
        """How many wait for it. Whoever counts ends it with the last."""
        self._orders: Final = orders
        self._watch: Final = orders.watch
        assert self._watch.is_summed
        self._time: Final = orders.book.shown_ns
        self._checksum: Final = self._watch.checksum
        self._copy: Final = QueueCopy(orders.book.queue())
        self._copied = len(self._copy)
        self._bids: Final = Rows(codec)
        self._asks: Final = Rows(codec)
        self._watch.copies[self._copy] = None
        orders.subscribers[self] = None

    @property
    def is_done(self) -> bool:
        """Whether `frame` is there."""
        return bool(self.frame)

    @property
    def is_stale(self) -> bool:
        """Whether what the queue has told since is more than the snapshot. O(updates)."""
        return self.is_done and sum(map(len, self.frames)) > len(self.frame)

    def make(self) -> int:
        """Encode the next piece; returns the steps it took."""
        if self.is_done:
            return 0
        steps, self._copied = self._copied // COPIED_PER_STEP, 0
        taken = self._copy.take(_PIECE_ORDERS)
        bids, asks = rows_of(taken, self._orders.format)
        if bids:
            self._bids.add(bids)
        if asks:
            self._asks.add(asks)
        steps += len(taken) * QUEUED_STEPS
        if not len(self._copy):
            self._watch.copies.pop(self._copy, None)
            snapshot = OrdersSnapshot(
                instrument=self._orders.key,
                seq=self.seq,
                time=self._time,
                bids=self._bids.whole(),
                asks=self._asks.whole(),
                checksum=self._checksum,
            )
            self.frame = self.codec.frame(snapshot)
            steps += len(self.frame) // BYTES_PER_STEP
        return steps

    def end(self) -> None:
        """Hear the queue no longer."""
        self._watch.copies.pop(self._copy, None)
        del self._orders.subscribers[self]
