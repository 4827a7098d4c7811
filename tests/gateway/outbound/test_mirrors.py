"""Mirrors that were saved between two commands and made again go on as those that never stopped, to the byte."""

from __future__ import annotations

import pytest

from gateway.core import new_exchange
from gateway.outbound.fanout import Fanout
from gateway.outbound.private_reports.report import PrivateReport
from tests.support.engine.draws.everything import Everything
from tests.support.gateway.feeds.listened import Listened, copied

RULEBOOKS = ("general-2026", "elr-2025", "derivatives-2025")


def told(report: PrivateReport) -> tuple[object, ...]:
    """All there is to a report."""
    who = (report.account, report.seq, report.as_first, report.title)
    return (*who, report.event, report.command_seq, report.time_ns, report.place)


def compare(seed: int, commands: int, every: int) -> int:
    """Feed two mirrors with a random session: one from its beginning, the other made again and again. Returns how many frames were equal."""
    drawn = Everything(seed, new_exchange(), RULEBOOKS[seed % len(RULEBOOKS)])
    exchange = drawn.exchange
    whole, cut = Listened(Fanout()), Listened(Fanout())
    compared = 0
    rows = []
    begun = drawn.setup()
    for number in range(commands):
        command = begun[number] if number < len(begun) else drawn.step()
        events = drawn.send(command)
        row = (exchange.seq, drawn.history[-1].time_ns, command, events)
        rows.append(row)
        for each in (whole, cut):
            each.join()
            each.fanout.publish(row, None, 0, exchange.due_events)
            each.fanout.end_turn()
        assert cut.outbox.frames == whole.outbox.frames
        compared += len(whole.outbox.frames)
        assert whole.firsts_of_copies() == whole.firsts()
        for each in (whole, cut):
            each.outbox.frames.clear()
            each.fanout.dirty.clear()
        if not exchange.is_unfinished and drawn.chance.random() * every < 1:
            cut = Listened(copied(cut.fanout, exchange))
            assert cut.fanout.state() == whole.fanout.state()
            assert cut.firsts() == whole.firsts()
            assert cut.last_reports() == whole.last_reports()
            assert (cut.fanout.seq, cut.fanout.rulebook) == (whole.fanout.seq, whole.fanout.rulebook)
    again = [report for row in rows for report in cut.fanout.past_reports(row[0], row[1], row[3]) if report.seq]
    for account in whole.fanout.reports.owners:
        first, last = whole.fanout.reports.first_kept(account), whole.fanout.reports.last_seq(account)
        kept = whole.fanout.reports.after(account, first - 1, last)
        assert kept is not None
        expected = [told(each) for each in again if each.account == account and each.seq >= first]
        assert [told(each) for each in kept] == expected
        # What was made again has those since, and says so of those before.
        first = cut.fanout.reports.first_kept(account)
        since = cut.fanout.reports.after(account, first - 1, last)
        assert since is not None
        assert [told(each) for each in since] == [told(each) for each in kept if each.seq >= first]
        assert first == 1 or cut.fanout.reports.after(account, first - 2, last) is None
    return compared


@pytest.mark.parametrize("seed", range(2))
def test_mirrors_made_again_go_on_as_if_nothing_had_been(seed):
    assert compare(seed, 450, 40) > 500


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 140))
def test_mirrors_made_again_in_long_sessions(seed):
    assert compare(seed, 6_000, 100) > 10_000
