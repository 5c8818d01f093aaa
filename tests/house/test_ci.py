"""The script of CI runs the same steps with and without a mirror of Terraform's providers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = '#!/bin/sh\necho "$* $TICKETGEN_REQUIRE_TERRAFORM $TICKETGEN_REQUIRE_DYNAMODB ${TF_CLI_CONFIG_FILE:-none}"\n'


@pytest.mark.parametrize("shared", [True, False])
def test_ci_requires_terraform_and_uses_a_mirror_if_available(tmp_path: Path, shared: bool) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / ".ci", checkout / ".ci")
    scripts = {tmp_path / "bin/make": MAKE}
    if shared:
        scripts[tmp_path / "shared/tools/provider-mirror"] = '#!/bin/sh\necho "$1/terraform.rc"\n'
    for place, text in scripts.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        place.chmod(0o755)
    variables = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    done = subprocess.run(
        [checkout / ".ci/run"], capture_output=True, text=True, check=True,
        env={**variables, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
    )  # fmt: skip
    config = f"{checkout}/.build/mirror/terraform.rc" if shared else "none"
    lines = done.stdout.splitlines()
    assert all(line.endswith(f" 1 1 {config}") for line in lines)
    ran = {line.split()[0] for line in lines}
    assert {"test", "coverage", "prove", "apply", "mutate", "site", "release-check"} <= ran
    assert ran <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
