"""Adding a Region adds that Region's text and changes no other Region's lines; removing it is the inverse."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stacks import DEMO_REGIONS, environment, render_again, rendered

from ticketgen.aws.regions import COMMERCIAL, REGIONS
from ticketgen.tree.diff import unified


def _added(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The lines that `after` adds; fails if it removes one."""
    assert before.keys() <= after.keys()
    lines = []
    for path in before:
        for line in unified(before[path], after[path], path, path, context=0).splitlines()[2:]:
            assert not line.startswith("-"), f"{path}: {line}"
            if line.startswith("+"):
                lines.append(line[1:])
    return lines


@pytest.mark.parametrize("region", ["ap-southeast-2", "af-south-1", "eu-west-3"])
def test_an_additional_region_adds_its_own_lines_only(region: str) -> None:
    before = rendered(environment())
    after = rendered(environment(regions=(*DEMO_REGIONS, region)))
    added = _added(before, after)
    assert any(f'"{region}"' in line for line in added)
    others = [name for name in DEMO_REGIONS if any(f'"{name}"' in line for line in added)]
    assert others == []
    roots = {"/".join(path.split("/")[:2]) for path in {*after} - {*before}}
    assert roots == {f"data/{region}", f"regions/{region}"}


def test_other_root_modules_list_an_additional_region_only_in_the_hubs() -> None:
    before = rendered(environment())
    after = rendered(environment(regions=(*DEMO_REGIONS, "eu-west-3")))
    changed = {path for path in before if before[path] != after[path]}
    terraform = {path for path in changed if path.endswith((".tf", ".hcl"))}
    assert terraform == {f"regions/{hub}/main.tf" for hub in DEMO_REGIONS[:2]}


def test_removing_it_restores_the_same_bytes() -> None:
    before = rendered(environment())
    render_again(environment(regions=(*DEMO_REGIONS, "ap-southeast-2")))
    assert render_again(environment()) == before


def test_the_modules_do_not_depend_on_the_number_of_regions() -> None:
    few, many = (rendered(environment(regions=DEMO_REGIONS[:count])) for count in (2, 12))
    modules = [path for path in few if path.startswith("modules/")]
    assert modules
    assert [few[path] for path in modules] == [many[path] for path in modules]


@settings(max_examples=5, deadline=None)
@given(st.permutations(DEMO_REGIONS[2:]))
def test_the_order_in_the_spec_does_not_matter(rest: list[str]) -> None:
    assert render_again(environment(regions=(*DEMO_REGIONS[:2], *rest))) == rendered(environment())


def test_every_region_keeps_its_own_address_range() -> None:
    for count in (1, 2, 12):
        files = rendered(environment(regions=DEMO_REGIONS[:count]))
        for name in DEMO_REGIONS[:count]:
            assert f'"{REGIONS[name].vpc_cidr}"' in files[f"regions/{name}/main.tf"]
    assert len({REGIONS[name].vpc_cidr for name in COMMERCIAL}) == 34


def test_a_retired_region_is_the_same_but_for_its_protection() -> None:
    used = environment(regions=(*DEMO_REGIONS, "eu-west-3"), protect=True)
    retired = environment(protect=True, retired_regions=("eu-west-3",))
    before, after = rendered(used), rendered(retired)
    native_tests = {
        f"{kind}/eu-west-3/tests/{name}"
        for kind in ("data", "regions")
        for name in (f"{kind}.tftest.hcl", "expected.json")
    }
    assert before.keys() - after.keys() == native_tests
    for path in after:
        if "/eu-west-3/" in path:
            lines = [each for each in after[path].splitlines() if each not in before[path].splitlines()]
            assert all("#" in each or "protect " in each for each in lines), lines
    assert "protect            = false" in after["data/eu-west-3/main.tf"]
