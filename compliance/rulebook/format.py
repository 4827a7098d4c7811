"""Rulebooks read: TOML documents in, a typed and validated rulebook out. No files: whoever calls has read them.

A document has `title`, `kinds` (what may be traded under it), `order` (the rules that can refuse an order, the deciding
one first), optionally `transfer_order` (the same for transfers) and `include` (names of documents whose rules it takes
over; what neither order names stands where it stands in theirs), and a table `[[rules]]` for each rule. The format is described in the shipped rulebooks; every rule id and parameter is
declared in `compliance.rules`. `title_ru` and, of a rule, `who_ru`, `source_ru` and `note_ru` say the same in Russian; each may
be left out.

Status and date of a rule say where it comes from. They do not gate it: a rulebook in force applies whole, so that a rule can
be tried before it is law. `enabled = false` on a rule switches it off. A parameter `starts` with a date does gate it, and any
other parameter may have values by date: see `compliance.rulebook.parameters`.
"""

from __future__ import annotations

import hashlib
import tomllib
from typing import Final

from compliance.registry.calendar import parse_iso_date
from compliance.rulebook.declaration import ALWAYS, APPLIES_TO, STATUSES, Declaration, Declarations
from compliance.rulebook.faults import Fault, Place, RulebookError
from compliance.rulebook.parameters import ParameterError, Stage, overridden, parse_stages, present_key
from compliance.rulebook.rulebook import RUSSIAN_PARTS, Overrides, Rulebook, RuleData
from compliance.rulebook.scan import scan_problem
from compliance.rulebook.sense import check_orders, check_sense
from engine.vocabulary.codes import INSTRUMENT_KINDS

# A rulebook and those it includes, far above what three regimes need: bounds the work of one command.
MAX_DOCUMENTS: Final = 16
# Documents that were read stay read: a parameter that is set, a look whether it can be, and another world's rulebook are of the
# same texts again, and to read those takes nine tenths of the time. As many as two rulebooks may have.
MAX_KEPT_DOCUMENTS: Final = 2 * MAX_DOCUMENTS

NOT_TOML: Final = "not TOML"

_RULEBOOK_KEYS: Final = ("title", "title_ru", "kinds", "order", "transfer_order", "include", "rules")
_TEXT_KEYS: Final = ("id", "title", "who", "source", "status", "effective_from", "applies_to")
_RUSSIAN_KEYS: Final = tuple([f"{part}_ru" for part in RUSSIAN_PARTS])
_RULE_KEYS: Final = (*_TEXT_KEYS, *_RUSSIAN_KEYS, "note", "enabled", "parameters")


class _Document:
    """One parsed TOML document."""

    def __init__(
        self,
        titles: tuple[str, str],
        include: list[str],
        kinds: list[str],
        order: list[str],
        transfer_order: list[str] | None,
    ) -> None:
        self.titles: Final = titles
        """In English, and in Russian; the second may be empty."""
        self.include: Final = include
        self.kinds: Final = kinds
        self.order: Final = order
        self.transfer_order: Final = transfer_order
        """None: it has none."""
        self.stated: Final[list[str]] = []
        """Ids of its rules, those with faults too."""
        self.rules: Final[dict[str, RuleData]] = {}


_KEPT: Final[dict[tuple[str, str], tuple[Declarations, _Document]]] = {}
"""By name and text: those in which there was no fault, the one that was wanted last at the end. Nobody changes them."""


class _UnquotedDecimal:
    """Stands for a TOML float, which no key may have: binary fractions don't hold kopecks."""

    def __init__(self, text: str) -> None:
        self.text: Final = text


