"""A real browser, driven over its own debugging protocol: what a page asks for, complains of, and looks like."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LIMIT_S = 20


class Tab:
    """One page in it. `events` are all that it told: requests, complaints, exceptions."""

    def __init__(self, socket: ClientConnection) -> None:
        self.events: list[dict[str, Any]] = []
        self._socket = socket
        self._ids = itertools.count(1)
        self._session: str | None = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        request: dict[str, Any] = {"id": next(self._ids), "method": method, "params": parameters}
        if self._session is not None:
            request["sessionId"] = self._session
        self._socket.send(json.dumps(request))
        while True:
            message = json.loads(self._socket.recv(LIMIT_S))
            if message.get("id") == request["id"]:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self.events.append(message)

    def open(self, path: Path, width: int, scheme: str) -> None:
        """Show a file at a width, as on a screen of that size, light or dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.navigate", url=path.as_uri())
        # Done when everything is, pictures included.
        self.value("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to."""
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def asked_for(self) -> list[str]:
        """The addresses of all requests, but what stands in the page itself."""
        told = [event["params"] for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [each["request"]["url"] for each in told if not each["request"]["url"].startswith("data:")]

    def complaints(self) -> list[dict[str, Any]]:
        """What it would write to its console."""
        telling = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event for event in self.events if event.get("method") in telling]


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """A headless browser with its files in a folder."""
    assert CHROMIUM is not None
    log = folder / "browser.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
             f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stderr=errors, stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        with connect(_address(log, process), max_size=None) as socket:
            yield Tab(socket)
    finally:
        # It has processes of its own, all in its group.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(LIMIT_S)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Where it listens, as it says once it does."""
    for _ in range(LIMIT_S * 10):
        if found := re.search(r"DevTools listening on (ws://\S+)", log.read_text(errors="replace")):
            return found[1]
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"the browser does not listen: {log.read_text(errors='replace')[-2000:]}")
