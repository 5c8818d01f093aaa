"""Parse rendered or deployed Terraform, and work on it, within the budget of a verification."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from ticketgen.findings import Checked
from ticketgen.hcl.budget import Budget
from ticketgen.hcl.guards import refusal
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog
from ticketgen.verification.admission import admit, too_large

__all__ = ["parse_and"]

T = TypeVar("T")


def parse_and(
    files: Mapping[str, str],
    work: Callable[[tuple[File, ...], Budget], T],
    what: str,
    help: str,
    *,
    known: Iterable[File] = (),
) -> Checked[T]:
    """Parse files and use the result. Files with a syntax error are left out.

    Args:
        files: the texts by path; only Terraform is parsed.
        work: gets the parsed files and the rest of the budget.
        what: what is made, as the subject of a message about the limits.
        help: the fix, if it exceeds them.
        known: files that were parsed before, from the same texts.
    """
    budget = Budget()
    parsed_files = {path: text for path, text in files.items() if path.endswith((".tf", ".tfvars"))}
    admitted = admit(parsed_files, {}, budget, rendered=True)
    if admitted.findings:
        return Checked(None, admitted.findings)
    try:
        with Watchdog(budget.seconds, budget.bytes):
            earlier = {file.path: file for file in known}
            parsed = (
                earlier.get(path) or parse(path, text)
                for path, text in admitted.terraform.items()
                if not refusal(text)
            )
            return Checked(work(tuple(file for file in parsed if isinstance(file, File)), budget))
    except (LimitExceeded, MemoryError, RecursionError) as error:
        why = f"{what} takes more than {error}" if isinstance(error, LimitExceeded) else what
        return Checked(None, (too_large(why, None, help, rendered=True),))
