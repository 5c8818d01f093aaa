"""A visitor of a page: finds things by role and name, as a screen reader does, and uses mouse and keyboard."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

from chromium import Chromium

__all__ = ["Visitor"]

PATIENCE_SECONDS = 40.0

KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}

EXPECTED = (
    "Failed to load resource: the server responded with a status of",
    "Failed to load resource: net::ERR_CONTENT_LENGTH_MISMATCH",
)
"""Chromium reports every answer with 4xx or 5xx, and every one that breaks off; the page cannot prevent it."""


class Visitor:
    """A tab with a storage of its own.

    Args:
        browser: the browser.
        url: the page.
        width: of the window, in CSS pixels.
    """

    def __init__(self, browser: Chromium, url: str, width: int = 1000, height: int = 1000) -> None:
        self._browser = browser
        context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session: str = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM", "Accessibility", "Network"):
            self.call(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && document.body !== null")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to the tab."""
        return self._browser.call(method, self.session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, a promise's included."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """The value of an expression once it is true."""
        deadline = time.monotonic() + seconds
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, f"{expression}\n{self.evaluate('document.body.innerText')}"
            time.sleep(0.05)
        return value

    def sees(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the page shows a text."""
        self.wait(f"document.body.innerText.includes({json.dumps(text)})", seconds)

    def text(self, selector: str) -> str:
        """The text of an element."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))

    def find(self, role: str, name: str) -> int:
        """The only thing of this role and name that assistive technology would find, once it is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
            found = self.call("Accessibility.queryAXTree", nodeId=root, role=role, accessibleName=name)
            nodes = [node["backendDOMNodeId"] for node in found["nodes"] if not node["ignored"]]
            if len(nodes) == 1:
                return int(nodes[0])
            assert time.monotonic() < deadline, (
                f"{len(nodes)} × {role} {name!r}\n{self.evaluate('document.body.innerText')}"
            )
            time.sleep(0.05)

    def has(self, role: str, name: str) -> dict[str, Any]:
        """The properties of a thing, such as `disabled`, `checked` and `focused`."""
        node = self.call(
            "Accessibility.getPartialAXTree", backendNodeId=self.find(role, name), fetchRelatives=False
        )
        return {each["name"]: each["value"].get("value") for each in node["nodes"][0]["properties"]}

    def click(self, role: str, name: str) -> None:
        """Click on a thing with the mouse."""
        node = self.find(role, name)
        self.call("DOM.scrollIntoViewIfNeeded", backendNodeId=node)
        (quad, *_) = self.call("DOM.getContentQuads", backendNodeId=node)["quads"]
        place = {"x": sum(quad[::2]) / 4, "y": sum(quad[1::2]) / 4}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        code, text = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)

    def reload(self) -> None:
        """Load the page again, and wait until it runs."""
        self.evaluate("window.isOld = true")
        self.call("Page.reload")
        self.wait("!window.isOld && document.readyState === 'complete'")

    def screenshot(self, path: Path) -> None:
        """Write a picture of the window."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def troubles(self) -> list[str]:
        """Errors and warnings of the console, violations of the page's policy, and exceptions that nobody caught."""
        found = []
        for event in list(self._browser.events[self.session]):
            parameters = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(parameters["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                found.append(parameters["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
                found.append(json.dumps(parameters["args"]))
        return [text for text in found if not text.startswith(EXPECTED)]
