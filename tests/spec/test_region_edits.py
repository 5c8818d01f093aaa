"""Adding and removing Regions: only the list changes, and no other byte of the spec."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from layouts import OTHERS, specs
from spec_tools import DEMO

from ticketgen.findings import Checked, Location
from ticketgen.spec.edits import Edit, add_region, remove_region
from ticketgen.spec.load import SpecDocument, load
from ticketgen.spec.model import Project
from ticketgen.spec.reader import read
from ticketgen.spec.resolve import resolve

many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
only = st.sampled_from([(), ("dev",), ("prod",), ("dev", "prod")])


def document_of(text: str) -> SpecDocument:
    root = read(text.encode(), "ticketgen.yaml").value
    assert root is not None, text
    preset = load(DEMO).value
    assert preset is not None
    return SpecDocument("ticketgen.yaml", root, preset.preset, text=text)


def project_of(text: str) -> Project:
    project = resolve(document_of(text)).value
    assert project is not None, text
    return project


def done(checked: Checked[Edit]) -> Edit:
    assert checked.value is not None, checked.findings
    return checked.value


def in_order(part: str, whole: str) -> bool:
    """Whether the part results from the whole by leaving characters out."""
    rest = iter(whole)
    return all(character in rest for character in part)


def comments(text: str) -> list[str]:
    return re.findall(r"#[^\r\n]*", text)


def changed_lines(before: str, after: str) -> int:
    """How many lines of the one are not in the other."""
    return len(set(before.splitlines()) - set(after.splitlines()))


@many
@given(specs(), only)
@example(
    "version: 1\nproject: abc\nextends: flash-sale\nenvironments: {dev: {regions: [us-east-1, us-west-2]}, prod: }\n",
    (),
)
def test_adding_changes_the_intended_regions_only(text: str, names: tuple[str, ...]) -> None:
    before = project_of(text)
    edit = done(add_region(document_of(text), "eu-west-2", names))
    after = edit.document.text

    chosen = set(names) or {"dev", "prod"}
    for old, new in zip(before.environments, project_of(after).environments, strict=True):
        added = {"eu-west-2"} if old.name in chosen else set()
        assert set(new.regions) == {*old.regions} | added
        assert new.model_copy(update={"regions": ()}) == old.model_copy(update={"regions": ()})
    assert in_order(re.sub(r"null|~", "", text), after)
    assert comments(after) == comments(text)
    assert ("\r\n" in text) == ("\r\n" in after)
    assert "\r\n" not in text or not re.search(r"(?<!\r)\n", after)
    assert changed_lines(text, after) <= len(chosen)
    assert set(edit.changed) == chosen
    assert (after.endswith("\n")) == (text.endswith("\n"))


@many
@given(specs(), only)
def test_adding_twice_changes_nothing(text: str, names: tuple[str, ...]) -> None:
    once = done(add_region(document_of(text), "eu-west-2", names)).document
    twice = done(add_region(once, "eu-west-2", names))
    assert twice.document.text == once.text
    assert twice.changed == ()
    assert set(twice.unchanged) == (set(names) or {"dev", "prod"})


@many
@given(specs())
def test_removing_an_added_region_restores_the_same_bytes(text: str) -> None:
    added = done(add_region(document_of(text), "eu-west-2")).document
    again = done(remove_region(added, "eu-west-2", destroyed=True)).document.text
    assert project_of(again).environments == project_of(text).environments
    if added.text.count("regions") == text.count("regions"):  # no list had to be written out
        assert again == text


@many
@given(specs(), st.sampled_from(OTHERS), only)
def test_removing_takes_the_region_and_its_own_comment(
    text: str, region: str, names: tuple[str, ...]
) -> None:
    before = project_of(text)
    edit = done(remove_region(document_of(text), region, names, destroyed=True))
    after = edit.document.text
    chosen = set(names) or {"dev", "prod"}
    for old, new in zip(before.environments, project_of(after).environments, strict=True):
        assert set(new.regions) == {*old.regions} - ({region} if old.name in chosen else set())
        assert new.model_copy(update={"regions": ()}) == old.model_copy(update={"regions": ()})
    if text.count("regions") == after.count("regions"):
        assert in_order(after, text)
        gone = [line for line in text.splitlines() if line not in after.splitlines()]
        assert all(region in line or line.rstrip().endswith(",") or "," in line for line in gone)
    kept = comments(after)
    lost = list(comments(text))
    for comment in kept:
        lost.remove(comment)
    assert len(lost) <= len(edit.changed)


@many
@given(specs(), st.sampled_from(OTHERS), only)
def test_a_removed_region_is_retired_until_it_is_destroyed(
    text: str, region: str, names: tuple[str, ...]
) -> None:
    before = project_of(text)
    edit = done(remove_region(document_of(text), region, names))
    chosen = [
        old.name for old in before.environments if region in old.regions and (not names or old.name in names)
    ]
    assert list(edit.changed) == chosen
    assert edit.action == "retired in" or not chosen
    for old, new in zip(before.environments, edit.project.environments, strict=True):
        assert new.retired_regions == ((region,) if old.name in chosen else ())
        assert region not in new.regions or old.name not in chosen
    added_again = done(add_region(edit.document, region, chosen or ["dev"]))
    assert all(each.retired_regions == () for each in added_again.project.environments)
    destroyed = done(remove_region(edit.document, region, names))
    assert destroyed.action == "removed from"
    at_once = done(remove_region(document_of(text), region, names, destroyed=True))
    assert destroyed.project.environments == at_once.project.environments


def test_a_region_cannot_be_retired_and_used() -> None:
    text = (
        "version: 1\nproject: abc\nextends: flash-sale\nretired_regions: [eu-west-2, eu-west-1]\n"
        "environments:\n  dev: {}\n"
    )
    assert project_of(text.replace(", eu-west-1", "")).environments[0].retired_regions == ("eu-west-2",)
    used = resolve(document_of(text)).findings
    assert [(found.rule, found.location and found.location.line) for found in used] == [("retired-region", 4)]


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_primary_and_secondary_regions_cannot_be_removed(region: str) -> None:
    document = load(DEMO).value
    assert document is not None
    refused = remove_region(document, region)
    assert refused.value is None
    assert {found.rule for found in refused.findings} == {"region-is-needed"}
    assert [found.message.split(" Region of ")[1].split(":")[0] for found in refused.findings] == [
        "dev",
        "staging and prod",
    ], "environments with the same fix are told together"
    assert all(found.location and found.help for found in refused.findings)


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-1"])
def test_a_region_required_by_the_preset_is_reported_in_the_spec(region: str, tmp_path: Path) -> None:
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text("version: 1\nproject: shop\nextends: regional-tour\nenvironments:\n  prod: {}\n")
    document = load(spec).value
    assert document is not None
    (refused,) = remove_region(document, region).findings
    assert refused.location == Location(str(spec), 3, 10), "nobody may edit the preset"


def test_an_opt_in_region_is_added_only_if_enabled() -> None:
    document = load(DEMO).value
    assert document is not None
    refused = add_region(document, "af-south-1", ["prod"])
    assert [found.rule for found in refused.findings] == ["needs-opt-in"]
    assert "enable-region --region-name af-south-1" in refused.findings[0].help
    edit = done(add_region(document, "af-south-1", opted_in=True))
    assert edit.changed == ("dev", "staging", "prod")
    assert "opt_in_regions: [af-south-1]" in edit.document.text
    without = done(remove_region(edit.document, "af-south-1"))
    assert "opt_in_regions: [af-south-1]" in without.document.text, "the account still has it"
    again = done(add_region(without.document, "af-south-1"))
    assert again.document.text == edit.document.text


def test_a_changed_list_of_the_preset_is_written_to_the_spec() -> None:
    text = "version: 1\nproject: abc\nextends: flash-sale # big\nenvironments:\n  dev: {}\n  prod:\n"
    everywhere = done(add_region(document_of(text), "eu-west-2")).document.text
    assert everywhere.startswith(
        "version: 1\nproject: abc\nextends: flash-sale # big\nregions: [us-east-1, us-west-2"
    )
    one = done(remove_region(document_of(text), "eu-north-1", ["prod"])).document.text
    assert one.startswith(text)
    assert one.removeprefix(text).startswith("    regions: [us-east-1, us-west-2, eu-west-1,")
    assert max(map(len, one.splitlines())) <= 100


def test_an_unknown_environment_or_region_is_reported_with_a_fix() -> None:
    document = load(DEMO).value
    assert document is not None
    unknown = add_region(document, "us-esat-2", ["prd"])
    assert [found.rule for found in unknown.findings] == ["no-such-region", "unknown-environment"]
    assert unknown.findings[0].help == "did you mean us-east-2?"


def test_a_second_partition_is_refused() -> None:
    document = load(DEMO).value
    assert document is not None
    refused = add_region(document, "cn-north-1")
    assert {found.rule for found in refused.findings} == {"other-partition"}


def test_an_uneditable_spec_is_reported_and_unchanged() -> None:
    text = "version: 1\nproject: abc\nextends: flash-sale\nenvironments: {dev, prod}\n"
    refused = add_region(document_of(text), "eu-west-2", ["dev"])
    assert [found.rule for found in refused.findings] == ["cannot-edit"]
    assert "by hand" in refused.findings[0].help


def test_a_spec_with_anchors_is_refused_before_it_is_edited(tmp_path: Path) -> None:
    path = tmp_path / "ticketgen.yaml"
    path.write_text(
        DEMO.read_text().replace("regions: [us-east-1, us-west-2]", "regions: &few [us-east-1, us-west-2]")
    )
    assert load(path).value is None


def test_the_document_keeps_its_text() -> None:
    document = load(DEMO).value
    assert document is not None
    assert document.text == DEMO.read_text(encoding="utf-8")
    assert done(add_region(replace(document), "eu-west-2")).document.text != document.text
