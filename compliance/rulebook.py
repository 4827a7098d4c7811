"""A rulebook: TOML documents in, a typed and validated book out. No files: whoever calls has read them.

A document has `title`, `kinds` (what may be traded under it), `order` (the rules that can refuse an order, the deciding
one first), optionally `transfer_order` (the same for transfers) and `include` (names of documents whose rules it takes
over), and a table `[[rules]]` for each rule. The format is described in the shipped books; `compliance.schema` lists every
rule id and parameter.

Status and date of a rule say where it comes from. They do not gate it: a book in force applies whole, so that a rule can
be tried before it is law. `enabled = false` on a rule switches it off.
"""

from __future__ import annotations

import hashlib
import tomllib
from typing import Final

from compliance.calendar import parse_iso_date
from compliance.parameters import ParameterError, Parameters, parse_parameters
from compliance.schema import APPLIES_TO, ENFORCED_BY, ON_TRANSFERS, PARAMETERS, PERMISSIONS, STATUSES
from engine.codes import INSTRUMENT_KINDS

BUILT_IN_RULEBOOKS: Final = ("elr-2025", "derivatives-2025", "general-2026")

# A book and those it includes, far above what three regimes need: bounds the work of one command.
MAX_DOCUMENTS: Final = 16

_BOOK_KEYS: Final = ("title", "kinds", "order", "transfer_order", "include", "rules")
_TEXT_KEYS: Final = ("id", "title", "who", "source", "status", "effective_from", "applies_to")
_RULE_KEYS: Final = (*_TEXT_KEYS, "note", "enabled", "parameters")


class RulebookError(ValueError):
    """What is wrong with a rulebook: names the document, the rule and the key."""


class RuleData:
    """One rule as its document states it."""

    def __init__(self, document: str, texts: dict[str, str], note: str, enabled: bool, parameters: Parameters) -> None:
        self.document: Final = document
        self.rule: Final = texts["id"]
        self.title: Final = texts["title"]
        self.who: Final = texts["who"]
        self.source: Final = texts["source"]
        self.status: Final = texts["status"]
        self.effective_from: Final = texts["effective_from"]
        self.applies_to: Final = texts["applies_to"]
        self.note: Final = note
        """What other sources report, or how the venue reads the rule."""
        self.enabled: Final = enabled
        self.parameters: Final = parameters


class Rulebook:
    """A validated book with all it includes."""

    def __init__(
        self,
        name: str,
        title: str,
        digest: str,
        documents: dict[str, str],
        rules: dict[str, RuleData],
        order: tuple[str, ...],
        kinds: tuple[str, ...],
        transfer_order: tuple[str, ...] = (),
    ) -> None:
        self.name: Final = name
        self.title: Final = title
        self.digest: Final = digest
        """SHA-256 of the name and the documents, in hexadecimal."""
        self.documents: Final = documents
        self.rules: Final = rules
        """By id, the included documents' first, in the order of the documents."""
        self.order: Final = order
        """The rules that can refuse an order, the deciding one first."""
        self.kinds: Final = kinds
        """Instrument kinds that may be traded."""
        self.transfer_order: Final = transfer_order
        """The rules that can refuse a transfer, the deciding one first; empty: none is asked."""

    def active(self, rule: str) -> RuleData | None:
        """The rule of this id, if the book has it and it is not switched off."""
        found = self.rules.get(rule)
        return found if found is not None and found.enabled else None


class _Document:
    """One parsed TOML document."""

    def __init__(
        self,
        title: str,
        include: list[str],
        kinds: list[str],
        order: list[str],
        transfer_order: list[str] | None,
        rules: list[RuleData],
    ) -> None:
        self.title: Final = title
        self.include: Final = include
        self.kinds: Final = kinds
        self.order: Final = order
        self.transfer_order: Final = transfer_order
        """None: it has none."""
        self.rules: Final = rules


class _UnquotedDecimal:
    """Stands for a TOML float, which no key may have: binary fractions don't hold kopecks."""

    def __init__(self, text: str) -> None:
        self.text: Final = text


