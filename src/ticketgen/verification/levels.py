"""The levels, in order: what each file says alone, and what all of them say together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ticketgen.findings import Checked, Finding, Location, Severity, Stage
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.syntax import File
from ticketgen.hcl.values import Values
from ticketgen.rules.judge import judge
from ticketgen.verification.calls import check_calls
from ticketgen.verification.cycles import check_cycles
from ticketgen.verification.duplicates import check_duplicates
from ticketgen.verification.files import check_files
from ticketgen.verification.placement import check_placement
from ticketgen.verification.references import check_references
from ticketgen.verification.schema import check_schema
from ticketgen.verification.syntax import check_syntax, round_trip_finding
from ticketgen.verification.unused import check_unused

__all__ = ["check_alone", "check_round_trips", "check_together", "not_read"]


def check_alone(texts: Mapping[str, str], *, ours: bool, round_trips: bool) -> Checked[tuple[File, ...]]:
    """Levels 1 and 2, file by file; the value is what could be parsed.

    Args:
        texts: of Terraform, by path.
        ours: see `verify`.
        round_trips: whether they are made here, and not elsewhere.
    """
    checked = [check_syntax(path, text, ours=ours, round_trips=round_trips) for path, text in texts.items()]
    files = tuple(each.value for each in checked if each.value is not None)
    return Checked(files, tuple(finding for each in checked for finding in each.findings))


def check_round_trips(
    files: Iterable[File], texts: Mapping[str, str], differences: Mapping[str, str], *, ours: bool
) -> Iterator[Finding]:
    """What came back from elsewhere, and the round trips that were not answered for."""
    for file in files:
        difference = differences.get(file.path)
        if difference is None:
            yield from check_syntax(file.path, texts[file.path], ours=ours).findings
        elif difference:
            yield round_trip_finding(file.path, difference, ours=ours)


def not_read(path: str) -> Finding:
    """What is said of HCL as JSON. It may declare anything, so its folder is not known whole."""
    message = "HCL as JSON is not read, so that nothing is called undeclared, unused or against a rule in its folder"
    help = "write it as HCL, or check it with terraform validate"
    return Finding("not-checked", message, Stage.VERIFY, Location(path), Severity.NOTE, help)


def check_together(configuration: Configuration) -> Iterator[Finding]:
    """Levels 3 to 5: references, schema, rules."""
    modules = configuration.modules
    for module in modules.values():
        yield from check_references(module)
        yield from check_calls(module, modules)
        yield from check_placement(module)
        yield from check_duplicates(module)
        yield from check_unused(module)
    yield from check_cycles(configuration)
    yield from check_files(configuration, Values())
    yield from check_schema(modules.values())
    yield from judge(configuration)
