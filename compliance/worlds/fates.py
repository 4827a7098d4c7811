"""What became of each order in both worlds, compared as soon as it has ended in both. Kept is what is open, and what is told of."""

from __future__ import annotations

import heapq
from typing import Final

from compliance.registry.classes import class_name
from compliance.worlds.change import CANCELS_OF, CODES_OF, concerns
from compliance.worlds.life import CANCELLED, NOT_ENTERED, OPEN, REFUSED, Life, Lives
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Access, ChangedCount, ChangedOrder, Fate, PartyAccess
from compliance.worlds.slices import SLICES, Slices
from engine.book.entities import Instrument
from engine.vocabulary.codes import BY_REQUEST, COMPLIANCE, EXPIRED, IOC_REST, MASS_CANCEL, REPLACED, SIDES

MAX_TOLD: Final = 100
"""Changed orders that are told one by one, and investors."""

LET_IN: Final = "let in"
KEPT_OUT: Final = "kept out"
REFUSED_OTHERWISE: Final = "refused otherwise"
ONLY_RECORDED: Final = "only in the recording"
ONLY_OTHER: Final = "only in the other world"
FILLED_MORE: Final = "filled more"
FILLED_LESS: Final = "filled less"
OTHER_PRICE: Final = "other price"
ENDED_OTHERWISE: Final = "ended otherwise"

OTHER_TRADES: Final = "other trades"
OWN_WISHES: Final = (BY_REQUEST, MASS_CANCEL, IOC_REST, EXPIRED, REPLACED)
"""Reasons of cancels that say nothing of why less was filled before."""
TIER_RULES: Final = ("LIQ-1", "LIQ-2")
"""What is highly liquid; RET-2 asks for it."""
ASKS_FOR_TIER: Final = "RET-2"


