"""One run: a venue, its clients and all that befalls them, from a seed; then whether every promise was kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.inbound.session import Session
from gateway.journal.files import JournalError
from gateway.keys import KeyFileError
from gateway.protocol.wire import JSON, MSGPACK
from gateway.server.sequencing.startup import StartError
from gateway.server.sequencing.turns import VenueHalted
from tests.simulator.beside import Beside
from tests.simulator.disk import Killed, PowerCut
from tests.simulator.machine import JOURNAL, Machine, seeded
from tests.simulator.network import End, Link
from tests.simulator.plan import Plan
from tests.simulator.stage import NS_PER_MS, Failed, Stage
from tests.simulator.trader import Trader
from tests.simulator.truth import Log, Truth
from tests.simulator.venue import RunningVenue
from tests.simulator.venue_file import ROLES, TRADERS, simulated_venue
from tests.simulator.wishes import administer, wish

LONGEST_NS: Final = 900 * NS_PER_SECOND
"""Of simulated time. A run whose faults are over is done in far less; one that is not hangs."""
SETTLED_NS: Final = 100 * NS_PER_MS
"""How long nothing may have been on its way in the end."""
UPKEEP_NS: Final = 100 * NS_PER_MS
"""A venue looks after itself once a second; a run is short, and would end with its first look."""


class Simulation:
    """A run. `run` returns when it is over, or raises `Failed` with the first promise that was broken."""

    def __init__(self, seed: int) -> None:
        self.seed: Final = seed
        self.stage: Final = Stage(seed)
        self.plan: Final = Plan(self.stage)
        self.machine: Final = Machine(self.stage, self.plan)
        self.beside: Final = Beside(self.stage, self.machine, self.plan.snapshot_commands)
        self.log: Final = Log()
        self.outcome = ""
        """How it ended: `whole`; `refused`: a start found the damage; `cut`: a lying disk lost what the head did not have yet."""
        self.starts = 0
        self._venue: RunningVenue | None = None
        self._acts_left = self.plan.acts
        self._is_calm = False
        self._nonces = 0
        codecs = (MSGPACK, JSON)
        self.traders: Final = {
            name: Trader(self.stage, name, codecs[number % 2], self._connect) for number, name in enumerate(ROLES)
        }
        self.machine.others.append(self._write_head)
        self._others: Final[list[Callable[[], None]]] = []
        if self.plan.compacts:
            self._others.append(self.beside.compact)
        if self.plan.snapshots:
            self._others.append(self.beside.snapshot)
        if self.plan.follows:
            self._others += [self.beside.follow] * 3
        self.machine.others.extend(self._others)

    # ── the run ────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """From the first start to the last check."""
        stage = self.stage
        with seeded(self.seed, self.stage, self.plan):
            stage.after(0, self._start)
            for trader in self.traders.values():
                stage.after(stage.between(0, 100) * NS_PER_MS, trader.dial)
            self.traders[TRADERS[0]].listen()
            stage.after(UPKEEP_NS, self._upkeep)
            stage.after(stage.between(1, 50) * NS_PER_MS, self._act)
            stage.after(NS_PER_SECOND // 4, self._beside_now_and_then)
            while not self.outcome and not self._is_settled():
                if stage.now_ns > LONGEST_NS:
                    raise Failed("the venue or a client hangs: " + ", ".join(self._unsettled()))
                self._guarded(stage.step)
            if not self.outcome:
                self._finish()

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something that may end in a power cut, or in a process that is killed."""
        try:
            action()
        except PowerCut:
            self._cut_power()
        except Killed:
            self.stage.note("the venue is killed")
            self._bury()
        if self._venue is not None and not self._venue.is_up:
            self._bury()

    def _cut_power(self) -> None:
        stage, disk = self.stage, self.machine.disk
        stage.note("the power is cut")
        self._bury()
        self.beside.end_follower()
        disk.cut_power()
        if not self._is_calm:
            for lie in self.plan.lies:
                if lie == "rot" and stage.happens(0.5):
                    disk.rot()
                elif lie == "tail" and disk.is_directory(JOURNAL):
                    disk.lose_tail(JOURNAL)
        for lie in disk.lies:
            stage.note(f"the disk lies: {lie}")

    def _bury(self) -> None:
        """The venue's process is gone; somebody starts it again."""
        self.machine.disk.end_process("venue")
        if self._venue is not None:
            self._venue.died()
            self._venue = None
            if self.stage.happens(0.5):
                # Else it goes on a little beside the next one.
                self.beside.end_follower()
        self.stage.after(self.stage.between(1, 1_000) * NS_PER_MS, self._start)

    def _start(self) -> None:
        if self._venue is not None or self.outcome:
            return
        self.starts += 1
        self.stage.note("the venue starts")
        try:
            self._venue = RunningVenue(self.stage, self.plan, self.machine, simulated_venue(), self.log)
        except (OSError, VenueHalted) as error:
            self.stage.note(f"the start fails: {error}")
            self._bury()
        except (JournalError, StartError, KeyFileError) as error:
            if not self.machine.disk.lies:
                raise Failed(f"P2: a start is refused on a disk that never lied: {error}") from error
            self.stage.note(f"the start is refused: {error}")
            self.outcome = "refused"
        else:
            if self.plan.follows:
                self.beside.begin_follower()
        if self.log.lost:
            self.outcome = "cut"

    # ── what happens besides ───────────────────────────────────────────────────────────────────────────────────────

    def _act(self) -> None:
        """Somebody asks for something."""
        stage, plan = self.stage, self.plan
        if self._acts_left <= 0:
            self._calm_down()
            return
        self._acts_left -= 1
        stage.after(stage.between(1, 60) * NS_PER_MS, self._act)
        venue = self._venue
        if stage.happens(0.1):
            administer(stage, self.traders["sue"], self.traders["otto"])
        else:
            wish(stage, self.traders[stage.chance.choice(TRADERS)], stage.clocks.wall())
        if stage.happens(plan.clock_step_rate):
            stage.note("the date is set")
            stage.clocks.set_wall(stage.between(-600, 600) * NS_PER_SECOND)
        if venue is not None and stage.happens(plan.stop_rate):
            venue.stop()
            self._bury()
        if venue is not None and venue.is_up and stage.happens(plan.core_fault_rate):
            venue.break_core()
        if self._acts_left in plan.cuts_at:
            raise PowerCut
        if venue is not None and plan.has_rogue and stage.happens(0.1):
            self._let_a_rogue_in(venue)

    def _calm_down(self) -> None:
        """Nothing more befalls anybody: now all must come to rest."""
        self.stage.note("nothing more befalls anybody")
        self._is_calm = self.machine.is_calm = True
        if self._venue is not None:
            for link in self._venue.links.values():
                link.is_calm = True

    def _upkeep(self) -> None:
        self.stage.after(UPKEEP_NS, self._upkeep)
        venue = self._venue
        if venue is not None:
            venue.look()
            venue.write_head()
            if venue.is_up and self.stage.happens(0.3):
                venue.check_clean()

    def _write_head(self) -> None:
        if self._venue is not None:
            self._venue.write_head()

    def _beside_now_and_then(self) -> None:
        self.stage.after(NS_PER_SECOND // 5, self._beside_now_and_then)
        if self._others and self.stage.happens(0.6):
            self.stage.chance.choice(self._others)()

    def _let_a_rogue_in(self, venue: RunningVenue) -> None:
        """A stranger who sends what is no message."""
        session = self._new_session(venue)
        link = Link(self.stage, self.plan, End(_ignore, _nothing), End(_ignore, _nothing))
        venue.connect(session, link)
        for _ in range(self.stage.between(1, 150)):
            venue.receive(session, self.stage.chance.randbytes(self.stage.between(0, 40)))
        if len(session.frames) > 1 or session.inbox:
            raise Failed("P7: a stranger's garbage is kept")
        venue.leave(session)

    # ── connections ────────────────────────────────────────────────────────────────────────────────────────────────

    def _new_session(self, venue: RunningVenue, codec: object = MSGPACK) -> Session:
        self._nonces += 1
        return Session(venue.context, codec, f"{self._nonces:032x}")  # type: ignore[arg-type]

    def _connect(self, trader: Trader) -> Link | None:
        venue = self._venue
        if venue is None or not venue.is_up:
            return None
        session = self._new_session(venue, trader.codec)
        link = Link(
            self.stage,
            self.plan,
            End(trader.arrived, trader.hang_up),
            End(lambda data: venue.receive(session, data), lambda: venue.leave(session)),
        )
        link.is_calm = self._is_calm
        venue.connect(session, link)
        return link

    # ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _unsettled(self) -> list[str]:
        found = [name for name, trader in self.traders.items() if not trader.is_settled]
        return found if self._venue is not None and self._venue.is_up else ["venue", *found]

    def _is_settled(self) -> bool:
        return self._is_calm and not self._unsettled()

    def _finish(self) -> None:
        """Let what is on its way arrive, stop in order, and check everything."""
        stage = self.stage
        venue = self._venue
        assert venue is not None
        until_ns, seq = 0, 0
        writer = venue.started.writer
        while stage.now_ns < until_ns or venue.exchange.seq > seq or writer.is_syncing:
            if venue.exchange.seq > seq or writer.is_syncing:
                seq = venue.exchange.seq
                until_ns = stage.now_ns + SETTLED_NS + 4 * self.plan.latency_ns
                for link in venue.links.values():
                    # One that was frozen has yet to bring what it held back.
                    until_ns = max(until_ns, link.client.free_ns + 1)
            stage.step()
        venue.stop()
        self.beside.end_follower()
        truth = Truth(self.machine)
        truth.check_index(self.machine, self.stage.chance)
        truth.check_log(self.log)
        truth.check_state(venue.exchange)
        for trader in self.traders.values():
            truth.check_client(trader, self.log)
        self.outcome = "whole"


def _ignore(data: bytes) -> None:
    """A stranger reads nothing."""


def _nothing() -> None:
    """A stranger does not care."""
