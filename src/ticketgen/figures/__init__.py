"""What a capacity figure is: its model, its registry, and the assumptions behind its formulas."""
