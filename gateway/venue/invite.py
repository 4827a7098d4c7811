"""A newcomer to a venue: what is put on record of them, and the lines of the venue file that say it."""

from __future__ import annotations

import datetime
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from engine.vocabulary.messages.commands import OpenAccount, RegisterIntermediary, RegisterInvestor
from gateway.disk import save_file
from gateway.documents import invented_tax_number
from gateway.identity import Identities
from gateway.printable import json_text
from gateway.venue.venue import Venue, VenueError, check_setup, parse_venue

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")
"""It is the name of a file, too."""
_INVENTED: Final = range(1_000_000, 100_000_000)
"""Numbers of invented documents; those that `sbx init` counts out are smaller."""


class Evidence(msgspec.Struct, frozen=True):
    """What makes an individual one of a class, and what they come with."""

    assets_rub: int
    income_rub: int
    roubles: str
    is_client: bool
    """Whether rules have them trade through an intermediary."""


CLASSES: Final = {
    "retail": Evidence(900_000, 1_400_000, "1500000", True),
    "qualified": Evidence(45_000_000, 9_000_000, "30000000", False),
    "super-qualified": Evidence(340_000_000, 20_000_000, "250000000", False),
}
"""As the individuals of the default venue, by class. What a class is, the rulebook in force says."""
DEFAULT_CLASS: Final = "super-qualified"
"""Who may trade everything that anybody may, under every rulebook that comes with the venue."""
TESTS: Final = ("knowledge", "risk")
SCORE: Final = 100


class Invitation(msgspec.Struct, frozen=True):
    """What is put on record of a newcomer."""

    name: str
    """Of the participant, and of the investor."""
    evidence: Evidence
    intermediary: str
    """Empty: none, the account is held directly."""
    money: dict[str, str]
    """By asset, as decimals."""
    tax_number: str
    """Invented: nobody has it."""
    today: datetime.date

    @property
    def account(self) -> str:
        """The name of the account."""
        return f"{self.name}.{self.intermediary or 'main'}"

    @property
    def years(self) -> tuple[int, int]:
        """In which they may buy through the intermediary."""
        return self.today.year, self.today.year + 1


def invitation(
    venue: Venue,
    name: str,
    *,
    kind: str = DEFAULT_CLASS,
    intermediary: str = "",
    money: dict[str, str] | None = None,
    today: datetime.date,
) -> Invitation:
    """What a newcomer to a venue is given.

    Args:
        venue: as its file says.
        name: of the participant and investor.
        kind: one of `CLASSES`.
        intermediary: through whom the account is held; empty: through the first one that may, if the class needs one.
        money: by asset; None: roubles, as those of the class have.
        today: in Moscow.

    Raises:
        VenueError: the name is taken or can't be one, or nobody there may be the intermediary.
    """
    if not _NAME.fullmatch(name):
        raise VenueError(f"{name!r} can't be a name: a letter, then letters, digits, and . _ - up to 40")
    genesis = venue.genesis()
    if name in venue.participants:
        raise VenueError(f"there is a participant {name} already; choose another name")
    if any(isinstance(each, RegisterInvestor) and each.investor == name for each in genesis):
        raise VenueError(f"there is an investor {name} already; choose another name")
    sound = [
        each.intermediary
        for each in genesis
        if isinstance(each, RegisterIntermediary) and each.licensed and not each.suspended
    ]
    if intermediary and intermediary not in sound:
        raise VenueError(
            f"{intermediary} is no intermediary who may serve clients here: {', '.join(sound) or 'none is'}"
        )
    evidence = CLASSES[kind]
    if evidence.is_client and not intermediary:
        if not sound:
            raise VenueError(f"{kind} investors trade through an intermediary, and the venue file has none who may")
        intermediary = sound[0]
    number = secrets.choice(_INVENTED)
    asked = money if money is not None else {"RUB": evidence.roubles}
    found = Invitation(name, evidence, intermediary, asked, invented_tax_number(number), today)
    if any(isinstance(each, OpenAccount) and each.account == found.account for each in genesis):
        raise VenueError(f"there is an account {found.account} already; choose another name")
    return found


def all_lines(invited: Invitation, public_key: str) -> str:
    """The lines that are all of a newcomer: who logs in, whose money it is, where it is held."""
    tests = ", ".join(f'{{ test = "{test}", score = {SCORE}, taken = {invited.today} }}' for test in TESTS)
    years = ", ".join(
        f"{{ intermediary = {json_text(invited.intermediary)}, year = {year} }}" for year in invited.years
    )
    money = ", ".join(f"{json_text(asset)} = {json_text(amount)}" for asset, amount in invited.money.items())
    return (
        f"""
# Invited on {invited.today}.
[[participants]]
participant = {json_text(invited.name)}
role = "participant"
public_key = "{public_key}"

[[investors]]
investor = {json_text(invited.name)}
kind = "individual"
documents = {{ tax_number = "{invited.tax_number}" }}
assets_rub = {invited.evidence.assets_rub}
income_rub = {invited.evidence.income_rub}
tests = [{tests}]
acknowledgements = [1]
"""
        + (f"authorised = [{years}]\n" if invited.intermediary else "")
        + f"""
[[accounts]]
account = {json_text(invited.account)}
participant = {json_text(invited.name)}
investor = {json_text(invited.name)}
"""
        + (f"intermediary = {json_text(invited.intermediary)}\n" if invited.intermediary else "")
        + f"deposits = {{ {money} }}\n"
    )


def with_lines(file: Path, lines: str) -> str:
    """The text of a venue file with more lines, which is sound.

    Raises:
        VenueError: it would not be sound.
        OSError: the file can't be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except ValueError as error:
        raise VenueError(f"{file} can't be read: {error}") from error
    text = text.rstrip("\n") + "\n" + lines
    check_setup(parse_venue(text, "", file.parent, Identities.read(file.parent) or Identities.new()))
    return text


def append(file: Path, lines: str) -> None:
    """Add lines to a venue file, if it is sound with them; all of them are on the disk then, or none.

    Several may do so at once: each waits until the one before is done.

    Raises:
        VenueError: it would not be sound.
        OSError: the file can't be read or written.
    """
    file = file.resolve()
    with _alone(file):
        text = with_lines(file, lines)
        mode = file.stat().st_mode
        save_file(file, text.encode())
        os.chmod(file, mode & 0o777)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Be the only one that adds to a file. It is replaced each time: whoever has waited looks whether it is still that one."""
    while True:
        with file.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(opened.fileno()), file.stat()):
                yield
                return
