"""Snapshot of the provider schemas, and the changes of AWS provider 6."""
