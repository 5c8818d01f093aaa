"""Any text, and any change of a good spec, gives findings with locations, or a project."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from spec_tools import DEMO

from ticketgen.findings import has_errors
from ticketgen.spec.authoring import Overrides, keys_at
from ticketgen.spec.load import SpecDocument, load
from ticketgen.spec.model import Environment, Project
from ticketgen.spec.nodes import YamlNode, plain_value_of
from ticketgen.spec.reader import read
from ticketgen.spec.resolve import resolve
from ticketgen.spec.tags import RESERVED_TAGS

slow = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def preset() -> YamlNode | None:
    document = load(DEMO).value
    return document.preset if document else None


def check_text(text: str) -> Project | None:
    """Resolve a text with the demo's preset, and check every finding against the contract of findings."""
    checked = read(text.encode("utf-8", "surrogatepass"), "f")
    findings = checked.findings
    project = None
    if checked.value is not None:
        result = resolve(SpecDocument("f", checked.value, preset()))
        project, findings = result.value, findings + result.findings
        assert (project is None) == has_errors(result.findings)
    else:
        assert findings
    lines = len(text.splitlines()) + 1
    for finding in findings:
        assert finding.location is not None
        assert finding.help
        assert "\n" not in finding.message
        assert finding.location.file != "f" or 1 <= finding.location.line <= lines
    return project


@cache
def demo() -> dict[str, object]:
    document = load(DEMO).value
    assert document is not None
    values = plain_value_of(document.root)
    assert isinstance(values, dict)
    return values


_WORDS = sorted(
    {"version", "project", "extends", "environments", "prod", "dev", "us-east-1", "af-south-1", "cn-north-1",
     "none", "timestream", "[key]", "", "no", "A", *Overrides.model_fields,
     *(key for name in Overrides.model_fields for key in keys_at(Overrides, (name,)))}
)  # fmt: skip

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(_WORDS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


@slow
@given(st.dictionaries(st.sampled_from(_WORDS), _VALUES, max_size=8))
def test_any_values_under_known_keys_are_handled(values: dict[str, object]) -> None:
    check_text(json.dumps(values))


@slow
@given(st.data())
def test_any_replaced_value_of_the_demo_is_handled(data: st.DataObject) -> None:
    def spoil(value: object) -> object:
        if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
            key = data.draw(st.sampled_from(sorted(value)))
            renamed = data.draw(st.sampled_from([key, key, key, *_WORDS[:20]]))
            return {(renamed if each == key else each): (spoil(old) if each == key else old)
                    for each, old in value.items()}  # fmt: skip
        if isinstance(value, tuple) and data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(value) - 1))
            return [*value[:place], spoil(value[place]), *value[place + 1 :]]
        return data.draw(_VALUES)

    corrupted = spoil(demo())
    assume(corrupted != demo())
    project = check_text(json.dumps(corrupted))
    if project is not None:
        for environment in project.environments:
            _holds(environment)


def _holds(environment: Environment) -> None:
    """The guarantees that all later stages rely on."""
    assert list(environment.regions) == sorted(set(environment.regions))
    assert environment.primary_region in environment.regions
    assert environment.secondary_region != environment.primary_region
    assert (environment.secondary_region is None) == (len(environment.regions) == 1)
    assert environment.secondary_region in {None, *environment.regions}
    assert not RESERVED_TAGS & environment.tags.keys()


_LINES = DEMO.read_text(encoding="utf-8").splitlines(keepends=True)

_Mutation = Callable[[list[str], int, str], list[str]]
_MUTATIONS: list[_Mutation] = [
    lambda lines, at, text: [*lines[:at], *lines[at + 1 :]],
    lambda lines, at, text: [*lines[: at + 1], lines[at], *lines[at + 1 :]],
    lambda lines, at, text: [*lines[:at], lines[at].rstrip("\n") + text + "\n", *lines[at + 1 :]],
    lambda lines, at, text: [*lines[:at], " " + lines[at], *lines[at + 1 :]],
    lambda lines, at, text: [*lines[:at], lines[at].replace(":", text, 1), *lines[at + 1 :]],
    lambda lines, at, text: [*lines[:at], lines[at][: len(lines[at]) // 2], *lines[at + 1 :]],
    lambda lines, at, text: [*lines[:at], text + lines[at], *lines[at + 1 :]],
]


@slow
@given(
    st.lists(
        st.tuples(
            st.sampled_from(_MUTATIONS),
            st.integers(0, 20),
            st.text("\t :-[]{}&*!|>'\"#,?\n\0a0é\u2028", max_size=4),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_corrupted_demo_text_is_handled(mutations: list[tuple[_Mutation, int, str]]) -> None:
    lines = _LINES
    for mutate, at, text in mutations:
        lines = mutate(lines, at, text)
    check_text("".join(lines))


@slow
@given(st.text(max_size=200))
def test_any_text_is_handled(text: str) -> None:
    check_text(text)


@pytest.mark.slow
def test_thousands_of_unknown_keys_take_bounded_work(tmp_path: Path) -> None:
    path = tmp_path / "ticketgen.yaml"
    path.write_text("".join(f"key_{number}: x\n" for number in range(9_000)), encoding="utf-8")
    document = load(path).value

    assert document is not None
    assert len(resolve(document).findings) > 9_000
