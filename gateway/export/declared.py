"""The tables of an export: every column with its type, its unit and what it means. docs/TABLES.md is made from this."""

from __future__ import annotations

from typing import Final

from gateway.export.columns import COUNT, DAY, DECIMAL, FLAG, TEXT, TIME, WORD, Column, Declared
from gateway.reporting.sums.settlement import SOURCES

QUOTE: Final = "quote asset for one of the base asset"
BASE: Final = "base asset"
OF_ASSET: Final = "asset"

_SEQ: Final = Column("seq", COUNT, "sequence number of the command that caused it")
_PLACE: Final = Column("event_no", COUNT, "place of the event among those of the command, from 0")
_TIME: Final = Column("time", TIME, "of the command")
_DAY: Final = Column("trading_day", DAY, "Moscow day of the event")
_HEAD: Final = (_SEQ, _PLACE, _TIME, _DAY)
_INSTRUMENT: Final = Column("instrument", WORD, "what is traded")
_PARTIES: Final = (
    Column("participant", WORD, "who operates the account"),
    Column("investor", WORD, "whose the account is"),
    Column("investor_class", WORD, "the investor's class then"),
    Column("account", WORD, "the account"),
    Column("intermediary", WORD, "through whom it is held; null: directly"),
)

ORDERS: Final = Declared(
    "orders",
    "One order from its entry to its end, refused ones too. With --from and --to those that lived between: an order that "
    "ended before is left out, and what came of one afterwards is not known: `end` is `open`.",
    (
        Column("order_id", COUNT, "the venue's number of it"),
        Column("first_seq", COUNT, "sequence number of the command that entered it"),
        Column("event_no", COUNT, "place of its first event among those of that command, from 0"),
        Column("last_seq", COUNT, "of the command that changed it last; where it ended, that with which it did"),
        Column("entered", TIME, "of the first command"),
        Column("ended", TIME, "of the command with which it ended; null: it is open"),
        Column("trading_day", DAY, "Moscow day on which it was entered"),
        *_PARTIES,
        Column("client_order_id", TEXT, "the participant's own number of it"),
        _INSTRUMENT,
        Column("side", WORD, "`buy` or `sell`"),
        Column("order_type", WORD, "`limit`, `market`, ...; a stop that has triggered is of the type it became"),
        Column("time_in_force", WORD, "`gtc`, `day`, `ioc`, ..."),
        Column("post_only", WORD, "`reject` or `reprice`; null: off"),
        Column("reduce_only", FLAG, "whether it may only make a position smaller"),
        Column("self_trade", WORD, "how it avoids to trade with its owner; null: the venue's way"),
        Column("limit_price", DECIMAL, "in force at the end; of a market order its collar", QUOTE),
        Column("stop_price", DECIMAL, "where it triggers", QUOTE),
        Column("quantity", DECIMAL, "in force at the end", BASE),
        Column("display_quantity", DECIMAL, "what an iceberg shows of it", BASE),
        Column("funds", DECIMAL, "the budget of an order by funds", "quote asset"),
        Column("filled_quantity", DECIMAL, "what was filled of it; corrections not taken off", BASE),
        Column("filled_amount", DECIMAL, "price by quantity over its fills; corrections not taken off", "quote asset"),
        Column("average_price", DECIMAL, "of its fills, half a unit of the eighth decimal rounded up", QUOTE),
        Column("fees", DECIMAL, "of its fills; negative: rebates", "quote asset"),
        Column("quote", WORD, "the asset in which prices, amounts and fees are"),
        Column("fills", COUNT, "how many trades it had"),
        Column("amends", COUNT, "how often it was changed"),
        Column("end", WORD, "`filled`, `cancelled`, `expired`, `rejected`, or `open`"),
        Column("end_reason", WORD, "why it was cancelled, or the code of its reject"),
        Column("end_rule", WORD, "the rule that ended or refused it"),
        Column("end_detail", TEXT, "the same in words"),
    ),
)

