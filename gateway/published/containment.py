"""Whether one JSON Schema takes all that another takes, for the schemas that are made of messages.

What is not understood counts as narrower: it is told, and somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schemas = Mapping[str, Any]
Placed = tuple[Any, Schemas]
"""A schema, and those that it may refer to."""

_SAID: Final = frozenset(("title", "description", "default", "examples", "format", "x-values"))
"""What limits nothing."""
_LIMITS: Final = (
    "type const enum minLength maxLength minimum maximum minItems maxItems pattern items additionalItems properties required "
    "additionalProperties"
)
_UNDERSTOOD: Final = frozenset(_LIMITS.split())
_AT_LEAST: Final = ("minLength", "minimum", "minItems")
_AT_MOST: Final = ("maxLength", "maximum", "maxItems")


def resolved(schema: Any, schemas: Schemas) -> Any:
    """What a schema refers to, or itself."""
    while isinstance(schema, dict) and ("$ref" in schema or "allOf" in schema):
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif len(schema["allOf"]) == 1:
            schema = schema["allOf"][0]
        else:
            break
    return schema


def narrowings(wide: Placed, narrow: Placed, where: str = "") -> Iterator[str]:
    """Why `wide` does not take all that `narrow` takes, each with the place in the message; nothing: it does.

    The schemas are those of the published documents: none stands in itself.
    """
    one, other = resolved(*wide), resolved(*narrow)
    if one == other and wide[1] is narrow[1]:
        return
    if isinstance(one, bool) or isinstance(other, bool):
        if one is False and other is not False:
            yield f"{where}: is not taken any more"
        return
    if "anyOf" in one or "anyOf" in other:
        yield from _alternatives((one, wide[1]), (other, narrow[1]), where)
        return
    strange = [key for key in {**one, **other} if key not in _SAID | _UNDERSTOOD and one.get(key) != other.get(key)]
    if strange:
        yield f"{where}: {', '.join(sorted(strange))} differ"
    yield from _values(one, other, where)
    yield from _bounds(one, other, where)
    if other.get("type") == one.get("type") == "array":
        yield from _elements((one, wide[1]), (other, narrow[1]), where)
    if other.get("type") == one.get("type") == "object":
        yield from _members((one, wide[1]), (other, narrow[1]), where)


def _alternatives(wide: Placed, narrow: Placed, where: str) -> Iterator[str]:
    """Each of what the one may be must be something that the other may be."""
    one, other = wide[0].get("anyOf", [wide[0]]), narrow[0].get("anyOf", [narrow[0]])
    for each in other:
        problems = [list(narrowings((may, wide[1]), (each, narrow[1]), where)) for may in one]
        if all(problems):
            # The one that comes nearest says what is amiss.
            yield from min(problems, key=len)


def _values(one: Any, other: Any, where: str) -> Iterator[str]:
    """The type, and the words."""
    if "type" in one and one["type"] != other.get("type"):
        yield f"{where}: {other.get('type', 'anything')} where {one['type']} is expected"
    words = _words(one)
    if words is not None:
        narrower = _words(other)
        if narrower is None:
            yield f"{where}: any text where one of {', '.join(map(str, words))} is expected"
        else:
            yield from (f"{where}: {word!r} where another word is expected" for word in narrower if word not in words)


def _words(schema: Any) -> list[object] | None:
    if "const" in schema:
        return [schema["const"]]
    words: list[object] | None = schema.get("enum")
    return words


def _bounds(one: Any, other: Any, where: str) -> Iterator[str]:
    """Lengths, sizes, and what a text looks like."""
    for key in _AT_LEAST:
        if key in one and (key not in other or other[key] < one[key]):
            yield f"{where}: {key} {other.get(key, 'none')} where {one[key]} is expected"
    for key in _AT_MOST:
        if key in one and (key not in other or other[key] > one[key]):
            yield f"{where}: {key} {other.get(key, 'none')} where {one[key]} is expected"
    if "pattern" in one and one["pattern"] != other.get("pattern"):
        yield f"{where}: pattern {other.get('pattern', 'none')} where {one['pattern']} is expected"


def _elements(wide: Placed, narrow: Placed, where: str) -> Iterator[str]:
    one, other = wide[0].get("items", True), narrow[0].get("items", True)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (each, another) in enumerate(zip(one, other, strict=True)):
            yield from narrowings((each, wide[1]), (another, narrow[1]), f"{where}[{place}]")
    elif isinstance(one, list) or isinstance(other, list):
        if one != other:
            yield f"{where}: has other elements"
    else:
        yield from narrowings((one, wide[1]), (other, narrow[1]), f"{where}[]")
    if wide[0].get("additionalItems", True) is False and narrow[0].get("additionalItems", True) is not False:
        yield f"{where}: more elements are taken no more"


def _members(wide: Placed, narrow: Placed, where: str) -> Iterator[str]:
    one, other = wide[0], narrow[0]
    for name in one.get("required", ()):
        if name not in other.get("required", ()):
            yield f"{where}.{name}: may be missing where it is expected"
    known, others = one.get("properties", {}), other.get("properties", {})
    for name, field in others.items():
        if name in known:
            yield from narrowings((known[name], wide[1]), (field, narrow[1]), f"{where}.{name}")
        elif one.get("additionalProperties", True) is False:
            yield f"{where}.{name}: removed"
    rest, more = one.get("additionalProperties", True), other.get("additionalProperties", True)
    if rest is False and more is not False:
        yield f"{where}: fields that are not listed are taken no more"
    elif isinstance(rest, dict) and isinstance(more, dict):
        yield from narrowings((rest, wide[1]), (more, narrow[1]), f"{where}{{}}")
    elif isinstance(rest, dict) and more is True:
        yield f"{where}: its values may be anything"
