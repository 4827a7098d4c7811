from __future__ import annotations

import json
import lzma
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from loadtest.flow import run as flow
from loadtest.flow.cli import command
from loadtest.flow.compare import BEYOND_OPENING, EARLIER_OR_LATER, NOT_ENDED, OTHER_QUANTITY
from loadtest.flow.format import Enter, FlowError, Reprice, TradeSeen, Withdraw, to_e8
from tests.support.loadtest.recordings import BitstampWriter, generated_bitstamp, generated_lobster

RECORDING = Path(
    os.environ.get("SBX_RECORDING", Path(__file__).parents[3] / "shared/data/bitstamp-2015-05-01/orders.log.xz")
)


def run(path: Path, plain: bool = False) -> dict:
    recording = flow.read(path, plain)
    return flow.report(recording, flow.run(recording, 0, lambda done, total: None))


@pytest.mark.parametrize(
    ("text", "value"), [("236.47", 23_647_000_000), ("0.00000001", 1), ("2", 200_000_000), ("1.", 100_000_000)]
)
def test_decimals_are_read_exactly(text, value):
    assert to_e8(text) == value


@pytest.mark.parametrize("text", ["", ".5", "1.000000001", "-1", "1e5", " 1", "1_0", "٣"])
def test_what_is_no_decimal_is_refused(text):
    with pytest.raises(FlowError):
        to_e8(text)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_perfect_recording_is_reproduced_wholly(tmp_path, seed):
    path, trades, books = generated_bitstamp(tmp_path / "orders.log", seed, 400)
    result = run(path, plain=True)
    assert trades > 50
    assert result["trades"]["recorded"] == result["trades"]["made"] == result["trades"]["equal_within_5_s"] == trades
    assert result["trades"]["not_reproduced"] == {}
    assert result["books"]["compared"] == books
    assert set(result["books"]["equal_levels"].values()) == {books}
    assert result["books"]["reasons"] == {}


def test_a_damaged_recording_is_not_reproduced_wholly(tmp_path):
    path, trades, _ = generated_bitstamp(tmp_path / "orders.log", 1, 400)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if " order_created " not in line or '0", "datetime"' not in line))
    result = run(path, plain=True)
    assert result["trades"]["equal"] < trades
    assert sum(result["trades"]["not_reproduced"].values()) == trades - result["trades"]["equal_within_5_s"]
    books = result["books"]
    assert sum(books["reasons"].values()) == books["differ_at_ten_levels"] > 0


def test_opening_orders_come_from_the_first_book_and_from_later_deletions(tmp_path):
    writer = BitstampWriter()
    writer.order("created", 10, "buy", "100.00", "1.00000000")
    writer.book([("100.00", "4.00000000"), ("99.00", "2.00000000")], [("101.00", "5.00000000")])
    writer.order("deleted", 3, "buy", "100.00", "0.50000000")
    writer.order("deleted", 4, "sell", "101.00", "0.00000000")
    writer.order("deleted", 5, "sell", "103.00", "7.00000000")
    recording = flow.read(writer.write(tmp_path / "orders.log"))
    opening = [(order.reference, order.side, order.price_ticks, order.quantity_lots) for order in recording.opening]
    assert opening == [
        ("opening-buy-10000", 0, 10_000, 250_000_000),
        ("opening-buy-9900", 0, 9_900, 200_000_000),
        ("opening-sell-10100", 1, 10_100, 500_000_000),
        ("3", 0, 10_000, 50_000_000),
        ("5", 1, 10_300, 700_000_000),
    ]
    assert recording.books_used == 1
    assert recording.left_out == {"order_deleted of an order never created": 1}
    assert flow.read(tmp_path / "orders.log", plain=True).opening == []


def test_a_moved_price_is_an_amend_and_an_early_deletion_waits(tmp_path):
    writer = BitstampWriter()
    writer.order("created", 1, "buy", "100.00", "1.00000000")
    writer.order("created", 2, "sell", "105.00", "3.00000000")
    writer.order("changed", 2, "sell", "100.00", "2.50000000")
    writer.order("deleted", 1, "buy", "100.00", "0.00000000")
    writer.order("changed", 2, "sell", "100.00", "1.50000000")
    writer.trade(100.0, 1.0)
    writer.order("deleted", 9, "buy", "99.00", "1.00000000")
    writer.order("created", 9, "buy", "99.00", "1.00000000")
    path = writer.write(tmp_path / "orders.log")
    actions = [action._replace(time_ns=0) for action in flow.read(path).actions]
    assert actions == [
        Enter(0, "1", 0, 10_000, 100_000_000),
        Enter(0, "2", 1, 10_500, 300_000_000),
        Reprice(0, "2", 10_000, 250_000_000),
        Withdraw(0, "1"),
        TradeSeen(0, 10_000, 100_000_000),
        Enter(0, "9", 0, 9_900, 100_000_000),
        Withdraw(0, "9"),
    ]
    result = run(path)
    assert (result["trades"]["made"], result["trades"]["equal"]) == (1, 1)
    assert run(path, plain=True)["trades"]["made"] == 0