EVENTS: Final = Declared(
    "events",
    "One event of any kind. The columns are what many kinds have in common; all of it is in `fields`.",
    (
        *_HEAD,
        Column("command", WORD, "class of the command"),
        Column("event", WORD, "class of the event"),
        Column("account", WORD, "whom it is reported to; of a trade null: see `fields`"),
        _INSTRUMENT,
        Column("asset", WORD, "which asset it is about"),
        Column("order_id", COUNT, "which order it is about"),
        Column(
            "fields",
            TEXT,
            "the event as the journal has it, JSON: prices in ticks, quantities in lots, amounts in minor units, codes as numbers",
        ),
    ),
)

TRADES: Final = Declared(
    "trades",
    "One trade, and what became of it on its trading day. With --to corrections made later are not known.",
    (
        _SEQ,
        _PLACE,
        _TIME,
        _DAY,
        Column("trade_id", COUNT, "the venue's number of it"),
        _INSTRUMENT,
        Column("price", DECIMAL, "as traded", QUOTE),
        Column("quantity", DECIMAL, "as traded", BASE),
        Column("amount", DECIMAL, "price by quantity, as traded", "quote asset"),
        Column("quote", WORD, "the asset in which price, amount and fees are"),
        Column("taker_side", WORD, "`buy` or `sell`"),
        Column("maker_order_id", COUNT, "the order that rested"),
        Column("maker_account", WORD, "its account"),
        Column("maker_fee", DECIMAL, "as charged at the trade; negative: a rebate", "quote asset"),
        Column("taker_order_id", COUNT, "the order that came"),
        Column("taker_account", WORD, "its account"),
        Column("taker_fee", DECIMAL, "as charged at the trade", "quote asset"),
        Column("status", WORD, "`corrected` or `busted` later; null: it stands as traded"),
        Column("final_price", DECIMAL, "the price that stands; null: it was busted", QUOTE),
    ),
)

VERDICTS: Final = Declared(
    "verdicts",
    "One rule that failed for one refused request, the rule that decided first; a request that no rule of the rulebook "
    "refused has one row without a rule. A refused command of an operator or supervisor is here, too.",
    (
        *_HEAD,
        Column("request", WORD, "`order`, `amend`, `cancel`, `transfer`, ..., or the class of the command"),
        Column("order_id", COUNT, "the order that was refused, or that the request was about"),
        Column("client_order_id", TEXT, "the participant's own number of it"),
        Column("participant", WORD, "who asked"),
        *_PARTIES[1:],
        _INSTRUMENT,
        Column("side", WORD, "`buy` or `sell`"),
        Column("price", DECIMAL, "of the order", QUOTE),
        Column("quantity", DECIMAL, "of the order", BASE),
        Column("code", WORD, "the reject code"),
        Column("rule", WORD, "the rule that failed"),
        Column("title", WORD, "its title then"),
        Column("is_decisive", FLAG, "whether this rule decided; the others failed as well"),
        Column("reason", TEXT, "of the decisive one: what was wrong, in words"),
        Column("template", WORD, "of the decisive one: which sentence that is"),
        Column("values", TEXT, "of the decisive one: what goes into the sentence, JSON"),
    ),
)

TRANSFERS: Final = Declared(
    "transfers",
    "One transfer of an asset from an account to another.",
    (
        *_HEAD,
        Column("transfer_id", COUNT, "the venue's number of it"),
        Column("client_order_id", TEXT, "the participant's own number of it"),
        Column("from_account", WORD, "the giver"),
        Column("from_investor", WORD, "whose that account is"),
        Column("from_investor_class", WORD, "the class then"),
        Column("to_account", WORD, "the taker"),
        Column("to_investor", WORD, "whose that account is"),
        Column("to_investor_class", WORD, "the class then"),
        Column("asset", WORD, "what was moved"),
        Column("amount", DECIMAL, "how much", OF_ASSET),
        Column("purpose", WORD, "`own_account`, `domestic_payment` or `cross_border`"),
        Column("contract_reference", TEXT, "of the registered contract that it settles"),
    ),
)

