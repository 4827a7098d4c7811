"""The client for programs without an event loop, and for notebooks, where one runs already: it has a loop in a thread of its own.

    with connect_sync("ws://127.0.0.1:8765", participant="anna", key="keys/anna.pem") as client:
        order = client.buy("BTC/RUB", quantity="0.01", price="8000000")
        order.filled(timeout=60)
        for trade in client.trades("BTC/RUB"):
            print(trade.price, trade.quantity)

It is the same client: each method of `Client` is here under its name, waits for what the other would return, and raises what it
raises. Orders, books and streams that it returns wait in the same way. Any thread may use it.
"""

from __future__ import annotations

import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, ParamSpec, Self, TypeVar, overload

from gateway.client.accounts.orders import Order
from gateway.client.client import Client, connect
from gateway.client.copies.local_copy import LocalCopy
from gateway.client.copies.streams import Stream
from gateway.client.links.loop_thread import LoopThread
from gateway.client.values.pages import Pages
from gateway.protocol import messages as m

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M")


class Waiting:
    """What stands for something of the client: attributes are read in the loop's thread, and methods waited for."""

    def __init__(self, loop: LoopThread, inner: Any) -> None:
        self._loop: Final = loop
        self._inner: Final = inner

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._loop.call(lambda: getattr(self._inner, name))
        return _method(self._loop, found) if inspect.ismethod(found) else _shown(self._loop, found)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._inner)})

    def __repr__(self) -> str:
        return self._loop.call(lambda: repr(self._inner))


class WaitingOrder(Waiting):
    """An order: all that `Order` has, under the same names."""

    def filled(self, timeout: float | None = None) -> Self:
        """Wait until it is filled, so many seconds at most; returns it. Raises as `Order.filled`, and `TimeoutError`."""
        self._loop.wait(self._inner.filled, timeout)
        return self

    def ended(self, timeout: float | None = None) -> Self:
        """Wait until it has ended, so many seconds at most; returns it. Raises as `Order.ended`, and `TimeoutError`."""
        self._loop.wait(self._inner.ended, timeout)
        return self


class WaitingBook(Waiting):
    """A book or queue that is kept: all that `LocalBook` or `LocalQueue` has, under the same names."""

    def changed(self, timeout: float | None = None) -> None:
        """Wait until it has changed, so many seconds at most. Raises as `LocalBook.changed`, and `TimeoutError`."""
        self._loop.wait(self._inner.changed, timeout)


class WaitingStream(Generic[M]):
    """A stream, to be read with `for`; a context manager, too, that ends its subscription."""

    def __init__(self, loop: LoopThread, inner: Stream[M]) -> None:
        self._loop: Final = loop
        self._inner: Final = inner

    @property
    def missed(self) -> int:
        """As `Stream.missed`."""
        return self._loop.call(lambda: self._inner.missed)

    def start(self) -> None:
        """Subscribe now instead of at the first read."""
        self._loop.wait(self._inner.start)

    def next(self, timeout: float | None = None) -> M:
        """Wait for the next message, so many seconds at most.

        Raises:
            TimeoutError: none came; nothing is lost.
            StopIteration: the stream has ended.
        """

        async def one() -> tuple[M, ...]:
            try:
                return (await anext(self._inner),)
            except StopAsyncIteration:
                return ()

        found = self._loop.wait(one, timeout)
        if not found:
            raise StopIteration
        return found[0]

    def close(self) -> None:
        """End the subscription."""
        if not self._loop.is_over:
            self._loop.wait(self._inner.aclose)

    def __iter__(self) -> Iterator[M]:
        return self

    def __next__(self) -> M:
        return self.next()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class WaitingPages(Generic[M]):
    """A list that comes in pages, to be read with `for`."""

    def __init__(self, loop: LoopThread, inner: Pages[M]) -> None:
        self._loop: Final = loop
        self._inner: Final = inner

    @property
    def seq(self) -> int | None:
        """As `Pages.seq`."""
        return self._loop.call(lambda: self._inner.seq)

    @property
    def truncated(self) -> bool:
        """As `Pages.truncated`."""
        return self._loop.call(lambda: self._inner.truncated)

    def all(self) -> list[M]:
        """Read all that is left."""
        return self._loop.wait(self._inner.all)

    def __iter__(self) -> Iterator[M]:
        return self

    def __next__(self) -> M:
        async def one() -> tuple[M, ...]:
            async for each in self._inner:
                return (each,)
            return ()

        found = self._loop.wait(one)
        if not found:
            raise StopIteration
        return found[0]


