"""The client's own wheel: made of the project's files, without the engine, beside the full distribution, and a bot trades with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.architecture import PACKAGES, Module
from tests.support.building import build, wheel_of
from tests.support.gateway.processes.live_venue import live_venue
from tests.support.places import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="needs the source tree")


def project_of(path: Path) -> dict[str, Any]:
    """The section [project] of a pyproject.toml."""
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return found


def copy_client(tree: Path) -> None:
    """Copy what the client's wheel is made of: two builds at once in the source tree would be in each other's way."""
    for name in ("gateway", "engine", "packaging/client"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "made", "build"))
    shutil.copy(ROOT / "LICENSE", tree)


@pytest.fixture(scope="module")
def client_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's own wheel, built of a copy of what it is made of."""
    tree = tmp_path_factory.mktemp("client") / "tree"
    copy_client(tree)
    run = build(tree / "packaging" / "client", SBX_NATIVE="0", PATH="/nonexistent")
    assert run.returncode == 0, run.stderr
    return wheel_of(tree / "packaging" / "client")


def test_the_clients_wheel_is_pure_and_has_no_file_of_the_other(client_wheel: Path) -> None:
    assert client_wheel.name == "sandbox_exchange_client-0.1.0-py3-none-any.whl"
    names = zipfile.ZipFile(client_wheel).namelist()
    info = "sandbox_exchange_client-0.1.0.dist-info"
    assert {name.partition("/")[0] for name in names} == {"sandbox_exchange_client", info}
    # A folder of the other wheel must not be one of this: to remove one would take from the other.
    assert "sandbox_exchange_client" not in PACKAGES
    modules = {name for name in names if name.endswith(".py")}
    # Of the engine: bounds, and the form of what is said.
    assert {name for name in modules if "/vocabulary/" in name} == {
        f"sandbox_exchange_client/vocabulary/{name}.py"
        for name in ("__init__", "limits", "messages/__init__", "messages/said")
    }
    own = {
        f"sandbox_exchange_client/{path.relative_to(ROOT / 'gateway').as_posix()}"
        for path in (ROOT / "gateway" / "client").rglob("*.py")
    }
    assert "sandbox_exchange_client/client/links/link.py" in own
    assert own <= modules
    assert {"sandbox_exchange_client/py.typed", f"{info}/licenses/LICENSE"} <= set(names)


def test_the_clients_wheel_imports_nothing_of_the_other(client_wheel: Path) -> None:
    declared = {
        re.split("[><=]", each)[0] for each in project_of(ROOT / "packaging/client/pyproject.toml")["dependencies"]
    }
    with zipfile.ZipFile(client_wheel) as wheel:
        sources = {name: wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".py")}
    imported = {
        name.partition(".")[0]
        for path, source in sources.items()
        for _, name in Module(path, source).imports
        if name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert imported == {"sandbox_exchange_client", *declared}


def test_the_clients_wheel_says_what_the_project_says() -> None:
    full, alone = project_of(ROOT / "pyproject.toml"), project_of(ROOT / "packaging/client/pyproject.toml")
    for key in ("version", "requires-python", "license"):
        assert full[key] == alone[key]
    assert set(alone["dependencies"]) <= set(full["dependencies"])


def test_what_is_not_for_the_client_stops_its_build(tmp_path: Path) -> None:
    copy_client(tmp_path)
    errors = tmp_path / "gateway" / "client" / "values" / "errors.py"
    errors.write_text(errors.read_text(encoding="utf-8") + "\nimport gateway.keys\n", encoding="utf-8")
    run = build(tmp_path / "packaging" / "client")
    assert run.returncode != 0
    assert "the client needs gateway.keys, which is not for it" in run.stderr
    assert list((tmp_path / "packaging" / "client" / "dist").iterdir()) == []


def test_an_sdist_of_the_client_builds_the_same_wheel(client_wheel: Path, tmp_path: Path) -> None:
    tree = client_wheel.parent.parent
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, check=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path, filter="data")
    (unpacked,) = tmp_path.glob("sandbox_exchange_client-0.1.0")
    assert build(unpacked).returncode == 0
    built, before = (zipfile.ZipFile(wheel) for wheel in (wheel_of(unpacked), client_wheel))
    same = [name for name in before.namelist() if not name.endswith("RECORD")]
    assert [name for name in built.namelist() if not name.endswith("RECORD")] == same
    assert [name for name in same if built.read(name) != before.read(name)] == []


BOT = """
import asyncio, sys
import sandbox_exchange_client as client

assert not {"gateway", "engine", "compliance"} & {name.partition(".")[0] for name in sys.modules}
url, keys = sys.argv[1:]


async def main() -> None:
    async with (
        client.connect(url, participant="anna", key=f"{keys}/anna.pem") as anna,
        client.connect(url, participant="mm-alpha", key=f"{keys}/mm-alpha.pem") as maker,
    ):
        order = await anna.buy("BTC/RUB", quantity="0.01", price="8000000")
        await maker.sell("BTC/RUB", quantity="0.01", price="8000000")
        await order.filled()
        print(order.status, order.fills[0].liquidity)
        try:
            await anna.buy("XMR/RUB", quantity="1", price="28000")
        except client.OrderRejected as error:
            print(error.rule)


asyncio.run(main())
with client.connect_sync(url, "anna", f"{keys}/anna.pem") as anna:
    print(isinstance(anna.rates()["connection"], client.messages.Rate))
"""


def test_a_bot_with_the_client_alone_trades(client_wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, with wheels alone and no compiler, against a venue of the full distribution."""
    # It needs no pip of its own, which would take most of the time.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    environment = {**os.environ, "SBX_NATIVE": "0", "CC": "/bin/false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    install = [*pip, "--only-binary", ":all:", client_wheel]
    subprocess.run(install, env=environment, check=True)
    with live_venue(tmp_path / "venue") as venue:
        run = subprocess.run(
            [python, "-W", "error", "-c", BOT, venue.url, tmp_path / "venue" / "keys"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (run.stdout.split(), run.stderr) == (["filled", "maker", "ANON-1", "True"], "")


@pytest.mark.soak
def test_it_comes_and_goes_beside_the_full_distribution(client_wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    environment = {**os.environ, "SBX_NATIVE": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)

    def pip(*arguments: str | Path) -> None:
        subprocess.run([python, "-m", "pip", "--quiet", *arguments], env=environment, check=True)

    def imports(names: str) -> None:
        subprocess.run([python, "-c", f"import {names}"], cwd=tmp_path, env=environment, check=True)

    pip("install", ROOT)
    pip("install", "--no-deps", client_wheel)
    imports("gateway.client, sandbox_exchange, sandbox_exchange_client")
    pip("uninstall", "--yes", "sandbox-exchange-client")
    imports("gateway.client, sandbox_exchange")
    pip("install", "--no-deps", client_wheel)
    pip("uninstall", "--yes", "sandbox-exchange")
    imports("sandbox_exchange_client")
