"""An imported module of a function that does not exist is named, without importing any of them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import ticketgen

FOLDER = Path(ticketgen.__file__).parent / "stack" / "functions"


def test_every_imported_function_has_its_module() -> None:
    tree = ast.parse((FOLDER / "__init__.py").read_text("utf-8"))
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    modules = {name.rpartition(".")[2] for name in imported if name.startswith("ticketgen.stack.functions.")}
    assert modules, "stack/functions/__init__.py imports no function"
    missing = sorted(name for name in modules if not (FOLDER / f"{name}.py").is_file())
    assert not missing, (
        f"stack/functions/__init__.py imports {missing}, which src/ticketgen/stack/functions lacks"
    )


def test_python_names_a_missing_module(tmp_path: Path) -> None:
    package = tmp_path / "ticketgen"
    for folder in (package, package / "stack", package / "stack" / "functions"):
        folder.mkdir()
        (folder / "__init__.py").touch()
    (package / "stack" / "functions" / "__init__.py").write_bytes((FOLDER / "__init__.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", "import ticketgen.stack.functions"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "ModuleNotFoundError: No module named 'ticketgen.stack.functions.admission_queue'" in done.stderr
