"""Builds of wheels in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

BUILD_WHEEL: Final = "from setuptools import build_meta; build_meta.build_wheel('dist')"


def build(project: Path, code: str = BUILD_WHEEL, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build as pip does, in a process of its own, without fetching anything."""
    inherited = {key: value for key, value in os.environ.items() if key not in {"SBX_NATIVE", "CC", "PYTHONPATH"}}
    if not environment.keys() & {"CC", "PATH"}:
        # How fast the code is makes no difference here, and to make it fast takes most of a build.
        inherited["CC"] = compiler(project.parent / "quick-cc", 'exec cc "$@" -O0')
    (project / "dist").mkdir(exist_ok=True)
    for old in (project / "dist").iterdir():
        old.unlink()
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def compiler(path: Path, script: str) -> str:
    """Write a compiler, a line of shell; its path."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def wheel_of(project: Path) -> Path:
    (wheel,) = (project / "dist").glob("*.whl")
    return wheel
