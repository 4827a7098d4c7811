"""What is kept for clients that reconnect has a bound over all accounts, however the reports fall on them."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.build import is_compiled
from engine.vocabulary.limits import MAX_KEPT_REPORTS, MAX_RECENT_REPORTS
from engine.vocabulary.messages.events import MassCancelled
from gateway.outbound.private_reports import recent as module
from gateway.outbound.private_reports.recent import RecentReports
from gateway.outbound.private_reports.report import PrivateReport


class Kept:
    """Recent reports, and how many there were of each account."""

    def __init__(self, accounts: int) -> None:
        self.recent = RecentReports()
        self.made: Counter[str] = Counter()
        self.names = [f"account-{number}" for number in range(accounts)]
        for name in self.names:
            self.recent.open(name)

    def add(self, place: int, count: int = 1) -> None:
        name = self.names[place]
        for _ in range(count):
            self.made[name] += 1
            seq = self.made[name]
            self.recent.add(PrivateReport(name, seq, MassCancelled(name, seq, 1), (seq, seq), 0))

    def sizes(self) -> list[int]:
        """How many each account has; they are its last ones, without a gap, and at least the last."""
        for name in self.names:
            kept = [report.seq for report in self.recent.of(name)]
            last = self.made[name]
            assert kept == list(range(last - len(kept) + 1, last + 1))
            assert bool(kept) == bool(last)
        return [len(self.recent.of(name)) for name in self.names]


@pytest.mark.skipif(is_compiled(), reason="a compiled module has its bounds built in")
@given(
    accounts=st.integers(1, 40),
    max_kept=st.sampled_from((4, 10, 64, 100)),
    max_recent=st.sampled_from((2, 3, 10, 16)),
    seed=st.integers(0, 1_000_000),
)
def test_no_more_is_kept_than_may_be_and_of_each_account_its_last(accounts, max_kept, max_recent, seed):
    chance = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_KEPT_REPORTS", max_kept)
        patch.setattr(module, "MAX_RECENT_REPORTS", max_recent)
        kept = Kept(accounts)
        busy = chance.randrange(accounts)
        for _ in range(chance.randrange(400)):
            kept.add(busy if chance.random() < 0.3 else chance.randrange(accounts), chance.choice((1, 1, 1, 7)))
            if chance.random() < 0.05:
                sizes = kept.sizes()
                assert sum(size for size in sizes if size > 1) <= max_kept
                assert max(sizes) <= max_recent
        sizes = kept.sizes()
        assert sum(size for size in sizes if size > 1) <= max_kept


def test_the_bound_over_all_is_reached_and_not_passed():
    """As many accounts as can be full, and some: then those with the most have lost half, and nobody with few anything."""
    kept = Kept(80)
    few = 10
    for place in range(few):
        kept.add(place, 100)
    for place in range(few, 80):
        kept.add(place, MAX_RECENT_REPORTS + 5)
    sizes = kept.sizes()
    assert sizes[:few] == [100] * few
    assert MAX_KEPT_REPORTS // 2 < sum(sizes) <= MAX_KEPT_REPORTS
    assert max(sizes) == MAX_RECENT_REPORTS
    assert min(sizes[few:]) >= MAX_RECENT_REPORTS // 5


@pytest.mark.skipif(is_compiled(), reason="a compiled module has its bounds built in")
def test_who_has_had_the_most_for_longest_loses_the_older_half(monkeypatch):
    monkeypatch.setattr(module, "MAX_KEPT_REPORTS", 64)
    monkeypatch.setattr(module, "MAX_RECENT_REPORTS", 1_000)
    kept = Kept(5)
    kept.add(0, 12)
    kept.add(1, 15)
    kept.add(2, 15)
    kept.add(3, 7)
    # With the next one the fourth may have 15, as they may: 64 in all.
    kept.add(3)
    assert kept.sizes() == [12, 15, 15, 8, 0]
    # With 16 the second has the most of all.
    kept.add(1)
    assert kept.sizes() == [12, 8, 15, 8, 0]
    # Now four have 8 to 15, the first of them for longest.
    kept.add(4, 2)
    assert kept.sizes() == [4, 8, 15, 8, 2]
