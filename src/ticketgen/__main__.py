"""``python -m ticketgen``."""
# Nothing may be imported above the next lines, not even from __future__: with -m, Python puts the current folder,
# which may be untrusted, at the front of sys.path.

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from ticketgen.cli import main

main()
