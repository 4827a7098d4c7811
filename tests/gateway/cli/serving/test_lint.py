"""`sbx lint`: the default venue has nothing to be remarked under any rulebook; each thing that should not be so is named."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compliance import BUILT_IN_RULEBOOKS
from gateway.cli.serving.lint import command
from gateway.venue.load_template import write_load_venue
from gateway.venue.template import write_default_venue

TODAY = datetime.datetime.now(tz=datetime.UTC).date()


def lint(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture
def venue(tmp_path: Path) -> Path:
    write_default_venue(tmp_path / "venue", TODAY)
    return tmp_path / "venue" / "venue.toml"


def changed(venue: Path, before: str, after: str) -> Path:
    """The venue file with one text, which stands there once, replaced."""
    text = venue.read_text(encoding="utf-8")
    assert text.count(before) == 1
    venue.write_text(text.replace(before, after), encoding="utf-8")
    return venue


def remarks(*arguments: object) -> list[tuple[str, str]]:
    """The rule and text of each remark."""
    result = lint(*arguments, "--json")
    found = json.loads(result.stdout)["remarks"]
    assert result.exit_code == (1 if found else 0)
    return [(each["rule"], each["text"]) for each in found]


@pytest.mark.parametrize("rulebook", BUILT_IN_RULEBOOKS)
def test_the_default_venue_stands_inside_its_limits_and_has_bands(venue: Path, rulebook: str) -> None:
    result = lint(venue.parent, "--rulebook", rulebook)
    assert (result.exit_code, result.stdout) == (0, f"sandbox under {rulebook}: nothing to remark\n")


@pytest.mark.parametrize("rulebook", BUILT_IN_RULEBOOKS)
@pytest.mark.parametrize(("participants", "instruments"), [(11, 30), (2, 1), (0, 10)])
def test_so_does_a_venue_to_load(tmp_path: Path, rulebook: str, participants: int, instruments: int) -> None:
    write_load_venue(
        tmp_path / "load", TODAY, participants=participants, instruments=instruments, seed=1, rulebook=rulebook
    )
    assert remarks(tmp_path / "load") == []


BANK = 'deposits = { RUB = "2000000000", BTC = "3",'
FUND = 'investor = "delta-fund"\nkind = "firm"\n'


def test_a_bank_that_opens_with_more_than_its_share_is_named_with_the_figures(venue: Path) -> None:
    changed(venue, FUND, f"{FUND}bank = true\ncapital_rub = 1_000_000_000\n")
    share = "more than 10000000.00, 1.00 % of its capital of 1000000000.00 RUB"
    has = "delta-fund has 2917000000.00 RUB (coins 2597000000.00, notes 320000000.00)"
    for rulebook in ("general-2026", "derivatives-2025"):
        assert remarks(venue, "--rulebook", rulebook) == [("DER-3", f"{has}, {share}")]
    # ELR-2 counts rouble stablecoins, too.
    has = "delta-fund has 2967000000.00 RUB (coins 2597000000.00, notes 320000000.00, rouble stablecoins 50000000.00)"
    assert remarks(venue) == [("ELR-2", f"{has}, {share}")]
    (remark,) = json.loads(lint(venue, "--json").stdout)["remarks"]
    assert remark["where"] == "investors[2] (delta-fund)"


def test_a_bank_can_not_put_more_on_sale_than_its_share(venue: Path) -> None:
    changed(venue, 'issued = { KAPPA-DFA = "10000" }', 'issued = { KAPPA-DFA = "288000" }')
    result = lint(venue, "--rulebook", "general-2026")
    assert result.exit_code == 1
    assert "issued.KAPPA-DFA: DER-3: with it kappa-bank has 200900000.00 RUB" in result.stderr


def test_what_a_bank_holds_without_a_price_is_named(venue: Path) -> None:
    changed(venue, BANK, 'deposits = { RUB = "2000000000", BTC = "3", OLD = "1",')
    changed(venue, "# ── Indices", '[[assets]]\nasset = "OLD"\nkind = "crypto"\nscale = 8\n\n# ── Indices')
    assert remarks(venue) == [("ELR-2", "kappa-bank has OLD, of which the value in RUB is not known")]


def test_an_instrument_without_bands_is_named_with_its_place(venue: Path) -> None:
    spot = 'reference_price = "8000000"\ncollar_ppm = 30_000\nmaker_fee_ppm = 100\ntaker_fee_ppm = 300\n'
    changed(venue, f"{spot}static_band_ppm = 200_000\ndynamic_band_ppm = 50_000\n", spot)
    result = lint(venue)
    assert result.exit_code == 1
    where = "OPS-1  instruments[0] (BTC/RUB): BTC/RUB has"
    assert result.stdout.splitlines() == [
        f"{where} no static band: an order may have any price; set static_band_ppm",
        f"{where} no dynamic band: a trade may be at any distance from the last one; set dynamic_band_ppm",
        "sandbox under elr-2025: 2 remarks",
    ]


def test_bands_that_can_not_do_their_work_are_named(venue: Path) -> None:
    changed(venue, 'reference_price = "80"\ncollar_ppm = 10_000', "collar_ppm = 20_000")
    assert [text for _, text in remarks(venue)] == [
        "USDT/RUB has no reference price, around which its static band would be; set reference_price",
        "USDT/RUB has a dynamic band that is no wider than the collar: a market order begins an auction",
        "kappa-bank has USDT, of which the value in RUB is not known",
    ]


def test_a_file_that_no_venue_can_start_with_is_an_error(venue: Path, tmp_path: Path) -> None:
    assert lint(tmp_path / "nothing").exit_code == 1
    result = lint(changed(venue, 'title = "Sandbox Exchange"', "colour = 1"))
    assert result.exit_code == 1 and "colour" in result.stderr
