"""Write the compiled grammar of the installed python-hcl2 and lark, which the package ships.

    python scripts/grammar.py

Run it after an upgrade of either; a test compares the file with them.
"""

from __future__ import annotations

from ticketgen.hcl.grammar import COMPILED, compiled

if __name__ == "__main__":
    COMPILED.write_bytes(compiled())
