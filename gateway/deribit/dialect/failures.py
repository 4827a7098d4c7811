"""What this port says no with: codes of Deribit, which `ccxt` turns into its exceptions, for those of the venue."""

from __future__ import annotations

from typing import Any, Final

from gateway.protocol.messages import Error, ExecutionReport, RequestRejected


class Failure(Exception):
    """A request that was not carried out."""

    def __init__(self, code: int, message: str, /, **data: Any) -> None:
        super().__init__(message)
        self.code: Final = code
        self.message: Final = message
        self.data: Final = data

    def as_error(self) -> dict[str, Any]:
        """The `error` of an answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data:
            error["data"] = self.data
        return error


def invalid(param: str, reason: str) -> Failure:
    """A parameter is wrong."""
    return Failure(-32602, "Invalid params", reason=reason, param=param)


def unauthorized(reason: str) -> Failure:
    """Whoever asks did not prove who it is."""
    return Failure(13009, "unauthorized", reason=reason)


TOO_MANY: Final = 10028


def too_many(reason: str, **more: Any) -> Failure:
    """More was asked than may be."""
    return Failure(TOO_MANY, "too_many_requests", reason=reason, **more)


def not_there(what: str) -> Failure:
    """A call that this port does not have."""
    return Failure(10033, "not_implemented", reason=what)


def unavailable(reason: str) -> Failure:
    """The venue can't answer now."""
    return Failure(11051, "system_maintenance", reason=reason)


REJECTS: Final[dict[str, tuple[int, str]]] = {
    "permission": (13021, "forbidden"),
    "duplicate_id": (10031, "invalid_args_for_instrument"),
    "unknown_instrument": (13020, "not_found"),
    "kill_switch": (10019, "locked_by_admin"),
    "order_limits": (10013, "max_total_open_orders_exceeded"),
    "phase": (10012, "book_closed"),
    "tick": (10043, "price_wrong_tick"),
    "lot": (10021, "invalid_amount"),
    "size": (10021, "invalid_amount"),
    "notional": (10021, "invalid_amount"),
    "band": (10011, "price_not_allowed"),
    "compliance": (11042, "permission_denied"),
    "funds": (10009, "not_enough_funds"),
    "post_only": (11054, "post_only_reject"),
    "fillability": (10011, "price_not_allowed"),
    "self_trade": (10003, "order_overlap"),
    "unknown_order": (10004, "order_not_found"),
    "no_reference": (10011, "price_not_allowed"),
    "invalid": (11029, "invalid_arguments"),
    "unsupported": (10033, "not_implemented"),
    "position_limit": (10018, "max_future_position_size_exceeded"),
    "reduce_only": (11044, "not_open_order"),
    "unknown_account": (13021, "forbidden"),
}
"""Codes of refused orders and requests."""

ERRORS: Final[dict[str, tuple[int, str]]] = {
    "malformed": (-32602, "Invalid params"),
    "not_logged_in": (13009, "unauthorized"),
    "key_ended": (13009, "unauthorized"),
    "login_failed": (13004, "invalid_credentials"),
    "not_allowed": (13021, "forbidden"),
    "unknown": (13020, "not_found"),
    "unavailable": (10040, "retry"),
    "read_only": (13025, "method_switched_off_by_admin"),
    "rate_limited": (10028, "too_many_requests"),
    "too_many": (10028, "too_many_requests"),
}
"""Codes of what was not sequenced."""


def of_reject(report: ExecutionReport | RequestRejected) -> Failure:
    """A refusal as this port tells it: of a rule with its id and title."""
    code, message = REJECTS.get(report.code or "", (11030, "other_reject"))
    data: dict[str, Any] = {"reason": report.detail or report.code, "code": report.code}
    if report.rule:
        message = f"{message}: {report.rule} {report.title or ''}".rstrip()
        data |= {"rule": report.rule, "title": report.title, "rules": list(report.rules)}
    if report.order_id:
        data["order_id"] = str(report.order_id)
    return Failure(code, message, **data)


def of_error(error: Error) -> Failure:
    """What was not sequenced, likewise."""
    code, message = ERRORS.get(error.code, (11031, "other_error"))
    data: dict[str, Any] = {"reason": error.detail, "code": error.code}
    if error.retry_after is not None:
        # Seconds, rounded up, as Deribit says how long to wait.
        data["wait"] = -(-error.retry_after // 1_000_000_000)
    return Failure(code, message, **data)
