"""Futures in the words of the scenario tables: how they are listed, what is sent about them, what happens to positions."""

from __future__ import annotations

from decimal import Decimal

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, ONE_E8
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import AnyCommand
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.numbers import e8, length_ns, money, next_clock_ns, ppm, show, show_clock
from loadtest.scenarios.orders import Words
from loadtest.scenarios.venue import QUOTE_SCALE, Venue


def list_future(venue: Venue, text: str) -> list[events.Event]:
    """`future BTC-FUT/RUB tick 1 ... static 10% index BTC expires 18:00 averaging 10 minutes marks 1 hour position 50`."""
    words = Words(text)
    name = words.take("instrument")
    given = {"tick": "1", "lot": "1", "max": "1000000", "value": "1000000000", "collar": "5%", "reference": "100"}
    given |= {"maker": "0%", "taker": "0%", "phase": "continuous", "static": "10%", "position": "0"}
    base, _, quote = name.partition("/")
    base = base.partition("-")[0]
    given |= {"min": "", "index": base}
    lengths = {"averaging": 0, "marks": 0}
    expiry_ns = venue.time_ns + 30 * NS_PER_DAY
    for word in words:
        if word in lengths:
            lengths[word] = length_ns(words.take("number"), words.take("unit"))
        elif word == "expires":
            expiry_ns = next_clock_ns(words.take("time"), venue.time_ns)
        elif word in given:
            given[word] = words.take(word)
        else:
            raise ScenarioError(f"a future has no {word}; known: {', '.join([*given, *lengths, 'expires'])}")
    happened: list[events.Event] = []
    for asset, kind, scale in ((base, codes.CRYPTO, 0), (quote, codes.FIAT, QUOTE_SCALE)):
        if asset not in venue.exchange.assets:
            happened += venue.send(commands.AddAsset(asset, kind, scale))
    listing = commands.ListInstrument(
        name,
        codes.FUTURE,
        base,
        quote,
        e8(given["tick"]),
        e8(given["lot"]),
        e8(given["min"] or given["lot"]),
        e8(given["max"]),
        int(Decimal(given["value"]).scaleb(QUOTE_SCALE)),
        ppm(given["collar"]),
        e8(given["reference"]),
        ppm(given["maker"]),
        ppm(given["taker"]),
        "" if given["index"] == "none" else given["index"],
        expiry_ns,
        lengths["averaging"],
        lengths["marks"],
        e8(given["position"]),
    )
    happened += venue.send(listing)
    if name not in venue.exchange.instruments:
        return happened
    venue.instrument = venue.instrument or name
    if given["static"] != "0%":
        happened += venue.send(commands.SetTradingRules(name, static_ppm=ppm(given["static"])))
    if given["phase"] != "closed":
        happened += venue.send(commands.SetPhase(name, codes.PHASES.index(given["phase"])))
    return happened


def index_price(venue: Venue, text: str) -> AnyCommand:
    """`index BTC at 105`."""
    name, _, price = text.partition(" at ")
    return commands.SetIndexPrice(name, e8(price), "scenario")


def mark(venue: Venue, text: str) -> AnyCommand:
    """`mark`, `mark at 105`, `mark ETH-FUT/RUB at 105`."""
    words = text.split()
    name = words.pop(0) if words and words[0] != "at" else venue.instrument
    return commands.MarkFuture(name, e8(words[1]) if words else 0, "scenario")


def margin_rules(_: Venue, text: str) -> AnyCommand:
    """`margin grace 5 minutes`."""
    words = text.split()
    return commands.SetMarginRules(length_ns(words[1], words[2]))


def close_out(venue: Venue, text: str) -> AnyCommand:
    """`close out ann`, `close out ann ETH-FUT/RUB`."""
    words = text.split()
    return commands.CloseOut(words[1], words[2] if len(words) > 2 else venue.instrument, "supervisor")


def position(venue: Venue, account: str, name: str) -> str:
    """A position as `5 carried 500`, `-5 carried -500`."""
    instrument = venue.exchange.instruments[name]
    found = venue.exchange.accounts[account].positions.get(instrument.number)
    if found is None:
        return "0 carried 0"
    return f"{_signed_lots(venue, name, found.lots)} carried {money(found.carried, instrument.quote.scale)}"


def cover(venue: Venue, account: str, stated: str) -> str:
    """The cover of an account in the asset that a line names: `500 of 600 RUB`, held of what is needed."""
    asset = venue.exchange.assets[stated.rsplit(maxsplit=1)[-1]]
    margin = venue.exchange.accounts[account].balance(asset).margin
    held, needed = (0, 0) if margin is None else (margin.held, margin.needed)
    return f"{money(held, asset.scale)} of {money(needed, asset.scale)} {asset.asset}"


def say(venue: Venue, event: events.Event) -> str:
    """An event of futures as a phrase, the future left out; empty if it is none."""
    assets = venue.exchange.assets
    if isinstance(event, events.IndexPriceSet):
        return f"index {event.index} at {show(Decimal(event.price_e8) / ONE_E8)}"
    if isinstance(event, events.FutureMarked):
        price = _price(venue, event.instrument, event.price_ticks)
        interest = _signed_lots(venue, event.instrument, event.open_interest_lots)
        return f"{'finally ' if event.final else ''}marked at {price} open {interest}"
    if isinstance(event, events.VariationMargin):
        quote = venue.exchange.instruments[event.instrument].quote
        scale = quote.scale
        verb = "loses" if event.amount < 0 else "gains"
        lots = _signed_lots(venue, event.instrument, event.position_lots)
        has = f"{money(event.available, scale)} available, {money(event.reserved, scale)} reserved"
        return f"{event.account} {verb} {money(abs(event.amount), scale)} {quote.asset} with {lots} ({has})"
    if isinstance(event, events.MarginCalled):
        missing = money(event.missing, assets[event.asset].scale)
        return f"{event.account} is called for {missing} {event.asset} until {show_clock(event.until_ns)}"
    if isinstance(event, events.MarginRestored):
        return f"{event.account} is called no more in {event.asset}"
    if isinstance(event, events.CloseOutStarted):
        lots = _signed_lots(venue, event.instrument, event.position_lots)
        return f"{event.account} is closed out of {lots} ({event.reason})"
    if isinstance(event, events.DefaultDeclared):
        return f"{event.account} defaults on {money(event.shortfall, assets[event.asset].scale)} {event.asset}"
    if isinstance(event, events.LossShared):
        return f"{event.account} bears {money(event.amount, assets[event.asset].scale)} {event.asset}"
    return ""


def _price(venue: Venue, name: str, ticks: int) -> str:
    return show(Decimal(ticks * venue.exchange.instruments[name].tick_e8) / ONE_E8)


def _signed_lots(venue: Venue, name: str, lots: int) -> str:
    return show(Decimal(lots * venue.exchange.instruments[name].lot_e8) / ONE_E8)
