"""The labels of the cases are what Terraform really says."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from language_cases import CASES

from terraform_tool import Terraform

_SAMPLE = 15

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


def summaries(terraform: Terraform, folder: Path, files: Mapping[str, str]) -> list[str]:
    """The summaries of the errors of ``terraform validate``."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    terraform.init(folder)  # which replaces the lock file
    if lock := files.get(".terraform.lock.hcl"):
        (folder / ".terraform.lock.hcl").write_text(lock, encoding="utf-8")
    answer = json.loads(terraform.run(folder, "validate", "-json").stdout)
    return [each["summary"] for each in answer["diagnostics"] if each["severity"] == "error"]


@pytest.mark.parametrize("kind", CASES)
def test_terraform_says_what_the_cases_say(
    kind: str, terraform: Terraform, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """All cases take a quarter of an hour; with ``--cases``, a sample does."""
    cases = sorted(CASES[kind].items())
    if request.config.getoption("cases"):
        cases = random.Random(20).sample(cases, min(_SAMPLE, len(cases)))

    def label(item: tuple[str, Mapping[str, Any]]) -> tuple[str, str]:
        name, case = item
        return name, next(iter(summaries(terraform, tmp_path / name, case["files"])), "")

    with ThreadPoolExecutor(2) as pool:
        found = dict(pool.map(label, cases))
    assert found == {name: case.get("terraform", "") for name, case in cases}
