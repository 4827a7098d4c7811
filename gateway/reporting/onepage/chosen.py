"""Which tables a page shows, and which of their columns: so much as fits on paper. The sections have all."""

from __future__ import annotations

from typing import Final, NamedTuple


class Chosen(NamedTuple):
    """A table on the page."""

    table: str
    """By its name."""
    section: str
    """That has all of it."""
    columns: tuple[str, ...]
    largest: str = ""
    """The column by which the largest come first; empty: in the order of the table."""
    is_stock: bool = False
    """Whether it says how things stand at an end: then of several sessions the last one counts."""


class Group(NamedTuple):
    """Tables under one heading."""

    title: str
    tables: tuple[Chosen, ...]


GROUPS: Final = (
    Group(
        "Refusals",
        (
            Chosen("overview_refused", "refusals", ("rule", "code", "title", "orders", "requests")),
            Chosen(
                "refused_most",
                "refusals",
                (
                    "investor",
                    "investor_class",
                    "refused",
                    "orders_let_in",
                    "orders_refused_percent",
                    "rules",
                    "most_by",
                ),
            ),
            Chosen(
                "repeated_attempts",
                "refusals",
                ("investor", "request", "about", "side", "rule", "code", "attempts", "longest", "then_passed"),
                "longest",
            ),
        ),
    ),
    Group(
        "Limits",
        (
            Chosen(
                "cap_near",
                "caps",
                ("investor", "investor_class", "scope", "cap_rub", "used_rub", "reserved_rub", "taken_percent"),
                is_stock=True,
            ),
            Chosen(
                "cap_by_intermediary",
                "caps",
                ("intermediary", "retail_investors", "investors_using", "investors_near", "used_rub", "used_percent"),
                is_stock=True,
            ),
            Chosen(
                "exposure_limits",
                "exposures",
                ("rule", "kind", "name", "investor_class", "exposure_rub", "limit_rub", "used_percent", "beyond"),
                "used_percent",
                is_stock=True,
            ),
            Chosen(
                "intermediaries",
                "intermediaries",
                (
                    *("kind", "intermediary", "investors", "orders", "orders_refused", "requests_refused"),
                    *("capital_rub", "exposure_rub", "limit_used_percent"),
                ),
            ),
        ),
    ),
    Group(
        "Operations",
        (
            Chosen("flow_sums", "flows", ("asset", "deposited", "withdrawn", "issued", "redeemed")),
            Chosen(
                "movements",
                "flows",
                ("movement", "asked_utc", "what", "investor", "asset", "amount", "rules", "outcome", "by", "why"),
            ),
            Chosen(
                "operations_counted",
                "operations",
                ("what", "operations", "reported", "of_unknown_worth", "reported_rub"),
            ),
            Chosen(
                "operations_reported",
                "operations",
                ("seq", "time_utc", "what", "from_investor", "to_investor", "amount", "asset", "worth_rub"),
                "worth_rub",
            ),
            Chosen(
                "pass_through",
                "operations",
                ("investor", "asset", "came_in", "passed_on", "passed_percent", "senders", "receivers", "evidence"),
            ),
            Chosen("circular_transfers", "operations", ("investors", "asset", "times", "amount", "evidence"), "amount"),
            Chosen(
                "freezes_by_holder",
                "flows",
                ("seq", "time_utc", "what", "investor", "asset", "frozen", "owned", "frozen_percent", "reason"),
            ),
            Chosen(
                "arrests_by_holder",
                "flows",
                ("seq", "time_utc", "what", "arrest", "authority", "investor", "asset", "arrested", "owned", "reason"),
            ),
        ),
    ),
    Group(
        "Market",
        (
            Chosen(
                "prices",
                "prices",
                ("instrument", "trades", "open", "high", "low", "close", "volume", "turnover", "turnover_asset"),
            ),
            Chosen("net_buying", "turnover", ("investor_class", "asset", "bought", "sold", "net_bought")),
            Chosen(
                "concentration",
                "turnover",
                ("measure", "of", "investors", "largest_percent", "top_10_percent", "herfindahl"),
                is_stock=True,
            ),
        ),
    ),
    Group(
        "Changes",
        (
            Chosen("changes_counted", "history", ("day", "what", "carried_out", "scheduled", "proposed", "refused")),
            Chosen("changes", "history", ("seq", "time_utc", "what", "subjects", "by", "outcome", "said", "reason")),
        ),
    ),
    Group("Settlement", (Chosen("settlement_check", "session", ("day", "assets", "adds_up_to", "replayed_balances")),)),
)