def load_rulebook(name: str, documents: dict[str, str]) -> Rulebook:
    """Parse and validate the book `name` from the TOML texts of it and of every document it includes, by name.

    Raises:
        RulebookError: anything is missing, unknown, malformed, contradictory or superfluous; the message says where.
    """
    if len(documents) > MAX_DOCUMENTS:
        raise RulebookError(f"rulebook {name}: no more than {MAX_DOCUMENTS} documents")
    parsed: dict[str, _Document] = {}
    _collect(name, documents, [], parsed)
    for given in documents:
        if given not in parsed:
            raise RulebookError(f"rulebook {name}: document {given} is not included by it")
    rules: dict[str, RuleData] = {}
    kinds: list[str] = []
    for document_name, document in parsed.items():
        kinds.extend([kind for kind in document.kinds if kind not in kinds])
        for rule in document.rules:
            if rule.rule in rules:
                where = rules[rule.rule].document
                raise RulebookError(f"rulebook {document_name}: rule {rule.rule}: already stated in document {where}")
            rules[rule.rule] = rule
    root = parsed[name]
    on_orders = [rule for rule, data in rules.items() if data.applies_to == "order_entry" and rule not in PERMISSIONS]
    _check_order(name, "order", root.order, on_orders)
    transfer_order = _transfer_order(name, root, rules)
    _check_sense(name, rules, kinds)
    return Rulebook(
        name,
        root.title,
        _digest(name, documents),
        dict(documents),
        rules,
        tuple(root.order),
        tuple(kinds),
        tuple(transfer_order),
    )


def _collect(name: str, documents: dict[str, str], path: list[str], parsed: dict[str, _Document]) -> None:
    """Parse a document after those it includes, each once."""
    if name in path:
        raise RulebookError(f"rulebook {path[0]}: include cycle {' -> '.join([*path, name])}")
    if name in parsed:
        return
    text = documents.get(name)
    if text is None:
        needed = f"includes {name}, which is missing" if path else "its document is missing"
        raise RulebookError(f"rulebook {path[-1] if path else name}: {needed}")
    document = _document(name, text)
    for other in document.include:
        _collect(other, documents, [*path, name], parsed)
    parsed[name] = document


def _table(name: str, text: str) -> dict[str, object]:
    """The TOML of a document."""
    try:
        parsed: dict[str, object] = tomllib.loads(text, parse_float=_UnquotedDecimal)
    # RecursionError: a document of nothing but brackets must not stop a venue.
    except (ValueError, RecursionError) as error:
        raise RulebookError(f"rulebook {name}: not TOML: {error}") from error
    return parsed


def _document(name: str, text: str) -> _Document:
    """Validate a document by itself."""
    table = _table(name, text)
    for key in table:
        if key not in _BOOK_KEYS:
            raise RulebookError(f"rulebook {name}: unknown key {key}")
    kinds = _names(name, table, "kinds", True)
    for kind in kinds:
        if kind not in INSTRUMENT_KINDS:
            raise RulebookError(f"rulebook {name}: kinds: unknown kind {kind}; known: {', '.join(INSTRUMENT_KINDS)}")
    rows = table.get("rules")
    if not isinstance(rows, list) or not rows:
        raise RulebookError(f"rulebook {name}: needs at least one [[rules]] table")
    rules: list[RuleData] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise RulebookError(f"rulebook {name}: rules: entry {number} is not a table")
        rules.append(_rule(name, number, row))
    return _Document(
        _text(f"rulebook {name}", table, "title"),
        _names(name, table, "include", False),
        kinds,
        _names(name, table, "order", True),
        _names(name, table, "transfer_order", True) if "transfer_order" in table else None,
        rules,
    )


def _rule(name: str, number: int, row: dict[str, object]) -> RuleData:
    """Validate one rule."""
    rule = _text(f"rulebook {name}: rule {number}", row, "id")
    where = f"rulebook {name}: rule {rule}"
    if rule not in PARAMETERS:
        raise RulebookError(f"{where}: unknown rule id; known: {', '.join(PARAMETERS)}")
    for key in row:
        if key not in _RULE_KEYS:
            raise RulebookError(f"{where}: unknown key {key}")
    texts = {key: _text(where, row, key) for key in _TEXT_KEYS}
    if texts["status"] not in STATUSES:
        raise RulebookError(f"{where}: status: {texts['status']} is none of {', '.join(STATUSES)}")
    if parse_iso_date(texts["effective_from"]) is None:
        raise RulebookError(f"{where}: effective_from: {texts['effective_from']} is no date YYYY-MM-DD")
    if texts["applies_to"] not in APPLIES_TO:
        raise RulebookError(f"{where}: applies_to: {texts['applies_to']} is none of {', '.join(APPLIES_TO)}")
    if texts["applies_to"] != ENFORCED_BY[rule]:
        raise RulebookError(f"{where}: applies_to: must be {ENFORCED_BY[rule]}, which is what enforces it here")
    note = _text(where, row, "note") if "note" in row else ""
    enabled = row.get("enabled", True)
    if not isinstance(enabled, bool):
        raise RulebookError(f"{where}: enabled: must be true or false")
    given = row.get("parameters", {})
    if not isinstance(given, dict):
        raise RulebookError(f"{where}: parameters: must be a table")
    try:
        parameters = parse_parameters(rule, given)
    except ParameterError as error:
        raise RulebookError(f"{where}: {error}") from error
    return RuleData(name, texts, note, enabled, parameters)


