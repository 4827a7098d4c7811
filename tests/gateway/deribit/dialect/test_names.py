"""Names of instruments: what Deribit would call them, each once."""

from __future__ import annotations

import pytest

from gateway.deribit.dialect.names import Names
from gateway.protocol.messages import InstrumentInfo


def info(instrument: str, base: str = "BTC", quote: str = "RUB", expiry: int | None = None) -> InstrumentInfo:
    return InstrumentInfo(
        instrument=instrument,
        kind="spot" if expiry is None else "future",
        base=base,
        quote=quote,
        tick_size="1",
        lot_size="1",
        min_quantity="1",
        max_quantity="1",
        maker_fee_ppm=0,
        taker_fee_ppm=0,
        phase="continuous",
        expiry=expiry,
    )


DECEMBER = 1_798_213_500_000_000_000
"""25 December 2026, 18:45 in Moscow."""


@pytest.mark.parametrize(("listed", "name"), [
    (info("BTC/RUB"), "BTC_RUB"),
    (info("BTC-NOTE/RUB", "BTC-NOTE"), "BTC-NOTE_RUB"),
    (info("BTC-FUT-2026-12", expiry=DECEMBER), "BTC_RUB-25DEC26"),
    (info("x", "A.B", "Ж C"), "A-B_--C"),
])  # fmt: skip
def test_what_an_instrument_is_called(listed: InstrumentInfo, name: str):
    names = Names()
    assert names.learn([listed]) == [listed]
    assert (names.name(listed.instrument), names.instrument(name)) == (name, listed.instrument)


def test_each_name_is_one_instruments_and_stays_it():
    names = Names()
    first = [info("a", "A_B", "C"), info("b", "A", "B_C"), info("morning", expiry=DECEMBER)]
    names.learn(first)
    assert names.learn([*first, info("evening", expiry=DECEMBER + 1)]) == [info("evening", expiry=DECEMBER + 1)]
    found = [names.name(name) for name in ("a", "b", "morning", "evening")]
    assert found == ["A_B_C", "A_B_C_2", "BTC_RUB-25DEC26", "BTC_RUB-25DEC26_2"]
    assert names.instrument("nothing") is None