def test_reasons_name_what_the_recording_shows(tmp_path):
    writer = BitstampWriter()
    writer.book([("100.00", "1.00000000"), ("99.00", "1.00000000")], [("101.00", "1.00000000")])
    # The recorded book is published 200 ms before the event that changes it.
    writer.book(
        [("100.00", "1.00000000"), ("99.50", "3.00000000"), ("99.00", "1.00000000")], [("101.00", "1.00000000")]
    )
    writer.order("created", 1, "buy", "99.50", "3.00000000", after_ms=200)
    # A level deeper than the first book showed.
    asks = [("101.00", "1.00000000"), ("102.00", "1.00000000")]
    writer.book([("100.00", "1.00000000"), ("99.50", "3.00000000"), ("99.00", "1.00000000")], asks, after_ms=9_000)
    # Order 1 is never deleted, but gone.
    writer.book([("100.00", "1.00000000"), ("99.00", "1.00000000")], [("101.00", "1.00000000")], after_ms=9_000)
    # The same price and time, another quantity.
    writer.order("created", 2, "sell", "100.00", "0.60000000", after_ms=9_000)
    writer.trade(100.0, 0.5)
    writer.order("deleted", 2, "sell", "100.00", "0.00000000")
    result = run(writer.write(tmp_path / "orders.log"))
    assert result["books"]["reasons"] == {EARLIER_OR_LATER: 1, BEYOND_OPENING: 1, NOT_ENDED: 1}
    assert result["trades"]["not_reproduced"] == {OTHER_QUANTITY: 1}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lobster_executions_meet_the_recorded_orders(tmp_path, seed):
    path, executions = generated_lobster(tmp_path, seed, 600)
    result = run(path)
    trades, books = result["trades"], result["books"]
    assert executions > 50
    assert trades["recorded"] == trades["made"] == trades["equal_within_5_s"] == executions
    assert trades["equal_with_same_maker"] == trades["makers_recorded"] == executions
    assert books["compared"] == books["recorded"] - 1 > 300
    assert books["equal_levels"]["10"] == books["compared"]
    assert result["left_out"]["executions of hidden orders"] > 0


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.log", "", "neither"),
        ("a.log", "hello world\n", "neither"),
        ("a.log", '1 order_created {"price": 1}\n', "line 1"),
        ("a.log", '1 surprise {"price": 1}\n', "unknown kind"),
        ("a.log", 'x trade {"price": 1.0, "amount": 1.0}\n', "line 1"),
        ("a.csv", "34200.1,9,1,100,1000000,1\n", "unknown type"),
        ("a.csv", "34200.1,1,1,ten,1000000,1\n", "line 1"),
        ("a.xz", "not compressed\n", "can't be read"),
    ],
)
def test_bad_files_are_refused_with_the_line(tmp_path, name, text, complaint):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FlowError, match=complaint):
        flow.read(path)


def test_lobster_files_must_belong_together(tmp_path):
    path, _ = generated_lobster(tmp_path, 1, 50)
    beside = path.with_name(path.name.replace("message", "orderbook"))
    beside.write_text(beside.read_text().split("\n", 1)[1])
    with pytest.raises(FlowError, match="do not belong together"):
        flow.read(path)


def test_the_command_prints_json_and_reads_xz(tmp_path):
    path, trades, _ = generated_bitstamp(tmp_path / "orders.log", 4, 100)
    packed = tmp_path / "orders.log.xz"
    packed.write_bytes(lzma.compress(path.read_bytes()))
    done = CliRunner().invoke(command, [str(packed), "--json", "--plain"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["trades"]["equal"] == trades
    shown = CliRunner().invoke(command, [str(packed)])
    assert shown.exit_code == 0
    assert "equal in price and amount" in shown.output


def test_under_a_rulebook_the_same_trades_come_out(tmp_path):
    path, trades, _ = generated_bitstamp(tmp_path / "orders.log", 4, 100)
    done = CliRunner().invoke(command, [str(path), "--json", "--plain", "--rulebook", "general-2026"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["trades"]["equal"] == trades
    refused = CliRunner().invoke(command, [str(path), "--rulebook", "none"])
    assert refused.exit_code == 1
    assert "unknown rulebook" in refused.stderr


def test_the_command_says_what_is_wrong(tmp_path):
    (tmp_path / "a.log").write_text("nonsense")
    done = CliRunner().invoke(command, [str(tmp_path / "a.log")])
    assert done.exit_code == 1
    assert "neither" in done.stderr


@pytest.mark.skipif(not RECORDING.exists(), reason="the recorded order flow is not part of the project")
def test_the_real_recording():
    plain = run(RECORDING, plain=True)
    assert plain["trades"]["equal"] == 508
    assert plain["books"]["compared"] == 5011
    result = run(RECORDING)
    assert result["trades"]["recorded"] == 575
    assert result["trades"]["equal"] == 555
    assert result["books"]["equal_levels"] == {"1": 4962, "5": 4798, "10": 4388, "20": 2286}
    assert sum(result["books"]["reasons"].values()) == 5010 - 4388
