"""The client library: connect to a venue, log in, trade, and follow the market.

    async with connect("ws://127.0.0.1:8765", participant="mm-alpha", key="keys/mm-alpha.pem") as client:
        order = await client.buy("BTC/RUB", quantity="0.01", price="8000000")
        await order.filled()
        await client.submit(Stop(instrument="BTC/RUB", side="sell", quantity="0.01", stop_price="7900000"))
        async for trade in client.trades("BTC/RUB"):
            print(trade.price, trade.quantity)

Prices, quantities and money are `str`, `int` or `Decimal` where a program gives them, and `Decimal` where it gets them.

Requests may overlap freely: each carries an id, and its reply is matched by it. Execution reports are checked for gaps;
after a lost connection the client logs in again, subscribes again and fetches the reports it missed. A request that meets no
connection waits for one, and for its reply, as long as its time limit. Where its outcome is unknown (`ConnectionLost`), send an
order or transfer again with the same `client_order_id`:

    while True:
        try:
            order = await client.buy("BTC/RUB", quantity="0.01", price="8000000", client_order_id="morning-1")
            break
        except ConnectionLost:
            continue
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from engine.vocabulary.limits import MAX_ABSENCE_NS, NS_PER_SECOND
from gateway.client.accounts.portfolio import Opening, Portfolio
from gateway.client.asking import Asking
from gateway.client.copies.valuing import value
from gateway.client.links.key import Key, new_key, signing
from gateway.client.links.link import REQUEST_TIMEOUT_SECONDS, VENUE, Encoding, Pings, PingSeconds
from gateway.client.values.commands import AdminArgument, AdminCommand
from gateway.client.values.errors import ClientError
from gateway.client.values.values import (
    Balance,
    Contract,
    FuturesPositions,
    Instrument,
    OpenOrder,
    WaitingMovement,
    handed,
)
from gateway.protocol import messages as m
from gateway.protocol.requests import CancelOnDisconnect


class Client(Asking):
    """A participant at a venue. Made by `connect`; not safe to use from other threads."""

    async def portfolio(self, account: str | None = None, *, opening: Mapping[str, Opening] | None = None) -> Portfolio:
        """Keep what an account makes of its trades from now on: positions, average prices, profit. docs/CLIENT.md has the formula.

        Args:
            account: as in `submit`.
            opening: positions in other instruments than futures that were there before, by instrument. Those in futures begin at what
                the venue carries them for.

        Raises:
            ConnectionLost: no reply came; nothing is kept.
        """
        account = self._own_account(account)
        known = self._protocol.account(account)

        stops: list[Callable[[], None]] = []

        def met(instrument: str) -> None:
            stops.append(value(self._protocol.subscriptions, self.next_id, kept, instrument))
            self._link.wake()

        def closed(portfolio: Portfolio) -> None:
            if portfolio in known.portfolios:
                known.portfolios.remove(portfolio)
                for stop in stops:
                    stop()
                self._link.wake()

        since_ns = max(known.time_ns, self.hello.time)
        kept = Portfolio(account, since_seq=known.seq, since_ns=since_ns, met=met, closed=closed)
        known.portfolios.append(kept)
        try:
            for instrument, position in (opening or {}).items():
                kept.open(instrument, position)
            held = await self.positions(account)
        except BaseException:
            kept.close()
            raise
        for each in held.positions:
            if each.quantity:
                # What it is carried for; what it cost before the last mark changed hands with that.
                kept.carry(each.instrument, each.quantity, each.carried, held.seq)
        return kept

    async def positions(self, account: str | None = None) -> FuturesPositions:
        """List the positions of an account in futures as the venue has them, and what covers them, by asset."""
        request = m.Positions(id=self.next_id(), account=self._own_account(account))
        return handed(await self.request(request, m.PositionsReply), FuturesPositions)

    async def movements(self, account: str | None = None, *, of_all: bool = False) -> list[WaitingMovement]:
        """List the withdrawals, transfers and redemptions of an account that wait, by number; `of_all`: of all accounts, for supervisors."""
        name = None if of_all else self._own_account(account)
        found: list[WaitingMovement] = []
        while True:
            request = m.Movements(id=self.next_id(), account=name, after=found[-1].movement if found else 0)
            reply = await self.request(request, m.MovementsReply)
            found += [handed(each, WaitingMovement) for each in reply.movements]
            if not reply.more:
                return found

    async def risk_warning(self, account: str | None = None, digest: str | None = None) -> m.RiskWarningReply:
        """Say which risk warning is to be acknowledged, with its text, or that of a digest, and what was acknowledged."""
        request = m.RiskWarning(id=self.next_id(), account=self._own_account(account), digest=digest)
        return await self.request(request, m.RiskWarningReply)

    async def contracts(self, account: str | None = None) -> dict[str, Contract]:
        """List the contracts of foreign trade of an account's investor, by number."""
        account = self._own_account(account)
        found: dict[str, Contract] = {}
        while True:
            reply = await self.request(
                m.Contracts(id=self.next_id(), account=account, after=len(found)), m.ContractsReply
            )
            found |= {each.contract: handed(each, Contract) for each in reply.contracts}
            if not reply.more:
                return found

    async def open_orders(self, account: str | None = None) -> list[OpenOrder]:
        """List the open orders of an account, by order id."""
        account = self._own_account(account)
        found: list[OpenOrder] = []
        while True:
            after = found[-1].order_id if found else 0
            request = m.OpenOrders(id=self.next_id(), account=account, after_order_id=after)
            reply = await self.request(request, m.OpenOrdersReply)
            found += [handed(each, OpenOrder) for each in reply.orders]
            if not reply.more:
                return found

    async def balances(self, account: str | None = None) -> dict[str, Balance]:
        """List what an account holds, by asset."""
        request = m.Balances(id=self.next_id(), account=self._own_account(account))
        reply = await self.request(request, m.BalancesReply)
        return {holding.asset: handed(holding, Balance) for holding in reply.balances}

    async def instruments(self) -> dict[str, Instrument]:
        """List the instruments by name. Needs no login."""
        reply = await self.request(m.Instruments(id=self.next_id()), m.InstrumentsReply)
        return {each.instrument: handed(each, Instrument) for each in reply.instruments}

    async def records(
        self, kind: m.RecordKind, name: str | None = None, *, at_most: int | None = None
    ) -> dict[str, m.RecordInfo]:
        """Look a name up, and count what it has; without one, list the names of a kind. For supervisors and operators.

        Args:
            kind: such as `investor` or `parameter`; a trade is only looked up.
            name: of which there is one record or none.
            at_most: of a list, so many and no more than a page beyond.
        """
        found: dict[str, m.RecordInfo] = {}
        while True:
            request = m.Records(id=self.next_id(), kind=kind, name=name, after=len(found))
            reply = await self.request(request, m.RecordsReply)
            found |= {each.name: each for each in reply.records}
            if not reply.more or (at_most is not None and len(found) >= at_most):
                return found

    async def rates(self) -> dict[str, m.Rate]:
        """Say how much may be asked of the venue, and what is left, by scope; nothing where nobody is limited. Needs no login."""
        reply = await self.request(m.Rates(id=self.next_id()), m.RatesReply)
        return {rate.scope: rate for rate in reply.rates}

    async def cancel_all_after(self, seconds: float, *, account: str | None = None) -> None:
        """Have all open orders cancelled so many seconds from now, unless this is called again before; 0: the timer is off.

        Args:
            seconds: 0.1 to 86400; or 0.
            account: whose orders; None: those of each account of the participant, by a timer of its own.

        Raises:
            OrderRejected: it is too short, or no account of the participant is open.
        """
        request = m.CancelAllAfter(id=self.next_id(), account=account, timeout=round(seconds * NS_PER_SECOND))
        await self.request(request, m.DeadMan)

    async def logout(self) -> None:
        """Log out and close: the end of this connection cancels no orders, whatever `cancel_on_disconnect` says."""
        await self.request(m.Logout(id=self.next_id()), m.LoggedOut)
        await self.close()

    async def admin(self, command: AdminCommand, /, **arguments: AdminArgument) -> int:
        """Sequence a configuration or compliance command; returns its sequence number.

        For operators and supervisors, and for issuers in what concerns their own assets. Raises `RequestFailed` if it was refused.
        Where the venue asks for a second approval it may only wait, as the proposal of that number.
        """
        request = m.Admin(id=self.next_id(), command=command, arguments=cast(dict[str, m.Argument], arguments))
        return (await self.request(request, m.Done)).seq

    async def rotate_key(self, file: Path | str, name: str, *, overlap: float = 60.0, reason: str = "rotated") -> None:
        """Log in with a new key from now on, in place of the one that is used, which may do as much.

        The private key stands in the new file before the venue hears of the public one: whatever happens, it is not lost. This connection
        goes on until the overlap is over; then the venue ends it, and the client is back by the new key.

        Args:
            file: where the private key goes; there must be none.
            name: of the key, which no key of the participant has.
            overlap: seconds for which the old key is good, for other programs that use it.
            reason: is recorded.

        Raises:
            RequestFailed: the venue refused; the old key stays, and the file may be removed.
            ClientError: nobody is logged in, or the file can't be written.
        """
        if self.welcome is None or not self.welcome.key:
            raise ClientError("no key is used that could be replaced")
        new = new_key(file)
        await self.admin(
            "register_key",
            participant=self.welcome.participant,
            key=name,
            public_key=new.public_key().public_bytes_raw().hex(),
            replaces=self.welcome.key,
            overlap_ns=round(overlap * NS_PER_SECOND),
            reason=reason,
        )
        self._protocol.sign, self._protocol.key_name = signing(new), name


