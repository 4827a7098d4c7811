"""Who hears what: the private reports, the replies, the drop copy and the market data of each turn, as frames."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from engine.record.rows import Row
from engine.trading_rows import TRADING
from engine.vocabulary.codes import REJECT_CODES
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.messages.events import (
    AccountOpened,
    CommandProposed,
    CommandRejected,
    Event,
    KeyEnded,
    RulebookLoaded,
)
from gateway.outbound.channels.drop_copy import DropCopy
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.registry import Channels
from gateway.outbound.given import Given
from gateway.outbound.messages.mirrors import Mirrors
from gateway.outbound.private_reports.report import PrivateReport
from gateway.outbound.private_reports.reports import STATUSES, PrivateReports
from gateway.outbound.private_reports.spoken import spoken
from gateway.protocol.formats import Formats
from gateway.protocol.messages import Done, Message, Rejected
from gateway.words.titles import RuleTitles
from gateway.words.words import words_of

_REPLIES: Final = {row.kind: row.answers for row in TRADING}
"""The reply to a trading command is the first event of one of these types, after what was due before the command."""

_NOBODY: Final[list[Outbox]] = []
_STATUSES: Final = STATUSES


Origin = tuple[Outbox | None, int, int, int, int]
"""Of a command that was applied: the connection, request id and time that it came with; then how many of its events are of what was due before
it, and which command had left work when it was done."""


class Owed:
    """The reply to a command that has left some of its work."""

    def __init__(self, seq: int, command: Command, origin: Outbox, request_id: int) -> None:
        self.seq: Final = seq
        self.command: Final = command
        self.origin: Final = origin
        self.request_id: Final = request_id


class Fanout:
    """The venue's mirrors, fed with every event, and the connections that listen to them.

    Frames wait in the outboxes until the end of the turn; `dirty` lists the outboxes that have some.

    Args:
        keeps_reports: whether what is replayed or restored is to be had as private reports, too; else nobody may listen.
    """

    def __init__(self, *, keeps_reports: bool = True) -> None:
        self._keeps_reports: Final = keeps_reports
        self.key_ended: Callable[[KeyEnded], None] = _nobody_ends
        """Called when the command is handed out that has ended a key: behind its reply, before all that comes after."""
        self._ended_keys: Final[list[KeyEnded]] = []
        self.formats: Final = Formats()
        self._titles: Final = RuleTitles()
        self.reports: Final = PrivateReports(self.formats, self._titles)
        self.channels: Final = Channels(self.formats)
        self.given: Final = Given()
        self._rulebooks: Final[list[tuple[int, str, str]]] = []
        """Each that came in force: the command after which it was, its name, its digest."""
        self.dirty: Final[list[Outbox]] = []
        self._drop_copy: Final = self.channels.one(DropCopy)
        self._copied: Final = self._drop_copy.subscribers
        self._owed: Owed | None = None
        """The reply to a command that has left work to ticks."""
        self._by_account: Final[dict[str, list[Outbox]]] = {}
        self._by_participant: Final[dict[str, list[Outbox]]] = {}
        self._deaf: Final[dict[Outbox, None]] = {}
        """Those that get no reports of accounts."""

    @property
    def seq(self) -> int:
        """Of the last command that was handed out."""
        return self._drop_copy.seq

    @property
    def rulebook(self) -> str:
        """Name of the rulebook in force; empty: none is yet."""
        return self._rulebooks[-1][1] if self._rulebooks else ""

    @property
    def rulebook_digest(self) -> str:
        """Its digest."""
        return self._rulebooks[-1][2] if self._rulebooks else ""

    # ── snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> Mirrors:
        """What a snapshot keeps, between two turns. O(channels). To read: nothing is copied."""
        titles, russian = self._titles.state()
        return Mirrors(self._rulebooks, titles, self.channels.state(), self.given.state(), russian)

    def restore(
        self, state: Mirrors, seq: int, standing: list[Event], reports: Mapping[str, int], *, time_ns: int = 0
    ) -> None:
        """Be, still empty, as the mirrors were when `state` was taken, after command `seq`.

        Args:
            state: what they said of themselves.
            seq: of the last command.
            standing: what there is in the core, as the events that would bring it: assets, instruments, accounts, orders that rest.
            reports: how many each account had.
            time_ns: of the last command; older mirrors did not say it.
        """
        self._rulebooks.extend(state.rulebooks)
        self._titles.restore((state.titles, state.titles_ru), self.rulebook_digest)
        self._learn(seq, standing)
        if self._keeps_reports:
            self.reports.follow(seq, 0, standing)
            for account, count in reports.items():
                self.reports.miss(account, count)
        self.channels.follow(seq, 0, standing)
        self.channels.restore(state.channels, seq, time_ns)
        self.given.restore(state.given)
        self._drop_copy.seq = seq

    def past_reports(self, seq: int, time_ns: int, events: list[Event]) -> list[PrivateReport]:
        """The private reports of an earlier command, in order, as its accounts got them. Nothing is noted."""
        place = bisect_right(self._rulebooks, seq, key=lambda each: each[0])
        return self.reports.once(seq, time_ns, events, self._rulebooks[place - 1][2] if place else "")

    # ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

    def connections_of(self, participant: str) -> int:
        """How many connections a participant has logged in on."""
        return len(self._by_participant.get(participant, ()))

    def listen(self, outbox: Outbox, participant: str, hears: bool = True) -> None:
        """Count a connection of a participant, and send it the reports of all accounts from now on, if it `hears` them."""
        self._by_participant.setdefault(participant, []).append(outbox)
        if not hears:
            self._deaf[outbox] = None
            return
        for account in self.reports.accounts.get(participant, ()):
            self._by_account[account].append(outbox)

    def forget(self, outbox: Outbox, participant: str) -> None:
        """Undo `listen`."""
        self._by_participant[participant].remove(outbox)
        if not self._by_participant[participant]:
            del self._by_participant[participant]
        if outbox in self._deaf:
            del self._deaf[outbox]
            return
        for account in self.reports.accounts.get(participant, ()):
            self._by_account[account].remove(outbox)

    # ── events ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def replay(self, row: Row) -> None:
        """Take in a command of the past, with its events; nobody listens yet."""
        seq, time_ns, command, events = row
        self._titles.note(command)
        self.given.follow(time_ns, command, events)
        self._learn(seq, events)
        self._ended_keys.clear()
        self.channels.follow(seq, time_ns, events, precede=True)
        if self._keeps_reports:
            self.reports.follow(seq, time_ns, events)
        self.channels.follow(seq, time_ns, events)
        self._drop_copy.seq = seq

    def hand_out(self, rows: list[Row], origins: list[Origin]) -> None:
        """Hand out a frame. The reply to a command that has left work waits until nothing is left of it."""
        assert len(rows) == len(origins)
        for place, row in enumerate(rows):
            session, request_id, received_ns, due_events, left_seq = origins[place]
            owed = self._owed
            if owed is not None and owed.seq != left_seq:
                self._owed = None
                self.publish_last(row, owed)
            elif session is not None and row[0] == left_seq:
                self._owed = Owed(row[0], row[2], session, request_id)
                self.publish(row, None, 0, due_events)
            else:
                self.publish(row, session, request_id, due_events)
            if received_ns and session is not None:
                session.answered_ns.append(received_ns)
        self.end_turn()

    def publish(self, row: Row, origin: Outbox | None, request_id: int, due_events: int = 0) -> None:
        """Hand out what a command did.

        Args:
            row: the command as sequenced, and all its events.
            origin: the connection it came from, which gets the reply; None: the venue itself.
            request_id: of the request, repeated in the reply.
            due_events: how many of the events are of things that were due before the command.
        """
        seq, time_ns, command, events = row
        replies = _REPLIES.get(type(command))
        # A rulebook that waited for its effective date may have come in force before an order.
        news = events if replies is None else events[:due_events] if due_events else ()
        if replies is None:
            self._titles.note(command)
            self.given.follow(time_ns, command, events)
        if news:
            self._learn(seq, news)
            for subscribers, message in self.channels.follow(seq, time_ns, news, precede=True):
                self.broadcast(subscribers, message)
        replies = replies or ()
        waiting = origin
        for report in self.reports.follow(seq, time_ns, events):
            if waiting is not None and report.place >= due_events and type(report.event) in replies:
                self._deliver(report, waiting, request_id)
                waiting = None
            else:
                self._deliver(report, None, 0)
        if waiting is not None:
            assert not replies, "a trading command without a reply"
            self.send(waiting, _admin_reply(seq, events[due_events:], request_id))
        self._follow(row)

    def _follow(self, row: Row) -> None:
        """Hand out what a command did to the channels."""
        seq, time_ns, _, events = row
        for subscribers, message in self.channels.follow(seq, time_ns, events):
            self.broadcast(subscribers, message)
        self._drop_copy.seq = seq
        if self._ended_keys:
            for event in self._ended_keys:
                self.key_ended(event)
            self._ended_keys.clear()

    def publish_last(self, row: Row, owed: Owed) -> None:
        """Hand out the tick that has done the last of what a command had left, and reply to that command."""
        replies = _REPLIES.get(type(owed.command)) or ()
        waiting: Outbox | None = owed.origin
        seq, time_ns, _, events = row
        # Something else may have been due behind it.
        self._learn(seq, events)
        for subscribers, message in self.channels.follow(seq, time_ns, events, precede=True):
            self.broadcast(subscribers, message)
        for report in self.reports.follow(seq, time_ns, events):
            if waiting is not None and type(report.event) in replies:
                self._deliver(report, waiting, owed.request_id)
                waiting = None
            else:
                self._deliver(report, None, 0)
        if waiting is not None:
            self.send(waiting, Done(id=owed.request_id, seq=owed.seq))
        self._follow(row)

    def end_turn(self) -> None:
        """Hand out what the turn's commands add up to."""
        for subscribers, message in self.channels.end_turn():
            self.broadcast(subscribers, message)

    def tell_paced(self, now_ns: int) -> None:
        """Hand out what conflated channels may tell at a time of a steady clock."""
        for subscribers, message in self.channels.pacer.tell(now_ns):
            self.broadcast(subscribers, message)

    def pass_time(self, time_ns: int) -> bool:
        """Hand out what changes because time passes, so much at once as in a turn; returns whether there is more.

        Nothing that is handed out later may be of an earlier time.
        """
        for subscribers, message in self.channels.pass_time(time_ns):
            self.broadcast(subscribers, message)
        return self.channels.is_behind

    def send(self, outbox: Outbox, message: Message) -> None:
        """Put a message into a connection's outbox."""
        self._put_one(outbox, outbox.codec.frame(spoken(message, outbox.language)))

    def put(self, outbox: Outbox, frames: Iterable[bytes]) -> None:
        """Put frames that are ready into a connection's outbox."""
        if not outbox.frames:
            self.dirty.append(outbox)
        outbox.frames.extend(frames)

    def broadcast(self, outboxes: Iterable[Outbox], message: Message) -> None:
        """Put a message into many outboxes; encoded once per codec and language."""
        frames: dict[str, bytes] = {}
        for outbox in outboxes:
            frame = frames.get(outbox.form)
            if frame is None:
                frame = frames[outbox.form] = outbox.codec.frame(spoken(message, outbox.language))
            self._put_one(outbox, frame)

    def _put_one(self, outbox: Outbox, frame: bytes) -> None:
        if not outbox.frames:
            self.dirty.append(outbox)
        outbox.frames.append(frame)

    def _deliver(self, report: PrivateReport, origin: Outbox | None, request_id: int) -> None:
        """Send a report to its account's connections and the drop copy, and as the reply to where it came from."""
        # Without a number it is not the account's: the sender alone is told, and those who supervise it.
        listeners = self._by_account[report.account] if report.seq else _NOBODY
        if self._copied and not isinstance(report.event, _STATUSES):
            listeners = [*listeners, *self._copied]
        if origin is not None:
            self._put_one(origin, self.reports.frame(origin.codec, report, request_id, origin.language))
        # As the reply says it, but for the request: one frame a codec and language, whoever gets it.
        frames: dict[str, bytes] | None = None
        for outbox in listeners:
            if outbox is origin:
                continue
            # Mostly there is nobody else.
            if frames is None:
                frames = {}
            frame = frames.get(outbox.form)
            if frame is None:
                frame = frames[outbox.form] = self.reports.frame(outbox.codec, report, None, outbox.language)
            self._put_one(outbox, frame)

    def _learn(self, seq: int, events: Iterable[Event]) -> None:
        """Take note of assets, instruments, rulebooks; let those who are logged in hear their new accounts."""
        for event in events:
            self.formats.learn(event)
            if type(event) is AccountOpened:
                listening = self._by_participant.get(event.participant, ())
                self._by_account[event.account] = [each for each in listening if each not in self._deaf]
            elif type(event) is RulebookLoaded:
                self._rulebooks.append((seq, event.name, event.digest))
                self._titles.follow(event)
            elif type(event) is KeyEnded:
                self._ended_keys.append(event)


def _nobody_ends(event: KeyEnded) -> None:
    """Nobody has logged in."""


def _admin_reply(seq: int, events: list[Event], request_id: int) -> Message:
    for event in events:
        if type(event) is CommandRejected:
            return Rejected(
                id=request_id,
                seq=seq,
                code=REJECT_CODES[event.code],
                detail=words_of(event),
                template=event.template or None,
                values=event.values,
            )
        if type(event) is CommandProposed:
            return Done(id=request_id, seq=seq, waits_until=event.until_ns)
    return Done(id=request_id, seq=seq)
