"""What a venue file has otherwise than its venue: each key of each section is seen, named with both values, and how to have it so."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.exchange import Exchange
from engine.vocabulary.messages.commands import AnyCommand, Sequenced, SetApproval, SetBlocked, UpdateInstrument
from gateway.cli.main import group
from gateway.filed.difference import Difference
from gateway.filed.differences import MAX_NOTED, differences, noted, set_up
from gateway.venue.venue import Venue, parse_venue
from tests.support.gateway.venues.four_eyes import asks_for, entry
from tests.support.gateway.venues.small_venue import serve_command, served_apart, venue_text

NOW_NS = 1_767_300_000 * 10**9
MORE = """
[[assets]]
asset = "DFA"
kind = "security"
scale = 0
issuer = "alice"
terms = "a bond"
issue_limit = "500"
disclosure = { title = "what covers it", cover = "100", text = "gold" }

[[instruments]]
instrument = "BTC-F"
kind = "future"
base = "BTC"
quote = "RUB"
underlying = "BTC"
tick = "1"
lot = "0.1"
min_quantity = "0.1"
max_quantity = "10"
max_notional = "1000000"
collar_ppm = 50_000
reference_price = "100"
static_band_ppm = 200_000
max_position = "50"
expires = 2030-12-25
schedule = { "10:00" = "continuous", "18:45" = "closed" }

[[intermediaries]]
intermediary = "north"
capital_rub = 100_000_000
licence = "177-01"

[[investors]]
investor = "anna"
assets_rub = 1_000_000
tests = [{ test = "knowledge", score = 90, taken = 2025-05-05 }]
authorised = [{ intermediary = "north", year = 2026 }]

