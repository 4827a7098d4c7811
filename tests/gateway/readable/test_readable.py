"""Values show themselves in one line and as a table, with all text escaped; kept sessions are opened as such values."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.inprocess.venue import Venue
from gateway.journal.files import JournalError
from gateway.readable import sessions
from gateway.readable.tables import MAX_ROWS, Readable, Rows, html_table, text_of
from gateway.readable.verdicts import Refusal
from gateway.session.moments import MomentError
from gateway.session.recorded import NoSuchMoment

BTC = "BTC/RUB"
HOSTILE = "<script>alert('x')</script>\n\x1b[2J\u202e&amp;"


class Tags(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("kept") / "session"
    with Venue(rulebook="general-2026", keep=directory) as venue:
        maker, lev = venue.investor("alpha-trading"), venue.investor("lev")
        maker.sell(BTC, "0.5", "8000000", display_quantity="0.1")
        venue.advance("10s")
        lev.buy(BTC, "0.02", "8000000")
        venue.advance("10s")
        lev.buy(BTC, "0.03", "8000000")
        lev.buy(BTC, "0.01", "7900000")
    return directory


def test_text_in_tables_is_escaped_and_in_lines_spelled_out() -> None:
    refusal = Refusal("compliance", HOSTILE, "R<1>", HOSTILE, ("R<1>",))
    for page in (refusal._repr_html_(), Rows([refusal])._repr_html_(), html_table(HOSTILE, (HOSTILE,), [[HOSTILE]])):
        found = Tags(page)
        assert set(found.tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert "<script>alert('x')</script>" in found.text
    assert repr(refusal).isprintable()
    assert "\\x1b[2J\\u202e" in repr(refusal)


def test_what_a_participant_writes_is_escaped_where_it_shows() -> None:
    with Venue() as venue:
        anna = venue.investor("anna")
        order = anna.buy(BTC, "0.1", "7900000", client_order_id="<b>mine</b>")
        venue.admin("register_investor", investor="anna", kind="individual", class_override="retail", reason=HOSTILE)
        shown = [order, anna, anna.account, anna.record, anna.orders, venue.state, venue.book(BTC), venue.instruments]
        verdict = order.verdict()
        assert verdict is not None
        for each in (*shown, verdict, order.refusal or verdict):
            assert repr(each).isprintable()
            assert set(Tags(each._repr_html_()).tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "em"}


def test_figures_are_grouped_and_long_tables_end() -> None:
    assert [text_of(each) for each in (Decimal("-1234567.50"), 1234, True, False, None, "1234")] == [
        "-1,234,567.50",
        "1,234",
        "yes",
        "no",
        "",
        "1234",
    ]
    page = html_table("", ("n",), [[number] for number in range(MAX_ROWS + 2)])
    assert page.count("<tr>") == MAX_ROWS + 2
    assert "and 2 more" in page
    assert Rows[Readable]([])._repr_html_() == "<em>none</em>"


def test_a_session_replays_equal_and_damage_is_named(kept: Path, tmp_path: Path) -> None:
    found = sessions.replay(kept)
    assert (found.equal, found.status, found.first_difference, found.reason) == (True, "equal", None, "")
    assert found.recorded_digest == found.replayed_digest
    assert re.fullmatch(r"<replayed [\d,]+ commands, [\d,]+ events: equal>", repr(found))
    assert sessions.replay(kept, until_seq=100).commands == 100

    (segment,) = (kept / "journal").glob("*.sbxj")
    damaged = tmp_path / "journal"
    damaged.mkdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / segment.name).write_bytes(content)
    worse = sessions.replay(tmp_path)
    assert (worse.equal, worse.status) == (False, "damaged")
    assert worse.reason
    with pytest.raises(JournalError):
        sessions.at(tmp_path)
    with pytest.raises(JournalError):
        sessions.replay(tmp_path / "nothing")


def test_a_session_at_a_moment(kept: Path) -> None:
    end = sessions.at(kept)
    record = end.investor("lev")
    assert record.cap is not None
    assert (record.cap.used, record.cap.reserved, record.cap.left) == (160_000, 79_000, 61_000)
    assert [order.price for order in record.accounts[0].orders] == [7_900_000]
    before = sessions.at(kept, "9.9s")
    assert before.investor("lev").cap == type(record.cap)(Decimal(300_000), Decimal(0), Decimal(0))
    (level,) = before.book(BTC).asks
    assert (level.quantity, level.hidden, level.orders) == (Decimal("0.1"), Decimal("0.4"), 1)
    assert before.book(BTC).spread is None
    assert sessions.at(kept, before.seq).seq == sessions.at(kept, before.time + timedelta(seconds=5)).seq == before.seq
    assert sessions.at(kept, "2026-06-01 10:00:09").seq == before.seq
    for moment in (end.seq + 1, "2026-01-01"):
        with pytest.raises(NoSuchMoment):
            sessions.at(kept, moment)
    for nonsense in ("then", 0, True):
        with pytest.raises(MomentError, match="is no moment"):
            sessions.at(kept, nonsense)


def test_tables_of_a_session(kept: Path) -> None:
    pytest.importorskip("pyarrow")
    trades = sessions.read(kept, "trades").to_pylist()
    assert [(row["price"], row["quantity"]) for row in trades] == [(8_000_000, Decimal("0.02"))]
    assert sessions.read(str(kept / "journal"), "verdicts")["rule"].to_pylist() == ["RET-1"]
    assert all(sessions.read(kept, name).num_rows >= 0 for name in sessions.TABLES)
    with pytest.raises(ValueError, match="there is no table trade; did you mean trades"):
        sessions.read(kept, "trade")


def test_without_pyarrow_the_error_says_how_to_get_it(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in sys.modules if name.startswith(("pyarrow", "gateway.export.memory", "gateway.export.arrow"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sandbox-exchange\[parquet\]'"):
        sessions.read(kept, "trades")
