"""DISC-1: what is no disclosure, who may publish one, what an explanation says, and every way by which it comes into force."""

from __future__ import annotations

import msgspec
import pytest

from compliance.explain import DECIDED, PASSED
from compliance.rules.disc_1 import percent
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_TEXT_CHARS
from engine.vocabulary.messages.commands import (
    EffectiveFrom,
    IssueAsset,
    ListInstrument,
    LoadRulebook,
    PublishDisclosure,
    SetParameter,
    Tick,
)
from engine.vocabulary.messages.events import CommandRejected, Event, OrderAccepted, OrderCancelled, RegistryChanged
from tests.support.compliance.venue import DISCLOSED, INSTRUMENTS, Venue, documents, moscow_ns, rules_of
from tests.support.compliance.watched_venue import WatchedVenue, by_rule

METAL = next(each for each in DISCLOSED if each.asset == "METAL")
POOR = msgspec.structs.replace(METAL, cover_ppm=999_999)


def refusal(venue: Venue, command: PublishDisclosure) -> tuple[int, str]:
    (event,) = venue.apply(command)
    assert isinstance(event, CommandRejected), event
    return event.code, event.detail


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"asset": "NONE"}, codes.COMPLIANCE, "unknown asset NONE"),
        ({"asset": "BTC"}, codes.COMPLIANCE, "BTC has no issuer here"),
        ({"asset": "USDT"}, codes.COMPLIANCE, "USDT has no issuer here"),
        ({"issuer": "mint"}, codes.PERMISSION, "mint is not the issuer of METAL"),
        ({"digest": "a" * 63}, codes.COMPLIANCE, "64 hexadecimal digits"),
        ({"digest": "A" * 64}, codes.COMPLIANCE, "64 hexadecimal digits"),
        ({"title": " "}, codes.COMPLIANCE, "title must be one"),
        ({"title": "x" * (MAX_TEXT_CHARS + 1)}, codes.COMPLIANCE, "title must be one"),
        ({"title": "a\x1b"}, codes.COMPLIANCE, "title must be one"),
        ({"cover_ppm": -1}, codes.COMPLIANCE, "cover_ppm must be from 0 to 1000000000"),
        ({"cover_ppm": 10**9 + 1}, codes.COMPLIANCE, "cover_ppm must be from 0 to 1000000000"),
        ({"until": "2026-05-31"}, codes.COMPLIANCE, "2026-06-01 or later"),
        ({"until": "tomorrow"}, codes.COMPLIANCE, "2026-06-01 or later"),
    ],
)
def test_what_is_no_disclosure(changes: dict[str, object], code: int, words: str) -> None:
    venue = Venue()
    found, said = refusal(venue, msgspec.structs.replace(METAL, **changes))
    assert found == code and words in said, said
    # It changes nothing.
    assert rules_of(venue.buy("dealer", "1", "METAL/RUB", "100")) == ()


def test_the_issuer_and_the_venue_publish_and_the_last_one_counts() -> None:
    venue = Venue()
    for issuer, cover, until in (("smelter", 1_500_000, "2026-06-01"), ("", 1_000_000, "")):
        (event,) = venue.do(msgspec.structs.replace(METAL, issuer=issuer, cover_ppm=cover, until=until, by="ann"))
        assert isinstance(event, RegistryChanged) and (event.what, event.key) == ("disclosure", "METAL")
        assert f"cover {percent(cover)} %, counts to {until or 'the next one'}" in event.detail
    record = venue.hook.intake.registry.assets["METAL"].disclosure
    assert record is not None and (record.cover_ppm, record.by, record.published_ns) == (10**6, "ann", venue.time_ns)


@pytest.mark.parametrize(
    ("ppm", "text"), [(0, "0.00"), (1, "0.0001"), (999_999, "99.9999"), (10**6, "100.00"), (1_025_100, "102.51")]
)
def test_a_cover_as_people_read_it(ppm: int, text: str) -> None:
    assert percent(ppm) == text