@asynccontextmanager
async def connect(
    url: str,
    participant: str | None = None,
    key: Key | None = None,
    *,
    account: str | None = None,
    encoding: Encoding = "json",
    reconnect: bool = True,
    ping_interval: PingSeconds = VENUE,
    ping_timeout: PingSeconds = VENUE,
    request_timeout: float = REQUEST_TIMEOUT_SECONDS,
    ca_file: Path | str | None = None,
    cancel_on_disconnect: float | CancelOnDisconnect | None = None,
    lang: m.Lang = "en",
    key_name: str = "",
) -> AsyncIterator[Client]:
    """Connect to a venue and log in; without `participant` and `key`, public data only.

    Args:
        url: `ws://HOST:PORT`, or `wss://HOST:PORT` for a venue with TLS.
        key: the participant's private key: a path, PEM or raw bytes, or the key itself.
        account: the account to use where none is named.
        encoding: `json` or `msgpack`; the messages are the same.
        reconnect: whether to connect again when the connection is lost.
        ping_interval: seconds between pings, by which a dead connection is noticed; None: none are sent. `venue`: as its hello says.
        ping_timeout: seconds for the answer to a ping; then the connection counts as lost. None: for ever. `venue`: as long as the
            venue itself waits for one.
        request_timeout: seconds that a request may wait for its reply, or for a connection to be sent on.
        ca_file: certificates, PEM, that vouch for a venue with TLS; None: those that the machine trusts.
        cancel_on_disconnect: seconds; when a connection is gone for so long, the venue cancels the open orders of all accounts of the
            participant. The client dials again meanwhile. `CancelOnDisconnect` names single accounts. None: they stay.
        key_name: the name of the key, as the venue has it; empty: the venue finds which one it is.
        lang: `ru`: reasons, titles of rules and errors that the venue tells are in Russian; else in English.

    Raises:
        ConnectionLost: there is no venue at `url`.
        RequestFailed: the login failed.
    """
    if (participant is None) != (key is None):
        raise ClientError("participant and key belong together")
    client = Client(
        url,
        participant,
        key,
        account=account,
        encoding=encoding,
        reconnect=reconnect,
        pings=Pings(interval=ping_interval, timeout=ping_timeout),
        request_timeout=request_timeout,
        ca_file=ca_file,
        cancel_on_disconnect=_armed(cancel_on_disconnect),
        lang=lang,
        key_name=key_name,
    )
    await client.open()
    try:
        yield client
    finally:
        await client.close()


def _armed(wanted: float | CancelOnDisconnect | None) -> CancelOnDisconnect | None:
    """As a login says it. Raises `ClientError` if no venue takes it."""
    if wanted is None or isinstance(wanted, CancelOnDisconnect):
        return wanted
    if not 0 <= wanted * NS_PER_SECOND <= MAX_ABSENCE_NS:
        raise ClientError(f"cancel_on_disconnect: 0 to {MAX_ABSENCE_NS // NS_PER_SECOND} seconds")
    return CancelOnDisconnect(grace=round(wanted * NS_PER_SECOND))
