"""A core and one that was restored from its snapshot, side by side: whenever a session is cut, both go on alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from engine.exchange import Exchange, restore_exchange
from engine.record.rows import encode_events
from engine.snapshot.encoding import decode_snapshot, encode_snapshot
from engine.state.hook import PreTradeHook
from engine.vocabulary.messages.commands import Sequenced

NewHook = Callable[[], PreTradeHook]
Limit = Callable[[Exchange], None]
"""Lowers the bounds of an exchange: they are none of its state."""


class CutAnywhere:
    """Follows commands with a core that lives on, and with one that is a restored one whenever there was a cut."""

    def __init__(self, new_hook: NewHook, limit: Limit = lambda _: None) -> None:
        self.new_hook = new_hook
        self.limit = limit
        self.live = Exchange(new_hook())
        limit(self.live)
        self.twin: Exchange | None = None
        self.cuts = 0

    def follow(self, sequenced: Sequenced) -> None:
        """Let both do it: the same events to the byte, as many steps, and the same due next."""
        live, twin = self.live, self.twin
        happened = encode_events(live.apply(sequenced))
        if twin is None:
            return
        again = encode_events(twin.apply(sequenced))
        assert again == happened, f"after {self.cuts} cuts, at {sequenced}"
        assert standing(twin) == standing(live), f"after {self.cuts} cuts, at {sequenced}"

    def cut(self, replace: bool = True) -> None:
        """Restore a core from a snapshot of the one that lives; the restored one from before has the same."""
        live = self.live
        encoded = encode_snapshot(live.snapshot())
        if self.twin is not None:
            assert encode_snapshot(self.twin.snapshot()) == encoded, f"the restored core is another, at {live.seq}"
        document = decode_snapshot(encoded)
        restored = restore_exchange(document, self.new_hook())
        self.limit(restored)
        restored.check()
        assert encode_snapshot(restored.snapshot()) == encoded, f"what was restored is another, at {live.seq}"
        assert encode_snapshot(document) == encoded, "restoring has changed the document"
        self.cuts += 1
        if replace or self.twin is None:
            self.twin = restored


def standing(exchange: Exchange) -> tuple[object, ...]:
    """What of a core no snapshot has to hold while a command is unfinished, and whoever sequences goes by."""
    return (
        exchange.is_unfinished,
        exchange.next_due_ns(),
        exchange.time_ns,
        exchange.steps,
        exchange.due_events,
        exchange.carried_events,
        exchange.left_seq,
    )


def cut_at_random(
    history: Iterable[Sequenced], new_hook: NewHook, seed: int, *, often: float, limit: Limit = lambda _: None
) -> int:
    """Follow a session that is cut at random wherever it is whole, and at its end; returns how often.

    Half of the cuts begin with a new twin: so some are followed for long, across days and rulebooks.
    """
    chance = random.Random(f"cuts {seed}")
    both = CutAnywhere(new_hook, limit)
    for sequenced in history:
        both.follow(sequenced)
        if chance.random() < often and not both.live.is_unfinished:
            both.cut(replace=chance.random() < 0.5)
    if not both.live.is_unfinished:
        both.cut()
    return both.cuts
