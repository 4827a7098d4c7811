"""New terms of an instrument, as MATCHING says: they hold from now on, and the larger fee only changes where nothing is open."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_E8, MAX_FEE_PPM, MAX_REBATE_PPM, MAX_SUPPLY
from engine.vocabulary.messages import commands, events
from tests.reference.rules import Rules


class Updates(Rules):
    """What changes an instrument that is listed."""

    def update_instrument(self, command: commands.UpdateInstrument) -> None:
        terms = self.instruments.get(command.instrument)
        if terms is None:
            self.refuse_command(codes.UNKNOWN_INSTRUMENT)
            return
        lot = terms.lot_e8

        def new(given: int | None, before: int) -> int:
            return before if given is None else given

        least, most = (
            new(command.min_quantity_e8, terms.min_lots * lot),
            new(command.max_quantity_e8, terms.max_lots * lot),
        )
        maker, taker = new(command.maker_fee_ppm, terms.maker_ppm), new(command.taker_fee_ppm, terms.taker_ppm)
        notional, collar = new(command.max_notional, terms.max_notional), new(command.collar_ppm, terms.collar_ppm)
        position = new(command.max_position_e8, terms.most_lots * lot)
        sound = (
            command.quote in ("", terms.quote)
            and lot <= least <= most <= MAX_E8
            and least % lot == most % lot == 0
            and 0 < notional <= MAX_SUPPLY
            and 0 < collar < 1_000_000
            and all(-MAX_REBATE_PPM <= fee <= MAX_FEE_PPM for fee in (maker, taker))
            and maker + taker >= 0
            and (0 <= position <= MAX_E8 and position % lot == 0 if terms.future else position == 0)
        )
        dearer = max(maker, taker, 0) != max(terms.maker_ppm, terms.taker_ppm, 0)
        if not sound or (dearer and any(order.request.instrument == terms.name for order in self.live)):
            self.refuse_command(codes.INVALID)
            return
        terms.min_lots, terms.max_lots, terms.max_notional = least // lot, most // lot, notional
        terms.collar_ppm, terms.maker_ppm, terms.taker_ppm = collar, maker, taker
        terms.most_lots = position // lot
        self.emit(events.RulesChanged("instrument", command.instrument, "", command.reason, command.by))
