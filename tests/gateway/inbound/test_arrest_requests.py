"""Requests of supervisors that arrest holdings, and that say how an account is held, as commands."""

from __future__ import annotations

import pytest

from engine.book.assets import Asset
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from gateway.identity import Identities
from gateway.inbound.admin import NotAllowed, Sender, admin_command
from gateway.protocol.messages import Admin
from gateway.protocol.wire import Malformed

ASSETS = {"RUB": Asset("RUB", 0, codes.FIAT, 2)}
PAPER = {"arrest": "1-7", "authority": "court", "dated": "2026-01-02"}


def asked(role: str, command: str, arguments: dict[str, object]) -> commands.AnyCommand:
    request = Admin(id=1, command=command, arguments=arguments)
    return admin_command(request, Sender("me", role), ASSETS, Identities.seeded(1))


@pytest.mark.parametrize(
    ("role", "command", "arguments", "expected"),
    [
        (
            "supervisor",
            "arrest",
            {**PAPER, "account": "a", "asset": "RUB", "amount": "1.5"},
            commands.Arrest("1-7", "court", "2026-01-02", account="a", asset="RUB", amount=150, by="me"),
        ),
        (
            "supervisor",
            "arrest",
            {**PAPER, "investor": "i", "share_ppm": 10**6, "sales_allowed": True},
            commands.Arrest("1-7", "court", "2026-01-02", "i", share_ppm=10**6, sales_allowed=True, by="me"),
        ),
        ("supervisor", "lift_arrest", {"arrest": "1", "reason": "x"}, commands.LiftArrest("1", "x", "me")),
        (
            "operator",
            "set_custody",
            {"account": "a", "custody": "self_custody"},
            commands.SetCustody("a", codes.SELF_CUSTODY, by="me"),
        ),
        (
            "operator",
            "open_account",
            {"account": "a", "participant": "p", "investor": "i", "custody": "own_address"},
            commands.OpenAccount("a", "p", "i", by="me", custody=codes.OWN_ADDRESS),
        ),
        (
            "supervisor",
            "register_intermediary",
            {"intermediary": "north", "own_investor": "i"},
            commands.RegisterIntermediary("north", own_investor="i", by="me"),
        ),
    ],
)
def test_requests_as_commands(
    role: str, command: str, arguments: dict[str, object], expected: commands.AnyCommand
) -> None:
    assert asked(role, command, arguments) == expected


@pytest.mark.parametrize(
    ("command", "arguments", "problem"),
    [
        ("arrest", {"arrest": "1", "authority": "c"}, "arguments.dated: missing"),
        ("arrest", {**PAPER, "account": "a", "amount": "1"}, "arguments.amount: needs asset"),
        ("arrest", {**PAPER, "account": "a", "asset": "XYZ", "amount": "1"}, "arguments.amount: unknown asset"),
        ("arrest", {**PAPER, "account": "a", "share_ppm": "all"}, "arguments.share_ppm: expected an integer"),
        ("arrest", {**PAPER, "account": "a", "sales_allowed": 1}, "arguments.sales_allowed: expected true or false"),
        ("lift_arrest", {}, "arguments.arrest: missing"),
        ("set_custody", {"account": "a", "custody": "cellar"}, "expected one of depositary, own_address, self_custody"),
    ],
)
def test_arguments_are_checked(command: str, arguments: dict[str, object], problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        asked("supervisor", command, arguments)


@pytest.mark.parametrize("role", ["participant", "operator"])
def test_only_supervisors_arrest(role: str) -> None:
    with pytest.raises(NotAllowed, match=f"as {role} you may send: "):
        asked(role, "arrest", {**PAPER, "account": "a", "share_ppm": 1})
