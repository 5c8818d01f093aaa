"""The rendered Makefile runs Terraform in the right root modules, in their order, with the right arguments.

Terraform is a script in most tests, which writes down how it was called.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from stacks import environment, rendered, written

from terraform_tool import Terraform
from ticketgen.spec.model import State

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")

# Keeps a state, a list of resources, beside each root module. `fail-ACTION` in a root module makes an action fail.
TERRAFORM = r"""#!/bin/sh
root=${1#-chdir=}; action=$2; shift 2
echo "$root $action ${TF_DATA_DIR:+data=${TF_DATA_DIR##*/} }suffix=$TF_VAR_environment_suffix $*" >>"$CALLS"
state=$root/terraform.tfstate
for argument; do
  case $argument in
    -state=*) state=$root/${argument#-state=} ;;
    -out=*) echo saved >"$root/${argument#-out=}"; echo "Plan: 1 to add, 0 to change, 0 to destroy." ;;
  esac
done
# A plan that fails is saved, too, as far as it got.
[ -e "$root/fail-$action" ] && { echo "Error: $action" >&2; exit 1; }
case $action in
  init) mkdir -p "${TF_DATA_DIR:-$root/.terraform}" ;;
  apply) echo aws_kms_key.this >"$state" ;;
  destroy) rm -f "$state" ;;
  state) [ -e "$state" ] && cat "$state" || { echo "No state file was found!" >&2; exit 1; } ;;
  output) [ -e "$state" ] && echo '{"kms_key_arn": {}}' || echo '{}' ;;
