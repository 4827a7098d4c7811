"""The instruments of a venue as Deribit lists them, and its assets as currencies."""

from __future__ import annotations

from typing import Any, Final

from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.names import FUTURE, Names
from gateway.deribit.dialect.numbers import millionths, milliseconds, number
from gateway.protocol.messages import InstrumentInfo

SPOT: Final = "spot"
ANY: Final = "any"
KINDS: Final = (SPOT, FUTURE)
ASKED_KINDS: Final = (*KINDS, ANY, "option", "future_combo", "option_combo")
"""What may be asked for; of some there is nothing."""
_OVER: Final = "closed"


class Unlisted(KeyError):
    """An instrument that the list of this port lacks yet: it is older than the instrument."""


class Listed:
    """All instruments that this port has heard of, by the name of the venue; with the phase of each by now."""

    def __init__(self) -> None:
        self.names: Final = Names()
        self._infos: Final[dict[str, InstrumentInfo]] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._infos)

    def learn(self, infos: list[InstrumentInfo]) -> list[InstrumentInfo]:
        """Take in the list as it is now; returns those that are new."""
        new = self.names.learn(infos)
        for info in infos:
            self._infos[info.instrument] = info
        return new

    def info(self, instrument: str) -> InstrumentInfo:
        """What the venue says of an instrument. Raises `Unlisted`."""
        try:
            return self._infos[instrument]
        except KeyError as error:
            raise Unlisted(instrument) from error

    def knows(self, instrument: str) -> bool:
        """Whether it is in the list of this port."""
        return instrument in self._infos

    def name(self, instrument: str) -> str:
        """What this port calls it. Raises `Unlisted`."""
        return self.names.name(self.info(instrument).instrument)

    def find(self, name: str) -> InstrumentInfo:
        """The instrument of a name. Raises `Failure`: there is none."""
        instrument = self.names.instrument(name)
        if instrument is None:
            raise Failure(
                13020,
                "not_found",
                reason="no instrument of that name: public/get_instruments lists them",
                param="instrument_name",
            )
        return self._infos[instrument]

    def of(self, currency: str, kind: str) -> list[InstrumentInfo]:
        """Those of a kind that have a currency on either side, in the order in which they were listed."""
        return [
            info
            for info in self._infos.values()
            if kind in (ANY, kind_of(info)) and (currency in ("", ANY) or currency in (info.base, info.quote))
        ]

    def currencies(self) -> list[str]:
        """All assets that an instrument has on either side."""
        return list(dict.fromkeys(asset for info in self._infos.values() for asset in (info.base, info.quote)))


def kind_of(info: InstrumentInfo) -> str:
    """Notes are bought and sold as coins are."""
    return FUTURE if info.kind == FUTURE else SPOT


def instrument_document(info: InstrumentInfo, name: str, now_ns: int) -> dict[str, Any]:
    """An instrument as `public/get_instruments` has it."""
    kind = kind_of(info)
    document: dict[str, Any] = {
        "instrument_name": name,
        "kind": kind,
        "base_currency": info.base,
        "counter_currency": info.quote,
        "quote_currency": info.quote,
        "price_index": f"{info.base.lower()}_{info.quote.lower()}",
        "tick_size": number(info.tick_size),
        # The step of an amount: `ccxt` rounds to it. The least that an order may have is `min_quantity`.
        "min_trade_amount": number(info.lot_size),
        "maker_commission": millionths(info.maker_fee_ppm),
        "taker_commission": millionths(info.taker_fee_ppm),
        "is_active": not (info.expiry is not None and info.expiry <= now_ns),
        "instrument_type": "linear",
        "venue_instrument": info.instrument,
        "venue_kind": info.kind,
        "venue_phase": info.phase,
        "min_quantity": number(info.min_quantity),
        "max_quantity": number(info.max_quantity),
    }
    if kind == FUTURE:
        assert info.expiry is not None
        document |= {
            "contract_size": 1,
            "settlement_currency": info.quote,
            "settlement_period": "month",
            "future_type": "linear",
            "expiration_timestamp": milliseconds(info.expiry),
        }
    return document


def currency_document(asset: str) -> dict[str, Any]:
    """An asset as `public/get_currencies` has it: moving it is no business of this port."""
    return {
        "currency": asset,
        "currency_long": asset,
        "coin_type": asset,
        "decimals": 8,
        "fee_precision": 8,
        "min_confirmations": 0,
        "min_withdrawal_fee": 0,
        "withdrawal_fee": 0,
        "withdrawal_priorities": [],
        "in_cross_collateral_pool": False,
    }


def is_open(phase: str) -> bool:
    """Whether orders may come."""
    return phase != _OVER
