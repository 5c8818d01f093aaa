"""Pictures of a stack for ``ticketgen show``, drawn from its Terraform alone.

`instances` follows references through modules, locals and variables to resources, and `kinds` lists which types are
boxes, lines, or entries of the legend only. `extraction` builds a `picture` from both; `layout` places it, with room
for the widest fonts (`text_width`); `svg`, `html` and `mermaid` draw it. Every line has a reference behind it.
"""
