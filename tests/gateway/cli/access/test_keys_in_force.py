"""`sbx control register-participant`, `register-key`, `revoke-key` and `sbx keys list`, as an operator types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gateway.cli.main import group
from gateway.keys import public_key_hex, read_private_key, write_private_key
from tests.support.gateway.venues.small_venue import KEYS, client, served_apart


def sbx(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(group, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def listed(directory: Path) -> list[dict[str, Any]]:
    status, output = sbx("keys", "list", directory, "--json")
    assert status == 0, output
    found: list[dict[str, Any]] = json.loads(output)["keys"]
    return found


async def welcome(url: str, name: str, file: Path) -> dict[str, Any]:
    async with client(url) as raw:
        return await raw.login(name, read_private_key(file))


def test_an_operator_decides_who_logs_in(tmp_path: Path) -> None:
    directory, why = tmp_path / "venue", ("--reason", "order 7", "--yes")
    directory.mkdir()
    (directory / "keys").mkdir()
    for name in ("otto", "sue"):
        write_private_key(directory / "keys" / f"{name}.pem", KEYS[name])
    files = {name: tmp_path / f"{name}.pem" for name in ("zoe", "reader", "eve")}
    for file in files.values():
        assert sbx("keys", "new", file.stem, "--out", file)[0] == 0
    with served_apart(directory) as (url, _):
        control = ("control", "--venue", directory)
        status, output = sbx(*control, "register-participant", "zoe", files["zoe"], *why)
        assert status == 0 and "register zoe as participant, with the key" in output, output
        status, output = sbx(*control, "register-participant", "zoe", files["zoe"], *why)
        assert status == 2 and "the venue has the participant zoe already" in output
        status, output = sbx(*control, "register-participant", "eve", files["eve"], "--role", "supervisor", *why)
        assert status == 0, output
        limits = ("--scope", "read", "--from", "127.0.0.0/8", "--until", "1d")
        status, output = sbx(*control, "register-key", "zoe", "reader", files["reader"], *limits, *why)
        assert status == 0 and "for read, from 127.0.0.0/8, until 1d" in output, output
        status, output = sbx("control", "--venue", directory, "show", "key", "zoe reader")
        assert status == 0 and output.startswith("zoe reader, read, from 127.0.0.0/8, until "), output
        assert output.rstrip().endswith(", 0 connections") and "None" not in output
        found = asyncio.run(welcome(url, "zoe", files["reader"]))
        assert (found["key"], found["scopes"]) == ("reader", ["read"])
        keys = {(each["participant"], each["key"]): each for each in listed(directory)}
        assert [each["by"] for each in keys.values()] == [None] * 4 + ["otto", "otto", "sue"]
        reader = keys["zoe", "reader"]
        assert reader["public_key"] == public_key_hex(read_private_key(files["reader"]))
        assert (reader["scopes"], reader["addresses"], bool(reader["expires"])) == (["read"], ["127.0.0.0/8"], True)
        status, output = sbx(*control, "revoke-key", "zoe", "nosuch", *why)
        assert status == 2 and "zoe has no key nosuch in force: main, reader" in output
        status, output = sbx(*control, "revoke-key", "zoe", *why)
        assert status == 0 and "revoke all keys (main, reader) of zoe" in output, output
        assert asyncio.run(welcome(url, "zoe", files["zoe"]))["code"] == "login_failed"
        status, output = sbx(*control, "revoke-key", "otto", "main", *why)
        assert status == 1 and "the last key without an end" in output, output
    assert {each["participant"] for each in listed(directory)} == {"alice", "bob", "sue", "otto", "eve"}
    status, output = sbx("keys", "list", directory)
    assert status == 0 and "participant" in output and "read trade drop_copy" in output, output
    status, output = sbx("history", directory, "zoe")
    assert "revocation of key zoe by otto" in output and "order 7" in output, output
