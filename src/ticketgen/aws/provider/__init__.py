"""Snapshot of the schemas of a stack's Terraform providers, and the changes of AWS provider 6."""
