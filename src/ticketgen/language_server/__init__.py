"""The language server, ``ticketgen lsp``: findings, fixes, explanations and definitions in an editor.

`editor_server` speaks the protocol. Of the others, only `diagnostics` and `protocol_ranges` know it.
"""
