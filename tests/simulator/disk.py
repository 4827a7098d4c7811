"""A disk in memory that keeps apart what programs see and what would survive a power cut.

What was written and not synced survives in any subset of its pages, torn anywhere; names that were not synced survive in any
subset, too. A sync that failed has lost some of what it was to write, and the next one claims success all the same. A disk that
lies has put a write somewhere else, or nowhere, and shows that only after the next power cut.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from gateway.disk import Disk
from tests.simulator.nodes import File, Folder, Node, Open, apply, apply_names, keep_some

T = TypeVar("T")


class PowerCut(BaseException):
    """The machine is off. Nothing that runs on it gets further."""


class Killed(BaseException):
    """The process that acts was killed; others go on."""


class SimulatedDisk(Disk):
    """A disk for the processes of one simulated machine.

    Args:
        chance: decides what survives.
        before: called before each operation with its name and the path; may raise whatever befalls the machine, let others act,
            and return what befalls the operation: `full`, `fails`, `short`, `elsewhere`, or nothing.
    """

    def __init__(self, chance: random.Random, before: Callable[[str, str], str]) -> None:
        self.process = "venue"
        """Which one acts."""
        self.is_off = False
        self.lies: Final[list[str]] = []
        """What was put elsewhere or nowhere, and bytes that rotted."""
        self._chance: Final = chance
        self._before: Final = before
        self._numbers = 1
        self._descriptors = 2
        self._open: Final[dict[int, Open]] = {}
        self._folders: Final[dict[str, Folder]] = {"/": Folder(1)}

    # ── processes and power ────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def acting(self, process: str) -> Iterator[None]:
        """Let another process act for a while."""
        before, self.process = self.process, process
        try:
            yield
        finally:
            self.process = before

    def end_process(self, process: str) -> None:
        """What the system does for a process that ended, however it ended: close what it had open."""
        for descriptor in [each for each, opened in self._open.items() if opened.process == process]:
            self._let_go(descriptor)

    def cut_power(self) -> None:
        """Keep what survives, and forget the rest."""
        for folder in self._folders.values():
            for change in self._surviving(folder.pending):
                apply_names(folder.kept, change)
            folder.pending = []
            folder.names = dict(folder.kept)
            folder.holder = None
        self._drop_unreachable()
        for file in self._files():
            for write in file.pending:
                keep_some(file.kept, write, self._chance)
            file.pending = []
            file.data = bytearray(file.kept)
            file.holder = None
        self._open.clear()
        self.is_off = False

    def rot(self) -> None:
        """Turn a bit of what is on the disk."""
        files = [file for file in self._files() if file.kept]
        if files:
            file = self._chance.choice(files)
            place = self._chance.randrange(len(file.kept))
            file.kept[place] ^= 1 << self._chance.randrange(8)
            self.lies.append(f"a bit at {place} of {self._name_of(file)}")

    def lose_tail(self, directory: Path) -> None:
        """Take from a directory what was written last, though it was synced: some of the last file's end, or all of it."""
        folder = self._folders[str(directory)]
        names = sorted(name for name in folder.names if name.endswith(".sbxj"))
        if not names:
            return
        file = folder.names[names[-1]]
        assert isinstance(file, File)
        if len(names) > 1 and self._chance.random() < 0.2:
            del folder.names[names[-1]], folder.kept[names[-1]]
            self.lies.append(f"{names[-1]} gone")
        elif file.kept:
            size = self._chance.randrange(len(file.kept))
            self.lies.append(f"{len(file.kept) - size} bytes gone from the end of {names[-1]}")
            del file.kept[size:], file.data[size:]

    def is_synced(self, path: Path) -> bool:
        """Whether a file would be whole after a power cut, under its name."""
        folder, name = self._place(path)
        file = folder.names.get(name)
        if not isinstance(file, File) or folder.kept.get(name) is not file or file.pending:
            return False
        return bool(self.lies) or file.kept == file.data

    def image(self, path: Path) -> bytes:
        """What programs see of a file, unless it is missing; no operation."""
        folder, name = self._place(path)
        file = folder.names.get(name)
        return bytes(file.data) if isinstance(file, File) else b""

    def _surviving(self, pending: list[T]) -> list[T]:
        """Some of what was not synced: mostly the first of it, at times any of it."""
        if self._chance.random() < 0.5:
            return pending[: self._chance.randint(0, len(pending))]
        return [each for each in pending if self._chance.random() < 0.5]

    def _drop_unreachable(self) -> None:
        for path in sorted(self._folders, key=len)[1:]:
            above = self._folders.get(os.path.dirname(path))
            if above is None or above.names.get(os.path.basename(path)) is not self._folders[path]:
                del self._folders[path]

    def _files(self) -> list[File]:
        found: dict[int, File] = {}
        for folder in self._folders.values():
            for node in folder.names.values():
                if isinstance(node, File):
                    found[node.number] = node
        return list(found.values())

    # ── operations ─────────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        fate = self._begin("create" if flags & os.O_CREAT else "open", path)
        folder, name = self._place(path)
        node: Node | None = self._folders.get(str(path)) or folder.names.get(name)
        if node is None:
            if not flags & os.O_CREAT:
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
            if fate == "full":
                raise OSError(errno.ENOSPC, "no space left on device", str(path))
            node = File(self._next_number(), mode)
            self._change(folder, (name, node))
        elif flags & os.O_EXCL:
            raise FileExistsError(errno.EEXIST, "file exists", str(path))
        elif flags & os.O_TRUNC and isinstance(node, File) and node.data:
            node.data.clear()
            node.pending.append(0)
        self._descriptors += 1
        self._open[self._descriptors] = Open(node, flags, self.process, str(path))
        return self._descriptors

    def close(self, descriptor: int) -> None:
        # Of a process that is dead already nothing is left to close.
        if descriptor in self._open:
            self._let_go(descriptor)

    def write(self, descriptor: int, data: bytes) -> int:
        opened, file = self._opened(descriptor)
        fate = self._begin("write", opened.path)
        if fate == "full":
            raise OSError(errno.ENOSPC, "no space left on device")
        if fate == "fails":
            raise OSError(errno.EIO, "input/output error")
        taken = data[: self._chance.randint(1, len(data))] if fate in {"short", "torn"} else bytes(data)
        place = len(file.data) if opened.appends else opened.place
        apply(file.data, (place, taken))
        opened.place = place + len(taken)
        if fate == "elsewhere":
            self._put_elsewhere(file, place, taken)
        else:
            file.pending.append((place, taken))
        if fate == "torn":
            self.is_off = True
            raise PowerCut
        return len(taken)

    def sync(self, descriptor: int) -> None:
        opened = self._open.get(descriptor)
        node = opened.node if opened is not None else None
        fate = self._begin("sync", opened.path if opened is not None else "")
        if isinstance(node, Folder):
            if fate == "fails":
                raise OSError(errno.EIO, "input/output error")
            for change in node.pending:
                apply_names(node.kept, change)
            node.pending = []
        elif isinstance(node, File):
            pending, node.pending = node.pending, []
            for write in pending:
                if fate == "fails":
                    # And no later sync will know of it.
                    keep_some(node.kept, write, self._chance)
                else:
                    apply(node.kept, write)
            if fate == "fails":
                raise OSError(errno.EIO, "input/output error")

    def read(self, path: Path) -> bytes:
        self._begin("read", path)
        return bytes(self._file(path).data)

    def read_at(self, descriptor: int, size: int, offset: int) -> bytes:
        opened, file = self._opened(descriptor)
        self._begin("read", opened.path)
        return bytes(file.data[offset : offset + size])

    def seek(self, descriptor: int, offset: int) -> None:
        self._opened(descriptor)[0].place = offset

    def truncate(self, descriptor: int, size: int) -> None:
        opened, file = self._opened(descriptor)
        self._begin("truncate", opened.path)
        apply(file.data, size)
        file.pending.append(size)

    def names(self, directory: Path) -> list[str]:
        self._begin("list", directory)
        folder = self._folders.get(str(directory))
        if folder is None:
            raise FileNotFoundError(errno.ENOENT, "no such directory", str(directory))
        names = list(folder.names)
        return names if self._chance.random() < 0.5 else names[::-1]

    def size(self, path: Path) -> int:
        return len(self._file(path).data)

    def mode(self, path: Path) -> int:
        return self._file(path).mode

    def exists(self, path: Path) -> bool:
        if str(path) in self._folders:
            return True
        folder = self._folders.get(str(path.parent))
        return folder is not None and path.name in folder.names

    def is_directory(self, path: Path) -> bool:
        return str(path) in self._folders

    def is_file(self, path: Path) -> bool:
        return self.exists(path) and not self.is_directory(path)

    def identity(self, what: Path | int) -> tuple[int, int]:
        if isinstance(what, int):
            return 1, self._open[what].node.number
        node = self._folders.get(str(what)) or self._file(what)
        return 1, node.number

    def lock(self, descriptor: int) -> None:
        opened = self._open[descriptor]
        if opened.node.holder not in {None, opened}:
            raise BlockingIOError(errno.EWOULDBLOCK, "held by another")
        opened.node.holder = opened

    def rename(self, old: Path, new: Path) -> None:
        self._begin("rename", new)
        folder, name = self._place(old)
        node = self._file(old)
        assert str(new.parent) == str(old.parent), "nothing is moved between directories"
        self._change(folder, (name, None), (new.name, node))

    def link(self, old: Path, new: Path) -> None:
        self._begin("link", new)
        folder, name = self._place(new)
        if name in folder.names:
            raise FileExistsError(errno.EEXIST, "file exists", str(new))
        self._change(folder, (name, self._file(old)))

    def remove(self, path: Path) -> None:
        self._begin("remove", path)
        folder, name = self._place(path)
        self._file(path)
        self._change(folder, (name, None))

    def make_directory(self, path: Path) -> None:
        self._begin("mkdir", path)
        folder, name = self._place(path)
        if name in folder.names:
            raise FileExistsError(errno.EEXIST, "file exists", str(path))
        made = self._folders[str(path)] = Folder(self._next_number())
        self._change(folder, (name, made))

    # ── parts of operations ────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, what: str, path: Path | str) -> str:
        if self.is_off:
            raise PowerCut
        return self._before(what, str(path))

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _place(self, path: Path) -> tuple[Folder, str]:
        folder = self._folders.get(str(path.parent))
        if folder is None:
            raise FileNotFoundError(errno.ENOENT, "no such directory", str(path.parent))
        return folder, path.name

    def _file(self, path: Path) -> File:
        folder, name = self._place(path)
        node = folder.names.get(name)
        if not isinstance(node, File):
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return node

    def _opened(self, descriptor: int) -> tuple[Open, File]:
        opened = self._open.get(descriptor)
        if opened is None or not isinstance(opened.node, File):
            raise OSError(errno.EBADF, "no such descriptor")
        return opened, opened.node

    def _let_go(self, descriptor: int) -> None:
        opened = self._open.pop(descriptor)
        if opened.node.holder is opened:
            opened.node.holder = None

    def _change(self, folder: Folder, *change: tuple[str, Node | None]) -> None:
        folder.pending.append(list(change))
        apply_names(folder.names, list(change))

    def _put_elsewhere(self, file: File, place: int, data: bytes) -> None:
        """The disk says that it wrote, and did not, or not there."""
        others = self._files()
        other = self._chance.choice(others)
        where = self._chance.randint(0, len(other.data))
        if self._chance.random() < 0.5:
            other.pending.append((where, data))
            self.lies.append(
                f"{len(data)} bytes for {place} of {self._name_of(file)} at {where} of {self._name_of(other)}"
            )
        else:
            self.lies.append(f"{len(data)} bytes for {place} of {self._name_of(file)} nowhere")

    def _name_of(self, node: Node) -> str:
        for path, folder in self._folders.items():
            if folder is node:
                return path
            for name, each in folder.names.items():
                if each is node:
                    return os.path.join(path, name)
        return "a file without a name"
