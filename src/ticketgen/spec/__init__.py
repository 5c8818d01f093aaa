"""The spec: its model, its reader, presets, edits, and the resolution into environments."""
