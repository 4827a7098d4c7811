"""`sbx version`: what runs here."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path

import click
import msgspec

import engine
from engine.build import core_file, is_compiled
from engine.vocabulary.codes import CORE_VERSION
from gateway.printable import json_safe
from gateway.venue.rulebooks import built_in_rulebooks


class VersionReport(msgspec.Struct):
    """What `sbx version --json` prints."""

    version: str
    core_version: int
    """Journals replay exactly only under the version that wrote them."""
    build: str
    """`compiled` or `interpreted`."""
    core_file: str
    python: str
    platform: str
    rulebooks: list[str]
    stale: list[str]
    """Compiled modules beside a newer source: they run, and the edited source does not."""


def stale_modules(root: Path) -> list[Path]:
    """List the compiled modules under a source tree or an install whose .py file was changed after they came there.

    An install has all its files from one moment, in no order: there the record that was written last counts.
    """
    records = [path.stat().st_mtime_ns for path in root.glob("sandbox_exchange-*.dist-info/RECORD")]
    return sorted(
        compiled
        for package in ("engine", "compliance", "gateway")
        for source in (root / package).rglob("*.py")
        for compiled in source.parent.glob(f"{source.stem}.*")
        if compiled.suffix in {".so", ".pyd"}
        and max(compiled.stat().st_mtime_ns, *records, 0) < source.stat().st_mtime_ns
    )


def version_report() -> VersionReport:
    """Gather what `sbx version` shows."""
    return VersionReport(
        version=importlib.metadata.version("sandbox-exchange"),
        core_version=CORE_VERSION,
        build="compiled" if is_compiled() else "interpreted",
        core_file=core_file(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=platform.platform(),
        rulebooks=list(built_in_rulebooks()),
        stale=[str(path) for path in stale_modules(Path(engine.__path__[0]).parent)],
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Show the version, and which build of the core runs.

    \b
    Examples:
      sbx version
      sbx version --json
    """
    report = version_report()
    if as_json:
        click.echo(json_safe(msgspec.json.encode(report)))
    else:
        click.echo(f"sandbox-exchange {report.version}, core version {report.core_version}")
        click.echo(f"build:     {report.build} ({report.core_file})")
        click.echo(f"python:    {report.python} on {report.platform}")
        click.echo(f"rulebooks: {', '.join(report.rulebooks)}")
    if report.stale:
        click.echo(
            f"warning: compiled modules are older than their source, and run in its place: {', '.join(report.stale)}; "
            "reinstall, or delete them",
            err=True,
        )
