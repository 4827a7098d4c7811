"""Who asks: the signature of an HTTP request, and the grants of `public/auth`.

Of a request is signed `ts\\nnonce\\nMETHOD\\nURI\\nbody\\n`, of a login `ts\\nnonce\\ndata`, by HMAC-SHA256 with the key's secret, as Deribit
documents it. What is signed counts for a minute. Within that a request that acts is taken once: its signature is kept, and none from
before the port was opened is taken, since nobody knows any more what came then.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from gateway.deribit.callers.keys import PortKey
from gateway.deribit.dialect.failures import Failure, too_many, unauthorized

VALID_MS: Final = 60_000
"""So long after its time a signature counts."""
AHEAD_MS: Final = 5_000
"""So far may a client's clock be ahead."""
MAX_KEPT: Final = 16_384
"""Signatures of one key: 250 requests a second that act, over all that time. Whoever sends more by HTTP is told to wait; WebSocket has
no such bound. 100 bytes each, so 160 MB of all keys there may be."""
MAX_NONCE_CHARS: Final = 64
_SCHEME: Final = "deri-hmac-sha256"
_FIELD: Final = re.compile(r"(id|ts|sig|nonce)=([A-Za-z0-9_.~+/=-]{1,128})", re.ASCII)
_TIME: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


class Signed:
    """What stands in the header of a signed request."""

    __slots__ = ("client_id", "nonce", "sig", "ts")

    def __init__(self, client_id: str, ts: str, sig: str, nonce: str) -> None:
        self.client_id: Final = client_id
        self.ts: Final = ts
        self.sig: Final = sig
        self.nonce: Final = nonce


def read_header(header: str) -> Signed:
    """Read `Authorization: deri-hmac-sha256 id=..,ts=..,sig=..,nonce=..`. Raises `Failure`."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != _SCHEME:
        raise unauthorized(f"Authorization: {_SCHEME} id=..,ts=..,sig=..,nonce=.. is what this port takes")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        found = _FIELD.fullmatch(part.strip())
        if found is None or found[1] in fields:
            raise unauthorized("Authorization: not id=..,ts=..,sig=..,nonce=..")
        fields[found[1]] = found[2]
    if len(fields) != 4:
        raise unauthorized("Authorization: id, ts, sig and nonce are needed")
    return Signed(fields["id"], fields["ts"], fields["sig"], fields["nonce"])


def signature(secret: str, text: bytes) -> str:
    """HMAC-SHA256, in hexadecimal."""
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


class Signatures:
    """Checks them, and remembers those of requests that act.

    Args:
        keys: those there are, by client id, now and later.
        clock: of the machine, milliseconds since the epoch.
    """

    def __init__(self, keys: Mapping[str, PortKey], clock: Callable[[], int]) -> None:
        self._keys: Final = keys
        self._clock: Final = clock
        self._opened_ms: Final = clock()
        self._kept: Final[dict[str, dict[bytes, int]]] = {}
        """Signatures by client id, each with until when it counts."""
        self._order: Final[dict[str, deque[bytes]]] = {}
        """The same in the order in which they came."""
        self._since_ms: Final[dict[str, int]] = {}
        """Of a key that was away: when it went. What came before that is not known any more."""

    def knows(self, client_id: str) -> bool:
        """Whether there is a key of that id."""
        return client_id in self._keys

    def of_request(self, header: str, method: str, uri: str, body: bytes) -> tuple[PortKey, Signed]:
        """Whose request it is. Raises `Failure`: 13009 if it is nobody's."""
        signed = read_header(header)
        text = f"{signed.ts}\n{signed.nonce}\n{method}\n{uri}\n".encode() + body + b"\n"
        return self._check(signed, text), signed

    def of_login(self, signed: Signed, data: str) -> PortKey:
        """Whose `client_signature` it is. Raises `Failure`."""
        if len(signed.nonce) > MAX_NONCE_CHARS:
            raise unauthorized(f"nonce: at most {MAX_NONCE_CHARS} characters")
        return self._check(signed, f"{signed.ts}\n{signed.nonce}\n{data}".encode())

    def of_secret(self, client_id: str, secret: str) -> PortKey:
        """Whose `client_credentials` they are. Raises `Failure`."""
        key = self._keys.get(client_id)
        # Compared in any case: how long it takes tells nothing.
        matches = hmac.compare_digest((key.secret if key is not None else "").encode(), secret.encode())
        if key is None or not matches:
            raise Failure(13004, "invalid_credentials", reason="no such client id, or another secret")
        return key

    def use(self, key: PortKey, signed: Signed) -> None:
        """A signed request is about to act: take it once. Raises `Failure` if it was taken before, or may have been."""
        now_ms = self._clock()
        if int(signed.ts) <= max(self._opened_ms - 1, self._since_ms.get(key.client_id, 0)):
            raise unauthorized("signed before this port was opened, or the key was away: sign it again")
        kept = self._kept.setdefault(key.client_id, {})
        order = self._order.setdefault(key.client_id, deque())
        while order and kept[order[0]] < now_ms:
            del kept[order.popleft()]
        mark = bytes.fromhex(signed.sig)
        if mark in kept:
            raise unauthorized("this very request was taken before: each is taken once")
        if len(kept) >= MAX_KEPT:
            raise too_many(f"more than {MAX_KEPT} signed requests that act within {VALID_MS // 1_000} s: use WebSocket")
        # The latest at which it could be taken again. In order but for clocks that are ahead: those wait for others a little.
        kept[mark] = now_ms + VALID_MS + AHEAD_MS
        order.append(mark)

    def forget(self, client_id: str) -> None:
        """A key is gone. It may come back, as one does whose file others could read for a moment: what it signed until now is taken no more."""
        now_ms = self._clock()
        for each in [each for each, since_ms in self._since_ms.items() if now_ms - since_ms > VALID_MS + AHEAD_MS]:
            del self._since_ms[each]
        # Its clock may have been ahead.
        self._since_ms[client_id] = now_ms
        self._kept.pop(client_id, None)
        self._order.pop(client_id, None)

    def _check(self, signed: Signed, text: bytes) -> PortKey:
        key = self._keys.get(signed.client_id)
        expected = signature(key.secret if key is not None else "", text)
        matches = hmac.compare_digest(expected.encode(), signed.sig.lower().encode())
        if key is None or not matches:
            raise unauthorized("no such client id, or the signature does not hold")
        if not _TIME.fullmatch(signed.ts):
            raise unauthorized("ts: milliseconds since the epoch")
        late_ms = self._clock() - int(signed.ts)
        if late_ms > VALID_MS:
            raise unauthorized(f"signed {late_ms} ms ago: at most {VALID_MS}. Look at the clock of this machine")
        if -late_ms > AHEAD_MS:
            raise unauthorized(f"signed {-late_ms} ms ahead of the venue: at most {AHEAD_MS}. Look at the clock")
        return key
