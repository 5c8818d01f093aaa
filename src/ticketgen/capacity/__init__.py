"""What it takes, what the account allows and what is billed: the answers of ``ticketgen size``.

They are made of the same `Sizing` as the rendering, so that the two cannot disagree. `report` is the data; `text`,
`markdown` and `json` say it, and `reference` is the page in ``docs/``.
"""
