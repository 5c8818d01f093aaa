"""The server: it receives documents, and sends diagnostics, fixes, explanations and definitions."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from ticketgen.finding_kinds import KINDS
from ticketgen.findings import Finding, TextEdit
from ticketgen.hcl.guards import MAX_BYTES
from ticketgen.language_server.diagnostics import as_text_edits, diagnostic, fix_action, ignore_action
from ticketgen.language_server.open_folders import OpenFolders, is_spec, is_terraform
from ticketgen.language_server.protocol_ranges import finding_range
from ticketgen.language_server.spec_keys import Proposal
from ticketgen.language_server.worker_process import WorkerFailure, WorkerProcess
from ticketgen.language_server.worker_tasks import (
    EditorPlace,
    TargetCheck,
    check_target,
    complete,
    explain,
    find_definition,
    layout_edits,
    prepare,
)
from ticketgen.rules.catalogue import CANNOT_BE_IGNORED, CATALOGUE
from ticketgen.rules.rule_pages import page
from ticketgen.version import VERSION

__all__ = ["serve"]

_T = TypeVar("_T")
_DELAY_S: Final = 0.2
"""How long typing must pause before a check."""


class _Protocol(LanguageServerProtocol):
    """The protocol with columns in UTF-16 code units, which every editor supports, whatever else it prefers."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Any:
        """Answer the first request."""
        if params.capabilities.general is not None:
            params.capabilities.general.position_encodings = None
        return (yield from super().lsp_initialize(params))


class _Server(LanguageServer):
    """The state between requests."""

    def __init__(self) -> None:
        super().__init__(
            "ticketgen",
            VERSION,
            # pygls applies changes of a part to lines as Python splits them, which are not those of the protocol:
            # a form feed or U+2028 ends one.
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=_Protocol,
        )
        self.folders = OpenFolders()
        self.documents: dict[Path, str] = {}
        """The open documents: the URI of each as the editor writes it."""
        self._texts: dict[str, str] = {}
        """The texts of files with findings, as the checks read them."""
        self._due: dict[Path, float] = {}
        """When each target is to be checked, on the clock of the event loop."""
        self._checking: asyncio.Task[None] | None = None
        self._checker = WorkerProcess()
        self._assistant = WorkerProcess()

    def text_of(self, path: Path) -> str:
        """The text of a document, unsaved or not, or else of a file with findings; "" for others."""
        uri = self.documents.get(path)
        if uri is None:
            return self._texts.get(path.as_posix(), "")
        return str(self.workspace.get_text_document(uri).source)

    def uri_of(self, path: Path) -> str:
        """The URI of a path, as the editor writes it if it is open."""
        return self.documents.get(path) or uris.from_fs_path(str(path)) or ""

    def unsaved(self) -> dict[str, str]:
        """The texts of the open documents by absolute path, as far as they are read."""
        return {path.as_posix(): self.text_of(path)[: MAX_BYTES + 1] for path in self.documents}

    async def warm_up(self) -> None:
        """Start the process that checks, before the first document is opened."""
        await self._ask(self._checker, prepare)

    def stop(self) -> None:
        """End the processes at once."""
        self._due.clear()
        self._checker.stop()
        self._assistant.stop()

    def schedule(self, targets: Iterable[Path]) -> None:
        """Check some folders and specs, once typing pauses."""
        for each in targets:
            self._due[each] = asyncio.get_running_loop().time() + _DELAY_S
        if self._due and (self._checking is None or self._checking.done()):
            self._checking = asyncio.ensure_future(self._check_due())

    async def _check_due(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._due:
            target = min(self._due, key=self._due.__getitem__)
            wait = self._due[target] - clock()
            if wait > 0:
                await asyncio.sleep(wait)
                continue
            del self._due[target]
            if not self.folders.is_checked(target):
                continue
            work = partial(check_target, target, self.unsaved())
            checked = await self._ask(self._checker, work)
            # If the text has changed meanwhile, the places are wrong, and the next check is due.
            if checked is not None and target not in self._due and self.folders.is_checked(target):
                self._record(target, checked)

    def _record(self, target: Path, checked: TargetCheck) -> None:
        changed = self.folders.record(target, checked.findings, checked.reads)
        for file in changed:
            self._texts.pop(file, None)
        self._texts.update(checked.texts)
        self.publish(changed)

    def publish(self, files: Iterable[str]) -> None:
        """Send the diagnostics of some files, by absolute path."""
        for file in sorted(files):
            path = Path(file)
            found = self.folders.findings_in(path)
            lines = self.text_of(path).split("\n")
            diagnostics = [diagnostic(each, lines) for each in found]
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(self.uri_of(path), diagnostics)
            )

    async def assist(self, work: Callable[[], _T], otherwise: _T) -> _T:
        """The result of a function beside the checks."""
        found = await self._ask(self._assistant, work)
        return otherwise if found is None else found

    async def _ask(self, worker: WorkerProcess, work: Callable[[], _T]) -> _T | None:
        try:
            return await worker.run(work)
        except WorkerFailure as error:
            message = f"a request failed: {error}"
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))
            return None


def _path(uri: str) -> Path | None:
    """The path of a document; None for one that is not a file, such as an old version in a comparison."""
    try:
        path = uris.to_fs_path(uri) or ""
    except ValueError:  # it is not a URI
        return None
    return Path(os.path.normpath(path)) if Path(path).is_absolute() and "\0" not in path else None


