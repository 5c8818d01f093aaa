"""Verification of Terraform, rendered by ticketgen or written by hand."""
