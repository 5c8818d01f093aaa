"""``python -m ticketgen``."""
# Nothing may be imported above the next lines, not even from __future__: Python puts the current folder, which may be
# a stranger's, at the front of sys.path for -m.

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from ticketgen.cli import main

main()