def _server() -> _Server:
    server = _Server()

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await server.warm_up()

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: object) -> None:
        server.stop()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        file = _path(params.text_document.uri)
        if file is not None and (is_spec(file) or is_terraform(file)):
            server.documents[file] = params.text_document.uri
            server.schedule(server.folders.opened(file))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        file = _path(params.text_document.uri)
        if file is not None:
            server.schedule(server.folders.changed(file))

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        file = _path(params.text_document.uri)
        if file is not None:
            server.schedule(server.folders.changed_on_disk(file))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        file = _path(params.text_document.uri)
        if file is not None and server.documents.pop(file, ""):
            again, gone = server.folders.closed(file)
            server.publish(gone)
            server.schedule(again)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def on_disk(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            file = _path(change.uri)
            if file is not None:
                server.schedule(server.folders.changed_on_disk(file))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        text = await _hover(server, params)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        return await _definition(server, params)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[" "]))
    async def completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        return await _completion(server, params)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    def fixes(params: types.CodeActionParams) -> list[types.CodeAction]:
        return _fixes(server, params)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    async def format(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        return await _format(server, params)

    return server


async def _hover(server: _Server, params: types.HoverParams) -> str:
    """The pages of the findings at a position, or else what is declared there."""
    place = _place(params)
    if place is None:
        return ""
    lines = server.text_of(place.file).split("\n")
    rules = dict.fromkeys(
        each.rule
        for each in server.folders.findings_in(place.file)
        if each.rule in KINDS and _contains(finding_range(each, lines), params.position)
    )
    if rules:
        return "\n---\n".join(page(KINDS[rule]) for rule in rules)
    return await server.assist(partial(explain, place, server.unsaved()), "")


async def _definition(server: _Server, params: types.DefinitionParams) -> types.Location | None:
    place = _place(params)
    if place is None:
        return None
    found = await server.assist(partial(find_definition, place, server.unsaved()), None)
    if found is None:
        return None
    start = types.Position(found.location.line - 1, found.units)
    return types.Location(server.uri_of(Path(found.location.file)), types.Range(start, start))


async def _completion(server: _Server, params: types.CompletionParams) -> list[types.CompletionItem]:
    place = _place(params)
    if place is None:
        return []
    found: list[Proposal] = await server.assist(partial(complete, place, server.unsaved()), [])
    return [
        types.CompletionItem(
            each.text.removesuffix(": "),
            insert_text=each.text,
            documentation=types.MarkupContent(types.MarkupKind.Markdown, each.help) if each.help else None,
        )
        for each in found
    ]


def _place(params: types.HoverParams | types.DefinitionParams | types.CompletionParams) -> EditorPlace | None:
    """The place of a request; None if its document is not a file."""
    file = _path(params.text_document.uri)
    if file is None:
        return None
    return EditorPlace(file, params.position.line + 1, params.position.character)


async def _format(server: _Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    file = _path(params.text_document.uri)
    if file is None:
        return []
    before = server.text_of(file)
    edits: tuple[TextEdit, ...] = await server.assist(partial(layout_edits, file, server.unsaved()), ())
    now = server.text_of(file)
    return as_text_edits(edits, now.split("\n")) if now == before else []


def _fixes(server: _Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    file = _path(params.text_document.uri)
    if file is None:
        return []
    text = server.text_of(file)
    lines = text.split("\n")
    actions = []
    for finding in server.folders.findings_in(file):
        where = finding_range(finding, lines)
        if where.end.line < params.range.start.line or where.start.line > params.range.end.line:
            continue
        if finding.edits and _fits(finding, server):
            actions.append(fix_action(finding, lines, server.text_of, server.uri_of))
        if _can_be_ignored(finding, file, text):
            actions.append(ignore_action(params.text_document.uri, finding, lines))
    return actions


def _fits(finding: Finding, server: _Server) -> bool:
    """Whether the texts to replace are where the last check found them."""
    for edit in finding.edits:
        lines = server.text_of(Path(edit.at.file)).split("\n")
        here = "\n".join(lines[edit.at.line - 1 :][: edit.old.count("\n") + 1])
        if not here.startswith(edit.old, edit.at.column - 1):
            return False
    return True


def _can_be_ignored(finding: Finding, file: Path, text: str) -> bool:
    """Whether a comment above a finding can ignore it; in JSON and in a heredoc, none can."""
    from ticketgen.hcl_tokens import heredoc_bodies

    if finding.location is None or finding.rule not in CATALOGUE or finding.rule in CANNOT_BE_IGNORED:
        return False
    if not is_terraform(file) or file.suffix == ".json" or len(text) > MAX_BYTES:
        return False
    line = finding.location.line
    return not any(
        text.count("\n", 0, start) + 1 <= line <= text.count("\n", 0, end) + 1
        for start, end in heredoc_bodies(text)
    )


def _contains(where: types.Range, position: types.Position) -> bool:
    start, end = where.start, where.end
    here = (position.line, position.character)
    return (start.line, start.character) <= here <= (end.line, end.character)


def serve() -> None:
    """Serve on standard input and output until the editor ends the connection."""
    # The server closes its output. Anything that is printed by mistake must not mix with the protocol.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = _server()
    try:
        server.start_io(stdout=output)
    finally:
        server.stop()
