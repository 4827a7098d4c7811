"""Pictures of scenes made by hand, in windows of many sizes, read as text."""

from __future__ import annotations

import msgspec
from rich.cells import cell_len

from gateway.watching.picture import FEW_KEYS, KEYS, help_page, picture
from gateway.watching.scene import BookSeen, Level, Market, Printed, Recent, Scene, Verdict, around
from tests.support.gateway.reporting.hostile import TAIL

NOON_NS = 1_780_304_647_123_456_789
"""2026-06-01 12:04:07 in Moscow."""
SIZES = [(width, height) for width in (1, 10, 40, 71, 72, 80, 120, 200) for height in (1, 3, 10, 24, 60)]


def scene(**changes: object) -> Scene:
    markets = [
        Market("BTC/RUB", "continuous", "8000100.5", "8000000.0", "0.25", "8000200.5", "12345.5"),
        Market("ETH/RUB", "volatility_auction", None, "250000", "1"),
        Market("SOL/RUB", "halted"),
    ]
    asks = [Level("8000200.5", "12345.5", "0.0", 3), Level("8000300.0", "1.5", "7.5", 1)]
    bids = [Level("8000000.0", "0.2", "0.0", 1), Level("7999000.0", "6172.7", "0.0", 2)]
    tape = [
        Printed(902, NOON_NS, "8000100.5", "0.1", "buy", 4711),
        Printed(901, NOON_NS - 10**9, "8000000.0", "1200.0", "sell", 4700, "busted"),
    ]
    verdict = Verdict(
        "refused",
        "RET-1",
        "Retail purchases capped per calendar year",
        "cap 300000.00 RUB a year, used 1250.40, remaining 206777.20; this order 349495.12",
        "lev.north",
        "BTC/RUB",
        4705,
        NOON_NS,
    )
    found = Scene(
        where="venue",
        kind="recorded",
        state="at 10x",
        is_paused=False,
        seq=4711,
        last_seq=1_000_000,
        time_ns=NOON_NS,
        chosen="BTC/RUB",
        markets=markets,
        book=BookSeen("BTC/RUB", bids, asks),
        tape=tape,
        verdicts=[verdict],
        since_ns=NOON_NS - 60 * 10**9,
        accepted=1_204,
        refused=37,
        last_command="new order by anna, accepted: buy 0.1 BTC/RUB at 8000100.5, limit gtc, account anna.main, 1 trade",
    )
    return msgspec.structs.replace(found, **changes)


def lines(seen: Scene, width: int, height: int, foot: str = "", **options: bool) -> list[str]:
    return picture(seen, width, height, foot, **options).plain.split("\n")


def test_what_a_supervisor_reads_at_80_columns() -> None:
    found = [line.rstrip() for line in lines(scene(), 80, 24)]
    assert found == [
        "venue, recorded                                                         [at 10x]",
        "seq 4,711 of 1,000,000                            2026-06-01 12:04:07.123 Moscow",
        "new order by anna, accepted: buy 0.1 BTC/RUB at 8000100.5, limit gtc, account",
        "anna.main, 1 trade",
        "─" * 80,
        "  instrument phase                     last         bid         ask",
        "> BTC/RUB    continuous         8,000,100.5 8,000,000.0 8,000,200.5",
        "  ETH/RUB    volatility auction           -     250,000           -",
        "  SOL/RUB    halted                       -           -           -",
        "─" * 80,
        "          price quantity             │  seq time           price quantity taker",
        "ask 8,000,300.0      1.5             │ 4711 12:04:07 8,000,100.5      0.1 buy",
        "ask 8,000,200.5 12,345.5 ██████████  │ 4700 12:04:06 8,000,000.0  1,200.0 busted",
        "          200.5   spread             │",
        "bid 8,000,000.0      0.2             │",
        "bid 7,999,000.0  6,172.7 ████        │",
        "                                     │",
        "─" * 80,
        "since 12:03:07: 1,204 accepted, 37 refused",
        "4705  12:04:07.123  refused by RET-1  lev.north  BTC/RUB",
        "  Retail purchases capped per calendar year: cap 300000.00 RUB a year, used",
        "  1250.40, remaining 206777.20; this order 349495.12",
        "",
        KEYS,
    ]


def test_the_change_of_24_hours_stands_beside_the_last_price() -> None:
    markets = [
        Market("BTC/RUB", "continuous", "8000100.5", "8000000.0", "0.25", "8000200.5", "1.5", "-1.25"),
        Market("ETH/RUB", "continuous", "250000", "249990", "1", change_percent_24h="+0.50"),
        Market("SOL/RUB", "halted"),
    ]
    found = [line.rstrip() for line in lines(scene(markets=markets), 80, 24)]
    assert found[5:9] == [
        "  instrument phase             last in 24h         bid         ask",
        "> BTC/RUB    continuous 8,000,100.5 -1.25% 8,000,000.0 8,000,200.5",
        "  ETH/RUB    continuous     250,000 +0.50%     249,990           -",
        "  SOL/RUB    halted               -                  -           -",
    ]
    drawn = picture(scene(markets=markets), 80, 24)
    for change, colour in (("-1.25%", "red"), ("+0.50%", "green")):
        at = drawn.plain.index(change)
        assert colour in [span.style for span in drawn.spans if span.start <= at < span.end]


