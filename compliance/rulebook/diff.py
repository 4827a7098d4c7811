"""Two rulebooks compared, in words: what a reader of the law would want to be told."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import DATE, FLAG, ONE, TEXT
from compliance.rulebook.rulebook import RUSSIAN_PARTS, Rulebook, RuleData
from compliance.rulebook.wording import figure, stages_of, status_text, value_text

PARTS: Final = {
    "title": "the title",
    "who": "whom it binds",
    "source": "the source",
    "status": "the status",
    "effective_from": "the date",
    "note": "the note",
    "title_ru": "the title in Russian",
    "who_ru": "whom it binds in Russian",
    "source_ru": "the source in Russian",
    "note_ru": "the note in Russian",
}
"""A part of a rule as data -> how a sentence calls it."""


class Change:
    """One difference between two rulebooks."""

    def __init__(self, what: str, rule: str, key: str, *, before: str, after: str, text: str) -> None:
        self.what: Final = what
        """`rule_added`, `rule_removed`, `switched_on`, `switched_off`, `parameter`, `order`, `transfer_order`, `kinds` or a part."""
        self.rule: Final = rule
        """Empty: of the rulebook as a whole."""
        self.key: Final = key
        """Of a parameter."""
        self.before: Final = before
        self.after: Final = after
        self.text: Final = text
        """The change as a sentence that begins with the rule."""


def compare(before: Rulebook, after: Rulebook) -> list[Change]:
    """Everything in which one rulebook differs from another: of the whole first, then rule by rule.

    Names, comments and the way in which rules are spread over documents make no difference.
    """
    changes = [
        *_whole(before, after),
        *_order("order", before.order, after.order),
        *_order("transfer_order", before.transfer_order, after.transfer_order),
    ]
    for rule in after.declared:
        old, new = before.rules.get(rule), after.rules.get(rule)
        if old is not None and new is not None:
            changes += _rule(old, new)
        elif new is not None:
            state = "" if new.enabled else ", switched off"
            text = f"{rule}: is added{state}: {new.title} ({_origin(new)}){_place(rule, after)}"
            changes.append(Change("rule_added", rule, "", before="", after=new.title, text=text))
        elif old is not None:
            text = f"{rule}: is removed: {old.title} ({_origin(old)})"
            changes.append(Change("rule_removed", rule, "", before=old.title, after="", text=text))
    return changes


def _origin(data: RuleData) -> str:
    return f"{data.source}; {status_text(data)}"


def _place(rule: str, rulebook: Rulebook) -> str:
    """Where a rule that is added decides, as the end of a sentence."""
    on_orders = f"; decides {_where(rule, list(rulebook.order))}" if rule in rulebook.order else ""
    of_transfers = rulebook.transfer_order
    return on_orders + (f"; of transfers {_where(rule, list(of_transfers))}" if rule in of_transfers else "")


def _where(rule: str, order: list[str]) -> str:
    place = order.index(rule)
    return f"right after {order[place - 1]}" if place else "first"


def _whole(before: Rulebook, after: Rulebook) -> list[Change]:
    """Title of the rulebook and kinds admitted."""
    changes: list[Change] = []
    if before.title != after.title:
        text = f"The book is now called “{after.title}”, before “{before.title}”"
        changes.append(Change("title", "", "", before=before.title, after=after.title, text=text))
    if before.title_ru != after.title_ru:
        text = f"The book is called “{after.title_ru}” in Russian, before “{before.title_ru}”"
        changes.append(Change("title_ru", "", "", before=before.title_ru, after=after.title_ru, text=text))
    old, new = ", ".join(sorted(before.kinds)), ", ".join(sorted(after.kinds))
    if old != new:
        moves = _gained_and_lost(list(before.kinds), list(after.kinds), "admitted", "no longer admitted")
        changes.append(Change("kinds", "", "", before=old, after=new, text=f"Kinds of instruments: {moves}"))
    return changes


def _gained_and_lost(before: list[str], after: list[str], gained: str, lost: str) -> str:
    """Which names came and which went."""
    came = [name for name in after if name not in before]
    went = [name for name in before if name not in after]
    parts = [f"{', '.join(came)} {gained}"] if came else []
    if went:
        parts.append(f"{', '.join(went)} {lost}")
    return "; ".join(parts)


def _order(key: str, before: tuple[str, ...], after: tuple[str, ...]) -> list[Change]:
    """Rules of both rulebooks that decide at another place among them."""
    of_what = "" if key == "order" else " on transfers"
    old = [rule for rule in before if rule in after]
    new = [rule for rule in after if rule in before]
    staying = _longest_common(old, new)
    changes: list[Change] = []
    for rule in new:
        if rule not in staying:
            move = "earlier" if new.index(rule) < old.index(rule) else "later"
            text = f"{rule}: decides {move}{of_what}, {_where(rule, list(after))}"
            changed = Change(key, rule, "", before=", ".join(before), after=", ".join(after), text=text)
            changes.append(changed)
    return changes


def _longest_common(old: list[str], new: list[str]) -> list[str]:
    """The longest row of names that both lists, which hold the same ones, have in one order."""
    best: list[list[str]] = []
    for place, rule in enumerate(new):
        row: list[str] = []
        for earlier in range(place):
            if old.index(new[earlier]) < old.index(rule) and len(best[earlier]) > len(row):
                row = best[earlier]
        best.append([*row, rule])
    return max(best, key=len) if best else []


def _rule(old: RuleData, new: RuleData) -> list[Change]:
    """Differences of one rule."""
    rule = new.rule
    changes: list[Change] = []
    if old.enabled != new.enabled:
        what = "switched_on" if new.enabled else "switched_off"
        text = f"{rule}: is switched {'on' if new.enabled else 'off'}: {new.title}"
        changes.append(Change(what, rule, "", before=_on_off(old), after=_on_off(new), text=text))
    for key in new.declared.parameters:
        before, after = value_text(old, key), value_text(new, key)
        # The order of a list says nothing.
        is_list = new.declared.parameters[key].is_list
        if before != after and not (is_list and sorted(before.split(", ")) == sorted(after.split(", "))):
            text = f"{rule}: {_parameter(key, old, new)}"
            changes.append(Change("parameter", rule, key, before=before, after=after, text=text))
    for part, name in PARTS.items():
        before, after = _part(old, part), _part(new, part)
        if before == after:
            continue
        russian = part.removesuffix("_ru") in RUSSIAN_PARTS and part.endswith("_ru")
        said = "is reworded" if russian or part in ("title", "note") else f"changes from “{before}” to “{after}”"
        if (russian or part == "note") and not (before and after):
            said = "is new" if after else "is gone"
        changes.append(Change(part, rule, "", before=before, after=after, text=f"{rule}: {name} {said}"))
    return changes


def _on_off(data: RuleData) -> str:
    return "on" if data.enabled else "off"


def _part(data: RuleData, part: str) -> str:
    """One of the texts of a rule."""
    texts = {
        "title": data.title,
        "who": data.who,
        "source": data.source,
        "status": status_text(data),
        "effective_from": data.effective_from,
        "note": data.note,
    }
    return data.russian[part.removesuffix("_ru")] if part not in texts else texts[part]


def _parameter(key: str, old: RuleData, new: RuleData) -> str:
    """How a parameter changed, as a clause: `the retail cap rises from 300 000.00 to 500 000.00 RUB`."""
    parameter = new.declared.parameters[key]
    before, after = old.parameters, new.parameters
    if parameter.kind in (DATE, TEXT) or len(stages_of(old, key)) + len(stages_of(new, key)) > 2:
        return f"{parameter.name} changes from “{value_text(old, key)}” to “{value_text(new, key)}”"
    if parameter.is_figure:
        move = "rises" if after.number(key) > before.number(key) else "falls"
        figures = f"from {figure(old, key)} to {figure(new, key)}"
        return f"{parameter.name} {move} {figures} {parameter.unit}".rstrip()
    if parameter.kind == FLAG:
        return f"{parameter.name}: {'from no to yes' if after.flag(key) else 'from yes to no'}"
    if parameter.kind == ONE:
        words = [f"{word} ({parameter.words[word]})" for word in (before.word(key), after.word(key))]
        return f"{parameter.name} changes from {words[0]} to {words[1]}"
    return f"{parameter.name}: {_gained_and_lost(list(before.names(key)), list(after.names(key)), 'added', 'removed')}"
