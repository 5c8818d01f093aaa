"""Validate a directory as ``ticketgen validate`` and the language server do.

`directory_check` reads and verifies it, `finding_filter` selects what is reported, and `config` reads the project's
choice of that. The levels of the verification itself are in `ticketgen.verification`.
"""
