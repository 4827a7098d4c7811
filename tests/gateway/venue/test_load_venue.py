"""Venues to load: many participants, any number of instruments, keys that follow from a seed."""

from __future__ import annotations

import datetime
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.exchange import Exchange
from engine.vocabulary.codes import BUY, CONTINUOUS, GTC, LIMIT, SELL, SPOT
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import (
    Deposit,
    IssueAsset,
    ListInstrument,
    NewOrder,
    OpenAccount,
    Sequenced,
    SetLimits,
    SetPhase,
)
from engine.vocabulary.messages.events import CommandRejected, OrderAccepted, OrderRejected
from gateway.cli.main import group
from gateway.client import connect
from gateway.core import new_exchange
from gateway.keys import public_key_bytes, read_private_key, seeded_private_key
from gateway.venue.file import LimitsSection
from gateway.venue.load_template import (
    MISFITS,
    load_template,
    misfit_participants,
    participant_names,
    write_load_venue,
)
from gateway.venue.template import default_template, write_default_venue
from gateway.venue.venue import Venue, VenueError, load_venue
from tests.support.gateway.processes.live_venue import live_venue

TODAY = datetime.date(2026, 3, 2)
NOON_NS = int(datetime.datetime(2026, 3, 3, 9, tzinfo=datetime.UTC).timestamp()) * 10**9
PARTICIPANTS = 11
INSTRUMENTS = 25
SPOT_RULEBOOKS = ("elr-2025", "general-2026")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("load") / "venue"
    write_load_venue(directory, TODAY, participants=PARTICIPANTS, instruments=INSTRUMENTS, seed=7)
    return directory


def started(directory: Path, rulebook: str) -> tuple[Venue, Exchange]:
    """A venue and an exchange that it has set up, nothing refused."""
    venue, exchange = load_venue(directory, rulebook), new_exchange()
    for seq, command in enumerate(venue.genesis(), 1):
        events = exchange.apply(Sequenced(seq, NOON_NS, command))
        assert [event for event in events if isinstance(event, CommandRejected)] == []
    return venue, exchange


def orders(exchange: Exchange) -> Callable[..., str]:
    """Enters orders, and says what becomes of each: empty, the rule that refused it, or the code of another reject."""

    def enter(account: str, listed: ListInstrument, side: int = BUY, lots: int = 1) -> str:
        seq = exchange.seq + 1
        command = NewOrder(
            account.partition(".")[0],
            account,
            f"order-{seq}",
            listed.instrument,
            side,
            LIMIT,
            GTC,
            listed.reference_price_e8,
            listed.lot_e8 * lots,
        )
        answers = [
            event
            for event in exchange.apply(Sequenced(seq, NOON_NS + seq, command))
            if isinstance(event, OrderAccepted | OrderRejected)
        ]
        (answer,) = answers
        if isinstance(answer, OrderAccepted):
            return ""
        return answer.rule or answer.detail

    return enter


def instruments_of(venue: Venue) -> dict[str, ListInstrument]:
    return {command.instrument: command for command in venue.genesis() if isinstance(command, ListInstrument)}


@pytest.mark.parametrize("rulebook", SPOT_RULEBOOKS)
def test_firms_trade_every_spot_instrument_that_is_no_privacy_coin(directory: Path, rulebook: str) -> None:
    venue, exchange = started(directory, rulebook)
    enter = orders(exchange)
    found = {
        (name, side): enter("p0011.main" if side == BUY else "p0001.main", listed, side, lots=10)
        for name, listed in instruments_of(venue).items()
        for side in (BUY, SELL)
        if listed.kind == SPOT
    }
    assert {name for name, _ in found} >= {"BTC/RUB", "BTC/USDT", "C001/RUB", "C004/RUB"}
    banned = {"XMR/RUB", "ZEC/RUB", "DASH/RUB"}
    assert found == {(name, side): "ANON-1" if name in banned else "" for name, side in found}
    exchange.check()


