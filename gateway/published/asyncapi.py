"""The protocol `sbx.v1` as an AsyncAPI 3 document, made of the messages themselves: `docs/asyncapi.json`.

It is told from the venue's side, as AsyncAPI has it: what it `receive`s are requests, what it `send`s comes unasked. All of it goes
over one WebSocket; the document has a channel for each subject, and one for whatever can be subscribed to, all at the same address.
"""

from __future__ import annotations

import inspect
import json
from typing import Any, Final, get_args

from gateway.protocol import messages as m
from gateway.protocol.wire import CODECS, JSON
from gateway.published.commands import commands_of
from gateway.published.errors import KINDS
from gateway.published.examples import EXAMPLES
from gateway.published.operations import (
    CONNECTION,
    REPORTS,
    REQUESTS,
    SUBJECTS,
    UNASKED,
    Asked,
    MessageKind,
    Told,
    channels,
    wire_name,
)
from gateway.published.schemas import REF, schemas_of

VERSION: Final = "1.1.0"
"""Of the contract: the middle number rises with whatever is added, the first with another protocol (docs/PROTOCOL.md)."""

_CONTENT_TYPES: Final = {"sbx.v1.json": "application/json", "sbx.v1.msgpack": "application/msgpack"}
_REPORTS: Final = "reports"
_LOGIN: Final = "ed25519"
_SOCKET: Final = {"$ref": "#/components/channelBindings/socket"}

_ABOUT: Final = """\
Trade on a Sandbox Exchange, watch it, supervise it, run it. Everything goes over one WebSocket; docs/PROTOCOL.md says it in words.

Ask for a subprotocol: `sbx.v1.json` (JSON in text frames) or `sbx.v1.msgpack` (the same messages as MessagePack maps in binary
frames). One message is one WebSocket message, an object with a `type`. Each request has an `id`, which its reply repeats. Prices,
quantities and money are decimal strings, times integers: nanoseconds since 1970-01-01 UTC.

Expect messages, fields and words that are not listed here: they come with later versions. What the venue reads it reads strictly.
"""
_CHALLENGE: Final = ("sbx.v1 login", "<venue of the hello>", "<participant>", "<nonce of the hello>")
_SECURITY: Final = f"""\
The venue's `hello` has a nonce. The client signs four lines with its Ed25519 private key (RFC 8032), joined by a newline, none at the
end, in UTF-8: {", ".join(f"`{line}`" for line in _CHALLENGE)}. It sends the signature in `login`, as 128 lower-case hexadecimal
digits, and is logged in until the connection ends. The venue knows public keys alone.
"""
_HEARTBEATS: Final = """\
The venue pings (RFC 6455) whoever has sent nothing for `heartbeat_interval` of the `hello`; of whom nothing is heard for
`heartbeat_timeout`, pongs included, it takes leave. Where pings can't be seen, subscribe to channel `heartbeat`.
"""


def asyncapi() -> dict[str, Any]:
    """The document, as plain data. The same at each call, on every machine."""
    received = [asked.request for asked in REQUESTS]
    sent = list(get_args(m.AnyMessage))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sandbox Exchange",
            "version": VERSION,
            "description": _folded(_ABOUT),
            "license": {"name": "MIT"},
        },
        "defaultContentType": _CONTENT_TYPES[JSON.name],
        "servers": _servers(),
        "channels": _channels(),
        "operations": _operations(),
        "components": {
            "schemas": schemas_of(received, sent),
            "messages": {kind.__name__: _message(kind) for kind in [*received, *sent]},
            "securitySchemes": {
                _LOGIN: {
                    "type": "asymmetricEncryption",
                    "description": _folded(_SECURITY),
                    "x-challenge": list(_CHALLENGE),
                }
            },
            "correlationIds": {
                "id": {"description": "A request's `id`, which its reply repeats.", "location": "$message.payload#/id"}
            },
            "channelBindings": {"socket": {"ws": _websocket()}},
        },
        "x-subprotocols": {
            name: {"contentType": _CONTENT_TYPES[name], "frames": "text" if codec.is_text else "binary"}
            for name, codec in CODECS.items()
        },
        "x-codes": {kind.name: {entry.code: entry.means for entry in kind.entries} for kind in KINDS},
        "x-commands": commands_of(),
    }


def asyncapi_text() -> str:
    """The document as JSON, with a newline at the end."""
    return json.dumps(asyncapi(), indent=1) + "\n"


