"""Shared fixtures: Terraform, OpenTofu and DynamoDB Local if installed, a cloud, and small projects."""

from __future__ import annotations

import functools
import gc
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from terraform_tool import Terraform, cannot, usable

if TYPE_CHECKING:
    from chromium import Chromium
    from functions_cloud import Cloud
    from interleaved_sale import TwoRegions

    from ticketgen.consequences.deployment import Deployment
    from ticketgen.findings import Checked
    from ticketgen.rehearsal.emulator_client import EmulatedAws

# The workers of a run already keep every core busy.
os.environ["TICKETGEN_ONE_PROCESS"] = "1"

# No stack has an instance, and each Region of each emulated account would load these images.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

# The tests ignore the settings of the user, and of the CI, that runs them.
for _name in (
    *("TICKETGEN_SPEC", "GITHUB_WORKSPACE", "NO_COLOR", "FORCE_COLOR"),
    *("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"),
):
    os.environ.pop(_name, None)

# The duration of an example means little on a busy machine.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

# The tests inside the examples are data: they are not run.
collect_ignore_glob = ["adopt/stacks/*", "rules/bad/*", "rules/good/*"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --cases, which limits the cases of each test in a short run."""
    parser.addoption(
        "--cases",
        type=int,
        metavar="N",
        help="run at most N cases of each test, spread evenly over its parameters",
    )


@pytest.hookimpl(trylast=True)  # after the markers have selected
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run tests that fork before the others, and keep at most --cases cases of each test function."""
    # A fork takes time in proportion to the memory of a worker, which grows with every module that it imports.
    items.sort(key=lambda item: not (isinstance(item, pytest.Function) and _forks(item.module)))
    limit = config.getoption("--cases")
    if limit is None:
        return
    of_function: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        of_function[item.nodeid.partition("[")[0]].append(item)
    kept = {case for cases in of_function.values() for case in _spread(cases, limit)}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def _forks(module: object) -> bool:
    return any(hasattr(module, name) for name in ("in_child", "dies_at", "fails_at"))


def _spread(cases: list[pytest.Item], limit: int) -> list[pytest.Item]:
    """At most so many cases, evenly spread from the first to the last."""
    if len(cases) <= limit:
        return cases
    if limit == 1:
        return cases[:1]
    return [cases[round(i * (len(cases) - 1) / (limit - 1))] for i in range(limit)]


@pytest.fixture(scope="session", autouse=True)
def isolated_user_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the tests' cache, secret and records out of the user's own folders.

    The workers of a run share them, as the processes of a user do: with a secret of its own, each would discard what
    the others cached.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["XDG_STATE_HOME"] = str(base / "state")
    os.environ["XDG_CACHE_HOME"] = str(base / "cache")


@pytest.fixture(scope="session", autouse=True)
def no_fsync() -> Iterator[None]:
    """Do not wait for the disk: only a crash of the machine loses written data, not a killed process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def worked_out_once() -> Iterator[None]:
    """Pack the running ticketgen once, and lay out, parse and read each file once: hundreds of tests make the same."""
    from ticketgen.consequences import deployment, stack_plan
    from ticketgen.project import source, wheel
    from ticketgen.rendering import render_file
    from ticketgen.rules import lambda_functions, suites
    from ticketgen.verification import bounded_parsing, file_checks

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "pack", functools.cache(wheel.pack))
        for module, name, kept in (
            (render_file, "normalize_layout", 4096),
            (file_checks, "check_syntax", 256),
            (bounded_parsing, "parse", 512),
            (lambda_functions, "read_python", 128),
            (suites, "read_suite", 512),
        ):
            patch.setattr(module, name, functools.lru_cache(kept)(getattr(module, name)))
        patch.setattr(stack_plan, "read_deployment", _read_once(deployment.read_deployment))
        yield


def _read_once(read: Callable[..., Checked[Deployment]]) -> Callable[..., Checked[Deployment]]:
    """Remember what the guard reads from a stack, by its texts and the budget; `known` only makes it faster."""
    from ticketgen.hcl.budget import Budget

    kept: dict[object, Checked[Deployment]] = {}

    def read_deployment(
        files: Mapping[str, str], texts: Mapping[str, str], known: Deployment | None = None
    ) -> Checked[Deployment]:
        key = frozenset(files.items()), frozenset(texts.items()), Budget().left
        if key not in kept:
            if len(kept) == 64:
                kept.clear()
            kept[key] = read(files, texts, known)
        return kept[key]

    return read_deployment


@pytest.fixture(autouse=True)
def parsed_afresh(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep no answer of the parser for the tests that replace what parsing calls: it would be an earlier test's."""
    from ticketgen.verification import file_checks

    if request.path.parent.name not in ("hcl", "verification"):
        yield
        return
    # A module that imported the function keeps it, so its answers are forgotten as well.
    remembering = file_checks.check_syntax
    patch = request.getfixturevalue("monkeypatch")
    patch.setattr(file_checks, "check_syntax", remembering.__wrapped__)  # type: ignore[attr-defined]
    remembering.cache_clear()  # type: ignore[attr-defined]
    yield
    remembering.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform with its providers; if it is missing, skips, or fails if it is required."""
    found = usable("terraform", tmp_path_factory)
    if isinstance(found, str):
        cannot(found)
    return found


@pytest.fixture(scope="session")
def tofu(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """OpenTofu with its providers; skips if it is missing."""
    found = usable("tofu", tmp_path_factory)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def dynamodb_port() -> Iterator[int | None]:
    """The port of DynamoDB Local; None if it is not installed, a failure if it is required."""
    from dynamodb_local import REQUIRE, running

    with running() as port:
        if isinstance(port, str) and os.environ.get(REQUIRE):
            pytest.fail(f"{REQUIRE} is set, but {port}")
        yield None if isinstance(port, str) else port


@pytest.fixture
def dynamodb(dynamodb_port: int | None) -> int:
    """The port of DynamoDB Local; skips if it is not installed."""
    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    return dynamodb_port


@pytest.fixture
def cloud(dynamodb_port: int | None) -> Iterator[Cloud]:
    """Three Regions with empty tables, for the functions; replication is up to the test."""
    from functions_cloud import Cloud  # takes a second: only for those who need it

    with Cloud.running(dynamodb_port) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def regions(dynamodb_port: int | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRegions]:
    """Two Regions for an interleaved sale; skips if DynamoDB Local is not installed."""
    from interleaved_sale import TwoRegions

    if dynamodb_port is None:
        pytest.skip("DynamoDB Local is not there: `make dynamodb` fetches it, with Java and Maven")
    with TwoRegions.running(dynamodb_port, tmp_path_factory.mktemp("ops")) as regions:
        yield regions


@pytest.fixture(scope="session")
def small_project_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project, rendered; for copies, so never change it."""
    from project_tools import SPEC, run

    folder = tmp_path_factory.mktemp("rendered")
    (folder / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    assert run("render", "--spec", str(folder / "ticketgen.yaml")).exit_code == 0
    return folder


@pytest.fixture
def small_project(small_project_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two environments in three Regions, rendered; it is the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(small_project_template, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def guarded_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of the destruction guard, rendered; for copies, so never change it."""
    from guarded_project import SPEC
    from project_tools import run

    folder = tmp_path_factory.mktemp("guarded")
    (folder / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    done = run("render", "--spec", str(folder / "ticketgen.yaml"))
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def guarded(guarded_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a protected prod in three Regions and a small dev, rendered; it is the current folder.

    Renders of it are not verified, which would take most of the time: the guard compares files whatever they contain.
    """
    from ticketgen import pipeline

    monkeypatch.setattr(pipeline, "verify", lambda files, *, rendered: ())
    folder = tmp_path / "project"
    shutil.copytree(guarded_template, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the spec of the tests of the command line; it is the current folder."""
    from cli_tools import SPEC

    (tmp_path / "ticketgen.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def rendered_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That folder, rendered; for copies, so never change it."""
    from cli_tools import SPEC, run

    folder = tmp_path_factory.mktemp("rendered")
    spec = folder / "ticketgen.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    assert run("render", "--spec", str(spec)).exit_code == 0
    return folder


@pytest.fixture
def rendered(rendered_template: Path, project: Path) -> Path:
    """The folder with the spec and its stacks; it is the current folder."""
    shutil.copytree(rendered_template, project, dirs_exist_ok=True)
    return project


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    """An emulated AWS in its own process, shared: each test uses names of its own."""
    from ticketgen.rehearsal.emulator_client import EmulatedAws

    with EmulatedAws(tmp_path_factory.mktemp("emulator") / "log") as aws:
        yield aws


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A headless Chromium, in which each visitor has a storage of their own; skips without one."""
    from chromium import Chromium

    with Chromium.running(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


def pytest_collection_finish() -> None:
    """Keep the collector, and the pages of forked processes, away from the thousands of tests that were collected."""
    gc.collect()
    gc.freeze()
