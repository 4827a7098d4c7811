"""A rulebook: TOML documents in, a typed and validated book out. No files: whoever calls has read them.

A document has `title`, `kinds` (what may be traded under it), `order` (the rules that can refuse an order, the deciding
one first), optionally `transfer_order` (the same for transfers) and `include` (names of documents whose rules it takes
over), and a table `[[rules]]` for each rule. The format is described in the shipped books; `compliance.rulebook.schema` lists every
rule id and parameter.

Status and date of a rule say where it comes from. They do not gate it: a book in force applies whole, so that a rule can
be tried before it is law. `enabled = false` on a rule switches it off.
"""

from __future__ import annotations

import hashlib
import tomllib
from typing import Final

from compliance.registry.calendar import parse_iso_date
from compliance.rulebook.parameters import ParameterError, Parameters, overridden, parse_parameters
from compliance.rulebook.schema import APPLIES_TO, ENFORCED_BY, ON_TRANSFERS, PARAMETERS, PERMISSIONS, STATUSES
from engine.vocabulary.codes import INSTRUMENT_KINDS

BUILT_IN_RULEBOOKS: Final = ("elr-2025", "derivatives-2025", "general-2026")

# Settings of a supervisor on top of a book: by rule and key, as texts.
Overrides = dict[tuple[str, str], str]

# A book and those it includes, far above what three regimes need: bounds the work of one command.
MAX_DOCUMENTS: Final = 16

_BOOK_KEYS: Final = ("title", "kinds", "order", "transfer_order", "include", "rules")
_TEXT_KEYS: Final = ("id", "title", "who", "source", "status", "effective_from", "applies_to")
_RULE_KEYS: Final = (*_TEXT_KEYS, "note", "enabled", "parameters")


class Fault:
    """One thing that is wrong with a rulebook, and where."""

    def __init__(self, document: str, rule: str, key: str, text: str) -> None:
        self.document: Final = document
        self.rule: Final = rule
        """The rule's id, or its place from 1 if it has none; empty: the fault is of the document."""
        self.key: Final = key
        self.text: Final = text

    @property
    def message(self) -> str:
        """Place and words in one line."""
        place = f"rulebook {self.document}: rule {self.rule}" if self.rule else f"rulebook {self.document}"
        return f"{place}: {self.text}"


class RulebookError(ValueError):
    """What is wrong with a rulebook; the message is that of the first fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults: Final = faults
        """All of them, document by document, then those of the whole."""


class RuleData:
    """One rule as its document states it."""

    def __init__(self, document: str, texts: dict[str, str], note: str, enabled: bool, parameters: Parameters) -> None:
        self._texts: Final = texts
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

    def changed(self, enabled: bool, parameters: Parameters) -> RuleData:
        """The same rule with other settings."""
        return RuleData(self.document, self._texts, self.note, enabled, parameters)


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
        transfer_order: tuple[str, ...],
        overrides: Overrides,
    ) -> None:
        self.name: Final = name
        self.title: Final = title
        self.digest: Final = digest
        """SHA-256 of the name and the documents, in hexadecimal; overrides are not in it."""
        self.documents: Final = documents
        self.rules: Final = rules
        """By id, the included documents' first, in the order of the documents."""
        self.order: Final = order
        """The rules that can refuse an order, the deciding one first."""
        self.kinds: Final = kinds
        """Instrument kinds that may be traded."""
        self.transfer_order: Final = transfer_order
        """The rules that can refuse a transfer, the deciding one first; empty: none is asked."""
        self.overrides: Final = overrides
        """What a supervisor set on top of the documents; `rules` has it already."""

    def active(self, rule: str) -> RuleData | None:
        """The rule of this id, if the book has it and it is not switched off."""
        found = self.rules.get(rule)
        return found if found is not None and found.enabled else None


class _Place:
    """A document, or one rule of it, and where everything that is wrong with it is gathered."""

    def __init__(self, faults: list[Fault], document: str, rule: str = "") -> None:
        self.faults: Final = faults
        self.document: Final = document
        self.rule: Final = rule

    def fault(self, key: str, text: str) -> None:
        """Take note of a fault here."""
        self.faults.append(Fault(self.document, self.rule, key, text))


