"""The records, the ledger and the rules in force, and what a new rulebook or a new day makes of them."""

from __future__ import annotations

from typing import Final

from compliance.ledger.closers import Closers
from compliance.ledger.ledger import Ledger
from compliance.registry.classes import UNCLASSIFIED, class_name
from compliance.registry.persons import Persons
from compliance.registry.records import Client, Investor, Registry
from compliance.rulebook.rulebook import Overrides, Rulebook
from compliance.rulebook.wording import date_text, setting_text
from compliance.rules.risk_1 import digest_of, warning_texts
from compliance.rules.table import RuleTable
from compliance.rules.tiers import end_graces, put_in_tiers
from engine.state.hook import EVERYBODY, Outcome, Recheck
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import MAX_KNOWN_TEXTS
from engine.vocabulary.messages.events import (
    Event,
    InvestorRegistered,
    ParameterChanged,
    RegistryChanged,
)
from engine.vocabulary.said import Said, said

Standing = tuple[str, str, Said]
"""Outside a limit: a rule's id, who stands so, and by how much."""


class Intake:
    """The records, the ledger and the rules in force. `compliance.registration` has the commands that change them."""

    def __init__(self) -> None:
        self.registry: Final = Registry()
        self.persons: Final = Persons()
        """Of whom a document is on record."""
        self.ledger: Final = Ledger(self.registry)
        self.closers: Final = Closers(self.ledger.exposures)
        self.table: RuleTable | None = None
        """The rules in force; None before the first rulebook."""
        self.given: Overrides = {}
        """What is set on top of every rulebook as it is put in force. None of a venue's: another world's (`compliance.worlds`)."""

    def install(self, table: RuleTable, time_ns: int) -> list[Event]:
        """Put a rulebook in force, with a supervisor's settings on top, and make everything anew that depends on it.

        Returns InvestorRegistered for each investor whose class it changed, then RegistryChanged for each asset whose
        tier it changed.
        """
        self.table = table
        for text in warning_texts(table.rulebook):
            self.registry.texts[digest_of(text)] = text
        forget_texts(self.registry, table.rulebook, len(self.registry.texts) - MAX_KNOWN_TEXTS)
        changed = [investor for investor in self.registry.investors.values() if self.classify(investor)]
        events: list[Event] = [class_event(investor) for investor in changed]
        events.extend(put_in_tiers(list(self.registry.assets.values()), table.tiers, time_ns))
        self.ledger.rebuild()
        self.refresh(list(self.registry.clients.values()))
        return events

    def take_over(self, table: RuleTable) -> None:
        """Have a restored rulebook in force: records and tiers are as it has made them."""
        self.table = table
        for investor in self.registry.investors.values():
            self.classify(investor)
        self.refresh(list(self.registry.clients.values()))

    def outside(self) -> list[Standing]:
        """Who has more than a rule in force allows, by rule."""
        return [] if self.table is None else self.table.outside(self.registry, self.ledger)

    def day_ended(self, time_ns: int) -> Outcome:
        """At Moscow midnight: recheck everybody if something that lets orders pass ended with the day. O(investors + assets)."""
        if self.table is None:
            return Outcome([])
        day = moscow_day(time_ns)
        if self.table.rulebook.changes_by(day):
            return self._date_came(self.table.rulebook, day, time_ns)
        events = end_graces(list(self.registry.assets.values()), self.table.tiers, day)
        return Outcome(events, None, self.recheck_all() if self.table.lapses(self.registry, day) else None)

    def _date_came(self, before: Rulebook, day: int, time_ns: int) -> Outcome:
        """Put the rulebook in force as it is from a Moscow day on.

        Returns RegistryChanged for each rule that starts, ParameterChanged for each value of which the date has come, what `install`
        returns, and whose grace has ended; and rechecks everybody.
        """
        after = before.on(day)
        events: list[Event] = []
        for rule, data in after.rules.items():
            if before.rules[rule].waits and not data.waits:
                how = said("rule.starts", date_text(data.starts))
                events.append(RegistryChanged("rule", rule, "", how.template, how.values))
            for key in data.declared.parameters:
                old, new = setting_text(before.rules[rule], key), setting_text(data, key)
                if old != new:
                    events.append(ParameterChanged(rule, key, old, new, "its date has come", ""))
        table = RuleTable(after)
        events.extend(self.install(table, time_ns))
        events.extend(end_graces(list(self.registry.assets.values()), table.tiers, day))
        return Outcome(events, None, self.recheck_all())

    def recheck_all(self) -> Recheck:
        """Have everybody's orders rechecked."""
        self.ledger.doubtful.clear()
        self._ask_anew()
        return EVERYBODY

    def _ask_anew(self) -> None:
        for listing in self.registry.listings.values():
            listing.asked_anew()

    def recheck(self, clients: list[Client]) -> Recheck | None:
        """Have the orders of some clients rechecked after a command about them, and all that may be forbidden for other reasons.

        Those would be found by a recheck of everybody too: whoever is not named here has no order that a rule refuses.
        None if there are no clients. O(clients, instruments, exposed investors, intermediaries, what financial firms hold, open sales
        of futures).
        """
        if not clients:
            return None
        ledger = self.ledger
        doubtful = list(ledger.doubtful.values())
        ledger.doubtful.clear()
        doubtful += ledger.outgrown()
        self._ask_anew()
        if self.table is not None:
            doubtful += self.table.doubtful(self.registry, ledger)
        accounts = {client.account: True for client in clients}
        for investor in {investor.investor: investor for investor in doubtful}.values():
            for client in investor.clients:
                accounts[client.account] = True
        return Recheck(list(accounts))

    def classify(self, investor: Investor) -> bool:
        """Put an investor in the class of the evidence; whether that changed it."""
        investor_class = UNCLASSIFIED if self.table is None else self.table.classify(investor)
        changed = investor_class != investor.investor_class
        investor.put_in_class(investor_class)
        return changed

    def refresh(self, clients: list[Client]) -> None:
        """Give clients the decisions of what they are now."""
        if self.table is not None:
            for client in clients:
                client.decisions = self.table.decisions(client)


def forgettable_texts(registry: Registry, rulebook: Rulebook | None) -> list[str]:
    """The digests of texts of the warning that may be forgotten, oldest first. O(investors and their acknowledgements).

    Nobody has acknowledged them, and the rulebook, the one in force or one that comes, does not state them for any date.
    """
    kept = {} if rulebook is None else {digest_of(text): True for text in warning_texts(rulebook)}
    for investor in registry.investors.values():
        kept.update(investor.acknowledged)
    return [digest for digest in registry.texts if digest not in kept]


def forget_texts(registry: Registry, rulebook: Rulebook | None, count: int) -> None:
    """Forget so many texts of the warning, the oldest of those that may be forgotten; fewer if there are no more."""
    if count > 0:
        for digest in forgettable_texts(registry, rulebook)[:count]:
            del registry.texts[digest]


def class_event(investor: Investor) -> InvestorRegistered:
    """What says that an investor's record is new or changed, and which class it makes."""
    return InvestorRegistered(investor.investor, class_name(investor.investor_class))
