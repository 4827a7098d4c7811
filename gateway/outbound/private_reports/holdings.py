"""Events of holdings and positions as messages to the accounts they concern; see `gateway.outbound.private_reports.orders`."""

from __future__ import annotations

from engine.vocabulary.codes import MOVEMENT_KINDS, MOVEMENT_STATUSES, PURPOSES, REJECT_CODES
from engine.vocabulary.messages.events import (
    AssetIssued,
    CloseOutStarted,
    DefaultDeclared,
    FundsMoved,
    HoldingArrested,
    HoldingFrozen,
    LossShared,
    MarginCalled,
    MarginRestored,
    MovementEnded,
    MovementHeld,
    Transferred,
    TransferStatus,
    VariationMargin,
)
from gateway.outbound.private_reports.report import PrivateReport
from gateway.protocol import messages
from gateway.protocol.formats import Formats
from gateway.words.words import words


def funds(formats: Formats, report: PrivateReport, event: FundsMoved, request_id: int | None) -> messages.Funds:
    """A deposit or withdrawal."""
    amount = formats.amount
    return messages.Funds(
        id=request_id,
        account=event.account,
        seq=event.report_seq,
        asset=event.asset,
        amount=amount(event.asset, event.amount),
        available=amount(event.asset, event.available),
        reserved=amount(event.asset, event.reserved),
        reason=event.reason,
        movement=event.movement or None,
        client_order_id=event.client_order_id or None,
        destination=event.destination,
    )


def variation_margin(
    formats: Formats, report: PrivateReport, event: VariationMargin, request_id: int | None
) -> messages.VariationMargin:
    """What a mark brought or took."""
    format_ = formats.instruments[event.instrument]
    return messages.VariationMargin(
        account=event.account,
        seq=event.report_seq,
        instrument=event.instrument,
        position=format_.quantity[event.position_lots],
        price=format_.price[event.price_ticks],
        asset=format_.quote,
        amount=format_.money[event.amount],
        available=format_.money[event.available],
        reserved=format_.money[event.reserved],
    )


def margin_call(
    formats: Formats, report: PrivateReport, event: MarginCalled, request_id: int | None
) -> messages.MarginCall:
    """Cover is missing."""
    return messages.MarginCall(
        account=event.account,
        seq=event.report_seq,
        asset=event.asset,
        missing=formats.amount(event.asset, event.missing),
        until=event.until_ns,
    )


def margin_restored(
    formats: Formats, report: PrivateReport, event: MarginRestored, request_id: int | None
) -> messages.MarginRestored:
    """Cover is missing no longer."""
    return messages.MarginRestored(account=event.account, seq=event.report_seq, asset=event.asset)


def close_out(
    formats: Formats, report: PrivateReport, event: CloseOutStarted, request_id: int | None
) -> messages.CloseOut:
    """The venue closes a position."""
    return messages.CloseOut(
        account=event.account,
        seq=event.report_seq,
        instrument=event.instrument,
        position=formats.instruments[event.instrument].quantity[event.position_lots],
        reason=event.reason,
    )


def default(
    formats: Formats, report: PrivateReport, event: DefaultDeclared, request_id: int | None
) -> messages.Default:
    """An account could not pay."""
    return messages.Default(
        account=event.account,
        seq=event.report_seq,
        instrument=event.instrument,
        asset=event.asset,
        shortfall=formats.amount(event.asset, event.shortfall),
    )


def loss_shared(
    formats: Formats, report: PrivateReport, event: LossShared, request_id: int | None
) -> messages.LossShared:
    """An account bore part of a shortfall."""
    return messages.LossShared(
        account=event.account,
        seq=event.report_seq,
        instrument=event.instrument,
        asset=event.asset,
        amount=formats.amount(event.asset, event.amount),
    )


def transferred(
    formats: Formats, report: PrivateReport, event: Transferred, request_id: int | None
) -> messages.Transferred:
    """One side of a transfer: neither learns the other's balance, nor the receiver the sender's own id."""
    sends = report.as_first
    return messages.Transferred(
        id=request_id,
        account=report.account,
        seq=report.seq,
        transfer_id=event.transfer_id,
        client_order_id=event.client_order_id if sends else None,
        from_account=event.from_account,
        to_account=event.to_account,
        asset=event.asset,
        amount=formats.amount(event.asset, event.amount),
        purpose=PURPOSES[event.purpose],
        contract_reference=event.contract_reference,
        available=formats.amount(event.asset, event.from_available if sends else event.to_available),
    )


