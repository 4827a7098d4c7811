"""Which reports are sent, which wait, and what happens when the venue takes no more."""

from __future__ import annotations

from compliance.surveillance.base.finding import Finding
from compliance.surveillance.surveillance import Episode
from engine.phases.cases import MAX_ALERTS_PER_DETECTOR
from engine.vocabulary.messages.events import AlertDismissed, AlertRaised, CaseOpened
from gateway.alerting.outbox import HOUR_NS, MAX_WAITING, PER_HOUR, Outbox

NOW = 10**18


def episode(number: int, detector: str = "layering", account: str = "a", seq: int = 0) -> Episode:
    finding = Finding(
        f"k{number}",
        investors=[account],
        accounts=[account],
        instruments=["X"],
        seqs=[number],
        first_seq=number,
        figures={},
        note="n",
    )
    return Episode(number, detector, "v", finding, seq=seq or number + 5, time_ns=NOW, row_ns=NOW, goes_on=0)


def raised(
    alert: int, detector: str = "layering", account: str = "a", *, first: int = 1, last: int = 5, market: str = "X"
) -> AlertRaised:
    return AlertRaised(
        alert, detector, "v", detector, (account,), (account,), (market,), (first,), first, last, {}, "", "s"
    )


def test_they_go_in_order_and_what_was_raised_before_is_not_sent_again() -> None:
    outbox = Outbox()
    for number in (1, 20, 40):
        outbox.add(episode(number))
    # Found by a start that reads the journal again: it was raised while the first run was there.
    found = outbox.take(raised(99, first=1, last=6), NOW)
    assert found is not None and found.alert == 99
    assert outbox.take(raised(100, account="b", first=20, last=25), NOW) is not None, "about somebody else"
    assert outbox.take(raised(101, first=20, last=25, market="Y"), NOW) is not None, "about another market"
    assert [each.number for each in outbox.waiting] == [20, 40]
    first = outbox.next(NOW)
    assert first is not None and first.number == 20
    outbox.put_back(first)
    assert outbox.next(NOW) is first


def test_a_detector_that_has_all_its_alerts_open_waits_until_one_has_ended() -> None:
    outbox = Outbox()
    for number in range(MAX_ALERTS_PER_DETECTOR):
        outbox.take(raised(1_000 + number), NOW - 2 * HOUR_NS)
    outbox.add(episode(1))
    outbox.add(episode(2, "wash_trade"))
    sent = outbox.next(NOW)
    assert sent is not None and sent.detector == "wash_trade" and outbox.next(NOW) is None
    outbox.take(AlertDismissed(1_000, "layering", "layering", "s", "supervisor", "why"), NOW)
    assert outbox.next(NOW) is not None
    outbox.add(episode(3))
    outbox.take(CaseOpened(5, "layering", (), (), (), 1_001, "why", "supervisor"), NOW)
    assert outbox.next(NOW) is not None


def test_no_more_than_so_many_of_one_detector_in_an_hour() -> None:
    outbox = Outbox()
    for number in range(PER_HOUR):
        outbox.take(raised(1_000 + number), NOW + number)
    outbox.add(episode(1))
    assert outbox.next(NOW + HOUR_NS) is None
    assert outbox.next(NOW + HOUR_NS + 1) is not None


def test_of_too_many_that_wait_the_oldest_are_given_up_and_counted() -> None:
    outbox = Outbox()
    for number in range(MAX_WAITING + 3):
        outbox.add(episode(number + 1))
    assert len(outbox.waiting) == MAX_WAITING and outbox.given_up == 3
    assert outbox.waiting[0].number == 4
