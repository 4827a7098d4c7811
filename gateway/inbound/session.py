"""One connection's side of the protocol, without I/O: frames in; commands, replies and close decisions out.

What a client sends is decoded at once. A mistake is answered at once, with an `error`. A sound command waits in `inbox`
for the sequencer, which takes from all connections in turn. A question waits in `questions`; its answer comes after the
replies to the commands before it, but no command waits for it.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Final

from engine.command_row import PARTICIPANT
from engine.state.access import Key
from engine.vocabulary.access import READ, TRADE
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.limits import (
    BYTES_PER_UNIT,
    MAX_CONNECTIONS_PER_PARTICIPANT,
    MAX_LOGIN_ATTEMPTS,
    MAX_MALFORMED_MESSAGES,
    MAX_SUBSCRIPTIONS,
)
from engine.vocabulary.messages.commands import AnyCommand
from gateway.documents import without_numbers
from gateway.inbound.admin import NotAllowed, check_approvers, check_own
from gateway.inbound.asking import Answer, Query, Refused, check_admin, check_question, check_scope
from gateway.inbound.attendance import UNASKED
from gateway.inbound.context import VenueContext
from gateway.inbound.faucet import asked_command
from gateway.inbound.frames import POLICY_VIOLATION, FrameReader
from gateway.inbound.keyholders import Proven
from gateway.inbound.rates import MALFORMED_COST, cost_of
from gateway.inbound.translate import TRANSLATE
from gateway.outbound.channels.channel import Channel
from gateway.outbound.private_reports.spoken import spoken
from gateway.protocol.messages import (
    Admin,
    AnyRequest,
    Error,
    Hello,
    Login,
    Logout,
    Message,
    Rate,
    Rates,
    RatesReply,
    Resume,
    Welcome,
)
from gateway.protocol.wire import UNDECODABLE, Codec, Malformed, complaint
from gateway.venue.venue import Participant
from gateway.words.language import language

_LOG: Final = logging.getLogger(__name__)
PROTOCOL: Final = "sbx.v1"
MAX_ERROR_CHARS: Final = 400
"""Of an error: a list of what may be sent is as long, and what was wrong with a request is repeated no further."""

Pending = tuple[int, AnyCommand, int]
"""A sound command that waits for the sequencer: the id of its request, itself, and when it came."""
Asked = tuple[Query, int, int]
"""A question: itself, how many commands of its connection are to be taken before it, and when it came."""


class Session(FrameReader):
    """The state of one connection."""

    def __init__(self, context: VenueContext, codec: Codec, nonce: str) -> None:
        super().__init__(codec)
        self.inbox: Final[deque[Pending]] = deque()
        self.taken = 0
        """How many commands the sequencer has taken from it."""
        self.questions: Final[deque[Asked]] = deque()
        """Each until it is answered."""
        self.answer: Answer | None = None
        """To the first of them, if it is begun."""
        self.received_ns = 0
        """When the frame that is read came in, on a steady clock. Set by who passes it on; 0: nobody wants to know."""
        self.is_waiting = False
        """Whether the sequencer has it on its list of those with a filled inbox."""
        self.steps_left = 0
        """Of its last turn to be answered; below zero: what it took too much."""
        self.left_at = 0
        """The share of questions, as `Questions` counts them, in which it had nothing more to ask."""
        self.is_asking = False
        """Whether it is on the list of those whose questions may be answered."""
        self.asks_as = ""
        """The participant as whom it came on that list; empty: nobody's."""
        self.is_backed_up = False
        """Whether its peer has yet to read what was sent before: then it is answered nothing more. Set by who sends."""
        self.participant: Participant | None = None
        """Who is logged in."""
        self.key: Key | None = None
        """With which key; None: one that nobody ends, or nobody is."""
        self.scopes: tuple[str, ...] = ()
        """What may be done with it."""
        self.peer = ""
        """The IP address of the other end. Set by who passes its frames on."""
        self._subscriptions: Final[dict[tuple[str, str], Channel]] = {}
        """By name and key of the channel."""
        self.is_ended = False
        """Whether the connection is gone."""
        self.armed = 0  # the number of its connection, if the end of that cancels orders
        self._context: Final = context
        self._left_by = ""  # the participant who left commands behind
        self._nonce: Final = nonce
        self._login_attempts = 0
        self._malformed_count = 0
        self._put_aside: Final[list[int]] = []  # requests that came too late for its key

    @property
    def is_known(self) -> bool:
        """Whether it has logged in or subscribed to something: then it may stay."""
        return self.participant is not None or bool(self._subscriptions)

    @property
    def is_owing(self) -> bool:
        """Whether it has asked more than its rate lets it."""
        return self.meter is not None and self.meter.is_overdrawn

    @property
    def waiting_requests(self) -> int:
        """How many requests wait."""
        return len(self.inbox) + len(self.questions)

    @property
    def subscriptions(self) -> int:
        """How many channels it gets."""
        return len(self._subscriptions)

    def came_from(self, address: str) -> None:
        """Limit what it may ask from now on."""
        if self._context.rates is not None:
            self.meter = self._context.rates.meter(address)

    def greet(self, now_ns: int) -> None:
        """Send the first message."""
        context = self._context
        hello = Hello(
            venue=context.venue_id,
            protocol=PROTOCOL,
            core_version=CORE_VERSION,
            nonce=self._nonce,
            durability=context.durability,
            rulebook=context.fanout.rulebook,
            time=now_ns,
            heartbeat_interval=context.heartbeat_ns,
            heartbeat_timeout=context.silence_ns,
        )
        self._reply(context.marked(hello))

    def end(self) -> None:
        """The connection is gone: take it off every list, and forget what it asked. What its inbox holds is still sequenced."""
        self.is_ended = True
        self.drop_questions()
        for channel in self._subscriptions.values():
            del channel.subscribers[self]
        self._subscriptions.clear()
        if self.participant is not None:
            name, self.participant = self.participant.participant, None
            self._context.fanout.forget(self, name)
            if self.key is not None:
                self._context.keyholders.gone(self, self.key)
            self._context.attendance.gone(self, name)
            if self.inbox:
                # Nobody leaves more behind than connections may hold.
                self._context.leaving[name] += 1
                self._left_by = name

    def drop_questions(self) -> None:
        """Forget what it asked, and what is left of an answer."""
        self.questions.clear()
        if self.answer is not None:
            self.answer.close()
            self.answer = None

    def put_off_answer(self) -> None:
        """Its client does not read. What has told nothing yet is begun anew later, so that nothing need be kept for it."""
        if self.answer is not None and not isinstance(self.questions[0][0], Resume):
            self.answer.close()
            self.answer = None

    def all_taken(self) -> None:
        """It is gone, and the last command that it left behind was taken."""
        if self._left_by:
            self._context.leaving[self._left_by] -= 1
            self._left_by = ""

    def may_subscribe(self, name: str, key: str) -> bool:
        """Whether it may get a channel that it does not get yet, or gets it already."""
        return len(self._subscriptions) < MAX_SUBSCRIPTIONS or (name, key) in self._subscriptions

    def subscribe(self, channel: Channel) -> None:
        """Get a channel from now on, if it does not yet."""
        if (channel.name, channel.key) not in self._subscriptions:
            self._subscriptions[channel.name, channel.key] = channel
            channel.subscribers[self] = None

    def unsubscribe(self, name: str, key: str) -> bool:
        """Get a channel no longer; False: it did not."""
        channel = self._subscriptions.pop((name, key), None)
        if channel is not None:
            del channel.subscribers[self]
        return channel is not None

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, payload: bytes) -> None:
        """Take a whole message."""
        meter = self.meter
        if meter is not None and not meter.admit():
            self._rate_limited(payload, meter.wait_ns())
            return
        try:
            request = self.codec.decode(payload)
        except UNDECODABLE as error:
            self._charge(len(payload) // BYTES_PER_UNIT)
            self._malformed(complaint(error), self.codec.find_id(payload))
            return
        if meter is not None:
            meter.charge(cost_of(request, len(payload)))
        participant = self.participant
        translate = TRANSLATE.get(type(request))
        if self._context.is_recording and (translate is not None or isinstance(request, Admin)):
            self._error("read_only", "this is a recording: what happened stays as it is", request.id)
        elif translate is not None:
            if participant is None or participant.role != PARTICIPANT:
                self._refuse(request, "only participants trade")
                return
            try:
                if TRADE not in self.scopes:
                    check_scope(TRADE, self.scopes)
                command = translate(request, participant.participant, self._context.known)
            except (Malformed, Refused) as error:
                self._decline(request, error)
                return
            self.inbox.append((request.id, command, self.received_ns))
        elif isinstance(request, Login):
            self._login(request)
        elif isinstance(request, Admin):
            self._admin(request)
        elif isinstance(request, Query):
            self._question(request)
        elif isinstance(request, Rates):
            self._reply(RatesReply(id=request.id, rates=self._rates()))

    def _question(self, request: Query) -> None:
        """Let a question pass that this connection may ask."""
        try:
            check_question(request, self.participant, self.scopes, self._context.fanout.reports)
        except (Malformed, Refused) as error:
            self._decline(request, error)
            return
        if isinstance(request, Logout) and not self._context.attendance.leaves(self):
            self._refuse(request, "")
            return
        self.questions.append((request, self.taken + len(self.inbox), self.received_ns))

    def _admin(self, request: Admin) -> None:
        if (participant := self.participant) is None:
            self._refuse(request, "")
            return
        try:
            check_admin(request, participant, self.scopes)
            command = asked_command(request, participant, "" if self.key is None else self.key.key, self._context)
            check_own(command, participant, self._context.fanout.reports)
            check_approvers(command, self._context.keyholders.roles())
        except (NotAllowed, Refused) as error:
            # The journal has no word of it: here it is said who tried. Why, the sender is told.
            tried = without_numbers(request.command)
            _LOG.warning("refused: %s, %s, asked for %s", participant.participant, participant.role, tried)
            self._refuse(request, str(error))
        except Malformed as error:
            self._malformed(str(error), request.id)
        else:
            self.inbox.append((request.id, command, self.received_ns))

    def _login(self, request: Login) -> None:
        if self.participant is not None:
            self._error("not_allowed", f"logged in already, as {self.participant.participant}", request.id)
            return
        # One that fails is answered in its language, too.
        self.speak(language(request.lang))
        self._login_attempts += 1
        context = self._context
        proven, why, tried = context.keyholders.prove(request, context.venue_id, self._nonce, self.peer)
        self._charge(max(tried - 1, 0))
        if proven is None:
            self._error("login_failed", why, request.id)
        elif context.connections_of(request.participant) >= MAX_CONNECTIONS_PER_PARTICIPANT:
            detail = f"a participant has at most {MAX_CONNECTIONS_PER_PARTICIPANT} connections"
            self._error("too_many", detail, request.id)
        elif unarmed := context.attendance.problem(request.cancel_on_disconnect, proven, context.fanout.reports):
            self._error("not_allowed", unarmed, request.id)
        else:
            self._logged_in(request, proven)
            return
        if self._login_attempts >= MAX_LOGIN_ATTEMPTS:
            self.close(POLICY_VIOLATION, "too many login attempts")

    def act_as(self, participant: Participant, key: Key | None, scopes: tuple[str, ...]) -> None:
        """Be somebody from now on, who may do so much."""
        self.participant, self.key, self.scopes = participant, key, scopes
        self._context.fanout.listen(self, participant.participant, hears=READ in scopes)
        if key is not None:
            self._context.keyholders.came(self, key)

    def _logged_in(self, request: Login, proven: Proven) -> None:
        """Welcome somebody."""
        self.act_as(*proven)
        reports, name, role = self._context.fanout.reports, request.participant, proven.participant.role
        last = {account: reports.last_seq(account) for account in reports.accounts.get(name, ())}
        seq, link = self._context.tip()
        if self.meter is not None:
            self.meter.log_in(name)
        welcome = Welcome(id=request.id, participant=name, role=role, accounts=last, seq=seq, link=link.hex())
        welcome.rates, welcome.lang = self._rates(), request.lang
        if proven.key is not None:
            welcome.key, welcome.scopes, welcome.key_expires = (
                proven.key.key,
                list(proven.scopes),
                proven.key.expires_ns,
            )
        welcome.cancel_on_disconnect = self._context.attendance.came(self, name, request.cancel_on_disconnect)
        self._reply(self._context.marked(welcome))

    @property
    def is_cut_off(self) -> bool:
        """Whether its key has ended: what waits of it is carried out no more."""
        return self.key is not None and self.key.has_ended

    def put_aside(self) -> None:
        """Its key has ended: take what it asked out of the inbox, to be refused when that is told. What the venue says of the connection stays."""
        waiting = list(self.inbox)
        self.inbox.clear()
        self.inbox.extend(each for each in waiting if each[0] == UNASKED)
        self._put_aside.extend(each[0] for each in waiting if each[0] != UNASKED)

    def key_has_ended(self, how: str) -> None:
        """Refuse what waits, and end the connection."""
        self._context.fanout.put(self, ())
        self.put_aside()
        for request_id in self._put_aside:
            self._error("key_ended", f"not carried out: the key of this connection was {how} before", request_id)
        self._put_aside.clear()
        what = f"the key of this connection was {how}"
        self._error("key_ended", what, None)
        self.close(POLICY_VIOLATION, what)
        self.end()

    # ── replies ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _reply(self, message: Message) -> None:
        self.frames.append(self.codec.frame(spoken(message, self.language)))

    def _error(self, code: str, detail: str, request_id: int | None) -> None:
        self._context.counters.errors[code] += 1
        # Nothing is repeated that may be a document's number.
        self._reply(Error(code=code, detail=without_numbers(detail)[:MAX_ERROR_CHARS], id=request_id))

    def _malformed(self, detail: str, request_id: int | None) -> None:
        self._error("malformed", detail, request_id)
        self._count_malformed()

    def _rate_limited(self, payload: bytes, wait_ns: int) -> None:
        code, detail = "rate_limited", "too much was asked at once; `rates` in the welcome says how much may be"
        self._context.counters.errors[code] += 1
        self._reply(Error(code=code, detail=detail, id=self.codec.find_id(payload), retry_after=wait_ns))

    def _rates(self) -> list[Rate]:
        return [] if self.meter is None else self.meter.stated()

    def _charge(self, units: int) -> None:
        if self.meter is not None:
            self.meter.charge(units)

    def _decline(self, request: AnyRequest, error: Malformed | Refused) -> None:
        if isinstance(error, Malformed):
            self._malformed(str(error), request.id)
        else:
            self._refuse(request, str(error))

    def _refuse(self, request: AnyRequest, detail: str) -> None:
        """Refuse a sound request: for want of a login, or of the right to it."""
        if self.participant is None:
            self._error("not_logged_in", "log in first", request.id)
            self._count_malformed()
        else:
            self._error("not_allowed", detail, request.id)

    def _count_malformed(self) -> None:
        self._charge(MALFORMED_COST)
        self._malformed_count += 1
        if self._malformed_count >= MAX_MALFORMED_MESSAGES:
            self.close(POLICY_VIOLATION, "too many malformed messages")
