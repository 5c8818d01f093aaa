"""Stage 5, verify: syntax and round trip of every file, then the references between them.

A level that finds an error in a file ends the way for that file, and nothing is called undeclared in a folder of which
a file could not be read. The provider's schema and rules are levels still to come; nothing here claims to check them.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticketgen.findings import Finding
from ticketgen.hcl.modules import modules
from ticketgen.verification.calls import check_calls
from ticketgen.verification.references import check_references
from ticketgen.verification.syntax import check_syntax

__all__ = ["verify"]


def verify(files: Mapping[str, str], *, ours: bool) -> tuple[Finding, ...]:
    """Verify a directory of Terraform.

    Args:
        files: relative posix path to text; only ``*.tf`` are read.
        ours: whether ticketgen rendered them. Valid HCL that python-hcl2 cannot read is an error then, and on
            other people's files a note that they were not checked.
    """
    checked = {
        path: check_syntax(path, text, ours=ours)
        for path, text in sorted(files.items())
        if path.endswith(".tf")
    }
    findings = [finding for each in checked.values() for finding in each.findings]
    parsed = [each.value for each in checked.values() if each.value is not None]
    folders = modules(parsed, (path for path, each in checked.items() if each.value is None))
    for module in folders.values():
        findings += check_references(module)
        findings += check_calls(module, folders)
    return tuple(findings)
