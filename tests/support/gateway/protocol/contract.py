"""The published schemas, to hold messages to: what is sent must be described, field by field; what is asked must be asked so."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, get_args

import jsonschema_rs
import msgspec
import pytest

from gateway.client.links.link import Link
from gateway.protocol import messages as m
from gateway.published.asyncapi import asyncapi
from gateway.published.schemas import structs_in

REQUESTS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(m.AnyRequest)}
MESSAGES: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(m.AnyMessage)}


@cache
def document() -> dict[str, Any]:
    """The AsyncAPI document, as any other program reads it: through JSON."""
    found: dict[str, Any] = json.loads(json.dumps(asyncapi()))
    return found


@cache
def closed_schemas() -> dict[str, Any]:
    """Its schemas, with those of the venue closed: no test's venue sends what the document does not list."""
    schemas = copy.deepcopy(document()["components"]["schemas"])
    read = {kind.__name__ for kind in structs_in(get_args(m.AnyRequest))}
    for name, schema in schemas.items():
        if name in read:
            assert schema["additionalProperties"] is False, name
        elif schema["type"] == "object":
            assert "additionalProperties" not in schema, name
            schema["additionalProperties"] = False
        for field in schema.get("properties", {}).values():
            if "x-values" in field:
                field["enum"] = field["x-values"]
    return schemas


@cache
def _validator(name: str, decimals: bool) -> jsonschema_rs.Draft7Validator:
    schemas = closed_schemas() if decimals else _without_looks(closed_schemas())
    return jsonschema_rs.Draft7Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


def _without_looks(schema: Any) -> Any:
    """A schema that takes any text for a decimal."""
    if isinstance(schema, list):
        return [_without_looks(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    is_decimal = schema.get("format") == "decimal"
    return {key: _without_looks(value) for key, value in schema.items() if not (is_decimal and key == "pattern")}


def faults(message: Any, *, of_client: bool = False, decimals: bool = True) -> list[str]:
    """What of a message is not as published, by its place; nothing: it is sound.

    Args:
        message: as it was sent.
        of_client: whether it is a request.
        decimals: whether what a decimal looks like counts.
    """
    kinds = REQUESTS if of_client else MESSAGES
    name = message.get("type") if isinstance(message, dict) else None
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        return ["type: there is none such"]
    return [
        f"{'.'.join(map(str, each.instance_path))}: {each.message}"
        for each in _validator(kind.__name__, decimals).iter_errors(message)
    ]


_LISTENING: Final[list[list[dict[str, Any]]]] = []


@contextmanager
def traffic() -> Iterator[list[dict[str, Any]]]:
    """Keep what venues send to clients of tests meanwhile."""
    kept: list[dict[str, Any]] = []
    _LISTENING.append(kept)
    try:
        yield kept
    finally:
        _LISTENING.remove(kept)


def check_received(message: Any) -> None:
    """Fail if a venue sent what it does not publish."""
    found = faults(message)
    assert found == [], f"{found} in {message}"
    for kept in _LISTENING:
        kept.append(message)


def is_decoded(request: dict[str, Any]) -> bool:
    """Whether the venue's decoder takes a request; what its texts look like is looked at later."""
    try:
        msgspec.json.decode(json.dumps(request), type=m.AnyRequest)
    except msgspec.ValidationError:
        return False
    return True


def check_asked(request: dict[str, Any]) -> None:
    """Fail if the schemas take a request that the decoder refuses, or refuse one that it takes; but for the looks of decimals."""
    taken = not faults(request, of_client=True, decimals=False)
    assert taken == is_decoded(request), f"the schema says {taken}, and the decoder does not: {request}"


def check_library(patch: pytest.MonkeyPatch, *, received: bool) -> None:
    """Hold to the schemas what the client library sends from now on and, of real venues, what it gets.

    Args:
        patch: undoes it.
        received: whether its venues are real.
    """
    begin = Link.__init__

    def begin_checked(self: Link, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        encode, decode = self._encode, self._decode
        plain = msgspec.json.decode if self._encoding == "json" else msgspec.msgpack.decode

        def checked_encode(request: object) -> bytes:
            payload = encode(request)
            check_asked(plain(payload))
            return payload

        def checked_decode(payload: bytes) -> m.AnyMessage:
            check_received(plain(payload))
            return decode(payload)

        self._encode = checked_encode
        if received:
            self._decode = checked_decode

    patch.setattr(Link, "__init__", begin_checked)
