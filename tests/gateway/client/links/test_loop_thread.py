"""The loop that other threads wait for: whoever asks while it ends hears of it, and nobody waits without end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from gateway.client.links.loop_thread import LoopThread
from gateway.client.values.errors import ClientError

ROUNDS = 50
SECONDS = 30


def test_whoever_asks_while_it_ends_hears_that_it_is_closed() -> None:
    for _ in range(ROUNDS):
        loop, heard, begun = LoopThread(), [], threading.Event()

        def ask(loop: LoopThread = loop, heard: list[str] = heard, begun: threading.Event = begun) -> None:
            try:
                while True:
                    loop.wait(lambda: asyncio.sleep(0))
                    assert loop.call(lambda: 1) == 1
                    begun.set()
            except ClientError as error:
                heard.append(str(error))

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        begun.wait(SECONDS)
        loop.end()
        for asker in askers:
            asker.join(SECONDS)
        assert heard == ["the client is closed"] * len(askers)
        assert loop.call(lambda: 1) == 1


def test_whoever_waits_when_it_ends_hears_that_it_is_closed() -> None:
    loop, heard, begun = LoopThread(), [], threading.Event()

    async def for_ever() -> None:
        begun.set()
        await asyncio.Event().wait()

    def ask() -> None:
        with pytest.raises(ClientError, match="the client is closed"):
            loop.wait(for_ever)
        heard.append("closed")

    asker = threading.Thread(target=ask)
    asker.start()
    begun.wait(SECONDS)
    loop.end()
    loop.end()
    asker.join(SECONDS)
    assert heard == ["closed"]


def test_what_is_still_in_the_queue_of_a_loop_that_ends_was_never_made() -> None:
    # Warnings are errors here: one tells of a coroutine that nobody ever waited for.
    loop, heard = LoopThread(), []
    loop.wait(lambda: asyncio.sleep(0))
    held = threading.Event()
    loop._loop.call_soon_threadsafe(held.wait, SECONDS)
    ending = threading.Thread(target=loop.end)

    def ask() -> None:
        try:
            loop.wait(lambda: asyncio.sleep(SECONDS))
        except ClientError as error:
            heard.append(str(error))

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.05)
    ending.start()
    held.set()
    for each in (asker, ending):
        each.join(SECONDS)
    assert heard == ["the client is closed"]


def test_its_own_thread_cannot_wait_for_itself() -> None:
    loop = LoopThread()

    async def inside() -> None:
        loop.wait(lambda: asyncio.sleep(0))

    with pytest.raises(ClientError, match="the one that is waited for"):
        loop.wait(inside)
    loop.end()
