"""Events: all that a venue says happened. Plain data, in the order in which it happened.

Encoded as `engine.vocabulary.messages.commands` are. Prices are ticks, quantities lots, money minor units of the quote asset; the
instrument's listing (`InstrumentListed`) has what turns them back into decimals. `report_seq` is the account's own
dense sequence: every event that carries one is a private report to that account.
"""

from __future__ import annotations

from engine.vocabulary.messages.absence_events import ConnectionArmed, ConnectionEnded, ConnectionLost, DeadManSet
from engine.vocabulary.messages.access_events import KeyEnded, KeyRegistered, ParticipantRegistered
from engine.vocabulary.messages.approval_events import CommandProposed, ProposalEnded
from engine.vocabulary.messages.case_events import (
    AlertDismissed,
    AlertRaised,
    CaseClosed,
    CaseOpened,
    EvidenceAdded,
)
from engine.vocabulary.messages.clearing_events import (
    AssetIssued,
    CloseOutStarted,
    DefaultDeclared,
    FutureMarked,
    HoldingArrested,
    HoldingFrozen,
    IndexPriceSet,
    LossShared,
    MarginCalled,
    MarginRestored,
    MovementEnded,
    MovementHeld,
    Transferred,
    TransferStatus,
    VariationMargin,
)
from engine.vocabulary.messages.order_events import (
    BookAdded,
    BookChanged,
    Indicative,
    MassCancelled,
    MassQuoted,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    StopTriggered,
    Trade,
    TradeCorrected,
    Uncrossed,
)
from engine.vocabulary.messages.rule_events import (
    ChangeEffective,
    ChangeScheduled,
    InvestorRegistered,
    ParameterChanged,
    RegistryChanged,
    RulebookLoaded,
)
from engine.vocabulary.messages.structs import Event
from engine.vocabulary.messages.venue_events import (
    AccountOpened,
    AssetAdded,
    CommandRejected,
    DayEnded,
    FundsMoved,
    InstrumentListed,
    MarketHalted,
    PhaseChanged,
    RulesChanged,
    TimeAdvanced,
)

__all__ = [
    "AccountOpened",
    "AlertDismissed",
    "AlertRaised",
    "AnyEvent",
    "AssetAdded",
    "AssetIssued",
    "BookAdded",
    "BookChanged",
    "CaseClosed",
    "CaseOpened",
    "ChangeEffective",
    "ChangeScheduled",
    "CloseOutStarted",
    "CommandProposed",
    "CommandRejected",
    "ConnectionArmed",
    "ConnectionEnded",
    "ConnectionLost",
    "DayEnded",
    "DeadManSet",
    "DefaultDeclared",
    "Event",
    "EvidenceAdded",
    "FundsMoved",
    "FutureMarked",
    "HoldingArrested",
    "HoldingFrozen",
    "IndexPriceSet",
    "Indicative",
    "InstrumentListed",
    "InvestorRegistered",
    "KeyEnded",
    "KeyRegistered",
    "LossShared",
    "MarginCalled",
    "MarginRestored",
    "MarketHalted",
    "MassCancelled",
    "MassQuoted",
    "MovementEnded",
    "MovementHeld",
    "OrderAccepted",
    "OrderAmended",
    "OrderCancelled",
    "OrderRejected",
    "OrderStatus",
    "ParameterChanged",
    "ParticipantRegistered",
    "PhaseChanged",
    "ProposalEnded",
    "RegistryChanged",
    "RequestRejected",
    "RulebookLoaded",
    "RulesChanged",
    "StopTriggered",
    "TimeAdvanced",
    "Trade",
    "TradeCorrected",
    "TransferStatus",
    "Transferred",
    "Uncrossed",
    "VariationMargin",
]


AnyEvent = (
    OrderAccepted
    | OrderRejected
    | Trade
    | OrderCancelled
    | OrderAmended
    | RequestRejected
    | OrderStatus
    | MassCancelled
    | BookAdded
    | BookChanged
    | StopTriggered
    | TradeCorrected
    | MassQuoted
    | Indicative
    | Uncrossed
    | AssetAdded
    | InstrumentListed
    | PhaseChanged
    | AccountOpened
    | FundsMoved
    | DayEnded
    | CommandRejected
    | RulesChanged
    | MarketHalted
    | TimeAdvanced
    | RulebookLoaded
    | InvestorRegistered
    | RegistryChanged
    | ParameterChanged
    | ChangeScheduled
    | ChangeEffective
    | IndexPriceSet
    | FutureMarked
    | VariationMargin
    | MarginCalled
    | MarginRestored
    | CloseOutStarted
    | DefaultDeclared
    | LossShared
    | Transferred
    | TransferStatus
    | MovementHeld
    | MovementEnded
    | HoldingFrozen
    | HoldingArrested
    | AssetIssued
    | CommandProposed
    | ProposalEnded
    | CaseOpened
    | EvidenceAdded
    | CaseClosed
    | AlertRaised
    | AlertDismissed
    | ConnectionArmed
    | ConnectionLost
    | ConnectionEnded
    | DeadManSet
    | ParticipantRegistered
    | KeyRegistered
    | KeyEnded
)
