"""The process: `python -m gateway.follower DIRECTORY VENUE`, started by a venue, which holds the other end of its standard input.

It ends when that end is closed: so it also ends with a venue that is killed.
"""

from __future__ import annotations

import gc
import os
import select
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.core import new_exchange
from gateway.follower.follower import Follower
from gateway.follower.told import Alarmed, Told, encode
from gateway.journal.files import JournalError
from gateway.journal.key import venue_key
from gateway.keys import KeyFileError

NICENESS: Final = 19
"""Where there are not enough processors the venue goes first: beside it on one that is busy this process has a seventieth."""
LOOK_SECONDS: Final = 0.25
"""Between two looks at a journal that has nothing new."""
FAILED: Final = 1


def main(arguments: list[str]) -> int:
    """Follow until the venue ends; returns the exit status."""
    directory, venue = Path(arguments[0]), arguments[1]
    os.nice(NICENESS)
    follower: Follower | None = None
    try:
        key, _ = venue_key(directory, has_journal=True)
        follower = Follower(directory / "journal", venue, key, new_exchange, _tell)
        # Nothing that it keeps is cyclic, as in the venue.
        gc.collect()
        gc.freeze()
        gc.disable()
        _follow(follower)
    except BrokenPipeError:
        # The venue was killed while it was told something.
        pass
    except (JournalError, KeyFileError, OSError) as error:
        with suppress(BrokenPipeError):
            _tell(Alarmed(f"the journal can't be followed: {error}"))
        return FAILED
    finally:
        if follower is not None:
            follower.close()
    return 0


def _follow(follower: Follower) -> None:
    while not _has_ended(LOOK_SECONDS):
        for _ in follower.work():
            if _has_ended(0):
                return


def _has_ended(wait_seconds: float) -> bool:
    """Whether the venue is gone: then its end of standard input is closed. Nothing is ever written there."""
    return bool(select.select([0], [], [], wait_seconds)[0])


def _tell(told: Told) -> None:
    """Tell the venue. It reads; if it is too busy to, this process waits."""
    data = encode(told)
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
