# What written.c has; where no compiler was found there is no such module.

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from engine.vocabulary.messages.events import Event
from gateway.protocol.formats import Pieces

Three: TypeAlias = tuple[Any, Any, Any]

def prepare(
    types: Three,
    heads: Three,
    pieces: tuple[
        tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[object, ...], Callable[[str], str]
    ],
    order_types: int,
    lifetimes: int,
    /,
) -> None: ...
def accepted(
    event: Event,
    instruments: Mapping[str, Pieces],
    command_seq: int,
    place: int,
    as_first: bool,
    time_ns: int,
    request_id: int | None,
    /,
) -> bytes: ...
def trade(
    event: Event,
    instruments: Mapping[str, Pieces],
    command_seq: int,
    place: int,
    as_first: bool,
    time_ns: int,
    request_id: int | None,
    /,
) -> bytes: ...
def cancelled(
    event: Event,
    instruments: Mapping[str, Pieces],
    command_seq: int,
    place: int,
    as_first: bool,
    time_ns: int,
    request_id: int | None,
    /,
) -> bytes | None: ...
