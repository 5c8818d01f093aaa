"""Infer the type of each expression, and find what ``terraform validate`` cannot evaluate."""
