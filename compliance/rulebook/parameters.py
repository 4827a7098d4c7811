"""Parameters of a rule: validated against its declaration, decimals as integers."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import parse_iso_date
from compliance.rulebook.declaration import (
    ALWAYS,
    AT_ONCE,
    BEFORE,
    COUNT,
    DATE,
    FLAG,
    NAMES,
    ONE,
    PERCENT,
    RUB,
    SCORE,
    TEXT,
    Parameter,
)
from engine.vocabulary.limits import MAX_DATED_VALUES, MAX_RULE_TEXT_CHARS

# Far above any sum of money or period in a rulebook; keeps what people read short.
_MAX_DIGITS: Final = 18
_MAX_COUNT: Final = 10**9


class ParameterError(ValueError):
    """What is wrong with the parameters of a rule; the message is the first of the faults."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(faults[0][1])
        self.faults: Final = faults
        """All of them: the key, and words that name it."""


class Parameters:
    """The parameters of one rule, by key and kind."""

    def __init__(self) -> None:
        self.numbers: Final[dict[str, int]] = {}
        self.flags: Final[dict[str, bool]] = {}
        self.words: Final[dict[str, str]] = {}
        self.lists: Final[dict[str, tuple[str, ...]]] = {}

    def number(self, key: str) -> int:
        """Kopecks of a `rub`, hundredths of a percent of a `percent`, a `count`, a `score` or the day of a `date`."""
        return self.numbers[key]

    def flag(self, key: str) -> bool:
        """A `flag`."""
        return self.flags[key]

    def word(self, key: str) -> str:
        """The word of a `one`, or a `text`."""
        return self.words[key]

    def names(self, key: str) -> tuple[str, ...]:
        """The list of a `names` or `some`."""
        return self.lists[key]


def parse_parameters(declared: dict[str, Parameter], given: dict[str, object]) -> Parameters:
    """Check a rule's parameters against those declared; all of them must be there.

    Raises:
        ParameterError: some are missing, unknown or malformed; each fault names the key.
    """
    known = ", ".join(declared) or "none"
    faults = [(key, f"parameters: unknown key {key}; known: {known}") for key in given if key not in declared]
    parameters = Parameters()
    for key, parameter in declared.items():
        if key not in given and parameter.left_out == "":
            faults.append((key, f"parameters: {key} is missing"))
            continue
        try:
            _put(parameters, key, parameter, given.get(key, parameter.left_out))
        except ParameterError as error:
            faults.extend(error.faults)
    if faults:
        raise ParameterError(faults)
    return parameters


class Stage:
    """The parameters of a rule from one day on."""

    def __init__(self, first_day: int, parameters: Parameters) -> None:
        self.first_day: Final = first_day
        """A Moscow day, in days since 1970-01-01; ALWAYS: the first stage."""
        self.parameters: Final = parameters


def parse_stages(declared: dict[str, Parameter], given: dict[str, object]) -> list[Stage]:
    """As `parse_parameters`, of parameters that may change by date: a stage for each day on which one does, the earliest first.

    Such a value is a table: `{ before = "6000000.00", 2025-01-01 = "12000000.00" }`.

    Raises:
        ParameterError: as there, or a table of dates is none.
    """
    schedules: dict[str, dict[int, object]] = {}
    faults: list[tuple[str, str]] = []
    for key, value in given.items():
        parameter = declared.get(key)
        if parameter is None or not isinstance(value, dict):
            continue
        schedule = _schedule(parameter, value)
        if schedule:
            schedules[key] = schedule
        else:
            must = (
                "can't change by date"
                if parameter.kind == DATE
                else (f"by date: needs `{BEFORE}` and from 1 to {MAX_DATED_VALUES} dates YYYY-MM-DD")
            )
            faults.append((key, f"parameters: {key}: {must}"))
    if faults:
        raise ParameterError(faults)
    days = {day: True for schedule in schedules.values() for day in schedule}
    stages: list[Stage] = []
    for day in sorted(days) or [ALWAYS]:
        on_day = dict(given)
        for key, schedule in schedules.items():
            on_day[key] = schedule[max([first for first in schedule if first <= day])]
        stages.append(Stage(day, parse_parameters(declared, on_day)))
    return stages


