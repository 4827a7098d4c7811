"""The journal's files: written, synced, signed, read, verified."""