def test_what_an_explanation_says() -> None:
    venue = WatchedVenue("general-2026")
    venue.buy("dealer", "1", "METAL/RUB", "100")
    found = by_rule(venue.last())["DISC-1"]
    assert (found.outcome, found.arithmetic) == (PASSED, "cover 100.00 >= 100.00 %")
    venue.do(msgspec.structs.replace(POOR, until="2026-06-30"))
    venue.buy("dealer", "1", "METAL/RUB", "100")
    found = by_rule(venue.last())["DISC-1"]
    assert (found.outcome, found.arithmetic) == (DECIDED, "cover 99.9999 < 100.00 %; 2026-06-01 <= 2026-06-30")
    assert ("cover", "99.9999 %") in found.inputs and ("counts to", "2026-06-30") in found.inputs


def resting(venue: Venue) -> int:
    """A purchase of METAL that rests."""
    event = venue.buy("dealer", "1", "METAL/RUB", "100")
    assert isinstance(event, OrderAccepted)
    return event.order_id


def cancelled(events: list[Event]) -> list[tuple[int, str]]:
    return [(each.order_id, each.rule) for each in events if isinstance(each, OrderCancelled)]


def test_each_way_by_which_a_purchase_may_become_forbidden_cancels_it() -> None:
    venue = Venue()
    order = resting(venue)
    assert cancelled(venue.do(POOR)) == [(order, "DISC-1")]
    venue.do(METAL)
    # By its date.
    order = resting(venue)
    later = moscow_ns("2026-06-05 10:00:00")
    venue.do(EffectiveFrom(later, POOR, "the reserve is sold", "sue"))
    venue.time_ns = later
    assert cancelled(venue.apply(Tick())) == [(order, "DISC-1")]
    venue.do(METAL)
    # By a parameter, and by another rulebook.
    order = resting(venue)
    assert cancelled(venue.do(SetParameter("DISC-1", "min_cover", "100.01", "stricter", "sue"))) == [(order, "DISC-1")]
    texts = documents("general-2026")
    off = SetParameter("DISC-1", "enabled", "false", "a trial", "sue")
    venue.do(off)
    venue.do(POOR)
    order = resting(venue)
    assert cancelled(venue.do(LoadRulebook("general-2026", texts))) == [(order, "DISC-1")]


def test_a_better_disclosure_looks_at_nobody_and_a_sale_is_never_refused() -> None:
    venue = Venue()
    venue.do(IssueAsset("METAL", "firm", 5_00))
    assert rules_of(venue.sell("firm", "1", "METAL/RUB", "200")) == ()
    assert cancelled(venue.do(POOR)) == []
    assert rules_of(venue.sell("firm", "1", "METAL/RUB", "200")) == ()
    assert rules_of(venue.buy("dealer", "1", "METAL/RUB", "100")) == ("DISC-1",)


def test_a_future_needs_no_disclosure_of_the_series_it_is_called_after() -> None:
    venue = Venue()
    listing = next(each for each in INSTRUMENTS if each.instrument == "BTC-FUT")
    venue.do(msgspec.structs.replace(POOR, asset="BTC-FUT"))
    venue.do(msgspec.structs.replace(listing, instrument="BTC-FUT-2"))
    note = next(each for each in INSTRUMENTS if each.instrument == "BTC-NOTE")
    venue.do(msgspec.structs.replace(POOR, asset="BTC-NOTE"))
    (event,) = venue.apply(msgspec.structs.replace(note, instrument="BTC-NOTE-2"))
    assert isinstance(event, CommandRejected) and "the cover of BTC-NOTE is 99.9999 %, least 100.00 %" in event.detail


def test_without_the_rule_anything_is_listed() -> None:
    venue = Venue("general-2026", (("DISC-1", "enabled", "false"),))
    metal = next(each for each in INSTRUMENTS if each.instrument == "METAL/RUB")
    venue.do(POOR)
    assert isinstance(metal, ListInstrument)
    venue.do(msgspec.structs.replace(metal, instrument="METAL/RUB-2"))
    assert rules_of(venue.buy("dealer", "1", "METAL/RUB", "100")) == ()
