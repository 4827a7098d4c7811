"""A small venue to test the core with, and the shortest way to send it commands."""

from __future__ import annotations

from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import Event
from tests.support.words import spell

E8 = 10**8
START_NS = 1_767_214_800_000_000_000
"""2026-01-01 00:00 in Moscow."""


class Desk:
    """An exchange and its next sequence number and time."""

    def __init__(self, hook: PreTradeHook | None = None) -> None:
        self.exchange = Exchange(hook or PreTradeHook())
        self.time_ns = START_NS
        self.history: list[commands.Sequenced] = []
        self.results: list[list[Event]] = []

    def send(self, command: commands.AnyCommand, after_ns: int = 1_000_000) -> list[Event]:
        """Sequence one command, `after_ns` after the one before; its events with their words. `results` has them as they are."""
        self.time_ns += after_ns
        sequenced = commands.Sequenced(self.exchange.seq + 1, self.time_ns, command)
        self.history.append(sequenced)
        events = self.exchange.apply(sequenced)
        self.results.append(events)
        return spell(events)

    def send_at(self, time_ns: int, command: commands.AnyCommand) -> list[Event]:
        """Sequence one command at a time, not before that of the one before."""
        return self.send(command, time_ns - self.time_ns)


def list_spot(
    desk: Desk,
    name: str = "BTC/RUB",
    *,
    tick_e8: int = E8,
    lot_e8: int = E8,
    max_lots: int = 1_000_000,
    max_notional: int = 10**15,
    collar_ppm: int = 50_000,
    reference: int = 0,
    maker_fee_ppm: int = 0,
    taker_fee_ppm: int = 0,
    quote_scale: int = 2,
    base_scale: int = 0,
) -> None:
    """List a spot instrument whose tick is 1 and lot is 1 by default, and open it for continuous trading."""
    base, quote = name.split("/")
    for asset, kind, scale in ((base, codes.CRYPTO, base_scale), (quote, codes.FIAT, quote_scale)):
        if asset not in desk.exchange.assets:
            desk.send(commands.AddAsset(asset, kind, scale))
    desk.send(
        commands.ListInstrument(
            name,
            codes.SPOT,
            base,
            quote,
            tick_e8,
            lot_e8,
            lot_e8,
            max_lots * lot_e8,
            max_notional,
            collar_ppm,
            reference * tick_e8,
            maker_fee_ppm,
            taker_fee_ppm,
        )
    )
    assert name in desk.exchange.books, desk.results[-1]
    desk.send(commands.SetPhase(name, codes.CONTINUOUS))


def open_account(desk: Desk, name: str, **deposits: int) -> None:
    """Open an account operated by the participant of the same name, with deposits in minor units by asset."""
    desk.send(commands.OpenAccount(name, name, name))
    for asset, amount in deposits.items():
        desk.send(commands.Deposit(name, asset, amount))
