"""Stage 5, verify: syntax, round trips, references, provider schema and rules.

A file with a syntax error is not checked further, and a folder with an unread file gets no findings about undeclared
references.

Work and memory are bounded in three ways: files that do not fit the `Budget` are not parsed, evaluation is charged to
the budget, and a `Watchdog` stops work that takes too much despite that. Findings from before are still reported.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ticketgen.findings import Finding
from ticketgen.hcl.budget import DEFAULT, Budget
from ticketgen.hcl.round_trip_process import MIN_CHARACTERS as MIN_FOR_ROUND_TRIPS
from ticketgen.hcl.round_trip_process import RoundTrips
from ticketgen.hcl.second_process import SecondProcess, should_spawn
from ticketgen.hcl.watchdog import LimitExceeded, Watchdog
from ticketgen.terraform_file_names import (
    DECLARING,
    MOCK_DATA,
    NATIVE_TESTS,
    SETTING_VARIABLES,
    replaced_files,
)
from ticketgen.verification.admission import FIX, admit, too_large
from ticketgen.verification.called_folders import NOTHING_AROUND, Neighbours
from ticketgen.verification.edit_places import EditPlaces
from ticketgen.verification.finding_limits import limit_findings
from ticketgen.verification.value_checks import MIN_CHARACTERS as MIN_FOR_VALUES
from ticketgen.verification.value_checks import (
    SecondValueChecks,
    ValueCheckRequest,
    ValueFindings,
    check_all_values,
)

if TYPE_CHECKING:
    from ticketgen.hcl.configuration import Configuration
    from ticketgen.hcl.native_texts import NativeTexts
    from ticketgen.hcl.override_files import OverrideLines
    from ticketgen.hcl.syntax import File

__all__ = ["Verified", "verify", "verify_within"]

_TESTS = (NATIVE_TESTS[0], MOCK_DATA[0])
_JSON_TESTS = (NATIVE_TESTS[1], MOCK_DATA[1])
_PARSED = (*DECLARING, *SETTING_VARIABLES, *_TESTS, *_JSON_TESTS)
_OTHER_SYNTAX = (*DECLARING[1:], *SETTING_VARIABLES[1:], *_JSON_TESTS)
_MAX_LOOK_UPS = 1_000
"""Limit of the paths that are looked up in the surroundings of one directory."""
_MAX_TEMPLATES = 20_000_000
"""Limit of the characters of the templates and lock files that are read for one directory."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of a verification.

    Attributes:
        findings: the findings.
        cacheable: whether another run would find the same; False if the run exceeded time or memory.
        looked_up: the paths that were looked up in the surroundings, with the answers.
        read: the templates and lock files that were read, by path; None if one could not be read.
    """

    findings: tuple[Finding, ...]
    cacheable: bool
    looked_up: Mapping[str, bool | None] = field(default_factory=dict)
    read: Mapping[str, str | None] = field(default_factory=dict)


def verify(
    files: Mapping[str, str],
    *,
    rendered: bool,
    paths: frozenset[str] | None = None,
    left_out: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Verify a directory of Terraform within the default budget; see `verify_within`."""
    return verify_within(files, rendered=rendered, paths=paths, left_out=left_out).findings


def verify_within(
    files: Mapping[str, str],
    *,
    rendered: bool,
    paths: frozenset[str] | None = None,
    left_out: frozenset[str] = frozenset(),
    around: Neighbours = NOTHING_AROUND,
    budget: int = DEFAULT,
    round_trips: bool = False,
) -> Verified:
    """Verify a directory of Terraform.

    Args:
        files: texts by relative posix path: Terraform, and the tests that come with a stack. For ``*.tfvars``, only
            the syntax is checked; tests that only OpenTofu reads yield a note that they are not checked. Files in
            the JSON syntax are translated, and override files merged.
        rendered: whether ticketgen rendered the files. If so, round trips are made, and a file that is not checked,
            such as one that is too large, is an error and not a note.
        paths: every file of the directory, including binary files; None if they are unknown. For rendered files,
            ``files`` is complete.
        left_out: files of the directory that could not be read.
        around: what the directory uses of its work tree. Nothing is reported in these files.
        budget: the multiple of the default budget.
        round_trips: whether to make round trips in any case, for files that may have been edited since.
    """
    # No garbage here needs the cycle collector, which would scan every tree again and again.
    was_enabled = gc.isenabled()
    gc.disable()
    known = frozenset(files) if rendered else paths
    run = _Run(
        files,
        known,
        left_out,
        around,
        Budget(budget),
        rendered=rendered,
        makes_round_trips=rendered or round_trips,
    )
    try:
        return run.result()
    finally:
        if was_enabled:
            gc.enable()


