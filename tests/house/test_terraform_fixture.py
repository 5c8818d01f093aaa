"""Terraform, where it is required, is really there and finds its providers."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform_tool import Terraform

TOPIC = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_sns_topic" "sold_out" {
  name = %s
}
"""


@pytest.mark.slow
@pytest.mark.terraform
def test_terraform_distinguishes_valid_and_invalid_folders(terraform: Terraform, tmp_path: Path) -> None:
    main = tmp_path / "main.tf"
    main.write_text(TOPIC % '"sold-out"', encoding="utf-8")
    assert terraform.init(tmp_path).returncode == 0
    assert terraform.run(tmp_path, "validate").returncode == 0
    main.write_text(TOPIC % "var.nobody_declared_it", encoding="utf-8")
    assert terraform.run(tmp_path, "validate").returncode == 1
