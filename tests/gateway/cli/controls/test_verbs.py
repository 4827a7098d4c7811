"""Every command that an operator or a supervisor may send has a verb of `sbx control`, or a reason for having none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

import pytest

from engine.vocabulary.access import OPERATOR, SUPERVISOR
from gateway.client.values.commands import AdminCommand
from gateway.inbound.admin import ALLOWED
from tests.support.gateway.protocol.verbs import Sent, examples, sent_by, verbs, write_files_of_examples

WITHOUT_A_VERB = {
    "faucet": "a participant asks for its own test money: `sbx faucet`",
    "raise_alert": "a detector makes it of what it has found, with the digest of its parameters: `sbx surveil --venue`",
    "set_index_price": "an index is a feed of prices: `sbx index` sends a file of them, which may hold one",
}
"""Commands of `admin` that no verb sends, and why."""


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Sent]]:
    """What the examples of each verb send."""
    directory = tmp_path_factory.mktemp("examples")
    write_files_of_examples(directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        for name in ("SBX_URL", "SBX_KEY"):
            patch.delenv(name, raising=False)
        return {
            verb: [found for example in examples(each) for found in sent_by(example)] for verb, each in verbs().items()
        }


def neither(commands: Collection[str], sent: dict[str, list[Sent]]) -> list[str]:
    """The commands that have neither a verb nor a reason for having none."""
    have = {command for found in sent.values() for each in found for command in each.commands}
    return sorted(set(commands) - have - set(WITHOUT_A_VERB))


def test_every_command_has_a_verb_or_a_reason_for_having_none(sent: dict[str, list[Sent]]) -> None:
    assert neither(get_args(AdminCommand), sent) == [], (
        "give each a verb in gateway/cli/controls, with an example in its help, or say in WITHOUT_A_VERB why it has none"
    )


def test_a_later_command_without_either_is_found(sent: dict[str, list[Sent]]) -> None:
    assert neither([*get_args(AdminCommand), "set_weather"], sent) == ["set_weather"]
    assert neither(["set_limits"], sent | {"limits": []}) == ["set_limits"]


def test_a_reason_for_having_none_is_of_a_command_that_has_none(sent: dict[str, list[Sent]]) -> None:
    have = {command for found in sent.values() for each in found for command in each.commands}
    assert set(WITHOUT_A_VERB) & have == set()
    assert set(WITHOUT_A_VERB) <= set(get_args(AdminCommand))


@pytest.mark.parametrize("verb", verbs())
def test_a_verb_has_examples_each_of_which_sends_one_command(verb: str, sent: dict[str, list[Sent]]) -> None:
    assert examples(verbs()[verb]), "its --help has no example of it"
    assert sent[verb], "no example of it would be sent"
    assert len({frozenset(each.commands - {"effective_from"}) for each in sent[verb]}) == 1


def test_a_verb_asks_with_the_key_of_somebody_who_may(sent: dict[str, list[Sent]]) -> None:
    unfit: list[Any] = [
        (verb, each.role, command)
        for verb, found in sent.items()
        for each in found
        for command in each.commands
        if each.role not in (OPERATOR, SUPERVISOR) or command not in ALLOWED[each.role]
    ]
    assert unfit == []
