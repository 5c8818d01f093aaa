"""HCL: guards for the parsers, two parsers, the round trip, and the syntax model with its values and references."""
