"""What can go wrong between a client and its venue."""

from __future__ import annotations

from gateway.protocol.messages import Error, ExecutionReport, Rejected, RequestRejected


class ClientError(Exception):
    """Whatever went wrong between a client and its venue."""


class ConnectionLost(ClientError):
    """The reply to a request did not come. `was_sent` says what is known of its fate.

    False: it never left; the venue knows nothing of it. True: it may have been carried out or not. A new order is safe to send
    again with the same `client_order_id` on the same trading day, either way: it never acts twice.
    """

    def __init__(self, reason: str, *, was_sent: bool = False) -> None:
        fate = "it was sent, and may have been carried out or not" if was_sent else "nothing was sent"
        super().__init__(f"{reason}; {fate}")
        self.reason = reason
        self.was_sent = was_sent


class RequestTimedOut(ConnectionLost):
    """The time limit of a request passed before its reply came, whether the connection is there or not."""


class FellBehind(ClientError):
    """A stream was read too slowly, and messages for it had to be dropped."""


class ReportsLost(ClientError):
    """Reports were lost for good, or what the last ones said is void: ask for orders, balances and positions, and follow again."""


class RequestFailed(ClientError):
    """The venue refused a request. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str, seq: int | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.seq = seq
        """Of an admin command: the number under which the refusal stands in the journal; None: it was not recorded."""

    @classmethod
    def of(cls, message: Error | Rejected) -> RequestFailed:
        """The exception for a message that refuses."""
        if isinstance(message, Error) and message.code == "rate_limited":
            return RateLimited(message)
        return cls(message.code, message.detail, message.seq if isinstance(message, Rejected) else None)


class RateLimited(RequestFailed):
    """Too much was asked. The request was not looked at, and the client does not send it again; `retry_after_ns` says when to."""

    def __init__(self, message: Error) -> None:
        super().__init__(message.code, message.detail)
        self.retry_after_ns = message.retry_after or 0


class OrderRejected(RequestFailed):
    """An order, amend or cancel did nothing. If a rule decided, `rule`, `title` and every failed rule in `rules` say which."""

    def __init__(self, message: ExecutionReport | RequestRejected) -> None:
        code, detail = message.code or "rejected", message.detail or ""
        super().__init__(code, f"{message.rule} ({message.title}): {detail}" if message.rule else detail)
        self.detail = detail
        self.rule = message.rule or ""
        self.title = message.title or ""
        self.rules = message.rules
        self.message = message
        self.seq = message.order_id if isinstance(message, ExecutionReport) else message.seq
        """The number under which it stands in the journal: what `sbx explain` asks for."""
