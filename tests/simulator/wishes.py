"""What traders, the supervisor and the operator ask for, drawn at random."""

from __future__ import annotations

from typing import Any, Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.protocol import messages as m
from tests.simulator.stage import Stage
from tests.simulator.trader import Trader
from tests.simulator.venue_file import INSTRUMENT, TRADERS

_TYPES: Final = ("limit",) * 8 + ("market", "stop", "stop_limit", "trailing_stop", "iceberg", "pegged")


def _price(stage: Stage) -> str:
    return f"{stage.between(190, 210) / 2:g}"


def _quantity(stage: Stage) -> str:
    return f"{stage.between(1, 30) / 10:g}"


def order_terms(stage: Stage, name: str, now_ns: int) -> dict[str, Any]:
    """An order of any type; most of them can be entered. `now_ns` is the venue's date."""
    chance = stage.chance
    kind = chance.choice(_TYPES)
    terms: dict[str, Any] = {
        "client_order_id": name,
        "side": chance.choice(("buy", "sell")),
        "order_type": kind,
        "quantity": _quantity(stage),
    }
    if kind in {"limit", "stop_limit", "iceberg"}:
        terms["price"] = _price(stage)
    if kind in {"stop", "stop_limit"}:
        terms["stop_price"] = _price(stage)
    if kind == "trailing_stop":
        terms["trail"] = "2"
    if kind == "iceberg":
        terms["display_quantity"] = "0.1"
    if kind == "pegged":
        terms["peg"] = chance.choice(("own", "mid"))
    if kind == "limit":
        terms["time_in_force"] = chance.choice(("gtc", "gtc", "gtc", "day", "ioc", "fok", "gtd"))
        terms["post_only"] = chance.choice((False, False, "reject", "reprice"))
        if terms["time_in_force"] in {"ioc", "fok"}:
            terms["post_only"] = False
        if terms["time_in_force"] == "gtd":
            terms["expire_time"] = now_ns + stage.between(1, 5 * NS_PER_SECOND)
    return terms


def wish(stage: Stage, trader: Trader, now_ns: int) -> None:
    """Let a trader ask for something."""
    chance = stage.chance
    used = [act.request for act in trader.acts if isinstance(act.request, m.NewOrder)]
    draw = chance.random()
    if draw < 0.62 or not used:
        trader.enter(**order_terms(stage, trader.new_name(), now_ns))
    elif draw < 0.66:
        # An id that was used, with other content: refused, if the first came in.
        trader.enter(**order_terms(stage, chance.choice(used).client_order_id, now_ns))
    elif draw < 0.78:
        trader.ask(m.CancelOrder(id=0, account=trader.name, client_order_id=chance.choice(used).client_order_id))
    elif draw < 0.86:
        named = chance.choice(used).client_order_id
        trader.ask(m.AmendOrder(id=0, account=trader.name, client_order_id=named, quantity=_quantity(stage)))
    elif draw < 0.89:
        trader.ask(m.MassCancel(id=0, account=trader.name))
    elif draw < 0.93:
        levels = [(f"{stage.between(180, 198) / 2:g}", _quantity(stage))]
        trader.ask(
            m.MassQuote(
                id=0, account=trader.name, quote_id=trader.new_name(), instrument=INSTRUMENT, bids=levels, asks=[]
            )
        )
    elif draw < 0.97:
        other = TRADERS[trader.name == TRADERS[0]]
        name, amount = trader.new_name(), str(stage.between(1, 9))
        trader.ask(
            m.Transfer(
                id=0,
                account=trader.name,
                client_order_id=name,
                to_account=other,
                asset="RUB",
                amount=amount,
                purpose="domestic_payment",
            )
        )
    else:
        kind = chance.choice((m.OpenOrders, m.Balances, m.Positions))
        trader.ask(kind(id=0, account=trader.name))


def _admin(command: str, **arguments: Any) -> m.Admin:
    return m.Admin(id=0, command=command, arguments=arguments)


def administer(stage: Stage, supervisor: Trader, operator: Trader) -> None:
    """Let the supervisor or the operator do something."""
    draw = stage.chance.random()
    name = stage.chance.choice(TRADERS)
    if draw < 0.35:
        # Below the threshold nobody may buy any more, and everybody may still sell.
        net_assets = stage.chance.choice((0, 5_000_000_000))
        supervisor.ask(_admin("register_investor", investor=name, kind="firm", assets_rub=net_assets))
    elif draw < 0.6:
        operator.ask(_admin("deposit", account=name, asset="RUB", amount=str(stage.between(1, 900))))
    elif draw < 0.8:
        phase = stage.chance.choice(("continuous", "continuous", "halted", "opening_auction"))
        operator.ask(_admin("set_phase", instrument=INSTRUMENT, phase=phase))
    else:
        is_on = stage.happens(0.3)
        supervisor.ask(_admin("set_kill_switch", scope="participant", key=name, on=is_on, reason="simulated"))
