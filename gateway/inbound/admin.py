"""Admin requests as commands of the core: who may send which, and what their arguments look like.

Arguments carry the names of the command's fields. A field that ends in `_e8` is given without that ending, as a decimal
string; amounts of money are decimal strings in whole units of their asset; kinds, phases, scopes, modes are names; a
schedule is a table of Moscow times and phases. Documents are numbers by kind, and become identity keys here (ID-1). `by` and `role`
are not given: they are who is logged in, and as what. Nor is `issuer` of what is done to an issued asset: it is the participant who asks, or nobody if the venue does it on the issuer's behalf. Whether that
participant is the issuer, the core says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, cast, get_args

from engine.book.assets import Asset
from engine.command_row import PARTICIPANT, ROLES, SUPERVISOR, CommandRow
from engine.command_table import COMMANDS
from engine.state.listing import MAX_SCALE
from engine.trading_rows import TRADING
from engine.vocabulary.codes import FIRM, INVESTOR_KINDS
from engine.vocabulary.decimals import decimal_e8
from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_RULE_TEXT_CHARS, MAX_SUPPLY, MAX_TEXT_CHARS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, Command
from gateway.documents import DocumentError, is_like_a_number, spills
from gateway.identity import Identities, check_documents, check_owners, secrets_of
from gateway.inbound.keyholders import parse_address
from gateway.keys import KeyFileError, parse_public_key
from gateway.outbound.given import FAUCET
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.messages import Admin, ToldArgument
from gateway.protocol.wire import Malformed, parse_amount, parse_e8
from gateway.venue.schedule import parse_schedule
from gateway.venue.venue import Participant, built_in_rulebooks, load_rulebook_documents

_ADMIN: Final = [row for row in COMMANDS.values() if row not in TRADING]
ALLOWED: Final = {role: {row.name: row for row in _ADMIN if role in row.senders} for role in ROLES}
"""The commands of each role by their names in requests."""
_ISSUED: Final = {name: row for name, row in ALLOWED[PARTICIPANT].items() if "issuer" in row.kind.__struct_fields__}
"""What an issuer may do: then the issuer is who asks."""
CHANGES: Final = {name: row for name, row in ALLOWED[SUPERVISOR].items() if row.kind in get_args(commands.HookCommand)}
"""What may wait for an effective date."""

TEXTS: Final = {
    **dict.fromkeys(("reason", "terms", "source", "licence", "subject", "origin", "title", "note"), MAX_TEXT_CHARS),
    **dict.fromkeys(("value", "text"), MAX_RULE_TEXT_CHARS),
}
"""Texts for people, and how long they may be; all other strings are names."""
NAMES: Final = ("instruments", "second", "investors", "accounts", "scopes")
"""Lists of names."""
LIMITING: Final = ("scopes", "addresses")
"""Lists without which a key may do more than with any."""
_RETIRED: Final = ((commands.RecordAcknowledgement, "version"),)
"""Fields that only old journals fill in."""
_WHO: Final = ("by", "role", "by_role", "by_key")
"""Fields that are not given: who is logged in, as what, and with which key."""
_ASKED: Final = ((commands.RegisterParticipant, "role"),)
"""But for those that are: somebody else's."""
_OTHERWISE: Final = {"identity_keys": "documents", "owner_keys": "owners"}
"""What is not given as the command holds it, by field: what it is called."""
_NAMED_HERE: Final = (
    (commands.RegisterInvestor, "investor"),
    (commands.RegisterIntermediary, "intermediary"),
    (commands.OpenAccount, "account"),
    (commands.RegisterParticipant, "participant"),
    (commands.RegisterKey, "key"),
)
"""Where somebody gets a name, which stands in journals and reports from then on."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
# Integers on the wire stay within the journal's 64 bits.
_MAX_INT: Final = 2**63 - 1


class NotAllowed(Exception):
    """The role may not send this command."""


class Known(NamedTuple):
    """By what arguments are read."""

    assets: Mapping[str, Asset]
    identities: Identities
    filled_in: Mapping[str, str]
    """Fields that are not given, but follow from who asks."""


class Sender(NamedTuple):
    """Who asks."""

    participant: str
    role: str
    key: str = ""
    """That they are logged in with."""


def admin_command(request: Admin, sender: Sender, assets: Mapping[str, Asset], identities: Identities) -> AnyCommand:
    """The command that an admin request asks for.

    Args:
        request: as decoded.
        sender: who sent it.
        assets: those that are known, by name: their scales are needed for amounts.
        identities: makes the keys of documents.

    Raises:
        NotAllowed: another role may, or there is no such command.
        Malformed: an argument is missing, unknown, or not what its field holds.
    """
    participant, role, key = sender
    row = ALLOWED.get(role, {}).get(request.command)
    if row is None:
        known = ", ".join(sorted([*ALLOWED.get(role, {}), *([FAUCET] if role == PARTICIPANT else [])])) or "none"
        raise NotAllowed(f"as {role} you may send: {known}")
    filled_in = {"by": participant, "role": role, "by_role": role, "by_key": key}
    if row.name in _ISSUED:
        filled_in["issuer"] = participant if role == PARTICIPANT else ""
    command = _command(row, request.arguments, "arguments", Known(assets, identities, filled_in))
    if secrets_of(command) and spills(request.arguments):
        raise Malformed("arguments: the number of a document stands in another argument, too")
    return command


def check_own(command: AnyCommand, participant: Participant, reports: PrivateReports) -> None:
    """Raise NotAllowed if a participant acknowledges for somebody else than the owners of accounts it operates."""
    if participant.role != PARTICIPANT or not isinstance(command, commands.RecordAcknowledgement):
        return
    own = reports.accounts.get(participant.participant, ())
    if all(reports.investors[each] != command.investor for each in own):
        raise NotAllowed("acknowledge for those whose accounts you operate")


def check_approvers(command: AnyCommand, roles: Iterable[str]) -> None:
    """Raise NotAllowed where nobody could give the second approval that a command has asked for from now on.

    Args:
        command: any.
        roles: of all participants of the venue.
    """
    if isinstance(command, commands.SetApproval) and command.second and list(roles).count(SUPERVISOR) < 2:
        raise NotAllowed(
            "nobody could give a second approval: the venue has one supervisor. Name another one in [[participants]] of its file, "
            'with role = "supervisor", and start it again'
        )


def argument_names(row: CommandRow) -> tuple[list[str], list[str]]:
    """The names of a command's arguments: those it needs, and the others."""
    kind = row.kind
    if kind is commands.EffectiveFrom:
        return ["effective_ns", "command", "arguments"], ["reason"]
    fields = kind.__struct_fields__
    required = len(fields) - len(kind.__struct_defaults__)
    names: tuple[list[str], list[str]] = ([], [])
    for number, field in enumerate(fields):
        if _is_filled_in(kind, field) or (field == "issuer" and row.name in _ISSUED) or (kind, field) in _RETIRED:
            continue
        # A rulebook of this distribution needs no documents.
        names[number >= required or field == "documents"].append(called(field))
    return names


