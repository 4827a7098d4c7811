"""What changed from one contract to another, and whether a client that was written to the first still holds under the second.

Two AsyncAPI documents are compared by what they promise, not by how they are written: messages by their `type` and direction,
whatever their schemas are called. A client sends what it always sent, so what the venue reads may only get wider. A client reads
what it always read, so what the venue sends may have more fields, and is otherwise as before, or narrower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from gateway.published.containment import Placed, Schemas, narrowings, resolved

Document = Mapping[str, Any]
RECEIVED: Final = "receive"
SENT: Final = "send"


class NotADocument(ValueError):
    """It is no AsyncAPI document of this protocol."""


class Changes(NamedTuple):
    """What changed, a sentence each."""

    breaking: list[str]
    """A client that was right under the first document may fail under the second."""
    added: list[str]


class _Contract:
    """What a document promises."""

    def __init__(self, document: Document) -> None:
        self.schemas: Final[Schemas] = document["components"]["schemas"]
        self.operations: Final = {
            name: (each["action"], self._names(document, each["messages"]), self._replies(document, each))
            for name, each in document["operations"].items()
        }
        self.roles: Final = {name: each.get("x-roles", []) for name, each in document["operations"].items()}
        self.messages: Final = self._messages(document)
        self.codes: Final = {
            f"{kind} {code}": means for kind, codes in document["x-codes"].items() for code, means in codes.items()
        }
        self.commands: Final[dict[str, Any]] = document["x-commands"]
        self.subprotocols: Final[dict[str, Any]] = document["x-subprotocols"]
        self.channels: Final = {
            name: (each["address"], each.get("x-subscribe")) for name, each in document["channels"].items()
        }
        self.options: Final = {
            f"{name} {option} {word}": True
            for name, each in document["channels"].items()
            for option, words in each.get("x-options", {}).items()
            for word in words
        }
        schemes = document["components"]["securitySchemes"]
        self.challenges: Final = {name: each.get("x-challenge") for name, each in schemes.items()}

    def _messages(self, document: Document) -> dict[tuple[str, str], Any]:
        """The schemas of messages by direction and `type`."""
        found = {}
        for each in document["operations"].values():
            for reference in each["messages"]:
                message = _message(document, reference)
                found[each["action"], message["name"]] = message["payload"]
            for reference in each.get("reply", {}).get("messages", ()):
                message = _message(document, reference)
                found[SENT, message["name"]] = message["payload"]
        return found

    @staticmethod
    def _names(document: Document, references: list[Any]) -> list[str]:
        return [_message(document, reference)["name"] for reference in references]

    def _replies(self, document: Document, operation: Document) -> list[str]:
        return self._names(document, operation.get("reply", {}).get("messages", []))


def _message(document: Document, reference: Document) -> Any:
    """A message of an operation: it names one of a channel, and that one of the components."""
    _, _, channel, _, name = reference["$ref"].split("/")
    target = document["channels"][channel]["messages"][name]["$ref"]
    return document["components"]["messages"][target.rpartition("/")[2]]


def changes(before: Document, after: Document) -> Changes:
    """Compare two documents.

    Args:
        before: to which clients were written.
        after: what the venue does now.

    Raises:
        NotADocument: one of them is none of this protocol.
    """
    found = Changes([], [])
    try:
        old, new = _Contract(before), _Contract(after)
        for compare in (_messages, _operations, _tables):
            for is_breaking, what in compare(old, new):
                told = found.breaking if is_breaking else found.added
                if what not in told:
                    told.append(what)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise NotADocument(f"no AsyncAPI document of sbx.v1: {error!r}") from error
    return found


Found = Iterator[tuple[bool, str]]
"""Whether it breaks clients, and what it is."""


def _messages(old: _Contract, new: _Contract) -> Found:
    for key, schema in old.messages.items():
        direction, name = key
        what = f"{'request' if direction == RECEIVED else 'message'} {name}"
        if key not in new.messages:
            yield True, f"{what}: removed"
            continue
        there, here = (schema, old.schemas), (new.messages[key], new.schemas)
        # What is read must take all that was taken; what is sent must be something that was sent before.
        wide, narrow = (here, there) if direction == RECEIVED else (there, here)
        for problem in narrowings(wide, narrow):
            yield True, f"{what}{problem}"
        yield from _fields(what, there, here)
    for direction, name in new.messages.keys() - old.messages.keys():
        yield False, f"{'request' if direction == RECEIVED else 'message'} {name}: new"


def _fields(what: str, there: tuple[Any, Schemas], here: tuple[Any, Schemas], deep: int = 4) -> Found:
    """Fields that went or came, in a message and in what stands in it; a field that went under a schema that is open, too."""
    before, after = resolved(*there).get("properties", {}), resolved(*here).get("properties", {})
    for name in before.keys() | after.keys():
        if name not in after:
            yield True, f"{what}.{name}: removed"
        elif name not in before:
            yield False, f"{what}.{name}: new"
        elif deep:
            yield from _words(f"{what}.{name}", before[name], after[name])
            for left, right in zip(_inner(before[name]), _inner(after[name]), strict=False):
                yield from _fields(f"{what}.{name}", (left, there[1]), (right, here[1]), deep - 1)


def _inner(schema: Any) -> list[Any]:
    """The schemas that a field may have: itself, what it refers to, its elements."""
    found = [schema, *schema.get("allOf", ()), *schema.get("anyOf", ())]
    elements = schema.get("items")
    return [*found, elements] if isinstance(elements, dict) else found


def _words(what: str, before: Any, after: Any) -> Found:
    """Words that a field of the venue may be."""
    old, new = before.get("x-values", []), after.get("x-values", [])
    yield from ((True, f"{what}: {word!r} is gone") for word in old if word not in new)
    if old:
        yield from ((False, f"{what}: {word!r} is new") for word in new if word not in old)


def _operations(old: _Contract, new: _Contract) -> Found:
    for name, (action, messages, replies) in old.operations.items():
        if name not in new.operations:
            yield True, f"operation {name}: removed"
            continue
        new_action, new_messages, new_replies = new.operations[name]
        if action != new_action:
            yield True, f"operation {name}: was {action}, is {new_action}"
        for gone in (each for each in messages if each not in new_messages):
            yield True, f"operation {name}: {gone} is gone"
        for reply in (each for each in new_replies if each not in replies):
            yield True, f"operation {name}: may be answered by {reply}, which nobody waits for"
        for gone in (each for each in replies if each not in new_replies):
            yield True, f"operation {name}: is not answered by {gone} any more"
        yield from _roles(f"operation {name}", old.roles[name], new.roles[name])
    for name in new.operations.keys() - old.operations.keys():
        yield False, f"operation {name}: new"


def _roles(what: str, before: list[str], after: list[str]) -> Found:
    """Who may: none is anybody."""
    if after and (not before or not set(before) <= set(after)):
        yield True, f"{what}: was for {', '.join(before) or 'anybody'}, is for {', '.join(after)}"
    elif before != after:
        yield False, f"{what}: is for {', '.join(after) or 'anybody'}, too"


def _tables(old: _Contract, new: _Contract) -> Found:
    """What stands beside the messages: names that may only be joined by others."""
    tables: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("code", old.codes, new.codes),
        ("command", old.commands, new.commands),
        ("subprotocol", old.subprotocols, new.subprotocols),
        ("channel", old.channels, new.channels),
        ("option", old.options, new.options),
        ("security scheme", old.challenges, new.challenges),
    )
    for what, before, after in tables:
        yield from ((True, f"{what} {name}: removed") for name in before if name not in after)
        yield from ((False, f"{what} {name}: new") for name in after if name not in before)
    for what, before, after in tables[2:]:
        yield from (
            (True, f"{what} {name}: changed") for name in before if name in after and before[name] != after[name]
        )
    for name in old.commands.keys() & new.commands.keys():
        yield from _command(f"command {name}", old.commands[name], new.commands[name])


def _command(what: str, before: Any, after: Any) -> Found:
    """A command's arguments are read, as a request is."""
    there: Placed = (before["arguments"], {})
    here: Placed = (after["arguments"], {})
    yield from ((True, f"{what}{problem}") for problem in narrowings(here, there))
    yield from _fields(what, there, here)
    yield from _roles(what, before["roles"], after["roles"])
