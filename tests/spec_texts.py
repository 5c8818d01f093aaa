"""Specs for tests that need any valid one."""

from __future__ import annotations

__all__ = ["TWO_ENVIRONMENTS"]

TWO_ENVIRONMENTS = """version: 1
project: tap-marketplace
extends: small-venue
regions: [eu-west-1]
primary_region: eu-west-1
environments:
  dev:
  prod: { protect: true }
"""
