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


def identity_problem(intake: Intake, command: RegisterInvestor, known: Investor) -> str:
    """Why a registration can't be carried out for what it says of documents and owners; empty if it can.

    Whoever registers is told which investor has a document already, never which document that is.
    """
    keys = command.identity_keys or ()
    if not all(is_key(key) for key in keys):
        return "documents: what stands there is no identity key"
    concerned = intake.persons.having(keys)
    if known.person is not None and known.person not in concerned:
        concerned.append(known.person)
    for person in concerned:
        if person.investor is not None and person.investor is not known:
            return f"ID-1: a document of {known.investor} is on record of investor {person.investor.investor}: one person is one investor"
        if command.kind == FIRM and _firms_of(person, command):
            return (
                f"ID-1: a document of {known.investor} is on record of a beneficial owner, who is a person and no firm"
            )
    return _room_problem(concerned, keys, "") or _owners_problem(intake, command, known, concerned)


def _firms_of(person: Person, command: RegisterInvestor) -> list[str]:
    """The firms that name a person, but for one that a registration lets name others."""
    renamed = command.owner_keys is not None or command.replace
    return [firm for firm in person.firms if firm != command.investor or not renamed]


def _owners_problem(intake: Intake, command: RegisterInvestor, known: Investor, itself: list[Person]) -> str:
    """Why a firm can't have these owners; `itself`: of whom the firm's own documents are on record."""
    if command.owner_keys is None:
        kept = known.owners and not command.replace and command.kind != FIRM
        return "owners: only a firm has beneficial owners" if kept else ""
    if command.owner_keys and command.kind != FIRM:
        return "owners: only a firm has beneficial owners"
    if len(command.owner_keys) > MAX_OWNERS:
        return f"owners: a firm names {MAX_OWNERS} at most"
    named = list(itself)
    taken = list(command.identity_keys or ())
    for keys in command.owner_keys:
        if not keys or not all(is_key(key) for key in keys):
            return "owners: each is known by its identity keys"
        persons = intake.persons.having(keys)
        if any(person in named for person in persons) or any(key in taken for key in keys):
            return "ID-1: a beneficial owner is named twice, or is the firm itself"
        problem = _owner_problem(persons) or _room_problem(persons, keys, known.investor)
        if problem:
            return problem
        named += persons
        taken += keys
    return ""


def _owner_problem(persons: list[Person]) -> str:
    """Why these can't be one beneficial owner."""
    investors = [person.investor for person in persons if person.investor is not None]
    if len(investors) > 1:
        names = f"{investors[0].investor} and {investors[1].investor}"
        return f"ID-1: the documents of a beneficial owner are on record of {names}: those are two persons"
    if investors and investors[0].kind == FIRM:
        return f"ID-1: a beneficial owner is a person: {investors[0].investor} is a firm"
    return ""


def _room_problem(persons: list[Person], keys: tuple[str, ...], firm: str) -> str:
    """Why what is on record of persons who turn out to be one can't be kept together; `firm` is one more that names them."""
    known = {key: True for person in persons for key in person.keys}
    known.update(dict.fromkeys(keys, True))
    if len(known) > MAX_KEYS_OF_PERSON:
        return f"no more than {MAX_KEYS_OF_PERSON} documents of one person are kept"
    firms = {name: True for person in persons for name in person.firms}
    if firm:
        firms[firm] = True
    if len(firms) > MAX_FIRMS_OF_PERSON:
        return f"a person is beneficial owner of {MAX_FIRMS_OF_PERSON} firms at most"
    return ""


def identify(intake: Intake, command: RegisterInvestor, investor: Investor) -> Links:
    """Take note of what a sound registration says; returns who shares a beneficial owner otherwise than before."""
    concerned = _about(investor)
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
    concerned.update(_about(investor))
    links: Links = {}
    for each in concerned.values():
        shared = sharing_owners(each)
        if shared != each.shares_owner_with:
            each.shares_owner_with = links[each.investor] = shared
    return links


def _about(investor: Investor) -> dict[str, Investor]:
    """Everybody who can share a beneficial owner with somebody because of what is on record of one investor. O(what is linked)."""
    found = {investor.investor: investor}
    persons = list(investor.owners)
    if investor.person is not None:
        persons.append(investor.person)
    for person in persons:
        if person.investor is not None:
            found[person.investor.investor] = person.investor
        found.update(person.firms)
    return found


def identity_words(investor: Investor) -> str:
    """What is on record of who an investor is, in words: how much, never what."""
    documents = 0 if investor.person is None else len(investor.person.keys)
    words = f"{documents} {'document' if documents == 1 else 'documents'}"
    if investor.kind == FIRM:
        owners = len(investor.owners)
        words += f", {owners} beneficial {'owner' if owners == 1 else 'owners'}"
    return f"{words} on record"
