"""Participants that are added to the venue file while the venue runs: they can log in within a second or two."""

from __future__ import annotations

import logging
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.venue.venue import VENUE_FILE, Participant, read_participants

_LOGGER: Final = logging.getLogger("gateway.newcomers")
_Stamp = tuple[int, int, int]


class Newcomers:
    """Looks whether the venue file has changed. Only who is new is taken in: what else was changed counts at the next start."""

    def __init__(self, directory: Path, known: Mapping[str, Participant]) -> None:
        self._file: Final = directory / VENUE_FILE
        self._known: Final = dict(known)
        # The first look reads it in any case: it may have changed since the venue was read from it.
        self._seen: _Stamp | None = None

    def look(self) -> list[Participant]:
        """Those who came since the last time. Reads the file if it is another one; cost: a millisecond for fifty lines."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return []
        self._seen = stamp
        try:
            found = read_participants(self._file)
        except Exception as error:  # noqa: BLE001 - nothing that stands in a file may end the looking
            _LOGGER.warning("the venue file was changed and can't be used as it is, nobody was taken in: %s", error)
            return []
        for name, known in self._known.items():
            if found.get(name) != known:
                _LOGGER.warning(
                    "participant %s is another or none in the venue file: that counts at the next start", name
                )
        came = [participant for name, participant in found.items() if name not in self._known]
        self._known.update({each.participant: each for each in came})
        return came

    def _stamp(self) -> _Stamp | None:
        """What changes when the file does; None: there is none, or it is no file."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        # To open a pipe would wait for whoever writes to it.
        return (found.st_ino, found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None
