"""Settings as people write them, and what they mean to commands: which fields of an instrument they set, which codes they decide."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from compliance.putting_in_force import load_with
from compliance.rulebook.faults import RulebookError
from compliance.rulebook.parameters import present_key
from compliance.rulebook.rulebook import Overrides
from compliance.rules.catalogue import RULES
from compliance.worlds.messages.change import Change, Setting
from engine.vocabulary.codes import ALLOCATIONS, BAND, NOTIONAL, OUTSIDE_BAND, SIZE
from engine.vocabulary.limits import NS_PER_DAY
from engine.vocabulary.messages.commands import ListInstrument, LoadRulebook, SetTradingRules, UpdateInstrument
from engine.vocabulary.rounding import PPM
from engine.vocabulary.said import Said

EVERY: Final = "*"
"""Stands for every instrument."""
RULE_KEYS: Final = ("static_ppm", "dynamic_ppm", "volatility_ns", "auction_random_ns", "allocation", "batch_ns")
"""What `SetTradingRules` sets."""
TERM_KEYS: Final = (
    "maker_fee_ppm",
    "taker_fee_ppm",
    "collar_ppm",
    "max_notional",
    "min_quantity_e8",
    "max_quantity_e8",
)
"""What `ListInstrument` sets, and `UpdateInstrument` may change."""
CODES_OF: Final[dict[str, tuple[int, ...]]] = {
    "static_ppm": (BAND,),
    "max_notional": (NOTIONAL,),
    "min_quantity_e8": (SIZE,),
    "max_quantity_e8": (SIZE,),
}
"""With which codes orders are refused by a setting of an instrument."""
CANCELS_OF: Final[dict[str, tuple[int, ...]]] = {"static_ppm": (OUTSIDE_BAND,)}
"""For which reasons orders are cancelled by one."""
_MAX_DIGITS: Final = 18


class ChangeError(ValueError):
    """A change can't be made; the message says what is wrong and what there is."""


class VenueRefuses(ChangeError):
    """The venue itself refuses to have a setting; `command` names what would set it, `said` why not."""

    def __init__(self, command: str, said: Said) -> None:
        super().__init__(f"the venue refuses {command}: {said.template}")
        self.command: Final = command
        self.said: Final = said


def parse_setting(text: str) -> Setting:
    """Read `RET-1.retail_cap_rub=500000` or `BTC/RUB.static_ppm=50000`.

    Raises:
        ChangeError: it is none, or there is no such rule, parameter or trading rule.
    """
    name, equals, value = text.partition("=")
    subject, point, key = name.strip().rpartition(".")
    if not equals or not point or not subject or not key:
        raise ChangeError(
            f"{text!r} sets nothing: write RULE.PARAMETER=VALUE, as RET-1.retail_cap_rub=500000, or INSTRUMENT.KEY=VALUE, as "
            "BTC/RUB.static_ppm=50000"
        )
    return checked(Setting(subject, key, value.strip()))


def checked(setting: Setting) -> Setting:
    """A setting with the present name of its key.

    Raises:
        ChangeError: there is no such parameter or trading rule, or it is no value of one of an instrument.
    """
    subject, key = setting.subject, setting.key
    rule = RULES.get(subject)
    if rule is not None:
        key = present_key(rule.parameters, key)
        known = ["enabled", *rule.parameters]
        if key not in known:
            raise ChangeError(f"{subject} has no parameter {key!r}; it has {', '.join(known)}")
        return Setting(subject, key, setting.value)
    if key in RULE_KEYS or key in TERM_KEYS:
        market_value(setting)
        return setting
    if "/" in subject or subject == EVERY:
        raise ChangeError(f"an instrument has no {key!r} to set; there are {', '.join([*RULE_KEYS, *TERM_KEYS])}")
    raise ChangeError(
        f"{subject!r} is no rule; there are {', '.join(RULES)}. Of an instrument there are: "
        f"{', '.join([*RULE_KEYS, *TERM_KEYS])}"
    )


def market_value(setting: Setting) -> int:
    """The value of a setting of an instrument as a command has it.

    Raises:
        ChangeError: it is no integer, or no allocation.
    """
    value = setting.value
    if setting.key == "allocation" and value in ALLOCATIONS:
        return ALLOCATIONS.index(value)
    if setting.key == "allocation":
        raise ChangeError(f"{value!r} is no allocation; there are {', '.join(ALLOCATIONS)}")
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS):
        raise ChangeError(f"{setting.subject}.{setting.key}: {value!r} is no integer")
    if value != digits and not setting.key.endswith("fee_ppm"):
        raise ChangeError(f"{setting.subject}.{setting.key}: {value} is below 0")
    number = int(value)
    most = (
        PPM - 1
        if setting.key in ("static_ppm", "dynamic_ppm")
        else NS_PER_DAY
        if setting.key.endswith("_ns")
        else number
    )
    if number > most:
        raise ChangeError(f"{setting.subject}.{setting.key}: {value} is too much: {most} at most")
    return number


