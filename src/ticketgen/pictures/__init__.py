"""Pictures of a stack, drawn from its Terraform and from nothing else: what ``ticketgen show`` prints.

`instances` follows references through modules, locals and variables to the resources that they mean, and `kinds` says
which types are boxes, which are lines and which are for the legend. `extraction` makes of the two what there is to
draw, `picture`; `layout` gives it places; `svg`, `html` and `mermaid` draw it. No line is drawn without a reference
behind it.
"""
