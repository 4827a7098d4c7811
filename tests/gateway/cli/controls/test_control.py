"""`sbx control` on a live venue with flow: what each command does, what it refuses, and that all of it is on record."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from gateway.cli.controls import running
from gateway.cli.main import group
from tests.support.gateway.processes.controlled import INSTRUMENT, Controlled, controlled
from tests.support.places import ROOT


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("controlled")) as found:
        yield found


# ── markets ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_instrument_is_halted_and_resumed(venue: Controlled) -> None:
    venue.rest("anna", "anna.main", 7_800_000)
    halted = venue.does("halt", INSTRUMENT)
    assert halted["says"] == f"move {INSTRUMENT} from continuous to halted"
    assert halted["concerns"]["open_orders"] == halted["record"]["open_orders"] >= 1
    assert (halted["record"]["phase"], halted["cancelled"]) == ("halted", {})
    (change,) = halted["changes"]
    assert (change["what"], change["key"], change["detail"]) == ("phase", INSTRUMENT, "halted")
    assert (change["by"], change["reason"]) == ("supervisor", "an order of the court")
    venue.refuses("halt", INSTRUMENT, said=f"{INSTRUMENT} is in phase halted already: there is nothing to change")
    assert venue.does("phase", INSTRUMENT, "cancel_only")["record"]["phase"] == "cancel_only"
    assert venue.does("resume", INSTRUMENT)["record"]["phase"] == "continuous"


def test_what_trades_all_the_while_feels_it(venue: Controlled) -> None:
    venue.does("halt", "SOL/RUB")
    venue.until(lambda: venue.refused["phase"] > 0)
    venue.does("resume", "SOL/RUB")
    trades = venue.trades
    venue.until(lambda: venue.trades > trades)
    venue.rest("mm-alpha", "mm-alpha.main", 7_700_000)
    killed = venue.does("kill", "on", "participant", "mm-alpha")
    assert list(killed["cancelled"]) == ["kill_switch"]
    assert killed["cancelled"]["kill_switch"] >= 1
    assert killed["accounts"] == ["mm-alpha.main"]
    assert venue.open_orders("mm-alpha", "mm-alpha.main") == []
    venue.until(lambda: venue.refused["kill_switch"] > 0)
    venue.does("kill", "off", "participant", "mm-alpha")
    trades = venue.trades
    venue.until(lambda: venue.trades > trades)


def test_an_auction_collects_and_its_uncross_is_told(venue: Controlled) -> None:
    assert venue.does("auction", "ETH/RUB", "--kind", "opening")["record"]["phase"] == "opening_auction"
    venue.rest("mm-beta", "mm-beta.main", 251_000, side="sell", instrument="ETH/RUB")
    venue.rest("anna", "anna.main", 251_000, instrument="ETH/RUB")
    resumed = venue.does("resume", "ETH/RUB")
    assert (resumed["trades"], resumed["record"]["phase"]) == (1, "continuous")
    assert venue.does("auction", "ETH/RUB")["record"]["phase"] == "volatility_auction"
    assert venue.does("resume", "ETH/RUB")["record"]["phase"] == "continuous"


def test_a_kill_switch_cancels_what_it_says(venue: Controlled) -> None:
    venue.rest("boris", "boris.main", 7_700_000, 7_710_000, 7_720_000)
    on = venue.does("kill", "on", "participant", "boris")
    assert on["concerns"] == {"accounts": 1, "open_orders": 3}
    assert (on["cancelled"], on["accounts"]) == ({"kill_switch": 3}, ["boris.main"])
    assert (on["record"]["killed"], on["record"].get("open_orders", 0)) == (True, 0)
    assert venue.open_orders("boris", "boris.main") == []
    again = venue.control("kill", "off", "investor", "boris", "--reason", "x", "--yes")
    assert (again.exit_code, again.stderr) == (2, "Error: no kill switch is on for investor boris\n")
    venue.refuses("kill", "on", "participant", "boris", said="the kill switch for participant boris is on already")
    assert "killed" not in venue.does("kill", "off", "participant", "boris")["record"]


def test_a_kill_switch_of_the_venue_takes_no_name(venue: Controlled) -> None:
    for arguments in (("venue", "BTC/RUB"), ("instrument",)):
        found = venue.control("kill", "on", *arguments, "--reason", "x", "--yes")
        assert found.exit_code == 2, found.output
    assert "killed" not in venue.show("venue", "venue")


def test_a_trade_is_repriced_then_undone(venue: Controlled) -> None:
    trade = venue.trade()
    repriced = venue.does("reprice", trade.trade_id, "249000")
    assert f"trade {trade.trade_id} (0.001 ETH/RUB at 250000, from mm-beta.main to anna.main)" in repriced["says"]
    assert (repriced["corrected"], repriced["record"]["price"]) == (2, "249000")
    assert repriced["concerns"]["accounts"] == 2
    busted = venue.does("bust", trade.trade_id)
    assert (busted["corrected"], busted["record"]["busted"]) == (2, True)
    for again in (("bust", trade.trade_id), ("reprice", trade.trade_id, "248000")):
        venue.refuses(*again, said=f"Error: trade {trade.trade_id} is undone already: there is nothing to change\n")


# ── who trades ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_blocking_cancels_by_the_rule_and_unblocking_lets_go(venue: Controlled) -> None:
    venue.rest("broker-north", "daria.north", 7_700_000, 7_710_000)
    blocked = venue.does("block", "daria")
    assert blocked["concerns"] == {"accounts": 1, "open_orders": 2}
    assert (blocked["cancelled"], blocked["accounts"]) == ({"SAN-1": 2}, ["daria.north"])
    assert blocked["record"]["blocked"]
    twice = venue.control("block", "daria", "--reason", "x", "--yes")
    assert (twice.exit_code, twice.stderr) == (2, "Error: investor daria is blocked: there is nothing to change\n")
    assert "blocked" not in venue.does("unblock", "daria")["record"]


def test_suspending_stops_the_clients_and_changes_nothing_else(venue: Controlled) -> None:
    venue.rest("broker-north", "lev.north", 7_700_000)
    before = venue.show("intermediary", "north")
    suspended = venue.does("suspend", "north")
    assert suspended["arguments"] == {"intermediary": "north", "suspended": True}
    assert suspended["concerns"]["accounts"] == before["accounts"] > 1
    assert suspended["cancelled"]["INT-1"] >= 1
    assert suspended["record"]["suspended"]
    assert "suspended" not in venue.does("reinstate", "north")["record"]


def test_a_class_is_set_and_left_to_the_evidence_again(venue: Controlled) -> None:
    assert venue.show("investor", "lev")["investor_class"] == "retail"
    chosen = venue.does("class", "lev", "qualified")["record"]
    assert (chosen["investor_class"], chosen["class_override"]) == ("qualified", "qualified")
    again = venue.does("class", "lev", "by-evidence")["record"]
    assert (again["investor_class"], "class_override" in again) == ("retail", False)
    assert venue.does("class", "lev", "qualified_firm", status=1)["code"] == "compliance"
    assert venue.show("investor", "lev") == {**again, "accounts": 1}


def test_a_holding_is_frozen_and_let_go(venue: Controlled) -> None:
    frozen = venue.does("freeze", "USDT", 12.5, "--account", "boris.main")
    assert frozen["arguments"] == {"asset": "USDT", "share_ppm": 125_000, "account": "boris.main"}
    assert frozen["frozen"] == 1
    assert venue.does("freeze", "USDT", "12.3456", "--account", "boris.main")["arguments"]["share_ppm"] == 123_456
    venue.refuses(
        "freeze", "USDT", "12,5", said="'12,5' is no percentage: 0 to 100, with up to 4 decimals behind a point"
    )
    venue.refuses("freeze", "USDT", -5, said="'-5' is no percentage")
    assert venue.does("freeze", "USDT", 0, "--account", "boris.main")["frozen"] == 1
    said = "nothing is frozen of the USDT of account boris.main already: there is nothing to change"
    venue.refuses("freeze", "USDT", 0, "--account", "boris.main", said=said)


# ── rules ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_parameter_set_now_cancels_what_it_forbids(venue: Controlled) -> None:
    venue.rest("broker-south", "olga.south", 7_700_000)
    name, before = "RET-1.retail_cap_rub", venue.show("parameter", "RET-1.retail_cap_rub")["value"]
    changed = venue.does("set", f"{name}=100.00")
    assert changed["says"].startswith(f"set {name} from {before} to 100.00")
    assert changed["cancelled"]["RET-1"] >= 1
    assert "olga.south" in changed["accounts"]
    assert changed["record"] == {"name": name, "value": "100.00"}
    assert venue.does("set", f"{name}={before}")["record"]["value"] == before
    assert venue.does("set", f"{name}=lots", status=1)["seq"] is not None
    assert venue.show("parameter", name)["value"] == before


def test_a_parameter_set_from_a_date_waits(venue: Controlled) -> None:
    later = venue.does("set", "RET-1.retail_cap_rub=1.00", "--from", "2099-01-01")
    assert (later["status"], later["effective_utc"]) == ("scheduled", "2098-12-31T21:00:00.000000000Z")
    assert later["changes"][0]["what"] == "scheduled"
    assert venue.show("parameter", "RET-1.retail_cap_rub")["value"] != "1.00"
    for moment, said in (
        ("2020-01-01", "has passed"),
        ("2700", "2700 is a number, and a change takes effect at a date: write 2027-01-01"),
        ("soon", "'soon' is no date: write 2027-01-01"),
        ("99999999h", "is too far"),
        ("2262-04-13", "is too far"),
    ):
        found = venue.control("set", "RET-1.enabled=false", "--from", moment, "--reason", "x", "--yes")
        assert found.exit_code == 2
        assert said in found.stderr


def test_a_rulebook_of_a_file_is_put_in_force_and_the_former_again(venue: Controlled) -> None:
    book = venue.venue.directory / "my-rules.toml"
    text = (ROOT / "compliance/rulebooks/general-2026.toml").read_text(encoding="utf-8")
    assert 'retail_cap_rub = "300000.00"' in text
    book.write_text(text.replace('retail_cap_rub = "300000.00"', 'retail_cap_rub = "200000.00"'), encoding="utf-8")
    mine = venue.does("rulebook", book)
    assert "my-rules in force instead of general-2026: parameters that differ: 1;" in mine["says"]
    assert venue.show("parameter", "RET-1.retail_cap_rub")["value"] == "200000.00"
    assert mine["changes"][0]["what"] == "rulebook"
    again = venue.does("rulebook", "general-2026")
    assert again["arguments"] == {"name": "general-2026"}
    assert venue.show("parameter", "RET-1.retail_cap_rub")["value"] == "300000.00"
    wrong = venue.control("rulebook", "no-such-book", "--reason", "x", "--yes")
    assert wrong.exit_code == 2


# ── nothing is sent ────────────────────────────────────────────────────────────────────────────────────────────────


def standing(venue: Controlled) -> list[Any]:
    """How what the refused commands are about stands."""
    records = [venue.show("instrument", "XRP/RUB"), venue.show("investor", "olga"), venue.show("intermediary", "south")]
    return [{**each, "open_orders": 0} for each in records]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("halt", "xrp/rub"), "the venue has no instrument xrp/rub; did you mean XRP/RUB?"),
        (("halt", "XRP"), "the venue has no instrument XRP; did you mean XRP/RUB?"),
        (("halt", "x" * 65), f"the venue has no instrument {'x' * 65}"),
        (("block", "ollga"), "did you mean olga?"),
        (("suspend", "broker-north"), "the venue has no intermediary broker-north; did you mean north?"),
        (("reprice", "1", "-5"), "'-5' is no price: a number above 0"),
        (("reprice", "1", "249000,5"), "with a point before its decimals"),
        (("suspend", "eest"), "the venue has no intermediary eest; did you mean west, east?"),
        (("set", "RET-1.retail_cap=1"), "did you mean RET-1.retail_cap_rub?"),
        (("set", "RET-1.retail_cap_rub"), "write RULE.key=value"),
        (("bust", "999999"), "the venue has no trade 999999"),
        (("freeze", "USDT", "5", "--account", "boris"), "did you mean boris.main?"),
        (("kill", "on", "investor", "mm-alpha"), "the venue has no investor mm-alpha"),
        (("phase", "XRP/RUB", "asleep"), "'asleep' is not one of"),
    ],
)
def test_an_unknown_name_is_refused_with_those_near_it(venue: Controlled, arguments: Any, said: str) -> None:
    found = venue.control(*arguments, "--reason", "x", "--yes")
    assert found.exit_code == 2, found.output
    assert said in found.stderr
    assert found.stdout == ""


def test_without_a_reason_or_a_yes_nothing_is_sent(venue: Controlled, monkeypatch: pytest.MonkeyPatch) -> None:
    before = standing(venue)
    for options, said in (
        (("--yes",), "say why: --reason TEXT"),
        (("--reason", "x"), "--yes does it without asking"),
        (("--reason", "", "--yes"), "--reason has 1 to"),
        (("--reason", " \t ", "--yes"), "--reason has 1 to"),
        (("--reason", "x" * 10_000, "--yes"), "--reason has 1 to"),
    ):
        for arguments in (("halt", "XRP/RUB"), ("block", "olga"), ("suspend", "south")):
            found = venue.control(*arguments, *options)
            assert (found.exit_code, found.stdout) == (2, "")
            assert said in found.stderr
    monkeypatch.setattr(running, "is_terminal", lambda: True)
    no = venue.control("halt", "XRP/RUB", "--reason", "x", input="n\n")
    assert no.exit_code == 2
    assert "nothing was sent" in no.stderr
    assert standing(venue) == before


def test_who_has_no_right_changes_nothing(venue: Controlled) -> None:
    before = standing(venue)
    for by, arguments, said in (
        (
            "anna",
            ("halt", "XRP/RUB"),
            "not_allowed: records are for supervisors and operators; you are logged in as anna: --key names",
        ),
        ("operator", ("block", "olga"), "refused, not_allowed: as operator you may send: add_asset"),
        ("operator", ("suspend", "south"), "the venue recorded nothing"),
    ):
        found = venue.control(*arguments, "--reason", "x", "--yes", by=by)
        assert found.exit_code == 1
        assert said in found.stderr
    stranger = venue.control("--participant", "nobody", "halt", "XRP/RUB", "--reason", "x", "--yes")
    assert stranger.exit_code == 1
    assert "login_failed" in stranger.stderr
    assert standing(venue) == before


def test_one_supervisor_alone_can_ask_for_no_second_approval(venue: Controlled) -> None:
    venue.refuses("approval", "none", said="nothing needs a second approval already: there is nothing to change")
    found = venue.control("approval", "rulebooks", "--reason", "x", "--yes")
    assert found.exit_code == 1
    assert "nobody could give a second approval: the venue has one supervisor" in found.stderr
    assert "second" not in venue.show("venue", "venue")


def test_an_operator_may_halt(venue: Controlled) -> None:
    for command, phase in (("halt", "halted"), ("resume", "continuous")):
        found = venue.control(command, "TON/RUB", "--reason", "a fault", "--yes", by="operator")
        assert found.exit_code == 0, found.output
        assert ", by operator\n" in found.stdout
        assert f"  now: TON/RUB, phase {phase}, " in found.stdout


def test_a_venue_that_is_not_there(venue: Controlled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SBX_KEY", raising=False)
    key = str(venue.venue.key("supervisor"))
    arguments = ["control", "--url", "ws://127.0.0.1:1", "--key", key, "halt", INSTRUMENT, "--reason", "x", "--yes"]
    found = CliRunner().invoke(group, arguments)
    assert found.exit_code == 1
    assert "can't connect to ws://127.0.0.1:1" in found.stderr
    nobody = CliRunner().invoke(group, ["control", "halt", INSTRUMENT, "--reason", "x", "--yes"])
    assert nobody.exit_code == 2
    assert "name your private key: --key FILE or SBX_KEY" in nobody.stderr


# ── on a terminal, in a shell ──────────────────────────────────────────────────────────────────────────────────────


def test_on_a_terminal_it_asks_why_and_whether(venue: Controlled) -> None:
    master, slave = pty.openpty()
    environment = {**os.environ, "SBX_URL": venue.venue.url, "SBX_KEY": str(venue.venue.key("supervisor"))}
    command = [sys.executable, "-m", "gateway.cli", "control", "halt", "TRX/RUB"]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        os.write(master, b"a drill\ny\n")
        told = b""
        try:
            while some := os.read(master, 4096):
                told += some
        except OSError:
            # The other end of a terminal that is closed is an error to read.
            pass
        assert process.wait(20) == 0, told
    os.close(master)
    text = told.decode()
    assert text.index("move TRX/RUB from continuous to halted") < text.index("why?") < text.index("go on? [y/N]")
    assert venue.show("instrument", "TRX/RUB")["phase"] == "halted"


def test_a_shell_completes_names_from_the_venue(venue: Controlled) -> None:
    head = ["control", "--url", venue.venue.url, "--key", str(venue.venue.key("supervisor"))]

    def completed(*arguments: str) -> list[str]:
        *before, last = arguments
        shell = ShellComplete(group, {}, "sbx", "_SBX_COMPLETE")
        return [each.value for each in shell.get_completions([*head, *before], last)]

    assert completed("halt", "BTC/") == ["BTC/RUB", "BTC/USDT"]
    assert completed("kill", "on", "investor", "da") == ["daria"]
    assert completed("show", "intermediary", "nor") == ["north"]
    assert completed("set", "RET-1.retail_cap") == []
    assert completed("limits", "mm-alpha", "max_") == ["max_order_value=", "max_order_to_trade="]
    assert completed("open-account", "new.main", "--investor", "da") == ["daria"]
    head[2] = "ws://127.0.0.1:1"
    assert completed("halt", "BTC/") == []


def test_the_directory_of_a_venue_names_its_address_and_key(venue: Controlled) -> None:
    directory = venue.venue.directory
    head = ["control", "--venue", str(directory), "--url", venue.venue.url]
    found = CliRunner().invoke(group, [*head, "show", "participant", "anna"])
    assert found.stdout.startswith("anna, 1 account, "), found.output


# ── on record ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_of_it_is_in_the_history(venue: Controlled) -> None:
    venue.does("halt", "BNB/RUB", reason="a word of why")
    venue.does("class", "olga", "qualified_firm", reason="a mistake", status=1)
    found = CliRunner().invoke(group, ["history", str(venue.venue.directory), "--json"])
    assert found.exit_code == 0, found.output
    history = {entry["seq"]: entry for entry in json.loads(found.stdout)["changes"] if not entry["change"]}
    assert {report["status"] for report in venue.asked} >= {"done", "refused"}
    for report in venue.asked:
        entry = history[report["seq"]]
        assert (entry["by"], entry["reason"]) == ("supervisor", report["reason"]), report
        expected = {"done": "carried out", "scheduled": "scheduled", "refused": "refused"}[report["status"]]
        assert entry["outcome"] == expected
        assert (entry["orders_cancelled"] or 0) == sum(report.get("cancelled", {}).values())
