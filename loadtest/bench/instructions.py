"""How many instructions a benchmark takes, counted by callgrind: a figure that no other program on the machine disturbs.

`timed` calls `gc.freeze` right before what it measures and `gc.unfreeze` right after. Callgrind starts anew at the one
and writes down its count at the other, so that starting Python, generating orders and setting up are left out.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from loadtest.bench.builds import Side, clean_environment

VALGRIND: Final = "valgrind"
OPERATIONS: Final = 2_000
SEED: Final = 1
MAX_SECONDS: Final = 600
_SUMMARY: Final = "summary:"


class NotMeasured(Exception):
    """Instructions could not be counted, and why."""


def count_instructions(side: Side, build: str, names: tuple[str, ...]) -> dict[str, int]:
    """Run benchmarks under callgrind; returns instructions per operation by name.

    Raises:
        NotMeasured: it is not there, failed, took too long, or doesn't see where the measured part begins and ends.
    """
    if shutil.which(VALGRIND) is None:
        raise NotMeasured("valgrind is not installed")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        command = [
            VALGRIND,
            "--tool=callgrind",
            f"--callgrind-out-file={out}",
            "--zero-before=gc_freeze",
            "--dump-before=gc_unfreeze",
            *side.sbx(build),
            *["bench", "--here", f"--operations={OPERATIONS}", "--repeats=1", f"--seed={SEED}"],
            *[f"--only={name}" for name in names],
        ]
        try:
            run = subprocess.run(
                command,
                cwd=side.folder,
                env=clean_environment(),
                capture_output=True,
                text=True,
                check=False,
                timeout=MAX_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise NotMeasured(f"took more than {MAX_SECONDS} seconds under valgrind") from error
        if run.returncode:
            last = (run.stderr.strip().splitlines() or [f"status {run.returncode}"])[-1]
            raise NotMeasured(f"failed under valgrind: {last}")
        # One file for each measured part, out.1, out.2 and so on; `out` itself is what came after the last.
        parts = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        if len(parts) != len(names):
            raise NotMeasured(
                f"callgrind saw {len(parts)} measured parts and not {len(names)}: this Python is stripped of its symbols, "
                "or the revision measures in another way"
            )
        order = [msgspec.json.decode(line)["benchmark"] for line in run.stdout.splitlines()]
        return {name: _summary(part) // OPERATIONS for name, part in zip(order, parts, strict=True)}


def _summary(part: Path) -> int:
    """The count in a file of callgrind. Not its `totals:`, which has what went on before in calls that are still open."""
    for line in part.read_text(encoding="utf-8").splitlines():
        if line.startswith(_SUMMARY):
            return int(line.removeprefix(_SUMMARY))
    raise NotMeasured("callgrind wrote no summary")
