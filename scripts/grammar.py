"""Write the compiled grammar of the installed python-hcl2, which the package ships.

    python scripts/grammar.py

Run it with the newest lark, and once with each released python-hcl2 in the range of pyproject.toml. A test compares the
file with the installed versions.
"""

from __future__ import annotations

from ticketgen.hcl.grammar import COMPILED, compiled, shipped

if __name__ == "__main__":
    COMPILED.mkdir(exist_ok=True)
    shipped().write_bytes(compiled())
