"""The default venue: `default_venue.toml` with fresh keys, today's dates and the futures series of the coming months."""

from __future__ import annotations

import calendar
import datetime
import re
import shutil
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

from gateway.documents import invented_tax_number
from gateway.identity import IDENTITY_FILE, Identities
from gateway.keys import (
    KeyFileError,
    new_private_key,
    public_key_hex,
    seeded_private_key,
    write_private,
    write_private_key,
)
from gateway.venue.venue import VenueError

_PLACEHOLDER: Final = re.compile(r"@([a-z-]+)(?::([a-z0-9.-]+))?@")
DEFAULT_PORT: Final = 8765
SEED_WARNING: Final = """\
# FOR LOAD TESTS ONLY. All keys, the operator's too, follow from seed {seed}: whoever reads this can make them, and log in
# as anybody. Never open this venue to a network.

"""


def write_default_venue(
    directory: Path, today: datetime.date, rulebook: str = "elr-2025", port: int = DEFAULT_PORT
) -> list[Path]:
    """Write `venue.toml` and `keys/` into a directory, which is made if it does not exist.

    Args:
        directory: where to write; nothing in it is overwritten.
        today: the day that the dates in the file count from.
        rulebook: the rulebook in force, by name.
        port: the port to listen on; 0 for any.

    Returns:
        The files written, the venue file first.

    Raises:
        VenueError: a venue stands there already.
        OSError: the directory can't be written.
    """
    return write_venue(directory, default_template(), today, rulebook=rulebook, port=port)


def default_template() -> str:
    """Return the text of the default venue, with placeholders for what differs from one to another."""
    return resources.files("gateway.venue").joinpath("default_venue.toml").read_text(encoding="utf-8")


def write_venue(
    directory: Path, template: str, today: datetime.date, *, rulebook: str, port: int, seed: int | None = None
) -> list[Path]:
    """Fill a template in, and write what comes of it as `write_default_venue` does.

    Args:
        directory: where to write; nothing in it is overwritten. An `identity.key` in it was put back from a copy, and stays.
        template: the text with placeholders: `@key:NAME@` makes the key of a participant and stands for its public half;
            `@person:NAME@` and `@firm:NAME@` stand for invented tax numbers.
        today: the day that the dates in the file count from.
        rulebook: the rulebook in force, by name.
        port: the port to listen on; 0 for any.
        seed: what all keys follow from, so that anybody can make them; None: they are random.

    Returns:
        The files written, the venue file first, then the keys in order of the file.

    Raises:
        VenueError: a venue stands there already, or an `identity.key` that is none.
        OSError: the directory can't be written. Then nothing that was written is left.
    """
    file = directory / "venue.toml"
    keys = directory / "keys"
    for path in (file, keys):
        if path.exists():
            raise VenueError(f"{path} exists already; name another directory, or delete it first")
    try:
        kept = Identities.read(directory)
    except KeyFileError as error:
        raise VenueError(str(error)) from error
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    made: list[Path] = []
    try:
        keys.mkdir(parents=True)
        made += keys, file
        if kept is None:
            (Identities.new() if seed is None else Identities.seeded(seed)).keep(directory)
            made.append(directory / IDENTITY_FILE)
        return _fill_in(file, keys, template, today, rulebook=rulebook, port=port, seed=seed)
    except BaseException as error:
        _remove([path for path in made if path != file or not isinstance(error, FileExistsError)], missing)
        raise


def _remove(made: list[Path], directories: list[Path]) -> None:
    """Take away what was made, and the directories that are empty then. What somebody else made meanwhile stays."""
    for path in made:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
    for path in directories:
        with suppress(OSError):
            path.rmdir()


def _fill_in(
    file: Path, keys: Path, template: str, today: datetime.date, *, rulebook: str, port: int, seed: int | None
) -> list[Path]:
    """Write the keys and the venue file; returns them, the venue file first."""
    written = [file]
    numbers: dict[str, int] = {}

    def fill(match: re.Match[str]) -> str:
        what, which = match[1], match[2] or ""
        if what == "key":
            private_key = new_private_key() if seed is None else seeded_private_key(seed, which)
            written.append(keys / f"{which}.pem")
            write_private_key(written[-1], private_key)
            return public_key_hex(private_key)
        if what in {"person", "firm"}:
            # Counted, not drawn: nobody has the number of somebody else.
            return invented_tax_number(numbers.setdefault(match[0], len(numbers) + 1), firm=what == "firm")
        if what == "days-ago":
            return (today - datetime.timedelta(days=int(which))).isoformat()
        if what in {"series", "expires"}:
            series, expires = monthly_series(today, int(which))[-1]
            return series if what == "series" else expires.isoformat()
        if what == "year":
            return str(today.year + int(which))
        assert what in {"rulebook", "port"}, match[0]
        return rulebook if what == "rulebook" else str(port)

    warning = "" if seed is None else SEED_WARNING.format(seed=seed)
    # Private: who holds what with whom, and perhaps a seed that all keys follow from.
    write_private(file, (warning + _PLACEHOLDER.sub(fill, template)).encode())
    return written


def monthly_series(today: datetime.date, count: int) -> list[tuple[str, datetime.date]]:
    """The next `count` monthly futures series, by name, as `2026-07`, with their last Fridays, all after today."""
    found: list[tuple[str, datetime.date]] = []
    year, month = today.year, today.month
    while len(found) < count:
        last = datetime.date(year, month, calendar.monthrange(year, month)[1])
        last_friday = last - datetime.timedelta(days=(last.weekday() - calendar.FRIDAY) % 7)
        if last_friday > today:
            found.append((f"{year}-{month:02}", last_friday))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
