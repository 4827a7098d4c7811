"""Callbacks of the event loop, which swallows what they raise: a fault in one ends the venue as one in the core does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")


class Failing(Protocol):
    """What can be stopped at a fault."""

    def fail(self, error: BaseException) -> None:
        """Stop the venue: there is a fault."""


class _HasHost(Protocol):
    @property
    def host(self) -> Failing: ...


S = TypeVar("S", bound=_HasHost)


def guarded(method: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """Let no exception of a callback vanish in the event loop: it stops the venue."""

    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - nothing above would see it
            self.host.fail(error)

    return call