class _Document:
    """One parsed TOML document."""

    def __init__(
        self,
        title: str,
        include: list[str],
        kinds: list[str],
        order: list[str],
        transfer_order: list[str] | None,
        stated: list[str],
        rules: dict[str, RuleData],
    ) -> None:
        self.title: Final = title
        self.include: Final = include
        self.kinds: Final = kinds
        self.order: Final = order
        self.transfer_order: Final = transfer_order
        """None: it has none."""
        self.stated: Final = stated
        """Ids of its rules, those with faults too."""
        self.rules: Final = rules


class _UnquotedDecimal:
    """Stands for a TOML float, which no key may have: binary fractions don't hold kopecks."""

    def __init__(self, text: str) -> None:
        self.text: Final = text


def load_rulebook(name: str, documents: dict[str, str], overrides: Overrides | None = None) -> Rulebook:
    """Parse and validate the book `name` from the TOML texts of it and of every document it includes, by name.

    `overrides` are set on top of the documents, and the whole is validated with them.

    Raises:
        RulebookError: anything is missing, unknown, malformed, contradictory or superfluous; its faults say what and where.
    """
    faults: list[Fault] = []
    whole = _Place(faults, name)
    if len(documents) > MAX_DOCUMENTS:
        whole.fault("include", f"no more than {MAX_DOCUMENTS} documents")
        raise RulebookError(faults)
    parsed: dict[str, _Document] = {}
    complete = _collect(whole, name, documents, [], parsed)
    for given in documents:
        if complete and given not in parsed:
            whole.fault("include", f"document {given} is not included by it")
    stated: dict[str, str] = {}
    rules: dict[str, RuleData] = {}
    kinds: list[str] = []
    for document_name, document in parsed.items():
        kinds.extend([kind for kind in document.kinds if kind not in kinds])
        for rule in document.stated:
            if rule in stated:
                place = _Place(faults, document_name, rule)
                place.fault("id", f"already stated in document {stated[rule]}")
            else:
                stated[rule] = document_name
                if rule in document.rules:
                    rules[rule] = document.rules[rule]
    settings: Overrides = {} if overrides is None else dict(overrides)
    _override(whole, rules, settings)
    if complete:
        _check_orders(whole, parsed[name], list(stated))
        _check_sense(whole, list(stated), rules, kinds)
    if faults:
        raise RulebookError(faults)
    root = parsed[name]
    return Rulebook(
        name,
        root.title,
        _digest(name, documents),
        dict(documents),
        rules,
        tuple(root.order),
        tuple(kinds),
        tuple([] if root.transfer_order is None else root.transfer_order),
        settings,
    )


def _collect(
    whole: _Place, name: str, documents: dict[str, str], path: list[str], parsed: dict[str, _Document]
) -> bool:
    """Parse a document after those it includes, each once; False if one of them can't be read at all."""
    if name in path:
        whole.fault("include", f"include cycle {' -> '.join([*path, name])}")
        return False
    if name in parsed:
        return True
    text = documents.get(name)
    if text is None:
        needed = f"includes {name}, which is missing" if path else "its document is missing"
        _Place(whole.faults, path[-1] if path else name).fault("include", needed)
        return False
    document = _document(_Place(whole.faults, name), text)
    if document is None:
        return False
    complete = True
    for other in document.include:
        complete = _collect(whole, other, documents, [*path, name], parsed) and complete
    parsed[name] = document
    return complete


def _table(place: _Place, text: str) -> dict[str, object] | None:
    """The TOML of a document."""
    try:
        parsed: dict[str, object] = tomllib.loads(text, parse_float=_UnquotedDecimal)
    # RecursionError: a document of nothing but brackets must not stop a venue.
    except (ValueError, RecursionError) as error:
        place.fault("", f"not TOML: {error}")
        return None
    return parsed


