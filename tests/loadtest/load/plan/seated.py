"""An exchange with participants that a load can use, set up from a venue file in this process, and what it says to a script."""

from __future__ import annotations

import datetime
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.vocabulary.codes import INSTRUMENT_KINDS, REJECT_CODES
from engine.vocabulary.limits import NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages import events
from engine.vocabulary.messages.commands import AnyCommand, ListInstrument, Sequenced
from gateway.core import new_exchange
from gateway.identity import Identities
from gateway.inbound.admin import Sender, admin_command
from gateway.inbound.translate import Known, to_command
from gateway.keys import new_private_key, public_key_hex
from gateway.protocol.messages import Admin, AnyRequest, Balances, OpenOrders
from gateway.protocol.wire import JSON
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue
from loadtest.load.plan.mixes import Control
from loadtest.load.plan.script import Listed, Seat

TODAY = datetime.date(2026, 6, 1)
START_NS = int(datetime.datetime(2026, 6, 1, 9, tzinfo=datetime.UTC).timestamp()) * NS_PER_SECOND
MISFITS = ("untested", "unwarned", "blocked", "second", "nameless", "suspended", "unrisked")
_ACKNOWLEDGED = "acknowledgements = [1]"
_TESTED = 'tests = [{ test = "knowledge", score = 90, taken = 2026-05-01 }]'
_CAN_RISK = 'tests = [{ test = "risk", score = 85, taken = 2026-05-01 }]'
_RETAIL = "assets_rub = 900_000\nincome_rub = 1_400_000"
_MONEY = 'RUB = "1500000", BTC = "0.05", ETH = "1"'
_MAIN = (
    'RUB = "10000000000", BTC = "120", ETH = "4000", USDT = "12000000", A7A5 = "1000000000", SOL = "80000", '
    'XRP = "5500000", BNB = "14000", TRX = "42000000", TON = "6600000", BTC-NOTE = "120000"'
)


_ANSWERS = {
    events.OrderAccepted: "new",
    events.OrderAmended: "amended",
    events.OrderCancelled: "cancelled",
    events.MassCancelled: "mass_cancelled",
    events.MassQuoted: "mass_quoted",
    events.OrderStatus: "status",
}


def _investor(name: str, kind: str, *lines: str) -> str:
    named = (
        [] if name.endswith(".nameless") else [f'documents = {{ foreign_document = "AE N{name.replace(".", "")}" }}']
    )
    return "\n".join(["", "[[investors]]", f'investor = "{name}"', f'kind = "{kind}"', *named, *lines, ""])


def _account(name: str, investor: str, intermediary: str, deposits: str) -> str:
    lines = ["", "[[accounts]]", f'account = "{name}"', f'participant = "{name.partition(".")[0]}"']
    lines += [f'investor = "{investor}"', f"deposits = {{ {deposits} }}"]
    return "\n".join(lines + ([f'intermediary = "{intermediary}"'] if intermediary else []) + [""])


def _participant(name: str) -> str:
    """A participant who is an intermediary too, its firm's account, two clients, and a misfit for each rule."""
    key = public_key_hex(new_private_key())
    text = f'\n[[participants]]\nparticipant = "{name}"\nrole = "participant"\npublic_key = "{key}"\n'
    text += f'\n[[intermediaries]]\nintermediary = "{name}"\nlicensed = true\ncapital_rub = 3_000_000_000\n'
    text += _investor(
        name, "firm", "assets_rub = 5_000_000_000", "income_rub = 12_000_000_000", _CAN_RISK, _ACKNOWLEDGED
    )
    text += _account(f"{name}.main", name, "", _MAIN)

    def authorised(through: str) -> str:
        return f'authorised = [{{ intermediary = "{through}", year = 2026 }}]'

    others: dict[str, tuple[str, tuple[str, ...]]] = {
        "c1": (name, (_RETAIL, _TESTED, _ACKNOWLEDGED, authorised(name))),
        "c2": (name, (_RETAIL, _TESTED, _ACKNOWLEDGED, authorised(name))),
        "untested": (name, (_RETAIL, _ACKNOWLEDGED, authorised(name))),
        "unwarned": (name, (_RETAIL, _TESTED, authorised(name))),
        "blocked": (name, (_RETAIL, _TESTED, _ACKNOWLEDGED, authorised(name), "blocked = true")),
        "second": ("", (_RETAIL, _TESTED, _ACKNOWLEDGED, authorised("north"))),
        "nameless": (name, (_RETAIL, _TESTED, _ACKNOWLEDGED, authorised(name))),
        "suspended": ("east", (_RETAIL, _TESTED, _ACKNOWLEDGED, authorised("east"))),
        "unrisked": (name, ("assets_rub = 38_000_000", "income_rub = 6_000_000", _ACKNOWLEDGED)),
    }
    for suffix, (intermediary, lines) in others.items():
        text += _investor(f"{name}.{suffix}", "individual", *lines)
        text += _account(f"{name}.{suffix}", f"{name}.{suffix}", intermediary, _MONEY)
    return text


