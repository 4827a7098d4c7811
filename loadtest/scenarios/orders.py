"""Orders in the words of the scenario tables: `ann sells 10 @ 101 show 2 day`, quotes, amends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.vocabulary import codes
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import AmendOrder, MassQuote, NewOrder
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.numbers import e8, next_clock_ns

SIDES = {"buys": codes.BUY, "sells": codes.SELL}


class Words:
    """The words of a line, taken one by one."""

    def __init__(self, text: str) -> None:
        self._words = text.split()

    def __bool__(self) -> bool:
        return bool(self._words)

    def __iter__(self) -> Iterator[str]:
        while self._words:
            yield self.take("")

    def peek(self) -> str:
        """The next word; empty at the end."""
        return self._words[0] if self._words else ""

    def take(self, what: str) -> str:
        """Take the next word, which must be `what` it says."""
        if not self._words:
            raise ScenarioError(f"a {what} is missing at the end")
        return self._words.pop(0)


def code(names: tuple[str, ...], name: str) -> int:
    """The number of a name on the wire."""
    if name not in names:
        raise ScenarioError(f"`{name}` is none of {', '.join(names)}")
    return names.index(name)


def _price(words: Words, _: int) -> dict[str, Any]:
    return {"price_e8": e8(words.take("price"))}


def _funds(words: Words, _: int) -> dict[str, Any]:
    # Of the default quote asset, which has two decimals.
    return {"funds": e8(words.take("amount")) * 100 // ONE_E8}


def _stop(words: Words, _: int) -> dict[str, Any]:
    return {"stop_price_e8": e8(words.take("stop price"))}


def _trail(words: Words, _: int) -> dict[str, Any]:
    distance = words.take("distance")
    return {"trail_bps": int(distance[:-2])} if distance.endswith("bp") else {"trail_e8": e8(distance)}


def _show(words: Words, _: int) -> dict[str, Any]:
    return {"display_e8": e8(words.take("display quantity"))}


def _peg(words: Words, _: int) -> dict[str, Any]:
    fields: dict[str, Any] = {"peg": code(codes.PEGS, words.take("touch"))}
    if words.peek()[:1] in {"+", "-"}:
        fields["peg_offset_e8"] = e8(words.take("offset"))
    return fields


def _until(words: Words, now_ns: int) -> dict[str, Any]:
    return {"time_in_force": codes.GTD, "expire_ns": next_clock_ns(words.take("time"), now_ns)}


def _min(words: Words, _: int) -> dict[str, Any]:
    return {"min_quantity_e8": e8(words.take("minimum"))}


def _post_only(words: Words, _: int) -> dict[str, Any]:
    mode = words.take("mode") if words.peek() in {"reject", "reprice"} else "reject"
    return {"post_only": code(codes.POST_ONLY_MODES, mode)}


def _stp(words: Words, _: int) -> dict[str, Any]:
    return {"self_trade": code(codes.SELF_TRADE_MODES, words.take("mode"))}


def _as(words: Words, _: int) -> dict[str, Any]:
    return {"participant": words.take("participant")}


def _type(words: Words, _: int) -> dict[str, Any]:
    return {"order_type": code(codes.ORDER_TYPES, words.take("type"))}


def _tif(words: Words, _: int) -> dict[str, Any]:
    return {"time_in_force": code(codes.TIMES_IN_FORCE, words.take("time in force"))}


def _lives(number: int) -> Callable[[Words, int], dict[str, Any]]:
    return lambda *_: {"time_in_force": number}


_OPTIONS: dict[str, Callable[[Words, int], dict[str, Any]]] = {
    "@": _price,
    "for": _funds,
    "stop": _stop,
    "trail": _trail,
    "show": _show,
    "peg": _peg,
    "until": _until,
    "min": _min,
    "post_only": _post_only,
    "stp": _stp,
    "as": _as,
    "type": _type,
    "tif": _tif,
    "market": lambda *_: {"order_type": codes.MARKET},
    "reduce_only": lambda *_: {"reduce_only": True},
    **{name: _lives(number) for number, name in enumerate(codes.TIMES_IN_FORCE)},
}


def new_order(
    label: str, account: str, side: str, words: Words, *, participant: str, instrument: str, now_ns: int
) -> NewOrder:
    """The order that words stand for: `5 @ 101 ioc`, `for 500 market`, `5 stop 95 @ 94`, and so on."""
    if side not in SIDES:
        raise ScenarioError(f"`{side}` is neither buys nor sells")
    fields: dict[str, Any] = {"participant": participant, "quantity_e8": 0, "price_e8": 0, "time_in_force": codes.GTC}
    if words.peek()[:1].isdigit():
        fields["quantity_e8"] = e8(words.take("quantity"))
    for word in words:
        if "/" in word:
            instrument = word
        elif word in _OPTIONS:
            fields.update(_OPTIONS[word](words, now_ns))
        else:
            raise ScenarioError(f"`{word}` means nothing in an order; known: {', '.join(_OPTIONS)}")
    fields.setdefault("order_type", _inferred_type(fields))
    return NewOrder(account=account, client_order_id=label, instrument=instrument, side=SIDES[side], **fields)


def _inferred_type(fields: dict[str, Any]) -> int:
    """The type that the words of an order make it."""
    if "funds" in fields:
        return codes.MARKET
    if "trail_e8" in fields or "trail_bps" in fields:
        return codes.TRAILING_STOP
    if "stop_price_e8" in fields:
        return codes.STOP_LIMIT if fields["price_e8"] else codes.STOP
    if "display_e8" in fields:
        return codes.ICEBERG
    return codes.PEGGED if "peg" in fields else codes.LIMIT


def amend(account: str, participant: str, label: str, words: Words) -> AmendOrder:
    """An amend: `to 5 @ 101`, `to 5`, `@ 101`, `stop 95`, `show 3`."""
    fields: dict[str, Any] = {"participant": participant, "price_e8": 0, "quantity_e8": 0}
    for word in words:
        if word == "to":
            fields["quantity_e8"] = e8(words.take("quantity"))
        elif word in {"@", "stop", "show", "as"}:
            fields.update(_OPTIONS[word](words, 0))
        else:
            raise ScenarioError(f"`{word}` means nothing in an amend")
    return AmendOrder(account=account, order_id=0, client_order_id=label, **fields)


def mass_quote(label: str, account: str, participant: str, text: str, instrument: str) -> MassQuote:
    """A ladder: `bids 5 @ 99, 5 @ 98 asks 5 @ 101 post_only`; either side may be left out."""
    sides: dict[str, list[tuple[int, int]]] = {"bids": [], "asks": []}
    fields: dict[str, Any] = {"participant": participant}
    words = Words(text.replace(",", " "))
    chosen = ""
    for word in words:
        if word in sides:
            chosen = word
        elif "/" in word:
            instrument = word
        elif word in {"post_only", "stp", "as"}:
            fields.update(_OPTIONS[word](words, 0))
        elif chosen and word[:1].isdigit() and words.take("@") == "@":
            sides[chosen].append((e8(words.take("price")), e8(word)))
        else:
            raise ScenarioError(f"`{word}` means nothing in a ladder of quotes")
    return MassQuote(
        account=account,
        quote_id=label,
        instrument=instrument,
        bids=tuple(sides["bids"]),
        asks=tuple(sides["asks"]),
        **fields,
    )
