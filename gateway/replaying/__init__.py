"""A journal replayed in parts, each in a process of its own."""
