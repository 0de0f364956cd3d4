"""Headless Chromium, driven over a pair of pipes: pages, scripts, keys, screenshots, without a package for it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_KEYS = {"ArrowDown": 40, "ArrowUp": 38, "Enter": 13, "Escape": 27, "Tab": 9, "/": 191}
_PATIENCE_SECONDS = 60.0
# The browser reads commands at descriptor 3 and answers at 4.
_START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for end, number in zip(ends, (3, 4)):
    os.dup2(end, number)
os.execvp(sys.argv[3], sys.argv[3:])
"""


def browser() -> str | None:
    """Return the path of a Chromium or Chrome on this machine, None where there is none."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


class Chromium:
    """A browser process; messages are JSON, each ended by a zero byte (the protocol of its developer tools)."""

    def __init__(self, out: int, into: int) -> None:
        self._out, self._into = out, into
        self._left = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """Send a command and return its result; events that come meanwhile are kept in `events`."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") != self._number:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            else:
                result: dict[str, Any] = answer["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            read = os.read(self._into, 1 << 20)
            if not read:
                raise RuntimeError("the browser has gone")
            self._left += read
        whole, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(whole)
        return message

    def tab(self, *, width: int = 1280, height: int = 900, scale: float = 1, mobile: bool = False) -> Tab:
        """Open an empty tab of a size in CSS pixels."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            tab.send(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        tab.send("Emulation.setDeviceMetricsOverride", **size)
        return tab


class Tab:
    """A tab and what one does with it."""

    def __init__(self, chromium: Chromium, session: str) -> None:
        self._chromium, self._session = chromium, session

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command of the protocol."""
        return self._chromium.send(method, self._session, **parameters)

    def emulate(self, **features: str) -> None:
        """Set media features, `prefers_color_scheme="dark"`, and the medium, `media="print"`."""
        media = features.pop("media", "")
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.send("Emulation.setEmulatedMedia", media=media, features=named)

    def open(self, url: str) -> None:
        """Go to an address and wait until the page has loaded."""
        self.send("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Return what an expression gives, its promise awaited, as JSON."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self.run(condition):
            if time.monotonic() > end:
                raise RuntimeError(f"not true in {_PATIENCE_SECONDS} s: {condition}")
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as a person would: real events, trusted by the page."""
        for key in keys:
            code = _KEYS.get(key, 0)
            text = {"Enter": "\r", "/": "/"}.get(key)
            event = {"key": key, "code": key, "windowsVirtualKeyCode": code}
            self.send("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
            self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.send("Input.insertText", text=text)

    def hover(self, selector: str) -> None:
        """Move the pointer to the middle of an element."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{found}.scrollIntoView({{block: 'nearest'}})")
        x, y = self.run(f"(b => [b.x + b.width / 2, b.y + b.height / 2])({found}.getBoundingClientRect())")
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def fetched(self) -> list[str]:
        """Return the addresses that any tab has asked for since the browser started, and that no policy forbade."""
        self.run("1")
        asked: dict[str, str] = {}
        for event in self._chromium.events:
            given = event.get("params", {})
            if event.get("method") == "Network.requestWillBeSent":
                asked[given["requestId"]] = given["request"]["url"]
            elif event.get("method") == "Network.loadingFailed" and given.get("blockedReason") == "csp":
                asked.pop(given["requestId"], None)
        return list(asked.values())

    def complaints(self) -> list[str]:
        """Return errors and exceptions that the browser has logged."""
        self.run("1")
        found = []
        for event in self._chromium.events:
            entry = event.get("params", {}).get("entry", {})
            if event.get("method") == "Log.entryAdded" and entry.get("level") == "error":
                found.append(entry["text"])
            elif event.get("method") == "Runtime.exceptionThrown":
                found.append(str(event["params"]["exceptionDetails"]))
        return found

    def screenshot(self, path: Path, clip: Mapping[str, float] | None = None) -> None:
        """Write what is seen, or a part of the page (`x`, `y`, `width`, `height`), as PNG."""
        given: dict[str, object] = {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True} if clip else {}
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png", **given)["data"]))

    def pdf(self, path: Path) -> None:
        """Write the page as it is printed."""
        path.write_bytes(base64.b64decode(self.send("Page.printToPDF", printBackground=False)["data"]))


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Start a headless browser and end it.

    Raises:
        RuntimeError: If there is none on this machine.
    """
    name = browser()
    if name is None:
        raise RuntimeError("there is no Chromium on this machine")
    out, into = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe")
        command = [sys.executable, "-c", _START, str(out[0]), str(into[1]), name, *flags, *quiet]
        command += [f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, pass_fds=(out[0], into[1]))
        os.close(out[0])
        os.close(into[1])
        started = Chromium(out[1], into[0])
        try:
            yield started
            started.send("Browser.close")
        finally:
            os.close(out[1])
            os.close(into[0])
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
