"""Rates by cost: how much a connection, a participant and an address may ask of the venue, in units of about one order.

Buckets fill steadily and hold a burst. Who has used his up is not read for a while, so that what he sends waits in his own
socket. What is read all the same, because it came at once or over many connections, he owes; who owes more than a second's
worth is answered `rate_limited`, and nothing of that is decoded, sequenced or journaled.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from engine.vocabulary.codes import RATE_OF_ADDRESS, RATE_OF_PARTICIPANT, RATE_SCOPES
from engine.vocabulary.limits import BYTES_PER_UNIT, CONNECTION_PART, MAX_RATED_ADDRESSES, NS_PER_SECOND
from gateway.addresses import parsed_address
from gateway.protocol.messages import Admin, AnyRequest, Login, MassCancel, MassQuote, NewBracket, NewOrderPair, Rate
from gateway.venue.file import LimitsSection, RateEntry

Scope = Literal["connection", "participant", "address"]

COSTS: Final[dict[type, int]] = {NewOrderPair: 2, NewBracket: 3, Admin: 5, Login: 5, MassCancel: 10}
"""In units; all other requests cost one, but for a mass quote. A login checks a signature: as long as five orders take. The orders
that a mass cancel ends were paid for when they came; it looks for them."""
MALFORMED_COST: Final = 5
"""Beside what the request costs: its mistake is looked for and told. So 100 of them, after which a connection is closed, take half a
second of its own bucket before a login."""
_MASS_QUOTE: Final = MassQuote
FRAME_COST: Final = 1
"""Of a ping, a pong or a fragment."""

_MOST_OWED_NS: Final = -NS_PER_SECOND
"""Below, nothing is looked at."""


def cost_of(request: AnyRequest, size: int) -> int:
    """What a request of so many bytes costs, in units."""
    kind = type(request)
    cost = COSTS.get(kind, 1)
    if kind is _MASS_QUOTE:
        quote: Any = request
        cost += len(quote.bids) + len(quote.asks)
    return cost + size // BYTES_PER_UNIT


class Bucket:
    """Units that may be spent. They are kept as the time in which they come back, so that nothing is rounded away.

    Over any time no more is spent than the burst, what comes back in that time, a second's debt and one request. A clock that
    goes back takes nothing away: for that step nothing comes back.
    """

    __slots__ = ("at_ns", "burst", "burst_ns", "left_ns", "ns_per_unit", "units_per_second")

    def __init__(self, entry: RateEntry, now_ns: int) -> None:
        self._have(entry)
        self.left_ns = self.burst_ns
        """Below zero: what is owed."""
        self.at_ns = now_ns
        """When it was filled last."""

    def _have(self, entry: RateEntry) -> None:
        self.units_per_second = entry.rate
        self.burst = entry.burst
        # Upwards: never more than was said.
        self.ns_per_unit = -(-NS_PER_SECOND // entry.rate)
        self.burst_ns = entry.burst * self.ns_per_unit

    def become(self, entry: RateEntry) -> None:
        """Have another rate from now on. What is left stays in units, what is owed in time; no more is left than the new burst."""
        left, before_ns = self.left_ns, self.ns_per_unit
        self._have(entry)
        self.left_ns = min(left // before_ns * self.ns_per_unit, self.burst_ns) if left > 0 else left

    def fill(self, now_ns: int) -> None:
        """Let come back what came back by now."""
        left_ns = self.left_ns
        if now_ns > self.at_ns:
            left_ns += now_ns - self.at_ns
            self.left_ns = left_ns if left_ns < self.burst_ns else self.burst_ns
        self.at_ns = now_ns

    def stated(self, scope: Scope) -> Rate:
        """As the protocol says it."""
        left = self.left_ns // self.ns_per_unit
        return Rate(scope=scope, units_per_second=self.units_per_second, burst=self.burst, left=left)


class Meter:
    """What one connection may spend: its own bucket, and the one that it shares with others.

    That is its participant's once it is logged in; before, that of its address. So firms behind one address share nothing but
    the way to the login, and the first message of a connection, which may be one, passes whatever others there have spent.
    """

    __slots__ = ("_clock", "_is_new", "_own", "_rates", "_scope", "_shared", "_version", "is_overdrawn")

    def __init__(self, rates: Rates, shared: Bucket) -> None:
        self._rates: Final = rates
        self._clock: Final = rates.clock
        self._is_new = True
        self._scope: Scope = "address"
        self._shared = shared
        self._own = rates.part_of(shared)
        self._version = rates.version
        self.is_overdrawn = False
        """Whether something is owed: then the connection is not to be read for `wait_ns`."""

    def log_in(self, participant: str, *, acts: bool = True) -> None:
        """From now on it spends what its participant may; all connections together that don't act have the part of one."""
        self._is_new = False
        self._scope = "participant"
        self._shared = self._rates.of_participant(participant)
        self._own = self._rates.part_of(self._shared) if acts else self._rates.onlookers(participant)
        self._version = self._rates.version
        self._fill()
        self.is_overdrawn = self._shared.left_ns < 0 or self._own.left_ns < 0

    def _renew(self) -> None:
        """What it shares may have another rate: its own follows from that."""
        self._version = self._rates.version
        self._own.become(self._rates.part_entry(self._shared))

    def admit(self) -> bool:
        """Whether what was read is to be looked at; False: more than a second's worth is owed."""
        if self._version != self._rates.version:
            self._renew()
        now_ns = self._clock()
        own, shared = self._own, self._shared
        own.fill(now_ns)
        shared.fill(now_ns)
        if own.left_ns >= _MOST_OWED_NS and shared.left_ns >= _MOST_OWED_NS:
            self._is_new = False
            return True
        self.is_overdrawn = True
        if self._is_new:
            self._is_new = False
            return True
        return False

    def charge(self, units: int) -> None:
        """Spend units, after `admit`."""
        own, shared = self._own, self._shared
        own.left_ns -= units * own.ns_per_unit
        if shared.left_ns >= _MOST_OWED_NS:
            # Else this is a first message; any number of those, each over a connection of its own, adds nothing to a wait.
            shared.left_ns -= units * shared.ns_per_unit
        self.is_overdrawn = own.left_ns < 0 or shared.left_ns < 0

    def wait_ns(self) -> int:
        """How long it takes until nothing is owed any more, if nobody spends."""
        self._fill()
        return max(-self._own.left_ns, -self._shared.left_ns, 0)

    def stated(self) -> list[Rate]:
        """What may be spent and what is left, as the protocol says it."""
        self._fill()
        return [self._own.stated("connection"), self._shared.stated(self._scope)]

    def _fill(self) -> None:
        if self._version != self._rates.version:
            self._renew()
        now_ns = self._clock()
        self._own.fill(now_ns)
        self._shared.fill(now_ns)


