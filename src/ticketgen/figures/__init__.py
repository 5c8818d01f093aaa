"""Capacity figures: their model, registry and assumptions."""