def transfer_status(
    formats: Formats, report: PrivateReport, event: TransferStatus, request_id: int | None
) -> messages.TransferStatus:
    """How a transfer or withdrawal that was sent again stands."""
    return messages.TransferStatus(
        id=request_id,
        account=event.account,
        client_order_id=event.client_order_id,
        transfer_id=event.transfer_id,
        code=REJECT_CODES[event.code] if event.code else None,
        status=None if event.code else MOVEMENT_STATUSES[event.status],
    )


def movement_held(
    formats: Formats, report: PrivateReport, event: MovementHeld, request_id: int | None
) -> messages.MovementHeld:
    """Something waits to leave an account."""
    amount = formats.amount
    return messages.MovementHeld(
        id=request_id,
        account=event.account,
        seq=event.report_seq,
        movement=event.movement,
        kind=MOVEMENT_KINDS[event.kind],
        asset=event.asset,
        amount=amount(event.asset, event.amount),
        waits_for_word=event.waits_for_word,
        rule=event.rule,
        rules=event.rules,
        available=amount(event.asset, event.available),
        held=amount(event.asset, event.held),
        client_order_id=event.client_order_id or None,
        until=event.until_ns or None,
        to_account=event.to_account or None,
        purpose=PURPOSES[event.purpose] if event.purpose >= 0 else None,
        contract_reference=event.contract_reference,
        destination=event.destination,
        title=report.title or None,
    )


def movement_ended(
    formats: Formats, report: PrivateReport, event: MovementEnded, request_id: int | None
) -> messages.MovementEnded:
    """Something waits no longer. Who decided is not told: a supervisor is the venue."""
    amount = formats.amount
    return messages.MovementEnded(
        id=request_id,
        account=event.account,
        seq=event.report_seq,
        movement=event.movement,
        outcome=MOVEMENT_STATUSES[event.outcome],
        asset=event.asset,
        amount=amount(event.asset, event.amount),
        available=amount(event.asset, event.available),
        held=amount(event.asset, event.held),
        client_order_id=event.client_order_id or None,
        reason=event.reason,
        detail=words(event.template, event.values),
        rule=event.rule or None,
        template=event.template or None,
        values=event.values,
    )


def holding_frozen(
    formats: Formats, report: PrivateReport, event: HoldingFrozen, request_id: int | None
) -> messages.HoldingFrozen:
    """Part of a holding is frozen, or free again."""
    amount = formats.amount
    return messages.HoldingFrozen(
        account=event.account,
        seq=event.report_seq,
        asset=event.asset,
        frozen=amount(event.asset, event.frozen),
        available=amount(event.asset, event.available),
        reserved=amount(event.asset, event.reserved),
        reason=event.reason,
    )


def holding_arrested(
    formats: Formats, report: PrivateReport, event: HoldingArrested, request_id: int | None
) -> messages.HoldingArrested:
    """A paper claims a part of a holding, or does so no longer."""
    amount = formats.amount
    return messages.HoldingArrested(
        account=event.account,
        seq=event.report_seq,
        asset=event.asset,
        arrest=event.arrest,
        authority=event.authority,
        dated=event.dated,
        sales_allowed=event.sales_allowed,
        arrested=amount(event.asset, event.arrested),
        available=amount(event.asset, event.available),
        reserved=amount(event.asset, event.reserved),
        frozen=amount(event.asset, event.frozen),
        claimed=None if event.claimed < 0 else amount(event.asset, event.claimed),
        reason=event.reason,
    )


def asset_issued(
    formats: Formats, report: PrivateReport, event: AssetIssued, request_id: int | None
) -> messages.AssetIssued:
    """An asset was issued to an account, or redeemed from it."""
    amount = formats.amount
    return messages.AssetIssued(
        account=event.account,
        seq=event.report_seq,
        asset=event.asset,
        issuer=event.issuer,
        amount=amount(event.asset, event.amount),
        outstanding=amount(event.asset, event.outstanding),
        available=amount(event.asset, event.available),
        reserved=amount(event.asset, event.reserved),
    )
