"""The spec: its model, its reader, presets, edits, and the way to environments."""
