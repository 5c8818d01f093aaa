"""Capacities, quotas and billed units: the output of ``ticketgen size``.

It uses the same `Sizing` as the rendering, so that the two cannot disagree. `environment_report` is the data; `text`,
`markdown` and `json` are its formats, and `reference` makes the page in ``docs/``.
"""
