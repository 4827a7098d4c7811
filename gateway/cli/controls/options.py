"""What the commands of `sbx control` share: options, names that a shell completes from the venue, and how each is run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NoReturn

import click
import msgspec
from click.core import ParameterSource

from gateway.cli.controls.running import COMPLETION_SECONDS, Asked, Plan, Target, run
from gateway.client import Client, ClientError
from gateway.control.actions import Action, time_of
from gateway.control.key_values import Given, Keys, parse
from gateway.control.names import MAX_COMPARED, ControlError
from gateway.protocol.messages import RecordKind

NEGATIVES: Final = {"ignore_unknown_options": True}
"""Of a command that takes a number: -5 is told to be a wrong one, not an unknown option."""
OPERATOR: Final = "operator"
Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def target_of(ctx: click.Context) -> Target:
    """Which venue the options of `sbx control` name."""
    params = ctx.params
    # A directory that is named is meant, whatever the environment has for all others.
    stands_back = params["venue"] is not None and ctx.get_parameter_source("url") is ParameterSource.ENVIRONMENT
    return Target(
        None if stands_back else params["url"], params["key"], params["participant"], params["venue"], params["ca_file"]
    )


def names_of(kind: RecordKind | None = None) -> Completion:
    """What completes a name in a shell: it asks the venue, where it is told which one and as whom.

    `kind` None: the argument `kind` or `scope` before it says.
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        wanted: Any = kind or ctx.params.get("kind") or ctx.params.get("scope")
        if wanted is None or ctx.parent is None:
            return []
        target = target_of(ctx.parent)

        async def names() -> list[str]:
            async with asyncio.timeout(COMPLETION_SECONDS), target.connect() as client:
                return list(await client.records(wanted, at_most=MAX_COMPARED))

        try:
            return [name for name in asyncio.run(names()) if name.startswith(incomplete)]
        except (ClientError, click.ClickException, TimeoutError):
            # A shell that completes can show no error.
            return []

    return complete


def acts_without_reason(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all share which do something, but for a reason: of this one the journal keeps none."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object of what came of it."),
        click.option("--yes", is_flag=True, help="Do it without asking, as scripts must."),
    ):
        function = option(function)
    return function


def acts(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all share which do something, and say why."""
    reason = click.option("--reason", metavar="TEXT", help="Why. It is journaled. On a terminal it is asked for.")
    return reason(acts_without_reason(function))


dated = click.option(
    "--from", "since", metavar="MOMENT", help="Let it take effect then: 2027-01-01, 18:00 (Moscow), or 90m from now."
)


def key_values(keys: Keys, needed: Sequence[str] = (), *, may_lack: bool = False) -> Callable[..., Any]:
    """Give a command the argument `KEY=VALUE...`, as `given`, read before anything is asked of the venue.

    Args:
        keys: what may be given.
        needed: what must be.
        may_lack: whether none need be.
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        return [f"{key}=" for key in keys if f"{key}=".startswith(incomplete)]

    def read(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> Given:
        return read_key_values(given, keys, needed)

    metavar = "[KEY=VALUE]..." if may_lack else "KEY=VALUE..."
    return click.argument("given", metavar=metavar, nargs=-1, required=not may_lack, callback=read, shell_complete=complete)  # fmt: skip


def read_key_values(given: Sequence[str], keys: Keys, needed: Sequence[str] = (), *, hides: bool = False) -> Given:
    """As `parse`. Raises `click.BadParameter`."""
    try:
        return parse(given, keys, needed, hides=hides)
    except ControlError as error:
        raise click.BadParameter(str(error)) from error


def carry(plan: Plan, asked: dict[str, Any], role: str | None = None) -> NoReturn:
    """Run what a command plans, with the options of `acts` or `acts_without_reason`; `role`: who does it, if no supervisor does."""
    known = Asked(asked.get("reason"), asked["yes"], asked["as_json"], needs_reason="reason" in asked)
    target = click.get_current_context().obj
    run(target if role is None else msgspec.structs.replace(target, role=role), plan, known)


def carry_dated(plan: Callable[..., Awaitable[Action]], asked: dict[str, Any], since: str | None) -> NoReturn:
    """The same of a plan that takes `at_ns`: when it takes effect, as `dated` has it."""

    async def whole(client: Client) -> Action:
        return await plan(client, at_ns=None if since is None else time_of(client, since))

    carry(whole, asked)
