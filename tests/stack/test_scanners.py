"""checkov and tflint find nothing in rendered stacks, and each suppression has a reason."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from stacks import SHAPES, rendered, written

from terraform_tool import cannot

SCANNERS = Path(__file__).resolve().parents[2] / ".build" / "scanners"
REASON = re.compile(r"#checkov:skip=(?P<check>CKV2?_AWS_\d+):(?P<reason>.*)")


def scanner(name: str) -> str:
    """The path of a scanner: in the project's own folder, where `make prove` installs it, or on the PATH."""
    found = shutil.which(name, path=f"{SCANNERS}/bin{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        cannot(f"{name} is neither in {SCANNERS} nor on the PATH")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["dev", "prod", "everything", "nothing"])
def test_checkov_reports_no_failure(shape: str, tmp_path: Path) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    command = [scanner("checkov"), "--directory", str(stack), "--framework", "terraform"]
    done = subprocess.run(
        [*command, "--skip-download", "--quiet", "--output", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    report = json.loads(done.stdout)
    failed = {(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]}
    assert failed == set()
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 300  # the scan did run


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["dev", "prod", "everything", "nothing"])
def test_tflint_reports_nothing_with_all_rules(shape: str, tmp_path: Path) -> None:
    stack = written(SHAPES[shape](), tmp_path)
    command = [scanner("tflint"), f"--chdir={stack}", "--recursive", f"--config={stack / '.tflint.hcl'}"]
    done = subprocess.run([*command, "--format=compact"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.slow
def test_tflint_reports_a_fault(tmp_path: Path) -> None:
    stack = written(SHAPES["dev"](), tmp_path)
    (stack / "modules/region/unused.tf").write_text("locals {\n  unused = 1\n}\n", encoding="utf-8")
    command = [scanner("tflint"), f"--chdir={stack}", "--recursive", f"--config={stack / '.tflint.hcl'}"]
    done = subprocess.run([*command, "--format=compact"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "terraform_unused_declarations" in done.stdout


@pytest.mark.parametrize("shape", SHAPES)
def test_each_suppression_has_a_reason(shape: str) -> None:
    for path, text in rendered(SHAPES[shape]()).items():
        depth = 0
        for line in text.splitlines():
            if found := REASON.search(line):
                assert len(found["reason"].split()) >= 6, f"{path}: {line}"
                assert depth == 1, f"{path}: a suppression outside a resource suppresses nothing: {line}"
            if line.startswith(("resource ", "data ")):
                depth = 1
            elif line == "}":
                depth = 0


def test_a_protected_environment_has_no_protection_suppressions() -> None:
    text = "".join(rendered(SHAPES["prod"]()).values())
    assert "skip=CKV_AWS_139" not in text
    assert "skip=CKV2_AWS_50" not in text
