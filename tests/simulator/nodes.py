"""What a simulated disk is made of: files and folders, each as programs see it and as a power cut would leave it."""

from __future__ import annotations

import os
import random
from typing import Final

PAGE_BYTES: Final = 64
"""Of which a disk keeps each or not: small, as the frames of a simulated venue are."""


class Node:
    def __init__(self, number: int) -> None:
        self.number: Final = number
        self.holder: Open | None = None
        """Who has it locked."""


class File(Node):
    def __init__(self, number: int, mode: int) -> None:
        super().__init__(number)
        self.mode: Final = mode
        self.data = bytearray()
        """What programs see."""
        self.kept = bytearray()
        """What is on the disk for certain."""
        self.pending: list[tuple[int, bytes] | int] = []
        """Writes (offset, data) and cuts (size) that are not synced."""


class Folder(Node):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.names: dict[str, Node] = {}
        self.kept: dict[str, Node] = {}
        self.pending: list[list[tuple[str, Node | None]]] = []
        """Changes that are not synced; each is made as a whole or not at all."""


class Open:
    """A file or directory that a process has open."""

    def __init__(self, node: Node, flags: int, process: str, path: str) -> None:
        self.node: Final = node
        self.path: Final = path
        """Under which it was opened."""
        self.appends: Final = bool(flags & os.O_APPEND)
        self.process: Final = process
        self.place = 0


def apply(data: bytearray, write: tuple[int, bytes] | int) -> None:
    """Carry out a write or a cut; what lies between is zeros."""
    if isinstance(write, int):
        del data[write:]
        data.extend(bytes(write - len(data)))
    else:
        offset, written = write
        data.extend(bytes(max(offset - len(data), 0)))
        data[offset : offset + len(written)] = written


def apply_names(names: dict[str, Node], change: list[tuple[str, Node | None]]) -> None:
    for name, node in change:
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def keep_some(kept: bytearray, write: tuple[int, bytes] | int, chance: random.Random) -> None:
    """Of one write or cut that was not synced, keep all, nothing, some pages or its beginning."""
    draw = chance.random()
    if draw < 0.35:
        apply(kept, write)
    elif isinstance(write, int) or draw < 0.55:
        return
    elif draw < 0.75:
        apply(kept, (write[0], write[1][: chance.randint(0, len(write[1]))]))
    else:
        offset, data = write
        first = offset - offset % PAGE_BYTES
        for page in range(first, offset + len(data), PAGE_BYTES):
            if chance.random() < 0.5:
                start, end = max(page, offset), min(page + PAGE_BYTES, offset + len(data))
                apply(kept, (start, data[start - offset : end - offset]))
