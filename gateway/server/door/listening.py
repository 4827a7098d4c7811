"""Listening at a port: sockets are accepted here, so that they count before anything is read, with TLS or without."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from functools import partial
from pathlib import Path
from typing import Final

from engine.vocabulary.limits import (
    HANDSHAKE_TIMEOUT_SECONDS,
    LISTEN_BACKLOG,
    MAX_ACCEPTS_A_PASS,
    SOCKET_NS,
    TLS_NS,
)
from gateway.server.door.knocking import Knock
from gateway.server.door.sockets import AcceptedSocket, Door, Visitor, listening_socket
from gateway.server.loop.guarded import Failing, guarded

# Without a free descriptor nothing can be accepted; to be asked again at once would be all that the loop does.
NO_ROOM_SECONDS: Final = 0.05
# For the peer's half of the end of TLS.
TLS_CLOSE_SECONDS: Final = 1
_TLS_TIMEOUTS: Final = {
    "ssl_handshake_timeout": HANDSHAKE_TIMEOUT_SECONDS,
    "ssl_shutdown_timeout": TLS_CLOSE_SECONDS,
}
_NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Certificate:
    """What TLS shows of the venue: read from its files when it starts, and again when somebody says so."""

    def __init__(self, cert: Path, key: Path) -> None:
        """Read. Raises `OSError` (`ssl.SSLError` is one) if they can't be used."""
        self._files: Final = cert, key
        self.context = self._read()
        """For connections from now on; those there are keep theirs."""

    def read_again(self) -> None:
        """Read the files again; if they can't be used, all stays as it is. Raises `OSError` then."""
        self.context = self._read()

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # An encrypted key would ask the terminal for a password.
        context.load_cert_chain(*self._files, password=_no_password)
        return context


def _no_password() -> str:
    raise OSError("the key is encrypted; give one that is not, and that its owner alone can read")


class Listener:
    """Accepts sockets at one port until it is closed."""

    def __init__(self, host: Failing, door: Door, certificate: Certificate | None) -> None:
        self.host: Final = host
        """As `guarded` finds it."""
        self.port = 0
        self._door: Final = door
        self._certificate: Final = certificate
        self._loop: Final = asyncio.get_running_loop()
        self._listening: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._knocking: Final[set[Knock]] = set()
        self._entering: Final[set[asyncio.Task[None]]] = set()

    async def listen(self, address: str, port: int) -> None:
        """Open the port. Raises `OSError` if it can't be had."""
        listening = await listening_socket(address, port, LISTEN_BACKLOG)
        self._listening = listening
        self.port = listening.getsockname()[1]
        self._loop.add_reader(listening, self._accept)

    def close(self) -> None:
        """Accept nobody any more, and end the handshakes of TLS, those too that have not begun."""
        if self._timer is not None:
            self._timer.cancel()
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        self._door.strangers.end()
        for knock in list(self._knocking):
            knock.end()
        for task in self._entering:
            task.cancel()

    @guarded
    def _accept(self) -> None:
        """Take sockets that wait, some of them: the others wait until those were read, and until there is time for strangers."""
        assert self._listening is not None
        strangers = self._door.strangers
        if not strangers.may_enter(self._accept_again):
            self._loop.remove_reader(self._listening)
            return
        share = strangers.share
        began_ns = share.worked_ns()
        for _ in range(MAX_ACCEPTS_A_PASS):
            try:
                accepted, peer = self._listening.accept()
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in _NO_ROOM:
                    self._loop.remove_reader(self._listening)
                    self._timer = self._loop.call_later(NO_ROOM_SECONDS, self._accept_again)
                    break
                # It has gone already.
                continue
            visitor = self._door.enter(peer[0], accepted.getsockname()[0])
            if visitor is None:
                accepted.close()
                continue
            accepted.setblocking(False)
            let_in = partial(self._begin, accepted, visitor)
            if self._door.arrivals.must_wait(visitor.address):
                strangers.wait(let_in)
            else:
                let_in()
        share.spend(share.worked_ns() - began_ns)

    def _begin(self, accepted: socket.socket, visitor: Visitor) -> None:
        """Let a socket in: its time for the handshake begins. With TLS it first says something, and has its turn."""
        if self._listening is None:
            self._door.leave(visitor)
            accepted.close()
            return
        self._door.strangers.share.spend(SOCKET_NS)
        if self._certificate is None:
            self._enter(accepted, visitor)
            return
        self._knocking.add(Knock(self.host, accepted, visitor.intake, partial(self._knocked, accepted, visitor)))

    def _knocked(self, accepted: socket.socket, visitor: Visitor, knock: Knock, is_to_begin: bool) -> None:
        """Begin the handshake of TLS of a socket that has said something, if it has."""
        self._knocking.discard(knock)
        if is_to_begin:
            self._door.strangers.share.spend(TLS_NS)
            self._enter(accepted, visitor)
        else:
            self._door.leave(visitor)
            accepted.close()

    def _enter(self, accepted: socket.socket, visitor: Visitor) -> None:
        task = self._loop.create_task(self._let_in(accepted, visitor))
        self._entering.add(task)
        task.add_done_callback(partial(self._entered, accepted, visitor))

    def _accept_again(self) -> None:
        if self._listening is not None:
            self._loop.add_reader(self._listening, self._accept)

    async def _let_in(self, accepted: socket.socket, visitor: Visitor) -> None:
        """Let a socket become one of the door's, after the handshake of TLS if there is one."""
        door, certificate = self._door, self._certificate
        timeouts = {} if certificate is None else _TLS_TIMEOUTS
        await self._loop.connect_accepted_socket(
            lambda: AcceptedSocket(door, visitor, HANDSHAKE_TIMEOUT_SECONDS),
            accepted,
            ssl=None if certificate is None else certificate.context,
            **timeouts,
        )

    def _entered(self, accepted: socket.socket, visitor: Visitor, task: asyncio.Task[None]) -> None:
        """Forget a socket that spoke no TLS, took too long, or went; one that is in is the door's from now on."""
        self._entering.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._door.leave(visitor)
            accepted.close()
        if error is not None and not isinstance(error, OSError):
            self.host.fail(error)
