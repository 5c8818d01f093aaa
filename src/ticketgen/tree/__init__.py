"""Writing: compares the disk, the manifests and the rendering, and changes all of it or nothing.

``plan`` says of every file what would happen to it and touches nothing. ``write`` takes a lock, puts an
interrupted write back, plans, refuses where a hand edit would be lost, and applies the rest under a
journal. Nothing here knows what the files are for: they are text under folders, and only what a manifest's
hash proves to be ours is ever replaced or deleted.
"""

from __future__ import annotations

from ticketgen.tree.changes import Change, Changes, Stack, State, drift, plan, upgrades
from ticketgen.tree.diff import diff
from ticketgen.tree.write import put_back, write

__all__ = ["Change", "Changes", "Stack", "State", "diff", "drift", "plan", "put_back", "upgrades", "write"]