@cache
def _setup(participants: int) -> tuple[AnyCommand, ...]:
    with TemporaryDirectory() as name:
        file = write_default_venue(Path(name) / "venue", TODAY, "general-2026")[0]
        text = file.read_text(encoding="utf-8")
        for number in range(1, participants + 1):
            text += _participant(f"p{number:04}")
        file.write_text(text, encoding="utf-8")
        return tuple(load_venue(file).genesis())


class Seated:
    """An exchange under general-2026 with so many participants of a load, and what became of all that was sent."""

    def __init__(self, participants: int = 2) -> None:
        self.participants = participants
        self.exchange = new_exchange()
        self.seq = 0
        self.replies: Counter[str] = Counter()
        """`new`, `cancelled`, `amended`, ... or the code of a refusal, or the rule behind it."""
        self.trades = 0
        self.triggered = 0
        self.uncrossed = 0
        for command in _setup(participants):
            for event in self.apply(command, START_NS):
                assert not isinstance(event, events.CommandRejected), event

    def apply(self, command: AnyCommand, time_ns: int) -> list[events.Event]:
        self.seq += 1
        return self.exchange.apply(Sequenced(self.seq, time_ns, command))

    def seat(self, number: int = 0, accounts: tuple[str, ...] = ("main", "c1", "c2", *MISFITS)) -> Seat:
        name = f"p{number + 1:04}"
        return Seat(number, name, tuple(f"{name}.{each}" for each in accounts), self.listed(), f"r{number}-")

    def listed(self) -> tuple[Listed, ...]:
        return tuple(listed(each) for each in _setup(self.participants) if isinstance(each, ListInstrument))

    def control(self, control: Control) -> None:
        """Carry out what the operator asks for, as the gateway would."""
        request = Admin(id=1, command=control.command, arguments=dict(control.arguments))
        command = admin_command(request, Sender("operator", "operator"), self.exchange.assets, Identities.seeded(1))
        for event in self.apply(command, START_NS + int(control.at_s * NS_PER_SECOND)):
            assert not isinstance(event, events.CommandRejected), event
            self._count(event)

    def send(self, seat: Seat, payload: bytes, at_s: float) -> str:
        """Carry out a payload as the gateway would; returns how it was answered."""
        request: AnyRequest = JSON.decode(payload)
        if isinstance(request, OpenOrders | Balances):
            assert request.account in seat.accounts
            return "answered"
        command = to_command(request, seat.participant, Known(self.exchange.instruments, self.exchange.assets))
        found = self.apply(command, START_NS + int(at_s * NS_PER_SECOND))
        for event in found:
            self._count(event)
        answers = [answer for event in found if (answer := _reply(event))]
        # What a mass quote or a mass cancel does to each order comes before its own answer.
        reply = next((answer for answer in answers if answer.startswith("mass_")), answers[0])
        self.replies[reply] += 1
        return reply

    def _count(self, event: events.Event) -> None:
        self.trades += isinstance(event, events.Trade)
        self.triggered += isinstance(event, events.StopTriggered)
        self.uncrossed += isinstance(event, events.Uncrossed)


def _reply(event: events.Event) -> str:
    """How a request was answered, if the event is its answer; of a refusal the rule, else the code."""
    if isinstance(event, events.OrderRejected | events.RequestRejected):
        return event.rule or REJECT_CODES[event.code]
    return _ANSWERS.get(type(event), "")


def listed(command: ListInstrument) -> Listed:
    """An instrument as the venue's answer to `instruments` has it."""
    decimals = (
        Decimal(each) / ONE_E8
        for each in (
            command.tick_e8,
            command.lot_e8,
            command.min_quantity_e8,
            command.max_quantity_e8,
            command.reference_price_e8,
        )
    )
    return Listed(command.instrument, INSTRUMENT_KINDS[command.kind], command.base, command.quote, *decimals)
