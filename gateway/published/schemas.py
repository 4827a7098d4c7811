"""JSON Schemas of messages, made of their Structs: those of draft 7, which AsyncAPI documents are written in.

What clients send is described as strictly as it is read: a field that is not listed makes a request malformed. What the venue
sends is open: a field more may come with any release.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

import msgspec

from gateway.published.fields import DECIMAL_FIELDS, SIGNED, words_of

Schema = dict[str, Any]
REF: Final = "#/components/schemas/"
_NULL: Final = {"type": "null"}


def schemas_of(received: Iterable[type[msgspec.Struct]], sent: Iterable[type[msgspec.Struct]]) -> dict[str, Schema]:
    """The schemas of messages and of all that stands in them, by the names of their Structs.

    Args:
        received: what the venue reads. An optional field may be null.
        sent: what the venue sends. What has no value is left out, never null.
    """
    found: dict[str, Schema] = {}
    for kinds, is_sent in ((tuple(received), False), (tuple(sent), True)):
        _, components = msgspec.json.schema_components(kinds, ref_template=REF + "{name}")
        structs = {struct.__name__: struct for struct in structs_in(kinds)}
        for name, schema in components.items():
            made = _described(_unrolled(name, _draft_7(schema)), structs.get(name))
            if is_sent:
                made = _as_sent(name, made)
            assert found.setdefault(name, made) == made, f"{name} is read and sent, and is not the same"
    return dict(sorted(found.items()))


def structs_in(kinds: Iterable[type[msgspec.Struct]]) -> Iterator[type[msgspec.Struct]]:
    """The Structs given, and those that stand in them. Each may come more than once."""
    for info in msgspec.inspect.multi_type_info(tuple(kinds)):
        yield from _structs(info, [])


def _structs(info: Any, above: list[type]) -> Iterator[type[msgspec.Struct]]:
    """The Structs in a type as msgspec tells it; one that stands in itself is not gone into again."""
    if isinstance(info, msgspec.inspect.StructType):
        if info.cls in above:
            return
        yield info.cls
        for field in info.fields:
            yield from _structs(field.type, [*above, info.cls])
    for name in ("types", "item_types"):
        for inner in getattr(info, name, ()):
            yield from _structs(inner, above)
    for name in ("item_type", "key_type", "value_type"):
        if hasattr(info, name):
            yield from _structs(getattr(info, name), above)


def _draft_7(schema: Any) -> Any:
    """A schema of draft 2020-12 as one of draft 7: tuples are written otherwise there."""
    if isinstance(schema, list):
        return [_draft_7(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _draft_7(value) for key, value in schema.items() if key not in ("prefixItems", "enum")}
    if "prefixItems" in schema:
        made["items"] = _draft_7(schema["prefixItems"])
        if schema.get("items") is False:
            made["additionalItems"] = False
    if "enum" in schema:
        words = schema["enum"]
        made |= {"type": "string"}
        made |= {"const": words[0]} if len(words) == 1 else {"enum": words}
    return made


def _unrolled(struct: str, schema: Any, kind: str = "") -> Any:
    """A schema that does not stand in itself, which generators don't take: the inner one says its type alone."""
    kind = kind or schema["type"]
    if isinstance(schema, list):
        return [_unrolled(struct, each, kind) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") == REF + struct:
        return {"type": kind, "description": f"Another one, as {struct} is."}
    return {key: _unrolled(struct, value, kind) for key, value in schema.items()}


def _described(schema: Schema, struct: type[msgspec.Struct] | None) -> Schema:
    """A schema with what the Struct says of itself and of its fields."""
    if "description" in schema:
        schema["description"] = _plain(schema["description"])
    said = {} if struct is None else field_docs(struct)
    for name, field in schema.get("properties", {}).items():
        if name in said:
            schema["properties"][name] = _with(field, {"description": said[name]})
    return schema


def _with(schema: Schema, more: Schema) -> Schema:
    """A schema with more keys. In draft 7 what stands beside a reference is not read."""
    return {"allOf": [schema], **more} if "$ref" in schema else {**schema, **more}


def _as_sent(struct: str, schema: Schema) -> Schema:
    """The schema of what the venue sends: nothing is null, decimals look as they do, and words are told."""
    for name, field in schema.get("properties", {}).items():
        made = _never_null(field)
        if made.get("type") == "string" and "const" not in made:
            words = words_of(struct, name)
            if words:
                made["x-values"] = list(words)
            elif name in DECIMAL_FIELDS:
                made |= {"format": "decimal", "pattern": SIGNED}
        schema["properties"][name] = made
    return schema


def _never_null(field: Schema) -> Schema:
    """A field without null, which it never is, and without a default that says as much."""
    made = {key: value for key, value in field.items() if key != "anyOf"}
    if "anyOf" in field:
        others = [each for each in field["anyOf"] if each != _NULL]
        made = _with(others[0], made) if len(others) == 1 else {**made, "anyOf": others}
    if "default" in made and made["default"] is None:
        del made["default"]
    return made


@cache
def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What a Struct says of its fields, in the texts below them; nothing where the source is not at hand."""
    found: dict[str, str] = {}
    for kind in reversed(struct.__mro__):
        if not issubclass(kind, msgspec.Struct) or kind is msgspec.Struct:
            continue
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
        except OSError:
            continue
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for field, after in pairwise(body):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[field.target.id] = _plain(str(after.value.value))
    return found


def _plain(text: str) -> str:
    """A docstring without the breaks of its lines; paragraphs stay."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
