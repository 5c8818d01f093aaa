"""An editor for the tests: it starts `ticketgen lsp` and speaks the protocol with it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Any

__all__ = ["Editor"]

_TIMEOUT_S = 120


class Editor:
    """A connection to a server; a context."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ticketgen", "lsp"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._messages: Queue[dict[str, Any]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._number = 0
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        root = folder.as_uri()
        # As Helix and Neovim ask.
        able = {"general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]}}
        self.capabilities = self.request("initialize", processId=None, rootUri=root, capabilities=able)
        self.notify("initialized")

    def __enter__(self) -> Editor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.request("shutdown")
        self.notify("exit")
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            assert self._process.wait(_TIMEOUT_S) == 0

    def open(self, file: Path, text: str | None = None) -> list[dict[str, Any]]:
        """Open a document, saved or not; its diagnostics."""
        document = {
            "uri": file.as_uri(),
            "languageId": "terraform",
            "version": 1,
            "text": file.read_text("utf-8") if text is None else text,
        }
        self.notify("textDocument/didOpen", textDocument=document)
        return self.wait_for(file)

    def close(self, file: Path) -> list[dict[str, Any]]:
        """Close a document; its diagnostics."""
        self.notify("textDocument/didClose", textDocument={"uri": file.as_uri()})
        return self.wait_for(file)

    def change(self, file: Path, text: str) -> list[dict[str, Any]]:
        """Change the text of an open document; its diagnostics."""
        document = {"uri": file.as_uri(), "version": 2}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])
        return self.wait_for(file)

    def at(self, method: str, file: Path, line: int, character: int) -> Any:
        """The answer to a request about a position, counted from 0."""
        position = {"line": line, "character": character}
        return self.request(f"textDocument/{method}", textDocument={"uri": file.as_uri()}, position=position)

    def actions(self, file: Path, line: int) -> list[dict[str, Any]]:
        """The code actions in a line."""
        place = {"line": line, "character": 0}
        found = self.request(
            "textDocument/codeAction",
            textDocument={"uri": file.as_uri()},
            range={"start": place, "end": place},
            context={"diagnostics": []},
        )
        assert isinstance(found, list)
        return found

    def wait_for(self, file: Path) -> list[dict[str, Any]]:
        """The next diagnostics of a document."""
        while True:
            message = self._messages.get(timeout=_TIMEOUT_S)
            if message.get("method") == "textDocument/publishDiagnostics":
                found = message["params"]
                self.diagnostics[found["uri"]] = found["diagnostics"]
                if found["uri"] == file.as_uri():
                    return list(found["diagnostics"])

    def request(self, method: str, **parameters: Any) -> Any:
        """The result of a request."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._messages.get(timeout=_TIMEOUT_S)
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def notify(self, method: str, **parameters: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._messages.put(json.loads(stream.read(length)))