def test_a_wider_window_shows_more() -> None:
    found = "\n".join(lines(scene(), 120, 30))
    for more in ("ask quantity", "hidden", "7.5", "hidden  orders", "  trade", " 902", "12:04:06.123"):
        assert more in found
        assert more not in "\n".join(lines(scene(), 80, 24))


def test_it_fits_any_window() -> None:
    long = "x" * 300
    seen = [
        scene(),
        scene(notes=["something is wrong", long], where=long, state=long, last_command=long),
        scene(markets=[], book=None, tape=[], verdicts=[], chosen="", time_ns=None, seq=None, last_seq=None),
        scene(book=BookSeen("BTC/RUB", [], [])),
        scene(markets=[Market(f"X{number}", "closed") for number in range(50)], chosen="X40"),
    ]
    for width, height in SIZES:
        for each in seen:
            for ascii_only in (False, True):
                found = lines(each, width, height, ascii_only=ascii_only)
                assert len(found) == height
                assert max(map(cell_len, found)) <= width
                assert not ascii_only or "".join(found).isascii()
        assert len(help_page(width, height).plain.split("\n")) == height


def test_a_small_window_keeps_the_best_prices() -> None:
    found = lines(scene(last_command=""), 40, 10)
    assert found[0] == "venue, recorded                 [at 10x]"
    assert found[1] == "seq 4,711 of 1,000,000   12:04:07 Moscow"
    sides = [line.split()[:2] for line in found[2:9]]
    assert sides[2:5] == [["ask", "8,000,200.5"], ["200.5", "spread"], ["bid", "8,000,000.0"]]
    assert found[-1] == FEW_KEYS
    # The chosen one and the heads of a list that is too long.
    many = scene(markets=[Market(f"X{number}", "closed") for number in range(50)], chosen="X40")
    assert any(line.startswith(">  X40 ") for line in lines(many, 80, 24))


def test_nothing_moves_as_orders_come_and_go() -> None:
    empty = scene(book=BookSeen("BTC/RUB", [], []), tape=[], verdicts=[], last_command="x")
    for width, height in ((80, 24), (60, 40), (120, 36)):
        rules = [
            [at for at, line in enumerate(lines(each, width, height)) if line == "─" * width]
            for each in (scene(), empty)
        ]
        assert rules[0] == rules[1]
        spreads = [
            next(at for at, line in enumerate(lines(each, width, height)) if "spread" in line)
            for each in (scene(), empty)
        ]
        assert spreads[0] == spreads[1]


def test_no_text_of_others_acts() -> None:
    ugly = msgspec.convert(
        {
            **msgspec.to_builtins(scene(where=TAIL, last_command=TAIL, notes=[TAIL], chosen=TAIL)),
            "markets": [msgspec.to_builtins(Market(TAIL, "continuous"))],
            "tape": [],
            "verdicts": [msgspec.to_builtins(Verdict("cancelled", TAIL, TAIL, TAIL, TAIL, TAIL, 1, NOON_NS))],
        },
        Scene,
    )
    for width, height in SIZES:
        for line in lines(ugly, width, height, foot=TAIL):
            assert line.isprintable()
    whole = "\n".join(lines(ugly, 200, 60))
    assert whole.count("[/x]") >= 8
    assert "\\x1b" in whole


def test_wide_letters_are_all_seen() -> None:
    words = "投資者は制限されています " * 8
    seen = scene(
        markets=[Market("金/RUB", "continuous", "1", None, None, "2")],
        chosen="金/RUB",
        verdicts=[Verdict("refused", "RET-1", "", words, "李", "金/RUB", 1, NOON_NS)],
    )
    found = lines(seen, 80, 40)
    assert max(map(cell_len, found)) <= 80
    assert "".join(found).replace(" ", "").count("投資者は制限されています") == 8
    assert any(line.startswith(">  金/RUB") for line in found)


def test_the_foot_says_what_is_typed() -> None:
    assert lines(scene(), 80, 24, foot="go to: 12.3s_")[-1] == "go to: 12.3s_"
    assert "1h30m" in help_page(80, 24).plain


def test_recent_keeps_the_newest_and_what_was_corrected() -> None:
    recent = Recent()
    for number in range(1, 61):
        recent.trade("A", Printed(number, number, "100", "1", "buy"))
    recent.correct("A", 60, "99")
    recent.correct("A", 59, None)
    recent.correct("A", 1, None)
    recent.correct("B", 60, None)
    tape = recent.tape("A")
    assert [each.trade_id for each in tape] == list(range(60, 10, -1))
    assert [(each.price, each.status) for each in tape[:3]] == [("99", "corrected"), ("100", "busted"), ("100", "")]
    assert recent.tape("B") == []


def test_neighbours() -> None:
    assert around("abcdefg", "a", 3) == ["a", "b", "c"]
    assert around("abcdefg", "d", 3) == ["c", "d", "e"]
    assert around("abcdefg", "g", 3) == ["e", "f", "g"]
    assert around("abc", "", 5) == ["a", "b", "c"]
    assert around("", "", 5) == []
