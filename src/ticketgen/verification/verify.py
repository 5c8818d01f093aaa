"""Stage 5, verify: syntax and round trip of every file, then references, the provider's schema, and the rules.

A file with a syntax error is not checked further, and a folder with an unread file gets no findings about undeclared
references.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.hcl.second_process import RoundTrips, saves_time

__all__ = ["verify"]

_HCL = (".tf", ".tfvars", ".tftest.hcl", ".tfmock.hcl")


def verify(
    files: Mapping[str, str], *, ours: bool, paths: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Verify a directory of Terraform.

    Args:
        files: texts by relative posix path: Terraform, and the tests that come with a stack. For ``*.tfvars``,
            ``*.tftest.hcl`` and ``*.tfmock.hcl`` only the syntax is checked; ``*.tf.json`` yields a note that it is
            not checked.
        ours: whether ticketgen rendered the files. If so, valid HCL that python-hcl2 cannot read is an error;
            otherwise it is a note that the file was not checked.
        paths: every file of the directory, including binary files; None if they are unknown. For rendered files,
            ``files`` is complete.
    """
    # No garbage here has cycles that only the collector could free, and it would scan every tree again and again.
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
    elsewhere = RoundTrips(texts) if saves_time(texts) else None
    # Imported here, because it takes a tenth of a second, during which the second process already works.
    from ticketgen.hcl.configuration import Configuration
    from ticketgen.rules.catalogue import CATALOGUE
    from ticketgen.verification.ignores import apply_ignores
    from ticketgen.verification.levels import check_alone, check_round_trips, check_together, not_read

    alone = check_alone(texts, ours=ours, round_trips=elsewhere is None)
    parsed = alone.value or ()
    unread = texts.keys() - {file.path for file in parsed} | as_json
    terraform = [file for file in parsed if file.path.endswith(".tf")]
    findings = [*alone.findings, *map(not_read, sorted(as_json))]
    findings += check_together(Configuration(terraform, files, paths, unread), ours=ours)
    if elsewhere is not None:
        findings += check_round_trips(parsed, texts, elsewhere.differences(), ours=ours)
    yield from apply_ignores(findings, files, CATALOGUE.keys(), all_read=not unread)