class Rates:
    """The buckets of a venue.

    Args:
        limits: the section of the venue file.
        clock: steady; nanoseconds since any instant.
    """

    def __init__(self, limits: LimitsSection, clock: Callable[[], int]) -> None:
        self.clock: Final = clock
        self._limits: Final = limits
        self._set: dict[str, tuple[int, int]] = {}
        """By command: units a second and burst, by `scope:name`."""
        self.version = 0
        """Rises with what is set: a meter that knows an older one looks at its rate again before it goes on."""
        self._participants: Final[dict[str, Bucket]] = {}
        """No more than the venue file names."""
        self._onlookers: Final[dict[str, Bucket]] = {}
        """Likewise. Whoever spends of one sees to its rate."""
        self._addresses: Final[dict[str, Bucket]] = {}
        """The last one to connect is the last one here."""

    def meter(self, address: str) -> Meter:
        """That of a new connection."""
        network = network_of(address)
        bucket = self._addresses.pop(network, None) or Bucket(self._of_address(), self.clock())
        if len(self._addresses) >= MAX_RATED_ADDRESSES:
            # Whoever has a connection from there keeps the bucket.
            del self._addresses[next(iter(self._addresses))]
        self._addresses[network] = bucket
        return Meter(self, bucket)

    def follow(self, by_command: Mapping[str, tuple[int, int]]) -> None:
        """Go by what was set by command, and by the venue file where nothing was. O(buckets) if that has changed."""
        if by_command == self._set:
            return
        self._set = dict(by_command)
        for name, bucket in self._participants.items():
            bucket.become(self._of_name(name))
        for bucket in self._addresses.values():
            bucket.become(self._of_address())
        self.version += 1

    def _of_name(self, name: str) -> RateEntry:
        """The rate of a participant: its own, else that of all, each by command before that of the file."""
        filed = self._limits.participants.get(name)
        found = self._set.get(f"{RATE_SCOPES[RATE_OF_PARTICIPANT]}:{name}")
        if found is None and filed is None:
            found, filed = self._set.get(f"{RATE_SCOPES[RATE_OF_PARTICIPANT]}:"), self._limits.participant
        if found is not None:
            return RateEntry(rate=found[0], burst=found[1])
        assert filed is not None
        return filed

    def _of_address(self) -> RateEntry:
        found = self._set.get(f"{RATE_SCOPES[RATE_OF_ADDRESS]}:")
        return self._limits.address if found is None else RateEntry(rate=found[0], burst=found[1])

    def of_participant(self, name: str) -> Bucket:
        """What all connections of a participant share. It outlives them: who comes again finds what he left."""
        bucket = self._participants.get(name)
        if bucket is None:
            bucket = self._participants[name] = Bucket(self._of_name(name), self.clock())
        return bucket

    def part_of(self, shared: Bucket) -> Bucket:
        """A connection's own bucket: a part of what it shares, so that one gone wild leaves the others room to cancel."""
        return Bucket(self.part_entry(shared), self.clock())

    def onlookers(self, name: str) -> Bucket:
        """What all connections of a participant share that don't act: who holds a key that only reads leaves room to those who trade or operate."""
        shared, bucket = self.of_participant(name), self._onlookers.get(name)
        if bucket is None:
            bucket = self._onlookers[name] = self.part_of(shared)
        # Its rate may have become another one while nobody spent of it.
        bucket.become(self.part_entry(shared))
        return bucket

    @staticmethod
    def part_entry(shared: Bucket) -> RateEntry:
        """The rate of that part."""
        return RateEntry(
            rate=max(shared.units_per_second // CONNECTION_PART, 1), burst=max(shared.burst // CONNECTION_PART, 1)
        )


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits, which one machine may have to itself."""
    try:
        parsed = parsed_address(address)
    except ValueError:
        return address
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))
