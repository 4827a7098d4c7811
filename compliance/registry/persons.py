"""Who is the same person: identity keys, the investor that each is on record of, and the firms of a beneficial owner (ID-1).

A key stands for a document that nobody here has seen: whoever registers makes it at the edge, under a secret. Equal keys are
equal documents. Keys are only ever added, so that nobody gets rid of a document to come back as somebody else.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.records import Investor, Person

KEY_SECRET_DIGITS: Final = 8
"""Of what an identity key begins with: by which secret it was made. Then a hyphen."""
KEY_DIGITS: Final = 32
"""Of the rest: among a million documents two have the same by chance once in 10^26 venues."""
_DIGITS: Final = "0123456789abcdef"

MAX_KEYS_OF_PERSON: Final = 16
"""Documents of one person, those that somebody else named included."""
MAX_OWNERS: Final = 8
"""Of a firm. 115-FZ calls those owners who hold more than a quarter: three at most, and those who control it otherwise."""
MAX_FIRMS_OF_PERSON: Final = 8
"""That name one person. With `MAX_OWNERS` a firm shares an owner with 64 others at most: each order of one looks at so many lists."""


class Persons:
    """Everybody of whom a document is on record."""

    def __init__(self) -> None:
        self._by_key: Final[dict[str, Person]] = {}

    def all(self) -> list[Person]:
        """Each once, in the order in which their first keys came."""
        found: list[Person] = []
        for key, person in self._by_key.items():
            if person.keys[0] == key:
                found.append(person)
        return found

    def having(self, keys: tuple[str, ...]) -> list[Person]:
        """Those of whom one of these documents is on record, each once."""
        found: list[Person] = []
        for key in keys:
            person = self._by_key.get(key)
            if person is not None and person not in found:
                found.append(person)
        return found

    def one(self, keys: tuple[str, ...], known: Person | None = None) -> Person:
        """The one person whose documents these are: all of whom one is on record become the one who came first, or `known`."""
        found = self.having(keys)
        if known is None:
            known = found[0] if found else Person()
        for other in found:
            if other is not known:
                self._merge(known, other)
        for key in keys:
            if key not in known.keys:
                known.keys.append(key)
                self._by_key[key] = known
        return known

    def _merge(self, person: Person, other: Person) -> None:
        for key in other.keys:
            person.keys.append(key)
            self._by_key[key] = person
        if other.investor is not None:
            assert person.investor is None, "two investors are one person"
            person.investor = other.investor
            other.investor.person = person
        for name, firm in other.firms.items():
            person.firms[name] = firm
            firm.owners = [each for each in firm.owners if each is not other and each is not person] + [person]


def is_key(text: str) -> bool:
    """Whether a text has the form of an identity key. A document's number has not."""
    secret, hyphen, rest = text.partition("-")
    if len(secret) != KEY_SECRET_DIGITS or not hyphen or len(rest) != KEY_DIGITS:
        return False
    return all(digit in _DIGITS for digit in secret + rest)


def sharing_owners(investor: Investor) -> list[str]:
    """All other investors who share a beneficial owner with one, in order of name: owners and firms, and firms of one owner."""
    found: dict[str, bool] = {}
    for person in investor.owners:
        if person.investor is not None:
            found[person.investor.investor] = True
        for firm in person.firms:
            found[firm] = True
    if investor.person is not None:
        for firm in investor.person.firms:
            found[firm] = True
    found.pop(investor.investor, None)
    return sorted(found)
