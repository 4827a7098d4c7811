"""Programs of others that read AsyncAPI documents, from the npm registry: installed once, below `build/`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.support.places import ROOT

PACKAGES: Final = {
    "@asyncapi/modelina": "5.10.1",
    "@asyncapi/parser": "3.6.6",
    "@asyncapi/specs": "6.11.1",
    "ajv": "8.20.0",
    "typescript": "7.0.2",
}
"""Exact, so that every machine reads with the same."""
SCRIPTS: Final = Path(__file__).with_name("asyncapi_scripts")
FOLDER: Final = ROOT / "build" / "asyncapi-tools"
NPM: Final = shutil.which("npm")
NODE: Final = shutil.which("node")
TYPE_CHECK: Final = "--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler"
INSTALL_SECONDS: Final = 600
SECONDS: Final = 120


def installed() -> Path:
    """The folder with the packages. Takes a minute the first time."""
    assert NPM is not None
    wanted = json.dumps({"private": True, "type": "module", "dependencies": PACKAGES})
    manifest, done = FOLDER / "package.json", FOLDER / "installed.json"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        FOLDER.mkdir(parents=True, exist_ok=True)
        manifest.write_text(wanted, encoding="utf-8")
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
        subprocess.run([NPM, "install", *options], cwd=FOLDER, check=True, timeout=INSTALL_SECONDS)
        done.write_text(wanted, encoding="utf-8")
    for script in SCRIPTS.glob("*.mjs"):
        # Node looks for packages beside a script.
        shutil.copy(script, FOLDER / script.name)
    return FOLDER


def run(script: str, *arguments: Path) -> Any:
    """Run one of the scripts here; what it prints."""
    assert NODE is not None
    command = [NODE, str(installed() / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def type_check(*files: Path) -> str:
    """What the TypeScript compiler says against programs; empty: nothing."""
    assert NODE is not None
    compiler = installed() / "node_modules" / "typescript" / "bin" / "tsc"
    command = [NODE, str(compiler), *TYPE_CHECK.split(), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False).stdout
