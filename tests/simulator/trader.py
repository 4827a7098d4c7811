"""A client of the simulated venue: the real protocol of the client library over simulated connections, asking at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.client.accounts.orders import Order
from gateway.client.copies.streams import Stream
from gateway.client.copies.subscriptions import ChannelKey
from gateway.client.links.link_states import ConnectionEvent
from gateway.client.links.protocol import ClientProtocol
from gateway.client.values.errors import ClientError, ConnectionLost
from gateway.protocol import messages as m
from gateway.protocol.requests import CancelOnDisconnect
from gateway.protocol.wire import JSON, MSGPACK, Codec
from tests.simulator.network import Link
from tests.simulator.stage import NS_PER_MS, Failed, Stage
from tests.simulator.venue_file import INSTRUMENT, KEYS

LIMIT_SECONDS: Final = 3.0
ARMED: Final = "alice"
"""How long a request waits for its reply before it is sent again."""
_DECODERS: Final[dict[str, Callable[[bytes], Any]]] = {
    JSON.name: msgspec.json.Decoder(m.AnyMessage).decode,
    MSGPACK.name: msgspec.msgpack.Decoder(m.AnyMessage).decode,
}
_TWO_BYTES: Final = 126
_HEADER_BYTES: Final = {_TWO_BYTES: 4, 127: 10}


def payload_of(frame: bytes) -> bytes:
    """The payload of a frame of the venue, which masks none and splits none."""
    return frame[_HEADER_BYTES.get(frame[1], 2) :]


class Tap:
    """Reads a stream and keeps what came."""

    def __init__(self) -> None:
        self.messages: Final[list[Any]] = []
        self.missed = 0

    def put(self, message: Any) -> None:
        """Take a message."""
        self.messages.append(message)

    def end(self, error: ClientError | None) -> None:
        """There are no more."""


class Act:
    """One thing that a trader wants done, however often it is sent."""

    def __init__(self, request: m.AnyRequest, order: Order | None, now_ns: int) -> None:
        self.request: Final = request
        self.order: Final = order
        self.began_ns: Final = now_ns
        self.ended_ns = 0
        self.reply: Any = None
        """What came of it; None: not known yet, or never."""
        self.is_over = False


class Received:
    """A message that a client got, and when."""

    def __init__(self, message: Any, now_ns: int, act: Act | None) -> None:
        self.message: Final = message
        self.now_ns: Final = now_ns
        self.act: Final = act
        """That it answers."""


class Trader:
    """One participant. `dial` connects it; from then on it returns by itself whenever the connection is lost."""

    def __init__(self, stage: Stage, name: str, codec: Codec, connect: Callable[[Trader], Link | None]) -> None:
        self.name: Final = name
        self.codec: Final = codec
        self.acts: Final[list[Act]] = []
        self.received: Final[list[Received]] = []
        self.reports: Final = Tap()
        self.trades: Final = Tap()
        self._stage: Final = stage
        self._connect: Final = connect
        self._decode: Final = _DECODERS[codec.name]
        self._link: Link | None = None
        self._by_id: Final[dict[int, Act]] = {}
        self.protocol: Final = ClientProtocol(name, self._sign, LIMIT_SECONDS, self._told)
        # The orders of one go when its connection is gone for a second, those of others stay.
        if name == ARMED:
            self.protocol.cancel_on_disconnect = CancelOnDisconnect(grace=NS_PER_SECOND)
        self.protocol.report_streams.append((None, cast("Stream[Any]", self.reports)))
        self._numbers = 0

    @property
    def _now(self) -> float:
        return self._stage.now_ns / NS_PER_SECOND

    @property
    def is_settled(self) -> bool:
        """Whether it is back, has heard all, and waits for nothing."""
        return self.protocol.state == "resumed" and all(act.is_over for act in self.acts)

    def _sign(self, challenge: bytes) -> str:
        return KEYS[self.name].sign(challenge).hex()

    def _told(self, event: ConnectionEvent | ClientError | None) -> None:
        if isinstance(event, ClientError):
            raise Failed(f"the client of {self.name} broke: {event}")

    # ── connection ─────────────────────────────────────────────────────────────────────────────────────────────────

    def dial(self) -> None:
        """Connect, now or once it can be."""
        assert self._link is None
        self._link = self._connect(self)
        if self._link is None:
            self._stage.after(self._stage.between(20, 400) * NS_PER_MS, self.dial)
        else:
            self.protocol.link_up()

    def listen(self) -> None:
        """Follow the market, over all connections to come."""
        self.protocol.read(ChannelKey("trades", INSTRUMENT), cast("Stream[Any]", self.trades), _nothing, self._now)
        self.protocol.follow(ChannelKey("book", INSTRUMENT), _nothing, self._now)
        self.pump()

    def hang_up(self) -> None:
        """The connection is gone."""
        self._link = None
        self._stage.note(f"{self.name} lost its connection")
        self.protocol.lost("cut")
        self._stage.after(self._stage.between(5, 200) * NS_PER_MS, self.dial)

    def arrived(self, frame: bytes) -> None:
        """Take in a frame of the venue."""
        message = self._decode(payload_of(frame))
        number = getattr(message, "id", None)
        self.received.append(Received(message, self._stage.now_ns, self._by_id.get(number) if number else None))
        self.protocol.receive(message)
        if self.protocol.refusal is not None and self._link is not None:
            # Its place on the venue is not free yet.
            self._link.cut(0, 0)
        self.pump()

    def pump(self) -> None:
        """Send what is to be sent."""
        if self._link is None:
            return
        while (request := self.protocol.next_message()) is not None:
            self._link.to_venue(self.codec.encode(request))

    def _wait(self) -> None:
        limit = self.protocol.next_limit
        if limit is not None:
            self._stage.after(max(int(limit * NS_PER_SECOND) - self._stage.now_ns, 0) + 1, self._tick)

    def _tick(self) -> None:
        self.protocol.tick(self._now)
        self.pump()

    # ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────

    def new_name(self) -> str:
        """A `client_order_id` that it has not used."""
        self._numbers += 1
        return f"{self.name[0]}{self._numbers}"

    def enter(self, **terms: Any) -> None:
        """Enter an order for its own account, and send it again until it is answered."""
        order = Order(
            amend=_unused,
            cancel=_unused,
            account=self.name,
            client_order_id=terms["client_order_id"],
            instrument=INSTRUMENT,
            side=terms["side"],
            quantity=terms.get("quantity", "0"),
            price=terms.get("price"),
        )
        request = m.NewOrder(id=0, account=self.name, instrument=INSTRUMENT, **terms)
        self._begin(Act(request, order, self._stage.now_ns))

    def ask(self, request: m.AnyRequest) -> None:
        """Ask for something else."""
        self._begin(Act(request, None, self._stage.now_ns))

    def _begin(self, act: Act) -> None:
        self.acts.append(act)
        self._stage.note(f"{self.name} asks {act.request}")
        self._send(act)

    def _send(self, act: Act) -> None:
        request = msgspec.structs.replace(act.request, id=self.protocol.next_id())
        self._by_id[request.id] = act
        if act.order is not None:
            assert isinstance(request, m.NewOrder)
            self.protocol.enter([act.order], request, lambda reply: self._answered(act, reply), self._now)
        else:
            self.protocol.request(request, lambda reply: self._answered(act, reply), self._now)
        self.pump()
        self._wait()

    def _answered(self, act: Act, reply: Any) -> None:
        if isinstance(reply, ConnectionLost) or (isinstance(reply, m.Error) and reply.code == "rate_limited"):
            if act.order is not None or isinstance(act.request, m.Transfer):
                # What it came to is not known; sent again it never acts twice.
                self._stage.after(self._stage.between(1, 300) * NS_PER_MS, lambda: self._send(act))
            else:
                act.is_over = True
            return
        if isinstance(reply, ClientError):
            raise Failed(f"the client of {self.name} broke: {reply}")
        act.reply = reply
        act.ended_ns = self._stage.now_ns
        act.is_over = True
        self._stage.note(f"{self.name} hears {reply}")


def _nothing(error: ClientError | None) -> None:
    """A stream has started."""


def _unused(**_: Any) -> Any:
    raise AssertionError("amends and cancels are requests of their own here")
