"""What a registration says of who is who: documents and beneficial owners, and why that can't be (ID-1)."""

from __future__ import annotations

from compliance.intake import Intake
from compliance.registry.persons import (
    MAX_FIRMS_OF_PERSON,
    MAX_KEYS_OF_PERSON,
    MAX_OWNERS,
    is_key,
    sharing_owners,
)
from compliance.registry.records import Investor, Person
from engine.state.hook import Links
from engine.vocabulary.codes import FIRM
from engine.vocabulary.messages.commands import RegisterInvestor
from engine.vocabulary.said import Said, said


def identity_problem(intake: Intake, command: RegisterInvestor, known: Investor) -> Said | None:
    """Why a registration can't be carried out for what it says of documents and owners; None if it can.

    Whoever registers is told which investor has a document already, never which document that is.
    """
    keys = command.identity_keys or ()
    if not all(is_key(key) for key in keys):
        return said("identity.no_key")
    concerned = intake.persons.having(keys)
    if known.person is not None and known.person not in concerned:
        concerned.append(known.person)
    for person in concerned:
        if person.investor is not None and person.investor is not known:
            return said("ID-1.taken", known.investor, person.investor.investor)
        if command.kind == FIRM and _firms_of(person, command):
            return said("ID-1.no_firm", known.investor)
    return _room_problem(concerned, keys, "") or _owners_problem(intake, command, known, concerned)


def _firms_of(person: Person, command: RegisterInvestor) -> list[str]:
    """The firms that name a person, but for one that a registration lets name others."""
    renamed = command.owner_keys is not None or command.replace
    return [firm for firm in person.firms if firm != command.investor or not renamed]


def _owners_problem(intake: Intake, command: RegisterInvestor, known: Investor, itself: list[Person]) -> Said | None:
    """Why a firm can't have these owners; `itself`: of whom the firm's own documents are on record."""
    if command.owner_keys is None:
        kept = known.owners and not command.replace and command.kind != FIRM
        return said("identity.only_firms") if kept else None
    if command.owner_keys and command.kind != FIRM:
        return said("identity.only_firms")
    if len(command.owner_keys) > MAX_OWNERS:
        return said("identity.most_owners", MAX_OWNERS)
    named = list(itself)
    taken = list(command.identity_keys or ())
    for keys in command.owner_keys:
        if not keys or not all(is_key(key) for key in keys):
            return said("identity.no_owner_key")
        persons = intake.persons.having(keys)
        if any(person in named for person in persons) or any(key in taken for key in keys):
            return said("ID-1.twice")
        problem = _owner_problem(persons) or _room_problem(persons, keys, known.investor)
        if problem is not None:
            return problem
        named += persons
        taken += keys
    return None


def _owner_problem(persons: list[Person]) -> Said | None:
    """Why these can't be one beneficial owner."""
    investors = [person.investor for person in persons if person.investor is not None]
    if len(investors) > 1:
        return said("ID-1.two_persons", investors[0].investor, investors[1].investor)
    if investors and investors[0].kind == FIRM:
        return said("ID-1.owner_firm", investors[0].investor)
    return None


def _room_problem(persons: list[Person], keys: tuple[str, ...], firm: str) -> Said | None:
    """Why what is on record of persons who turn out to be one can't be kept together; `firm` is one more that names them."""
    known = {key: True for person in persons for key in person.keys}
    known.update(dict.fromkeys(keys, True))
    if len(known) > MAX_KEYS_OF_PERSON:
        return said("identity.most_documents", MAX_KEYS_OF_PERSON)
    firms = {name: True for person in persons for name in person.firms}
    if firm:
        firms[firm] = True
    if len(firms) > MAX_FIRMS_OF_PERSON:
        return said("identity.most_firms", MAX_FIRMS_OF_PERSON)
    return None


def identify(intake: Intake, command: RegisterInvestor, investor: Investor) -> Links:
    """Take note of what a sound registration says; returns who shares a beneficial owner otherwise than before."""
    concerned = about(investor)
    if command.identity_keys:
        person = intake.persons.one(command.identity_keys, investor.person)
        person.investor = investor
        investor.person = person
    if command.owner_keys is not None or command.replace:
        for former in investor.owners:
            former.firms.pop(investor.investor, None)
        owners = []
        for keys in command.owner_keys or ():
            owner = intake.persons.one(keys)
            owner.firms[investor.investor] = investor
            owners.append(owner)
        investor.owners = owners
    concerned.update(about(investor))
    links: Links = {}
    for each in concerned.values():
        shared = sharing_owners(each)
        if shared != each.shares_owner_with:
            each.shares_owner_with = links[each.investor] = shared
    return links


def about(investor: Investor) -> dict[str, Investor]:
    """Everybody of whom something else may hold because of what is on record of who one investor is. O(what is linked).

    Owners and firms of one owner: with whom it shares one, and who is blocked with one.
    """
    found = {investor.investor: investor}
    persons = list(investor.owners)
    if investor.person is not None:
        persons.append(investor.person)
    for person in persons:
        if person.investor is not None:
            found[person.investor.investor] = person.investor
        found.update(person.firms)
    return found


def on_record(investor: Investor) -> Said:
    """What is on record of who an investor is: how much, never what."""
    documents = 0 if investor.person is None else len(investor.person.keys)
    if investor.kind == FIRM:
        return said("identity.of_firm", documents, len(investor.owners))
    return said("identity.of_person", documents)
