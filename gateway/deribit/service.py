"""The port without sockets: keys, sessions, markets and accounts, and how a call is carried out."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any, Final

from engine.command_row import PARTICIPANT
from gateway.deribit.callers.asker import Asker
from gateway.deribit.callers.caller import TOKEN_CHARS, Caller, Method, needs_socket
from gateway.deribit.callers.desk import Desk
from gateway.deribit.callers.keys import KEYS_FILE, KeysError, PortKey, read_keys
from gateway.deribit.callers.markets import Markets
from gateway.deribit.callers.signatures import Signatures, Signed
from gateway.deribit.calls.account_calls import ACCOUNT
from gateway.deribit.calls.channel_calls import CHANNELS
from gateway.deribit.calls.public_calls import PUBLIC
from gateway.deribit.calls.trading_calls import TRADING
from gateway.deribit.dialect.failures import Failure, unauthorized
from gateway.deribit.dialect.listed import Unlisted
from gateway.deribit.dialect.params import Params
from gateway.deribit.dialect.rpc import Call
from gateway.deribit.feeds.account_feeds import is_own, own_feed
from gateway.deribit.feeds.feeds import Feed, Feeds
from gateway.deribit.feeds.market_feeds import instrument_of, is_chart, market_feed, resolution_of
from gateway.inbound.context import VenueContext
from gateway.server.peers.local import LocalPeers

KEYS_SECONDS: Final = 1.0
"""So often the file of keys is looked at: one that is taken away is of no use after that."""
IDLE_SECONDS: Final = 600.0
"""A key's session for HTTP, and what follows an account, end when nobody has used them for so long."""
_LOG: Final = logging.getLogger("gateway.deribit")


METHODS: Final[dict[str, Method]] = {**PUBLIC, **CHANNELS, **TRADING, **ACCOUNT}


