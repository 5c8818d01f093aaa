"""Stage 5, verify: syntax and round trip of every file, then references, the provider's schema, and the rules.

A level that finds an error in a file ends the way for that file, and nothing is called undeclared in a folder of which
a file could not be read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.hcl.second_process import RoundTrips, pays

__all__ = ["verify"]

_HCL = (".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl")


def verify(
    files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Verify a directory of Terraform.

    Args:
        files: relative posix path to text; Terraform, and the tests that a stack ships, are read. Of ``*.tfvars``,
            ``*.tftest.hcl`` and ``*.tfmock.hcl`` the syntax is checked, and ``*.tf.json`` is said not to be.
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
    texts = {path: text.removeprefix("\ufeff") for path, text in sorted(files.items()) if path.endswith(_HCL)}
    as_json = frozenset(path for path in files if path.endswith(".tf.json"))
    elsewhere = RoundTrips(texts) if pays(texts) else None
    # Imported now: it takes a tenth of a second, in which the second process is at work already.
    from ticketgen.hcl.configuration import Configuration
    from ticketgen.rules.catalogue import CATALOGUE
    from ticketgen.verification.ignores import apply_ignores
    from ticketgen.verification.levels import check_alone, check_round_trips, check_together, not_read

    alone = check_alone(texts, ours=ours, round_trips=elsewhere is None)
    parsed = alone.value or ()
    unread = texts.keys() - {file.path for file in parsed} | as_json
    terraform = [file for file in parsed if file.path.endswith(".tf")]
    findings = [*alone.findings, *map(not_read, sorted(as_json))]
    findings += check_together(Configuration(terraform, files, paths, unread))
    if elsewhere is not None:
        findings += check_round_trips(parsed, texts, elsewhere.differences(), ours=ours)
    yield from apply_ignores(findings, files, CATALOGUE.keys(), all_read=not unread)
