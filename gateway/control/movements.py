"""What waits for a supervisor's word, and yes or no to it; the risk level by which it does."""

from __future__ import annotations

from compliance import RISK_LEVELS
from gateway.client import Client
from gateway.client.values.values import WaitingMovement
from gateway.control.actions import Action, risk_level_action
from gateway.control.names import ControlError, look_up

NOT_ASSESSED = "none"


async def release(client: Client, number: int) -> Action:
    """Give the word for which a withdrawal, transfer or redemption waits."""
    found = await _waiting(client, number)
    if not found.waits_for_word:
        # The client's level may have been raised since; then the venue takes the word beforehand.
        investor = (await look_up(client, "account", found.account)).investor or ""
        if (await look_up(client, "investor", investor)).risk_level is None:
            raise ControlError(f"{number} does not wait for a word: it is carried out by the clock")
    then = "it is carried out when its time has come" if found.until else "it is carried out"
    return Action(
        command="release_movement",
        arguments={"movement": number},
        says=f"release {in_words(found)}: {then}",
        kind="account",
        name=found.account,
    )


async def refuse(client: Client, number: int) -> Action:
    """Refuse a withdrawal, transfer or redemption that waits."""
    found = await _waiting(client, number)
    return Action(
        command="refuse_movement",
        arguments={"movement": number},
        says=f"refuse {in_words(found)}: it is available again",
        kind="account",
        name=found.account,
    )


async def set_risk_level(client: Client, investor: str, level: str, *, at_ns: int | None = None) -> Action:
    """Set the risk level of an investor, `none`: not assessed."""
    if level not in (*RISK_LEVELS, NOT_ASSESSED):
        raise ControlError(f"there is no risk level {level}: {', '.join((*RISK_LEVELS, NOT_ASSESSED))}")
    return await risk_level_action(client, investor, "" if level == NOT_ASSESSED else level, at_ns)


async def _waiting(client: Client, number: int) -> WaitingMovement:
    waiting = await client.movements(of_all=True)
    for each in waiting:
        if each.movement == number:
            return each
    there = ", ".join(str(each.movement) for each in waiting[:10]) or "none does"
    raise ControlError(f"no withdrawal or transfer {number} waits; those that do: {there}")


def in_words(movement: WaitingMovement) -> str:
    """What waits, whose it is, and where it goes."""
    to = f" to {movement.to_account}" if movement.to_account else ""
    to = f" to {movement.destination}" if movement.destination else to
    what = f"{movement.kind} {movement.movement} of {movement.amount} {movement.asset}"
    return f"{what} from {movement.account}{to}"
