"""The spec: its model, the reader that knows lines, presets, and how one becomes environments."""
