"""The spec: model, reader, presets, edits, and resolution into environments."""
