"""``python -m ticketgen`` imports nothing from the current folder, which Python puts on its path."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest


def names(folder: Path) -> set[str]:
    """The names of modules, but not of those that Python itself imports for ``-m``."""
    (folder / "probe.py").write_text("import sys\nprint(*sys.modules)\n")
    imported = subprocess.check_output([sys.executable, "-m", "probe"], cwd=folder, text=True).split()
    every = {*sys.stdlib_module_names, *packages_distributions(), "sitecustomize", "usercustomize"}
    return every - {each.partition(".")[0] for each in imported} - {"ticketgen", "__main__"}


@pytest.mark.parametrize(
    "arguments", [["--version"], ["list"], ["validate"], ["render"]], ids=lambda arguments: arguments[0]
)
def test_no_module_of_the_current_folder_runs(arguments: list[str], tmp_path: Path) -> None:
    clone, mark = tmp_path / "clone", tmp_path / "ran"
    clone.mkdir()
    expected = names(tmp_path)
    assert len(expected) > 250
    for name in expected:
        (clone / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r} + chr(10))\n")
    (clone / "ticketgen.yaml").write_text(
        "version: 1\nproject: tap-marketplace\nextends: small-venue\nregions: [eu-west-1]\n"
        "primary_region: eu-west-1\nenvironments:\n  dev:\n"
    )
    (clone / "main.tf").write_text('output "a" {\n  description = "A."\n  value       = 1\n}\n')
    (clone / "ran.pth").write_text("import os\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-m", "ticketgen", *arguments],
        cwd=clone,
        env={**environment, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not mark.exists(), mark.read_text()
    assert done.returncode == 0, done.stderr