class Service:
    """What the port does for whoever calls.

    Args:
        peers: of the venue.
        directory: of the venue, where its file of keys is.
    """

    def __init__(self, peers: LocalPeers, directory: Path) -> None:
        self.context: Final[VenueContext] = peers.context
        self.feeds: Final = Feeds()
        self.markets: Final = Markets(peers)
        self._peers: Final = peers
        self._directory: Final = directory
        self._keys: Final[dict[str, PortKey]] = {}
        self.signatures: Final = Signatures(self._keys, lambda: time.time_ns() // 1_000_000)
        self._askers: Final[dict[str, Asker]] = {}
        """For HTTP, by client id."""
        self._asked_at: Final[dict[str, float]] = {}
        self._desks: Final[dict[str, Desk]] = {}
        """By account."""
        self.connections: Final[dict[Caller, Any]] = {}
        """Callers over WebSocket, each with what ends its connection."""
        self._seen: tuple[int, ...] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ── from start to end ──────────────────────────────────────────────────────────────────────────────────────────

    async def begin(self) -> None:
        """Read the keys, and follow the markets. Raises `KeysError`: the file can't be used."""
        self._seen = self._stamp()
        self._keys.update(read_keys(self._directory))
        await self.markets.refresh()
        self._look_later()

    def end(self) -> None:
        """Do nothing more for anybody."""
        if self._timer is not None:
            self._timer.cancel()
        self.feeds.end()
        for desk in self._desks.values():
            desk.end()
        for asker in self._askers.values():
            asker.end()
        self.markets.end()

    @property
    def keys(self) -> int:
        """How many there are."""
        return len(self._keys)

    def look(self) -> None:
        """See whether the file of keys has changed, whose participant is let in no more, and who was idle for long."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            self._read_again()
        now = asyncio.get_running_loop().time()
        followed = {caller.desk for caller in self.connections}
        for account, desk in list(self._desks.items()):
            if desk.is_over or (desk not in followed and now - desk.used_at > IDLE_SECONDS):
                self._desks.pop(account).end()
        for caller, end in list(self.connections.items()):
            if caller.key is not None and caller.asker.is_over:
                end()
        for client_id, asker in list(self._askers.items()):
            if asker.is_over or now - self._asked_at[client_id] > IDLE_SECONDS:
                self._askers.pop(client_id).end()

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(KEYS_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self.look()
        self._look_later()

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            found = (self._directory / KEYS_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode

    def _read_again(self) -> None:
        """Take up the keys as they are now; who acts by one that is gone acts no more."""
        try:
            keys = read_keys(self._directory)
        except KeysError as error:
            # Whoever can read them may be anybody, and what can't be read says nothing of who may act.
            _LOG.error("the file of keys can't be used, so no key can: %s", error)
            keys = {}
        gone = [client_id for client_id, key in self._keys.items() if keys.get(client_id) != key]
        self._keys.clear()
        self._keys.update(keys)
        for client_id in gone:
            self.signatures.forget(client_id)
            if (asker := self._askers.pop(client_id, None)) is not None:
                asker.end()
        for caller, end in list(self.connections.items()):
            if caller.key is not None and caller.key.client_id in gone:
                end()
        if gone:
            _LOG.info("%d keys of the Deribit port are gone or others now", len(gone))

    # ── who calls ──────────────────────────────────────────────────────────────────────────────────────────────────

    def stranger(self, address: str) -> Caller:
        """Somebody at an address, who has shown no key."""
        return Caller(Asker(self._peers, address), address)

    async def signed(self, address: str, header: str, request: tuple[str, str, bytes]) -> tuple[Caller, Signed]:
        """Whoever has signed an HTTP request: its method, URI and body. Raises `Failure`."""
        key, signed = self.signatures.of_request(header, *request)
        asker = self._askers.get(key.client_id)
        if asker is None or asker.is_over:
            asker = Asker(self._peers, address)
            try:
                self._act_for(asker, key)
            except Failure:
                # It is nobody's, so nobody else would end it.
                asker.end()
                raise
            self._askers[key.client_id] = asker
        self._asked_at[key.client_id] = asyncio.get_running_loop().time()
        caller = Caller(asker, address)
        caller.key, caller.desk = key, await self._desk(key, asker)
        caller.mark = signed.sig[:TOKEN_CHARS].lower()
        return caller, signed

    async def log_in(self, caller: Caller, key: PortKey) -> None:
        """Let a connection act by a key. Raises `Failure`."""
        if caller.asker.is_over:
            raise _over()
        if caller.key is None:
            self._act_for(caller.asker, key)
            # From now on, not from when its account is followed: its session acts for nobody else, and ends with this key.
            caller.key = key
        caller.desk = await self._desk(key, caller.asker)

    def _act_for(self, asker: Asker, key: PortKey) -> None:
        participant = self.context.keyholders.find(key.participant)
        if participant is None or participant.role != PARTICIPANT:
            raise Failure(13021, "forbidden", reason=f"{key.participant} is no participant of this venue who trades")
        asker.act_for(participant, key.scopes, f"deribit:{key.client_id}")

    async def _desk(self, key: PortKey, asker: Asker) -> Desk:
        participant = asker.participant
        assert participant is not None
        accounts = self.context.fanout.reports.accounts.get(participant.participant, ())
        account = key.account or (accounts[0] if accounts else "")
        if account not in accounts:
            raise Failure(13021, "forbidden", reason=f"{account or 'no account'} is an account of {key.participant}")
        desk = self._desks.get(account)
        if desk is None or desk.is_over:
            if desk is not None:
                # One that could not begin has a session all the same.
                desk.end()
            desk = self._desks[account] = Desk(
                self._peers, self.context, self.markets, participant=participant, account=account
            )
        await desk.begun()
        return desk

    # ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def carry_out(self, call: Call, caller: Caller, signed: Signed | None = None) -> Any:
        """Do what a call asks for; returns its result. Raises `Failure`."""
        method = METHODS.get(call.method)
        if method is None:
            raise Failure(-32601, "Method not found", reason="docs/CCXT.md lists the methods of this port")
        if method.scope:
            if caller.key is None or caller.desk is None:
                raise unauthorized("sign the request, or log the connection in by public/auth")
            if method.scope not in caller.key.scopes:
                raise Failure(13021, "forbidden", reason=f"this key may not: its scopes lack {method.scope}")
            if caller.asker.is_over:
                raise _over()
        if method.acts and signed is not None:
            assert caller.key is not None
            self.signatures.use(caller.key, signed)
        if not method.asks:
            caller.asker.charge(1)
        try:
            return await method.carry_out(self, caller, Params(call.params))
        except Unlisted:
            # What the account has names an instrument that was listed a moment ago.
            if method.acts:
                raise
            await self.markets.refresh(anew=True)
            return await method.carry_out(self, caller, Params(call.params))

    async def subscribe(self, caller: Caller, channels: list[str], is_private: bool) -> list[str]:
        """Send channels from now on: of those that there are not, nothing is said but that they are not in the answer. Raises `Failure`."""
        subscriber = caller.subscriber
        if subscriber is None:
            raise needs_socket()
        found: list[str] = []
        for channel in channels:
            own = is_own(channel)
            feed = self._own_feed(caller, channel) if own and is_private else None
            if not own:
                feed = await self._market_feed(channel)
            if feed is not None:
                self.feeds.subscribe(subscriber, feed)
                found.append(channel)
                if feed.first_units:
                    # A long book was written: others go on before the next one is.
                    await asyncio.sleep(0)
        return found

    def _own_feed(self, caller: Caller, channel: str) -> Feed:
        desk = caller.own_desk()
        return self.feeds.find(channel, desk) or own_feed(self.feeds, channel, desk, self.markets.listed)

    async def _market_feed(self, channel: str) -> Feed | None:
        """That of a channel; None: there is no such channel."""
        instrument = instrument_of(channel)
        if instrument is None:
            return None
        try:
            market = await self.markets.find(instrument)
            if is_chart(channel):
                await self.markets.chart(market, resolution_of(channel).interval)
        except Failure:
            return None
        # Looked for last: another may have asked for it meanwhile.
        return self.feeds.find(channel, None) or market_feed(self.feeds, channel, market)

    def unsubscribe(self, caller: Caller, channels: list[str] | None) -> list[str]:
        """Send channels no longer; None: none at all. Raises `Failure`."""
        subscriber = caller.subscriber
        if subscriber is None:
            raise needs_socket()
        wanted = self.feeds.channels_of(subscriber) if channels is None else channels
        return [channel for channel in wanted if self.feeds.unsubscribe(subscriber, channel)]


def _over() -> Failure:
    """Whoever asks is let in no more by this connection: the last key of the participant may have ended."""
    return unauthorized("the session has ended: connect again, if the participant has a key in force at the venue")
