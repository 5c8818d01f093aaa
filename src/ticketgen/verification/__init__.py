"""Verifying Terraform: what was rendered, and what others wrote."""
