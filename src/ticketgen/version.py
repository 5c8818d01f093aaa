"""The version of ticketgen that is running, as its package metadata says."""

from __future__ import annotations

from importlib.metadata import version

__all__ = ["VERSION"]

VERSION = version("ticketgen")
