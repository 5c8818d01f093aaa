"""HCL: guards, two parsers, the round trip, the syntax model and its evaluation."""
