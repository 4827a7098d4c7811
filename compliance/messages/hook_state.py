"""What a snapshot holds of the hook: what commands and events said. Classes, tables and sums follow from it and are made anew."""

from __future__ import annotations

from compliance.messages.ledger_state import LedgerState
from compliance.messages.part import Part
from engine.vocabulary.wide import Wide


class RulebookState(Part):
    """The rulebook in force, as it is on a day, with what a supervisor set on top."""

    name: str
    """Empty: none is in force."""
    documents: dict[str, str]
    overrides: list[tuple[str, str, str]]
    day: int


class DisclosureState(Part):
    """What an issuer has disclosed of an asset."""

    digest: str
    title: str
    cover_ppm: int
    until_day: int
    published_ns: int
    by: str


class AssetState(Part):
    """What the rules know of an asset beside what the core does, which has it at the same place."""

    privacy: int
    market_cap_rub: int
    turnover_rub: int
    history_years: int
    highly_liquid: bool
    lost_ns: int
    followed: str
    disclosure: DisclosureState | None = None


class ListingState(Part):
    """The same of an instrument."""

    last_ticks: int
    asked_ticks: int
    followed: str


class TestState(Part):
    """The latest result of one test."""

    score: int
    taken_ns: int


class InvestorState(Part):
    """An investor's evidence, and what the investor has done."""

    investor: str
    kind: int
    resident: bool
    assets_rub: int
    income_rub: int
    earlier_income_rub: int
    certified: bool
    foreign_trade: bool
    financial: bool
    capital_rub: int
    bank: bool
    blocked: bool
    class_override: str
    reason: str
    by: str
    acknowledged: list[str]
    knowledge: TestState
    risk: TestState
    authorisations: list[tuple[int, str, bool]]
    """Year, intermediary, whether it stands."""
    risk_level: str = ""
    products: list[tuple[str, TestState]] = []
    """By product."""


class PersonState(Part):
    """Somebody with documents."""

    keys: list[str]
    investor: str
    """Empty: registered as nobody."""
    firms: list[str]


class IntermediaryState(Part):
    """An intermediary."""

    intermediary: str
    licensed: bool
    licence: str
    suspended: bool
    capital_rub: int
    bank: bool
    reason: str
    by: str
    own_investor: str = ""


class ContractState(Part):
    """A contract of foreign trade."""

    contract: str
    payer: str
    payee: str
    asset: str
    amount: int
    paid: Wide
    refundable: Wide
    concluded: str
    subject: str
    reason: str
    by: str


class HookState(Part):
    """The whole hook. Its format is that of the snapshot of the core in which it stands."""

    rulebook: RulebookState
    assets: list[AssetState]
    listings: list[ListingState]
    investors: list[InvestorState]
    persons: list[PersonState]
    intermediaries: list[IntermediaryState]
    clients: list[tuple[str, str, str]]
    """Account, investor, intermediary."""
    texts: list[str]
    contracts: list[ContractState]
    decided: list[tuple[int, list[tuple[int, int]]]]
    """By profile: instruments' numbers times two plus side about which its table has been asked, and the profile that was asked
    for. Who is doubtful depends on it."""
    former_profiles: list[tuple[str, int]]
    """Of core version 6: accounts that were decided about by a profile that was no longer theirs. None is, since; it is not read."""
    ledger: LedgerState
    closers: list[tuple[int, str]]
    """Order id and account."""
    moved: list[str]
    """Accounts whose positions have changed since such orders of theirs were looked at."""
    custodies: list[tuple[str, int]] = []
    """Accounts that are held in another way than in a depositary."""
