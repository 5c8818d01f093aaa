"""Reading HCL: what may reach a parser, what two parsers say of it, and its way there and back."""
