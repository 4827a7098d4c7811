"""The commands that `admin` carries, by name: docs/PROTOCOL.md has their arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

AdminCommand = Literal[
    "add_asset",
    "add_evidence",
    "advance_time",
    "approve",
    "arrest",
    "authorise_client",
    "bust_trade",
    "close_case",
    "close_out",
    "decline",
    "deposit",
    "dismiss_alert",
    "effective_from",
    "faucet",
    "freeze_asset",
    "issue_asset",
    "lift_arrest",
    "list_instrument",
    "load_rulebook",
    "mark_future",
    "open_account",
    "open_case",
    "publish_disclosure",
    "publish_warning",
    "raise_alert",
    "record_acknowledgement",
    "record_test",
    "redeem_asset",
    "refuse_movement",
    "register_contract",
    "register_intermediary",
    "register_investor",
    "register_key",
    "register_participant",
    "release_movement",
    "reprice_trade",
    "revoke_key",
    "set_approval",
    "set_blocked",
    "set_custody",
    "set_index_price",
    "set_kill_switch",
    "set_limits",
    "set_margin_rules",
    "set_market_halt",
    "set_parameter",
    "set_phase",
    "set_rates",
    "set_schedule",
    "set_trading_rules",
    "set_venue_rules",
    "update_asset",
    "update_instrument",
    "withdraw",
]

_List = Sequence[str | int | Mapping[str, str]]
AdminArgument = str | int | bool | _List | Mapping[str, str | int | bool | _List | Mapping[str, str]]
"""What an argument may be: decimals are text, never floats."""
