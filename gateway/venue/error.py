"""What is wrong with a venue file: apart from what reads it, so that a command which only says so imports no core."""

from __future__ import annotations


class VenueError(ValueError):
    """The venue file or the rulebook it names can't be used; the message names the key and says what to do."""
