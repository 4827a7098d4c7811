"""Compile the core, the rules and the pure part of the gateway when a wheel is built: by mypyc, and two files that are C.

Everything else stands in pyproject.toml.

The very same .py files run either way. The environment variable SBX_NATIVE decides:

    unset   a wheel is compiled; without a C compiler, or if anything fails, it is plain Python, wholly.
    1       compile, an editable install too, and fail if that fails.
    0       never compile.

SBX_OPT_LEVEL is that of the C compiler, 3 if it is not set: 1 compiles in much less time, for builds that are only tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools._distutils import dir_util
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

NATIVE = os.environ.get("SBX_NATIVE", "")
OPT_LEVEL = os.environ.get("SBX_OPT_LEVEL", "3")
COMPILED = (
    "engine/**/*.py",
    "compliance/**/*.py",
    # Of the gateway what each command passes through and what does no I/O; the rest would gain nothing.
    "gateway/candles/*.py",
    "gateway/protocol/duplicates.py",
    "gateway/protocol/formats.py",
    "gateway/protocol/wire.py",
    "gateway/inbound/accounts.py",
    "gateway/inbound/rates.py",
    "gateway/inbound/translate.py",
    "gateway/outbound/**/*.py",
    "gateway/server/sequencing/gathered.py",
    # Other engines' books are compiled with the loop that matches in them.
    "loadtest/bench/engines/bare.py",
)
PACKAGES = tuple(dict.fromkeys(pattern.partition("/")[0] for pattern in COMPILED))
INTERPRETED_FOLDER = "messages"
SHARED_LIBRARY = "sandbox_exchange"
LINUX_FLAGS = ("-fvisibility=hidden", "-fno-semantic-interposition", "-fno-plt")
"""No other library replaces a function of ours, so none is looked for at each call: a twentieth of a command's time.
docs/decisions/what-an-order-costs.md has the figures."""
WRITTEN_IN_C = "gateway/**/*.c"
"""Each stands beside a module that does the same without it."""


def native_sources() -> list[str]:
    """List the files to compile: all that `COMPILED` says but __init__ files and the message modules.

    mypyc compiles a msgspec Struct without complaint, and it silently loses `tag` and `array_like`. So Structs have folders of
    their own, which bear this name.
    """
    return sorted(
        str(path)
        for pattern in COMPILED
        for path in Path().glob(pattern)
        if path.name != "__init__.py" and INTERPRETED_FOLDER not in path.parts
    )


def wanted() -> bool:
    """Tell whether this run of setup.py builds something that should be compiled."""
    if NATIVE == "0":
        return False
    if "editable_wheel" in sys.argv or "build_ext" in sys.argv:
        return NATIVE == "1"
    return "bdist_wheel" in sys.argv


def extensions() -> list[Extension]:
    """Translate the sources to C; an empty list means plain Python."""
    if not wanted():
        return []
    try:
        from mypyc.build import mypycify

        found: list[Extension] = mypycify(
            native_sources(),
            opt_level=OPT_LEVEL,
            debug_level="0",
            # A file of C for each module: as one file, the compiler takes several times as long, and one processor.
            multi_file=True,
            group_name=SHARED_LIBRARY,
            target_dir="build",
        )
        found += [
            Extension(source.removesuffix(".c").replace("/", "."), [source], extra_compile_args=[f"-O{OPT_LEVEL}"])
            for source in sorted(map(str, Path().glob(WRITTEN_IN_C)))
        ]
        if sys.platform == "linux":
            for extension in found:
                extension.extra_compile_args += LINUX_FLAGS
    # mypyc ends the process when it can't compile.
    except (Exception, SystemExit) as error:
        if NATIVE == "1":
            raise
        say_fallback(error)
        return []
    return found


def say_fallback(error: BaseException) -> None:
    """Say on standard error why the build goes on without compiled modules."""
    print(f"sandbox-exchange: not compiled ({error!r}); plain Python is installed instead", file=sys.stderr)


def remove_built_in_place() -> None:
    """Delete compiled modules beside the sources: Python would prefer them to an edited .py file."""
    for package in (*(Path(name) for name in PACKAGES), Path()):
        pattern = f"{SHARED_LIBRARY}__mypyc.*" if package == Path() else "**/*"
        for path in package.glob(pattern):
            if path.suffix in {".so", ".pyd"}:
                path.unlink()


class CleanBuild(build):
    """A build that starts empty: what an earlier one left must not slip into the wheel."""

    def run(self) -> None:
        """Empty the build folder and build."""
        if Path(self.build_lib).is_dir():
            dir_util.remove_tree(self.build_lib)
        super().run()


class AllOrNothing(build_ext):
    """Build all extensions or none, and prove by importing them that they work."""

    def run(self) -> None:
        """Build, or undo all of it."""
        try:
            super().run()
            self.prove()
        except Exception as error:
            if NATIVE == "1":
                raise
            say_fallback(error)
            self.fall_back()

    def build_extensions(self) -> None:
        """Build with as many compilers at a time as there are processors."""
        compile_in_turn = self.compiler.compile

        def compile_at_once(sources: list[str], **settings: Any) -> list[str]:
            """Compile each source as `compile` does; returns the object files in the order of the sources."""
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return [
                    path
                    for paths in pool.map(lambda each: compile_in_turn([each], **settings), sources)
                    for path in paths
                ]

        self.compiler.compile = compile_at_once
        super().build_extensions()

    def prove(self) -> None:
        """Import every compiled module in a fresh interpreter."""
        if not self.extensions:
            return
        modules = [extension.name for extension in self.extensions]
        root = "." if self.inplace else self.build_lib
        code = f"import sys; sys.path.insert(0, {str(Path(root).resolve())!r}); import {', '.join(modules)}"
        subprocess.run([sys.executable, "-c", code], check=True)

    def fall_back(self) -> None:
        """Remove what was built and go on as a pure Python distribution."""
        for extension in self.extensions:
            Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
        self.extensions = []
        self.distribution.ext_modules = []
        self.get_finalized_command("bdist_wheel").root_is_pure = True


if "editable_wheel" in sys.argv:
    remove_built_in_place()
setup(ext_modules=extensions(), cmdclass={"build": CleanBuild, "build_ext": AllOrNothing})