def _shown(loop: LoopThread, found: Any) -> Any:
    """What is handed out for something that the client returned."""
    if isinstance(found, Order):
        return WaitingOrder(loop, found)
    if isinstance(found, LocalCopy):
        return WaitingBook(loop, found)
    if isinstance(found, Stream):
        return WaitingStream(loop, found)
    if isinstance(found, Pages):
        return WaitingPages(loop, found)
    if isinstance(found, tuple) and any(isinstance(each, Order) for each in found):
        shown = [_shown(loop, each) for each in found]
        return type(found)(*shown) if hasattr(found, "_fields") else tuple(shown)
    if inspect.isgenerator(found):
        return loop.call(lambda: list(found))
    return found


def _method(loop: LoopThread, method: Any) -> Callable[..., Any]:
    """A method that is called in the loop's thread, and waited for."""

    async def called(*arguments: Any, **named: Any) -> Any:
        found = method(*arguments, **named)
        return await found if inspect.isawaitable(found) else found

    def waits(*arguments: Any, **named: Any) -> Any:
        return _shown(loop, loop.wait(functools.partial(called, *arguments, **named)))

    return functools.update_wrapper(waits, method) if inspect.ismethod(method) else waits


@overload
def waited(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, Order]],
) -> Callable[Concatenate[BlockingClient, P], WaitingOrder]: ...


@overload
def waited(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, LocalCopy]],
) -> Callable[Concatenate[BlockingClient, P], WaitingBook]: ...


