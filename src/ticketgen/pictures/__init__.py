"""Pictures of a stack for ``ticketgen show``, drawn only from its Terraform.

`trails` follows references through modules, locals and variables to resources, and `kinds` says which types are boxes,
lines, or only entries of the legend. `extraction` builds a `picture` from both; `layout` arranges it, with room for the
widest fonts (`text_width`); `svg`, `html` and `mermaid` draw it. Every line comes from a reference.
"""