def _is_filled_in(kind: type[Command], field: str) -> bool:
    return field in _WHO and (kind, field) not in _ASKED


def called(field: str) -> str:
    """What the argument of a field is called."""
    return _OTHERWISE.get(field) or field.removesuffix("_e8")


def _command(row: CommandRow, given: Mapping[str, object], where: str, known: Known) -> AnyCommand:
    """A command with the arguments given; `where` they stand in the request is named in errors."""
    kind = row.kind
    required, optional = argument_names(row)
    for name in required:
        if name not in given:
            raise Malformed(f"{where}.{name}: missing")
    unknown = [name for name in given if name not in required and name not in optional]
    if unknown:
        names = ", ".join(required + optional)
        raise Malformed(f"{where}: unknown name {min(unknown)[:MAX_NAME_CHARS]!r}; known: {names}")
    if kind is commands.RegisterInvestor:
        _check_counts(given, where)
    values: dict[str, Any] = {}
    for field in kind.__struct_fields__:
        name = called(field)
        if field in known.filled_in and (kind, field) not in _ASKED:
            values[field] = known.filled_in[field]
        elif field == "change":
            values[field] = _change(given, where, known)
        elif field == "documents" and name not in given:
            values[field] = _documents(given.get("name"), where)
        elif name in given:
            try:
                values[field] = _value(row, field, given, known)
            except (Malformed, DocumentError) as error:
                raise Malformed(f"{where}.{name}: {error}") from error
    return cast("AnyCommand", row.kind(**values))