def parse_rulebook(
    name: str, documents: dict[str, str], declared: Declarations, overrides: Overrides | None = None
) -> Rulebook:
    """Parse and validate the rulebook `name` from the TOML texts of it and of every document it includes, by name.

    `declared` are the rules that it may state. `overrides` are set on top of the documents, and the whole is validated
    with them.

    Raises:
        RulebookError: anything is missing, unknown, malformed, contradictory or superfluous; its faults say what and where.
    """
    faults: list[Fault] = []
    whole = Place(faults, name)
    if len(documents) > MAX_DOCUMENTS:
        whole.fault("include", f"no more than {MAX_DOCUMENTS} documents")
        raise RulebookError(faults)
    reader = _Reader(whole, documents, declared)
    complete = reader.collect(name, [])
    for given in documents:
        if complete and given not in reader.parsed:
            whole.fault("include", f"document {given} is not included by it")
    stated: dict[str, str] = {}
    rules: dict[str, RuleData] = {}
    kinds: list[str] = []
    for document_name, document in reader.parsed.items():
        kinds.extend([kind for kind in document.kinds if kind not in kinds])
        for rule in document.stated:
            if rule in stated:
                place = Place(faults, document_name, rule)
                place.fault("id", f"already stated in document {stated[rule]}")
            else:
                stated[rule] = document_name
                if rule in document.rules:
                    rules[rule] = document.rules[rule]
    settings: Overrides = {} if overrides is None else dict(overrides)
    _override(whole, rules, settings)
    order, transfer_order = reader.orders(name) if complete else ([], None)
    if complete:
        check_orders(whole, order, transfer_order, [declared[rule] for rule in stated])
        _check_sense(whole, list(stated), rules, kinds)
    if faults:
        raise RulebookError(faults)
    root = reader.parsed[name]
    return Rulebook(
        name,
        root.titles,
        rulebook_digest(name, documents),
        dict(documents),
        rules,
        order=tuple(order),
        transfer_order=tuple([] if transfer_order is None else transfer_order),
        kinds=tuple(kinds),
        overrides=settings,
        declared=declared,
    )


def _check_sense(whole: Place, stated: list[str], rules: dict[str, RuleData], kinds: list[str]) -> None:
    """Look whether the rules fit together on every day on which one of them changes: midnight can't refuse a rulebook."""
    before = len(whole.faults)
    days = {day: True for data in rules.values() for day in data.days}
    for day in (ALWAYS, *sorted(days)):
        check_sense(whole, stated, {rule: data.on(day) for rule, data in rules.items()}, kinds)
        if len(whole.faults) > before:
            return


class _Reader:
    """The documents of a rulebook, read one after the other."""

    def __init__(self, whole: Place, documents: dict[str, str], declared: Declarations) -> None:
        self.whole: Final = whole
        self.documents: Final = documents
        self.declared: Final = declared
        self.parsed: Final[dict[str, _Document]] = {}
        """By name, those that are included first."""

    def collect(self, name: str, path: list[str]) -> bool:
        """Parse a document after those it includes, each once; False if one of them can't be read at all."""
        faults = self.whole.faults
        if name in path:
            self.whole.fault("include", f"include cycle {' -> '.join([*path, name])}")
            return False
        if name in self.parsed:
            return True
        text = self.documents.get(name)
        if text is None:
            needed = f"includes {name}, which is missing" if path else "its document is missing"
            Place(faults, path[-1] if path else name).fault("include", needed)
            return False
        document = _known_document(Place(faults, name), text, self.declared)
        if document is None:
            return False
        complete = True
        for other in document.include:
            complete = self.collect(other, [*path, name]) and complete
        self.parsed[name] = document
        return complete

    def orders(self, name: str) -> tuple[list[str], list[str] | None]:
        """Both orders of a document. Rules of included documents that it does not name get the places that they have there.

        So a rule that a new version of an included document brings has a place in books of one's own, too.
        """
        root = self.parsed[name]
        order, transfer_order = list(root.order), None if root.transfer_order is None else list(root.transfer_order)
        for document in self.parsed.values():
            if document is not root:
                _complete(order, document.order)
                if transfer_order is not None and document.transfer_order is not None:
                    _complete(transfer_order, document.transfer_order)
        return order, transfer_order


def _complete(order: list[str], included: list[str]) -> None:
    """Put what is missing in an order right behind what it stands behind in another; at the front, if it is first there."""
    place = 0
    for rule in included:
        if rule not in order:
            order.insert(place, rule)
        place = order.index(rule) + 1


def _table(place: Place, text: str) -> dict[str, object] | None:
    """The TOML of a document."""
    problem = scan_problem(text)
    if problem:
        place.fault("", f"not read: {problem}")
        return None
    try:
        parsed: dict[str, object] = tomllib.loads(text, parse_float=_UnquotedDecimal)
    # The parser's own words differ between Pythons, and this may become an event; whoever reads a file can add them.
    except ValueError:
        place.fault("", NOT_TOML)
        return None
    return parsed


