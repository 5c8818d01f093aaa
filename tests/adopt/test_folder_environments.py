"""A root module of one environment needs no suffix in names that contain that environment."""

from __future__ import annotations

from pathlib import Path

from ticketgen.adopt.adoption import adopt
from ticketgen.adopt.seven_failures import FailureReport, FailureStatus

_ROOT = """
provider "aws" {{
  region = "eu-west-1"
}}

locals {{
  stage = "{stage}"
}}

module "app" {{
  source = "../../modules/app"
  name = "shop"
  stage = local.stage
}}
"""
_MODULE = 'variable "name" {\n  type = string\n}\nvariable "stage" {\n  type = string\n}\n'
_QUEUE = 'resource "aws_sqs_queue" "%s" {\n  name = "%s"\n}\n'
_WITH = _QUEUE % ("c", "${var.name}-c-${var.stage}")
_WITHOUT = _QUEUE % ("d", "${var.name}-d")


def _failures(folder: Path, module: str, **stages: str) -> tuple[FailureReport, FailureReport]:
    """The failures 2 and 3 of a stack with a folder for each environment."""
    texts = {f"envs/{name}": _ROOT.format(stage=stage) for name, stage in stages.items()}
    for path, text in {**texts, "modules/app": _MODULE + module}.items():
        folder.joinpath(path).mkdir(parents=True)
        folder.joinpath(path, "main.tf").write_text(text, encoding="utf-8")
    done = adopt(folder, "stack")
    assert done.value is not None
    return done.value.failures[1], done.value.failures[2]


def test_names_with_the_environment_of_their_folder_are_not_fixed(tmp_path: Path) -> None:
    undeclared, lacking = _failures(tmp_path, _WITH, dev="dev", production="prod")
    assert undeclared.status is FailureStatus.HOLDS
    assert lacking.status is FailureStatus.HOLDS


def test_only_names_without_the_environment_lack_it(tmp_path: Path) -> None:
    undeclared, lacking = _failures(tmp_path, _WITH + _WITHOUT, dev="dev", prod="prod")
    assert undeclared.status is FailureStatus.HOLDS
    (finding,) = lacking.findings
    assert str(finding.location) == "modules/app/main.tf:11:3"
    assert finding.message.startswith("the name of aws_sqs_queue.d does not contain ")


def test_names_without_the_environment_are_fixed(tmp_path: Path) -> None:
    undeclared, _ = _failures(tmp_path, _WITHOUT, dev="dev", prod="prod")
    assert undeclared.status is FailureStatus.BROKEN


def test_the_environment_of_another_folder_does_not_count(tmp_path: Path) -> None:
    undeclared, _ = _failures(tmp_path, _WITH, dev="prod", prod="prod")
    (finding,) = undeclared.findings
    assert finding.message == 'aws_sqs_queue.c is named "shop-c-prod" in every deployment'
