"""`sbx control` on a live venue: what waits for its date and is set back, what is frozen, how a rule stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.support.gateway.processes.controlled import Controlled, controlled


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("controlled")) as found:
        yield found


YEAR: Final = ("--from", "2098-01-01")
SETTINGS: Final = {
    ("block", "olga"): ("unblock", "olga"),
    ("suspend", "south"): ("reinstate", "south"),
    ("class", "olga", "qualified"): ("class", "olga", "by-evidence"),
    ("set", "RET-1.retail_cap_rub=500000.00"): ("set", "RET-1.retail_cap_rub=300000.00"),
}
"""What a date can be given to, and what sets it back."""


@pytest.mark.parametrize("dated", SETTINGS)
def test_what_waits_for_its_date_is_set_back_from_the_same_date(venue: Controlled, dated: tuple[str, ...]) -> None:
    back = SETTINGS[dated]
    kind, name = about(dated)
    if kind != "parameter":
        venue.refuses(*back, *YEAR, said="by then: there is nothing to change")
    later = venue.does(*dated, *YEAR, reason="decision 3")
    # Twice the same is nothing; a day before, and at once, there is nothing to set back yet.
    if kind != "parameter":
        venue.refuses(*back, "--from", "2097-12-31", said="by then: there is nothing to change")
    venue.refuses(*dated, *YEAR, said="by then: there is nothing to change; `sbx control show change` lists")
    venue.refuses(*back, said="there is nothing to change; `sbx control show change` lists what waits for its date")
    waits = f"  from 2098-01-01T00:00:00 (Moscow): command {later['seq']} by supervisor, "
    assert waits in venue.control("show", kind, name).stdout
    set_back = venue.does(*back, *YEAR)
    if kind == "parameter":
        assert set_back["says"].startswith(f"set {name} from 500000.00 to 300000.00")
    listed = venue.control("show", "change").stdout.splitlines()
    mine = [line for line in listed if f"command {later['seq']} " in line or f"command {set_back['seq']} " in line]
    assert mine[0].endswith("because: decision 3")
    assert f"command {set_back['seq']} by supervisor" in mine[1]
    assert name.partition(".")[0] in mine[0]
    venue.refuses(*back, *YEAR, said="by then: there is nothing to change")


def about(arguments: tuple[str, ...]) -> tuple[str, str]:
    """Kind and name of what a command is about."""
    kinds = {"block": "investor", "class": "investor", "suspend": "intermediary", "set": "parameter"}
    return kinds[arguments[0]], arguments[1].partition("=")[0]


def test_a_rulebook_of_a_date_leaves_open_what_holds_behind_it(venue: Controlled) -> None:
    venue.does("rulebook", "general-2026", "--from", "2099-06-01")
    # It may set what it likes: so nothing is known to be the same.
    venue.does("set", "RET-3.pass_mark=70", "--from", "2099-06-02")
    venue.refuses("set", "RET-3.pass_mark=70", "--from", "2099-06-03", said="RET-3.pass_mark is 70 by then")


def test_a_rule_has_its_parameters_listed(venue: Controlled) -> None:
    listed = venue.control("show", "parameter", "RET-1").stdout.splitlines()
    assert "RET-1.retail_cap_rub, 300000.00" in listed
    assert len(listed) > 3
    assert {line.partition(".")[0] for line in listed} == {"RET-1"}
    venue.refuses("set", "RET=1", said="the venue has no parameter RET; did you mean RET-")


def test_a_freeze_says_what_it_replaces_and_shows(venue: Controlled) -> None:
    def shown(kind: str, name: str) -> str:
        return venue.control("show", kind, name).stdout

    assert "frozen" not in shown("account", "boris.main") + shown("asset", "USDT")
    venue.does("freeze", "USDT", 50, "--account", "boris.main")
    half = venue.show("account", "boris.main")["frozen"]["USDT"]
    assert f"frozen {half} USDT" in shown("account", "boris.main")
    assert f"frozen {half} USDT, in 1 account" in shown("asset", "USDT")
    again = venue.does("freeze", "USDT", 40, "--account", "boris.main")
    assert again["says"].endswith(f"of account boris.main; this replaces what is frozen so far: {half} USDT")
    frozen = venue.show("asset", "USDT")["frozen"]["USDT"]
    all_of_it = venue.does("freeze", "USDT", 10)
    assert all_of_it["says"].endswith(
        f"of each holder; this replaces what is frozen so far: {frozen} USDT in 1 account, those frozen one by one too"
    )
    assert (
        all_of_it["concerns"]["accounts"] == all_of_it["frozen"] == venue.show("asset", "USDT")["frozen_accounts"] > 1
    )
    assert "what is frozen of the USDT of each holder: " in venue.does("freeze", "USDT", 0)["says"]
    assert "frozen" not in shown("account", "boris.main") + shown("asset", "USDT")