def _known_document(place: Place, text: str, declared: Declarations) -> _Document | None:
    """As `_document`, which is asked for what is not known."""
    key = place.document, text
    kept = _KEPT.pop(key, None)
    if kept is not None and kept[0] is declared:
        _KEPT[key] = kept
        return kept[1]
    before = len(place.faults)
    document = _document(place, text, declared)
    if document is not None and len(place.faults) == before:
        if len(_KEPT) >= MAX_KEPT_DOCUMENTS:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = declared, document
    return document


def _document(place: Place, text: str, declared: Declarations) -> _Document | None:
    """Validate a document by itself; None if it is no TOML."""
    table = _table(place, text)
    if table is None:
        return None
    for key in table:
        if key not in _RULEBOOK_KEYS:
            place.fault(key, f"unknown key {key}")
    title = _text(place, table, "title")
    title_ru = _text(place, table, "title_ru") if "title_ru" in table else ""
    include = _names(place, table, "include", False)
    kinds = _names(place, table, "kinds", True)
    for kind in kinds:
        if kind not in INSTRUMENT_KINDS:
            place.fault("kinds", f"kinds: unknown kind {kind}; known: {', '.join(INSTRUMENT_KINDS)}")
    order = _names(place, table, "order", True)
    transfer_order = _names(place, table, "transfer_order", True) if "transfer_order" in table else None
    document = _Document((title, title_ru), include, kinds, order, transfer_order)
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
            _text(place.at(str(number)), row, "id")
            continue
        if rule not in declared:
            place.at(rule).fault("id", f"unknown rule id; known: {', '.join(declared)}")
            continue
        document.stated.append(rule)
        data = _rule(place.at(rule), declared[rule], row)
        if data is not None:
            document.rules[rule] = data
    return document


def _rule(place: Place, declared: Declaration, row: dict[str, object]) -> RuleData | None:
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
    enforced_by = declared.enforced_by
    if texts["applies_to"] in APPLIES_TO and texts["applies_to"] != enforced_by:
        place.fault("applies_to", f"applies_to: must be {enforced_by}, which is what enforces it here")
    note = _text(place, row, "note") if "note" in row else ""
    texts.update({key: _text(place, row, key) if key in row else "" for key in _RUSSIAN_KEYS})
    enabled = row.get("enabled", True)
    if not isinstance(enabled, bool):
        place.fault("enabled", "enabled: must be true or false")
        enabled = True
    given = row.get("parameters", {})
    if not isinstance(given, dict):
        place.fault("parameters", "parameters: must be a table")
        return None
    try:
        stages = parse_stages(declared.parameters, given)
    except ParameterError as error:
        for key, text in error.faults:
            place.fault(key, text)
        return None
    if len(place.faults) > before:
        return None
    return RuleData(declared, place.document, texts, note=note, enabled=enabled, stages=stages)


def _text(place: Place, table: dict[str, object], key: str) -> str:
    """A text that must be there and not be blank; empty if it isn't so."""
    value = table.get(key)
    if value is None:
        place.fault(key, f"{key} is missing")
        return ""
    if not isinstance(value, str) or not value.strip():
        place.fault(key, f"{key}: must be a text")
        return ""
    return value


def _names(place: Place, table: dict[str, object], key: str, required: bool) -> list[str]:
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


def _override(whole: Place, rules: dict[str, RuleData], overrides: Overrides) -> None:
    """Put a supervisor's settings in the place of those of the documents."""
    for (rule, key), text in overrides.items():
        data = rules.get(rule)
        if data is None:
            whole.fault(rule, f"unknown rule {rule}; this book has: {', '.join(rules)}")
            continue
        place = Place(whole.faults, data.document, rule)
        if key == "enabled":
            if text not in ("true", "false"):
                place.fault(key, "enabled: must be true or false")
            rules[rule] = data.changed(text == "true", data.stages)
            continue
        declared = data.declared.parameters
        try:
            now = present_key(declared, key)
            stages = [Stage(each.first_day, overridden(each.parameters, declared, now, text)) for each in data.stages]
            rules[rule] = data.changed(data.enabled, stages)
        except ParameterError as error:
            for fault_key, fault in error.faults:
                place.fault(fault_key, fault)


def rulebook_digest(name: str, documents: dict[str, str]) -> str:
    """SHA-256 over the name and, sorted by name, each document with its length, so that no two sets run together."""
    hashed = hashlib.sha256(name.encode())
    for document in sorted(documents):
        content = documents[document].encode()
        hashed.update(f"\n{document} {len(content)}\n".encode())
        hashed.update(content)
    return hashed.hexdigest()