def _schedule(parameter: Parameter, given: dict[str, object]) -> dict[int, object]:
    """The values of a table of dates by their first day; empty if it is no such table."""
    if parameter.kind == DATE or BEFORE not in given or not 1 <= len(given) - 1 <= MAX_DATED_VALUES:
        return {}
    schedule: dict[int, object] = {}
    for text, value in given.items():
        day = ALWAYS if text == BEFORE else parse_iso_date(text)
        if day is None or isinstance(value, dict):
            return {}
        schedule[day] = value
    return schedule


def overridden(parameters: Parameters, declared: dict[str, Parameter], key: str, text: str) -> Parameters:
    """The parameters of a rule with one of them set to a value written as in `SetParameter`: without quotes, lists with commas.

    Raises:
        ParameterError: the rule has no such parameter, or can't have this value; the fault says what it can have.
    """
    parameter = declared.get(key)
    if parameter is None:
        known = ", ".join(["enabled", *declared])
        raise ParameterError([(key, f"parameters: unknown key {key}; known: {known}")])
    changed = Parameters()
    changed.numbers.update(parameters.numbers)
    changed.flags.update(parameters.flags)
    changed.words.update(parameters.words)
    changed.lists.update(parameters.lists)
    _put(changed, key, parameter, _value(parameter, text))
    return changed


def _value(parameter: Parameter, text: str) -> object:
    """What a rulebook would hold for a value written without quotes; the text itself if it is of another kind."""
    if parameter.kind in (COUNT, SCORE):
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else text
    if parameter.kind == FLAG:
        return text == "true" if text in ("true", "false") else text
    if parameter.is_list:
        return [item.strip() for item in text.split(",")] if text.strip() else []
    return text


def parse_hundredths(text: str) -> int | None:
    """Hundredths of a decimal string with at most two decimals, as kopecks of roubles; None if it isn't one."""
    whole, point, fraction = text.partition(".")
    if not text.isascii() or not whole.isdigit() or len(whole) > _MAX_DIGITS:
        return None
    if point and (not fraction.isdigit() or len(fraction) > 2):
        return None
    return int(whole) * 100 + int(fraction.ljust(2, "0"))


def _fault(key: str, what: str) -> ParameterError:
    return ParameterError([(key, f"parameters: {key}: {what}")])


def _put(parameters: Parameters, key: str, parameter: Parameter, value: object) -> None:
    """Validate one value by its kind and keep it."""
    kind = parameter.kind
    if kind in (RUB, PERCENT):
        hundredths = parse_hundredths(value) if isinstance(value, str) else None
        if hundredths is None and isinstance(value, str) and parse_hundredths(value.removeprefix("-")) is not None:
            raise _fault(key, "must not be negative")
        if hundredths is None:
            raise _fault(key, 'must be a decimal string such as "300000.00", at most two decimals')
        parameters.numbers[key] = hundredths
    elif kind in (COUNT, SCORE):
        highest = 100 if kind == SCORE else _MAX_COUNT
        # bool is an int to Python, not to a reader.
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
            raise _fault(key, f"must be a whole number from 0 to {highest}")
        parameters.numbers[key] = value
    elif kind == FLAG:
        if not isinstance(value, bool):
            raise _fault(key, "must be true or false")
        parameters.flags[key] = value
    elif kind == ONE:
        if not isinstance(value, str) or value not in parameter.words:
            raise _fault(key, f"must be one of {', '.join(parameter.words)}")
        parameters.words[key] = value
    elif kind == TEXT:
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_RULE_TEXT_CHARS:
            raise _fault(key, f"must be a text of at most {MAX_RULE_TEXT_CHARS} characters")
        parameters.words[key] = value
    elif kind == DATE:
        day = parse_iso_date(value) if isinstance(value, str) else None
        if day is None and value != AT_ONCE:
            raise _fault(key, f"must be a date YYYY-MM-DD in quotes, or {AT_ONCE}")
        parameters.numbers[key] = ALWAYS if day is None else day
    else:
        parameters.lists[key] = _list(key, parameter, value)


def _list(key: str, parameter: Parameter, value: object) -> tuple[str, ...]:
    """A list of different names, of those allowed if the kind says which."""
    free = parameter.kind == NAMES
    names: list[str] = []
    if not isinstance(value, list):
        raise _fault(key, "must be a list of names")
    for item in value:
        if not isinstance(item, str) or not item or item in names or not (free or item in parameter.words):
            known = "" if free else f" of {', '.join(parameter.words)}"
            raise _fault(key, f"must be a list of different names{known}")
        names.append(item)
    return tuple(names)