def _check_counts(given: Mapping[str, object], where: str) -> None:
    """See that there are not too many owners or documents, before keys are made of any; what is none is found later."""
    own, owners = given.get("documents"), given.get("owners")
    try:
        if isinstance(own, dict):
            check_documents(own)
        if isinstance(owners, list):
            check_owners([owner if isinstance(owner, dict) else {} for owner in owners])
    except DocumentError as error:
        raise Malformed(f"{where}: {error}") from error


def _change(given: Mapping[str, object], where: str, known: Known) -> AnyCommand:
    """The command within `effective_from`."""
    name, arguments = given["command"], given["arguments"]
    row = CHANGES.get(name) if isinstance(name, str) else None
    if row is None:
        raise Malformed(f"{where}.command: expected one of {', '.join(sorted(CHANGES))}")
    if not isinstance(arguments, dict):
        raise Malformed(f"{where}.arguments: expected a table of the command's arguments")
    return _command(row, arguments, f"{where}.arguments", known)


def _value(row: CommandRow, field: str, arguments: Mapping[str, object], known: Known) -> object:
    """One argument as its field holds it."""
    given = arguments[called(field)]
    if (row.kind, field) in _NAMED_HERE and is_like_a_number(str(given)):
        raise Malformed("a name must not look as the number of a document does: it stands in journals and reports")
    if field == "digest" and not _DIGEST.match(_text(given)):
        raise Malformed("expected the SHA-256 digest of a text: 64 hexadecimal digits in lower case")
    if field == "identity_keys":
        return known.identities.keys(_documents_of(given), firm=arguments.get("kind") == INVESTOR_KINDS[FIRM])
    if field == "owner_keys":
        if not isinstance(given, list):
            raise Malformed("expected a list of owners, each a table of documents")
        return known.identities.keys_of_all([_documents_of(owner) for owner in given])
    if field.endswith("_e8"):
        return parse_e8(_text(given))
    if field == "amount":
        return _money(given, arguments, "asset", known.assets)
    if field == "max_notional":
        return _money(given, arguments, "quote", known.assets)
    if field == "issue_limit":
        return _limit(given, arguments.get("scale"))
    if field == "steps":
        return _steps(given)
    if field in LIMITING and given == []:
        raise Malformed("an empty list would limit nothing: leave it out if that is meant")
    if field in NAMES:
        return _names(given)
    if field == "addresses":
        return _addresses(given)
    if field == "public_key":
        return _public_key(given)
    if field == "seqs":
        return _numbers(given)
    if field in row.names:
        return _code(given, row.names[field])
    return _plain(field, given, row.kind.__annotations__[field])


def _plain(field: str, given: object, annotation: str) -> object:
    """A string, integer, boolean or table of texts, as the field's annotation says; one that may be None may be left out."""
    annotation = annotation.removesuffix(" | None")
    if annotation == "bool":
        if type(given) is not bool:
            raise Malformed("expected true or false")
        return given
    if annotation == "int":
        if type(given) is not int:
            raise Malformed("expected an integer")
        if not -_MAX_INT <= given <= _MAX_INT:
            raise Malformed("outside 64 bits")
        return given
    if annotation == "str":
        text = _text(given)
        if len(text) > TEXTS.get(field, MAX_NAME_CHARS):
            raise Malformed("too long")
        return text
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise Malformed("expected a table of texts by name")
    return given


