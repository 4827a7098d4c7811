"""Assets and instruments that are new to a venue that runs."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import ASSET_KINDS, INSTRUMENT_KINDS, PRIVACY_KINDS
from gateway.client import Client
from gateway.control.actions import Action, time_of
from gateway.control.key_values import Given, Key, Keys, any_text, decimal, length_ns, one_of, ppm, whole
from gateway.control.names import check_new, look_up
from gateway.protocol.messages import Argument

ASSET: Final[Keys] = {
    "kind": Key(one_of(ASSET_KINDS)),
    "scale": Key(whole),
    "privacy": Key(one_of(PRIVACY_KINDS)),
    "market_cap_rub": Key(whole),
    "turnover_rub": Key(whole),
    "history_years": Key(whole),
    "issuer": Key(any_text),
    "terms": Key(any_text),
    "issue_limit": Key(decimal),
    "follows": Key(any_text),
}
ASSET_NEEDS: Final = ("kind", "scale")
EXPIRES: Final = "expires"
INSTRUMENT: Final[Keys] = {
    "kind": Key(one_of(INSTRUMENT_KINDS)),
    "base": Key(any_text),
    "quote": Key(any_text),
    "tick": Key(decimal),
    "lot": Key(decimal),
    "min_quantity": Key(decimal),
    "max_quantity": Key(decimal),
    "max_notional": Key(decimal),
    "collar_ppm": Key(ppm),
    "reference_price": Key(decimal),
    "maker_fee_ppm": Key(ppm),
    "taker_fee_ppm": Key(ppm),
    "underlying": Key(any_text),
    EXPIRES: Key(any_text),
    "averaging": Key(length_ns, "averaging_ns"),
    "mark_interval": Key(length_ns, "mark_interval_ns"),
    "max_position": Key(decimal),
}
INSTRUMENT_NEEDS: Final = (
    "kind", "base", "quote", "tick", "lot", "min_quantity", "max_quantity", "max_notional", "collar_ppm",
)  # fmt: skip


async def add_asset(client: Client, asset: str, given: Given) -> Action:
    """Make an asset known, by `ASSET`.

    Raises:
        ControlError: the venue has it already, or has no such issuer.
    """
    await check_new(client, "asset", asset, "figures")
    if given.arguments.get("issuer"):
        await look_up(client, "participant", str(given.arguments["issuer"]))
    return Action(
        command="add_asset",
        arguments={"asset": asset, **given.arguments},
        says=f"add asset {asset} for good, with {given.said}",
        kind="asset",
        name=asset,
        reason_is="",
    )


async def list_instrument(client: Client, instrument: str, given: Given) -> Action:
    """List an instrument, by `INSTRUMENT`; it starts closed.

    Raises:
        ControlError: the venue has it already, or has no such assets, or the moment at which it expires is none.
    """
    await check_new(client, "instrument", instrument, "terms")
    arguments: dict[str, Argument] = {"instrument": instrument, **given.arguments}
    for key in ("base", "quote"):
        await look_up(client, "asset", str(arguments[key]))
    if EXPIRES in arguments:
        arguments["expiry_ns"] = time_of(client, str(arguments.pop(EXPIRES)))
    return Action(
        command="list_instrument",
        arguments=arguments,
        says=f"list {instrument} for good, with {given.said}: it stays closed until `sbx control phase` or `schedule` opens it",
        kind="instrument",
        name=instrument,
        reason_is="",
    )
