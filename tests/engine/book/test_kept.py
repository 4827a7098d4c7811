"""What is kept of an order or transfer that has ended says again all that was asked for, and what became of it."""

from __future__ import annotations

import sys

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.book.entities import Account, OrderRecord, Owner
from engine.book.kept import keep_order, keep_transfer, read
from engine.book.records import TransferRecord
from engine.vocabulary.codes import ORDER_STATUSES
from engine.vocabulary.limits import KEPT_ORDER_BYTES, MAX_NAME_CHARS
from engine.vocabulary.messages.commands import NewOrder, Transfer

NUMBERS = st.integers(-(2**63), 2**63 - 1)
COUNTS = st.integers(0, 2**63 - 1)
SMALL = st.integers(-1, 30)
NAMES = st.text(max_size=MAX_NAME_CHARS)
STATUSES = st.sampled_from(range(len(ORDER_STATUSES)))
ORDERS = st.builds(
    NewOrder,
    st.just("participant"),
    st.just("account"),
    NAMES,
    NAMES,
    SMALL,
    SMALL,
    SMALL,
    *[NUMBERS] * 2,
    *[SMALL] * 2,
    *[NUMBERS] * 5,
    SMALL,
    *[NUMBERS] * 2,
    st.booleans(),
    NUMBERS,
)
OUTCOME = ("status", "price_ticks", "quantity_lots", "filled_lots", "reject_code", "reject_rule")
FEES = ("fee_numerator", "fee_charged")


def account() -> Account:
    return Account("account", 0, "participant", Owner("investor"), "")


@given(ORDERS, st.tuples(STATUSES, COUNTS, COUNTS, COUNTS, SMALL, NAMES), st.integers(-(2**90), 2**90), NUMBERS)
def test_an_order_that_is_read_again_is_what_it_was(
    command: NewOrder, outcome: tuple[int | str, ...], numerator: int, charged: int
) -> None:
    record = OrderRecord(2**52 + 7, account(), command)
    for name, value in zip((*OUTCOME, *FEES), (*outcome, numerator, charged), strict=True):
        setattr(record, name, value)
    found = read(record.account, command.client_order_id, keep_order(record))
    assert isinstance(found, OrderRecord) and found.account is record.account
    for name in ("order_id", "command", "client_order_id", "instrument_name", "side", "leaves_lots", *OUTCOME, *FEES):
        assert getattr(found, name) == getattr(record, name), name
    assert found.used_for == record.used_for


@given(ORDERS, st.data())
def test_no_other_order_is_taken_for_it(command: NewOrder, data: st.DataObject) -> None:
    kept = keep_order(OrderRecord(1, account(), command))
    fields = [name for name in NewOrder.__struct_fields__ if name not in {"participant", "account", "client_order_id"}]
    name = data.draw(st.sampled_from(fields))
    value = getattr(command, name)
    other = f"{value}x" if isinstance(value, str) else not value if isinstance(value, bool) else value - 1
    found = read(account(), command.client_order_id, kept)
    assert isinstance(found, OrderRecord)
    assert found.command != msgspec.structs.replace(command, **{name: other})


@given(NAMES, NAMES, NAMES, COUNTS, SMALL, NAMES, COUNTS, SMALL)
def test_a_transfer_that_is_read_again_is_what_it_was(
    name: str, to: str, asset: str, amount: int, purpose: int, contract: str, transfer_id: int, code: int
) -> None:
    command = Transfer("participant", "account", name, to, asset, amount, purpose, contract)
    found = read(account(), name, keep_transfer(transfer_id, command, code))
    assert isinstance(found, TransferRecord)
    assert (found.command, found.transfer_id, found.code) == (command, transfer_id, code)


def test_whatever_is_asked_for_takes_no_more_than_the_bound_of_a_day_counts_with() -> None:
    most, wide = 2**63 - 1, "\U0001f600" * MAX_NAME_CHARS
    command = NewOrder(
        "participant", "account", wide, wide, 1, 6, 7, most, most, 2, 4, most, most, most, most, 9_999, 2, -most, most, True, most
    )  # fmt: skip
    record = OrderRecord(2**53, account(), command)
    record.status, record.reject_code, record.reject_rule = 4, 30, "ELR-2"
    record.price_ticks = record.quantity_lots = record.filled_lots = record.fee_charged = most
    record.fee_numerator = 2**90
    # A name has its UTF-8 beside it once an event with it has been written; its place in a dictionary takes up to 90 bytes.
    name_bytes = sys.getsizeof(wide) + 4 * MAX_NAME_CHARS + 1
    assert name_bytes + sys.getsizeof(keep_order(record)) + 90 <= KEPT_ORDER_BYTES
    plain = NewOrder("p", "a", "order-00000001", "BTC/RUB", 0, 0, 0, 50_000 * 10**10, 10**8)
    ended = OrderRecord(2**20, account(), plain)
    ended.status, ended.price_ticks, ended.quantity_lots, ended.filled_lots = 2, 50_000, 10_000, 10_000
    assert sys.getsizeof(keep_order(ended)) <= 104
