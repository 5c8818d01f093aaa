"""Terraform itself accepts rendered stacks: they are formatted, valid and can be planned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from stacks import SHAPES, environment, written

from terraform_tool import Terraform

pytestmark = pytest.mark.terraform


# Every test run checks one shape; the others take up to a minute each, and `make prove` checks them.
def root_folders(stack: Path) -> list[Path]:
    """Every kind of root module: the global one, and the first two of each other kind, which has both hubs."""
    found = [stack / "global"]
    for kind in ("data", "regions"):
        found += sorted(each.parent for each in (stack / kind).glob("*/provider.tf"))[:2]
    return found


@pytest.mark.parametrize(
    "shape",
    [shape if shape == "one-region" else pytest.param(shape, marks=pytest.mark.slow) for shape in SHAPES],
)
def test_terraform_fmt_and_validate_pass(shape: str, terraform: Terraform, tmp_path: Path) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    formatted = terraform.run(stack, "fmt", "-check", "-recursive", "-diff")
    assert (formatted.returncode, formatted.stdout) == (0, "")
    for root in root_folders(stack):
        initialised = terraform.init(root)
        assert initialised.returncode == 0, initialised.stderr
        validated = json.loads(terraform.run(root, "validate", "-json").stdout)
        assert validated["diagnostics"] == []
        assert validated["valid"]


@pytest.mark.parametrize("shape", ["dev", "everything"])
def test_opentofu_accepts_the_stack(shape: str, tofu: Terraform, tmp_path: Path) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    for root in root_folders(stack):
        initialised = tofu.init(root)
        assert initialised.returncode == 0, initialised.stderr
        assert json.loads(tofu.run(root, "validate", "-json").stdout)["valid"]


@pytest.fixture
def emulated_aws() -> Iterator[dict[str, str]]:
    """An emulated AWS on loopback, which a plan asks for the account and the availability zones."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["dev", "prod", "everything"])
def test_a_plan_creates_every_resource_without_warnings(
    shape: str, terraform: Terraform, tmp_path: Path, emulated_aws: dict[str, str]
) -> None:
    """Of what needs no data source; tests/rehearsal plans and applies the rest."""
    subject = SHAPES[shape]()
    stack = written(subject, tmp_path)
    locks: dict[str, str] = {}
    for root in root_folders(stack)[:3]:
        (root / "override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        assert terraform.init(root).returncode == 0
        assert terraform.run(root, "init", "-input=false", "-reconfigure").returncode == 0
        planned = terraform.run(root, "plan", "-no-color", "-out=plan", **emulated_aws)
        assert planned.returncode == 0, planned.stderr
        assert "Warning:" not in planned.stdout
        plan = json.loads(terraform.run(root, "show", "-json", "plan").stdout)
        changes = [change for change in plan["resource_changes"] if change["mode"] == "managed"]
        assert {tuple(change["change"]["actions"]) for change in changes} == {("create",)}
        for change in changes:
            if change["address"].endswith("aws_dynamodb_table.distributed_locks"):
                locks[root.name] = change["change"]["after"]["name"]
    assert locks.keys() == set(sorted(subject.regions)[:2])
    assert set(locks.values()) == {f"{subject.project}-distributed-locks-{subject.name}"}


@pytest.mark.slow
def test_a_state_refuses_another_suffix(terraform: Terraform, tmp_path: Path) -> None:
    stack = written(environment("dev", ["us-east-1"]), tmp_path) / "global"
    assert terraform.init(stack).returncode == 0
    only = "-target=terraform_data.deployment"
    applied = terraform.run(stack, "apply", "-auto-approve", only)
    assert applied.returncode == 0, applied.stderr
    again = terraform.run(stack, "plan", only)
    assert again.returncode == 0, again.stderr
    other = terraform.run(stack, "plan", "-no-color", only, "-var=environment_suffix=blue")
    assert other.returncode == 1
    assert "This state belongs to the suffix dev" in other.stderr


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["Dev", "a--b", "-a", "a-", "1a", "", "far-too-long-a-suffix", 'x"'])
def test_a_suffix_too_long_for_names_is_refused(suffix: str, terraform: Terraform, tmp_path: Path) -> None:
    stack = written(environment("dev", ["us-east-1"]), tmp_path) / "global"
    assert terraform.init(stack).returncode == 0
    planned = terraform.run(
        stack, "plan", "-no-color", "-target=terraform_data.deployment", f"-var=environment_suffix={suffix}"
    )
    assert planned.returncode == 1
    assert "Invalid value for variable" in planned.stderr
