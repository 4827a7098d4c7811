# What scanned.c has; where no compiler was found there is no such module.

from typing import Any

from engine.vocabulary.messages.commands import AnyCommand

def prepare(
    types: tuple[type, type, type],
    words: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    modes: tuple[Any, Any],
    longest_name: int,
    decimals: int,
    /,
) -> None: ...
def json(payload: bytes, participant: str, /) -> tuple[int, AnyCommand] | None: ...
def msgpack(payload: bytes, participant: str, /) -> tuple[int, AnyCommand] | None: ...
