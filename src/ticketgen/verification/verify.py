"""Stage 5, verify: syntax and round trip of every file, then references, the provider's schema, and the rules.

A level that finds an error in a file ends the way for that file, and nothing is called undeclared in a folder of which
a file could not be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.hcl.configuration import Configuration
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
from ticketgen.verification.syntax import check_syntax
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
    checked = {
        path: check_syntax(path, text, ours=ours)
        for path, text in sorted(files.items())
        if path.endswith(".tf")
    }
    findings = [finding for each in checked.values() for finding in each.findings]
    unread = [path for path, each in checked.items() if each.value is None]
    configuration = Configuration(
        files=(each.value for each in checked.values() if each.value is not None),
        texts=files,
        paths=frozenset(files) if ours else paths,
        unread=unread,
    )
    findings += _configuration(configuration)
    return tuple(apply_ignores(findings, files, CATALOGUE.keys(), all_read=not unread))


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
