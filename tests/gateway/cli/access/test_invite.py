"""`sbx invite` and `sbx faucet`: a newcomer trades, at a venue that stood still and at one that runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import OrderRejected, connect
from gateway.journal.files import Lock
from gateway.keys import public_key_hex, read_private_key
from tests.support.gateway.venues.small_venue import served_apart


def sbx(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(group, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def made(directory: Path, rulebook: str = "general-2026") -> Path:
    status, output = sbx("init", directory, "--port", 0, "--rulebook", rulebook)
    assert status == 0, output
    return directory


async def trade(url: str, name: str, key: Path, instrument: str = "BTC/RUB") -> str:
    """Buy little, below the market; what the venue says to it."""
    async with connect(url, name, key, reconnect=False) as client:
        try:
            order = await client.buy(instrument, quantity="0.001", price="7000000")
        except OrderRejected as error:
            return error.rule or error.code
        await order.cancel()
        return "accepted"


def test_one_who_is_invited_by_file_trades_from_the_next_start_on(tmp_path: Path) -> None:
    directory = made(tmp_path / "venue")
    before = (directory / "venue.toml").read_text()
    kinds = {"rita": "retail", "quentin": "qualified", "sasha": "super-qualified"}
    for name, kind in kinds.items():
        status, output = sbx("invite", name, directory, "--class", kind, "--money", "RUB=100000", "--money", "ETH=0.5")
        assert status == 0, output
        assert f"{name} may log in from the next start on" in output
    # What somebody wrote into the file stays as it was.
    assert (directory / "venue.toml").read_text().startswith(before.rstrip())
    assert (directory / "venue.toml").stat().st_mode & 0o777 == 0o600
    assert (directory / "keys" / "rita.pem").stat().st_mode & 0o777 == 0o600
    with served_apart(directory) as (url, _):
        for name in kinds:
            assert asyncio.run(trade(url, name, directory / "keys" / f"{name}.pem")) == "accepted"
        status, output = sbx("control", "--venue", directory, "list", "investor")
    # A second start does none of it again.
    with served_apart(directory) as (url, _):
        assert asyncio.run(trade(url, "rita", directory / "keys" / "rita.pem")) == "accepted"


def test_one_who_is_invited_while_the_venue_runs_trades_at_once(tmp_path: Path) -> None:
    directory = made(tmp_path / "venue")
    with served_apart(directory) as (url, _):
        facts = {}
        for name, kind in {"rita": "retail", "quentin": "qualified", "sasha": "super-qualified"}.items():
            status, output = sbx("invite", name, directory, "--class", kind, "--json")
            assert status == 0, output
            facts[name] = json.loads(output)
            # The command has returned: the key works.
            assert asyncio.run(trade(url, name, Path(facts[name]["key"]))) == "accepted"
        assert {name: each["investor_class"] for name, each in facts.items()} == {
            "rita": "retail",
            "quentin": "qualified",
            # General-2026 knows no higher class.
            "sasha": "qualified",
        }
        assert facts["rita"]["account"] == "rita.north"
        status, output = sbx("invite", "rita", directory)
        assert (status, "rita.pem exists already" in output) == (1, True)
        status, output = sbx("invite", "rita", directory, "--out", tmp_path / "another.pem")
        assert (status, "the venue has the participant rita already" in output) == (1, True)
    # The file is only the beginning.
    assert "rita" not in (directory / "venue.toml").read_text()
    key = public_key_hex(read_private_key(directory / "keys" / "rita.pem"))
    # All of it is journaled, and by whom, and with which key.
    status, output = sbx("history", directory, "rita")
    assert f"role participant, public_key {key}" in output and "participant rita by operator" in output
    assert "investor rita by supervisor" in output and "account rita.north rita north by operator" in output
    with served_apart(directory) as (url, _):
        assert asyncio.run(trade(url, "rita", directory / "keys" / "rita.pem")) == "accepted"


def test_several_are_invited_at_once_and_a_slip_burns_no_name(tmp_path: Path) -> None:
    """As many processes."""
    directory = made(tmp_path / "venue")
    with served_apart(directory) as (url, _):
        status, output = sbx("invite", "zoe", directory, "--money", "RUB=-5")
        assert status == 1, output
        assert not (directory / "keys" / "zoe.pem").exists()
        names = ["zoe", "yuri", "xenia"]
        command = [sys.executable, "-m", "gateway.cli", "invite"]
        invited = [subprocess.Popen([*command, name, str(directory)], stdout=subprocess.DEVNULL) for name in names]
        assert [process.wait(30) for process in invited] == [0, 0, 0]
        for name in names:
            assert asyncio.run(trade(url, name, directory / "keys" / f"{name}.pem")) == "accepted"


def test_the_rules_hold_for_newcomers(tmp_path: Path) -> None:
    directory = made(tmp_path / "venue", "elr-2025")
    with served_apart(directory) as (url, _):
        for name, kind, said in (("rita", "retail", "ELR-3"), ("sasha", "super-qualified", "accepted")):
            status, output = sbx("invite", name, directory, "--class", kind, "--json")
            assert (status, json.loads(output)["investor_class"]) == (0, kind.replace("-", "_"))
            assert asyncio.run(trade(url, name, directory / "keys" / f"{name}.pem")) == said


def test_test_money_is_given_until_the_day_has_no_more(tmp_path: Path) -> None:
    directory = made(tmp_path / "venue")
    assert sbx("invite", "zoe", directory, "--money", "RUB=5")[0] == 0
    key = directory / "keys" / "zoe.pem"
    with served_apart(directory) as (url, _):
        assert sbx("faucet", directory, "RUB=9000000", "--key", key)[1].startswith("zoe.main has 9,000,000 RUB more")
        status, output = sbx("faucet", url, "RUB=1000000", "RUB=0.01", "--key", key, "--json")
        assert status == 1
        assert [each["amount"] for each in json.loads(output.splitlines()[0])["given"]] == ["1000000"]
        assert "10000000.00 RUB a day; 0.00 are left" in output

        async def roubles() -> Decimal:
            async with connect(url, "zoe", key, reconnect=False) as client:
                return (await client.balances())["RUB"].available

        assert asyncio.run(roubles()) == Decimal("10000005.00")
    # A start begins no new day.
    with served_apart(directory):
        assert sbx("faucet", directory, "RUB=0.01", "--key", key)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["anna"], 1, "there is a participant anna already"),
        (["vera"], 1, "there is an investor vera already"),
        (["../x"], 1, "can't be a name"),
        (["009000000102"], 1, "can't be a name"),
        (
            ["zoe", "--intermediary", "east"],
            1,
            "east is no intermediary who may serve clients here: north, south, west",
        ),
        (["zoe", "--money", "RUB"], 2, "write ASSET=AMOUNT"),
        (["zoe", "--money", "DOGE=1"], 1, "no 'DOGE' in [[assets]]"),
        (["zoe", "--money", "RUB=0.001"], 1, "RUB"),
        (["zoe", "--class", "king"], 2, "retail"),
    ],
)
def test_what_is_asked_wrongly_changes_nothing(tmp_path: Path, arguments: list[str], status: int, said: str) -> None:
    directory = made(tmp_path / "venue")
    before = (directory / "venue.toml").read_bytes()
    found, output = sbx("invite", arguments[0], directory, *arguments[1:])
    assert (found, said in output) == (status, True), output
    assert (directory / "venue.toml").read_bytes() == before
    assert not (directory / "keys" / "zoe.pem").exists()


def test_a_venue_that_is_just_starting_is_left_alone(tmp_path: Path) -> None:
    directory = made(tmp_path / "venue")
    lock = Lock()
    lock.take(directory)
    try:
        status, output = sbx("invite", "zoe", directory)
    finally:
        lock.release()
    assert (status, "in use by another process" in output) == (1, True)
    assert not (directory / "keys" / "zoe.pem").exists()


def test_without_the_keys_of_its_staff_a_running_venue_invites_nobody(tmp_path: Path) -> None:
    directory = made(tmp_path / "venue")
    (directory / "keys" / "operator.pem").unlink()
    with served_apart(directory):
        status, output = sbx("invite", "zoe", directory)
    assert (status, "it takes the key of its operator" in output) == (1, True)
    assert "zoe" not in (directory / "venue.toml").read_text()