class _Run:
    """One verification."""

    def __init__(
        self,
        files: Mapping[str, str],
        paths: frozenset[str] | None,
        left_out: frozenset[str],
        around: Neighbours,
        budget: Budget,
        *,
        rendered: bool,
        makes_round_trips: bool,
    ) -> None:
        self.files = {**files, **around.texts}
        self.paths = paths
        self.left_out = left_out | around.unread
        self.around = around
        self.looked_up: dict[str, bool | None] = {}
        self.read: dict[str, str | None] = {}
        self.native: NativeTexts | None = None
        self.override_lines: OverrideLines | None = None
        self.budget = budget
        self.rendered = rendered
        self.makes_round_trips = makes_round_trips
        if makes_round_trips:
            budget.tokens = min(budget.tokens, budget.round_trip_tokens)
        self.findings: list[Finding] = []
        self.places = EditPlaces(files)
        self.watchdog = Watchdog(budget.seconds, budget.bytes)
        self.second: SecondProcess | None = None
        self.round_trips: RoundTrips | None = None
        self.value_checks: SecondValueChecks | None = None
        self.unread: Set[str] = frozenset()
        self.admitted: Mapping[str, str] = {}

    def result(self) -> Verified:
        """Run all checks, as far as the budget goes."""
        overrun = self._run_limited(
            self.budget.seconds, lambda: self.findings.extend(self._placed_findings())
        )
        if self.second is not None:
            self.second.stop()
        reasons = [*self.budget.shortages, *overrun]
        self.findings += (too_large(why, None, FIX, rendered=self.rendered) for why in reasons)
        kept: list[Finding] = []
        all_read = not self.unread and not reasons and not self.budget.partial
        more = self._run_limited(
            self.budget.seconds / 5, lambda: kept.extend(self._without_ignored(all_read=all_read))
        )
        if more:
            kept = [*self.findings, *(too_large(why, None, FIX, rendered=self.rendered) for why in more)]
        outside = self.around.texts.keys() | self.around.unread
        own = (each for each in kept if each.location is None or each.location.file not in outside)
        return Verified(
            tuple(limit_findings(own)),
            cacheable=not overrun and not more,
            looked_up=self.looked_up,
            read=self.read,
        )

    def _run_limited(self, seconds: float, work: Callable[[], None]) -> list[str]:
        """Run some work under limits; return the reason if it took too much."""
        try:
            with Watchdog(seconds, self.budget.bytes, self._child_processes) as self.watchdog:
                work()
        except LimitExceeded as overrun:
            return [f"the checks take more than {overrun}"]
        except MemoryError:
            return ["the checks take more memory than there is"]
        except RecursionError:
            return ["the code is nested too deep for the checks"]
        return []

    def _child_processes(self) -> Iterator[int]:
        return self.second.processes() if self.second is not None else iter(())

    def _placed_findings(self) -> Iterator[Finding]:
        """The findings at the places that the user knows, instead of those in translations."""
        for each in self._checks():
            if self.override_lines is not None:
                each = each.placed(self.override_lines.place)
            native = each if self.native is None else each.placed(self.native.place)
            yield self.places.settled(native)

    def _checks(self) -> Iterator[Finding]:
        terraform = {
            path: text.removeprefix("\ufeff")
            for path, text in sorted(self.files.items())
            if path.endswith(_PARSED)
        }
        others = {path: text for path, text in self.files.items() if path not in terraform}
        unused = replaced_files(terraform.keys())
        terraform = {path: text for path, text in terraform.items() if path not in unused}
        if any(path.endswith(_OTHER_SYNTAX) for path in terraform):
            from ticketgen.aws.provider.schema import schema_of
            from ticketgen.hcl.native_texts import native_texts
            from ticketgen.verification.unchecked import broken_files

            if any(path.endswith(_JSON_TESTS) for path in terraform):
                from ticketgen.verification.json_tests import JSON_TESTS

                self.native = native_texts(terraform, schema_of, JSON_TESTS)
            else:
                self.native = native_texts(terraform, schema_of)
            yield from broken_files(self.native, terraform)
            terraform = dict(sorted(self.native.texts.items()))
        admitted = admit(terraform, others, self.budget, rendered=self.rendered)
        yield from admitted.findings
        texts = admitted.terraform
        from ticketgen.hcl.modules import is_override
        from ticketgen.hcl.native_texts import written_path
        from ticketgen.hcl.override_files import OverrideLines

        if merged := any(is_override(path) for path in texts):
            self.override_lines = OverrideLines(texts)
        broken = self.native.broken.keys() if self.native else frozenset()
        written = {written_path(path) for path in texts} | broken
        self.admitted = {
            path: text for path, text in self.files.items() if path in written or path in admitted.others
        }
        own = {path: text for path, text in texts.items() if path not in self.around.texts}
        distinct = _distinct(own)
        self.unread = terraform.keys() - texts.keys() | broken | self.left_out
        if self.makes_round_trips and should_spawn(distinct.values(), MIN_FOR_ROUND_TRIPS):
            self.round_trips = RoundTrips(distinct, self.budget)
            self._share_time_with(self.round_trips.process)
        elif not self.makes_round_trips and should_spawn(texts.values(), MIN_FOR_VALUES):
            self.value_checks = SecondValueChecks(self._value_request(texts), self.budget)
            self._share_time_with(self.value_checks.process)
        # Imported here, because this takes a tenth of a second, while the second process is already running.
        from ticketgen.hcl.configuration import Configuration
        from ticketgen.hcl.modules import modules
        from ticketgen.hcl.override_files import merge_overrides
        from ticketgen.verification.file_checks import check_round_trip, check_syntax
        from ticketgen.verification.language_checks import check_variable_files
        from ticketgen.verification.levels import check_round_trips, check_together
        from ticketgen.verification.unchecked import unread_notes

        parsed: list[File] = []
        for path, text in texts.items():
            first_line = self.override_lines.first_line(path) if self.override_lines is not None else 1
            checked = check_syntax(path, text, rendered=self.rendered, first_line=first_line)
            yield from checked.findings
            if checked.value is not None:
                parsed.append(checked.value)
                if self.makes_round_trips and self.round_trips is None and path in distinct:
                    yield from check_round_trip(path, text, rendered=self.rendered)
        if self.makes_round_trips and self.round_trips is None:
            from ticketgen.hcl.grammar import parser

            parser.cache_clear()  # 3 MB, which the other checks need more
        all_paths = frozenset(self.files) | (self.paths or frozenset())
        yield from unread_notes(all_paths)
        read = {file.path for file in parsed}
        self.unread = terraform.keys() - read | broken | self.left_out
        unmerged = [file for file in parsed if file.path.endswith(".tf")]
        files = merge_overrides(unmerged)
        yield from check_variable_files(file for file in parsed if file.path.endswith(".tfvars"))
        configuration = Configuration(
            files, self.admitted, self.paths, self.unread, self.budget, self._exists, self._text_of
        )
        # The language has rules for override files, which are merged away.
        as_written = modules(unmerged, self.unread) if merged else configuration.modules
        values = partial(self._value_findings, configuration)
        tests = [file for file in parsed if file.path.endswith(_TESTS)]
        yield from check_together(configuration, as_written, values, self.around, tests)
        if self.round_trips is not None:
            differences = self.round_trips.differences()
            if self.round_trips.process.overrun:
                raise LimitExceeded("the round trips of all files may take")
            compared = [file for file in parsed if file.path in distinct]
            yield from check_round_trips(compared, texts, differences, rendered=self.rendered)

    def _share_time_with(self, second: SecondProcess) -> None:
        self.second = second
        self.watchdog.shorten(second.seconds)

    def _value_request(self, texts: Mapping[str, str]) -> ValueCheckRequest:
        files = {path: text for path, text in texts.items() if path.endswith(".tf")}
        lines = self.override_lines
        return {
            "files": files,
            "first_lines": {path: lines.first_line(path) for path in files} if lines else {},
            "texts": self.admitted,
            "paths": None if self.paths is None else sorted(self.paths),
            "unread": sorted(self.unread),
            "budget": self.budget.factor,
            "rendered": self.rendered,
        }

    def _value_findings(self, configuration: Configuration) -> ValueFindings:
        if self.value_checks is not None:
            found = self.value_checks.findings(self.unread, self.budget)
            if found is not None:
                return found
            if self.value_checks.process.overrun:
                raise LimitExceeded("the checks of values may take")
        return check_all_values(configuration, rendered=self.rendered)

    def _exists(self, path: str) -> bool | None:
        """Whether a file exists in the surroundings; None if that is unknown."""
        if path not in self.looked_up:
            if len(self.looked_up) >= _MAX_LOOK_UPS:
                return None
            self.looked_up[path] = self.around.exists(path)
        return self.looked_up[path]

    def _text_of(self, path: str) -> str | None:
        """The text of a template; None if it cannot be read."""
        if path in self.files:
            return self.files[path]
        if path not in self.read:
            size = sum(len(text or "") for text in self.read.values())
            if len(self.read) >= _MAX_LOOK_UPS or size > _MAX_TEMPLATES:
                return None
            self.read[path] = self.around.read(path)
        return self.read[path]

    def _without_ignored(self, *, all_read: bool) -> Iterator[Finding]:
        """Apply the comments in files that fit the budget."""
        from ticketgen.rules.catalogue import CATALOGUE
        from ticketgen.verification.ignores import apply_ignores

        kept = apply_ignores(self.findings, self.admitted, CATALOGUE.keys(), all_read=all_read)
        return map(self.places.settled, kept)


def _distinct(texts: Mapping[str, str]) -> dict[str, str]:
    """The files whose round trip is made: the first one of each text, because the Regions share some files.

    Nobody edits tests for Terraform with a tool that needs the round trip, so it is not made at every render.
    """
    paths = {text: path for path, text in reversed(list(texts.items())) if not path.endswith(_TESTS)}
    return {path: text for text, path in paths.items()}