def test_firms_trade_notes_and_futures_where_spot_is_no_business(directory: Path) -> None:
    venue, exchange = started(directory, "derivatives-2025")
    enter, listed = orders(exchange), instruments_of(venue)
    assert enter("p0001.main", listed["BTC/RUB"]) == "DER-1"
    assert enter("p0001.main", listed["BTC-NOTE"], SELL) == ""
    assert enter("p0001.main", listed["KAPPA-DFA"], SELL) == ""
    assert enter("p0001.main", listed["BTC-FUT-2026-03"]) == ""


def test_clients_buy_and_each_misfit_is_refused_by_its_rule(directory: Path) -> None:
    venue, exchange = started(directory, "general-2026")
    enter, bitcoin = orders(exchange), instruments_of(venue)["BTC/RUB"]
    assert misfit_participants(PARTICIPANTS) == ["p0001", "p0002"]
    for name in misfit_participants(PARTICIPANTS):
        assert {what: enter(f"{name}.{what}", bitcoin) for what in MISFITS} == {
            what: misfit.rule for what, misfit in MISFITS.items()
        }
    for name in participant_names(PARTICIPANTS):
        assert [enter(f"{name}.{client}", bitcoin) for client in ("c1", "c2")] == ["", ""]
        assert enter(f"{name}.c1", bitcoin, SELL, lots=10) == ""
    opened = {command.account for command in venue.genesis() if isinstance(command, OpenAccount)}
    assert not {f"p0003.{what}" for what in MISFITS} & opened


def test_what_a_main_account_holds_is_worth_as_much_of_everything(directory: Path) -> None:
    commands = load_venue(directory).genesis()
    held = {
        command.asset: command.amount
        for command in commands
        if isinstance(command, Deposit | IssueAsset) and command.account == "p0007.main"
    }
    assert held.pop("RUB") == 10_000_000_000_00
    scales = {"USDT": 6, "A7A5": 2, "XRP": 6, "TRX": 6, "BTC-NOTE": 0, "KAPPA-DFA": 0}
    priced = {
        command.base: command.reference_price_e8
        for command in commands
        if isinstance(command, ListInstrument) and command.quote == "RUB" and "-FUT-" not in command.instrument
    }
    # Privacy coins are not brought in.
    assert held.keys() == priced.keys() - {"XMR", "ZEC", "DASH"}
    for asset, amount in held.items():
        scale = 6 if asset.startswith("C0") else scales.get(asset, 8)
        worth_rub = amount * priced[asset] // (10**scale * ONE_E8)
        assert 900_000_000 < worth_rub <= 1_000_000_000, asset


def test_nothing_limits_the_rate_of_orders(directory: Path) -> None:
    assert not [command for command in load_venue(directory).genesis() if isinstance(command, SetLimits)]


def test_rates_at_the_edge_are_lifted_and_only_there(tmp_path: Path, directory: Path) -> None:
    assert load_venue(directory).limits.lifted
    write_default_venue(tmp_path / "venue", TODAY)
    # The file says what holds without it, too.
    assert load_venue(tmp_path / "venue").limits == LimitsSection()


@pytest.mark.parametrize("count", [1, 3, 15, 20, 21, 22, 1_000])
def test_there_are_exactly_so_many_instruments_and_all_trade(tmp_path: Path, count: int) -> None:
    write_load_venue(tmp_path / "venue", TODAY, participants=1, instruments=count)
    venue = load_venue(tmp_path / "venue")
    names = list(instruments_of(venue))
    assert len(names) == count
    assert names[0] == "BTC/RUB"
    assert names[21:] == [f"C{number:03}/RUB" for number in range(1, count - 20)]
    open_ones = [
        command.instrument
        for command in venue.genesis()
        if isinstance(command, SetPhase) and command.phase == CONTINUOUS
    ]
    assert open_ones == names


def test_the_prices_of_synthetic_instruments_differ(tmp_path: Path) -> None:
    write_load_venue(tmp_path / "venue", TODAY, instruments=121)
    prices = [
        listed.reference_price_e8 // ONE_E8
        for name, listed in instruments_of(load_venue(tmp_path / "venue")).items()
        if name.startswith(("C0", "C1"))
    ]
    assert len(prices) == len(set(prices)) == 100
    assert 100 <= min(prices) < 1_000 and 10_000 < max(prices) <= 98_000


def test_without_load_the_venue_is_the_default_one() -> None:
    assert load_template(0, None, 2) == load_template(0, 21, 2) == default_template()


