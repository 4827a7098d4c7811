"""A recorded session under surveillance: its journal, row by row, as far as it is sound."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from compliance.surveillance.base.parameters import Settings
from compliance.surveillance.surveillance import Episode, Surveillance
from engine.record.rows import StoredRow, decode_command, decode_events
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.reporting.steps.source import Unreadable


def taken(surveillance: Surveillance, row: StoredRow) -> list[Episode]:
    """Take in a row of a journal; returns what is to be reported.

    Raises:
        Unreadable: this version does not know its command or an event.
    """
    try:
        return surveillance.take(row[0], row[1], decode_command(row[2]), decode_events(row[3]))
    except msgspec.DecodeError as error:
        raise Unreadable(f"this version does not know sequence number {row[0]}: {error}") from error


class Watched:
    """A journal that was looked through.

    Args:
        journal: directory of the segments.
        settings: of the detectors.
        only: names of those that look; empty: all that are enabled.
    """

    def __init__(self, journal: Path, settings: dict[str, Settings], only: Sequence[str] = ()) -> None:
        self.reader: Final = JournalReader(journal)
        self.surveillance: Final = Surveillance(settings, only)
        self.episodes: Final[list[Episode]] = []
        self.events: int = 0
        self.begin_ns: int = 0
        """Of the first row; 0: there is none."""
        self.seconds: float = 0.0
        """How long it took, reading and decoding too."""
        self.damage: JournalDamage | None = None

    def rows(self) -> Iterator[int]:
        """Look through all of it; yields the bytes that were read by now, after each row. Once only.

        Raises:
            Unreadable: this version does not know a command or event.
            OSError: a segment can't be read.
        """
        began = time.perf_counter()
        try:
            for row in self.reader.rows():
                events = decode_events(row[3])
                if not self.begin_ns:
                    self.begin_ns = row[1]
                self.events += len(events)
                self.episodes.extend(self.surveillance.take(row[0], row[1], decode_command(row[2]), events))
                yield self.reader.bytes_read
        except JournalDamage as damage:
            self.damage = damage
        except msgspec.DecodeError as error:
            raise Unreadable(
                f"this version does not know what follows sequence number {self.surveillance.view.seq}: {error}"
            ) from error
        finally:
            self.seconds = time.perf_counter() - began