def _text(where: str, table: dict[str, object], key: str) -> str:
    """A text that must be there and not be blank."""
    value = table.get(key)
    if value is None:
        raise RulebookError(f"{where}: {key} is missing")
    if not isinstance(value, str) or not value.strip():
        raise RulebookError(f"{where}: {key}: must be a text")
    return value


def _names(name: str, table: dict[str, object], key: str, required: bool) -> list[str]:
    """A list of different names."""
    value = table.get(key)
    if value is None and not required:
        return []
    if not isinstance(value, list):
        raise RulebookError(f"rulebook {name}: {key}: must be a list of names")
    names: list[str] = []
    for item in value:
        if not isinstance(item, str) or not item or item in names:
            raise RulebookError(f"rulebook {name}: {key}: must be a list of different names")
        names.append(item)
    return names


def _check_order(name: str, key: str, order: list[str], can_refuse: list[str]) -> None:
    """An order of decision names each rule that can refuse, once, and no other."""
    what = "an order" if key == "order" else "a transfer"
    for rule in order:
        if rule not in can_refuse:
            raise RulebookError(f"rulebook {name}: {key}: {rule} is not a rule of this book that can refuse {what}")
    for rule in can_refuse:
        if rule not in order:
            raise RulebookError(f"rulebook {name}: {key}: {rule} is missing")


def _transfer_order(name: str, root: _Document, rules: dict[str, RuleData]) -> list[str]:
    """The order of decision on transfers. A book without one asks no rule, and so may not have any that only they meet."""
    if root.transfer_order is None:
        for rule, data in rules.items():
            if data.applies_to == "transfer":
                raise RulebookError(f"rulebook {name}: transfer_order is missing: nothing else enforces {rule}")
        return []
    _check_order(name, "transfer_order", root.transfer_order, [rule for rule in rules if rule in ON_TRANSFERS])
    return root.transfer_order


def _check_sense(name: str, rules: dict[str, RuleData], kinds: list[str]) -> None:
    """Refuse books whose rules contradict each other or refer to rules that they lack."""
    ordinary = rules.get("QUAL-0")
    if ordinary is None:
        raise RulebookError(f"rulebook {name}: rule QUAL-0 is missing: without it nobody can be classified")
    super_qualified = rules.get("ELR-1")
    if super_qualified is not None:
        least = ordinary.parameters.number("individual_assets_rub")
        if super_qualified.parameters.number("assets_above_rub") < least:
            raise RulebookError(
                f"rulebook {name}: rule ELR-1: assets_above_rub: below individual_assets_rub of QUAL-0, "
                f"so a super-qualified investor need not be qualified"
            )
    tiers = rules.get("RET-2")
    if tiers is not None:
        basis = tiers.parameters.word("highly_liquid_by")
        for rule, needed in (("LIQ-1", basis != "list"), ("LIQ-2", basis != "criteria")):
            if needed and rule not in rules:
                raise RulebookError(f"rulebook {name}: rule RET-2: highly_liquid_by: {basis} needs rule {rule}")
    if len(kinds) < len(INSTRUMENT_KINDS) and "DER-1" not in rules:
        raise RulebookError(f"rulebook {name}: kinds: leaves some out, but no rule DER-1 is there to refuse them")


def _digest(name: str, documents: dict[str, str]) -> str:
    """SHA-256 over the name and, sorted by name, each document with its length, so that no two sets run together."""
    hashed = hashlib.sha256(name.encode())
    for document in sorted(documents):
        content = documents[document].encode()
        hashed.update(f"\n{document} {len(content)}\n".encode())
        hashed.update(content)
    return hashed.hexdigest()
