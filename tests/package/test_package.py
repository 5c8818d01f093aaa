"""The wheel and the sdist are complete and equal, and work from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from installed import CHECKOUT, Installed, build, install, unpacked

pytestmark = pytest.mark.slow

DEMO = CHECKOUT / "examples" / "tap-marketplace" / "ticketgen.yaml"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist and the wheel of this checkout."""
    wheel, sdist = build(CHECKOUT, tmp_path_factory.mktemp("dist"), "sdist", "wheel")
    return sdist, wheel


@pytest.fixture(scope="session")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own."""
    return install(built[1], tmp_path_factory.mktemp("installed"))


def committed(*folders: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in listed.stdout.splitlines() if (CHECKOUT / name).is_file()}


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("RECORD")}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(place.relative_to(folder)): place.read_bytes() for place in folder.rglob("*") if place.is_file()
    }


def test_the_wheel_carries_the_package_templates_presets_and_documents_and_nothing_else(
    built: tuple[Path, Path],
) -> None:
    names = {name for name in contents(built[1]) if ".dist-info/" not in name}
    assets = {
        f"ticketgen/_assets/{name}" for name in committed("templates", "presets", "docs", "CHANGELOG.md")
    }
    package = {name.removeprefix("src/") for name in committed("src")}
    assert assets
    assert names == package | assets


def test_the_sdist_builds_the_same_wheel(built: tuple[Path, Path], tmp_path: Path) -> None:
    source = unpacked(built[0], tmp_path / "source")
    (again,) = build(source, tmp_path / "dist", "wheel")
    assert contents(again) == contents(built[1])


def test_the_sdist_carries_what_its_tests_need(built: tuple[Path, Path], tmp_path: Path) -> None:
    source = unpacked(built[0], tmp_path / "source")
    inside = {str(place.relative_to(source)) for place in source.rglob("*") if place.is_file()}
    assert committed() - inside == committed(".ci")


def test_the_wheel_states_its_license_and_carries_it(built: tuple[Path, Path]) -> None:
    inside = contents(built[1])
    (metadata,) = (text.decode() for name, text in inside.items() if name.endswith(".dist-info/METADATA"))
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    (license_text,) = (text for name, text in inside.items() if name.endswith("/licenses/LICENSE"))
    assert license_text == (CHECKOUT / "LICENSE").read_bytes()


@pytest.mark.parametrize("command", [("ticketgen",), ("python", "-m", "ticketgen")])
def test_the_version_is_printed(installed: Installed, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = installed.command(*command, "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ticketgen ")


def test_an_installation_renders_the_same_bytes_as_the_checkout(installed: Installed, tmp_path: Path) -> None:
    from ticketgen.pipeline import render_project

    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ticketgen.yaml").write_bytes(DEMO.read_bytes())
    done = installed.run("render", cwd=tmp_path / "there")
    assert done.returncode == 0, done.stderr
    assert render_project(tmp_path / "here" / "ticketgen.yaml").value is not None
    assert tree(tmp_path / "there") == tree(tmp_path / "here")


def test_ticketgen_runs_from_a_read_only_folder_and_leaves_the_installation_alone(
    installed: Installed, tmp_path: Path
) -> None:
    package = installed.scripts.parent / "lib"
    before = {path for path in tree(package) if "__pycache__" not in path}
    (tmp_path / "ticketgen.yaml").write_bytes(DEMO.read_bytes())
    done = installed.run(
        "list", "--spec", str(tmp_path / "ticketgen.yaml"), "--format", "json", cwd=Path(os.sep)
    )
    assert [row["name"] for row in json.loads(done.stdout)] == ["dev", "staging", "prod"]
    assert {path for path in tree(package) if "__pycache__" not in path} == before


def test_presets_and_schema_are_included(installed: Installed, tmp_path: Path) -> None:
    listed = installed.run("presets", "--format", "json", cwd=tmp_path)
    assert {row["name"] for row in json.loads(listed.stdout)} == {
        path.stem for path in (CHECKOUT / "presets").glob("*.yaml")
    }
    assert json.loads(installed.run("schema", cwd=tmp_path).stdout)["$schema"]