def _servers() -> dict[str, Any]:
    host = {
        "host": "{host}:{port}",
        "pathname": "/",
        "variables": {
            "host": {"default": "127.0.0.1", "description": "The machine of the venue."},
            "port": {"default": "8765", "description": "`port` of its venue file."},
        },
    }
    heartbeats = _folded(_HEARTBEATS)
    return {
        "venue": {"protocol": "ws", "description": f"A venue without TLS. {heartbeats}", **host},
        "venue_tls": {"protocol": "wss", "description": f"A venue with TLS. {heartbeats}", **host},
    }


def _websocket() -> dict[str, Any]:
    """What a handshake has."""
    subprotocol = {
        "type": "string",
        "enum": list(CODECS),
        "description": f"The codec of all messages. Without any it is `{JSON.name}`; where none is known, the handshake fails (400).",
    }
    return {
        "method": "GET",
        "headers": {"type": "object", "properties": {"Sec-WebSocket-Protocol": subprotocol}},
        "bindingVersion": "0.1.0",
    }


# ── channels ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _channels() -> dict[str, Any]:
    made = {}
    for subject, about in SUBJECTS.items():
        kinds: list[MessageKind] = [m.Error]
        for asked in REQUESTS:
            if asked.subject == subject:
                kinds += [asked.request, *asked.replies]
        for told in UNASKED:
            if _place_of(told) == subject:
                kinds += told.messages
        made[subject] = _channel(about, kinds)
    made[_REPORTS] = _channel("What happened to the orders, the money and the holdings of an account.", list(REPORTS))
    for channel in channels():
        made[channel.name] = _channel(channel.summary, list(channel.messages)) | {
            "x-subscribe": {"channel": channel.name, "instrument": channel.has_key, "roles": list(channel.roles)}
        }
        if channel.options:
            made[channel.name]["x-options"] = channel.options
    return made


def _channel(about: str, kinds: list[MessageKind]) -> dict[str, Any]:
    messages = {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds}
    return {"address": "/", "description": about, "messages": messages, "bindings": _SOCKET}


def _place_of(told: Told) -> str:
    """The channel of what is told unasked."""
    return _REPORTS if told.messages == REPORTS else CONNECTION


# ── operations ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _operations() -> dict[str, Any]:
    made = {wire_name(asked.request): _asked(asked) for asked in REQUESTS}
    for told in UNASKED:
        place = _place_of(told)
        made[f"send_{told.name}"] = _told(place, told.messages, told.summary, told.roles)
    for channel in channels():
        made[f"send_{channel.name}"] = _told(channel.name, channel.messages, channel.summary, channel.roles)
    return made


def _asked(asked: Asked) -> dict[str, Any]:
    """A request with its replies. `Error` answers any; of an `id` that can't be read it has none."""
    replies: list[MessageKind] = [*asked.replies, m.Error]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{asked.subject}"},
        "summary": _summary(asked.request),
        "messages": [_in_channel(asked.subject, asked.request)],
        "reply": {
            "channel": {"$ref": f"#/channels/{asked.subject}"},
            "messages": [_in_channel(asked.subject, reply) for reply in replies],
        },
        **_secured(asked.roles),
    }


def _told(place: str, kinds: tuple[type[m.Message], ...], summary: str, roles: tuple[str, ...]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{place}"},
        "summary": summary,
        "messages": [_in_channel(place, kind) for kind in kinds],
        **_secured(roles),
    }


def _secured(roles: tuple[str, ...]) -> dict[str, Any]:
    if not roles:
        return {}
    return {"security": [{"$ref": f"#/components/securitySchemes/{_LOGIN}"}], "x-roles": list(roles)}


def _in_channel(place: str, kind: MessageKind) -> dict[str, str]:
    return {"$ref": f"#/channels/{place}/messages/{kind.__name__}"}


# ── messages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _message(kind: MessageKind) -> dict[str, Any]:
    name = wire_name(kind)
    made: dict[str, Any] = {
        "name": name,
        "title": kind.__name__,
        "summary": _summary(kind),
        "payload": {"$ref": REF + kind.__name__},
    }
    if "id" in kind.__struct_fields__:
        made["correlationId"] = {"$ref": "#/components/correlationIds/id"}
    examples = EXAMPLES.get(kind, ())
    if examples:
        made["examples"] = [{"payload": {"type": name, **example}} for example in examples]
    return made


def _summary(kind: MessageKind) -> str:
    """The first paragraph of what a Struct says of itself."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())


def _folded(text: str) -> str:
    """A text without the breaks of its lines; paragraphs stay."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