[[accounts]]
account = "anna.a"
participant = "alice"
investor = "anna"
intermediary = "north"
"""


def parsed(*changes: tuple[str, str]) -> Venue:
    text = venue_text(MORE)
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return parse_venue(text, "", Path())


def began() -> Exchange:
    exchange = set_up(parsed(), NOW_NS)
    assert "BTC-F" in exchange.books and exchange.accounts["anna.a"]
    return exchange


def does(exchange: Exchange, command: AnyCommand) -> None:
    exchange.apply(Sequenced(exchange.seq + 1, exchange.time_ns, command))


def test_the_file_that_a_venue_began_with_has_nothing_otherwise():
    assert differences(parsed(), began()) == []


CHANGES = [
    ('scale = 0', 'scale = 2', ("asset", "DFA", "scale", "2", "0", "")),
    ('terms = "a bond"', 'terms = "a note"', ("asset", "DFA", "terms", "a note", "a bond", "")),
    ('issue_limit = "500"', 'issue_limit = "600"', ("asset", "DFA", "issue_limit", "600", "500", "")),
    ('max_position = "50"', 'max_position = "40"', ("instrument", "BTC-F", "max_position", "40", "50", "sbx control terms BTC-F max_position=40")),
    ('max_quantity = "10"', 'max_quantity = "9"', ("instrument", "BTC-F", "max_quantity", "9", "10", "sbx control terms BTC-F max_quantity=9")),
    ('max_notional = "1000000"', 'max_notional = "2000000"', ("instrument", "BTC-F", "max_notional", "2000000.00", "1000000.00", "sbx control terms BTC-F max_notional=2000000.00")),
    ("static_band_ppm = 200_000", "static_band_ppm = 100_000", ("instrument", "BTC-F", "static_ppm", "100000", "200000", "sbx control trading-rules BTC-F static_ppm=100000")),
    ('"18:45" = "closed"', '"19:45" = "closed"', ("instrument", "BTC-F", "schedule", "10:00:00 continuous 19:45:00 closed", "10:00:00 continuous 18:45:00 closed", "sbx control schedule BTC-F 10:00:00=continuous 19:45:00=closed")),
    ('tick = "1"', 'tick = "2"', ("instrument", "BTC-F", "tick", "2", "1", "")),
    ("capital_rub = 100_000_000", "capital_rub = 5", ("intermediary", "north", "capital_rub", "5", "100000000", "sbx control intermediary north capital_rub=5")),
    ('licence = "177-01"', 'suspended = true\nlicence = "177-01"', ("intermediary", "north", "suspended", "true", "false", "sbx control suspend north")),
    ("assets_rub = 1_000_000\n", "assets_rub = 7\n", ("investor", "anna", "assets_rub", "7", "1000000", "sbx control investor anna assets_rub=7")),
    ("score = 90", "score = 91", ("investor", "anna", "knowledge", "91", "90", "sbx control record-test anna knowledge 91")),
    ("year = 2026", "year = 2027", ("investor", "anna", "authorisations", "2027:north", "2026:north", "sbx control authorise-client north anna 2027")),
    ('intermediary = "north"\n', 'custody = "own_address"\nintermediary = "north"\n', None),
    ('rulebook = "elr-2025"', 'rulebook = "general-2026"', None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), [each for each in CHANGES if each[2] is not None])
def test_each_field_is_seen_with_both_values_and_how_to_have_it_so(before, after, expected):
    found = differences(parsed((before, after)), began())
    assert Difference(*expected) in found
    # A figure may bring others that follow from it, never another thing.
    assert {(each.kind, each.name) for each in found} == {expected[:2]}


def test_the_rulebook_and_what_the_whole_venue_has():
    found = differences(parsed(('rulebook = "elr-2025"', 'rulebook = "general-2026"\nmargin_grace_s = 77')), began())
    assert [(each.kind, each.field) for each in found if each.kind != "investor"] == [
        ("rulebook", "name"),
        ("rulebook", "digest"),
        ("margin rules", "margin_grace"),
    ]
    assert found[-1].apply == "sbx control margin-rules 77s"
    assert found[0].apply == "sbx control rulebook general-2026" and found[-1].file == "77"


def test_a_second_approval_is_compared_whether_the_file_has_the_section_or_not():
    asking = parse_venue(venue_text(MORE + entry("eve") + asks_for("rulebooks")), "", Path())
    (found,) = [each for each in differences(asking, began()) if each.kind == "approval"]
    assert found == Difference(
        "approval",
        "",
        "second",
        "rulebooks",
        "",
        "the next start does it where nobody has set it before, else sbx control approval rulebooks",
    )
    exchange = began()
    does(exchange, SetApproval(("trade_corrections",), "the board", "sue"))
    (found,) = differences(parsed(), exchange)
    assert found == Difference("approval", "", "second", "", "trade_corrections", "sbx control approval none")
    (found,) = [each for each in differences(asking, exchange) if each.kind == "approval"]
    assert (found.file, found.venue, found.apply) == (
        "rulebooks",
        "trade_corrections",
        "sbx control approval rulebooks",
    )


def test_what_a_command_has_changed_since_is_otherwise_and_what_it_made_the_same_is_not():
    exchange = began()
    does(exchange, UpdateInstrument("BTC-F", max_quantity_e8=9 * 10**8))
    does(exchange, SetBlocked("anna", True, "a court", "sue"))
    assert [(each.field, each.file, each.venue) for each in differences(parsed(), exchange)] == [
        ("max_quantity", "10", "9"),
        ("blocked", "false", "true"),
    ]
    assert differences(parsed(('max_quantity = "10"', 'max_quantity = "9"')), exchange, [("instrument", "BTC-F")]) == []


def test_a_start_says_some_and_counts_the_rest():
    found = [Difference("asset", f"A{n}", "scale", "1", "2", "") for n in range(MAX_NOTED + 7)]
    lines = noted(found, [("account", "anna.a")])
    assert lines[0] == "asset A0: scale is 1 in the file, 2 here; it can't change within a session: it stays"
    assert len(lines) == MAX_NOTED + 2 and lines[-2].startswith("and 7 more differences: `sbx lint")
    assert lines[-1] == "what accounts open with was booked once, and stays: anna.a"


def test_a_venue_that_was_killed_and_is_started_with_another_file_says_what_differs(tmp_path):
    directory = tmp_path / "venue"
    with served_apart(directory, "--durability", "os") as (_, process):
        process.kill()
        process.wait(10)
    file = directory / "venue.toml"
    file.write_text(
        file.read_text()
        .replace('max_quantity = "1000"', 'max_quantity = "999"')
        .replace('RUB = "1000000000"', 'RUB = "5"', 1)
    )
    expected = "instrument BTC/RUB: max_quantity is 999 in the file, 1000 here; to have it so: sbx control terms BTC/RUB max_quantity=999"
    with subprocess.Popen(serve_command(directory, "--json"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        notes = json.loads(process.stdout.readline())["notes"]
        process.terminate()
        process.wait(10)
    assert notes == [expected, "what accounts open with was booked once, and stays: alice"]
    result = CliRunner().invoke(group, ["lint", str(directory), "--journal", "--json"])
    (found,) = json.loads(result.stdout)["differences"]
    assert result.exit_code == 1 and (found["field"], found["file"]) == ("max_quantity", "999")
    assert expected in CliRunner().invoke(group, ["lint", str(directory), "--journal"]).output.replace("\n", " ")
