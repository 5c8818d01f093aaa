"""Capacity figures: their model, their registry, and the assumptions of their formulas."""
