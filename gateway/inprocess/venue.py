"""A venue in the program: the real one, journal and rules included, without a server around it."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from gateway.client.values.amounts import Amount, decimal_text
from gateway.inprocess.desk import Desk, KnownOrders
from gateway.inprocess.investor import Investor
from gateway.inprocess.running import Running
from gateway.near import instead
from gateway.protocol import messages as m
from gateway.readable.market import Book, Instrument
from gateway.readable.state import DEPTH, NoSuchName, State, known
from gateway.readable.tables import Cell, Readable, Rows
from gateway.readable.times import moscow_datetime, to_ns
from gateway.reporting.tables.times import MOSCOW
from gateway.session.moments import Moment, MomentError, parse_length, parse_moment
from gateway.venue.template import default_template, write_venue
from gateway.venue.venue import Venue as Description
from gateway.venue.venue import VenueError, load_rulebook_documents, load_venue

DEFAULT_START: Final = datetime(2026, 6, 1, 10, tzinfo=MOSCOW)
"""Where the clock stands unless the program says otherwise: the same in every run, so that a notebook says the same again."""
DEFAULT_RULEBOOK: Final = "elr-2025"
TRIED: Final = "tried in a program"
"""Why a rule is changed, unless the program says otherwise: the venue wants a reason."""
_SEED: Final = 1
"""Of the keys in a default venue: nobody logs in with them."""


class Venue(Readable):
    """A venue in the program: instruments, investors and rules of `sbx init`, or of a venue file of yours.

        venue = Venue()
        order = venue.investor("anna").buy("BTC/RUB", "0.01", "8000000")

    Its clock stands until it is moved. Its journal is in `directory`, a temporary one unless `keep` names another: `sbx report`,
    `sbx explain` and all others read it, while the venue runs, too. Not for several threads at once.

    Args:
        source: a venue file, or a directory with a `venue.toml`, which is only read; None: the venue of `sbx init`.
        rulebook: name of the rulebook in force, or a .toml file of yours; empty: that of the venue file, or `elr-2025`.
        start: where the clock stands: a time with a zone, or one of Moscow as a string, as `2026-06-01 10:00`. None: that one, or with
            a venue file, whose dates are of its own time, the present.
        keep: a directory for the journal that doesn't exist yet, or is empty.

    Raises:
        VenueError: the venue file or the rulebook does not work, or `keep` is in use; the message says why.
        ValueError: `start` is no time.
    """

    headings = ("venue", *State.headings)

    def __init__(
        self,
        source: str | Path | None = None,
        *,
        rulebook: str = "",
        start: datetime | str | None = None,
        keep: str | Path | None = None,
    ) -> None:
        if start is None:
            start = DEFAULT_START if source is None else datetime.now(MOSCOW)
        time_ns = _time_ns(start, to_ns(DEFAULT_START))
        with _directory(keep) as directory:
            self.directory: Final = directory
            """Where its journal is."""
            described = _described(directory, source, rulebook, time_ns)
            known_orders = KnownOrders()
            self._running: Final = Running(described, directory, time_ns, known_orders.hear)
        self.venue_id: Final = described.venue_id
        self.state: Final = State(self._running.exchange)
        """What its core holds: books, investors, rules."""
        self._desk: Final = Desk(self._running, known_orders, directory)
        # Behind the journal, which is closed first.
        self._finish: Final = weakref.finalize(self, _finish, self._running, None if keep else directory)

    def close(self) -> None:
        """Close the journal; a temporary one is removed. What was not kept is gone."""
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── who trades ─────────────────────────────────────────────────────────────────────────────────────────────────

    def investor(self, name: str, account: str = "") -> Investor:
        """An investor, to trade as.

        Args:
            name: as the venue knows it: see `investors`.
            account: which of its accounts; empty: the first.

        Raises:
            NoSuchName: there is no such investor, or it has no such account; the message says which names are near.
        """
        known(name, self.state.investors, "investor")
        owner = self._running.exchange.owners.get(name)
        accounts = {} if owner is None else {each.account: each for each in owner.accounts}
        if not accounts:
            raise NoSuchName(f"investor {name} has no account; `register` opens one with a new investor")
        if account and account not in accounts:
            raise NoSuchName(f"investor {name} has no account {account}{instead(account, accounts)}")
        found = accounts[account] if account else next(iter(accounts.values()))
        return Investor(self._desk, name, found.account, found.participant)

    @property
    def investors(self) -> list[str]:
        """The names of those who have an account."""
        return [name for name, owner in self._running.exchange.owners.items() if owner.accounts]

    def register(
        self,
        name: str,
        kind: Literal["individual", "firm"] = "individual",
        *,
        deposits: dict[str, Amount] | None = None,
        intermediary: str = "",
        **record: m.Argument,
    ) -> Investor:
        """Register an investor, and open the account `NAME.main` for it.

        Args:
            name: a new one.
            kind: `individual` or `firm`.
            deposits: what the account has, by asset.
            intermediary: through whom it trades; empty: directly.
            record: what else is on record, by the names of `register_investor` in docs/PROTOCOL.md: `assets_rub`, `income_rub`, ...

        Raises:
            RequestRefused: the venue refuses one of these.
        """
        self.admin("register_investor", investor=name, kind=kind, **record)
        account = f"{name}.main"
        self.admin("open_account", account=account, participant=name, investor=name, intermediary=intermediary)
        investor = self.investor(name)
        for asset, amount in (deposits or {}).items():
            investor.deposit(asset, amount)
        return investor

    # ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> datetime:
        """Its clock, in Moscow time."""
        return moscow_datetime(self._running.clock.time_ns)

    @property
    def instruments(self) -> Rows[Instrument]:
        """Every instrument with its best prices."""
        return self.state.instruments

    def book(self, instrument: str, depth: int = DEPTH) -> Book:
        """The best levels of a book, so many on each side. Raises `NoSuchName`."""
        return self.state.book(instrument, depth)

    # ── rules, and all else that a supervisor or the operator does ─────────────────────────────────────────────────

    def parameters(self, rule: str) -> dict[str, Any]:
        """The parameters of a rule in force, as `State.parameters`. Raises `NoSuchName`."""
        return self.state.parameters(rule)

    def set_parameter(self, rule: str, key: str, value: Amount | bool | Sequence[str], reason: str = TRIED) -> int:
        """Set a parameter of a rule, or its `enabled`; what rests and is now forbidden is cancelled. Returns the command's number.

        Args:
            rule: such as `RET-1`.
            key: such as `retail_cap_rub`: see `parameters`.
            value: an amount, a word, yes or no, or a list of names.
            reason: for the record.

        Where the venue asks for a second approval it may only wait, as the proposal of that number.

        Raises:
            RequestRefused: there is no such parameter, or it can't have that value.
        """
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, Sequence) and not isinstance(value, str):
            text = ",".join(value)
        else:
            text = decimal_text(value)
        return self.admin("set_parameter", rule=rule, key=key, value=text, reason=reason)

    def load_rulebook(self, rulebook: str, reason: str = TRIED) -> int:
        """Put another rulebook in force, by name or file; what rests and is now forbidden is cancelled. Returns the command's number.

        Raises:
            VenueError: there is no such rulebook, or it can't be read.
            RequestRefused: it is not sound.
        """
        name, documents = load_rulebook_documents(rulebook)
        return self.admin("load_rulebook", name=name, documents=dict(documents), reason=reason)

    def admin(self, command: str, **arguments: m.Argument) -> int:
        """Carry out a command of a supervisor or the operator, as docs/PROTOCOL.md lists them; returns its sequence number.

        Raises:
            RequestRefused: there is no such command, an argument is wrong, or it was refused; the message says why.
        """
        return self._running.admin(command, arguments)

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def advance(self, length: str | timedelta) -> datetime:
        """Let time pass, and everything happen that is due meanwhile; returns the time then.

        Args:
            length: `90s`, `1h30m`, `2d` and the like, or a timedelta.

        Raises:
            ValueError: it is no length of time, or below zero.
        """
        if isinstance(length, timedelta):
            length_ns: int | None = length // timedelta(microseconds=1) * 1_000
        else:
            length_ns = parse_length(length)
        if length_ns is None or length_ns < 0:
            raise ValueError(f"{length!r} is no length of time: write 90s, 1h30m or 2d, or give a timedelta")
        self._running.advance(self._running.clock.time_ns + length_ns)
        return self.now

    def advance_to(self, time: str | datetime) -> datetime:
        """Let time pass until a time of day, a date or both, in Moscow: `18:45`, `2026-12-31 23:59`. Returns it.

        Raises:
            ValueError: it is no time, or it is over.
        """
        time_ns = _time_ns(time, self._running.clock.time_ns)
        if time_ns < self._running.clock.time_ns:
            raise ValueError(f"{time} is over: it is {self.now:%Y-%m-%d %H:%M:%S} in Moscow")
        self._running.advance(time_ns)
        return self.now

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.venue_id, *self.state.cells())

    def line(self) -> str:
        """`venue sandbox: state after 331, ...`."""
        return f"venue {self.venue_id}: {self.state.line()}"

    def _repr_html_(self) -> str:
        return self.state._repr_html_()


@contextmanager
def _directory(keep: str | Path | None) -> Iterator[Path]:
    """Where the journal will be: a directory of its own, removed if what is done with it fails. Raises `VenueError`: `keep` is in use."""
    if keep is None:
        directory = Path(tempfile.mkdtemp(prefix="sandbox-exchange-"))
    else:
        directory = Path(keep)
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise VenueError(f"{directory} is in use: name a directory that is empty, or does not exist yet")
        directory.mkdir(parents=True, exist_ok=True)
    try:
        yield directory
    except BaseException:
        if keep is None:
            shutil.rmtree(directory, ignore_errors=True)
        raise


def _described(directory: Path, source: str | Path | None, rulebook: str, time_ns: int) -> Description:
    """The venue of a file; without one that of `sbx init`, which is written into the directory."""
    if rulebook.endswith(".toml"):
        # Else it would be looked for beside the venue file.
        rulebook = str(Path(rulebook).absolute())
    if source is not None:
        return load_venue(Path(source), rulebook, now_ns=time_ns)
    load_rulebook_documents(rulebook or DEFAULT_RULEBOOK)
    today = moscow_datetime(time_ns).date()
    write_venue(directory, default_template(), today, rulebook=DEFAULT_RULEBOOK, port=0, seed=_SEED)
    return load_venue(directory, rulebook, now_ns=time_ns)


def _time_ns(time: str | datetime, now_ns: int) -> int:
    """A time of Moscow, or one with a zone, as nanoseconds since the epoch; a time of day is of the present day. Raises `ValueError`."""
    if isinstance(time, datetime):
        return to_ns(time)
    try:
        moment = parse_moment(time, now_ns)
    except MomentError:
        moment = Moment()
    if not moment.time_ns or parse_length(time) is not None:
        raise ValueError(f"{time!r} is no time: write 18:45 or 2026-06-01 10:00 (Moscow), or give a datetime")
    return moment.time_ns


def _finish(running: Running, temporary: Path | None) -> None:
    running.finish()
    if temporary is not None:
        shutil.rmtree(temporary, ignore_errors=True)
