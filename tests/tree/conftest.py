"""Writes that do not wait for the disk: a killed process loses nothing that it wrote, only a machine does."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes most of the time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
