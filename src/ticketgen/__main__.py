"""``python -m ticketgen``."""

from __future__ import annotations

from ticketgen.cli import main

main()
