"""Trading rules, trading day, custody and figures, set on a live venue by `sbx control`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.cli.main import group
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

INSTRUMENT = "BTC/RUB"
FIGURES = ("market_cap_rub=6000000000000", "turnover_rub=1200000000000", "history_years=6")


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("ruled")) as found:
        yield found


def control(venue: LiveVenue, *arguments: str, by: str = "operator", status: int = 0) -> str:
    """What a command prints to either end."""
    head = ["control", "--url", venue.url, "--key", str(venue.key(by))]
    found = CliRunner().invoke(group, [*head, *arguments], catch_exceptions=False)
    assert found.exit_code == status, found.output
    return found.output


def does(venue: LiveVenue, *arguments: str, by: str = "operator", status: int = 0):
    return json.loads(control(venue, *arguments, "--yes", "--json", by=by, status=status).splitlines()[-1])


def test_trading_rules_are_set_and_those_not_named_stay(venue: LiveVenue):
    done = does(venue, "trading-rules", INSTRUMENT, "static_ppm=100000", "volatility=1.5m", "batch=500ms")
    assert done["arguments"] == {
        "instrument": INSTRUMENT,
        "static_ppm": 100_000,
        "volatility_ns": 90 * NS_PER_SECOND,
        "batch_ns": NS_PER_SECOND // 2,
    }
    assert (done["status"], done["reason"], done["by"]) == ("done", None, "operator")
    assert [(each["what"], each["key"]) for each in done["changes"]] == [("trading_rules", INSTRUMENT)]
    again = does(venue, "trading-rules", INSTRUMENT, "allocation=pro_rata", "batch=0")
    assert again["arguments"]["allocation"] == "pro_rata" and again["arguments"]["batch_ns"] == 0
    refused = does(venue, "trading-rules", INSTRUMENT, "static_ppm=1000000", status=1)
    assert (refused["status"], refused["code"]) == ("refused", "invalid")
    assert does(venue, "trading-rules", INSTRUMENT, "static_ppm=0", by="supervisor", status=1)["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("tick=2",), "no key is called 'tick': KEY is one of static_ppm, dynamic_ppm"),
        (("static_ppm=0.5",), "static_ppm is a whole number of millionths, 0 for none, not '0.5'"),
        (("volatility=90",), "volatility is a length of time, such as 500ms, 30s, 2m or 1h, or 0, not '90'"),
        (("batch=0.0000001ms",), "batch is a length of time"),
        (("allocation=fifo",), "allocation is one of price_time, pro_rata, price_size_time, not 'fifo'"),
        (("batch=1s", "batch=2s"), "batch is given twice: give it once"),
        (
            ("dynamic_pm=2",),
            "no key is called 'dynamic_pm'; did you mean dynamic_ppm? KEY is one of static_ppm, dynamic_ppm",
        ),
        (("batch",), "'batch' has no =: write KEY=VALUE, with KEY one of static_ppm, dynamic_ppm"),
        ((), "Missing argument"),
    ],
)
def test_what_is_no_trading_rule_is_not_sent(venue: LiveVenue, given: tuple[str, ...], said: str):
    assert said in control(venue, "trading-rules", INSTRUMENT, *given, "--yes", status=2)


def test_a_name_that_is_not_known_is_not_sent(venue: LiveVenue):
    assert "did you mean BTC/RUB" in control(venue, "trading-rules", "BTC/RUR", "batch=0", "--yes", status=2)
    assert "did you mean BTC/RUB" in control(venue, "schedule", "BTC/RUR", "--none", "--yes", status=2)
    assert "the venue has no asset" in control(venue, "figures", "BTX", *FIGURES, "--reason", "x", "--yes", status=2)
    assert "the venue has no account" in control(
        venue, "custody", "anna", "depositary", "--reason", "x", "--yes", status=2
    )


def test_a_trading_day_is_set_whole_and_ended(venue: LiveVenue):
    steps = ("18:45=closed", "09:50=opening_auction", "10:00:30=continuous")
    done = does(venue, "schedule", INSTRUMENT, *steps)
    assert done["arguments"]["steps"] == {"09:50": "opening_auction", "10:00:30": "continuous", "18:45": "closed"}
    assert done["record"]["phase"] == "continuous"
    assert "09:50 opening_auction, 10:00:30 continuous, 18:45 closed" in done["says"]
    assert does(venue, "schedule", INSTRUMENT, "--none")["arguments"]["steps"] == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("9:50=closed",), "'9:50=closed' is no step of a day: write HH:MM=PHASE, such as 10:00=continuous"),
        (("10:00=open",), "'10:00=open' has no phase of a day: one of"),
        (("10:00=closed", "10:00:00=continuous"), "two steps are at 10:00:00: give one a time of its own"),
        ((), "give the steps of a day, or --none"),
        (("10:00=closed", "--none"), "give the steps of a day, or --none"),
    ],
)
def test_what_is_no_trading_day_is_not_sent(venue: LiveVenue, given: tuple[str, ...], said: str):
    assert said in control(venue, "schedule", INSTRUMENT, *given, "--yes", status=2)


def test_they_take_no_reason_and_ask_for_none(venue: LiveVenue):
    said = control(venue, "schedule", INSTRUMENT, "--none", "--reason", "x", "--yes", status=2)
    assert "No such option" in said
    assert "--yes does it without asking" in control(venue, "schedule", INSTRUMENT, "--none", status=2)


def test_custody_is_set_as_the_class_allows_also_from_a_date(venue: LiveVenue):
    because = ("--reason", "application 14")
    done = does(venue, "custody", "anna.main", "own_address", *because, by="supervisor")
    assert done["record"]["custody"] == "own_address" and done["reason"] == "application 14"
    again = control(venue, "custody", "anna.main", "own_address", *because, "--yes", by="supervisor", status=2)
    assert "account anna.main is held by own_address: there is nothing to change" in again
    year = ("--from", "2098-01-01")
    back = does(venue, "custody", "anna.main", "depositary", *year, *because, by="supervisor")
    assert back["status"] == "scheduled"
    twice = control(venue, "custody", "anna.main", "depositary", *year, *because, "--yes", by="supervisor", status=2)
    assert "by then: there is nothing to change" in twice
    shown = control(venue, "show", "account", "anna.main", by="supervisor")
    assert "by own_address" in shown and f"command {back['seq']} by supervisor, set custody" in shown


def test_figures_are_set_together_or_not_at_all(venue: LiveVenue):
    because = ("--reason", "figures of June")
    low = ("market_cap_rub=1", "turnover_rub=1", "history_years=1")
    done = does(venue, "figures", "BTC", *low, *because, by="supervisor")
    (change,) = done["changes"]
    assert (change["what"], change["key"]) == ("asset", "BTC") and "1" in change["detail"]
    assert done["says"].startswith("set market_cap_rub=1, turnover_rub=1, history_years=1 of BTC")
    assert does(venue, "figures", "BTC", *FIGURES, *because, by="supervisor")["status"] == "done"
    for given, said in (
        (FIGURES[:2], "give history_years too, each as KEY=VALUE"),
        ((*FIGURES, "history_years=7"), "history_years is given twice: give it once"),
        ((*FIGURES[:2], "history_years=-1"), "history_years is a whole number, not '-1'"),
        (("price=1",), "no key is called 'price': KEY is one of market_cap_rub"),
    ):
        output = control(venue, "figures", "BTC", *given, *because, "--yes", by="supervisor", status=2)
        assert said in " ".join(output.split()), output
