"""No price on the default venue can be anything: what is far from the reference is refused, what is far from the last trade does not happen."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from engine.exchange import Exchange
from engine.vocabulary.codes import BAND, BUY, CONTINUOUS, GTC, LIMIT, SELL, VOLATILITY_AUCTION
from engine.vocabulary.messages.commands import ListInstrument, NewOrder, Sequenced
from engine.vocabulary.messages.events import Event, OrderRejected, PhaseChanged, Trade
from gateway.core import new_exchange
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue

TODAY = datetime.datetime.now(tz=datetime.UTC).date()
NOW_NS = int(datetime.datetime.now(tz=datetime.UTC).timestamp()) * 10**9


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exchange, list[ListInstrument]]:
    directory: Path = tmp_path_factory.mktemp("bands") / "venue"
    write_default_venue(directory, TODAY, "general-2026")
    exchange = new_exchange()
    genesis = load_venue(directory).genesis()
    for seq, command in enumerate(genesis, 1):
        exchange.apply(Sequenced(seq, NOW_NS, command))
    return exchange, [command for command in genesis if isinstance(command, ListInstrument)]


def enter(exchange: Exchange, account: str, listing: ListInstrument, side: int, per_mille: int) -> list[Event]:
    """An order of the smallest quantity at a price in thousandths of the reference."""
    price_e8 = listing.reference_price_e8 * per_mille // 1_000 // listing.tick_e8 * listing.tick_e8
    participant = exchange.accounts[account].participant
    client_order_id = f"b{exchange.seq}"
    order = NewOrder(
        participant, account, client_order_id, listing.instrument, side, LIMIT, GTC, price_e8, listing.min_quantity_e8
    )
    return exchange.apply(Sequenced(exchange.seq + 1, NOW_NS, order))


def test_nobody_buys_for_a_song_nor_sells_for_a_fortune(started: tuple[Exchange, list[ListInstrument]]) -> None:
    exchange, listings = started
    assert len(listings) > 20
    for listing in listings:
        for account in ("daria.north", "anna.main"):
            for side, per_mille in ((BUY, 500), (SELL, 500), (BUY, 1_500), (SELL, 1_500)):
                answer = enter(exchange, account, listing, side, per_mille)[0]
                assert isinstance(answer, OrderRejected) and answer.code == BAND, (listing.instrument, per_mille)


def test_a_trade_far_from_the_last_one_begins_an_auction(started: tuple[Exchange, list[ListInstrument]]) -> None:
    exchange, listings = started
    listing = next(each for each in listings if each.instrument == "BTC/RUB")
    assert exchange.books["BTC/RUB"].phase == CONTINUOUS
    enter(exchange, "mm-alpha.main", listing, SELL, 1_100)
    events = enter(exchange, "anna.main", listing, BUY, 1_100)
    assert not [event for event in events if isinstance(event, Trade)]
    phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
    assert phases == [VOLATILITY_AUCTION]