class Fates:
    """Compares the orders of two worlds.

    Args:
        recorded: those of the recording.
        other: those of the other world.
        instruments: of either, by name.
        change: what is otherwise.
        slices: of the time that is looked at.
    """

    def __init__(
        self, recorded: Lives, other: Lives, instruments: dict[str, Instrument], change: Change, slices: Slices
    ) -> None:
        self.rules: Final[dict[str, bool]] = {}
        """Rules that were set otherwise at some time, in order of appearance."""
        self.orders: int = 0
        """Compared so far."""
        self.directly: int = 0
        self.followed: int = 0
        self._recorded: Final = recorded
        self._other: Final = other
        self._instruments: Final = instruments
        self._change: Final = change
        self._counts: Final[dict[tuple[str, bool, str, int, str], int]] = {}
        self._first: Final[list[tuple[int, int, int, ChangedOrder]]] = []
        """A heap of the first ones, the last of them on top."""
        self._parties: Final[dict[str, PartyAccess]] = {}
        self.directly_at: Final[list[int]] = [0] * SLICES
        self.followed_at: Final[list[int]] = [0] * SLICES
        """How many of the orders that came in a slice of time have another fate."""
        self._slices: Final = slices

    def settle(self, are_done: bool) -> None:
        """Compare what has ended. `are_done`: neither world is in the middle of a command, so what one lacks it will never have."""
        if not are_done:
            return
        for own, others in ((self._recorded, self._other), (self._other, self._recorded)):
            for key in own.ended:
                life, beside = own.by_id.get(key), others.by_id.get(key)
                if life is None or (beside is not None and beside.outcome == OPEN):
                    # It is compared already, or is when the other one ends.
                    continue
                self._settle(key)
            own.ended.clear()

    def finish(self) -> None:
        """Compare all that is left, as it stands."""
        for lives in (self._recorded, self._other):
            for key in list(lives.by_id):
                self._settle(key)

    def changed(self) -> list[ChangedCount]:
        """How many orders have another fate, the most first."""
        found = [
            ChangedCount(change, directly, by, class_name(investor_class), instrument, count)
            for (change, directly, by, investor_class, instrument), count in self._counts.items()
        ]
        return sorted(
            found, key=lambda each: (-each.orders, each.change, each.by, each.investor_class, each.instrument)
        )

    def first_changed(self) -> list[ChangedOrder]:
        """The first ones, in the order in which they came."""
        return [entry[3] for entry in sorted(self._first, reverse=True)]

    def access(self) -> list[Access]:
        """Whom the change lets in and keeps out, by class."""
        found: dict[str, Access] = {}
        for party in self._parties.values():
            each = found.setdefault(party.investor_class, Access(party.investor_class, 0, 0, 0, 0, 0))
            each.orders_let_in += party.orders_let_in
            each.orders_kept_out += party.orders_kept_out
            if party.orders_let_in and party.orders_kept_out:
                each.both += 1
            elif party.orders_let_in:
                each.gained += 1
            else:
                each.lost += 1
        return [found[name] for name in sorted(found)]

    def parties(self) -> list[PartyAccess]:
        """The investors concerned most."""
        most = sorted(
            self._parties.values(), key=lambda each: (-each.orders_let_in - each.orders_kept_out, each.investor)
        )
        return most[:MAX_TOLD]

    def _settle(self, key: int) -> None:
        one, two = self._recorded.by_id.pop(key, None), self._other.by_id.pop(key, None)
        self.orders += 1
        if one is not None and two is not None and one.is_like(two):
            return
        change = _change_of(one, two)
        by = self._direct_cause(one, two)
        directly = by != ""
        life = one or two
        assert life is not None
        by = by or _followed_cause(one, two)
        self.directly += directly
        self.followed += not directly
        place = (change, directly, by, life.investor_class, life.instrument)
        self._counts[place] = self._counts.get(place, 0) + 1
        (self.directly_at if directly else self.followed_at)[self._slices.place(life.time_ns)] += 1
        self._note_access(one, two)
        self._note_first(key, (one, two), (change, directly, by))

    def _note_first(self, key: int, lives: tuple[Life | None, Life | None], what: tuple[str, bool, str]) -> None:
        """Keep it if it is among the first."""
        first = self._first
        one, two = lives
        life = one or two
        assert life is not None
        # Two quotes can have one id, each in its world.
        place = (-life.seq, -life.order_id, -key)
        if len(first) == MAX_TOLD and place <= first[0][:3]:
            return
        instrument = self._instruments.get(life.instrument)
        none = Fate(NOT_ENTERED)
        told = ChangedOrder(
            life.order_id,
            life.seq,
            life.time_ns,
            life.account,
            life.investor,
            life.class_name,
            life.instrument,
            SIDES[life.side] if life.side in (0, 1) else "",
            none if one is None else one.fate(instrument),
            none if two is None else two.fate(instrument),
            what[0],
            what[1],
            what[2],
        )
        entry = (*place, told)
        if len(first) < MAX_TOLD:
            heapq.heappush(first, entry)
        else:
            heapq.heapreplace(first, entry)

    def _note_access(self, one: Life | None, two: Life | None) -> None:
        """Count an order that rules refuse in one world and that comes in in the other."""
        if one is None or two is None or not one.investor:
            return
        is_let_in = _by_rule(one) and two.outcome != REFUSED
        is_kept_out = _by_rule(two) and one.outcome != REFUSED
        if is_let_in or is_kept_out:
            party = self._parties.setdefault(one.investor, PartyAccess(one.investor, one.class_name, 0, 0))
            party.orders_let_in += is_let_in
            party.orders_kept_out += is_kept_out

    def _direct_cause(self, one: Life | None, two: Life | None) -> str:
        """What of the change itself made the difference: the rule, or the code of a setting of the instrument; empty: something that followed.

        The rule refused or cancelled the order in one world and not in the other, or refused to change it; and it is set otherwise, or
        the investor has another class.
        """
        if one is None or two is None:
            return ""
        if one.rule != two.rule:
            for rule in (one.rule, two.rule):
                if rule and (self._is_set_otherwise(rule) or one.investor_class != two.investor_class):
                    return rule
        elif one.refused_request != two.refused_request:
            for rule in (one.refused_request, two.refused_request):
                if rule and (self._is_set_otherwise(rule) or one.investor_class != two.investor_class):
                    return rule
        if (one.outcome, one.code) != (two.outcome, two.code):
            for key in concerns(self._change, one.instrument):
                for life in (one, two):
                    decides = CODES_OF if life.outcome == REFUSED else CANCELS_OF if life.outcome == CANCELLED else {}
                    if life.code in decides.get(key, ()):
                        return f"{one.instrument}.{key}"
        return ""

    def _is_set_otherwise(self, rule: str) -> bool:
        return rule in self.rules or (rule == ASKS_FOR_TIER and any(each in self.rules for each in TIER_RULES))


def _by_rule(life: Life) -> bool:
    return life.outcome == REFUSED and life.code == COMPLIANCE


def _change_of(one: Life | None, two: Life | None) -> str:
    """In which way two fates differ."""
    if one is None:
        return ONLY_OTHER
    if two is None:
        return ONLY_RECORDED
    if REFUSED in (one.outcome, two.outcome):
        return REFUSED_OTHERWISE if one.outcome == two.outcome else LET_IN if one.outcome == REFUSED else KEPT_OUT
    if one.filled_lots != two.filled_lots:
        return FILLED_MORE if two.filled_lots > one.filled_lots else FILLED_LESS
    return OTHER_PRICE if one.tick_lots != two.tick_lots else ENDED_OTHERWISE


def _followed_cause(one: Life | None, two: Life | None) -> str:
    """What followed from the change and made the difference."""
    if one is None or two is None:
        return "other requests"
    for life, beside in ((two, one), (one, two)):
        is_own_wish = life.outcome == CANCELLED and life.code in OWN_WISHES
        if life.outcome in (REFUSED, CANCELLED) and not is_own_wish and not life.ended_like(beside):
            return life.rule or life.why
    if one.filled_lots != two.filled_lots or one.tick_lots != two.tick_lots:
        return OTHER_TRADES
    return two.why or one.why