def overrides_of(change: Change) -> Overrides:
    """What a change sets on top of a rulebook."""
    return {(each.subject, each.key): each.value for each in change.settings if each.subject in RULES}


def market_settings(change: Change) -> list[Setting]:
    """What a change sets of instruments."""
    return [each for each in change.settings if each.subject not in RULES]


def check_change(change: Change) -> None:
    """Check what can be checked without a recording.

    Raises:
        ChangeError: a setting stands there twice with different values, something can't be set from a moment on, or the rulebook of
            the change can't have its settings.
    """
    seen: dict[tuple[str, str], str] = {}
    for each in change.settings:
        checked(each)
        if seen.setdefault((each.subject, each.key), each.value) != each.value:
            raise ChangeError(
                f"{each.subject}.{each.key} is set twice: {seen[each.subject, each.key]} and {each.value}"
            )
        if each.key in TERM_KEYS and each.subject not in RULES and (change.from_ns or change.from_seq):
            raise ChangeError(f"{each.subject}.{each.key} is a term of the listing: it can't change from a moment on")
    if change.rulebook:
        check_rulebook(change, LoadRulebook(change.rulebook, change.documents))


def check_rulebook(change: Change, command: LoadRulebook) -> list[str]:
    """Check that a rulebook can have the settings of a change, those of rules that it states; returns the rules it states.

    Raises:
        ChangeError: it can't.
    """
    try:
        load_with(command, {})
    except RulebookError as error:
        if change.rulebook:
            raise ChangeError(f"rulebook {command.name}: {error}") from error
        # The venue has refused it, and the other world will.
        return []
    try:
        return list(load_with(command, overrides_of(change)).rules)
    except RulebookError as error:
        raise ChangeError(f"rulebook {command.name} can't have these settings: {error}") from error


def check_stated(change: Change, rules: list[str], instruments: list[str]) -> None:
    """Check that what a change sets is there at all.

    Args:
        change: whose rules and instruments are meant.
        rules: all that the rulebooks state which come into force.
        instruments: all that are listed.

    Raises:
        ChangeError: a rule or instrument is not there: nothing would be changed.
    """
    for each in change.settings:
        if each.subject in RULES and each.subject not in rules:
            raise ChangeError(
                f"no rulebook of the session states {each.subject}; they have {', '.join(rules) or 'no rule'}"
            )
        if each.subject not in RULES and each.subject != EVERY and each.subject not in instruments:
            raise ChangeError(
                f"the session has no instrument {each.subject!r}; it has {', '.join(instruments) or 'none'}"
            )


def applies(setting: Setting, instrument: str) -> bool:
    """Whether a setting of instruments is about this one."""
    return setting.subject in (EVERY, instrument)


def with_terms(command: ListInstrument, settings: list[Setting]) -> ListInstrument:
    """A listing with the terms that settings give it."""
    given = {
        each.key: market_value(each) for each in settings if each.key in TERM_KEYS and applies(each, command.instrument)
    }
    return replace(command, **given) if given else command


def with_update(command: UpdateInstrument, settings: list[Setting]) -> UpdateInstrument:
    """New terms of which those that settings give stay as these have it."""
    stays = {each.key: None for each in settings if each.key in TERM_KEYS and applies(each, command.instrument)}
    return replace(command, **stays) if stays else command


def with_rules(command: SetTradingRules, settings: list[Setting]) -> SetTradingRules:
    """Trading rules of which those that settings give stay as these have it."""
    given = rules_given(settings, command.instrument)
    return replace(command, **given) if given else command


def rules_given(settings: list[Setting], instrument: str) -> dict[str, int]:
    """The trading rules that settings give an instrument, by key."""
    return {each.key: market_value(each) for each in settings if each.key in RULE_KEYS and applies(each, instrument)}


def trading_rules(instrument: str, given: dict[str, int]) -> SetTradingRules:
    """The command that gives an instrument some trading rules."""
    return replace(SetTradingRules(instrument), **given)


def concerns(change: Change, instrument: str) -> list[str]:
    """The keys that a change sets of an instrument."""
    return [each.key for each in market_settings(change) if applies(each, instrument)]
