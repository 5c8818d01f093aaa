"""The checks that need all files: round trips, references, schema and rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from ticketgen.findings import Finding
from ticketgen.guesses import Guesses
from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import File
from ticketgen.type_checking.check_types import check_types
from ticketgen.type_checking.cty_types import VariableTypes
from ticketgen.verification.accepted_versions import accepted_versions
from ticketgen.verification.called_folders import NOTHING_AROUND, Neighbours
from ticketgen.verification.calls import (
    check_called_folders,
    check_calls,
    check_remote_modules,
    passed_by_calls,
)
from ticketgen.verification.contradicting_versions import check_versions
from ticketgen.verification.cycles import check_cycles
from ticketgen.verification.duplicates import check_duplicates
from ticketgen.verification.file_checks import check_round_trip, round_trip_finding
from ticketgen.verification.language_checks import check_language
from ticketgen.verification.lock_files import check_lock_files
from ticketgen.verification.loop_references import check_loop_references
from ticketgen.verification.missing_files import check_files
from ticketgen.verification.overridden_blocks import as_merged
from ticketgen.verification.provider_schema import check_schema, schemas_of
from ticketgen.verification.recursive_calls import check_recursive_calls
from ticketgen.verification.references import check_references
from ticketgen.verification.remote_states import check_remote_states
from ticketgen.verification.template_files import TemplateFiles
from ticketgen.verification.unevaluated import KnownSchemas, UnevaluatedContents
from ticketgen.verification.unused import check_unused
from ticketgen.verification.unused_providers import as_terraform_reads
from ticketgen.verification.value_checks import ValueFindings

__all__ = ["check_round_trips", "check_together"]


def check_round_trips(
    files: Iterable[File], texts: Mapping[str, str], differences: Mapping[str, str], *, rendered: bool
) -> Iterator[Finding]:
    """Yield the findings of the second process, and make the missing round trips."""
    for file in files:
        difference = differences.get(file.path)
        if difference is None:
            yield from check_round_trip(file.path, texts[file.path], rendered=rendered)
        elif difference:
            yield round_trip_finding(file.path, difference, rendered=rendered)


def check_together(
    configuration: Configuration,
    written: Mapping[str, Module],
    values: Callable[[], ValueFindings],
    around: Neighbours = NOTHING_AROUND,
    tests: Sequence[File] = (),
) -> Iterator[Finding]:
    """Run levels 3 to 5: language and references, schema, rules.

    Args:
        configuration: the directory, with override files merged.
        written: its modules as they are written.
        values: makes the checks of `value_checks`, or waits for them; called once, after all others.
        around: what the directory uses of its work tree.
        tests: the files for ``terraform test``.
    """
    guesses = Guesses()
    yield from check_language(written, guesses, configuration.unread)
    if tests:
        from ticketgen.verification.terraform_tests import check_terraform_tests

        yield from check_terraform_tests(configuration, tests, guesses)
    found: list[ValueFindings] = []

    def rejected() -> Iterator[Finding]:
        found.append(values())
        yield from found[0].rejected

    evaluated = chain(_checked_as_evaluated(configuration, guesses, around), rejected())
    yield from as_terraform_reads(configuration, as_merged(configuration, evaluated))
    yield from found[0].of_rules


def _checked_as_evaluated(
    configuration: Configuration, guesses: Guesses, around: Neighbours
) -> Iterator[Finding]:
    """Check references, types and schema, which Terraform does only where it evaluates."""
    modules = configuration.modules
    versions = accepted_versions(modules.values())

    def schemas(module: Module) -> KnownSchemas:
        return schemas_of(module, versions[module.folder])

    variables = VariableTypes()
    contents = UnevaluatedContents(modules, schemas, variables, configuration.budget)
    passed = passed_by_calls(modules)
    values = Evaluator(budget=configuration.budget)
    for module in modules.values():
        yield from contents.graded(check_references(module, guesses), resolved=True)
        calls = check_calls(module, modules, guesses, configuration.unread, around, passed)
        yield from contents.graded(calls, resolved=True)
        yield from contents.graded(check_loop_references(module), resolved=True)
        yield from check_duplicates(module)
        yield from check_unused(module)
        yield from check_remote_states(module, configuration, values, guesses)
    yield from check_cycles(configuration)
    yield from check_recursive_calls(modules)
    files = check_files(configuration, values)
    yield from contents.graded(files, resolved=True)
    yield from check_remote_modules(modules.values())
    yield from check_called_folders(modules, around.texts.keys() | around.unread)
    yield from check_versions(modules, configuration.budget)
    yield from check_lock_files(configuration)
    for module in modules.values():
        is_root = module.folder not in configuration.called_folders
        yield from check_types(
            module,
            modules,
            schemas(module),
            configuration.budget,
            variables,
            is_root=is_root,
            template=TemplateFiles(configuration, values, module.folder),
        )
    yield from check_schema(modules.values(), versions, guesses, contents)
