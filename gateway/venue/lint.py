"""What a venue file says that a venue can start with, and should not: who stands outside a limit, and instruments without bands."""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.commands import ListInstrument, RegisterIntermediary, RegisterInvestor, SetTradingRules
from gateway.venue.venue import Venue, check_setup
from gateway.words.words import in_words

BANDS = "OPS-1"
"""The rule that prices far from the market are kept out by."""


class VenueRemark(msgspec.Struct, frozen=True):
    """One thing that should not be so."""

    where: str
    """The key of the file."""
    rule: str
    text: str


def lint_venue(venue: Venue) -> list[VenueRemark]:
    """Everything that should not be so: instruments in the order of the file, then whoever stands outside a limit, by rule.

    Raises:
        VenueError: the venue can't be set up at all.
    """
    return _bands(venue) + _limits(venue)


def _bands(venue: Venue) -> list[VenueRemark]:
    """Instruments on which a price can be anything."""
    rules = {command.instrument: command for _, command in venue.setup if isinstance(command, SetTradingRules)}
    found: list[VenueRemark] = []
    for where, command in venue.setup:
        if not isinstance(command, ListInstrument):
            continue
        name = command.instrument
        stated = rules.get(name, SetTradingRules(name))
        if not stated.static_ppm:
            text = f"{name} has no static band: an order may have any price; set static_band_ppm"
            found.append(VenueRemark(where, BANDS, text))
        elif not command.reference_price_e8:
            text = f"{name} has no reference price, around which its static band would be; set reference_price"
            found.append(VenueRemark(where, BANDS, text))
        if not stated.dynamic_ppm:
            text = f"{name} has no dynamic band: a trade may be at any distance from the last one; set dynamic_band_ppm"
            found.append(VenueRemark(where, BANDS, text))
        elif stated.dynamic_ppm <= command.collar_ppm:
            text = f"{name} has a dynamic band that is no wider than the collar: a market order begins an auction"
            found.append(VenueRemark(where, BANDS, text))
    return found


def _limits(venue: Venue) -> list[VenueRemark]:
    """Whoever has more than a rule allows before the first order."""
    places: dict[str, str] = {}
    for where, command in venue.setup:
        if isinstance(command, RegisterInvestor):
            places[command.investor] = where
        elif isinstance(command, RegisterIntermediary):
            places.setdefault(command.intermediary, where)
    return [VenueRemark(places[name], rule, in_words(what)) for rule, name, what in check_setup(venue)]
