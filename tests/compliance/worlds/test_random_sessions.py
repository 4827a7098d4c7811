"""Random sessions of everything that a venue can do, under other rules: without a change nothing differs; with one, all figures are right."""

from __future__ import annotations

import pytest

from compliance import ComplianceHook, load_rulebook
from compliance.rulebook.wording import setting_text, stages_of
from compliance.worlds.fates import MAX_TOLD
from compliance.worlds.messages.change import Change, Setting
from engine.build import is_compiled
from engine.exchange import Exchange
from engine.record.rows import encode_events
from engine.vocabulary.limits import LEG_ID
from engine.vocabulary.messages.commands import MassQuote, Sequenced
from tests.support.compliance.counted_anew import CountedAnew
from tests.support.compliance.worlds import Compared, change_of
from tests.support.engine.draws.everything import PARAMETERS, RULEBOOKS, Everything

COMMANDS = 700


def session(seed: int) -> list[Sequenced]:
    """A session under the general rulebook, which others may follow."""
    drawn = Everything(seed, Exchange(ComplianceHook()), "general-2026")
    for command in drawn.setup():
        drawn.send(command)
    for _ in range(COMMANDS):
        drawn.send(drawn.step())
    return drawn.history


def as_they_are() -> list[Setting]:
    """What all built-in rulebooks set alike and the sessions never set, as it is."""
    books = [load_rulebook(*each) for each in RULEBOOKS.values()]
    found = []
    for rule, data in books[0].rules.items():
        if all(rule in book.rules for book in books):
            for key in ("enabled", *data.declared.parameters):
                texts = {setting_text(book.rules[rule], key) for book in books}
                # A value that changes by date is set to one that does not.
                is_dated = key != "enabled" and len(stages_of(data, key)) > 1
                if len(texts) == 1 and not is_dated and (rule, key) not in {each[:2] for each in PARAMETERS}:
                    found.append(Setting(rule, key, texts.pop()))
    return found


@pytest.mark.parametrize("seed", range(6 if is_compiled() else 1))
def test_a_change_of_nothing_changes_nothing(seed: int) -> None:
    history = session(seed)
    settings = as_they_are()
    assert len(settings) > 5
    middle = history[len(history) // 2].time_ns
    for change in (
        Change(tuple(settings)),
        Change(tuple(settings), from_ns=middle),
        Change(from_seq=len(history) - 200),
    ):
        worlds = Compared(history, change)
        result = worlds.result()
        assert [encode_events(each) for each in worlds.other] == [encode_events(each) for each in worlds.recorded]
        assert result.recorded == result.other
        assert (result.changed, result.first_changed, result.access, result.skipped) == ([], [], [], [])
        assert (result.rules_changed, result.put_in) == ([], {})
        assert (result.commands_affected, result.orders_directly, result.orders_followed) == (0, 0, 0)


CHANGES = (
    change_of("OPS-1.qualified_rub=500.00", "OPS-1.qualified_firm_rub=500.00", "SAN-1.enabled=false"),
    change_of("*.static_ppm=20000", "*.taker_fee_ppm=5000", "ANON-1.enabled=false"),
    Change(rulebook="elr-2025", documents=RULEBOOKS["elr-2025"][1]),
    change_of("OPS-1.qualified_rub=100", "*.batch_ns=1000000000", from_seq=300),
)


class Watched(Compared):
    """Both worlds counted anew on the way."""

    counted: tuple[CountedAnew, CountedAnew] | None = None

    def before(self, seq: int) -> None:
        assert self.comparison is not None
        if self.counted is None:
            worlds = self.comparison.recorded, self.comparison.other.exchange
            self.counted = CountedAnew(worlds[0]), CountedAnew(worlds[1])
        for each in self.counted:
            each.look()

    def after(self, seq: int) -> None:
        assert self.counted is not None
        for counted, events in zip(self.counted, (self.recorded[-1], self.other[-1]), strict=True):
            counted.take(self.history[seq - 1].command, events)


@pytest.mark.parametrize("place", range(len(CHANGES)))
@pytest.mark.parametrize("seed", range(2 if is_compiled() else 1))
def test_figures_are_what_the_events_add_up_to(seed: int, place: int) -> None:
    change = CHANGES[place]
    worlds = Watched(session(100 + seed), change)
    result = worlds.result()
    assert worlds.counted is not None
    one, two = worlds.counted
    one.check(result.recorded)
    assert result.commands == len(worlds.recorded)
    # Of what is put in, and of orders that were open before the change, nothing was counted here.
    if result.put_in or change.from_seq:
        return
    two.check(result.other)
    ids = [order_id for order_id in sorted({*one.ends, *two.ends}) if order_id < LEG_ID]
    differing = [order_id for order_id in ids if one.fate(order_id) != two.fate(order_id)]
    # The first legs of ladders count as quotes in one world and may in the other be another one.
    told = [each.order_id for each in result.first_changed if each.order_id < LEG_ID]
    assert told
    assert [order_id for order_id in told if order_id not in differing and not is_ladder(worlds, order_id)] == []
    if len(result.first_changed) < MAX_TOLD:
        assert [order_id for order_id in differing if order_id not in told and not is_ladder(worlds, order_id)] == []
    assert any(each.directly for each in result.changed)


def is_ladder(worlds: Watched, order_id: int) -> bool:
    return isinstance(worlds.history[order_id - 1].command, MassQuote)
