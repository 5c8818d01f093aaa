"""The checks that need all files: round trips, references, schema and rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.guesses import Guesses
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.syntax import File
from ticketgen.rules.apply import apply_rules
from ticketgen.verification.calls import check_calls, check_remote_modules
from ticketgen.verification.cycles import check_cycles
from ticketgen.verification.duplicates import check_duplicates
from ticketgen.verification.file_checks import check_syntax, round_trip_finding
from ticketgen.verification.loop_references import check_loop_references
from ticketgen.verification.missing_files import check_files
from ticketgen.verification.provider_schema import check_schema
from ticketgen.verification.provider_values import check_values
from ticketgen.verification.references import check_references
from ticketgen.verification.unused import check_unused

__all__ = ["check_round_trips", "check_together"]


def check_round_trips(
    files: Iterable[File], texts: Mapping[str, str], differences: Mapping[str, str], *, rendered: bool
) -> Iterator[Finding]:
    """Yield the findings of the second process, and make the missing round trips."""
    for file in files:
        difference = differences.get(file.path)
        if difference is None:
            yield from check_syntax(file.path, texts[file.path], rendered=rendered).findings
        elif difference:
            yield round_trip_finding(file.path, difference, rendered=rendered)


def check_together(configuration: Configuration, *, rendered: bool) -> Iterator[Finding]:
    """Run levels 3 to 5: references, schema, rules."""
    modules = configuration.modules
    guesses = Guesses()
    for module in modules.values():
        yield from check_references(module, guesses)
        yield from check_calls(module, modules, guesses, configuration.unread)
        yield from check_loop_references(module)
        yield from check_duplicates(module)
        yield from check_unused(module)
    yield from check_cycles(configuration)
    yield from check_files(configuration, Evaluator(budget=configuration.budget))
    yield from check_remote_modules(modules.values())
    yield from check_schema(modules.values(), guesses)
    yield from check_values(configuration, guesses)
    yield from apply_rules(configuration, rendered=rendered)
