"""What the sessions of a venue share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from engine.state.absence import Absence
from engine.state.access import Access
from gateway.audit.audit import Audit
from gateway.identity import Identities
from gateway.inbound.attendance import Attendance
from gateway.inbound.keyholders import Keyholders
from gateway.inbound.rates import Rates
from gateway.inbound.translate import Known
from gateway.metrics.counters import Counters
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import Hello, Message, Recording, Welcome
from gateway.venue.venue import Participant


class VenueContext:
    """What every session of a venue needs to know."""

    def __init__(
        self,
        venue_id: str,
        durability: str,
        filed: Mapping[str, Participant],
        known: Known,
        fanout: Fanout,
        *,
        counters: Counters,
        tip: Callable[[], tuple[int, bytes]],
        rates: Rates | None = None,
        heartbeat_ns: int = 0,
        silence_ns: int = 0,
        identities: Identities | None = None,
        recording: Callable[[], Recording] | None = None,
        faucet: Mapping[str, int] | None = None,
        now: Callable[[], int] = lambda: 0,
        absence: Absence | None = None,
        access: Access | None = None,
        time_scale: int = 0,
        audit: Audit | None = None,
    ) -> None:
        self.venue_id: Final = venue_id
        self.durability: Final = durability
        self.known: Final = known
        self.fanout: Final = fanout
        self.counters: Final = counters
        self.tip: Final = tip
        """Sequence number and link of the last batch in the journal."""
        self.rates: Final = rates
        """None: they are lifted."""
        self.heartbeat_ns: Final = heartbeat_ns
        """How often there is a sign of life; 0: there is nobody to give it."""
        self.silence_ns: Final = silence_ns
        """How long a client may give none."""
        self.identities: Final = Identities.new() if identities is None else identities
        """Makes the keys of documents; None: under a secret that nobody keeps."""
        self.faucet: Final[Mapping[str, int]] = faucet or {}
        """What an account may have of test money a day, by asset, in minor units; empty: there is none."""
        self.now: Final = now
        """The venue's time, nanoseconds since the epoch, UTC."""
        self.attendance: Final = Attendance(absence or Absence(), recording is not None)
        """Which connections are armed."""
        self.keyholders: Final = Keyholders(access or Access(), filed)
        """Who may log in, and has; `filed` may beside those whom the core knows."""
        if recording is None:
            # What is shown again ends nobody's connection.
            fanout.key_ended = self.keyholders.ended
        self.time_scale: Final = time_scale
        """Of a venue for tests: how many times as fast as the machine's its clock goes; 0 of any other."""
        self.audit: Final = Audit() if audit is None else audit
        """Where it is noted who comes, goes and is refused; None: nothing is kept of it."""
        self.is_recording: Final = recording is not None
        """What happened is shown again: commands are refused."""
        self._recording: Final = recording
        self.leaving: Final[Counter[str]] = Counter()
        """Connections by participant that are gone, but whose commands still wait."""

    def recording(self) -> Recording | None:
        """How far a recording has come; None: this is a venue that runs."""
        return None if self._recording is None else self._recording()

    def marked(self, message: Hello | Welcome) -> Message:
        """The message, which says whether this is a recording, or a venue for tests."""
        message.recording = self.recording()
        message.test, message.time_scale = self.time_scale > 0, self.time_scale or 1
        return message

    def connections_of(self, participant: str) -> int:
        """How many connections a participant has, those included that are gone and left commands behind."""
        return self.fanout.connections_of(participant) + self.leaving[participant]
