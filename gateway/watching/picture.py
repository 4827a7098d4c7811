"""The picture of a scene: lines of text that fit a window of any size. Pure: the same scene is the same picture."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from gateway.printable import figures, printable
from gateway.reporting.tables.times import moscow_time
from gateway.watching.scene import BookSeen, Level, Market, Printed, Scene, Verdict, around
from gateway.words.chosen import chosen, tr

BESIDE: Final = 72
"""Columns from which on the tape stands beside the book."""
WIDE: Final = 100
"""Columns from which on a line has room for most of what is said."""
INDENT: Final = "  "
STAYS: Final = 9
"""Of a column that never goes."""
BAR_CELLS: Final = 10
"""Of the longest bar that shows a quantity."""
CLOCK: Final = len("10:04:07.123")
SHORT_CLOCK: Final = len("10:04:07")
BID, ASK, DIM, HEAD, WARN, CHOSEN = "green", "red", "dim", "bold", "yellow", "bold"

KEYS: Final = "space pause   . step   + - speed   g go to   n p instrument   ? help   q quit"
FEW_KEYS: Final = "? help   q quit"
HELP: Final = (
    "space         pause, or go on",
    ". or right    one command more, then pause",
    ", or left     one command back, then pause",
    "+ and -       faster, slower",
    "g             go to a moment, then Enter: 12.3s or 1h30m from the",
    "              beginning, 10:04:07 (Moscow), 2026-06-01, 2026-06-01T10:04:07,",
    "              a sequence number, or an order's number",
    "n p, down up  the next instrument, the one before",
    "?             this page; any key leaves it",
    "q             quit",
    "",
    "A live venue trades on while its picture is paused; it has no other speed,",
    "and what is past is walked in with: sbx watch DIR --from MOMENT",
)


class Column(NamedTuple):
    """A column of a table."""

    head: str
    keeps: int = STAYS
    """Where there is no room for all, the columns with the lowest number go first."""
    is_left: bool = False
    """Texts stand on the left, figures on the right."""
    is_plain: bool = False
    """It does not take the colour of its side."""


class Row(NamedTuple):
    """A line of a table."""

    cells: Sequence[str]
    style: str = ""
    side: str = ""
    """The colour of bids or asks."""


def table(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[Text]:
    """The heads and the rows, in as many of the columns as have room; they stand closer before one goes. An empty column goes first."""
    lines = [Row([chosen().heading(column.head) if column.head else "" for column in columns], DIM), *rows]
    widths = [max(cell_len(line.cells[place]) for line in lines) for place in range(len(columns))]
    kept, gap = [place for place in range(len(columns)) if any(row.cells[place] for row in rows)], 2
    while sum(widths[place] for place in kept) + gap * (len(kept) - 1) > width:
        if gap > 1:
            gap = 1
        else:
            lowest = min(columns[place].keeps for place in kept)
            if lowest == STAYS:
                break
            kept = [place for place in kept if columns[place].keeps > lowest]
    found = []
    for line in lines:
        text = Text(style=line.style)
        for place in kept:
            cell, column = line.cells[place], columns[place]
            pad = " " * (widths[place] - cell_len(cell))
            between = " " * gap if text else ""
            text.append(
                between + (cell + pad if column.is_left else pad + cell), None if column.is_plain else line.side or None
            )
        text.truncate(width)
        text.rstrip()
        found.append(text)
    return found


def fit(text: str, width: int, style: str = "") -> Text:
    """A line that is no wider."""
    return Text(text if cell_len(text) <= width else set_cell_size(text, max(width, 0)), style or "")


def ends(left: str, right: str, width: int, style: str = "") -> Text:
    """A line with something at each end; where there is no room for both, the left goes first."""
    room = width - cell_len(right) - 1
    if room < cell_len(left):
        left = set_cell_size(left, max(room, 0)).rstrip()
    pad = max(width - cell_len(left) - cell_len(right), 0)
    return fit(f"{left}{' ' * pad}{right}", width, style)


def _wrapped(text: str, width: int, indent: str = "") -> list[Text]:
    """A text in as many lines as it takes."""
    text = printable(text)
    room = width - len(indent)
    # Letters are counted, and some take two cells.
    letters = room if cell_len(text) <= len(text) else room // 2
    return [fit(indent + line, width) for line in textwrap.wrap(text, max(letters, 1))]


def _filled(lines: list[Text], room: int) -> list[Text]:
    """Lines, and empty ones behind them."""
    return lines + [Text() for _ in range(room - len(lines))]


def picture(scene: Scene, width: int, height: int, foot: str = "", *, ascii_only: bool = False, keys: str = "") -> Text:
    """A scene in a window.

    Args:
        scene: what is seen.
        width: of the window, in cells.
        height: in lines.
        foot: the last line; empty: what the keys do.
        ascii_only: whether the terminal has no other letters.
        keys: what they do, where that is not as usual.
    """
    lines = _head(scene, width)
    said = chosen().text(keys or KEYS)
    keys = said if keys or width >= len(said) else chosen().text(FEW_KEYS)
    last = [] if height < 3 else [fit(printable(foot) or keys, width, WARN if foot else DIM)]
    room = height - len(last) - len(lines)
    if room >= 9:
        lines += _all(scene, width, room, ascii_only)
    elif room > 0:
        lines += _book(scene.book, width, room, ascii_only)
    lines = _filled(lines[: height - len(last)], height - len(last))
    return Text("\n").join([*lines, *last])


def help_page(width: int, height: int) -> Text:
    """What the keys do."""
    return Text("\n").join(
        _filled([fit(chosen().text(line) if line else "", width) for line in HELP[: max(height, 0)]], height)
    )


def _head(scene: Scene, width: int) -> list[Text]:
    """Where and when it is, and what was done last."""
    state = f"[{chosen().story(scene.state)}]"
    seq = "" if scene.seq is None else f"{tr('seq')} {scene.seq:,}"
    if scene.last_seq is not None:
        seq += f" {tr('of {n}', n=f'{scene.last_seq:,}')}"
    time = ""
    if scene.time_ns is not None:
        whole = moscow_time(scene.time_ns, 3)
        forms = [tr("{time} Moscow", time=each) for each in (whole, whole[-CLOCK:], whole[-CLOCK:][:SHORT_CLOCK])]
        time = next((form for form in forms if len(seq) + 1 + len(form) <= width), forms[-1])
    lines = [
        ends(
            printable(f"{scene.where}, {chosen().story(scene.kind)}"),
            printable(state),
            width,
            WARN if scene.is_paused else HEAD,
        ),
        ends(seq, time, width),
    ]
    if scene.figures:
        lines.append(fit(printable(scene.figures), width))
    if scene.last_command:
        # As many lines whatever it says: what stands below keeps its place.
        most = 1 if width >= WIDE else 2
        lines += _filled(_wrapped(scene.last_command, width)[:most], most)
    return lines + [fit(printable(chosen().read(note)), width, WARN) for note in scene.notes]


def _all(scene: Scene, width: int, room: int, ascii_only: bool) -> list[Text]:
    """Prices, the book with the tape beside it or below, and verdicts. Where each stands follows from the window, not from what trades."""
    rule = Text(("-" if ascii_only else "─") * width, DIM)
    room -= 3
    prices = min(1 + len(scene.markets), max(room // 4, 2))
    middle = max((room - prices) * 6 // 10, 4)
    if width >= BESIDE:
        split = min(width * 45 // 100, 60)
        bar = " | " if ascii_only else " │ "
        left = _book(scene.book, split, middle, ascii_only)
        right = _tape(scene, width - split - len(bar), middle)
        centre = [_beside(left, right, place, split, bar) for place in range(middle)]
    else:
        tape = middle // 3 if middle >= 12 else 0
        centre = _filled(_book(scene.book, width, middle - tape, ascii_only), middle - tape)
        if tape:
            centre += _filled([rule, *_tape(scene, width, tape - 1)], tape)
    return [
        rule,
        *_prices(scene, width, prices),
        rule,
        *centre,
        rule,
        *_verdicts(scene, width, room - prices - middle),
    ]


def _beside(left: list[Text], right: list[Text], place: int, split: int, bar: str) -> Text:
    first = left[place].copy() if place < len(left) else Text()
    first.pad_right(max(split - first.cell_len, 0))
    return Text.assemble(first, (bar, DIM), right[place] if place < len(right) else Text())


# ── prices ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_PRICES: Final = (
    Column("", STAYS, True, is_plain=True),
    Column("instrument", STAYS, True, is_plain=True),
    Column("phase", 5, True, is_plain=True),
    Column("last", 8, is_plain=True),
    Column("in 24h", 4),
    Column("bid quantity", 1, is_plain=True),
    Column("bid", 7, is_plain=True),
    Column("ask", 6, is_plain=True),
    Column("ask quantity", 1, is_plain=True),
)


def _prices(scene: Scene, width: int, room: int) -> list[Text]:
    """The chosen instrument and its neighbours."""
    markets = {market.instrument: market for market in scene.markets}
    rows = [_market(markets[name], name == scene.chosen) for name in around(markets, scene.chosen, room - 1)]
    return table(_PRICES, rows, width)


def _market(market: Market, is_chosen: bool) -> Row:
    prices = (market.bid_quantity, market.bid, market.ask, market.ask_quantity)
    change = market.change_percent_24h or ""
    cells = [
        ">" if is_chosen else " ",
        printable(market.instrument),
        market.phase.replace("_", " "),
        _figure(market.last),
        f"{change}%" if change else "",
        *map(_figure, prices),
    ]
    moved = change.strip("0.+-") and (ASK if change.startswith("-") else BID)
    return Row(cells, CHOSEN if is_chosen else "" if market.phase == "continuous" else WARN, moved)


def _figure(text: str | None) -> str:
    return "-" if text is None else figures(printable(text))


# ── the book ───────────────────────────────────────────────────────────────────────────────────────────────────────

_BOOK: Final = (
    Column("", STAYS, True),
    Column("price"),
    Column("quantity", 8, is_plain=True),
    Column("hidden", 1, is_plain=True),
    Column("orders", 2, is_plain=True),
    Column("", 3, True),
)


def _book(book: BookSeen | None, width: int, room: int, ascii_only: bool) -> list[Text]:
    """Asks above bids, the best ones in the middle, where they stay."""
    if book is None:
        return [fit(tr("no book yet"), width, DIM)]
    half = max((room - 2) // 2, 1)
    asks, bids = book.asks[:half], book.bids[: max(room - 2 - half, 1)]
    most = max((Decimal(level.quantity) for level in (*asks, *bids)), default=Decimal(0))
    block = "#" if ascii_only else "█"
    empty = Row([""] * len(_BOOK))
    rows = [empty] * (half - len(asks))
    rows += [_level("ask", level, most, block, ASK) for level in reversed(asks)]
    rows.append(Row(["", _spread(book), tr("spread"), *[""] * (len(_BOOK) - 3)], DIM))
    rows += [_level("bid", level, most, block, BID) for level in bids]
    found = table(_BOOK, rows, width)
    if room < len(found):
        # A very small window: the best prices rather than the heads.
        found = found[1:]
    return found[:room]


def _level(side: str, level: Level, most: Decimal, block: str, style: str) -> Row:
    cells = int(Decimal(level.quantity) * BAR_CELLS / most) if most else 0
    hidden = "" if level.hidden is None else _figure(level.hidden if level.hidden.strip("0.") else None)
    orders = "" if level.orders is None else f"{level.orders:,}"
    return Row(
        [chosen().heading(side), _figure(level.price), _figure(level.quantity), hidden, orders, block * cells],
        side=style,
    )


def _spread(book: BookSeen) -> str:
    if not (book.bids and book.asks):
        return "-"
    return f"{Decimal(book.asks[0].price) - Decimal(book.bids[0].price):,f}"


# ── the tape ───────────────────────────────────────────────────────────────────────────────────────────────────────

_TAPE: Final = (
    Column("seq", 4, is_plain=True),
    Column("time", 7, True, is_plain=True),
    Column("price"),
    Column("quantity", 8, is_plain=True),
    Column("taker", 6, True),
    Column("trade", 1, is_plain=True),
)


def _tape(scene: Scene, width: int, room: int) -> list[Text]:
    """The last trades of the chosen instrument."""
    if not scene.tape:
        return [fit(tr("no trade of {instrument} was seen yet", instrument=printable(scene.chosen or "")), width, DIM)]
    clock = CLOCK if width >= BESIDE - CLOCK else SHORT_CLOCK
    return table(_TAPE, [_print(printed, clock) for printed in scene.tape[: max(room - 1, 0)]], width)


def _print(printed: Printed, clock: int) -> Row:
    seq = "" if printed.seq is None else str(printed.seq)
    time = moscow_time(printed.time_ns, 3)[-CLOCK:][:clock]
    cells = [
        seq,
        time,
        _figure(printed.price),
        _figure(printed.quantity),
        printed.status or printable(printed.taker_side),
        str(printed.trade_id),
    ]
    side = BID if printed.taker_side == "buy" else ASK
    return Row(cells, side=WARN if printed.status else side)


# ── verdicts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _verdicts(scene: Scene, width: int, room: int) -> list[Text]:
    """Who was told no, and why, the newest first: a line each, and below it the words."""
    lines = []
    if scene.since_ns is not None:
        since = moscow_time(scene.since_ns, 0)[-SHORT_CLOCK:]
        counts = tr(
            "since {time}: {accepted} accepted, {refused} refused",
            time=since,
            accepted=f"{scene.accepted:,}",
            refused=f"{scene.refused:,}",
        )
        lines.append(fit(counts, width, DIM))
    for verdict in scene.verdicts:
        if len(lines) >= room:
            break
        lines += _verdict(verdict, width)
    return lines[:room]


def _fate(verdict: Verdict) -> str:
    if verdict.what == "refused":
        return tr("refused by {rule}", rule=verdict.by)
    return tr("cancelled by {rule}", rule=verdict.by)


def _verdict(verdict: Verdict, width: int) -> list[Text]:
    time = "" if verdict.time_ns is None else moscow_time(verdict.time_ns, 3)[-CLOCK:]
    seq = "-" if verdict.seq is None else str(verdict.seq)
    said = (seq, time, _fate(verdict), verdict.account, verdict.instrument)
    head = INDENT.join(part for part in said if part)
    words = ": ".join(part for part in (verdict.title, verdict.words) if part)
    return [fit(printable(head), width, HEAD), *_wrapped(words, width, INDENT)]
