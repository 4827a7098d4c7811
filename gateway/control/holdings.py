"""Accounts, and what an operator books on them; futures marked, positions closed out."""

from __future__ import annotations

from typing import Literal

from gateway.client import Client
from gateway.control.actions import Action, make_action
from gateway.control.names import check_new, look_up
from gateway.protocol.messages import Argument

Booking = Literal["deposit", "withdraw", "issue_asset", "redeem_asset"]


async def open_account(
    client: Client, account: str, participant: str, investor: str, *, intermediary: str = "", custody: str = ""
) -> Action:
    """Open an account of an investor, operated by a participant, held through an intermediary or (empty) directly.

    Raises:
        ControlError: the venue has the account already, or has no such participant, investor or intermediary.
    """
    await check_new(client, "account", account)
    await look_up(client, "participant", participant)
    await look_up(client, "investor", investor)
    if intermediary:
        await look_up(client, "intermediary", intermediary)
    arguments: dict[str, Argument] = {"account": account, "participant": participant, "investor": investor}
    arguments |= {"intermediary": intermediary} if intermediary else {}
    arguments |= {"custody": custody} if custody else {}
    through = f"held through {intermediary}" if intermediary else "held directly"
    return Action(
        command="open_account",
        arguments=arguments,
        says=f"open account {account} of investor {investor}, operated by {participant}, {through}",
        kind="account",
        name=account,
        reason_is="",
    )


async def book(client: Client, command: Booking, account: str, money: tuple[str, str], origin: str = "") -> Action:
    """Credit or debit an account: from or to outside the venue, or what is issued and taken back.

    Args:
        client: of the venue.
        command: which of the four.
        account: whose.
        money: the amount, a decimal, and its asset.
        origin: of a deposit: where it comes from; empty: it is not said.

    Raises:
        ControlError: the venue has no such account or asset.
    """
    amount, asset = money
    found = await look_up(client, "account", account)
    await look_up(client, "asset", asset)
    says = {
        "deposit": f"credit {amount} {asset} to account {account}, from outside the venue",
        "withdraw": f"debit {amount} {asset} from account {account}, to outside the venue",
        "issue_asset": f"issue {amount} {asset} to account {account}",
        "redeem_asset": f"take {amount} {asset} back from account {account}, as redeemed",
    }[command]
    arguments: dict[str, Argument] = {"account": account, "asset": asset, "amount": amount}
    arguments |= {"origin": origin} if origin else {}
    return make_action(command, arguments, says, ("account", account), found)


async def close_out(client: Client, account: str, instrument: str) -> Action:
    """Close a position of an account at once.

    Raises:
        ControlError: the venue has no such account or instrument.
    """
    found = await look_up(client, "account", account)
    await look_up(client, "instrument", instrument)
    arguments: dict[str, Argument] = {"account": account, "instrument": instrument}
    says = (
        f"close the position of account {account} in {instrument} at once, inside the static band, whatever its cover"
    )
    return make_action("close_out", arguments, says, ("account", account), found)


async def mark_future(client: Client, instrument: str, price: str) -> Action:
    """Mark a future and settle its variation margin now; without a price: at that of the rule.

    Raises:
        ControlError: the venue has no such instrument.
    """
    found = await look_up(client, "instrument", instrument)
    arguments: dict[str, Argument] = {"instrument": instrument, **({"price": price} if price else {})}
    says = (
        f"mark {instrument} at {price} and settle its variation margin now"
        if price
        else f"mark {instrument} at the price of the rule and settle its variation margin now"
    )
    return make_action("mark_future", arguments, says, ("instrument", instrument), found)
