"""Commands: all that may change the state of a venue. Plain data; the journal stores them as they are.

Arrays on the wire of the journal (`array_like`), tagged by a small integer that is never reused. New fields go last
and have a default, so that an old journal still decodes. `price_e8` and `quantity_e8` are decimals scaled by 10**8;
`amount` is in minor units of its asset. Sides, types and the like are the integers of `engine.vocabulary.codes`.
"""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.absence_commands import ArmDisconnect, CancelAllAfter, DisarmDisconnect, Disconnected
from engine.vocabulary.messages.access_commands import RegisterKey, RegisterParticipant, RevokeKey
from engine.vocabulary.messages.approval_commands import Approve, Decline, SetApproval
from engine.vocabulary.messages.case_commands import AddEvidence, CloseCase, DismissAlert, OpenCase, RaiseAlert
from engine.vocabulary.messages.clearing_commands import (
    Arrest,
    CloseOut,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    MarkFuture,
    RedeemAsset,
    RefuseMovement,
    ReleaseMovement,
    SetIndexPrice,
    SetMarginRules,
)
from engine.vocabulary.messages.order_commands import (
    AmendOrder,
    CancelOrder,
    CancelWithdrawal,
    MassCancel,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    RequestDelivery,
    RequestWithdrawal,
    Transfer,
)
from engine.vocabulary.messages.rule_commands import (
    AuthoriseClient,
    EffectiveFrom,
    HookCommand,
    LoadRulebook,
    PublishDisclosure,
    PublishWarning,
    RecordAcknowledgement,
    RecordTest,
    RegisterContract,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetCustody,
    SetParameter,
    UpdateAsset,
)
from engine.vocabulary.messages.structs import Command
from engine.vocabulary.messages.venue_commands import (
    AddAsset,
    AdvanceTime,
    BustTrade,
    Deposit,
    ListInstrument,
    OpenAccount,
    RepriceTrade,
    SetKillSwitch,
    SetLimits,
    SetMarketHalt,
    SetPhase,
    SetRates,
    SetSchedule,
    SetTradingRules,
    SetVenueRules,
    Tick,
    UpdateInstrument,
    Withdraw,
)

__all__ = [
    "AddAsset",
    "AddEvidence",
    "AdvanceTime",
    "AmendOrder",
    "AnyCommand",
    "Approve",
    "ArmDisconnect",
    "Arrest",
    "AuthoriseClient",
    "BustTrade",
    "CancelAllAfter",
    "CancelOrder",
    "CancelWithdrawal",
    "CloseCase",
    "CloseOut",
    "Command",
    "Decline",
    "Deposit",
    "DisarmDisconnect",
    "Disconnected",
    "DismissAlert",
    "EffectiveFrom",
    "FreezeAsset",
    "HookCommand",
    "IssueAsset",
    "LiftArrest",
    "ListInstrument",
    "LoadRulebook",
    "MarkFuture",
    "MassCancel",
    "MassQuote",
    "NewBracket",
    "NewOrder",
    "NewOrderPair",
    "OpenAccount",
    "OpenCase",
    "PublishDisclosure",
    "PublishWarning",
    "RaiseAlert",
    "RecordAcknowledgement",
    "RecordTest",
    "RedeemAsset",
    "RefuseMovement",
    "RegisterContract",
    "RegisterIntermediary",
    "RegisterInvestor",
    "RegisterKey",
    "RegisterParticipant",
    "ReleaseMovement",
    "RepriceTrade",
    "RequestDelivery",
    "RequestWithdrawal",
    "RevokeKey",
    "Sequenced",
    "SetApproval",
    "SetBlocked",
    "SetCustody",
    "SetIndexPrice",
    "SetKillSwitch",
    "SetLimits",
    "SetMarginRules",
    "SetMarketHalt",
    "SetParameter",
    "SetPhase",
    "SetRates",
    "SetSchedule",
    "SetTradingRules",
    "SetVenueRules",
    "Tick",
    "TradingCommand",
    "Transfer",
    "UpdateAsset",
    "UpdateInstrument",
    "Withdraw",
]


TradingCommand = (
    NewOrder
    | AmendOrder
    | CancelOrder
    | MassCancel
    | NewOrderPair
    | NewBracket
    | MassQuote
    | Transfer
    | RequestDelivery
    | RequestWithdrawal
    | CancelWithdrawal
    | CancelAllAfter
)
AnyCommand = (
    NewOrder
    | AmendOrder
    | CancelOrder
    | MassCancel
    | NewOrderPair
    | NewBracket
    | MassQuote
    | Transfer
    | RequestDelivery
    | RequestWithdrawal
    | CancelWithdrawal
    | CancelAllAfter
    | AddAsset
    | ListInstrument
    | SetPhase
    | UpdateInstrument
    | OpenAccount
    | Deposit
    | Withdraw
    | Tick
    | SetTradingRules
    | SetSchedule
    | SetKillSwitch
    | SetLimits
    | SetRates
    | SetMarketHalt
    | SetVenueRules
    | AdvanceTime
    | BustTrade
    | RepriceTrade
    | SetIndexPrice
    | MarkFuture
    | SetMarginRules
    | CloseOut
    | IssueAsset
    | RedeemAsset
    | FreezeAsset
    | ReleaseMovement
    | RefuseMovement
    | Arrest
    | LiftArrest
    | LoadRulebook
    | RegisterInvestor
    | RegisterIntermediary
    | RecordTest
    | RecordAcknowledgement
    | SetBlocked
    | AuthoriseClient
    | UpdateAsset
    | SetParameter
    | EffectiveFrom
    | RegisterContract
    | PublishWarning
    | SetCustody
    | SetApproval
    | Approve
    | Decline
    | PublishDisclosure
    | OpenCase
    | AddEvidence
    | CloseCase
    | RaiseAlert
    | DismissAlert
    | ArmDisconnect
    | Disconnected
    | DisarmDisconnect
    | RegisterParticipant
    | RegisterKey
    | RevokeKey
)


class Sequenced(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A command with its place and time: `seq` is dense from 1, `time_ns` (since the epoch, UTC) never decreases."""

    seq: int
    time_ns: int
    command: AnyCommand
