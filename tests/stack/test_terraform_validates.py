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
@pytest.mark.parametrize(
    "shape",
    [shape if shape == "dev" else pytest.param(shape, marks=pytest.mark.slow) for shape in SHAPES],
)
def test_terraform_fmt_and_validate_pass(shape: str, terraform: Terraform, tmp_path: Path) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    formatted = terraform.run(stack, "fmt", "-check", "-recursive", "-diff")
    assert (formatted.returncode, formatted.stdout) == (0, "")
    initialised = terraform.init(stack)
    assert initialised.returncode == 0, initialised.stderr
    validated = json.loads(terraform.run(stack, "validate", "-json").stdout)
    assert validated["diagnostics"] == []
    assert validated["valid"]


@pytest.mark.parametrize("shape", ["dev", "everything"])
def test_opentofu_accepts_the_stack(shape: str, tofu: Terraform, tmp_path: Path) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    initialised = tofu.init(stack)
    assert initialised.returncode == 0, initialised.stderr
    assert json.loads(tofu.run(stack, "validate", "-json").stdout)["valid"]


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
    subject = SHAPES[shape]()
    stack = written(subject, tmp_path)
    if subject.state.bucket:  # use a local state, because the bucket does not exist
        (stack / "override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    assert terraform.init(stack).returncode == 0
    if subject.state.bucket:
        assert terraform.run(stack, "init", "-input=false", "-reconfigure").returncode == 0
    planned = terraform.run(stack, "plan", "-no-color", "-out=plan", **emulated_aws)
    assert planned.returncode == 0, planned.stderr
    assert "Warning:" not in planned.stdout
    plan = json.loads(terraform.run(stack, "show", "-json", "plan").stdout)
    changes = [change for change in plan["resource_changes"] if change["mode"] == "managed"]
    assert {tuple(change["change"]["actions"]) for change in changes} == {("create",)}
    locks = [c for c in changes if c["address"].endswith("aws_dynamodb_table.distributed_locks")]
    assert {lock["module_address"] for lock in locks} == {
        f"module.{region.replace('-', '_')}" for region in subject.regions
    }
    assert {lock["change"]["after"]["name"] for lock in locks} == {
        f"{subject.project}-distributed-locks-{subject.name}"
    }


@pytest.mark.slow
def test_a_state_refuses_another_suffix(terraform: Terraform, tmp_path: Path) -> None:
    stack = written(environment("dev", ["us-east-1"]), tmp_path)
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
    stack = written(environment("dev", ["us-east-1"]), tmp_path)
    assert terraform.init(stack).returncode == 0
    planned = terraform.run(
        stack, "plan", "-no-color", "-target=terraform_data.deployment", f"-var=environment_suffix={suffix}"
    )
    assert planned.returncode == 1
    assert "Invalid value for variable" in planned.stderr
