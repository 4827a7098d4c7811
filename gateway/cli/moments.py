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
