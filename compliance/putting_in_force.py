"""Commands into rules in force: a rulebook, or one parameter on top of the one in force."""

from __future__ import annotations

from compliance.intake import Intake
from compliance.outcomes import problem, refused
from compliance.papers import texts_problem
from compliance.rulebook.faults import RulebookError
from compliance.rulebook.parameters import present_key
from compliance.rulebook.rulebook import AT_LAST, Overrides, Rulebook, RuleData
from compliance.rulebook.wording import setting_text, stages_of, value_text
from compliance.rules.catalogue import load_rulebook
from compliance.rules.table import RuleTable
from engine.state.hook import Outcome
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import Command, LoadRulebook, SetParameter
from engine.vocabulary.messages.events import Event, ParameterChanged, RulebookLoaded
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said, said


def put_in_force(intake: Intake, command: LoadRulebook | SetParameter, time_ns: int) -> Outcome:
    """Put a rulebook in force, whole: as it comes, or the one before with one parameter set on top.

    What was set on top of the one before goes with it.
    """
    before = intake.table
    after = _wanted(intake, command, time_ns)
    if isinstance(after, Said):
        return refused(after)
    changes = intake.install(RuleTable(after), time_ns)
    first: Event
    if isinstance(command, LoadRulebook):
        first = RulebookLoaded(command.name, after.digest)
    else:
        assert before is not None
        key = _key(before.rulebook, command)
        old, new = setting_text(before.rulebook.rules[command.rule], key), setting_text(after.rules[command.rule], key)
        first = ParameterChanged(command.rule, key, old, new, command.reason, command.by)
    return Outcome([first, *changes], None, intake.recheck_all())


def put_on_top(intake: Intake, time_ns: int) -> Outcome:
    """Put `Intake.given` on top of the rulebook in force, all of it at once; it changes nothing if all of it is in force.

    Raises:
        RulebookError: the rulebook can't have them.
    """
    if intake.table is None:
        return Outcome([])
    before = intake.table.rulebook
    overrides = dict(before.overrides)
    overrides.update(_stated(before, intake.given))
    after = load_rulebook(before.name, before.documents, overrides, moscow_day(time_ns))
    if not differing_rules(before, after):
        return Outcome([])
    return Outcome(intake.install(RuleTable(after), time_ns), None, intake.recheck_all())


def load_with(command: LoadRulebook, given: Overrides, day: int = AT_LAST) -> Rulebook:
    """The rulebook of a command with settings on top of it: those of rules that it states.

    Raises:
        RulebookError: as `load_rulebook`.
    """
    plain = load_rulebook(command.name, command.documents, {}, day)
    overrides = _stated(plain, given)
    return load_rulebook(command.name, command.documents, overrides, day) if overrides else plain


def _stated(rulebook: Rulebook, given: Overrides) -> Overrides:
    """Those of some settings that are about rules of a rulebook."""
    return {place: value for place, value in given.items() if place[0] in rulebook.rules}


def differing_rules(before: Rulebook, after: Rulebook) -> list[str]:
    """The rules that two rulebooks, or two states of one, do not set alike: that one lacks, has switched off or not begun, or that have
    another value of a parameter. Where both decide in another order among themselves, all that decide. O(rules, parameters).
    """
    found: dict[str, bool] = {}
    for rule in [*before.rules, *after.rules]:
        one, other = before.rules.get(rule), after.rules.get(rule)
        if one is None or other is None or _differ(one, other):
            found[rule] = True
    for first, second in ((before.order, after.order), (before.transfer_order, after.transfer_order)):
        if [rule for rule in first if rule in second] != [rule for rule in second if rule in first]:
            found.update(dict.fromkeys([*first, *second], True))
    return list(found)


def _differ(one: RuleData, other: RuleData) -> bool:
    if one.enabled != other.enabled or one.waits != other.waits:
        return True
    return any(value_text(one, key) != value_text(other, key) for key in one.declared.parameters)


def doubt(intake: Intake, command: Command, time_ns: int) -> Problem | None:
    """Say why a rulebook or a parameter can't be put in force now; None: it can."""
    assert isinstance(command, (LoadRulebook, SetParameter)), "nothing else waits for a second approval"
    after = _wanted(intake, command, time_ns)
    return problem(after) if isinstance(after, Said) else None


def _wanted(intake: Intake, command: LoadRulebook | SetParameter, time_ns: int) -> Rulebook | Said:
    """The rulebook that a command would have in force, or why it can't be."""
    try:
        if isinstance(command, LoadRulebook):
            after: Rulebook | Said = load_with(command, intake.given, moscow_day(time_ns))
        else:
            after = _with_parameter(intake, command, time_ns)
    except RulebookError as error:
        return said("rulebook.faults", str(error))
    if isinstance(after, Said):
        return after
    return texts_problem(intake, after) or after


def _with_parameter(intake: Intake, command: SetParameter, time_ns: int) -> Rulebook | Said:
    """The rulebook in force with one parameter set on top; it is validated as a whole.

    A value that is in force is refused: whoever sets it is mistaken about what holds, and a change that changes
    nothing has no place in the history.
    """
    if intake.table is None:
        return said("rulebook.none")
    if not command.reason.strip():
        return said("parameter.reason")
    before, rule = intake.table.rulebook, command.rule
    key = _key(before, command)
    overrides = dict(before.overrides)
    overrides[rule, key] = command.value
    after = load_rulebook(before.name, before.documents, overrides, moscow_day(time_ns))
    old = setting_text(before.rules[rule], key)
    # A value that changes by date is set to one that does not.
    if old == setting_text(after.rules[rule], key) and (
        key == "enabled" or len(stages_of(before.rules[rule], key)) == 1
    ):
        return said("parameter.same", rule, key, old)
    return after


def _key(rulebook: Rulebook, command: SetParameter) -> str:
    """The present name of the parameter that a command sets."""
    stated = rulebook.rules.get(command.rule)
    return command.key if stated is None else present_key(stated.declared.parameters, command.key)
