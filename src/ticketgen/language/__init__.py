"""Terraform's own language as data: its blocks, their arguments, and the expressions that each accepts."""
