"""A client's side of the protocol, without I/O: messages in; messages, replies and decisions out.

Who has the socket calls `link_up`, `receive`, `lost` and `tick`, and sends what `next_message` gives. Time comes as a value, in
seconds of any steady clock. Three things may be decided about the link: `refusal` says that it is of no use (try another one),
`ended` that there is none to hope for, `is_up` that requests may pass.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from gateway.client.accounts.account import Account, PrivateReport
from gateway.client.accounts.entries import AnyEntry, Entered, Entry
from gateway.client.accounts.known_orders import KnownOrders
from gateway.client.accounts.orders import Order
from gateway.client.copies.local_copy import LocalCopy
from gateway.client.copies.streams import Stream
from gateway.client.copies.subscriptions import ChannelKey, Started, Subscriptions
from gateway.client.links.asked import Answered, Asked
from gateway.client.links.later import AnyReport, LaterReport
from gateway.client.links.link_states import ConnectionEvent, LinkState, Tip
from gateway.client.values.errors import ClientError, ConnectionLost, RequestFailed, RequestTimedOut
from gateway.protocol import messages as m
from gateway.protocol.requests import CancelOnDisconnect


class ClientProtocol:
    """All that a client knows of itself and of its venue, over every link."""

    def __init__(
        self,
        participant: str | None,
        sign: Callable[[bytes], str] | None,
        limit_seconds: float,
        told: Callable[[ConnectionEvent | ClientError | None], None],
    ) -> None:
        """Make one.

        Args:
            participant: who logs in; None: nobody, for public data.
            sign: makes the signature of a login challenge, in hexadecimal.
            limit_seconds: how long a request may wait for its reply, or for a link.
            told: called with each connection event, and at the end with the error, if any.
        """
        self.participant: Final = participant
        self.lang: m.Lang = "en"  # of the words that the venue tells
        self.sign = sign
        self.key_name = ""  # of the key that signs; empty: the venue finds it
        self.hello: m.Hello | None = None
        self.welcome: m.Welcome | None = None
        self.tip: Tip | None = None  # the last batch of the journal that the venue told of
        self.goodbye: m.Goodbye | None = None  # the last link ended in order, where it did
        self.first_accounts: list[str] = []
        """Those of the first login."""
        self.state: LinkState = "connecting"
        self.cancel_on_disconnect: CancelOnDisconnect | None = None
        """What each login asks for."""
        self.refusal: ClientError | None = None
        """Why the present link is of no use."""
        self.ended: ClientError | None = None
        """Why there is nothing more to hope for."""
        self.links = 0
        """How many links were logged in on."""
        self.gaps = 0
        """Gaps found in report sequences, each closed by asking again."""
        self.orders: Final = KnownOrders()
        self.subscriptions: Final = Subscriptions(self)
        self.report_streams: list[tuple[str | None, Stream[PrivateReport]]] = []
        self._limit: Final = limit_seconds
        self._told: Final = told
        self._accounts: Final[dict[str, Account]] = {}
        self._ids: Final = itertools.count(1)
        self._login = 0
        """Id of the login that is under way."""
        self._asked: Final[dict[int, Asked]] = {}
        self._limits: Final[deque[tuple[float, int]]] = deque()
        """When the waits for replies and subscriptions end, in order."""
        self._first: Final[deque[Asked]] = deque()
        """The client's own requests, to be sent before others."""
        self._waiting: Final[deque[Asked]] = deque()
        self._entries: Final[dict[int, Entry]] = {}
        """Orders that are being entered, by the id of their request."""
        self._begun: list[Entry] = []
        """The one of which some answers have come: the next reports are the others."""
        self._held: Final[dict[int, tuple[str, m.AnyMessage | None, Callable[[Any], None]]]] = {}
        """Replies of accounts that are behind: what they speak of is not complete yet."""

    # ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_up(self) -> bool:
        """Whether requests pass: the link is there and, if wanted, logged in on."""
        return self.state in {"connected", "resumed"}

    @property
    def accounts(self) -> list[str]:
        """The accounts that the participant may use."""
        return list(self._accounts)

    def link_up(self) -> None:
        """There is a new socket. The venue speaks first."""
        self.refusal = None
        self._first.clear()
        self._login = 0

    def lost(self, reason: str) -> None:
        """The link is gone. What was sent and not answered has an unknown fate; what was not sent waits for the next link."""
        was_up = self.is_up
        self.state = "lost" if self.links else "connecting"
        for account in self._accounts.values():
            account.lost()
        self.subscriptions.lost()
        self._first.clear()
        for number, asked in list(self._asked.items()):
            if asked.is_own or asked.was_sent:
                del self._asked[number]
                if not asked.is_own:
                    asked.answered(ConnectionLost(reason, was_sent=True))
        self._give_up(ConnectionLost(reason, was_sent=True))
        if was_up:
            self._told(ConnectionEvent(kind="lost", reason=reason))

    def refuse(self, error: ClientError) -> None:
        """What came over the link makes no sense."""
        self.refusal = self.refusal or error

    def end(self, error: ClientError | None) -> None:
        """Nothing comes any more: the client was closed or, with an error, broke."""
        if self.ended is not None:
            return
        self.ended = error or ClientError("the client is closed")
        self.state = "closed"
        for number, asked in list(self._asked.items()):
            del self._asked[number]
            if not asked.is_own:
                asked.answered(ConnectionLost(str(self.ended), was_sent=asked.was_sent))
        self._give_up(self.ended)
        self.subscriptions.abandon(error, self.ended)
        self.orders.abandon(self.ended)
        for _, stream in self.report_streams:
            stream.end(error)
        self._told(error)

    def _give_up(self, error: ClientError) -> None:
        """What was answered, but not wholly, will not be."""
        for number, (_, _, answered) in list(self._held.items()):
            del self._held[number]
            answered(error)
        for entry in list(self._entries.values()):
            if entry.number not in self._asked:
                entry.fail(error)

    # ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

    def next_id(self) -> int:
        """A request id that was not used yet."""
        return next(self._ids)

    @property
    def unsent(self) -> int:
        """How many requests wait to be sent."""
        return len(self._waiting)

    def request(self, request: m.AnyRequest, answered: Answered, now: float) -> None:
        """Send a request whose `id` is new, on this link or the next one."""
        if self.ended is not None:
            answered(self.ended)
            return
        asked = Asked(request, answered, is_own=False)
        self._asked[request.id] = asked
        self._waiting.append(asked)
        self._limits.append((now + self._limit, request.id))

    def enter(self, orders: Sequence[Order], request: AnyEntry, answered: Entered, now: float) -> None:
        """Send what one request enters. Answered with the orders that replies speak of, maybe an earlier request's, or with a reject."""

        def entered(outcome: Any) -> None:
            del self._entries[request.id]
            account = self._accounts.get(orders[0].account)
            unfilled = entry.unfilled() if isinstance(outcome, list) else []
            if account is None or not unfilled:
                answered(outcome)
                return
            # Held until their fills have been looked for.
            self._held[request.id] = account.name, None, lambda _: answered(outcome)
            for order in unfilled:
                account.fill_in(order)

        entry = self._entries[request.id] = Entry(self.orders, request.id, orders, entered)
        self.request(request, entry.replied, now)

    def read(self, key: ChannelKey, stream: Stream[Any], started: Started, now: float) -> None:
        """Let a stream read a channel."""
        if self.ended is not None:
            started(self.ended)
            return
        self.subscriptions.read(key, stream, self._wait(now), started)

    def follow(self, key: ChannelKey, started: Started, now: float) -> LocalCopy | None:
        """Keep the book or queue of an instrument, with the options of a key; None if the client has ended."""
        if self.ended is not None:
            started(self.ended)
            return None
        return self.subscriptions.follow(key, self._wait(now), started)

    def _wait(self, now: float) -> int:
        number = self.next_id()
        self._limits.append((now + self._limit, number))
        return number

    def next_message(self) -> m.AnyRequest | None:
        """What is to be sent next on this link; from now on it counts as sent."""
        for queue in (self._first, self._waiting):
            while queue and (queue is self._first or self.is_up):
                asked = queue.popleft()
                if asked.request.id in self._asked or asked.request.id == self._login:
                    asked.was_sent = True
                    return asked.request
        return None

    @property
    def next_limit(self) -> float | None:
        """When `tick` is to be called next."""
        while self._limits and not self._is_waiting(self._limits[0][1]):
            self._limits.popleft()
        return self._limits[0][0] if self._limits else None

    def _is_waiting(self, number: int) -> bool:
        known = (self._asked, self._held, self._entries)
        return any(number in each for each in known) or self.subscriptions.waits(number)

    def tick(self, now: float) -> None:
        """Give up what has waited too long."""
        while (limit := self.next_limit) is not None and limit <= now:
            _, number = self._limits.popleft()
            asked, held = self._asked.pop(number, None), self._held.pop(number, None)
            if asked is not None:
                if not asked.was_sent:
                    self._waiting.remove(asked)
                asked.answered(self._timed_out(asked.was_sent))
            elif held is not None:
                held[2](self._timed_out(was_sent=True))
            elif (entry := self._entries.get(number)) is not None:
                entry.fail(self._timed_out(was_sent=True))
            elif (started := self.subscriptions.expire(number)) is not None:
                started(self._timed_out(was_sent=self.is_up))

    def _timed_out(self, was_sent: bool) -> RequestTimedOut:
        what = "no reply" if self.is_up else "no connection"
        return RequestTimedOut(f"{what} within {self._limit:g} s", was_sent=was_sent)

    def ask(self, request: m.AnyRequest, done: Callable[[m.AnyMessage], None]) -> None:
        """Send a request of the client's own, before those of others; `done` is called with the reply on this link, if any."""

        def answered(reply: m.AnyMessage | ClientError) -> None:
            assert not isinstance(reply, ClientError), "the client's own requests have no time limit"
            done(reply)

        asked = Asked(request, answered, is_own=True)
        self._asked[request.id] = asked
        self._first.append(asked)

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, message: m.AnyMessage | LaterReport) -> None:
        """Take in a message of the venue."""
        if self.refusal is not None or self.ended is not None:
            return
        if not self.is_up:
            self._shake_hands(message)
        elif isinstance(message, AnyReport):
            self._take_report(message)
        elif isinstance(message, m.JournalTip | m.Goodbye):
            self.tip, self.goodbye = Tip(message.seq, message.link), message if isinstance(message, m.Goodbye) else None
        else:
            if isinstance(message, m.ChannelMessage):
                self.subscriptions.take(message)
            self._answer(getattr(message, "id", None), message)
        if self.state == "connected" and self._is_restored():
            self.state = "resumed"
            self._told(ConnectionEvent(kind="resumed"))

    def _is_restored(self) -> bool:
        return self.subscriptions.is_settled and not any(account.is_behind for account in self._accounts.values())

    def _shake_hands(self, message: m.AnyMessage | LaterReport) -> None:
        if isinstance(message, m.Hello) and not self._login:
            if self.hello is not None and message.venue != self.hello.venue:
                self._refused(ClientError(f"another venue answers: {message.venue}, not {self.hello.venue}"), False)
                return
            self.hello, self.goodbye = message, None
            if self.participant is None or self.sign is None:
                self._begin({})
                return
            self._login = self.next_id()
            signature = self.sign(m.login_challenge(message.venue, self.participant, message.nonce))
            login = m.Login(
                id=self._login,
                participant=self.participant,
                signature=signature,
                lang=self.lang,
                key=self.key_name,
                cancel_on_disconnect=self.cancel_on_disconnect,
            )
            self._first.append(Asked(login, lambda _: None, is_own=True))
        elif isinstance(message, m.Welcome):
            self.welcome, self.tip = message, Tip(message.seq, message.link)
            self._begin(message.accounts)
        elif isinstance(message, m.Error):
            # At a return the place of the lost link may not be free yet, or others behind the address have asked too much.
            self._refused(RequestFailed.of(message), message.code in {"too_many", "rate_limited"})
        else:
            self._refused(ClientError(f"the venue began with {type(message).__name__}"), True)

    def _refused(self, error: ClientError, may_pass: bool) -> None:
        self.refusal = error
        if not (may_pass and self.links):
            self.end(error)

    def _begin(self, accounts: dict[str, int]) -> None:
        """Requests pass again: first of all what brings everything to where it was."""
        self.state = "connected"
        is_first = not self.links
        if is_first:
            self.first_accounts = list(accounts)
        self.links += 1
        for name in [name for name in self._accounts if name not in accounts]:
            self._accounts.pop(name).close()
        for name, seq in accounts.items():
            account = self._accounts.get(name)
            if account is None:
                # Of one that was opened meanwhile nothing is to be missed.
                account = self._accounts[name] = Account(name, seq if is_first else 0, self.orders, self)
                if is_first:
                    continue
            account.begin(seq)
        self.subscriptions.begin()
        self._told(ConnectionEvent(kind="connected"))

    def _take_report(self, report: Any) -> None:
        account = self._accounts.get(report.account)
        seq: int | None = getattr(report, "seq", None)
        if account is None and seq is not None and self.welcome is not None and self.welcome.role == "participant":
            # Opened since the login.
            account = self._accounts[report.account] = Account(report.account, 0, self.orders, self)
        if account is None:
            self.subscriptions.copy(report)
        elif seq is None:
            self.tell(report.account, report)
        else:
            account.take(report, seq)
        number = getattr(report, "id", None)
        for entry in [self._entries[number]] if number in self._entries else list(self._begun):
            entry.see(report)
            self._begun = [entry] if entry.is_begun else []
        asked = self._asked.pop(number, None) if number is not None else None
        if asked is None:
            return
        if account is not None and account.is_behind:
            self._held[report.id] = report.account, report, asked.answered
        else:
            asked.answered(report)

    def _answer(self, number: int | None, message: m.AnyMessage) -> None:
        asked = self._asked.pop(number, None) if number is not None else None
        if asked is not None:
            asked.answered(message)

    # ── for accounts ───────────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, account: str, report: PrivateReport, missed: int = 0) -> None:
        """Hand a report to who follows the account."""
        for wanted, stream in self.report_streams:
            if wanted is None or wanted == account:
                stream.missed += missed
                stream.put(report)

    def caught_up(self, account: str) -> None:
        """Nothing of the account is missing any more: what was held back can be said."""
        for number, (about, reply, answered) in list(self._held.items()):
            if about == account:
                del self._held[number]
                answered(reply)

    def account(self, name: str) -> Account:
        """An account of the participant. Raises `ClientError` if it is none."""
        if name not in self._accounts:
            raise ClientError(f"{name} is none of your accounts: {', '.join(self._accounts) or 'there are none'}")
        return self._accounts[name]

    def since_ns(self, account: str) -> int:
        """The venue's clock, as far as it is known from the reports of an account."""
        return self._accounts[account].time_ns if account in self._accounts else 0
