"""Two versions of this project, installed alike: another revision, and the work tree as it is.

Each is exported from git, so that a build sees what the version consists of and nothing that lies about, and installed
into a virtual environment of its own, once interpreted and once compiled. What is built stays in `build/against/`, in a
folder named for the commit or, of the work tree, for the git tree that its files make: both names, and so all paths
of the two sides, are equally long.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import click

INTERPRETED: Final = "interpreted"
COMPILED: Final = "compiled"
BUILDS: Final = (INTERPRETED, COMPILED)
CACHE: Final = Path("build/against")
MAX_KEPT: Final = 8
"""Versions that stay installed; those that were not used for longest go first."""
UNBUILT: Final = ("tests", "docs", "CHANGELOG.md")
"""What no install has: an edit there is no reason to build the work tree again."""
COMPILERS: Final = ("cc", "gcc", "clang")
TAIL_LINES: Final = 15
PROJECT: Final = "sandbox-exchange"


class Side(NamedTuple):
    """One of the two versions."""

    name: str
    """For people: the revision as it was asked for, or `work tree`."""
    revision: str
    """Its commit; of the work tree, the commit that it stands on."""
    changed: bool
    """Whether it differs from that commit."""
    tree: str
    """What git exports."""
    folder: Path

    def sbx(self, build: str) -> list[str]:
        """The start of a command line; not the script itself, whose first line has no room for a long path."""
        binaries = self.folder / build / "bin"
        return [str(binaries / "python"), str(binaries / "sbx")]


class Checkout:
    """The git checkout around the current directory."""

    def __init__(self) -> None:
        self._environment: Final = dict(os.environ)
        try:
            self.top: Final = Path(self._git("rev-parse", "--show-toplevel", folder=Path()))
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            message = "--against needs git and a checkout of this project: run it inside one (git clone)"
            raise click.ClickException(message) from error
        if not (self.top / "pyproject.toml").exists():
            raise click.ClickException(f"{self.top} has no pyproject.toml: run --against in a checkout of this project")
        self.cache: Final = self.top / CACHE
        self.cache.mkdir(parents=True, exist_ok=True)
        # Whatever the revision at hand ignores, what is built is no part of it.
        (self.cache / ".gitignore").write_text("*\n", encoding="utf-8")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second comparison out: it would remove builds of this one, and disturb its times."""
        with (self.cache / "lock").open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise click.ClickException(f"another --against runs in {self.top}: wait until it has ended") from error
            yield

    def other(self, revision: str) -> Side:
        """Find a tag, branch, commit or the like."""
        try:
            commit = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except subprocess.CalledProcessError as error:
            message = (
                f"git knows no revision {revision!r} here: name a commit, tag or branch (git log --oneline; git fetch)"
            )
            raise click.ClickException(message) from error
        return Side(revision, commit, False, commit, self.cache / commit)

    def this(self) -> Side:
        """The work tree: what is committed, changed, or new and not ignored."""
        try:
            head = self._git("rev-parse", "HEAD")
            self._git("read-tree", "HEAD")
            self._git("add", "--all", ".")
            self._git("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", *UNBUILT)
            tree = self._git("write-tree")
            excluded = [f":(exclude){name}" for name in UNBUILT]
            changed = bool(self._git("diff", "--cached", "--name-only", "HEAD", "--", ".", *excluded))
        except subprocess.CalledProcessError as error:
            raise click.ClickException(f"git can't read the work tree: {error.stderr.strip()}") from error
        return Side("work tree", head, changed, tree, self.cache / tree)

    def export(self, tree: str, folder: Path) -> None:
        """Write the files of a commit or tree into an empty folder."""
        shutil.rmtree(folder, ignore_errors=True)
        self._git("read-tree", tree)
        self._git("checkout-index", "--all", f"--prefix={folder}/")

    def prune(self, kept: Sequence[Side]) -> None:
        """Mark these as used now, and remove what goes beyond `MAX_KEPT`."""
        for side in kept:
            os.utime(side.folder)
        folders = [path for path in self.cache.iterdir() if path.is_dir()]
        folders.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for folder in folders[MAX_KEPT:]:
            shutil.rmtree(folder)

    def _git(self, *arguments: str, folder: Path | None = None) -> str:
        # An index of its own: what is staged is left as it is.
        environment = self._environment if folder else self._environment | {"GIT_INDEX_FILE": str(self.cache / "index")}
        command = ["git", *arguments]
        where = folder or self.top
        run = subprocess.run(command, cwd=where, env=environment, check=True, capture_output=True, text=True)
        return run.stdout.strip()


def clean_environment() -> dict[str, str]:
    """The environment without what changes how Python runs; and nothing is imported from the current directory."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return kept | {"PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0"}


def compiler_found() -> bool:
    """Whether there is a C compiler, and the headers of this Python."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return headers.exists() and any(shutil.which(name) for name in COMPILERS)


def is_installed(side: Side, build: str) -> bool:
    """Whether an earlier call has installed this, with this Python."""
    mark = side.folder / build / "made-by"
    return mark.exists() and mark.read_text(encoding="utf-8") == _python()


def install(side: Side, build: str) -> None:
    """Install the exported source, with what it needs, into a new virtual environment.

    Raises:
        click.ClickException: that failed; with the end of the log.
    """
    folder = side.folder / build
    shutil.rmtree(folder, ignore_errors=True)
    environment = clean_environment() | {
        "SBX_NATIVE": str(int(build == COMPILED)),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
    log = side.folder / f"{build}.log"
    with log.open("w", encoding="utf-8") as output:
        for arguments in (
            ["-m", "venv", "--without-pip", str(folder)],
            ["-m", "pip", "--python", str(folder / "bin/python"), "install", str(source_of(side, build))],
        ):
            command = [sys.executable, *arguments]
            # Standard input: nothing waits for an answer.
            run = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
            )
            if run.returncode:
                raise click.ClickException(
                    f"the {build} build of {side.name} ({side.revision[:12]}) failed; the end of {log}:\n\n{tail(log)}"
                )
    (folder / "made-by").write_text(_python(), encoding="utf-8")
    shutil.rmtree(source_of(side, build))


def source_of(side: Side, build: str) -> Path:
    """Where a build finds its source; removed when it is done."""
    return side.folder / f"source-{build}"


def libraries_that_differ(sides: tuple[Side, Side], build: str) -> list[str]:
    """Name the libraries of which the sides have other versions: a ratio speaks of those, too."""
    one, two = (_libraries(side.folder / build) for side in sides)
    return [
        f"{name}: {one.get(name, 'none')}, the other side {two.get(name, 'none')}"
        for name in sorted(one.keys() | two.keys())
        if one.get(name) != two.get(name)
    ]


def tail(log: Path) -> str:
    """The last lines of a file."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])


def _libraries(folder: Path) -> dict[str, str]:
    paths = [str(path) for path in folder.glob("lib/python*/site-packages")]
    found = {each.metadata["Name"]: each.version for each in importlib.metadata.distributions(path=paths)}
    return {name: version for name, version in found.items() if name != PROJECT}


def _python() -> str:
    return f"{sys.base_prefix} {sys.version}"