def _document(place: _Place, text: str) -> _Document | None:
    """Validate a document by itself; None if it is no TOML."""
    table = _table(place, text)
    if table is None:
        return None
    for key in table:
        if key not in _BOOK_KEYS:
            place.fault(key, f"unknown key {key}")
    title = _text(place, table, "title")
    include = _names(place, table, "include", False)
    kinds = _names(place, table, "kinds", True)
    for kind in kinds:
        if kind not in INSTRUMENT_KINDS:
            place.fault("kinds", f"kinds: unknown kind {kind}; known: {', '.join(INSTRUMENT_KINDS)}")
    order = _names(place, table, "order", True)
    transfer_order = _names(place, table, "transfer_order", True) if "transfer_order" in table else None
    stated: list[str] = []
    rules: dict[str, RuleData] = {}
    rows = table.get("rules")
    if not isinstance(rows, list) or not rows:
        place.fault("rules", "needs at least one [[rules]] table")
        rows = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            place.fault("rules", f"rules: entry {number} is not a table")
            continue
        rule = row.get("id")
        if not isinstance(rule, str) or not rule.strip():
            _text(_Place(place.faults, place.document, str(number)), row, "id")
            continue
        if rule not in PARAMETERS:
            unknown = f"unknown rule id; known: {', '.join(PARAMETERS)}"
            _Place(place.faults, place.document, rule).fault("id", unknown)
            continue
        stated.append(rule)
        data = _rule(_Place(place.faults, place.document, rule), row)
        if data is not None:
            rules[rule] = data
    return _Document(title, include, kinds, order, transfer_order, stated, rules)


def _rule(place: _Place, row: dict[str, object]) -> RuleData | None:
    """Validate one rule; None if anything is wrong with it."""
    before = len(place.faults)
    for key in row:
        if key not in _RULE_KEYS:
            place.fault(key, f"unknown key {key}")
    texts = {key: _text(place, row, key) for key in _TEXT_KEYS}
    for key, known in (("status", STATUSES), ("applies_to", APPLIES_TO)):
        if texts[key] and texts[key] not in known:
            place.fault(key, f"{key}: {texts[key]} is none of {', '.join(known)}")
    if texts["effective_from"] and parse_iso_date(texts["effective_from"]) is None:
        place.fault("effective_from", f"effective_from: {texts['effective_from']} is no date YYYY-MM-DD")
    enforced_by = ENFORCED_BY[place.rule]
    if texts["applies_to"] in APPLIES_TO and texts["applies_to"] != enforced_by:
        place.fault("applies_to", f"applies_to: must be {enforced_by}, which is what enforces it here")
    note = _text(place, row, "note") if "note" in row else ""
    enabled = row.get("enabled", True)
    if not isinstance(enabled, bool):
        place.fault("enabled", "enabled: must be true or false")
        enabled = True
    given = row.get("parameters", {})
    if not isinstance(given, dict):
        place.fault("parameters", "parameters: must be a table")
        return None
    try:
        parameters = parse_parameters(place.rule, given)
    except ParameterError as error:
        for key, text in error.faults:
            place.fault(key, text)
        return None
    if len(place.faults) > before:
        return None
    return RuleData(place.document, texts, note, enabled, parameters)


def _text(place: _Place, table: dict[str, object], key: str) -> str:
    """A text that must be there and not be blank; empty if it isn't so."""
    value = table.get(key)
    if value is None:
        place.fault(key, f"{key} is missing")
        return ""
    if not isinstance(value, str) or not value.strip():
        place.fault(key, f"{key}: must be a text")
        return ""
    return value


def _names(place: _Place, table: dict[str, object], key: str, required: bool) -> list[str]:
    """A list of different names; as far as it is one."""
    value = table.get(key)
    if value is None and not required:
        return []
    if not isinstance(value, list):
        place.fault(key, f"{key}: must be a list of names")
        return []
    names: list[str] = []
    for item in value:
        if not isinstance(item, str) or not item or item in names:
            place.fault(key, f"{key}: must be a list of different names")
            break
        names.append(item)
    return names


