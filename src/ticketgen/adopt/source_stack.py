"""Read a directory of Terraform as `ticketgen validate` does, and Terraform's JSON syntax in addition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ticketgen.aws.provider.schema import schema_of
from ticketgen.findings import Checked, Finding, Location
from ticketgen.findings.verification import SYNTAX
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.json_syntax import InvalidJson, translate_json
from ticketgen.hcl.syntax import File
from ticketgen.hcl.watchdog import Watchdog
from ticketgen.verification.admission import admit
from ticketgen.verification.directory import Directory, read_directory
from ticketgen.verification.file_checks import check_syntax
from ticketgen.verification.result_cache import verify_cached

__all__ = ["SourceStack", "read_stack"]

_JSON = ".tf.json"
_TRANSLATED = f"{_JSON}.tf"
"""The end of the name that a translated file has while it is checked."""
_PARSED = (".tf", ".tfvars")


@dataclass(frozen=True, slots=True)
class SourceStack:
    """A directory of Terraform.

    Attributes:
        configuration: its modules.
        variable_files: the parsed ``*.tfvars`` files by path.
        findings: what `ticketgen validate` reports, and files that could not be read.
        budget: the work that may be spent on it.
        lines: for each file in the JSON syntax, the line of each line of its translation.
    """

    configuration: Configuration
    variable_files: Mapping[str, File]
    findings: tuple[Finding, ...]
    budget: Budget
    lines: Mapping[str, tuple[int, ...]]

    def place(self, location: Location) -> Location:
        """A location as the user knows it: in the JSON file, instead of its translation."""
        return _place(location, self.lines)


def read_stack(folder: Path, name: str, factor: int) -> Checked[SourceStack]:
    """Read, verify and parse a directory.

    Args:
        folder: the directory.
        name: its name in messages.
        factor: the multiple of the default budget.

    Raises:
        LimitExceeded: it takes too much time or memory.
    """
    read = read_directory(folder, name, json=True)
    if read.value is None:
        return Checked(None, read.findings)
    budget = Budget(factor)
    with Watchdog(budget.seconds, budget.bytes):
        directory, lines, broken = _translated(read.value)
    verified = verify_cached(
        directory.texts, rendered=False, paths=directory.paths, left_out=directory.unread, budget=factor
    )
    findings = (*read.findings, *broken, *(_placed(each, lines) for each in verified))
    with Watchdog(budget.seconds, budget.bytes):
        return Checked(_parsed(directory, findings, lines, budget))


def _translated(directory: Directory) -> tuple[Directory, Mapping[str, tuple[int, ...]], tuple[Finding, ...]]:
    """The directory with each file in the JSON syntax as HCL, and those that cannot be translated as unread."""
    texts, lines, broken = dict(directory.texts), {}, []
    for path, text in directory.texts.items():
        if not path.endswith(_JSON):
            continue
        del texts[path]
        try:
            if refused := refusal(text):
                raise InvalidJson(refused.reason)
            done = translate_json(text.removeprefix("\ufeff"), schema_of)
        except InvalidJson as error:
            broken.append(SYNTAX.found(f"not read as Terraform's JSON: {error}", at=Location(path)))
        else:
            texts[f"{path}.tf"] = done.text
            lines[f"{path}.tf"] = done.lines
    bad = {each.location.file for each in broken if each.location}
    paths = directory.paths
    if paths is not None:
        paths = paths - {path.removesuffix(".tf") for path in lines} | lines.keys()
    return Directory(texts, paths, directory.unread | bad), lines, tuple(broken)


def _parsed(
    directory: Directory, findings: tuple[Finding, ...], lines: Mapping[str, tuple[int, ...]], budget: Budget
) -> SourceStack:
    terraform = {
        path: text.removeprefix("\ufeff")
        for path, text in sorted(directory.texts.items())
        if path.endswith(_PARSED)
    }
    others = {path: text for path, text in directory.texts.items() if path not in terraform}
    admitted = admit(terraform, others, budget, rendered=False)
    files = {file.path: file for file in _files(admitted.terraform)}
    unread = terraform.keys() - files.keys() | directory.unread
    configuration = Configuration(
        (file for file in files.values() if file.path.endswith(".tf")),
        {path: text for path, text in directory.texts.items() if path in admitted.others},
        directory.paths,
        unread,
        budget,
    )
    variable_files = {path: file for path, file in files.items() if path.endswith(".tfvars")}
    return SourceStack(configuration, variable_files, findings, budget, lines)


def _files(texts: Mapping[str, str]) -> Iterator[File]:
    for path, text in texts.items():
        file = check_syntax(path, text, rendered=False, round_trips=False).value
        if file is not None:
            yield file


def _placed(finding: Finding, lines: Mapping[str, tuple[int, ...]]) -> Finding:
    return replace(finding, location=_place(finding.location, lines)) if finding.location else finding


def _place(location: Location, lines: Mapping[str, tuple[int, ...]]) -> Location:
    if location.file not in lines:
        return location
    numbers = lines[location.file]
    line = numbers[min(location.line, len(numbers)) - 1] if numbers else 1
    return Location(location.file.removesuffix(".tf"), line)
