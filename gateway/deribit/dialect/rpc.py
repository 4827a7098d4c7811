"""JSON-RPC 2.0 as Deribit has it: what is asked, and the texts of answers and notifications."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import msgspec

from gateway.deribit.dialect.failures import Failure
from gateway.deribit.dialect.numbers import NumberText

MAX_ID_CHARS: Final = 64
"""Of the `id` of a request, which its answer repeats."""
MAX_METHOD_CHARS: Final = 128
_PUBLIC: Final = "public/"
_PRIVATE: Final = "private/"
_ENCODE: Final = msgspec.json.Encoder().encode


class Call:
    """One request: the method that it names, and its parameters as they were written: texts, numbers, booleans, lists, tables."""

    __slots__ = ("began_us", "id", "method", "params")

    def __init__(self, call_id: msgspec.Raw | None, method: str, params: dict[str, Any]) -> None:
        self.id: Final = call_id
        self.method: Final = method
        self.params: Final = params
        self.began_us: Final = time.time_ns() // 1_000

    @property
    def is_private(self) -> bool:
        """Whether somebody must be logged in for it."""
        return self.method.startswith(_PRIVATE)


class Unreadable(Exception):
    """Bytes that are no request; `id` is that of the request, if it could be read."""

    def __init__(self, code: int, message: str, reason: str, call_id: msgspec.Raw | None = None) -> None:
        super().__init__(reason)
        self.failure: Final = Failure(code, message, reason=reason)
        self.id: Final = call_id


def read_call(body: bytes) -> Call:
    """Read a request.

    Raises:
        Unreadable: it is none: no sound JSON, a key twice, no object, no text as its method, an id that can't be repeated.
    """
    try:
        found = json.loads(
            body.decode(),
            object_pairs_hook=_table,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable(-32700, "Parse error", str(error)[:160] or "nested too deep") from error
    if isinstance(found, list):
        raise Unreadable(-32600, "Invalid Request", "batches are not taken: send one request after another")
    if not isinstance(found, dict):
        raise Unreadable(-32600, "Invalid Request", "a request is an object")
    call_id = _read_id(found.get("id"))
    if found.get("jsonrpc", "2.0") != "2.0":
        raise Unreadable(-32600, "Invalid Request", 'jsonrpc is "2.0"', call_id)
    method, params = found.get("method"), found.get("params", {})
    if not isinstance(method, str) or isinstance(method, NumberText) or len(method) > MAX_METHOD_CHARS:
        raise Unreadable(-32600, "Invalid Request", "method is a text, as in public/get_time", call_id)
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise Unreadable(-32600, "Invalid Request", "params are an object", call_id)
    return Call(call_id, method.removeprefix("/"), params)


def answer(call: Call, result: object, is_test: bool) -> bytes:
    """The text of an answer."""
    return _ENCODE(_envelope(call.id, call.began_us, is_test) | {"result": result})


def error_answer(call: Call | None, failure: Failure, is_test: bool, call_id: msgspec.Raw | None = None) -> bytes:
    """The text of an answer that says no."""
    began_us = time.time_ns() // 1_000 if call is None else call.began_us
    return _ENCODE(_envelope(call_id if call is None else call.id, began_us, is_test) | {"error": failure.as_error()})


def notification(channel: str, data: object) -> bytes:
    """The text of a message of a channel."""
    return _ENCODE({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})


def _envelope(call_id: msgspec.Raw | None, began_us: int, is_test: bool) -> dict[str, Any]:
    ended_us = max(time.time_ns() // 1_000, began_us)
    envelope: dict[str, Any] = {"jsonrpc": "2.0"}
    if call_id is not None:
        envelope["id"] = call_id
    return envelope | {"usIn": began_us, "usOut": ended_us, "usDiff": ended_us - began_us, "testnet": is_test}


def _read_id(found: object) -> msgspec.Raw | None:
    """An id that can be repeated: a number or a text, as it was written."""
    if found is None:
        return None
    if isinstance(found, NumberText) and len(found) <= MAX_ID_CHARS:
        return msgspec.Raw(found.encode())
    if isinstance(found, str) and not isinstance(found, NumberText) and len(found) <= MAX_ID_CHARS:
        try:
            return msgspec.Raw(_ENCODE(found))
        except UnicodeEncodeError:
            pass
    raise Unreadable(-32600, "Invalid Request", f"id is a number or a text of at most {MAX_ID_CHARS} characters")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    for key in found:
        # Half of a letter, which JSON can write and UTF-8 can't: an answer that names it could not be sent.
        key.encode()
    return found


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")
