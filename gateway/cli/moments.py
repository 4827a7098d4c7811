"""Moments that somebody typed."""

from __future__ import annotations

import click

from gateway.session.moments import Moment, MomentError, parse_moment


def moment_of(text: str, begin_ns: int, option: str = "") -> Moment:
    """Read a moment of a session that begins then, nanoseconds since the epoch, UTC.

    Raises:
        click.UsageError: it is none; the message names the option, if it is one's.
    """
    try:
        return parse_moment(text, begin_ns)
    except MomentError as error:
        raise click.UsageError(f"{option}: {error}" if option else str(error)) from error


def moments_between(since: str, until: str, begin_ns: int) -> tuple[Moment | None, Moment | None]:
    """Read the two ends of a part of a session, each None if it was not given: `--from` and `--to`.

    Raises:
        click.UsageError: one is none, or nothing can lie between them.
    """
    first = moment_of(since, begin_ns, "--from") if since else None
    last = moment_of(until, begin_ns, "--to") if until else None
    # A number and a time can't be compared without the journal.
    if first is not None and last is not None and bool(first.seq) == bool(last.seq) and first > last:
        raise click.UsageError(f"--to {until} is before --from {since}: nothing lies between them")
    return first, last
