"""What is kept of orders and transfers that have ended, as bytes, and how it is read again.

A whole order takes 400 bytes compiled and 1 200 interpreted, what is kept of it about 100. Nothing that was asked for is lost: a request
sent again is compared with all of it (P5).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.book.entities import Account, OrderRecord
from engine.book.records import TransferRecord
from engine.book.used_id import UsedId
from engine.vocabulary.codes import CARRIED_OUT
from engine.vocabulary.messages.commands import NewOrder, RequestWithdrawal, Transfer
from engine.vocabulary.wide import wide

_content: Final = msgspec.structs.astuple
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder().decode
# What is not kept of what was asked for, since it is known from where it is kept: participant, account, client order id.
_KNOWN: Final = 3
_TRANSFER: Final = -1
_WITHDRAWAL: Final = -2
# Of core version 7 and before: how it ended was not said, since a transfer that was not refused was done.
_FIELDS_BEFORE: Final = 4


def keep_order(record: OrderRecord) -> bytes:
    """What stays of an order that has ended."""
    kept: bytes = _pack(
        (
            record.order_id,
            record.status,
            record.price_ticks,
            record.quantity_lots,
            record.filled_lots,
            record.reject_code,
            record.reject_rule,
            # A fee in millionths may need more than 64 bits.
            wide(record.fee_numerator),
            record.fee_charged,
            record.asked_terms(),
        )
    )
    return kept


def keep_transfer(
    transfer_id: int, command: Transfer | RequestWithdrawal, code: int, status: int = CARRIED_OUT
) -> bytes:
    """What stays of a transfer or withdrawal; `code` is `OK`, or why it was rejected, `status` how it ended if it was not."""
    kind = _TRANSFER if isinstance(command, Transfer) else _WITHDRAWAL
    kept: bytes = _pack((kind, transfer_id, code, _content(command)[_KNOWN:], status))
    return kept


def read(account: Account, client_order_id: str, used: UsedId | bytes) -> UsedId:
    """What a client order id of an account stands for, be it there by itself or as bytes."""
    if not isinstance(used, bytes):
        return used
    fields: list[Any] = _unpack(used)
    if fields[0] < 0:
        status = fields[4] if len(fields) > _FIELDS_BEFORE else CARRIED_OUT
        moved: type[Transfer | RequestWithdrawal] = Transfer if fields[0] == _TRANSFER else RequestWithdrawal
        asked = moved(account.participant, account.account, client_order_id, *fields[3])
        return TransferRecord(fields[1], asked, fields[2], status)
    record = OrderRecord(
        fields[0], account, NewOrder(account.participant, account.account, client_order_id, *fields[9])
    )
    record.status = fields[1]
    record.price_ticks = fields[2]
    record.quantity_lots = fields[3]
    record.filled_lots = fields[4]
    record.reject_code = fields[5]
    record.reject_rule = fields[6]
    record.fee_numerator = int(fields[7])
    record.fee_charged = fields[8]
    return record
