"""A spec with one Region grows: the second Region becomes the secondary one, and nothing else changes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layouts import single_specs

from ticketgen.findings import Checked
from ticketgen.spec.edits import Edit, add_region, remove_region
from ticketgen.spec.load import SpecDocument, load
from ticketgen.spec.resolve import resolve

many = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
only = st.sampled_from([(), ("dev",), ("prod",), ("dev", "prod")])


def document_of(text: str, folder: Path) -> SpecDocument:
    path = folder / "ticketgen.yaml"
    path.write_bytes(text.encode())
    document = load(path)
    assert document.value is not None, (text, document.findings)
    assert resolve(document.value).value is not None, (text, resolve(document.value).findings)
    return document.value


def done(checked: Checked[Edit]) -> Edit:
    assert checked.value is not None, checked.findings
    return checked.value


@many
@given(single_specs(), only)
def test_a_second_region_becomes_the_secondary_one(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    document = document_of(text, tmp_path)
    before = resolve(document).value
    edit = done(add_region(document, "us-west-2", names, secondary=True))
    after = edit.document.text

    assert before is not None
    chosen = set(names) or {"dev", "prod"}
    assert set(edit.changed) == chosen
    # The text is what counts: it is read from the disk again.
    again = resolve(document_of(after, tmp_path)).value
    assert again is not None
    for old, new in zip(before.environments, again.environments, strict=True):
        added = {"regions": ("us-east-1", "us-west-2"), "secondary_region": "us-west-2"}
        assert new == old.model_copy(update=added if old.name in chosen else {})
    rest = iter(after)
    assert all(mark in rest for mark in re.sub(r"(?i)\bnull\b|~", "", text)), "only a null may go"
    assert re.findall(r"#[^\r\n]*", after) == re.findall(r"#[^\r\n]*", text)
    assert "\r\n" not in text or not re.search(r"(?<!\r)\n", after)
    assert after.endswith("\n") == text.endswith("\n")
    if text.startswith("{"):
        json.loads(after)


@many
@given(single_specs(), only)
def test_a_repeated_edit_changes_nothing(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    once = done(add_region(document_of(text, tmp_path), "us-west-2", names, secondary=True)).document
    twice = done(add_region(once, "us-west-2", names, secondary=True))
    assert (twice.document.text, twice.changed) == (once.text, ())


@many
@given(single_specs(), only)
def test_without_secondary_the_working_command_is_suggested(
    tmp_path: Path, text: str, names: tuple[str, ...]
) -> None:
    document = document_of(text, tmp_path)
    refused = add_region(document, "us-west-2", names)
    (finding,) = refused.findings
    assert (refused.value, finding.rule) == (None, "needs-secondary-region")
    command = re.search(r"`ticketgen add-region us-west-2 --secondary((?: --env [a-z]+)*)`", finding.help)
    assert command
    named = command[1].replace(" --env ", " ").split()
    assert set(named or ("dev", "prod")) == (set(names) or {"dev", "prod"})
    assert done(add_region(document, "us-west-2", named, secondary=True)).changed


GROWN = """version: 1
project: abc
extends: small-venue
environments:
  dev: {}
  prod:
    regions: [us-east-1, us-west-2]
    secondary_region: us-west-2
"""


def test_a_preset_alone_is_extended_at_the_top_level(tmp_path: Path) -> None:
    text = "version: 1\nproject: abc\nextends: small-venue # a club\nenvironments:\n  dev: {}\n  prod:\n"
    assert done(
        add_region(document_of(text, tmp_path), "us-west-2", secondary=True)
    ).document.text == text.replace(
        "# a club\n", "# a club\nsecondary_region: us-west-2\nregions: [us-east-1, us-west-2]\n"
    )


def test_one_environment_can_be_extended_alone(tmp_path: Path) -> None:
    text = "version: 1\nproject: abc\nextends: small-venue\nenvironments:\n  dev: {}\n  prod:\n"
    assert (
        done(add_region(document_of(text, tmp_path), "us-west-2", ["prod"], secondary=True)).document.text
        == text + "    secondary_region: us-west-2\n    regions: [us-east-1, us-west-2]\n"
    )


@pytest.mark.parametrize(
    ("region", "names", "rule", "help"),
    [
        ("eu-west-1", ("prod",), "cannot-be-secondary", "add eu-west-1 to these without --secondary"),
        (
            "eu-west-1",
            (),
            "cannot-be-secondary",
            "choose the environments without a secondary Region: --env dev",
        ),
        ("us-east-1", (), "cannot-be-secondary", "name another Region as the secondary one"),
    ],
)
def test_a_secondary_region_is_never_replaced(
    tmp_path: Path, region: str, names: tuple[str, ...], rule: str, help: str
) -> None:
    refused = add_region(document_of(GROWN, tmp_path), region, names, secondary=True)
    assert refused.value is None
    assert (refused.findings[0].rule, refused.findings[0].help) == (rule, help)
    assert refused.findings[0].location


def test_environments_without_a_secondary_region_are_named(tmp_path: Path) -> None:
    document = document_of(GROWN, tmp_path)
    (finding,) = add_region(document, "eu-west-1").findings
    assert finding.message == "dev has one Region, so eu-west-1 has to be the secondary Region"
    assert finding.help == (
        "run `ticketgen add-region eu-west-1 --secondary --env dev`, "
        "then `ticketgen add-region eu-west-1` for the others"
    )
    first = done(add_region(document, "eu-west-1", ["dev"], secondary=True)).document
    assert done(add_region(first, "eu-west-1")).changed == ("prod",)


def test_removing_the_secondary_region_suggests_a_working_edit(tmp_path: Path) -> None:
    document = document_of(GROWN, tmp_path)
    (finding,) = remove_region(document, "us-west-2").findings
    assert finding.message.startswith("us-west-2 is the secondary Region of prod: ")
    assert finding.help == (
        "write secondary_region: null in environments.prod, delete us-west-2 from regions there, and run "
        "`ticketgen render`"
    )
    followed = GROWN.replace("secondary_region: us-west-2", "secondary_region: null").replace(
        ", us-west-2]", "]"
    )
    document_of(followed, tmp_path)
    third = done(add_region(document, "eu-west-1", ["prod"])).document
    (finding,) = remove_region(third, "us-west-2").findings
    assert "write secondary_region: eu-west-1 in environments.prod" in finding.help


def test_an_opt_in_region_can_be_the_secondary_one(tmp_path: Path) -> None:
    text = "version: 1\nproject: abc\nextends: small-venue\nenvironments: {dev: , prod: {}}\n"
    document = document_of(text, tmp_path)
    assert [each.rule for each in add_region(document, "eu-south-1", secondary=True).findings] == [
        "needs-opt-in"
    ]
    edit = done(add_region(document, "eu-south-1", secondary=True, opted_in=True))
    assert all(each.opt_in_regions == ("eu-south-1",) for each in edit.project.environments)
    assert all(each.secondary_region == "eu-south-1" for each in edit.project.environments)
