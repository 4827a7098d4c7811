"""Episodes, settings, versions, and what all detectors share."""

from __future__ import annotations

import pytest

from compliance.hook import ComplianceHook
from compliance.rules.abuse_1 import TERMS
from compliance.surveillance.base.parameters import ParametersError
from compliance.surveillance.catalogue import DETECTORS, document, settings_of
from compliance.surveillance.surveillance import Surveillance
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from tests.compliance.surveillance.surveilled import MIDDLE, Surveilled
from tests.compliance.surveillance.test_detectors import cross
from tests.support.engine.draws.everything import Everything


def test_every_detector_says_what_it_is_and_is_about_a_term_of_the_rule() -> None:
    assert [row.term for row in DETECTORS.values()] == list(DETECTORS)
    assert list(DETECTORS) == list(TERMS), "one for each term that may be banned, in that order"
    for name, row in DETECTORS.items():
        assert row.name == name and row.make.__module__ == f"compliance.surveillance.detectors.{name}"
        for text in (row.definition, row.source, row.misses, row.memory):
            assert len(text) > 15, name
        assert all(each.words.endswith(".") for each in row.parameters), name


def test_an_episode_is_reported_once_until_it_was_quiet_for_a_while() -> None:
    venue = Surveilled("wash_trade", parameters="[wash_trade]\nquiet_s = 60\nagain_s = 1000\nlinked_trades = 1\n")
    venue.person("one", keys=("a",))
    venue.person("two", owners=("a",))
    cross(venue, "one", "two")
    cross(venue, "two", "one")
    venue.wait(50)
    cross(venue, "one", "two")
    assert [(each.number, each.seen, each.goes_on) for each in venue.reports] == [(1, 3, 0)]
    venue.wait(61)
    cross(venue, "one", "two")
    assert [(each.number, each.goes_on) for each in venue.reports] == [(1, 0), (2, 0)]


def test_an_episode_that_goes_on_is_reported_again_after_its_time() -> None:
    venue = Surveilled("wash_trade", parameters="[wash_trade]\nquiet_s = 60\nagain_s = 100\nlinked_trades = 1\n")
    venue.person("one", keys=("a",))
    venue.person("two", owners=("a",))
    for _ in range(6):
        cross(venue, "one", "two", gap_s=20)
    assert [each.goes_on for each in venue.reports] == [0, 1]


def test_settings_are_read_and_have_a_version_of_their_own() -> None:
    declared, other = settings_of(), settings_of("[layering]\ntimes = 3\n")
    assert other["layering"]["times"] == 3 and declared["layering"]["times"] != 3
    assert [name for name in DETECTORS if declared[name].version != other[name].version] == ["layering"]
    assert settings_of(f"[layering]\ntimes = {declared['layering']['times']}")["layering"].version == (
        declared["layering"].version
    ), "it is the values that make a version, not the document"
    printed = settings_of(document(other))
    assert {name: each.version for name, each in printed.items()} == {
        name: each.version for name, each in other.items()
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[layring]\n", "layring: there is no such detector"),
        ("[layering]\ntims = 3\n", "layering.tims: there is no such parameter"),
        ("[layering]\ntimes = 0\n", "layering.times: from 1"),
        ("[layering]\ntimes = 2.5\n", "layering.times: a whole number"),
        ("[layering]\ntimes = true\n", "layering.times: a whole number"),
        ("[layering]\nenabled = 1\n", "layering.enabled: true or false"),
        ("layering = 3\n", "layering: write it as a table"),
        ("[layering\n", "not TOML"),
        ("[circular_trading]\nparties = 2\n", "circular_trading.parties: from 3"),
        ("#" * 100_001, "longer than 100,000"),
    ],
)
def test_a_document_that_is_wrong_says_where(text: str, says: str) -> None:
    with pytest.raises(ParametersError, match=says.replace("(", r"\(")):
        settings_of(text)


def test_one_that_is_switched_off_does_not_look() -> None:
    venue = Surveilled(parameters="[wash_trade]\nenabled = false\n")
    assert venue.surveillance.detectors == [name for name in DETECTORS if name != "wash_trade"]
    venue.person("one", keys=("a",))
    venue.person("two", owners=("a",))
    for _ in range(4):
        cross(venue, "one", "two")
    assert "wash_trade" not in venue.found


def test_time_that_passes_without_a_row_finds_what_the_next_row_would() -> None:
    reports = []
    for looks in (True, False):
        venue = Surveilled("layering")
        venue.quoted()
        venue.person("trader")
        for _ in range(2):
            orders = [venue.buy("trader", MIDDLE - 11 - level, 200) for level in range(4)]
            venue.sell("trader", MIDDLE - 10, 5, ioc=True)
            for order in orders:
                venue.cancel("trader", order)
            if looks:
                venue.reports += venue.surveillance.look(venue.time_ns + 2_000_000_000)
            venue.wait(20)
        reports.append([(each.finding.seqs, each.seq, each.finding.figures) for each in venue.reports])
        assert venue.found == ["layering"]
    (looked,), (waited,) = reports
    assert looked[0] == waited[0] and looked[2] == waited[2]
    assert looked[1] < waited[1], "only sooner"


@pytest.mark.parametrize("seed", range(8))
def test_detectors_see_the_venue_as_it_is_whatever_happens(seed: int) -> None:
    exchange = Exchange(ComplianceHook() if seed % 4 else PreTradeHook())
    drawn = Everything(seed, exchange, ("", "elr-2025", "general-2026", "elr-2025")[seed % 4])
    surveillance = Surveillance(settings_of())
    start = drawn.setup()
    for number in range(len(start) + 400):
        command = start[number] if number < len(start) else drawn.step()
        events = drawn.send(command)
        surveillance.take(exchange.seq, drawn.time_ns, command, events)
    view = surveillance.view
    for name, book in exchange.books.items():
        market = view.markets[name]
        for side in (0, 1):
            assert sorted(market.levels[side].items()) == sorted(book.levels(side, 10_000)), (name, side)
        assert market.phase == book.phase, name
    assert {account: holder.party.name for account, holder in view.people.holders.items()} == {
        name: account.owner.investor for name, account in exchange.accounts.items()
    }
    assert sum(len(orders) for orders in view.open.values()) == len(view.orders)
    assert sorted(view.orders) == sorted(
        order_id for account in exchange.accounts.values() for order_id in account.open_orders
    )
