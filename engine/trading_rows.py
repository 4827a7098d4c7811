"""The commands of participants that come as requests of their own types, a row each, as in `engine/command_table.py`."""

from __future__ import annotations

from typing import Final

from engine.clearing.carrying import cancel_withdrawal
from engine.clearing.transfers import request_delivery, request_withdrawal, transfer
from engine.command_row import PARTICIPANT, CommandRow
from engine.phases.absence import cancel_all_after
from engine.trading.changes import amend, cancel_many, cancel_one
from engine.trading.entry import enter
from engine.trading.order_lists import enter_bracket, enter_pair, quote
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    DeadManSet,
    FundsMoved,
    MassCancelled,
    MassQuoted,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    Transferred,
    TransferStatus,
)

_TRADERS: Final = (PARTICIPANT,)
_ENTERED: Final = (OrderAccepted, OrderRejected, OrderStatus)

TRADING: Final = (
    CommandRow(commands.NewOrder, enter, senders=_TRADERS, answers=_ENTERED),
    CommandRow(commands.AmendOrder, amend, senders=_TRADERS, answers=(OrderAmended, OrderCancelled, RequestRejected)),
    CommandRow(commands.CancelOrder, cancel_one, senders=_TRADERS, answers=(OrderCancelled, RequestRejected)),
    CommandRow(commands.MassCancel, cancel_many, senders=_TRADERS, answers=(MassCancelled, RequestRejected)),
    CommandRow(commands.MassQuote, quote, senders=_TRADERS, answers=(MassQuoted, RequestRejected)),
    CommandRow(commands.NewOrderPair, enter_pair, senders=_TRADERS, answers=(*_ENTERED, RequestRejected)),
    CommandRow(commands.NewBracket, enter_bracket, senders=_TRADERS, answers=(*_ENTERED, RequestRejected)),
    CommandRow(
        commands.Transfer,
        transfer,
        senders=_TRADERS,
        answers=(Transferred, TransferStatus, RequestRejected),
    ),
    CommandRow(
        commands.RequestWithdrawal,
        request_withdrawal,
        senders=_TRADERS,
        answers=(FundsMoved, MovementHeld, TransferStatus, RequestRejected),
    ),
    CommandRow(
        commands.CancelWithdrawal, cancel_withdrawal, senders=_TRADERS, answers=(MovementEnded, RequestRejected)
    ),
    CommandRow(commands.CancelAllAfter, cancel_all_after, senders=_TRADERS, answers=(DeadManSet, RequestRejected)),
    CommandRow(commands.RequestDelivery, request_delivery, senders=_TRADERS, answers=(RequestRejected,)),
)
"""What participants send as requests of their own types."""
