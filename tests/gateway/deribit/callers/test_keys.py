"""The file of keys: who may read it, what stands in it, and what is never shown of it."""

from __future__ import annotations

import stat

import pytest

from gateway.deribit.callers.keys import KEYS_FILE, MAX_KEYS, KeysError, PortKey, new_key, read_keys, write_keys

KEY = PortKey(client_id="anna-key", secret='a "secret" of \\ 20 letters', participant="anna", account="anna.main")


def test_what_is_written_is_read(tmp_path):
    assert read_keys(tmp_path) == {}
    keys = [KEY, new_key("boris", "", ["read"]), new_key("Жанна", "", [])]
    write_keys(tmp_path, keys)
    assert list(read_keys(tmp_path).values()) == keys
    assert [key.scopes for key in keys] == [("read", "trade"), ("read",), ("read", "trade")]
    assert stat.S_IMODE((tmp_path / KEYS_FILE).stat().st_mode) == 0o600
    write_keys(tmp_path, [])
    assert read_keys(tmp_path) == {}
    assert [path.name for path in tmp_path.iterdir()] == [KEYS_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_file_that_others_may_use_is_refused(tmp_path, mode: int):
    write_keys(tmp_path, [KEY])
    (tmp_path / KEYS_FILE).chmod(mode)
    with pytest.raises(KeysError, match="chmod 600"):
        read_keys(tmp_path)


@pytest.mark.parametrize("text", [
    "[[keys]", "keys = 3", "[[keys]]\nsecret = 'x'", "\xff", "[[keys]]\nclient_id = 'anna-key'\nsecret = 77\nparticipant='a'",
    "other = 1", "[[keys]]\nclient_id = 'an na'\nsecret = 'a secret of 20 letters'\nparticipant = 'a'",
])  # fmt: skip
def test_a_file_that_is_none_is_refused_without_a_word_of_what_stands_in_it(tmp_path, text: str):
    file = tmp_path / KEYS_FILE
    file.touch(0o600)
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(KeysError, match="no file of keys") as raised:
        read_keys(tmp_path)
    assert "secret of 20" not in str(raised.value)


def test_bounds(tmp_path):
    write_keys(tmp_path, [new_key("anna", "", []) for _ in range(MAX_KEYS + 1)])
    with pytest.raises(KeysError, match="more than"):
        read_keys(tmp_path)
    write_keys(tmp_path, [KEY, KEY])
    with pytest.raises(KeysError, match="twice"):
        read_keys(tmp_path)


def test_a_key_shows_no_secret():
    assert KEY.secret not in repr(KEY)
    assert KEY.secret not in f"{[KEY]}"
