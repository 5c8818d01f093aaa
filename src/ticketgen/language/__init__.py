"""Terraform's own language as data: its blocks, their arguments, and what may stand in each."""