esac
"""


@dataclass
class Made:
    """A rendered stack, and what Terraform was asked to do in it."""

    folder: Path

    def make(self, *arguments: str, ok: bool = True, variables: Mapping[str, str] = NO_VARIABLES) -> str:
        """Run make; return what it prints."""
        calls = self.folder.parent / "calls"
        calls.unlink(missing_ok=True)
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        done = subprocess.run(
            ["make", "-C", str(self.folder), f"TERRAFORM={self.folder.parent / 'terraform'}", *arguments],
            env={**kept, "CALLS": str(calls), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def calls(self, *actions: str) -> list[tuple[str, str, str]]:
        """Root module, action and arguments of each call of these actions, in order."""
        path = self.folder.parent / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        parts = [line.split(" ", 2) for line in lines]
        return [(root, action, rest) for root, action, rest in parts if action in actions]

    def roots(self, action: str) -> list[str]:
        """The root modules of an action, in order."""
        return [root for root, _, _ in self.calls(action)]


def stack(tmp_path: Path, retired: Sequence[str] = (), bucket: str | None = None) -> Made:
    """A stack of three Regions that was never applied."""
    made = environment("prod", REGIONS, state=State(bucket=bucket), retired_regions=tuple(retired))
    folder = tmp_path / "a stack's folder"
    for path, text in rendered(made).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
    program = tmp_path / "terraform"
    program.write_text(TERRAFORM)
    program.chmod(0o755)
    return Made(folder)


def follows(order: list[str], later: str, *earlier: str) -> bool:
    """Whether a root module comes after others."""
    return all(order.index(each) < order.index(later) for each in earlier)


@pytest.mark.parametrize("jobs", ["-j1", "-j4"])
def test_apply_follows_the_order_and_destroy_the_reverse(tmp_path: Path, jobs: str) -> None:
    made = stack(tmp_path)
    made.make("apply", "AUTO_APPROVE=1", jobs)
    order = made.roots("apply")
    assert sorted(order) == sorted(
        ["global", *(f"{kind}/{region}" for kind in ("data", "regions") for region in REGIONS)]
    )
    assert order[:2] == ["global", "data/us-east-1"]
    for region in REGIONS:
        assert follows(order, f"regions/{region}", f"data/{region}")
    for region in REGIONS[1:]:
        assert follows(order, f"data/{region}", "data/us-east-1")

    made.make("destroy", "CONFIRM=prod", jobs)
    order = made.roots("destroy")
    assert order[-2:] == ["data/us-east-1", "global"]
    for region in REGIONS:
        assert follows(order, f"data/{region}", f"regions/{region}")


def test_destroy_asks_for_the_name_of_the_deployment(tmp_path: Path) -> None:
    made = stack(tmp_path)
    for arguments in ([], ["CONFIRM=dev"], ["CONFIRM=prod", "SUFFIX=blue"]):
        assert "confirm it with CONFIRM=" in made.make("destroy", *arguments, ok=False)
        assert made.calls("init", "destroy") == []


def test_apply_takes_exactly_the_saved_plans(tmp_path: Path) -> None:
    made = stack(tmp_path)
    assert "no plan is saved" in made.make("apply", ok=False)
    assert made.calls("apply") == []
    told = made.make("plan")
    assert "global: Plan: 1 to add, 0 to change, 0 to destroy." in told.splitlines()
    made.make("apply")
    assert {arguments.split()[-1] for _, _, arguments in made.calls("apply")} == {"tfplan"}
    assert "no plan is saved" in made.make("apply", ok=False), "a plan is applied once"


def test_a_region_is_the_canary(tmp_path: Path) -> None:
    made = stack(tmp_path)
    made.make("apply", "AUTO_APPROVE=1", "CANARY=eu-west-1", "-j4")
    order = made.roots("apply")
    assert follows(order, "regions/us-east-1", "regions/eu-west-1")
    assert follows(order, "regions/us-west-2", "regions/eu-west-1")
    (made.folder / "regions/eu-west-1/fail-apply").touch()
    made.make("apply", "AUTO_APPROVE=1", "CANARY=eu-west-1", "-j4", ok=False)
    assert [root for root in made.roots("apply") if root.startswith("regions/")] == ["regions/eu-west-1"]


def test_a_failure_stops_only_what_needs_it(tmp_path: Path) -> None:
    made = stack(tmp_path)
    (made.folder / "data/us-west-2/fail-apply").touch()
    told = made.make("apply", "AUTO_APPROVE=1", ok=False)
    assert "data/us-west-2: Error: apply" in told
    assert {"regions/us-east-1", "regions/eu-west-1"} <= {*made.roots("apply")}
    assert "regions/us-west-2" not in made.roots("apply")


def test_one_root_module_alone(tmp_path: Path) -> None:
    made = stack(tmp_path)
    for action in ("plan", "apply"):
        made.make(action, "ROOT=regions/us-west-2", "AUTO_APPROVE=1")
        assert made.roots(action) == ["regions/us-west-2"]
    made.make("destroy", "ROOT=regions/us-west-2", "CONFIRM=prod")
    assert made.roots("destroy") == ["regions/us-west-2"]


def test_a_first_deployment_cannot_plan_what_is_looked_up(tmp_path: Path) -> None:
    made = stack(tmp_path)
    for region in REGIONS:
        (made.folder / f"regions/{region}/fail-plan").touch()
    told = made.make("plan")
    for region in REGIONS:
        assert f"regions/{region}: cannot be planned yet, because data/{region} is not applied" in told
    made.make("apply", "ROOT=data/us-west-2", "AUTO_APPROVE=1")
    told = made.make("plan", ok=False)
    assert "regions/us-west-2: cannot be planned yet" not in told, "its data is there, so this is an error"
    assert "regions/us-west-2: cannot be planned: see the error above" in told.splitlines()
    assert "regions/eu-west-1: cannot be planned yet" in told
    assert not list(made.folder.glob("regions/*/tfplan")), "Terraform refuses to apply the plan of an error"


def test_a_state_that_cannot_be_read_is_no_first_deployment(tmp_path: Path) -> None:
    made = stack(tmp_path)
    (made.folder / "regions/us-west-2/fail-plan").touch()
    for action in ("init", "output"):
        failure = made.folder / f"data/us-west-2/fail-{action}"
        failure.touch()
        told = made.make("plan", "ROOT=regions/us-west-2", ok=False)
        assert "regions/us-west-2: cannot be planned: see the error above" in told
        failure.unlink()
    assert "cannot be planned yet" in made.make("plan", "ROOT=regions/us-west-2")


# A root module in regions/ that looks up what data/ creates, and another resource; none of them needs AWS.
DATA = """
resource "terraform_data" "key" {}