def arguments_of(command: Command) -> dict[str, ToldArgument]:
    """The arguments that ask for a command which may wait for a second approval; without a rulebook's documents, and a reason that is none."""
    if isinstance(command, commands.EffectiveFrom):
        change: Any = arguments_of(command.change)
        name = COMMANDS[type(command.change)].name
        found: dict[str, ToldArgument] = {"effective_ns": command.effective_ns, "command": name, "arguments": change}
        return found | ({"reason": command.reason} if command.reason else {})
    found = {}
    for field in type(command).__struct_fields__:
        value = getattr(command, field)
        if _is_filled_in(type(command), field) or field == "documents" or (field == "reason" and not value):
            continue
        if field.endswith("_e8"):
            value = decimal_e8(value)
        found[called(field)] = list(value) if isinstance(value, tuple) else value
    return found


def change_arguments(change: Command) -> dict[str, ToldArgument]:
    """The arguments of a change that waits for its date: without those that may be left out, people's documents and a long text; names for codes."""
    kind = type(change)
    names, defaults = COMMANDS[kind].names, kind.__struct_defaults__
    left_out = dict(zip(kind.__struct_fields__[-len(defaults) :], defaults, strict=True))
    return {
        name: names[name][value] if name in names and isinstance(value, int) else value
        for name, value in arguments_of(change).items()
        if value != left_out.get(name) and name not in {*_OTHERWISE.values(), "text"}
    }


def _documents_of(given: object) -> dict[str, str]:
    """The documents of one person or firm."""
    if not isinstance(given, dict) or not all(isinstance(number, str) for number in given.values()):
        raise Malformed("expected a table of numbers by kind of document, each a string")
    return given


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise Malformed("expected a string")
    return given


def _steps(given: object) -> tuple[tuple[int, int], ...]:
    """A daily schedule, given as a table `{"09:50": "opening_auction", ...}` of Moscow times and phases."""
    if not isinstance(given, dict):
        raise Malformed('expected a table such as {"10:00": "continuous"}')
    try:
        return parse_schedule(given)
    except ValueError as error:
        raise Malformed(str(error)) from error


def _names(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) and len(name) <= MAX_NAME_CHARS for name in given):
        raise Malformed("expected a list of names")
    return tuple(given)


def _addresses(given: object) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(parse_address(each) for each in _names(given)))
    except ValueError as error:
        raise Malformed("expected a list of IP addresses and networks, such as 192.0.2.7 and 10.1.0.0/16") from error


def _public_key(given: object) -> str:
    try:
        return parse_public_key(_text(given)).hex()
    except KeyFileError as error:
        raise Malformed(str(error)) from error


def _numbers(given: object) -> tuple[int, ...]:
    if not isinstance(given, list) or not all(type(each) is int and 0 <= each <= _MAX_INT for each in given):
        raise Malformed("expected a list of sequence numbers")
    return tuple(given)


def _code(given: object, names: tuple[str, ...]) -> int:
    if given not in names:
        raise Malformed(f"expected one of {', '.join(names)}")
    return names.index(given)


def _money(given: object, arguments: Mapping[str, object], named_by: str, assets: Mapping[str, Asset]) -> int:
    """An amount in minor units of an asset that another argument names."""
    name = arguments.get(named_by)
    if name is None:
        raise Malformed(f"needs {named_by}, the asset that it is an amount of")
    asset = assets.get(name) if isinstance(name, str) else None
    if asset is None:
        raise Malformed("unknown asset")
    return parse_amount(_text(given), asset.scale, MAX_SUPPLY)


def _limit(given: object, scale: object) -> int:
    """An amount of an asset that is only being added, at the scale that it will have."""
    if type(scale) is not int or not 0 <= scale <= MAX_SCALE:
        raise Malformed(f"needs a scale from 0 to {MAX_SCALE}")
    return parse_amount(_text(given), scale, MAX_SUPPLY)


def _documents(name: object, where: str) -> dict[str, str]:
    """The documents of a rulebook of this distribution; never a file that the request names."""
    if not isinstance(name, str) or name not in built_in_rulebooks():
        raise Malformed(f"{where}.name: without documents, one of {', '.join(built_in_rulebooks())}")
    return load_rulebook_documents(name)[1]
