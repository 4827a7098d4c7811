"""What an audit keeps is read again in order; what a crash tore or somebody changed is seen."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.audit import files
from gateway.audit.audit import MAX_FACT_CHARS, Caller
from gateway.audit.files import PARTICIPANTS, STRANGERS, audit_folder, file_path, list_files
from gateway.audit.keeping import KeptAudit
from gateway.audit.reading import AuditReader, Wanted
from gateway.audit.rows import NO_LINK, encoded
from gateway.disk import Disk
from gateway.keys import public_key_bytes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
START_NS = 1_700_000_000 * NS_PER_SECOND


def kept(directory: Path, *, disk: Disk | None = None, fail: Callable[[OSError], None] | None = None) -> KeptAudit:
    ticks = count(START_NS, 1_000)
    audit = KeptAudit(
        directory,
        "v",
        KEY,
        now=lambda: 7,
        fail=fail or pytest.fail,
        wall=lambda: next(ticks),
        disk=disk or Disk(),
    )
    audit.begin(port=1)
    return audit


def alice(connection: int = 1) -> Caller:
    caller = Caller("json", "192.0.2.1", connection)
    caller.is_now("alice", "participant", "ab12")
    return caller


def read(directory: Path) -> tuple[list[dict[str, object]], list[tuple[str, bool]]]:
    reader = AuditReader(directory, public_key_bytes(KEY))
    rows = list(reader.read())
    reader.finish()
    return rows, [(each.what, each.is_damage) for each in reader.problems]


def test_rows_come_back_in_order_with_all_that_was_said(tmp_path):
    audit = kept(tmp_path)
    audit.note("login", alice(), lang="ru")
    audit.note("login_failed", Caller("json", "192.0.2.9", 2), claimed="mallory", reason="signature")
    audit.note("disconnected", alice(), reason="client")
    audit.end("stopped")
    audit.note("login", alice())
    rows, problems = read(tmp_path)
    assert problems == []
    assert [row["kind"] for row in rows] == ["began", "login", "login_failed", "disconnected", "ended"]
    login = {name: value for name, value in rows[1].items() if name not in ("n", "wall_ns")}
    assert login == {
        "time_ns": 7,
        "kind": "login",
        "connection": 1,
        "address": "192.0.2.1",
        "codec": "json",
        "participant": "alice",
        "role": "participant",
        "key": "ab12",
        "lang": "ru",
    }
    assert audit.noted == {"began": 1, "login": 1, "login_failed": 1, "disconnected": 1, "ended": 1}
    assert AuditReader(tmp_path, public_key_bytes(KEY)).unsealed == 0


def test_each_start_goes_on_with_the_same_file_and_the_same_chain(tmp_path):
    for number in range(1, 4):
        audit = kept(tmp_path)
        audit.note("login", alice(number))
        audit.end("stopped")
    rows, problems = read(tmp_path)
    assert problems == []
    assert [row["connection"] for row in rows if row["kind"] == "login"] == [1, 2, 3]
    assert list_files(tmp_path / "audit", PARTICIPANTS) == [1]


def test_nothing_is_kept_of_what_a_stranger_may_not_leave_behind(tmp_path):
    audit = kept(tmp_path)
    passport = "4510 123456"
    caller = Caller("json", "192.0.2.9", 2)
    audit.note("login_failed", caller, claimed=f"'{passport}'", reason="signature")
    audit.note("login_failed", caller, claimed="\x1b[31m\n{}".format("x" * 100_000), reason="signature")
    audit.note("login_failed", caller, claimed="\U0001f600" * 1_000, reason="\u202e" * 1_000, more="\u044f" * 1_000)
    audit.end("stopped")
    data = file_path(tmp_path / "audit", STRANGERS, 1).read_bytes()
    assert b"123456" not in data and b"\\u001b" not in data and b"\x1b" not in data
    rows, problems = read(tmp_path)
    assert problems == []
    texts = [value for row in rows for value in row.values() if isinstance(value, str)]
    assert max(map(len, texts)) == MAX_FACT_CHARS and all(text.isprintable() for text in texts)


def test_a_row_that_was_changed_or_taken_out_shows_and_so_does_a_chain_made_anew(tmp_path):
    audit = kept(tmp_path)
    for number in range(1, 6):
        audit.note("login", alice(number))
    audit.end("stopped")
    path = file_path(tmp_path / "audit", PARTICIPANTS, 1)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(whole.replace(b'"connection":3', b'"connection":4'))
    assert read(tmp_path)[1] == [("its link does not hold: it, or the row before it, was changed", True)]
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    assert read(tmp_path)[1] == [("its link does not hold: it, or the row before it, was changed", True)]
    # Whoever can write the file can make a chain, but not the venue's signature.
    link, forged = NO_LINK, []
    for line in lines:
        row = json.loads(line)
        del row["link"]
        if row.get("connection") != 3:
            new, link = encoded({**row, "n": len(forged) + 1}, link)
            forged.append(new)
    path.write_bytes(b"".join(forged))
    assert read(tmp_path)[1] == [("a signature is not of the venue's key", True)]


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_what_a_crash_tears_is_left_and_the_next_start_says_so(tmp_path, cut):
    audit = kept(tmp_path)
    for number in range(1, 4):
        audit.note("login", alice(number))
    audit.end("stopped")
    path = file_path(tmp_path / "audit", PARTICIPANTS, 1)
    path.write_bytes(path.read_bytes()[:-cut])
    torn, problems = read(tmp_path)
    assert [damage for _, damage in problems] == [False]
    audit = kept(tmp_path)
    audit.note("login", alice(9))
    audit.end("stopped")
    rows, problems = read(tmp_path)
    assert [damage for _, damage in problems] == [False]
    assert rows[: len(torn)] == torn and [row["kind"] for row in rows[len(torn) :]] == ["began", "login", "ended"]
    assert list_files(tmp_path / "audit", PARTICIPANTS) == [1, 2]
    # Cut further than the start found it: that was no crash.
    path.write_bytes(path.read_bytes()[:-40])
    assert any(damage for _, damage in read(tmp_path)[1])


def test_an_empty_file_that_a_power_cut_left_is_no_end_of_the_chain(tmp_path):
    audit = kept(tmp_path)
    audit.end("stopped")
    file_path(tmp_path / "audit", PARTICIPANTS, 2).write_bytes(b"")
    audit = kept(tmp_path)
    audit.end("stopped")
    rows, problems = read(tmp_path)
    assert problems == [] and [row["kind"] for row in rows] == ["began", "ended", "began", "ended"]


def test_files_are_bounded_and_strangers_push_out_no_participant(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FILE_BYTES", 20_000)
    monkeypatch.setattr(files, "MAX_BYTES", {PARTICIPANTS: 100_000, STRANGERS: 60_000})
    audit = kept(tmp_path)
    audit.note("login", alice())
    for number in range(3_000):
        caller = Caller("json", f"192.0.2.{number % 250}", number)
        with audit._lock:
            audit._shares._left.clear()
        audit.note("login_failed", caller, claimed="m" * 100, reason="signature")
        if number % 500 == 499:
            while audit._waiting:
                pass
    audit.end("stopped")
    folder = tmp_path / "audit"
    sizes = [file_path(folder, STRANGERS, number).stat().st_size for number in list_files(folder, STRANGERS)]
    # What is there when a file begins leaves room for it; each may be larger by the rows of one write.
    assert len(sizes) <= 3 and sum(sizes) < 60_000 + 3 * 64 * 400
    assert list_files(folder, STRANGERS)[0] > 1
    rows, problems = read(tmp_path)
    assert problems == []
    assert [row["kind"] for row in rows if row["kind"] != "login_failed"] == ["began", "login", "ended"]
    assert all(row["connection"] == 2_999 for row in [row for row in rows if row["kind"] == "login_failed"][-1:])


class _Full(Disk):
    """A disk that takes nothing more."""

    is_full = False

    def write(self, descriptor: int, data: bytes) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(descriptor, data)


def test_a_disk_that_takes_nothing_is_told_and_ends_the_audit(tmp_path):
    disk, told = _Full(), []
    audit = kept(tmp_path, disk=disk, fail=told.append)
    disk.is_full = True
    audit.note("login", alice())
    audit._thread.join(5)
    assert [each.errno for each in told] == [errno.ENOSPC]
    audit.note("login", alice())
    assert audit.noted["login"] == 1


def test_what_is_asked_for_is_found_in_sums_too(tmp_path):
    audit = kept(tmp_path)
    for _ in range(50):
        audit.note("login_failed", Caller("json", "192.0.2.9", 2), claimed="alice", reason="signature")
    audit.note("login", alice())
    audit.end("stopped")
    reader = AuditReader(tmp_path)
    found = list(reader.read(Wanted(address="192.0.2.9").has))
    assert len(found) == 21 and found[-1]["kind"] == "same" and found[-1]["count"] == 30
    reader = AuditReader(tmp_path)
    kinds = [row["kind"] for row in reader.read(Wanted(participant="alice").has)]
    assert kinds == ["login_failed"] * 20 + ["login"]
    reader = AuditReader(tmp_path)
    assert list(reader.read(Wanted(kinds=("refused",)).has)) == []


def test_the_folder_is_its_owners_alone(tmp_path):
    audit = kept(tmp_path)
    audit.end("stopped")
    folder = audit_folder(tmp_path)
    assert all((folder / name).stat().st_mode & 0o077 == 0 for name in os.listdir(folder))
