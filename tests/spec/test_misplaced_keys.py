"""A known key at the wrong level gets its correct place: at the top, in environments and in other sections."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_tools import both_stages

from ticketgen.spec.authoring import TOP_LEVEL_KEYS, Overrides, keys_at


def _paths() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for path in found:
        found += [(*path, key) for key in keys_at(Overrides, path)]
    return found[1:]


PATHS = _paths()
LISTS = {("accept",)}  # of sections: a key beside its items is no unknown key, but a list of the wrong kind
SECTIONS = [(), *(path for path in PATHS if keys_at(Overrides, path) and path not in LISTS)]
AMBIGUOUS = {"region"}  # one letter away from regions, which is more likely


def _written(place: tuple[str, ...], key: str, environment: bool) -> str:
    outer = (*(("environments", "prod") if environment else ()), *place)
    lines = [f"{'  ' * depth}{step}:" for depth, step in enumerate(outer)]
    lines.append(f"{'  ' * len(outer)}{key}: 1")
    own = "" if environment else "environments: { prod: {} }\n"
    return "version: 1\nproject: abc\nextends: flash-sale\n" + own + "\n".join(lines) + "\n"


@pytest.mark.parametrize("environment", [False, True], ids=["top", "environment"])
@pytest.mark.parametrize("place", SECTIONS, ids=lambda place: ".".join(place) or "level")
def test_every_misplaced_key_gets_its_correct_place(
    place: tuple[str, ...], environment: bool, tmp_path: Path
) -> None:
    spec = tmp_path / "ticketgen.yaml"
    for home in PATHS:
        key = home[-1]
        if key in keys_at(Overrides, place) or key in AMBIGUOUS:
            continue
        spec.write_text(_written(place, key, environment), encoding="utf-8")
        found = [each for each in both_stages(spec)[1] if each.rule == "unknown-key"]
        assert len(found) == 1, (key, found)
        prefix = "environments.prod" if environment else ""
        if len(home) > 1:
            assert f"write {'.'.join(filter(None, (prefix, *home)))}" in found[0].help
        else:
            assert (prefix or "the top of the file") in found[0].help


@pytest.mark.parametrize("key", TOP_LEVEL_KEYS)
def test_a_top_level_key_in_an_environment_is_reported(key: str, tmp_path: Path) -> None:
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text(_written(("api",), key, True), encoding="utf-8")
    (found,) = [each for each in both_stages(spec)[1] if each.rule == "unknown-key"]
    assert found.help == f"{key} holds for all environments: write it at the top of the file"


def test_an_environment_at_the_top_level_is_recognised(tmp_path: Path) -> None:
    spec = tmp_path / "ticketgen.yaml"
    spec.write_text(
        _written((), "prod", False).replace("prod: 1", "staging: { protect: true }"), encoding="utf-8"
    )
    (found,) = both_stages(spec)[1]
    assert (
        found.help == "staging looks like an environment: write it in environments, as environments.staging"
    )
