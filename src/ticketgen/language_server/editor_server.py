"""The server: documents come in, diagnostics, fixes, explanations and definitions go out."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from ticketgen.finding_kinds import KINDS
from ticketgen.findings import Finding, Location
from ticketgen.hcl.syntax import File
from ticketgen.language_server.checked_folders import check_folder, check_spec, folder_of
from ticketgen.language_server.diagnostics import as_text_edits, diagnostic, fix_action, ignore_action
from ticketgen.language_server.protocol_ranges import finding_range, to_column, to_position
from ticketgen.language_server.spec_hover import key_at, key_help, preset_file
from ticketgen.language_server.terraform_definitions import NameDefinition, definition_at
from ticketgen.rules.catalogue import CANNOT_BE_IGNORED, CATALOGUE
from ticketgen.rules.rule_pages import page
from ticketgen.spec.file_names import SPEC_NAMES
from ticketgen.terraform_file_names import DECLARING, SETTING_VARIABLES
from ticketgen.verification.format_check import format_edits
from ticketgen.version import VERSION

__all__ = ["serve"]

_DELAY_S: Final = 0.3
"""How long typing must pause before a check."""


class _Server(LanguageServer):
    """The state between requests.

    Attributes:
        findings: by the folder or the spec that was checked.
        published: the files with diagnostics, likewise.
    """

    def __init__(self) -> None:
        super().__init__("ticketgen", VERSION)
        self.findings: dict[Path, tuple[Finding, ...]] = {}
        self.published: dict[Path, set[str]] = {}
        self._waiting: dict[Path, asyncio.Task[None]] = {}
        self._pool: ProcessPoolExecutor | None = None

    def text_of(self, path: Path) -> str:
        """The text of a document, unsaved or not; "" if it cannot be read."""
        try:
            return str(self.workspace.get_text_document(uris.from_fs_path(str(path)) or "").source)
        except (OSError, UnicodeError):
            return ""

    def unsaved(self) -> dict[str, str]:
        """The texts of the open documents by absolute path."""
        return {
            Path(document.path).as_posix(): document.source
            for document in self.workspace.text_documents.values()
        }

    def schedule(self, uri: str) -> None:
        """Check what a document belongs to, once typing pauses."""
        file = _path(uri)
        if file.name in SPEC_NAMES:
            target = file
        elif _is_terraform(file):
            target = folder_of(file)
        else:
            return
        waiting = self._waiting.pop(target, None)
        if waiting is not None:
            waiting.cancel()
        self._waiting[target] = asyncio.ensure_future(self._check(target))

    async def _check(self, target: Path) -> None:
        await asyncio.sleep(_DELAY_S)
        if target.name in SPEC_NAMES:
            work = partial(check_spec, target, self.text_of(target))
        else:
            work = partial(check_folder, target, self.unsaved())
        findings = await self._run(work)
        if findings is not None:
            self._publish(target, findings)

    async def _run(self, work: Callable[[], tuple[Finding, ...]]) -> tuple[Finding, ...] | None:
        if self._pool is None:
            # Spawned, because HCL's own parser hangs in a forked process.
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except Exception as error:
            self._pool = None
            message = f"the check failed: {type(error).__name__}: {error}"
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))
            return None

    def _publish(self, target: Path, findings: tuple[Finding, ...]) -> None:
        self.findings[target] = findings
        by_file: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.location:
                by_file.setdefault(finding.location.file, []).append(finding)
        for file in self.published.get(target, set()) | by_file.keys():
            lines = self.text_of(Path(file)).split("\n")
            found = [diagnostic(each, lines) for each in by_file.get(file, ())]
            uri = uris.from_fs_path(file) or ""
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))
        self.published[target] = set(by_file)

    def findings_in(self, file: Path) -> list[Finding]:
        """The findings of the last checks in a file."""
        return [
            each
            for found in self.findings.values()
            for each in found
            if each.location and each.location.file == file.as_posix()
        ]

    def definition(
        self, params: types.HoverParams | types.DefinitionParams
    ) -> tuple[Path, NameDefinition] | None:
        """The declaration of the Terraform name at a position, with the folder that its path is relative to."""
        from ticketgen.verification.directory import read_directory

        file = _path(params.text_document.uri)
        folder = folder_of(file)
        read = read_directory(folder)
        if read.value is None:
            return None
        lines = self.text_of(file).split("\n")
        unsaved = self.unsaved()
        texts = {
            path: unsaved.get((folder / path).as_posix(), text) for path, text in read.value.texts.items()
        }
        files = {
            path: parsed
            for path, text in texts.items()
            if path.endswith((DECLARING[0], SETTING_VARIABLES[0])) and (parsed := _parsed(path, text))
        }
        at = Location(
            file.relative_to(folder).as_posix(), params.position.line + 1, to_column(params.position, lines)
        )
        found = definition_at(files, at)
        return (folder, found) if found else None


@lru_cache(maxsize=2_000)
def _parsed(path: str, text: str) -> File | None:
    from ticketgen.verification.file_checks import check_syntax

    return check_syntax(path, text.removeprefix("\ufeff"), rendered=False).value


def _path(uri: str) -> Path:
    return Path(uris.to_fs_path(uri) or "")


def _is_terraform(file: Path) -> bool:
    return file.name.endswith((*DECLARING, *SETTING_VARIABLES, ".tftest.hcl", ".tfmock.hcl"))


def _server() -> _Server:
    server = _Server()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.schedule(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.schedule(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def on_disk(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            server.schedule(change.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        text = _hover(server, params)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> types.Location | None:
        return _definition(server, params)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    def fixes(params: types.CodeActionParams) -> list[types.CodeAction]:
        return _fixes(server, params)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def format(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        return _format(server, params)

    return server


def _hover(server: _Server, params: types.HoverParams) -> str:
    """The pages of the findings at a position, or else what is declared there."""
    file = _path(params.text_document.uri)
    lines = server.text_of(file).split("\n")
    rules = dict.fromkeys(
        each.rule
        for each in server.findings_in(file)
        if each.rule in KINDS and _contains(finding_range(each, lines), params.position)
    )
    if rules:
        return "\n---\n".join(page(KINDS[rule]) for rule in rules)
    if file.name in SPEC_NAMES:
        return key_help(key_at(file, server.text_of(file), params.position.line + 1))
    found = server.definition(params)
    if found is None or found[1].address is None:
        return ""
    return f"**{found[1].address}**\n\n{found[1].description}".rstrip()


def _definition(server: _Server, params: types.DefinitionParams) -> types.Location | None:
    file = _path(params.text_document.uri)
    if file.name in SPEC_NAMES:
        lines = server.text_of(file).split("\n")
        if key_at(file, "\n".join(lines), params.position.line + 1) != ("extends",):
            return None
        preset = preset_file(lines[params.position.line].partition(":")[2].strip().strip("\"'"))
        return _location(preset, Location(""), []) if preset else None
    found = server.definition(params)
    if found is None:
        return None
    folder, declared = found
    target = folder / declared.location.file
    return _location(target, declared.location, server.text_of(target).split("\n"))


def _location(file: Path, at: Location, lines: list[str]) -> types.Location:
    start = to_position(at, lines)
    return types.Location(uris.from_fs_path(str(file)) or "", types.Range(start, start))


def _fixes(server: _Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    file = _path(params.text_document.uri)
    lines = server.text_of(file).split("\n")
    actions = []
    for finding in server.findings_in(file):
        where = finding_range(finding, lines)
        if where.end.line < params.range.start.line or where.start.line > params.range.end.line:
            continue
        if finding.edits:
            actions.append(fix_action(finding, lines, server.text_of))
        if finding.rule in CATALOGUE and finding.rule not in CANNOT_BE_IGNORED and _is_terraform(file):
            actions.append(ignore_action(params.text_document.uri, finding, lines))
    return actions


def _format(server: _Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    file = _path(params.text_document.uri)
    text = server.text_of(file)
    if not _is_terraform(file) or file.suffix == ".json" or _parsed(file.name, text) is None:
        return []
    return as_text_edits(format_edits(file.name, text), text.split("\n"))


def _contains(where: types.Range, position: types.Position) -> bool:
    start, end = where.start, where.end
    here = (position.line, position.character)
    return (start.line, start.character) <= here <= (end.line, end.character)


def serve() -> None:
    """Serve on standard input and output until the editor ends the connection."""
    # The server closes its output. Anything that is printed by mistake must not mix with the protocol.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _server().start_io(stdout=output)
