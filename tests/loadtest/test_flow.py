from __future__ import annotations

import json
import lzma
import os
import random
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from loadtest.flow import run as flow
from loadtest.flow.cli import command
from loadtest.flow.compare import BEYOND_OPENING, EARLIER_OR_LATER, NOT_ENDED, OTHER_QUANTITY
from loadtest.flow.format import Enter, FlowError, Reprice, TradeSeen, Withdraw, to_e8
from loadtest.flow.window import CAME_IN
from tests.support.loadtest.recordings import BitstampWriter, generated_bitstamp, generated_lobster

T0 = 1_430_438_404_000
"""A time in milliseconds."""
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
        ("a.log", '1430438404000 surprise {"price": 1}\n', "unknown kind"),
        ("a.log", 'x trade {"price": 1.0, "amount": 1.0}\n', "line 1"),
        ("a.csv", "34200.1,9,1,100,1000000,1\n", "unknown type"),
        ("a.csv", "34200.1,1,1,ten,1000000,1\n", "line 1"),
        ("a.xz", "not compressed\n", "can't be read"),
        ("a.csv", "34200.2,1,1,10,1000000,1\n34200.1,1,2,10,1000000,1\n", "line 2: time: 34200.1 is before"),
        ("a.csv", "99999999999999,1,1,10,1000000,1\n", "line 1: time: '99999999999999' is no number of seconds"),
        ("a.csv", "86400,1,1,10,1000000,1\n", "line 1: time"),
        ("a.csv", "-1,1,1,10,1000000,1\n", "line 1: time"),
        ("a.csv", "34200.1,1,1,10,1000000,0\n", "line 1: direction: 0 is neither"),
        ("a.csv", "34200.1,1,1,10,1000000,1\n\n34200.1,4,1,10,1000000,7\n", "line 3: direction: 7 is neither"),
        ("a.csv", "34200.1,1,1,10,1000000,1\n34200.2,1,2,10,1000000\n", "line 2: .* 5 columns"),
        ("a.csv", "34200.1,1,1,10,1000000,1\n34200.2,1,2,1_0,1000000,1\n", "line 2: .*'1_0' is no whole number"),
        ("a.csv", f"34200.1,1,1,10,1000000,1\n34200.2,1,2,{'9' * 140_000},1,1\n", "line 2: field larger"),
        (
            "a.csv",
            f"34200.1,1,1,10,1000000,1\n34200.2,1,2,{'9' * 40_000},1,1\n",
            "line 2: .*9{40}\\.\\.\\.' is no whole",
        ),
        ("a.csv", "34200.1,1,1,999999999999999999,1000000,1\n", "line 1: .*too large"),
        ("a.csv", "34200.1,1,1,0,1000000,1\n", "line 1: .*not above zero"),
        ("a.csv", "34200.1,1,1,10,1000000,1\n34200.2,1,1,10,1000000,1\n", "line 2: order 1 is entered for the second"),
        ("a.csv", '34200.1,1,1,10,1000000,1\n34200.2,1,"2"2,10,1,1\n', "line 2: "),
        ("A_2012-13-45_message.csv", "34200.1,1,1,10,1000000,1\n", "the date in its name is none: 2012-13-45"),
        ("A_0001-01-01_message.csv", "34200.1,1,1,10,1000000,1\n", "the date in its name is not from 1971"),
        (
            "a.log",
            f'{T0} trade {{"price": 1.0, "amount": 1.0}}\n{T0 - 60_001} order_book {{"bids": [], "asks": []}}\n',
            "line 2: time",
        ),
        ("a.log", f'{T0} trade {{"price": 1.0, "amount": 1.0}}\n9999999999999999 trade {{}}\n', "line 2: not a time"),
        (
            "a.log",
            f'{T0} trade {{"price": 1.0, "amount": 1.0}}\n{T0 + 40 * 86_400_000} trade {{"price": 1, "amount": 1}}\n',
            "line 2: time",
        ),
        ("a.log", '99999999999999 trade {"price": 1.0, "amount": 1.0}\n', "line 1: "),
        ("a.log", f'{T0} trade {{"price": 1e300, "amount": 1.0}}\n', "line 1: "),
        ("a.log", f'{T0} trade {{"x": {"[" * 100_000}\n', "line 1: "),
        (
            "a.log",
            f'{T0} order_created {{"id": 1, "order_type": 0, "price": "{"9" * 5_000}", "amount": "1"}}\n',
            "line 1: too large",
        ),
        ("a.log", f'{T0} order_created {{"id": 1, "order_type": 7, "price": "1", "amount": "1"}}\n', "line 1: "),
    ],
)
def test_bad_files_are_refused_with_the_line(tmp_path, name, text, complaint):
    path = tmp_path / name
    path.write_text(text, newline="")
    with pytest.raises(FlowError, match=complaint):
        flow.read(path)


