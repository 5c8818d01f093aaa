"""No text makes a rule slow: the time of all checks is in proportion to the size of the directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest
from attacks import ATTACKS
from linear import grows_faster

from ticketgen.hcl.configuration import Configuration
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.rules.catalogue import CATALOGUE
from ticketgen.verification.finding_limits import limit_findings
from ticketgen.verification.ignores import apply_ignores
from ticketgen.verification.levels import check_together
from ticketgen.verification.value_checks import check_all_values

SIZES = (150, 600, 2400)


def checks(files: Mapping[str, str]) -> Callable[[], object]:
    """All checks but the parsers."""
    parsed = [parse(path, text) for path, text in files.items() if path.endswith(".tf")]

    def run() -> object:
        configuration = Configuration([each for each in parsed if isinstance(each, File)], files, files)
        values = partial(check_all_values, configuration, rendered=False)
        findings = check_together(configuration, configuration.modules, values)
        return list(limit_findings(apply_ignores(findings, files, CATALOGUE.keys(), all_read=True)))

    return run


QUICK = (
    "undeclared names", "bare ignore comments", "a required version of spaces", "typeof", "import a", "open comments",
    "slashes", "an assert of terms", "clients that change", "flows times flows",
)  # fmt: skip


@pytest.mark.parametrize(
    "attack", [pytest.param(each, marks=() if each in QUICK else pytest.mark.exhaustive) for each in ATTACKS]
)
def test_the_time_of_a_rule_is_linear_in_the_size(attack: str) -> None:
    assert not grows_faster(lambda size: checks(ATTACKS[attack](size)), SIZES)
