"""A request on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.client.values.errors import ClientError
from gateway.protocol import messages as m

Answered = Callable[[m.AnyMessage | ClientError], None]
"""Called once: with the reply to a request, or with why there is none."""


class Asked:
    """A request that has no reply yet."""

    __slots__ = ("answered", "is_own", "request", "was_sent")

    def __init__(self, request: m.AnyRequest, answered: Answered, is_own: bool) -> None:
        self.request: Final = request
        self.answered: Final = answered
        self.is_own: Final = is_own
        """Whether the client asks for itself: then another link asks anew."""
        self.was_sent = False