output "kms_key_arn" {
  value = terraform_data.key.id
}
"""
REGION = """
locals {
  table = "../../data/us-east-1/terraform.tfstate"
}

resource "terraform_data" "stream" {
  lifecycle {
    precondition {
      condition     = fileexists(local.table)
      error_message = "There is no table."
    }
  }
}

resource "terraform_data" "network" {}
"""
ROOTS = {"global": 'output "x" { value = 1 }\n', "data/us-east-1": DATA, "regions/us-east-1": REGION}


@pytest.mark.terraform
def test_terraform_plans_and_applies_a_first_deployment(terraform: Terraform, tmp_path: Path) -> None:
    folder = written(environment("dev", ("us-east-1",)), tmp_path / "stack")
    for root, text in ROOTS.items():
        for file in (folder / root).glob("*.tf"):
            file.unlink()
        (folder / root / "main.tf").write_text(text, encoding="utf-8")

    def make(*arguments: str) -> str:
        done = subprocess.run(
            ["make", "-C", str(folder), f"TERRAFORM={terraform.binary}", *arguments],
            env=dict(terraform.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "regions/us-east-1: cannot be planned yet" in make("plan").splitlines()[-2]
    make("apply", "AUTO_APPROVE=1")
    assert "regions/us-east-1: No changes" in make("plan")
    make("destroy", "CONFIRM=dev")
    assert "regions/us-east-1: Plan: 2 to add" in make("plan")


@pytest.mark.parametrize("bucket", [None, "states"])
def test_another_suffix_has_states_and_plans_of_its_own(tmp_path: Path, bucket: str | None) -> None:
    made = stack(tmp_path, bucket=bucket)
    made.make("plan", "SUFFIX=blue", "ROOT=global")
    made.make("apply", "SUFFIX=blue", "ROOT=global")
    assert not (made.folder / "global/terraform.tfstate").exists() or bucket
    (_, _, arguments), *_ = made.calls("apply")
    assert arguments.startswith("data=.terraform-blue suffix=blue")
    assert arguments.endswith("tfplan-blue")
    assert ("-state=blue.tfstate" in arguments) == (bucket is None)
    made.make("init", "SUFFIX=green", "ROOT=global")
    (_, _, arguments), *_ = made.calls("init")
    key = "-backend-config=key=tap-marketplace/green/global.tfstate"
    assert (key in arguments) == (bucket is not None)


def test_init_runs_again_when_the_configuration_changes(tmp_path: Path) -> None:
    made = stack(tmp_path)
    made.make("init", "ROOT=global")
    made.make("init", "ROOT=global")
    assert made.calls("init") == []
    provider = made.folder / "global/provider.tf"
    later = (made.folder / "global/.terraform/ticketgen-initialized").stat().st_mtime + 10
    os.utime(provider, (later, later))
    made.make("init", "ROOT=global")
    assert made.roots("init") == ["global"]


def test_a_retired_region_is_destroyed_after_the_others_and_never_made_again(tmp_path: Path) -> None:
    made = stack(tmp_path, retired=["eu-north-1"])
    for kind in ("regions", "data"):
        state = (
            f"data.aws_partition.current\nmodule.{kind}.data.aws_region.x\nmodule.{kind}.aws_kms_key.this\n"
        )
        (made.folder / f"{kind}/eu-north-1/terraform.tfstate").write_text(state)

    assert "run make plan and read it" in made.make("apply", "ROOT=regions/eu-north-1", ok=False)
    made.make("apply", "AUTO_APPROVE=1", "-j4")

    assert made.roots("destroy") == ["regions/eu-north-1", "data/eu-north-1"]
    applied = made.roots("apply")
    assert "regions/eu-north-1" not in applied
    assert applied[-1] == "data/eu-north-1", "which lifts the protection"
    told = made.make("apply", "AUTO_APPROVE=1")
    assert "data/eu-north-1: nothing is left: ticketgen remove-region eu-north-1 --destroyed" in told
    assert [root for root in made.roots("apply") if root.endswith("eu-north-1")] == []


def test_the_plan_of_a_retired_region_is_its_destruction(tmp_path: Path) -> None:
    made = stack(tmp_path, retired=["eu-north-1"])
    (made.folder / "regions/eu-north-1/terraform.tfstate").write_text("aws_kms_key.this\n")
    made.make("plan", "ROOT=regions/eu-north-1")
    (_, _, arguments), *_ = made.calls("plan")
    assert "-destroy" in arguments.split()
    made.make("apply", "ROOT=regions/eu-north-1")
    assert made.roots("destroy") == ["regions/eu-north-1"]


@pytest.mark.parametrize("action", ["plan", "apply"])
def test_a_state_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path, action: str) -> None:
    made = stack(tmp_path, retired=["eu-north-1"])
    (made.folder / "data/eu-north-1/fail-state").touch()
    told = made.make(action, "ROOT=data/eu-north-1", "AUTO_APPROVE=1", ok=False)
    assert "data/eu-north-1: Error: state" in told
    assert "nobody knows what is left" in told
    assert "nothing is left" not in told
    assert made.calls("plan", "apply", "destroy") == []


def test_what_an_interrupted_destruction_removed_is_not_created_again(tmp_path: Path) -> None:
    made = stack(tmp_path, retired=["eu-north-1"])
    replica = 'module.data.aws_dynamodb_table_replica.shared["events"]'
    left = f"module.data.data.aws_region.x\n{replica}\nmodule.data.aws_kms_key.stack\n"
    (made.folder / "data/eu-north-1/terraform.tfstate").write_text(left)
    made.make("apply", "ROOT=data/eu-north-1", "AUTO_APPROVE=1")
    ((_, _, arguments),) = made.calls("apply")
    targets = [each for each in arguments.split() if each.startswith("-target=")]
    assert targets == [f"-target={replica}", "-target=module.data.aws_kms_key.stack"]


@pytest.mark.parametrize("name", ["SUFFIX", "ROOT", "CANARY", "CONFIRM", "AUTO_APPROVE"])
@pytest.mark.parametrize("text", ["$(shell touch evil)", "a;touch evil", "a b/../..", "`touch evil`", "-x"])
def test_a_variable_runs_no_command(tmp_path: Path, name: str, text: str) -> None:
    made = stack(tmp_path)
    for arguments, variables in (([f"{name}={text}"], {}), ([], {name: text})):
        if name in {"SUFFIX", "ROOT", "CANARY"} or "$" in text:
            made.make("plan", *arguments, ok=False, variables=variables)
            assert made.calls("plan") == []
        else:
            made.make("plan", *arguments, variables=variables)
    assert not list(tmp_path.rglob("evil"))


def test_the_native_tests_run_without_a_backend_and_with_the_environments_own_names(tmp_path: Path) -> None:
    made = stack(tmp_path, retired=("sa-east-1",), bucket="states")
    made.make("test-native", "SUFFIX=blue")
    assert sorted(made.roots("test")) == sorted(
        ["global", *(f"{kind}/{region}" for kind in ("data", "regions") for region in REGIONS)]
    )
    assert all("data=.terraform-validate suffix=prod" in rest for _, _, rest in made.calls("init", "test"))
    assert all("-backend=false" in rest for _, _, rest in made.calls("init"))


def test_help_is_the_default_and_names_every_target(tmp_path: Path) -> None:
    made = stack(tmp_path)
    told = made.make()
    targets = re.findall(r"(?m)^  make ([a-z-]+)\t", told)
    assert targets == [
        "help", "init", "validate", "test-native", "plan", "summary", "apply", "destroy", "output",
    ]  # fmt: skip
    assert made.make("help") == told
