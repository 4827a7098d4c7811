"""The fields of a message as rows for people, those of what stands in it below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.published.containment import Schemas, resolved

Row = tuple[str, str, str, str]
"""The field, its type, whether it is needed, what it says."""


def fields_of(schema: Any, schemas: Schemas, within: str = "") -> Iterator[Row]:
    """The fields of an object, in their order; `within` is what stands before their names."""
    found = resolved(schema, schemas)
    for name, field in found.get("properties", {}).items():
        needed = "yes" if name in found.get("required", ()) else ""
        said = " ".join([field.get("description", ""), _bounds(field)]).strip()
        yield f"{within}{name}", _type(field, schemas), needed, said
        inner = field.get("items") if isinstance(field.get("items"), dict) else field
        if "properties" in resolved(inner, schemas):
            yield from fields_of(inner, schemas, f"{within}{name}.")


def _type(field: Any, schemas: Schemas) -> str:
    """A type in a word or two."""
    if "const" in field:
        return f'"{field["const"]}"'
    if "enum" in field:
        return ", ".join(field["enum"])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(each, schemas) for each in field["anyOf"] if each != {"type": "null"}))
    elements = field.get("items")
    if isinstance(elements, list):
        return f"[{', '.join(_type(each, schemas) for each in elements)}]"
    if isinstance(elements, dict):
        return f"list of {_type(resolved(elements, schemas), schemas)}"
    if field.get("format") == "decimal":
        return "decimal"
    return str(resolved(field, schemas).get("type", "anything"))


def _bounds(field: Any) -> str:
    """What limits a field, and the words that it may be today."""
    inner = next((each for each in field.get("anyOf", ()) if each != {"type": "null"}), field)
    found = []
    if "x-values" in field:
        found.append(f"One of: {', '.join(field['x-values'])}.")
    if inner.get("maxLength"):
        found.append(f"At most {inner['maxLength']} characters.")
    if inner.get("maxItems"):
        found.append(f"At most {inner['maxItems']}.")
    if field.get("default") not in (None, [], {}, "", ()):
        found.append(f"Left out: {str(field['default']).lower()}.")
    return " ".join(found)
