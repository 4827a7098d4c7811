"""Who is behind an account: owners, what links them, and through whom they trade. Taken from commands that were carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compliance.registry.classes import CLASSES, RETAIL, UNQUALIFIED_FIRM
from engine.vocabulary.messages.commands import Command, EffectiveFrom, RegisterInvestor, SetBlocked
from engine.vocabulary.messages.events import (
    AccountOpened,
    ChangeEffective,
    ChangeScheduled,
    CommandRejected,
    Event,
    InvestorRegistered,
)

_RETAIL: Final = (CLASSES[RETAIL], CLASSES[UNQUALIFIED_FIRM])
MAX_SCHEDULED: Final = 10_000
"""Changes of records that wait for their date; the oldest is forgotten beyond that, and its change is then not seen."""


class Party:
    """An investor. Those whom a document links (a shared one, or an owner of a firm) have one root: they act as one."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.is_retail: bool = False
        self.is_resident: bool = True
        self.is_blocked: bool = False
        self.parent: Party | None = None

    @property
    def root(self) -> Party:
        """The one that stands for all who are linked with it."""
        found = self
        while found.parent is not None:
            found = found.parent
        return found


class Holder:
    """An account, with whom it belongs to."""

    def __init__(self, account: str, participant: str, party: Party, intermediary: str) -> None:
        self.account: Final = account
        self.participant: Final = participant
        self.party: Final = party
        self.intermediary: Final = intermediary
        """Empty: held directly."""
        self.bought_year: int = 0
        self.bought_kopecks: int = 0
        """Paid for what a cap counts, in that year."""

    @property
    def root(self) -> str:
        """The name of the one that stands for its owner and all who are linked with it."""
        return self.party.root.name


class People:
    """Investors and accounts. Bounded by what the venue has registered."""

    def __init__(self) -> None:
        self.parties: Final[dict[str, Party]] = {}
        self.holders: Final[dict[str, Holder]] = {}
        self.blocked: Final[dict[str, int]] = {}
        """Blocked investors, with the sequence number since when."""
        self.brokers: Final[dict[str, bool]] = {}
        """Participants who operate accounts of clients."""
        self._keys: Final[dict[str, Party]] = {}
        """Who had an identity key first."""
        self._scheduled: Final[dict[int, Command]] = {}

    def party(self, name: str) -> Party:
        """An investor, registered or not."""
        found = self.parties.get(name)
        if found is None:
            found = self.parties[name] = Party(name)
        return found

    def take(self, seq: int, command: Command, events: Sequence[Event]) -> None:
        """Follow a command that is neither an order nor a change of one."""
        is_refused = False
        for event in events:
            kind = type(event)
            if kind is AccountOpened:
                self._open(event)
            elif kind is InvestorRegistered:
                assert isinstance(event, InvestorRegistered)
                self.party(event.investor).is_retail = event.investor_class in _RETAIL
            elif kind is CommandRejected:
                is_refused = True
            elif kind is ChangeScheduled:
                assert isinstance(event, ChangeScheduled)
                if isinstance(command, EffectiveFrom):
                    self._scheduled[event.change] = command.change
                    if len(self._scheduled) > MAX_SCHEDULED:
                        del self._scheduled[next(iter(self._scheduled))]
            elif kind is ChangeEffective:
                assert isinstance(event, ChangeEffective)
                change = self._scheduled.pop(event.change, None)
                if change is not None:
                    self._change(seq, change)
        if not is_refused:
            self._change(seq, command)

    def _open(self, event: Event) -> None:
        assert isinstance(event, AccountOpened)
        self.holders[event.account] = Holder(
            event.account, event.participant, self.party(event.investor), event.intermediary
        )
        if event.intermediary:
            self.brokers[event.participant] = True

    def _change(self, seq: int, command: Command) -> None:
        if isinstance(command, RegisterInvestor):
            party = self.party(command.investor)
            if command.resident is not None:
                party.is_resident = command.resident
            elif command.replace:
                party.is_resident = True
            if command.blocked:
                self._block(seq, party, True)
            for key in command.identity_keys or ():
                self._link(party, key)
            for owner in command.owner_keys or ():
                for key in owner:
                    self._link(party, key)
        elif isinstance(command, SetBlocked):
            self._block(seq, self.party(command.investor), command.blocked)

    def _block(self, seq: int, party: Party, is_blocked: bool) -> None:
        party.is_blocked = is_blocked
        if is_blocked:
            self.blocked[party.name] = seq
        else:
            self.blocked.pop(party.name, None)

    def _link(self, party: Party, key: str) -> None:
        """Join two who share a document. A link is never undone: whose a document was, stays known."""
        other = self._keys.setdefault(key, party).root
        root = party.root
        if other is not root:
            root.parent = other
