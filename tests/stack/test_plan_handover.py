"""A plan that was saved in one copy of a stack is applied in another, as two jobs of a pipeline do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from stacks import environment, written

from terraform_tool import Terraform

pytestmark = pytest.mark.terraform

# Reads each zip at apply time, as aws_lambda_function does, and needs no AWS.
ROOT = """
module "code" {
  source = "../../modules/code"
}

resource "terraform_data" "uploaded" {
  for_each = module.code.packages

  provisioner "local-exec" {
    command = "test -s '${each.value.output_path}'"
  }
}
"""


@pytest.mark.parametrize("with_zips", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_saved_plan_needs_the_zips_beside_it(with_zips: bool, terraform: Terraform, tmp_path: Path) -> None:
    planned = written(environment("dev", ("us-east-1",)), tmp_path / "planned")
    root = planned / "regions/us-east-1"
    for file in root.glob("*.tf"):
        file.unlink()
    (root / "main.tf").write_text(ROOT, encoding="utf-8")
    applied = shutil.copytree(planned, tmp_path / "applied") / "regions/us-east-1"
    assert terraform.init(root).returncode == 0
    plan = terraform.run(root, "plan", "-input=false", "-out=tfplan")
    assert plan.returncode == 0, plan.stderr

    # What the workflow hands on.
    for name in ("tfplan", ".terraform.lock.hcl"):
        shutil.copyfile(root / name, applied / name)
    if with_zips:
        shutil.copytree(root / "build", applied / "build")
    assert terraform.init(applied).returncode == 0
    done = terraform.run(applied, "apply", "-input=false", "tfplan")

    assert (done.returncode == 0) is with_zips, done.stderr
