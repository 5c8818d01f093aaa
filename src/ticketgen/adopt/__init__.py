"""Adopt a Terraform stack that ticketgen did not render: judge it, and write a spec that comes close to it.

The stack is read in the same way as by `ticketgen validate`: as text, within the same limits, and nothing in it runs.
"""
