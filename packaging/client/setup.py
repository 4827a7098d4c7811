"""Make the package of the client's own wheel from the files of the project, then build it. All else stands in pyproject.toml.

One source of truth: nothing of it is kept twice. Each module of `gateway.client`, and each module of the project that these
import, is copied under a name of its own, so that this wheel and the full one have no file in common. Beyond the rooms in
`RENAMED` nothing may be needed: the client would drag the engine along. An sdist has the files made, and builds from them.
"""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
MADE = "made"
PACKAGE = "sandbox_exchange_client"
RENAMED = {
    "gateway.client": f"{PACKAGE}.client",
    "gateway.protocol": f"{PACKAGE}.protocol",
    "engine.vocabulary": f"{PACKAGE}.vocabulary",
}
BLOCKING = ("BlockingClient", "connect_sync")
_ROOMS = re.compile("|".join(rf"\b{re.escape(room)}\b" for room in RENAMED))
_FOLDERS = re.compile("|".join(rf"\b{re.escape(room.replace('.', '/'))}/" for room in RENAMED))


def file_of(module: str) -> Path | None:
    """The file of a module or package of the project; None: there is none, as of a name in a module."""
    path = PROJECT.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def needed() -> dict[str, Path]:
    """Every module of the client and, from one to the next, of the project that it imports; with the packages they are in."""
    waiting = [
        "gateway.client",
        *(
            ".".join(file.relative_to(PROJECT).with_suffix("").parts)
            for file in (PROJECT / "gateway/client").rglob("[!_]*.py")
        ),
    ]
    found: dict[str, Path] = {}
    while waiting:
        module = waiting.pop()
        file = file_of(module)
        if file is None or module in found or module in {"gateway", "engine"}:
            continue
        if not any(module == room or module.startswith(f"{room}.") for room in RENAMED):
            raise SystemExit(f"the client needs {module}, which is not for it: only {', '.join(RENAMED)}")
        found[module] = file
        waiting.append(module.rpartition(".")[0])
        waiting += imported(ast.parse(file.read_text(encoding="utf-8")))
    return found


def imported(tree: ast.Module) -> list[str]:
    """What a file imports of the project, wherever in the file: modules, and names in them that may be modules."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.partition(".")[0] in {"gateway", "engine", "compliance", "loadtest"}]


def renamed(text: str) -> str:
    """A source under its new names, in imports and in what it says."""
    text = _ROOMS.sub(lambda found: RENAMED[found[0]], text)
    return _FOLDERS.sub(lambda found: RENAMED[found[0][:-1].replace("/", ".")].replace(".", "/") + "/", text)


def front() -> str:
    """The module that programs import: what `gateway.client` exports, the blocking client, and the messages."""
    tree = ast.parse((PROJECT / "gateway/client/__init__.py").read_text(encoding="utf-8"))
    (names,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    names = [name for name in names if name not in BLOCKING]
    return "\n".join(
        (
            '"""The client library of the Sandbox Exchange: connect to a venue, log in, trade, and follow the market."""\n',
            f"from {PACKAGE}.client import {', '.join(names)}",
            f"from {PACKAGE}.client.blocking import {', '.join(BLOCKING)}",
            f"from {PACKAGE}.protocol import messages\n",
            f"__all__ = {sorted([*names, *BLOCKING, 'messages'])!r}\n",
        )
    )


def make() -> None:
    """Write the package, afresh."""
    for left in (MADE, "build"):
        # What an earlier build left must not slip into the wheel.
        shutil.rmtree(HERE / left, ignore_errors=True)
    for module, file in needed().items():
        path = HERE.joinpath(MADE, *renamed(module).split("."))
        path = path / "__init__.py" if file.name == "__init__.py" else path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(renamed(file.read_text(encoding="utf-8")), encoding="utf-8")
    (HERE / MADE / PACKAGE / "__init__.py").write_text(front(), encoding="utf-8")
    (HERE / MADE / PACKAGE / "py.typed").touch()
    shutil.copy(PROJECT / "LICENSE", HERE)


if (PROJECT / "gateway" / "client").is_dir():
    make()
setup(
    packages=find_packages(str(HERE / MADE)),
    package_dir={"": MADE},
    package_data={PACKAGE: ["py.typed"]},
)