BOOK_CHANGES: Final = Declared(
    "book_changes",
    "One change of what an order shows on the public book. Hidden quantity is in no row.",
    (
        *_HEAD,
        _INSTRUMENT,
        Column("side", WORD, "`buy` or `sell`"),
        Column("price", DECIMAL, "of the level", QUOTE),
        Column("cause", WORD, "`added`, `changed`, `traded` or `cancelled`"),
        Column("shown_quantity", DECIMAL, "what the order shows now; 0: it left the book", BASE),
        Column("level_quantity", DECIMAL, "what all orders at the price show now", BASE),
        Column("best_bid", DECIMAL, "the best price to buy now; null: nobody does", QUOTE),
        Column("best_ask", DECIMAL, "the best price to sell now; null: nobody does", QUOTE),
        Column("order_id", COUNT, "the order", is_supervisory=True),
        Column("account", WORD, "its account", is_supervisory=True),
        Column("investor", WORD, "its owner", is_supervisory=True),
    ),
)

BALANCES: Final = Declared(
    "balances_by_day",
    "What one account has of one asset at the end of one Moscow day, and what made it so. The last day ends with the session. "
    "An account that has nothing and had no flow has no row.",
    (
        Column("day", DAY, "the Moscow day"),
        Column("seq", COUNT, "of the command with which the day ended, or of the last of all"),
        Column("event_no", COUNT, "place of the day's end among the events of that command; null: the day goes on"),
        *_PARTIES,
        Column("asset", WORD, "the asset"),
        Column("opening", DECIMAL, "all that it had when the day began", OF_ASSET),
        *[
            Column(source, DECIMAL, f"{source.replace('_', ' ')} of the day, net; positive: received", OF_ASSET)
            for source in SOURCES
        ],
        Column("closing", DECIMAL, "all that it has at the end: available, reserved, frozen and held", OF_ASSET),
    ),
)

CAPS: Final = Declared(
    "caps",
    "Where one retail investor stands against the annual cap (RET-1) after the last command. Without a replay there are none.",
    (
        Column("seq", COUNT, "of the last command"),
        Column("year", COUNT, "the Moscow year"),
        Column("investor", WORD, "the investor"),
        Column("investor_class", WORD, "the class now"),
        Column("cap", DECIMAL, "the limit; null: no cap is in force", "RUB"),
        Column("used", DECIMAL, "bought in the window of the cap", "RUB"),
        Column("reserved", DECIMAL, "what open orders can still cost", "RUB"),
        Column("remaining", DECIMAL, "what is left of it", "RUB"),
    ),
)

CANDLES: Final = Declared(
    "candles",
    "The trades of one instrument in one interval, at the prices that stand: `sbx candles --parquet`.",
    (
        Column("start", TIME, "when the interval begins"),
        Column("trading_day", DAY, "Moscow day of that"),
        _INSTRUMENT,
        Column("open", DECIMAL, "of the first trade", QUOTE),
        Column("high", DECIMAL, "the highest price", QUOTE),
        Column("low", DECIMAL, "the lowest price", QUOTE),
        Column("close", DECIMAL, "of the last trade", QUOTE),
        Column("volume", DECIMAL, "quantity of all trades", BASE),
        Column("turnover", DECIMAL, "price by quantity over all trades", "quote asset"),
        Column("trades", COUNT, "how many"),
        Column("first_seq", COUNT, "of the command that caused the first"),
        Column("last_seq", COUNT, "of the command that caused the last"),
    ),
)

TABLES: Final = {
    table.name: table for table in (ORDERS, EVENTS, TRADES, VERDICTS, TRANSFERS, BOOK_CHANGES, BALANCES, CAPS)
}
"""Those of `sbx export`, by name."""
