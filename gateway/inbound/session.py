"""One connection's side of the protocol, without I/O: frames in; commands, replies and close decisions out.

What a client sends is decoded at once. A mistake is answered at once, with an `error`. A sound command waits in `inbox`
for the sequencer, which takes from all connections in turn. A question waits in `questions`; its answer comes after the
replies to the commands before it, but no command waits for it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from engine.command_row import PARTICIPANT
from engine.state.access import Key
from engine.vocabulary.access import READ, TRADE
from engine.vocabulary.limits import (
    BYTES_PER_UNIT,
    MAX_CONNECTIONS_PER_PARTICIPANT,
    MAX_LOGIN_ATTEMPTS,
    MAX_MALFORMED_MESSAGES,
)
from engine.vocabulary.messages.commands import AnyCommand
from gateway.audit.audit import LOGIN, LOGIN_FAILED, LOGOUT, RATE_LIMITED, REFUSED, Caller
from gateway.documents import without_numbers
from gateway.inbound.admin import NotAllowed, check_approvers, check_own
from gateway.inbound.asking import Answer, Query, admin_objection, lack, objection
from gateway.inbound.attendance import UNASKED
from gateway.inbound.context import VenueContext
from gateway.inbound.faucet import asked_command
from gateway.inbound.frames import POLICY_VIOLATION, FrameReader
from gateway.inbound.keyholders import Proven, Unproven
from gateway.inbound.plain import PLAIN_COST, SCANS, Scan
from gateway.inbound.rates import MALFORMED_COST, cost_of
from gateway.inbound.subscribing import Subscriptions
from gateway.inbound.translate import TRANSLATE
from gateway.inbound.welcome import hello, welcome
from gateway.keys import fingerprint
from gateway.outbound.private_reports.spoken import spoken
from gateway.protocol.messages import (
    Admin,
    AnyRequest,
    Error,
    Login,
    Logout,
    Message,
    Rate,
    Rates,
    RatesReply,
    Resume,
    Time,
    TimeReply,
)
from gateway.protocol.wire import UNDECODABLE, Codec, Malformed, complaint
from gateway.venue.venue import Participant
from gateway.words.language import language

MAX_ERROR_CHARS: Final = 400
"""Of an error: a list of what may be sent is as long, and what was wrong with a request is repeated no further."""

Pending = tuple[int, AnyCommand, int]
"""A sound command that waits for the sequencer: the id of its request, itself, and when it came."""
Asked = tuple[Query, int, int]
"""A question: itself, how many commands of its connection are to be taken before it, and when it came."""


class Session(FrameReader):
    """The state of one connection."""

    __slots__ = (
        "_context", "_is_limited", "_left_by", "_login_attempts", "_malformed_count", "_nonce", "_put_aside", "_scan", "_trades_as", "answer", "armed",
        "asks_as", "caller", "inbox", "is_asking", "is_backed_up", "is_ended", "is_waiting", "key", "keys_left", "left_at", "participant",
        "questions", "received_ns", "scopes", "steps_left", "subscriptions", "taken",
    )  # fmt: skip

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
        self.keys_left: dict[str, Key] | None = None
        """Of whom it acts for, where another port has looked who it is: without any it is cut off."""
        self.scopes: tuple[str, ...] = ()
        """What may be done with it."""
        self.subscriptions: Final = Subscriptions()
        self.is_ended = False
        """Whether the connection is gone."""
        self.armed = 0  # the number of its connection, if the end of that cancels orders
        self.caller: Final = Caller(codec.name)
        """As the audit names it."""
        self._is_limited = False  # it was answered `rate_limited` last
        self._context: Final = context
        self._left_by = ""  # the participant who left commands behind
        self._nonce: Final = nonce
        self._login_attempts = 0
        self._malformed_count = 0
        self._put_aside: tuple[int, ...] = ()  # requests that came too late for its key
        self._scan: Scan | None = None  # reads a plain request, once somebody is known who may trade
        self._trades_as = ""

    @property
    def is_known(self) -> bool:
        """Whether it has logged in or subscribed to something: then it may stay."""
        return self.participant is not None or bool(self.subscriptions)

    @property
    def is_owing(self) -> bool:
        """Whether it has asked more than its rate lets it."""
        return self.meter is not None and self.meter.is_overdrawn

    @property
    def waiting_requests(self) -> int:
        """How many requests wait."""
        return len(self.inbox) + len(self.questions)

    def stated_rates(self) -> list[Rate]:
        """What may be asked of the venue, and what of it is left; none where nobody is limited."""
        return [] if self.meter is None else self.meter.stated()

    def connections_of(self, participant: str) -> int:
        """How many connections a participant has."""
        return self._context.connections_of(participant)

    def came_from(self, address: str) -> None:
        """Limit what it may ask from now on."""
        if self._context.rates is not None:
            self.meter = self._context.rates.meter(address)

    def greet(self, now_ns: int) -> None:
        """Send the first message."""
        self._reply(self._context.marked(hello(self._context, self._nonce, now_ns)))

    def end(self) -> None:
        """The connection is gone: take it off every list, and forget what it asked. What its inbox holds is still sequenced."""
        self.is_ended = True
        self.drop_questions()
        self.subscriptions.end(self)
        if self.participant is not None:
            name, self.participant, self._scan = self.participant.participant, None, None
            self._context.fanout.forget(self, name)
            self._context.keyholders.gone(self, name, self.key)
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

    # ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, payload: bytes) -> None:
        """Take a whole message."""
        meter = self.meter
        if meter is not None and not meter.admit():
            self._rate_limited(payload, meter.wait_ns())
            return
        self._is_limited = False
        if self._scan is not None and (plain := self._scan(payload, self._trades_as)) is not None:
            self._charge(PLAIN_COST + len(payload) // BYTES_PER_UNIT)
            self.inbox.append((*plain, self.received_ns))
            return
        try:
            request = self.codec.decode(payload)
        except UNDECODABLE as error:
            self._charge(len(payload) // BYTES_PER_UNIT)
            self._malformed(complaint(error), self.codec.find_id(payload))
            return
        self._charge(cost_of(request, len(payload)))
        participant = self.participant
        translate = TRANSLATE.get(type(request))
        if self._context.is_recording and (translate is not None or isinstance(request, Admin)):
            self._error("read_only", "this is a recording: what happened stays as it is", request.id)
        elif translate is not None:
            if participant is None or participant.role != PARTICIPANT:
                self._refuse(request, "only participants trade")
                return
            if TRADE not in self.scopes and (against := lack(TRADE, self.scopes)) is not None:
                self._refuse(request, against.detail)
                return
            try:
                command = translate(request, participant.participant, self._context.known)
            except Malformed as error:
                self._malformed(str(error), request.id)
                return
            self.inbox.append((request.id, command, self.received_ns))
        elif isinstance(request, Login):
            self._login(request)
        elif isinstance(request, Admin):
            self._admin(request)
        elif isinstance(request, Query):
            self._question(request)
        elif isinstance(request, Rates):
            self._reply(RatesReply(id=request.id, rates=self.stated_rates()))
        elif isinstance(request, Time):
            self._reply(TimeReply(id=request.id, time=self._context.now()))

    def _question(self, request: Query) -> None:
        """Let a question pass that this connection may ask."""
        against = objection(request, self.participant, self.scopes, self._context.fanout.reports)
        if against is not None:
            if against.is_malformed:
                self._malformed(against.detail, request.id)
            else:
                self._refuse(request, against.detail)
        elif isinstance(request, Logout) and not self._context.attendance.leaves(self):
            self._refuse(request, "")
        else:
            if isinstance(request, Logout):
                self._context.audit.note(LOGOUT, self.caller)
            self.questions.append((request, self.taken + len(self.inbox), self.received_ns))

    def _admin(self, request: Admin) -> None:
        if (participant := self.participant) is None:
            self._refuse(request, "")
            return
        against = admin_objection(request, participant, self.scopes)
        if against is not None:
            self._refuse(request, against.detail, command=request.command)
            return
        try:
            command = asked_command(request, participant, "" if self.key is None else self.key.key, self._context)
            check_own(command, participant, self._context.fanout.reports)
            check_approvers(command, self._context.keyholders.roles())
        except NotAllowed as error:
            self._refuse(request, str(error), command=request.command)
        except Malformed as error:
            self._malformed(str(error), request.id)
        else:
            why = self._context.keyholders.ends_more(command, self.key)
            if why is not None:
                self._refuse(request, why, command=request.command)
                return
            self.inbox.append((request.id, command, self.received_ns))

    def _login(self, request: Login) -> None:
        if self.participant is not None:
            self._error("not_allowed", f"logged in already, as {self.participant.participant}", request.id)
            return
        # One that fails is answered in its language, too.
        self.speak(language(request.lang))
        self._login_attempts += 1
        proven, tried = self._context.keyholders.prove(
            request, self._context.venue_id, self._nonce, self.caller.address
        )
        self._charge(max(tried - 1, 0))
        if isinstance(proven, Unproven):
            self._fail_login(request, proven.reason)
            self._error("login_failed", proven.detail, request.id)
        elif self._context.connections_of(request.participant) >= (
            most := proven.most(MAX_CONNECTIONS_PER_PARTICIPANT)
        ):
            detail = f"a participant has at most {most} connections"
            detail = detail if proven.acts else f"keys that only look on leave room: {most} connections at most"
            self._fail_login(request, "too_many")
            self._error("too_many", detail, request.id)
        elif why := self._context.attendance.problem(
            request.cancel_on_disconnect, proven, self._context.fanout.reports
        ):
            self._fail_login(request, "not_allowed")
            self._error("not_allowed", why, request.id)
        else:
            self._logged_in(request, proven)
            return
        if self._login_attempts >= MAX_LOGIN_ATTEMPTS:
            self.close(POLICY_VIOLATION, "too many login attempts")

    def _fail_login(self, request: Login, reason: str) -> None:
        self._context.audit.note(LOGIN_FAILED, self.caller, reason=reason, claimed=request.participant)

    def _logged_in(self, request: Login, proven: Proven) -> None:
        """Welcome somebody."""
        self.act_as(proven)
        who = proven.participant
        self.caller.is_now(who.participant, who.role, fingerprint(who.public_key))
        self._context.audit.note(LOGIN, self.caller, lang=request.lang)
        if self.meter is not None:
            self.meter.log_in(who.participant, acts=proven.acts)
        told = welcome(request, proven, self._context)
        told.rates = self.stated_rates()
        wanted = request.cancel_on_disconnect
        told.cancel_on_disconnect = self._context.attendance.came(self, who.participant, wanted)
        self._reply(self._context.marked(told))

    # ── its key ────────────────────────────────────────────────────────────────────────────────────────────────────

    def act_as(self, proven: Proven) -> None:
        """Be somebody from now on, who may do so much."""
        self.participant, self.key, self.scopes = proven
        self._context.fanout.listen(self, self.participant.participant, hears=READ in self.scopes)
        if self.key is not None:
            self._context.keyholders.came(self, self.participant.participant, self.key)
        trades = self.participant.role == PARTICIPANT and TRADE in self.scopes and not self._context.is_recording
        self._scan, self._trades_as = SCANS.get(self.codec.name) if trades else None, self.participant.participant

    @property
    def is_cut_off(self) -> bool:
        """Whether its key has ended, or the last one of whom it acts for: neither what waits nor what was put aside is carried out."""
        return self.key.has_ended if self.key is not None else bool(self._put_aside) or self.keys_left == {}

    def put_aside(self) -> None:
        """Take what it asked out of the inbox, to be refused when it is told that its key has ended; what the venue says of it stays."""
        waiting = list(self.inbox)
        self.inbox.clear()
        self.inbox.extend(each for each in waiting if each[0] == UNASKED)
        self._put_aside += tuple(each[0] for each in waiting if each[0] != UNASKED)

    def key_has_ended(self, how: str) -> None:
        """Refuse what waits, and end the connection."""
        self._context.fanout.put(self, ())
        self.put_aside()
        for request_id in self._put_aside:
            self._error("key_ended", f"not carried out: before, the key of this connection {how}", request_id)
        self._put_aside = ()
        why = f"the key of this connection {how}"
        self._error("key_ended", why, None)
        self.close(POLICY_VIOLATION, why)
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
        if not self._is_limited:
            self._is_limited = True
            self._context.audit.note(RATE_LIMITED, self.caller, wait_ns=wait_ns)
        code, detail = "rate_limited", "too much was asked at once; `rates` in the welcome says how much may be"
        self._context.counters.errors[code] += 1
        self._reply(Error(code=code, detail=detail, id=self.codec.find_id(payload), retry_after=wait_ns))

    def _charge(self, units: int) -> None:
        if self.meter is not None:
            self.meter.charge(units)

    def _refuse(self, request: AnyRequest, detail: str, **facts: str) -> None:
        """Refuse a sound request: for want of a login, or of the right to it. The journal has no word of it, but the audit has."""
        why = detail or "not_logged_in"
        self._context.audit.note(
            REFUSED, self.caller, request=str(type(request).__struct_config__.tag), reason=why, **facts
        )
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