def _override(whole: _Place, rules: dict[str, RuleData], overrides: Overrides) -> None:
    """Put a supervisor's settings in the place of those of the documents."""
    for (rule, key), text in overrides.items():
        data = rules.get(rule)
        if data is None:
            whole.fault(rule, f"unknown rule {rule}; this book has: {', '.join(rules)}")
            continue
        place = _Place(whole.faults, data.document, rule)
        if key == "enabled":
            if text not in ("true", "false"):
                place.fault(key, "enabled: must be true or false")
            rules[rule] = data.changed(text == "true", data.parameters)
            continue
        try:
            rules[rule] = data.changed(data.enabled, overridden(data.parameters, rule, key, text))
        except ParameterError as error:
            for fault_key, fault in error.faults:
                place.fault(fault_key, fault)


def _check_orders(whole: _Place, root: _Document, stated: list[str]) -> None:
    """Check both orders of decision. A book without one on transfers may have no rule that only they meet."""
    can_refuse = [rule for rule in stated if ENFORCED_BY[rule] == "order_entry" and rule not in PERMISSIONS]
    _check_order(whole, "order", root.order, can_refuse)
    if root.transfer_order is not None:
        _check_order(whole, "transfer_order", root.transfer_order, [rule for rule in stated if rule in ON_TRANSFERS])
        return
    for rule in stated:
        if ENFORCED_BY[rule] == "transfer":
            whole.fault("transfer_order", f"transfer_order is missing: nothing else enforces {rule}")


def _check_order(whole: _Place, key: str, order: list[str], can_refuse: list[str]) -> None:
    """An order of decision names each rule that can refuse, once, and no other."""
    what = "an order" if key == "order" else "a transfer"
    for rule in order:
        if rule not in can_refuse:
            whole.fault(key, f"{key}: {rule} is not a rule of this book that can refuse {what}")
    for rule in can_refuse:
        if rule not in order:
            whole.fault(key, f"{key}: {rule} is missing")


def _check_sense(whole: _Place, stated: list[str], rules: dict[str, RuleData], kinds: list[str]) -> None:
    """Refuse books whose rules contradict each other or refer to rules that they lack. Of rules without faults."""
    if "QUAL-0" not in stated:
        whole.fault("rules", "rule QUAL-0 is missing: without it nobody can be classified")
    ordinary, super_qualified = rules.get("QUAL-0"), rules.get("ELR-1")
    if ordinary is not None and not ordinary.enabled:
        _Place(whole.faults, whole.document, "QUAL-0").fault(
            "enabled", "enabled: must be true: without it nobody can be classified"
        )
    if ordinary is not None and super_qualified is not None:
        least = ordinary.parameters.number("individual_assets_rub")
        if super_qualified.parameters.number("assets_above_rub") < least:
            _Place(whole.faults, whole.document, "ELR-1").fault(
                "assets_above_rub",
                "assets_above_rub: below individual_assets_rub of QUAL-0, "
                "so a super-qualified investor need not be qualified",
            )
    tiers = rules.get("RET-2")
    if tiers is not None:
        basis = tiers.parameters.word("highly_liquid_by")
        for rule, needed in (("LIQ-1", basis != "list"), ("LIQ-2", basis != "criteria")):
            off = rule in rules and not rules[rule].enabled
            if needed and (rule not in stated or (off and tiers.enabled)):
                which = f"{rule}, which is switched off" if off else rule
                _Place(whole.faults, whole.document, "RET-2").fault(
                    "highly_liquid_by", f"highly_liquid_by: {basis} needs rule {which}"
                )
    if len(kinds) < len(INSTRUMENT_KINDS) and "DER-1" not in stated:
        whole.fault("kinds", "kinds: leaves some out, but no rule DER-1 is there to refuse them")


def _digest(name: str, documents: dict[str, str]) -> str:
    """SHA-256 over the name and, sorted by name, each document with its length, so that no two sets run together."""
    hashed = hashlib.sha256(name.encode())
    for document in sorted(documents):
        content = documents[document].encode()
        hashed.update(f"\n{document} {len(content)}\n".encode())
        hashed.update(content)
    return hashed.hexdigest()
