"""Stage 5, verify: syntax and round trip of every file, then references, the provider's schema, and the rules.

A level that finds an error in a file ends the way for that file, and nothing is called undeclared in a folder of which
a file could not be read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.second_process import RoundTrips, pays
from ticketgen.hcl.syntax import File
from ticketgen.hcl.values import Values
from ticketgen.rules.catalogue import CATALOGUE
from ticketgen.rules.judge import judge
from ticketgen.verification.calls import check_calls
from ticketgen.verification.cycles import check_cycles
from ticketgen.verification.duplicates import check_duplicates
from ticketgen.verification.files import check_files
from ticketgen.verification.ignores import apply_ignores
from ticketgen.verification.placement import check_placement
from ticketgen.verification.references import check_references
from ticketgen.verification.schema import check_schema
from ticketgen.verification.syntax import check_syntax, round_trip_finding
from ticketgen.verification.unused import check_unused

__all__ = ["verify"]


def verify(
    files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Verify a directory of Terraform.

    Args:
        files: relative posix path to text; ``*.tf``, and the tests that a stack ships, are read.
        ours: whether ticketgen rendered them. Valid HCL that python-hcl2 cannot read is an error then, and on
            other people's files a note that they were not checked.
        paths: every file of the directory, also those that are no text; None where that is not known. Of a
            rendering, ``files`` are all there is.
    """
    # Nothing here is a circle that only the collector finds, and it would look through every tree again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return tuple(_verify(files, ours=ours, paths=frozenset(files) if ours else paths))
    finally:
        if collecting:
            gc.enable()


def _verify(files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None) -> Iterator[Finding]:
    texts = {
        path: text.removeprefix("\ufeff") for path, text in sorted(files.items()) if path.endswith(".tf")
    }
    elsewhere = RoundTrips(texts) if pays(texts) else None
    parsed: list[File] = []
    findings: list[Finding] = []
    unread = []
    for path, text in texts.items():
        checked = check_syntax(path, text, ours=ours, round_trips=elsewhere is None)
        findings += checked.findings
        if checked.value is None:
            unread.append(path)
        else:
            parsed.append(checked.value)
    findings += _configuration(Configuration(parsed, files, paths, unread))
    if elsewhere is not None:
        findings += _round_trips(parsed, texts, elsewhere.differences(), ours=ours)
    yield from apply_ignores(findings, files, CATALOGUE.keys(), all_read=not unread)


def _round_trips(
    parsed: Iterable[File], texts: Mapping[str, str], differences: Mapping[str, str], *, ours: bool
) -> Iterator[Finding]:
    """What came back from the second process, and the round trips that it did not answer for."""
    for file in parsed:
        difference = differences.get(file.path)
        if difference is None:
            yield from check_syntax(file.path, texts[file.path], ours=ours).findings
        elif difference:
            yield round_trip_finding(file.path, difference, ours=ours)


def _configuration(configuration: Configuration) -> Iterator[Finding]:
    modules = configuration.modules
    for module in modules.values():
        yield from check_references(module)
        yield from check_calls(module, modules)
        yield from check_placement(module)
        yield from check_duplicates(module)
        yield from check_unused(module, configuration.paths)
    yield from check_cycles(configuration)
    yield from check_files(configuration, Values())
    yield from check_schema(modules.values())
    yield from judge(configuration)
