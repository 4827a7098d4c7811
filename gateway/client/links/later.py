"""Messages of a later release of the venue, whose types are not known here: passed over, but for what must be counted."""

from __future__ import annotations

from typing import Final, get_args

import msgspec

from gateway.protocol import messages as m

_KNOWN: Final = frozenset(str(kind.__struct_config__.tag) for kind in get_args(m.AnyMessage))


class LaterReport(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A report of a type that is not known here. It counts on the account's `seq`; what it says, a later release of the client knows."""

    type: str
    account: str
    seq: int
    id: int | None = None


AnyReport = m.AnyReport | LaterReport
"""What counts on the `seq` of an account."""


class Later(msgspec.Struct, kw_only=True, gc=False):
    """What a message of any type may have."""

    type: str
    account: str | None = None
    seq: int | None = None
    id: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether its type is one that is known here: then it was not as it should be."""
        return self.type in _KNOWN

    @property
    def report(self) -> LaterReport | None:
        """The report that it is; None: it may be passed over."""
        if self.account is None or self.seq is None:
            return None
        return LaterReport(type=self.type, account=self.account, seq=self.seq, id=self.id)
