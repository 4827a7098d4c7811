"""Every code that a venue may say no with: what it means, and what to do. docs/ERRORS.md is made of it, and `sbx errors`.

The codes themselves stand where they are sent. A test holds that those here are the ones that can be sent, no more and no fewer.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.vocabulary.limits import (
    LOGIN_TIMEOUT_SECONDS,
    MAX_CONNECTIONS_PER_ADDRESS,
    MAX_CONNECTIONS_PER_PARTICIPANT,
    MAX_FRAGMENTS,
    MAX_LOGIN_ATTEMPTS,
    MAX_MALFORMED_MESSAGES,
    MAX_MESSAGE_BYTES,
    MAX_SUBSCRIPTIONS,
)


class Entry(NamedTuple):
    """One code."""

    code: str
    means: str
    to_do: str


class Kind(NamedTuple):
    """Where codes of a kind stand, and the codes."""

    name: str
    title: str
    where: str
    """In which messages they stand, and what holds for all of them."""
    entries: tuple[Entry, ...]


def _figure(number: int) -> str:
    """A number with spaces between its thousands."""
    return f"{number:,}".replace(",", " ")


ERROR: Final = "error"
REJECT: Final = "reject"
CANCEL: Final = "cancel"
CLOSE: Final = "close"
HTTP: Final = "http"

_ERRORS: Final = (
    Entry(
        "malformed",
        "It can't be read: no sound JSON or MessagePack, a wrong type, an unknown or missing field, a key twice, a number out of its "
        "bounds, fields that contradict each other.",
        "A fault of the program: `detail` names the field. Mend it; the same request again fails again. After "
        f"{MAX_MALFORMED_MESSAGES} on one connection it is closed.",
    ),
    Entry(
        "not_logged_in",
        "The request needs a login, and there was none on this connection.",
        "Send `login`, wait for `welcome`, then send the request again. It counts like `malformed`.",
    ),
    Entry(
        "login_failed",
        "The participant is unknown here, the signature does not hold, the key has ended, or it may not be used from this address.",
        "Look at the name, the key, and the four lines that are signed: the venue and the nonce are those of this connection's `hello`. "
        "Which keys are in force, and from where, `me` says on a connection by another key, and `sbx keys list` at the venue. "
        f"After {MAX_LOGIN_ATTEMPTS} attempts the connection is closed: connect again for a new nonce.",
    ),
    Entry(
        "not_allowed",
        "Your role may not ask for this, your key has not the scope, the account is not yours, or you are logged in already.",
        "Log in with a key that has the scope, or ask the venue's operator who may; sending it again changes nothing. `detail` says "
        "which scope it takes, or what your role may send.",
    ),
    Entry(
        "unknown",
        "There is no such instrument, index or order, or no such subscription to end.",
        "Ask `instruments` for the names. An index is known from its first price on: subscribe again later.",
    ),
    Entry(
        "unavailable",
        "Candles of that time are not in memory any more, and the index of the journal, which has them, is being built.",
        "Ask again in a minute. Where it stays so, the operator should look whether the venue's follower runs: `sbx status` says so.",
    ),
    Entry(
        "too_many",
        f"A participant has {MAX_CONNECTIONS_PER_PARTICIPANT} connections, or a connection "
        f"{_figure(MAX_SUBSCRIPTIONS)} subscriptions.",
        "Close connections or `unsubscribe`. If your last connection broke just now, wait a second and log in again: the venue may not "
        "have noticed yet that it is gone.",
    ),
    Entry(
        "rate_limited",
        "More than a second's worth is owed. The request was not looked at, nor recorded.",
        "Wait `retry_after` nanoseconds, then send it again. `welcome` and `rates` say how much may be asked.",
    ),
    Entry(
        "key_ended",
        "The key that the connection had logged in with was revoked or replaced, or has expired. What waited was not carried out.",
        "Log in with another key. Whether others are left, `sbx keys list` says; an operator registers a new one.",
    ),
    Entry(
        "read_only",
        "This is a recording of a past session, which takes no commands.",
        "Ask, subscribe and watch; trade on the venue itself.",
    ),
)

_REJECTS: Final = (
    Entry(
        "permission",
        "The account is not one that you operate, the asset is not yours to issue, or a proposal is not yours to approve.",
        "Look at `accounts` in the `welcome`. A proposal needs another approver, in a role that may send the command itself.",
    ),
    Entry(
        "duplicate_id",
        "The `client_order_id` was used on this trading day, or is that of an order that rests, with other content; or it stands twice "
        "in one request.",
        "Take a new id. To learn how the first one stands, send that again unchanged.",
    ),
    Entry(
        "unknown_instrument",
        "No instrument of that name is listed.",
        "Ask `instruments` for the names.",
    ),
    Entry(
        "kill_switch",
        "A kill switch stops the participant, the investor, the instrument or the whole venue.",
        "Wait until a supervisor or operator lifts it; `detail` says which it is. Cancels pass meanwhile.",
    ),
    Entry(
        "order_limits",
        "A bound on orders is reached: how many are open, how many a second or a day, how large one may be, orders to trades; or how much may wait to leave an account.",
        "`detail` names the bound. Cancel what is not needed, send less, or a smaller order.",
    ),
    Entry(
        "phase",
        "The instrument is in a phase that does not take this: closed, halted, or a call that takes no such order.",
        "Follow channel `status`, and send it again in a phase that takes it. Cancels pass in every phase.",
    ),
    Entry(
        "tick",
        "The price is no multiple of the tick.",
        "Round it to `tick_size` of `instruments`.",
    ),
    Entry(
        "lot",
        "The quantity is no multiple of the lot.",
        "Round it to `lot_size` of `instruments`.",
    ),
    Entry(
        "size",
        "The quantity or amount is below the least or above the most that is taken at once.",
        "Stay within `min_quantity` and `max_quantity` of `instruments`; part a larger one.",
    ),
    Entry(
        "no_reference",
        "There is nothing to measure from: no last trade and no reference price, or nothing to mark by.",
        "Send a limit order, or wait for a first trade.",
    ),
    Entry(
        "notional",
        "Price times quantity is above the most that one order may be worth here.",
        "Send a smaller order; `detail` says how much is allowed.",
    ),
    Entry(
        "band",
        "The price is outside the static band around the reference price.",
        "Stay within what `detail` says, or wait until the reference has moved.",
    ),
    Entry(
        "position_limit",
        "The position in the future would become larger than an account may have.",
        "Send a smaller order, or close some of the position; `max_position` of `instruments` is the bound.",
    ),
    Entry(
        "reduce_only",
        "A reduce-only order would not lower the position.",
        "Ask `positions`; send an order of the other side, no larger than the position.",
    ),
    Entry(
        "compliance",
        "A rule of the rulebook in force forbids it, for this investor, asset or amount.",
        "`rule` and `title` say which one decided, `rules` all that failed, `detail` what would be allowed. docs/RULES.md explains each.",
    ),
    Entry(
        "funds",
        "What is available does not cover it; what is reserved, frozen, held or arrested doesn't count.",
        "Ask `balances`. Deposit, cancel open orders, or send a smaller one; `detail` says what it needs.",
    ),
    Entry(
        "post_only",
        "The order would trade at once, and was asked not to.",
        'Give a price further from the touch, or `post_only` `"reprice"`.',
    ),
    Entry(
        "fillability",
        "As much as `fok` or `min_quantity` asks for can't be had now.",
        "Ask for less, or send `ioc`; look at channel `book`.",
    ),
    Entry(
        "self_trade",
        "It would trade with an order of the same owner, and the mode refuses that.",
        "Cancel the own order first, or name another `self_trade` mode.",
    ),
    Entry(
        "unknown_order",
        "No open order has that id on this account: it was filled, cancelled, or never entered.",
        "The reports say how it ended. Take in what came since: `resume`, then `open_orders`.",
    ),
    Entry(
        "invalid",
        "Well formed, but the fields together make no order, transfer or command, or name what the venue does not know.",
        "`detail` says what is wrong. docs/MATCHING.md says which fields an order of each type has.",
    ),
    Entry(
        "unsupported",
        "The venue does nothing of the kind: it delivers no underlying, marks no series that has expired, and can't put "
        "the instrument into that phase.",
        "Don't send it again. A future is settled in money, by itself.",
    ),
    Entry(
        "unknown_account",
        "No account of that name is open.",
        "Look at the name; an operator opens accounts.",
    ),
)

_CANCELS: Final = (
    Entry("requested", "You cancelled it.", "Nothing."),
    Entry("mass_cancel", "A `mass_cancel` of yours took it.", "Nothing."),
    Entry(
        "immediate_or_cancel",
        "What `ioc` did not fill at once.",
        "Send another order for the rest, if it is still wanted.",
    ),
    Entry(
        "collar",
        "A market order got all that there was within the collar, or within its budget.",
        "Send another one, or a limit order at the price that you would pay.",
    ),
    Entry("amended_to_filled", "Its quantity was amended to what was filled already, or less.", "Nothing: it is done."),
    Entry(
        "compliance",
        "A rule forbids it by now: a command of a supervisor, a new rulebook, or a day that ended.",
        "`rule` and `title` say which. Don't send it again before that has changed.",
    ),
    Entry("self_trade", "It met an order of the same owner.", "Look at the other order, and at the `self_trade` mode."),
    Entry("expired", "Its day, or the date of `gtd`, is over.", "Enter it anew, if it is still wanted."),
    Entry("kill_switch", "A kill switch was thrown.", "Wait until it is lifted, then enter it anew."),
    Entry(
        "band",
        "Its next trade would have been outside the dynamic band, so that a volatility auction or a halt begins; or a mark has moved the static band "
        "of a future away from its price.",
        "Follow channels `status` and `auction`; send a limit order into the auction, or one inside the band.",
    ),
    Entry(
        "one_cancels_other",
        "The other order of the pair traded, was triggered, or ended.",
        "Nothing: that is what a pair is for.",
    ),
    Entry(
        "auction_ended",
        "It was for an auction, which is over, and did not fill.",
        "Enter it for the next one, or as a limit order.",
    ),
    Entry("replaced", "A new ladder took its place.", "Nothing."),
    Entry(
        "funds", "What it needed was no longer there when it was triggered or moved.", "Ask `balances`; enter it anew."
    ),
    Entry("entry_ended", "The entry of its bracket ended without a fill.", "Nothing: there is nothing to protect."),
    Entry("settled", "The future has expired.", "Trade another series."),
    Entry("reduce_only", "The position is now smaller than the order.", "Ask `positions`; enter a smaller one."),
    Entry(
        "margin_call",
        "Cover was missing when the grace ended.",
        "Deposit, or close positions; ask `positions` for what is missing.",
    ),
    Entry("corrected", "What it had reserved was needed to correct a trade.", "Ask `balances`; enter it anew."),
    Entry(
        "disconnected",
        "An armed connection was gone for longer than its grace.",
        "Enter it anew; log in again sooner, or ask for a longer grace in `login`.",
    ),
    Entry(
        "dead_man",
        "The timer of `cancel_all_after` came to its end.",
        "Enter it anew; send `cancel_all_after` again well before its time is over.",
    ),
)

_CLOSES: Final = (
    Entry("1000", "You closed it or logged out, and the venue answers.", "Nothing."),
    Entry(
        "1001",
        "The venue stops, in order. Commands that it had received were carried out first, as far as half a second reaches.",
        "Connect again later, `resume`, and send again, unchanged, what was not answered.",
    ),
    Entry(
        "1002",
        "A frame that RFC 6455 forbids, or reserved bits.",
        "A fault of the WebSocket library, or of what it is told.",
    ),
    Entry(
        "1003",
        "A text frame under `sbx.v1.msgpack`, or a binary one under `sbx.v1.json`.",
        "Send the kind of frame that the subprotocol has.",
    ),
    Entry(
        "1006",
        "No close frame came (libraries call it so): you were too slow, there were too many sockets, the venue had a fault, or the "
        "network broke.",
        "Read faster, on fewer connections. Connect again, waiting longer after each failure, `resume`, and send again, unchanged, what "
        "was not answered.",
    ),
    Entry(
        "1008",
        f"Nothing was heard for `heartbeat_timeout`; no login or subscription came within {LOGIN_TIMEOUT_SECONDS} s; "
        f"{MAX_LOGIN_ATTEMPTS} logins failed; the key of the connection has ended; {MAX_MALFORMED_MESSAGES} messages were malformed; or a "
        f"message had more than {MAX_FRAGMENTS} fragments. The reason of the frame says which.",
        "Answer pings, log in at once, mend the program; then connect again.",
    ),
    Entry(
        "1009",
        f"A message has more than {_figure(MAX_MESSAGE_BYTES)} bytes.",
        "Send less at once: a shorter ladder, smaller documents.",
    ),
    Entry(
        "1013",
        f"There are more than {_figure(MAX_CONNECTIONS_PER_ADDRESS)} connections from your address.",
        "Close some, or share one; then try again.",
    ),
)

_HTTP: Final = (
    Entry(
        "400",
        "A header is not ASCII, there is not one `Host`, or no subprotocol of the venue is offered.",
        "Offer `sbx.v1.json`, and send one `Host`, in ASCII.",
    ),
    Entry(
        "403",
        "`Host` is no name or address of the venue, or the web page (`Origin`) may not connect.",
        "Call the venue by its address, or have the operator add the name to `hosts` or the page to `origins` of the venue file.",
    ),
    Entry("404", "There is nothing at that path.", "Connect to `/`. There is `/health`, too."),
    Entry("503", "The venue stops.", "Try again later."),
)

KINDS: Final = (
    Kind(
        ERROR,
        "Errors of requests",
        "`code` of an `error`. The request changed nothing, and was not recorded: its `client_order_id` is not used up.",
        _ERRORS,
    ),
    Kind(
        REJECT,
        "Rejects",
        "`code` of an `execution_report` with `exec_type` `rejected`, of `request_rejected`, `rejected` and `transfer_status`. The "
        "request was recorded and refused: the first check that failed decides.",
        _REJECTS,
    ),
    Kind(
        CANCEL,
        "Why an order ended",
        "`reason` of an `execution_report` with `exec_type` `cancelled`.",
        _CANCELS,
    ),
    Kind(CLOSE, "Close codes of the WebSocket", "Of the close frame with which a connection ends.", _CLOSES),
    Kind(HTTP, "Answers before the WebSocket", "The HTTP status where the handshake fails; the body says why.", _HTTP),
)
"""Every code, in the order in which a client meets them; rejects in the order of the checks."""


def listed_codes(kind: str) -> tuple[str, ...]:
    """The codes of a kind, in their order."""
    return tuple(entry.code for each in KINDS if each.name == kind for entry in each.entries)


def found_codes(code: str) -> list[tuple[Kind, Entry]]:
    """What a code means, wherever it stands; nothing: there is no such code."""
    return [(kind, entry) for kind in KINDS for entry in kind.entries if entry.code == code]