@overload
def waited(
    method: Callable[Concatenate[Client, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[BlockingClient, P], R]: ...


@overload
def waited(
    method: Callable[Concatenate[Client, P], Stream[M]],
) -> Callable[Concatenate[BlockingClient, P], WaitingStream[M]]: ...


@overload
def waited(
    method: Callable[Concatenate[Client, P], Pages[M]],
) -> Callable[Concatenate[BlockingClient, P], WaitingPages[M]]: ...


# Arguments of any name may be called `self`, too: such a method is not one of those above.
@overload
def waited(method: Callable[..., Coroutine[Any, Any, Order]]) -> Callable[..., WaitingOrder]: ...


def waited(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of the client, as one that waits."""

    @functools.wraps(method)
    def called(self: BlockingClient, *arguments: Any, **named: Any) -> Any:
        return self.waiting(method)(*arguments, **named)

    return called


class BlockingClient:
    """A participant at a venue. Made by `connect_sync`; `Client` says what each method does."""

    def __init__(self, connecting: Callable[[], AbstractAsyncContextManager[Client]]) -> None:
        self._loop: Final = LoopThread()
        self._exits: Final = AsyncExitStack()
        self._finish: Final = weakref.finalize(self, _close, self._loop, self._exits)
        """Closes the connection; when the program ends, at the latest."""

        async def enter() -> Client:
            return await self._exits.enter_async_context(connecting())

        try:
            self._client: Final = self._loop.wait(enter)
        except BaseException:
            self._finish()
            raise

    def close(self) -> None:
        """Close the connection, end all streams, and the thread."""
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<client of {self._client.url} as {self._client.participant}: {self.state}>"

    def waiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method of `Client`, bound to this one's, as one that waits."""
        return _method(self._loop, functools.partial(method, self._client))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """What the client says of itself, such as its `state`."""
            if name.startswith("_"):
                raise AttributeError(name)
            found = self._loop.call(lambda: getattr(self._client, name))
            return _method(self._loop, found) if inspect.ismethod(found) else _shown(self._loop, found)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(self._client) if not name.startswith("_"))})

    # ── what `Client` has ──────────────────────────────────────────────────────────────────────────────────────────
    # Named for those who check types: a method of the client that has no line here is found all the same.

    buy = waited(Client.buy)
    sell = waited(Client.sell)
    submit = waited(Client.submit)
    submit_pair = waited(Client.submit_pair)
    submit_bracket = waited(Client.submit_bracket)
    quote = waited(Client.quote)
    amend = waited(Client.amend)
    cancel = waited(Client.cancel)
    mass_cancel = waited(Client.mass_cancel)
    transfer = waited(Client.transfer)
    request_withdrawal = waited(Client.request_withdrawal)
    cancel_withdrawal = waited(Client.cancel_withdrawal)
    cancel_all_after = waited(Client.cancel_all_after)
    logout = waited(Client.logout)
    movements = waited(Client.movements)
    positions = waited(Client.positions)
    portfolio = waited(Client.portfolio)
    request_delivery = waited(Client.request_delivery)
    fills = waited(Client.fills)
    fill_history = waited(Client.fill_history)
    order_history = waited(Client.order_history)
    order_status = waited(Client.order_status)
    settlements = waited(Client.settlements)
    fees = waited(Client.fees)
    assets = waited(Client.assets)
    limits = waited(Client.limits)
    me = waited(Client.me)
    time = waited(Client.time)
    refusals = waited(Client.refusals)
    risk_warning = waited(Client.risk_warning)
    contracts = waited(Client.contracts)
    open_orders = waited(Client.open_orders)
    balances = waited(Client.balances)
    instruments = waited(Client.instruments)
    records = waited(Client.records)
    rates = waited(Client.rates)
    admin = waited(Client.admin)
    rotate_key = waited(Client.rotate_key)
    connected = waited(Client.connected)
    resumed = waited(Client.resumed)
    lost = waited(Client.lost)
    connection_events = waited(Client.connection_events)
    reports = waited(Client.reports)
    trades = waited(Client.trades)
    top = waited(Client.top)
    ticker = waited(Client.ticker)
    candles = waited(Client.candles)
    candle_history = waited(Client.candle_history)
    status = waited(Client.status)
    marks = waited(Client.marks)
    index = waited(Client.index)
    auction = waited(Client.auction)
    drop_copy = waited(Client.drop_copy)
    changes = waited(Client.changes)
    heartbeats = waited(Client.heartbeats)
    book = waited(Client.book)
    queue = waited(Client.queue)

    @property
    def hello(self) -> m.Hello:
        """As `Client.hello`."""
        return self._loop.call(lambda: self._client.hello)

    @property
    def state(self) -> str:
        """As `Client.state`."""
        return self._loop.call(lambda: self._client.state)

    @property
    def accounts(self) -> list[str]:
        """As `Client.accounts`."""
        return self._loop.call(lambda: self._client.accounts)


def _close(loop: LoopThread, exits: AsyncExitStack) -> None:
    if loop.is_here:
        # The collector may find a client that nobody holds in any thread; this one can't wait for itself.
        threading.Thread(target=_close, args=(loop, exits), name="sbx client end").start()
        return
    try:
        loop.wait(exits.aclose)
    finally:
        loop.end()


def _in_a_thread(connecting: Callable[P, AbstractAsyncContextManager[Client]]) -> Callable[P, BlockingClient]:
    @functools.wraps(connecting)
    def connect_sync(*arguments: P.args, **named: P.kwargs) -> BlockingClient:
        return BlockingClient(functools.partial(connecting, *arguments, **named))

    connect_sync.__name__ = connect_sync.__qualname__ = "connect_sync"
    return connect_sync


connect_sync = _in_a_thread(connect)
