"""What is written as JSON at once is what encoding its message gives, byte for byte, whatever its fields are."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.build import is_compiled
from engine.vocabulary.codes import CANCEL_REASONS, ORDER_TYPES, SIDES, TIMES_IN_FORCE
from engine.vocabulary.messages.events import (
    AssetAdded,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
)
from engine.vocabulary.said import Said
from gateway.outbound.private_reports.direct import DIRECT
from gateway.outbound.private_reports.frames import WRITTEN
from gateway.outbound.private_reports.report import PrivateReport
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.formats import Formats
from gateway.protocol.wire import JSON, MSGPACK
from gateway.words.titles import RuleTitles

INSTRUMENTS = ("BTC/RUB", 'a "quoted" \\ name\n\x00\x7f\u2028\U0001f600')
TEXTS = st.text(max_size=20) | st.sampled_from(["", '"', "\\", "\b\f\n\r\t\x1f/", "имя", "\ud7ff\ue000"])
NUMBERS = st.integers(0, 10**6) | st.integers(0, 2**80)
IDS = st.none() | st.integers(0, 2**53 - 1)


def codes(table: tuple[str, ...]) -> st.SearchStrategy[int]:
    return st.integers(0, len(table) - 1)


def events() -> st.SearchStrategy[Event]:
    instruments = st.sampled_from(INSTRUMENTS)
    order = (st.integers(1, 2**63 - 1), TEXTS, st.integers(1, 2**63 - 1), TEXTS)
    side: tuple[st.SearchStrategy[Any], ...] = (*order, NUMBERS, NUMBERS, st.integers(-(2**70), 2**70))
    kinds, lives = codes(ORDER_TYPES), codes(TIMES_IN_FORCE)
    return st.one_of(
        st.builds(OrderAccepted, *order, instruments, codes(SIDES), kinds, lives, NUMBERS, NUMBERS, NUMBERS),
        st.builds(Trade, st.integers(1, 2**63 - 1), instruments, NUMBERS, NUMBERS, codes(SIDES), *side, *side),
        st.builds(
            OrderCancelled,
            *order,
            instruments,
            codes(SIDES),
            *[NUMBERS] * 4,
            codes(CANCEL_REASONS),
            rule=st.sampled_from(["", "RET-1"]),
            template=st.sampled_from(["", "cap.left"]),
            values=st.sampled_from([(), ("a", 1, Said("b"))]),
        ),
        st.builds(OrderAmended, *order, instruments, codes(SIDES), *[NUMBERS] * 4, st.booleans()),
    )


def made() -> PrivateReports:
    formats = Formats()
    for asset, scale in (("RUB", 2), ("BTC", 8)):
        formats.learn(AssetAdded(asset, 0, scale))
    for instrument, tick_e8, lot_e8 in zip(INSTRUMENTS, (100 * 10**8, 1), (10**4, 10**8), strict=True):
        formats.learn(InstrumentListed(instrument, 0, "BTC", "RUB", tick_e8, lot_e8, 1))
    return PrivateReports(formats, RuleTitles())


REPORTS = made()


@given(events(), st.booleans(), st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1), IDS, st.integers(0, 300))
@example(OrderAccepted(1, "a", 1, "c", "BTC/RUB", 0, 0, 0, 0, 0, 0), False, 1, 1, None, 3)
@example(OrderCancelled(1, "a", 1, "c", "BTC/RUB", 0, 0, 0, 1, 0, 0), False, 1, 1, 0, 3)
@example(OrderAccepted(7, "a", 1, "c", "BTC/RUB", 0, 0, 0, 1, 1, 0), False, 7, 1, 0, 255)
@example(OrderAccepted(7, "a", 1, "c", "BTC/RUB", 0, 0, 0, 1, 1, 0), False, 8, 1, 0, 256)
def test_it_is_what_its_message_says(
    event: Event, as_first: bool, command_seq: int, time_ns: int, request_id: int | None, place: int
) -> None:
    first = as_first and type(event) is Trade
    account, seq = (
        ((event.maker_account, event.maker_report_seq) if first else (event.taker_account, event.taker_report_seq))
        if isinstance(event, Trade)
        else (event.account, event.report_seq)
    )  # type: ignore[attr-defined]
    report = PrivateReport(account, seq, event, (command_seq, time_ns), place, as_first=first)
    for codec in (JSON, MSGPACK):
        expected = codec.frame(REPORTS.message(report, request_id))
        assert REPORTS.frame(codec, report, request_id) == expected


def test_all_are_drawn_and_more_than_one_way_out_is_there() -> None:
    assert set(DIRECT) == {OrderAccepted, Trade, OrderCancelled, OrderAmended}
    refused = OrderCancelled(1, "a", 1, "c", "BTC/RUB", 0, 0, 0, 1, 0, 0, rule="RET-1")
    report = PrivateReport("a", 1, refused, (1, 1), 0)
    assert DIRECT[OrderCancelled](REPORTS._formats, report, None) == ""
    assert b'"rule":"RET-1"' in REPORTS.frame(JSON, report)


def test_what_is_compiled_writes_in_c() -> None:
    assert bool(WRITTEN) == is_compiled()
    for kind, write in WRITTEN.items():
        assert kind in DIRECT
        # Nothing is read where fields of another class stand.
        with pytest.raises(TypeError):
            write(AssetAdded("RUB", 0, 2), {}, 1, 0, False, "", None)
        with pytest.raises(TypeError):
            write(AssetAdded("RUB", 0, 2))


UNPREPARED = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("written", sys.argv[1])
written = module_from_spec(spec)
spec.loader.exec_module(written)
for write in (written.accepted, written.trade, written.cancelled):
    try:
        write(None, {}, 1, 0, False, 1, None)
    except RuntimeError as error:
        print(error)
"""


@pytest.mark.skipif(not WRITTEN, reason="written by no C here")
def test_nothing_is_written_before_the_classes_are_known() -> None:
    path = sys.modules["gateway.outbound.private_reports.written"].__file__
    assert path is not None
    # In a process of its own: here they are known.
    told = subprocess.run([sys.executable, "-c", UNPREPARED, path], capture_output=True, text=True, check=True)
    assert told.stdout == "not prepared\n" * 3


@pytest.mark.parametrize("length", [1, 70, 5_000, 70_000])
def test_a_frame_of_any_length_has_its_header(length: int) -> None:
    event = OrderAccepted(7, "a", 1, "c" * length, "BTC/RUB", 0, 0, 0, 1, 1, 0)
    report = PrivateReport("a", 1, event, (7, 1), 0)
    assert REPORTS.frame(JSON, report) == JSON.frame(REPORTS.message(report))


def test_an_instrument_that_nobody_knows_is_a_fault() -> None:
    for event in (
        OrderAccepted(7, "a", 1, "c", "X", 0, 0, 0, 1, 1, 0),
        OrderCancelled(1, "a", 1, "c", "X", 0, 0, 0, 1, 0, 0),
        Trade(1, "X", 1, 1, 0, *(1, "a", 1, "c", 1, 1, 0), *(2, "b", 1, "d", 1, 1, 0)),
    ):
        with pytest.raises(KeyError):
            REPORTS.frame(JSON, PrivateReport("a", 1, event, (7, 1), 0))
    with pytest.raises(IndexError):
        REPORTS.frame(
            JSON, PrivateReport("a", 1, OrderAccepted(7, "a", 1, "c", "BTC/RUB", 0, 0, 99, 1, 1, 0), (7, 1), 0)
        )
