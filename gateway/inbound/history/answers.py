"""Answers about accounts' pasts: at once from what is kept, else in pieces from the journal."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from engine.exchange import Exchange
from engine.vocabulary.limits import ROW_STEPS
from gateway.inbound.history.fills import fills
from gateway.inbound.history.looking import Deeper, Looking
from gateway.inbound.history.orders import order_history, order_status
from gateway.inbound.history.past import Past
from gateway.inbound.history.settlements import settlements
from gateway.outbound.channels.channel import INSTRUMENT
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import Error, Fills, Message, OrderHistory, OrderStatus, Settlements
from gateway.protocol.past_requests import MAX_LISTED_PAST

PastQuery = Fills | OrderHistory | OrderStatus | Settlements


class PastAnswers:
    """Answers what is asked about accounts' pasts.

    Args:
        exchange: the core.
        fanout: has the reports that are kept.
    """

    def __init__(self, exchange: Exchange, fanout: Fanout) -> None:
        self._exchange: Final = exchange
        self._fanout: Final = fanout
        self.past: Past[Any] | None = None
        """The journal; None: there is none."""

    def answer(self, asker: Any, query: PastQuery) -> Generator[int, None, tuple[Message, int]]:
        """Answer a question. Yields the steps of each piece, and returns the answer with those of the last one.

        What is kept is looked through in one piece, so that all of it is as of one moment.
        """
        # An order that was refused since there is no such instrument has that name in its history: that may be asked for.
        name = query.instrument if isinstance(query, Fills | Settlements) else None
        if name is not None and name not in self._exchange.instruments:
            return Error(id=query.id, code="unknown", detail=INSTRUMENT.unknown.format(name)), ROW_STEPS
        looking = Looking(query.account, self._fanout, self.past)
        steps = looking.steps + MAX_LISTED_PAST * ROW_STEPS
        try:
            return (yield from self._work(looking, query)), steps
        except Deeper:
            # It may wait long: what is kept by then is looked at.
            del looking
            yield steps
        if self.past is not None:
            yield from self.past.enter(asker)
            with self.past.reading():
                return (yield from self._look_deeper(asker, query)), steps
        return (yield from self._look_deeper(asker, query)), steps

    def _look_deeper(self, asker: Any, query: PastQuery) -> Generator[int, None, Message]:
        """Begin anew, with the journal as far as it is there."""
        looking = Looking(query.account, self._fanout, self.past)
        try:
            yield from looking.open(asker)
            return (yield from self._work(looking, query))
        finally:
            looking.close()

    def _work(self, looking: Looking, query: PastQuery) -> Generator[int, None, Message]:
        instruments = self._exchange.instruments
        if isinstance(query, Fills):
            return (yield from fills(looking, query))
        if isinstance(query, OrderHistory):
            return (yield from order_history(looking, query, instruments))
        if isinstance(query, OrderStatus):
            return (yield from order_status(looking, query, instruments))
        return (yield from settlements(looking, query, instruments))
