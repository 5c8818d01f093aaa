"""Reading HCL: what may reach a parser, what two parsers say of it, its way there and back, and the model of it."""