@pytest.mark.parametrize("kind", ["lobster", "bitstamp"])
def test_a_byte_order_mark_and_empty_lines_pass(tmp_path, kind):
    path = (
        generated_lobster(tmp_path, 1, 50)[0] if kind == "lobster" else generated_bitstamp(tmp_path / "o.log", 1, 50)[0]
    )
    before = run(path)
    files = [path, path.with_name(path.name.replace("message", "orderbook"))]
    for file in files if kind == "lobster" else files[:1]:
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\n")
    after = run(path)
    assert after["trades"] == before["trades"]
    assert after["books"] == before["books"]


@pytest.mark.parametrize(
    "text", ["1,2,3\n", "100,1,99,x\n", "100,1,99,-1\n", "100,1,99,1,100,1,98,1\n", "100,1,99,1,101,1,99,1\n"]
)
def test_rows_of_an_order_book_file_are_looked_at(tmp_path, text):
    path = tmp_path / "A_message_1.csv"
    path.write_text("34200.1,1,1,10,1000000,1\n")
    path.with_name("A_orderbook_1.csv").write_text(text)
    with pytest.raises(FlowError, match="line 1: not an order book row"):
        flow.read(path)


# ── what happens outside the recorded window ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("levels", [3, 5, 10])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_windowed_recording_is_followed_row_by_row(tmp_path, seed, levels):
    """Nothing outside the window is in the files, and the price wanders in and out of it."""
    path, executions = generated_lobster(tmp_path, seed, 1_200, levels)
    result = run(path)
    trades, books = result["trades"], result["books"]
    assert executions > 200
    assert trades["recorded"] == trades["made"] == trades["equal_with_same_maker"] == executions
    assert result["fed"][CAME_IN] > 10
    assert result["left_out"].keys() <= {"order book rows inside one aggressive order", "executions of hidden orders"}
    assert books["compared"] > 600
    assert books["reasons"] == {}
    assert set(books["equal_levels"].values()) == {books["compared"]}
    assert list(books["equal_levels"]) == [str(depth) for depth in (1, 5, 10, 20) if depth <= levels]


def row(asks: str, bids: str) -> str:
    """A row of an order book file of two levels: `101x5 102x5` and `99x5 98x5`."""
    levels = zip(asks.split(), bids.split(), strict=True)
    return ",".join(",".join(level.split("x")) for pair in levels for level in pair) + "\n"


def test_what_came_and_went_outside_is_made_up_as_the_level_comes_back(tmp_path):
    path = tmp_path / "A_message_2.csv"
    rows = [
        ("1,1,50,5,101,-1", row("101x5 102x5", "99x5 98x5")),
        # It pushes 98 out, at which an order 40 is cancelled and an order 60 is entered, unseen.
        ("2,1,51,5,100,1", row("101x5 102x5", "100x5 99x5")),
        ("3,3,51,5,100,1", row("101x5 102x5", "99x5 98x8")),
        ("4,3,41,5,99,1", row("101x5 102x5", "98x8 97x1")),
        # The aggressive order meets 60 first: of the rest nothing is ever heard.
        ("5,4,60,3,98,1", row("101x5 102x5", "98x5 97x1")),
    ]
    path.write_text("".join(f"{message}\n" for message, _ in rows))
    path.with_name("A_orderbook_2.csv").write_text("".join(book for _, book in rows))
    result = run(path)
    assert result["books"]["equal_levels"] == {"1": 4}
    assert result["books"]["reasons"] == {}
    assert result["trades"]["equal_with_same_maker"] == 1
    assert result["fed"][CAME_IN] == 2


def test_without_an_order_book_file_all_that_are_named_are_opened(tmp_path):
    path, executions = generated_lobster(tmp_path, 1, 600)
    path.with_name(path.name.replace("message", "orderbook")).unlink()
    result = run(path)
    assert result["trades"]["equal_with_same_maker"] == executions


@pytest.mark.parametrize("kind", ["lobster", "bitstamp"])
def test_a_file_with_any_mistake_is_fed_or_refused(tmp_path, kind):
    """Bytes changed, dropped and doubled: a result, or a `FlowError` that says where, in bounded time."""
    path = (
        generated_lobster(tmp_path, 3, 120)[0]
        if kind == "lobster"
        else generated_bitstamp(tmp_path / "o.log", 3, 120)[0]
    )
    whole, chance, refused = path.read_bytes(), random.Random(7), []
    started = time.monotonic()
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(content))
            piece = chance.choice(
                [b"", b",", b"-", b"9" * 18, b"\n", b"\0", b'"', b"0", b" ", b"\xff", bytes(content[at : at + 40])]
            )
            content[at : at + chance.choice([0, 1, 1, 5])] = piece
        path.write_bytes(content)
        try:
            run(path)
        except FlowError as error:
            refused.append(str(error))
    assert 30 < len(refused) < 150
    assert [said for said in refused if path.name not in said and "opening book" not in said] == []
    assert time.monotonic() - started < 60


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
