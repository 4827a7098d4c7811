"""The sessions that a report is of: one journal each, put in order of time, each under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalReader

ALL: Final = "all"
"""What stands in the place of a session's name where all are added up."""


class TwiceGiven(JournalError):
    """Two of the directories hold the same session; the message says which."""


class Session:
    """A journal that is reported on."""

    def __init__(self, given: Path, journal: Path) -> None:
        self.given: Final = given
        """As it was asked for."""
        self.journal: Final = journal
        self.name: str = ""
        """Its directory's, with as much of the path before it as tells it from the others."""
        self.begin_ns: int = 0
        """Time of the first command; 0: there is none that is sound."""
        self.identity: tuple[str, bytes, bytes] | None = None
        """Venue, key and the link of the first batch: two journals with the same began as one. None: nothing sound is there."""


def in_order(directories: Sequence[Path]) -> list[Session]:
    """The sessions in directories, in order of their first commands. Reads the first segment of each if there are several.

    Raises:
        JournalError: a directory has no journal.
        TwiceGiven: one session was given twice.
        OSError: a journal can't be read.
    """
    found = [Session(given, find_journal(given)) for given in directories]
    if len(found) > 1:
        for session in found:
            _look(session)
        _refuse_twice(found)
        _name(found)
    return sorted(found, key=lambda session: session.begin_ns)


def _look(session: Session) -> None:
    """Find out when it began, and as what."""
    reader = JournalReader(session.journal, settle_seconds=0)
    try:
        first = next(reader.batches(), None)
    except JournalError:
        # Said in the session's own part of the report.
        return
    if first is not None:
        header = reader.segments[0].header
        session.begin_ns = first[0][1]
        session.identity = (header.venue, header.public_key, reader.batch_tip.link)


def _refuse_twice(sessions: list[Session]) -> None:
    known: dict[object, Session] = {}
    for session in sessions:
        keys = [session.journal.resolve(), session.identity]
        for key in keys:
            if key is not None and key in known:
                raise TwiceGiven(
                    f"{session.given} has the same session as {known[key].given}: it would count twice. Give one of them"
                )
        known.update(dict.fromkeys(keys, session))


def _name(sessions: list[Session]) -> None:
    """Name each by the end of its path, as short as all names differ."""
    paths = [_place(session).parts for session in sessions]
    for parts in range(1, max(map(len, paths)) + 1):
        names = ["/".join(path[-parts:]) for path in paths]
        if len(set(names)) == len(names) and ALL not in names:
            break
    for session, name in zip(sessions, names, strict=True):
        session.name = name


def _place(session: Session) -> Path:
    """The venue's directory."""
    found = session.journal.resolve()
    return found.parent if found.name == "journal" else found