def test_a_seed_makes_the_same_files_byte_for_byte(tmp_path: Path, directory: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = contents(directory)
    assert len(first) == 2 + 14 + PARTICIPANTS
    write_load_venue(tmp_path / "again", TODAY, participants=PARTICIPANTS, instruments=INSTRUMENTS, seed=7)
    assert contents(tmp_path / "again") == first
    write_load_venue(tmp_path / "other", TODAY, participants=PARTICIPANTS, instruments=INSTRUMENTS, seed=8)
    other = contents(tmp_path / "other")
    assert other.keys() == first.keys()
    assert not other.items() & first.items()
    assert first["venue.toml"].startswith(b"# FOR LOAD TESTS ONLY. All keys, the operator's too, follow from seed 7")
    operator = read_private_key(directory / "keys" / "operator.pem")
    assert public_key_bytes(operator) == public_key_bytes(seeded_private_key(7, "operator"))


def test_keys_are_random_without_a_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_load_venue(tmp_path / name, TODAY, participants=1)
    keys = [(tmp_path / name / "keys" / "p0001.pem").read_bytes() for name in ("one", "two")]
    assert keys[0] != keys[1]
    write_default_venue(tmp_path / "three", TODAY)
    for name in ("one", "three"):
        assert "LOAD TESTS ONLY" not in (tmp_path / name / "venue.toml").read_text(encoding="utf-8")


def test_names_have_as_many_digits_as_they_need() -> None:
    assert participant_names(2) == ["p0001", "p0002"]
    assert participant_names(9_999)[-1] == "p9999"
    assert participant_names(10_000)[0::9_999] == ["p00001", "p10000"]
    assert [len(misfit_participants(count)) for count in (0, 1, 10, 11, 500)] == [0, 1, 1, 2, 50]


def test_more_than_one_frame_of_the_journal_is_refused_before_writing(tmp_path: Path) -> None:
    with pytest.raises(VenueError, match="to set up; a venue is set up with 1500000 at the most: ask for fewer"):
        write_load_venue(tmp_path / "venue", TODAY, participants=10_000, instruments=1_000)
    assert not (tmp_path / "venue").exists()


def init(*arguments: str) -> str:
    run = CliRunner().invoke(group, ["init", *arguments])
    assert run.exit_code == 0, run.output
    return run.output


def test_init_counts_the_keys_of_load_participants_instead_of_listing_them(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    arguments = ("--participants=30", "--clients=1", "--instruments=2", "--seed=3", "--json")
    written = json.loads(init(str(folder), *arguments))
    assert (written["load_participants"], written["seed"]) == (30, 3)
    assert len(written["keys"]) == 14 and not any("p00" in Path(key).name for key in written["keys"])
    keys = list(Path(written["keys_folder"]).iterdir())
    assert len(keys) == 44
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    venue = load_venue(folder)
    assert len(venue.participants) == 44
    opened = {command.account for command in venue.genesis() if isinstance(command, OpenAccount)}
    assert "p0030.c1" in opened and "p0030.c2" not in opened
    said = init(str(tmp_path / "other"), "--participants=30", "--seed=3")
    assert "30 private keys of load participants, p0001 to p0030" in said
    assert "All keys follow from seed 3: for load tests only" in said
    assert "for load tests only" not in init(str(tmp_path / "third"), "--participants=1")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    today = datetime.datetime.now(datetime.UTC).date()
    write_load_venue(tmp_path / "venue", today, rulebook="general-2026", port=0, participants=2, instruments=3, seed=1)
    with live_venue(tmp_path / "venue") as venue:
        yield venue.url, venue.key("p0001")


async def test_load_participants_log_in_and_trade_on_a_real_venue(served: tuple[str, Path]) -> None:
    url, key = served
    async with (
        connect(url, participant="p0001", key=key) as seller,
        connect(url, participant="p0002", key=key.with_name("p0002.pem")) as buyer,
    ):
        await seller.sell("BTC/RUB", quantity="0.01", price="8000000", account="p0001.main")
        bought = await buyer.buy("BTC/RUB", quantity="0.01", price="8000000", account="p0002.c1")
        assert str((await bought.filled()).filled_quantity) == "0.0100"
