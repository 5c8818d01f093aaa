"""Write the compiled grammar of python-hcl2 that the package ships.

    python scripts/grammar.py

Run it after an upgrade of python-hcl2 or lark; a test compares the file with the installed versions.
"""

from __future__ import annotations

from ticketgen.hcl.grammar import COMPILED, compiled

if __name__ == "__main__":
    COMPILED.write_bytes(compiled())
