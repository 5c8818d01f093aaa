"""Pictures of a stack, drawn from its Terraform and from nothing else: what ``ticketgen show`` prints.

`instances` follows references through modules, locals and variables to the resources that they mean; `kinds` says
which types are boxes, which are lines and which are for the legend; `picture` makes of the two what there is to draw;
`layout` gives it places; and `svg`, `html` and `mermaid` draw. No line is drawn without a reference behind it.
"""
